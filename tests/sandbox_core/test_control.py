"""The control side: clock, snapshots, faults, limits, restarts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests

from tests.harness.sandbox import Refused, Sandbox

DEPARTMENT = {"NAME": "Sales", "PARENT": 1}


def departments(sandbox: Sandbox) -> list[str]:
    return [row["NAME"] for row in sandbox.rest("department.get")]


def test_clock_moves_and_stops(sandbox: Sandbox) -> None:
    assert sandbox.control("clock", {"now": "2026-05-01T09:00:00+03:00", "freeze": True})["now"].startswith(
        "2026-05-01"
    )
    assert sandbox.control("clock", {"advance": "P2DT1H"}) == {"now": "2026-05-03T10:00:00+03:00"}
    body = sandbox.raw("server.time").json()
    assert body["result"] == body["time"]["date_start"] == "2026-05-03T10:00:00+03:00"
    assert sandbox.control("state")["now"] == "2026-05-03T10:00:00+03:00"
    with pytest.raises(Refused):
        sandbox.control("clock", {"advance": "tomorrow"})


def test_snapshot_restores_everything(sandbox: Sandbox) -> None:
    before = departments(sandbox)
    number = sandbox.control("snapshot", {})["id"]
    sandbox.rest("department.add", DEPARTMENT)
    sandbox.control("clock", {"advance": "P10D"})
    sandbox.control("restore", {"id": number})
    assert departments(sandbox) == before
    assert sandbox.rest("server.time").startswith("2026-04-06")


def test_unknown_things_are_told_as_json(sandbox: Sandbox) -> None:
    for path, body in (("restore", {"id": 999}), ("open", {"client_id": "x"}), ("faults", {"kind": "x"}), ("act", {})):
        with pytest.raises(Refused) as refused:
            sandbox.control(path, body)
        assert refused.value.body["error"]


# --- faults -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("503", 503, "QUERY_LIMIT_EXCEEDED"),
        ("429", 429, "OPERATION_TIME_LIMIT"),
        ("500", 500, "INTERNAL_SERVER_ERROR"),
        ("expired_token", 401, "expired_token"),
        ("error200", 200, "INTERNAL_SERVER_ERROR"),
    ],
)
def test_refusals_are_injected(sandbox: Sandbox, kind: str, status: int, code: str) -> None:
    before = departments(sandbox)
    sandbox.control("faults", {"match": {"method": "department.add"}, "kind": kind, "times": 1})
    answer = sandbox.raw("department.add", DEPARTMENT)
    assert (answer.status_code, answer.json()["error"]) == (status, code)
    assert departments(sandbox) == before
    assert sandbox.rest("department.add", DEPARTMENT)


@pytest.mark.parametrize(("kind", "status"), [("html", 200), ("302", 302)])
def test_strange_answers_do_not_apply(sandbox: Sandbox, kind: str, status: int) -> None:
    before = departments(sandbox)
    sandbox.control("faults", {"match": {"method": "department.add"}, "kind": kind, "times": 1})
    answer = sandbox.raw("department.add", DEPARTMENT)
    assert answer.status_code == status and not answer.text.startswith("{")
    assert departments(sandbox) == before


def test_a_fixture_is_loaded_whole_or_not_at_all(sandbox: Sandbox) -> None:
    def company(number: int) -> dict[str, Any]:
        return {"method": "crm.company.add", "params": {"fields": {"TITLE": "X"}}, "id": number}

    before = sandbox.rest("crm.company.list", {"order": {"ID": "ASC"}})
    for body, told in (
        ({"objects": [company(7001), company(7001)]}, "objects[1] crm.company.add: id 7001 is taken"),
        ({"objects": [company(7001), {"method": "crm.contact.get", "params": {"ID": 9}}]}, "objects[1]"),
    ):
        answer = requests.post(f"{sandbox.url}/sandbox/fixture", json=body, timeout=60)
        assert answer.status_code in (400, 404) and told in answer.json()["error_description"]
    assert sandbox.rest("crm.company.list", {"order": {"ID": "ASC"}}) == before
    sandbox.control("fixture", {"objects": [company(7001)]})
    assert sandbox.rest("crm.company.get", {"id": 7001})["TITLE"] == "X"
    sandbox.rest("crm.company.delete", {"id": 7001})


@pytest.mark.parametrize(
    ("kind", "applied"),
    [("drop_before", False), ("drop_after_apply", True), ("504_after_apply", True), ("timeout", True)],
)
def test_lost_answers(sandbox: Sandbox, kind: str, applied: bool) -> None:
    before = departments(sandbox)
    sandbox.control("faults", {"match": {"method": "department.add"}, "kind": kind, "times": 1})
    url = f"{sandbox.url}/rest/1/secret/department.add"
    if kind == "504_after_apply":
        assert requests.post(url, json=DEPARTMENT, timeout=60).status_code == 504
    else:
        with pytest.raises((requests.ConnectionError, requests.Timeout)):
            requests.post(url, json=DEPARTMENT, timeout=2 if kind == "timeout" else 60)
    assert (len(departments(sandbox)) - len(before) == 1) is applied


def test_a_fault_strikes_one_command_of_a_batch(sandbox: Sandbox) -> None:
    match = {"method": "department.add", "params": {"NAME": "B"}}
    sandbox.control("faults", {"match": match, "kind": "503", "times": 1})
    cmd = {name: f"department.add?NAME={name}&PARENT=1" for name in "ABC"}
    result = sandbox.rest("batch", {"cmd": cmd})
    assert set(result["result"]) == {"A", "C"}
    assert result["result_error"]["B"]["error"] == "QUERY_LIMIT_EXCEEDED"
    assert sandbox.rest("batch", {"cmd": cmd})["result_error"] == []


def test_a_transport_fault_strikes_the_whole_batch(sandbox: Sandbox) -> None:
    sandbox.control("faults", {"match": {"method": "department.add"}, "kind": "drop_after_apply", "times": 1})
    cmd = {"a": "department.add?NAME=A&PARENT=1", "t": "server.time"}
    with pytest.raises(requests.ConnectionError):
        sandbox.rest("batch", {"cmd": cmd})
    assert "A" in departments(sandbox)
    sandbox.control("faults", {"match": {"method": "batch"}, "kind": "503", "times": 1})
    assert sandbox.raw("batch", {"cmd": cmd}).status_code == 503


def test_a_blocked_method_is_free_after_reset(sandbox: Sandbox) -> None:
    sandbox.control("faults", {"match": {"method": "department.get"}, "kind": "429", "reset_after": 600})
    body = sandbox.raw("department.get").json()
    assert body["time"]["operating_reset_at"] > 0
    assert sandbox.raw("department.get").status_code == 429
    sandbox.control("clock", {"advance": "PT11M"})
    assert sandbox.raw("department.get").status_code == 200


def test_probability_is_repeatable(sandbox: Sandbox) -> None:
    def draw() -> list[int]:
        sandbox.control("faults", {"match": {"method": "server.time"}, "kind": "500", "probability": 0.5, "seed": 3})
        drawn = [sandbox.raw("server.time").status_code for _ in range(20)]
        sandbox.control("faults", method="DELETE")
        return drawn

    first = draw()
    assert first == draw() and set(first) == {200, 500}


# --- limits and restarts ----------------------------------------------------------------------


def statuses(sandbox: Sandbox, count: int, method: str = "server.time") -> list[int]:
    return [sandbox.raw(method).status_code for _ in range(count)]


def test_leaky_bucket_refuses_and_tells() -> None:
    with Sandbox() as sandbox:
        came = statuses(sandbox, 80)
        assert came[:50] == [200] * 50 and came.count(503) > 10
        report = sandbox.control("hits?since=0")
        assert report["count"] == 80 and report["refused"] == came.count(503)
        assert sandbox.raw("server.time").json()["error"] == "QUERY_LIMIT_EXCEEDED"


def test_box_has_no_limit() -> None:
    with Sandbox("--plan", "box", "--latency-ms", "1") as sandbox:
        assert set(statuses(sandbox, 120)) == {200}
        assert sandbox.raw("server.time").json()["time"]["operating"] == 0


@pytest.mark.parametrize("mode", ["method", "batch", "off"])
def test_operating_time(mode: str) -> None:
    # Every command is charged 100 s; the limit is 480 s and the crossing call still succeeds.
    with Sandbox("--rate", "off", "--operating", mode, "--operating-cost", "100") as sandbox:
        refused: list[Any] = []
        for _ in range(7):
            body = sandbox.raw("batch", {"cmd": {"a": "server.time"}}).json()
            error = body.get("error") or (body["result"]["result_error"] or {}).get("a", {}).get("error")
            refused.append(error)
        expected = [None] * 5 + ["OPERATION_TIME_LIMIT"] * 2 if mode != "off" else [None] * 7
        assert refused == expected
        assert sandbox.raw("server.time").status_code == (429 if mode == "method" else 200)
        assert sandbox.raw("user.admin").status_code == 200
        sandbox.control("clock", {"advance": "PT9M"})
        assert sandbox.raw("server.time").status_code == (429 if mode == "method" else 200)
        sandbox.control("clock", {"advance": "PT1M"})
        assert sandbox.raw("server.time").status_code == 200, "the window is over, by the portal's clock"


def test_restart_continues(tmp_path: Path) -> None:
    with Sandbox("--rate", "off", "--now", "2026-04-06T11:00:00+03:00", data=tmp_path) as sandbox:
        member = sandbox.ready["member_id"]
        sandbox.rest("department.add", DEPARTMENT)
        sandbox.control("install", {"client_id": "a", "handler_url": "http://127.0.0.1:9/"})
        token = sandbox.control("open", {"client_id": "a"})["fields"]["AUTH_ID"]
    with Sandbox("--rate", "off", data=tmp_path) as sandbox:
        assert sandbox.ready["member_id"] == member
        assert "Sales" in departments(sandbox)
        assert sandbox.rest("profile", token=token)["ID"] == "1"
        assert sandbox.rest("server.time").startswith("2026-04-06")
