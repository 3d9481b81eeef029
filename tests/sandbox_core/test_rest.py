"""The transport of REST: addresses, encodings, envelopes, errors, batches."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.harness.sandbox import Refused, Sandbox


def test_answer_has_result_and_time(sandbox: Sandbox) -> None:
    body = sandbox.raw("server.time").json()
    assert body["result"].startswith("2026-04-06T11:")
    assert body["result"].endswith("+03:00")
    assert {"start", "finish", "duration", "processing", "date_start", "operating", "operating_reset_at"} <= set(
        body["time"]
    )


@pytest.mark.parametrize(
    "path",
    ["rest/1/secret/User.Current.json", "rest/1/secret//user.current/", "rest/1/secret/user.current?bx24_sdk_ver=1"],
)
def test_addresses_of_real_clients(sandbox: Sandbox, path: str) -> None:
    assert requests.get(f"{sandbox.url}/{path}", timeout=60).json()["result"]["ID"] == "1"


def test_form_and_json_and_query_say_the_same(sandbox: Sandbox) -> None:
    url = f"{sandbox.url}/rest/1/secret/user.get"
    form = requests.post(url, data={"FILTER[ID][]": "1", "FILTER[ACTIVE]": "true", "select[0]": "ID"}, timeout=60)
    query = requests.get(f"{url}?FILTER[ID][0]=1&select[]=ID", timeout=60)
    multipart = requests.post(url, files={"FILTER[ID]": (None, "1"), "select[0]": (None, "ID")}, timeout=60)
    json = requests.post(url, json={"FILTER": {"ID": [1]}, "select": ["ID"]}, timeout=60)
    assert [r.json()["result"] for r in (form, query, multipart, json)] == [[{"ID": "1"}]] * 4
    assert json.json()["total"] == 1 and "next" not in json.json()


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("rest/1/secret/crm.nosuch.method", 404, "ERROR_METHOD_NOT_FOUND"),
        ("rest/1/wrong/profile", 401, "INVALID_CREDENTIALS"),
        ("rest/77/secret77/profile", 401, "INVALID_CREDENTIALS"),
        ("rest/profile", 401, "NO_AUTH_FOUND"),
        ("rest/profile?auth=nonsense", 401, "invalid_token"),
    ],
)
def test_refusals(sandbox: Sandbox, path: str, status: int, code: str) -> None:
    answer = requests.post(f"{sandbox.url}/{path}", timeout=60)
    assert (answer.status_code, answer.json()["error"]) == (status, code)


def test_bad_json_is_refused_without_harm(sandbox: Sandbox) -> None:
    answer = requests.post(
        f"{sandbox.url}/rest/1/secret/profile", data="{", headers={"Content-Type": "application/json"}, timeout=10
    )
    assert answer.status_code == 400


def batch(sandbox: Sandbox, cmd: Any, **rest: Any) -> dict[str, Any]:
    result: dict[str, Any] = sandbox.rest("batch", {"cmd": cmd, **rest})
    return result


def test_batch_references_reach_into_lists(sandbox: Sandbox) -> None:
    result = batch(
        sandbox,
        {
            "me": "user.current",
            "list": "user.get?FILTER[ID]=$result[me][ID]&",
            "dep": "department.get?ID=$result[list][0][UF_DEPARTMENT][0]",
            "none": "user.get?FILTER[ID]=$result[nobody][ID]",
        },
    )
    assert result["result"]["dep"][0]["ID"] == "1"
    assert result["result"]["none"] == []
    assert result["result_total"] == {"list": 1, "dep": 1, "none": 0}
    assert result["result_error"] == [] and result["result_next"] == []


def test_batch_of_a_list_comes_back_as_lists(sandbox: Sandbox) -> None:
    result = batch(sandbox, ["server.time", "user.admin"])
    assert isinstance(result["result"], list) and result["result"][1] is True
    assert isinstance(result["result_time"], list)
    form = requests.post(
        f"{sandbox.url}/rest/1/secret/batch", data={"cmd[0]": "server.time", "cmd[1]": "nope"}, timeout=10
    )
    assert isinstance(form.json()["result"]["result"], list)
    assert form.json()["result"]["result_error"]["1"]["error"] == "ERROR_METHOD_NOT_FOUND"


def test_batch_halts_at_the_first_error(sandbox: Sandbox) -> None:
    cmd = {"a": "server.time", "bad": "nope", "b": "server.time"}
    assert set(batch(sandbox, cmd)["result"]) == {"a", "b"}
    for halt in (1, "1", True, "true"):
        halted = batch(sandbox, cmd, halt=halt)
        assert set(halted["result"]) == {"a"} and set(halted["result_error"]) == {"bad"}


def test_batch_refuses_nesting_and_more_than_fifty(sandbox: Sandbox) -> None:
    result = batch(sandbox, {f"k{i}": "server.time" for i in range(52)} | {})
    assert len(result["result"]) == 50
    assert {e["error"] for e in result["result_error"].values()} == {"ERROR_BATCH_LENGTH_EXCEEDED"}
    nested = batch(sandbox, {"x": "batch?cmd[0]=server.time"})
    assert nested["result_error"]["x"]["error"] == "ERROR_BATCH_METHOD_NOT_ALLOWED"


def test_a_failed_command_of_a_batch_leaves_the_others_done(sandbox: Sandbox) -> None:
    cmd = {
        "ok": "department.add?NAME=Sales&PARENT=1",
        "bad": "department.add?NAME=Nowhere",
        "after": "department.get?ID=$result[ok]",
    }
    result = batch(sandbox, cmd)
    assert result["result"]["after"][0]["NAME"] == "Sales"
    assert set(result["result_error"]) == {"bad"}


def test_call_log_tells_each_command(sandbox: Sandbox) -> None:
    last = max([row["n"] for row in sandbox.control("calls")], default=0)
    batch(sandbox, {"add": "department.add?NAME=A&PARENT=1", "bad": "nope"})
    sandbox.rest("user.admin")
    rows = sandbox.control(f"calls?since={last}")
    assert [(r["method"], r["batch"], r["status"], r["error"], r["write"]) for r in rows] == [
        ("department.add", "add", 200, None, True),
        ("nope", "bad", 404, "ERROR_METHOD_NOT_FOUND", False),
        ("user.admin", None, 200, None, False),
    ]
    assert rows[0]["http"] == rows[1]["http"] != rows[2]["http"]
    assert rows[0]["params"] == {"NAME": "A", "PARENT": "1"}


def test_only_administrators_change_the_structure(sandbox: Sandbox) -> None:
    user = sandbox.rest("user.add", {"EMAIL": "anna@example.com", "NAME": "Anna", "UF_DEPARTMENT": [1]})
    with pytest.raises(Refused) as refused:
        sandbox.rest("department.add", {"NAME": "X", "PARENT": 1}, user=user)
    assert (refused.value.status, refused.value.code) == (403, "ACCESS_DENIED")
    assert sandbox.rest("user.search", {"FILTER": {"FIND": "ann"}})[0]["ID"] == str(user)


def test_pages_in_a_browser_frame_may_call(sandbox: Sandbox) -> None:
    url = f"{sandbox.url}/rest/server.time"
    preflight = requests.options(url, headers={"Origin": "http://app.example"}, timeout=60)
    assert preflight.status_code == 204 and preflight.headers["Access-Control-Allow-Headers"] == "*"
    assert requests.post(url, timeout=60).headers["Access-Control-Allow-Origin"] == "*"


def test_a_list_that_is_not_counted_says_zero(sandbox: Sandbox) -> None:
    """settings/performance/huge-data.md"""
    body = sandbox.raw("user.get", {"start": -1}).json()
    assert body["result"] and body["total"] == 0 and "next" not in body
    answer = sandbox.rest("batch", {"cmd": {"all": "user.get?start=0", "some": "user.get?start=-1"}})
    assert answer["result_total"]["all"] > 0 and answer["result_total"]["some"] == 0
    found = sandbox.raw("disk.file.search", {"QUERY": "nothing like this"}).json()
    assert found["result"] == [] and "total" not in found, "a search counts nothing"
