"""Batches whose gets are read from the store at once: each command still sees what is true when it runs."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from sandbox.server import limits
from tests.harness.sandbox import Sandbox

ITEM, OLD = "crm.item.get?entityTypeId=4&id={}", "crm.company.get?id={}"


def batch(sandbox: Sandbox, *cmd: str, user: int = 1) -> dict[str, Any]:
    """The maps of a batch whose commands are called 0, 1, ..."""
    result: dict[str, Any] = sandbox.rest("batch", {"cmd": {f"c{i}": text for i, text in enumerate(cmd)}}, user=user)
    return result


@pytest.fixture
def companies(sandbox: Sandbox) -> list[int]:
    """Two companies, each with a phone."""
    fields = {"TITLE": "One", "PHONE": [{"VALUE": "+7 495 1000000", "VALUE_TYPE": "WORK"}]}
    return [sandbox.rest("crm.company.add", {"fields": {**fields, "TITLE": title}}) for title in ("One", "Two")]


@pytest.mark.parametrize("get", [ITEM, OLD, ITEM + "&useOriginalUfNames=Y"])
def test_many_gets_answer_as_single_ones(sandbox: Sandbox, companies: list[int], get: str) -> None:
    first, second = companies
    commands = [get.format(number) for number in (first, second, first, 999_999, "many", 0)]
    answer = batch(sandbox, *commands)
    for i, number in enumerate((first, second, first)):
        method, _, query = get.format(number).partition("?")
        params = dict(pair.split("=") for pair in query.split("&"))
        assert answer["result"][f"c{i}"] == sandbox.rest(method, params)
    assert set(answer["result_error"]) == {"c3", "c4", "c5"}
    assert batch(sandbox, *commands[3:])["result_error"] == {
        f"c{i}": answer["result_error"][f"c{i + 3}"] for i in range(3)
    }


@pytest.mark.parametrize("get", [ITEM, OLD])
def test_a_get_after_a_change_sees_it(sandbox: Sandbox, companies: list[int], get: str) -> None:
    first, second = companies
    answer = batch(
        sandbox,
        get.format(first),
        get.format(second),
        f"crm.company.update?id={first}&fields[TITLE]=Changed",
        get.format(first),
        f"crm.company.delete?id={second}",
        get.format(second),
    )
    before, after = (answer["result"][key].get("item", answer["result"][key]) for key in ("c0", "c3"))
    assert [{**item}.get("title", item.get("TITLE")) for item in (before, after)] == ["One", "Changed"]
    assert set(answer["result_error"]) == {"c5"}


def test_answers_of_batches_side_by_side_leave_one_after_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits.time, "monotonic", lambda: 100.0)
    pace = limits.Pace()
    assert [round(pace.pause() / pace.GAP_SECONDS, 3) for _ in range(3)] == [0, 1, 2]


def test_a_busy_portal_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = (100.0 + 0.005 * i for i in range(1000))
    monkeypatch.setattr(limits.time, "monotonic", lambda: next(moments))
    pace = limits.Pace()
    assert [pace.pause() for _ in range(200)][2 * pace.BUSY :] == [0.0] * (200 - 2 * pace.BUSY)


@pytest.mark.parametrize("at_once", [1, 2])
def test_a_quick_client_does_not_make_the_portal_busy(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    now = 100.0
    monkeypatch.setattr(limits.time, "monotonic", lambda: now)
    pace = limits.Pace()
    for _ in range(200):
        pauses = [pace.pause() for _ in range(at_once)]
        apart = [after - before for before, after in pairwise(pauses)]
        assert all(gap >= pace.GAP_SECONDS * 0.99 for gap in apart)
        now += max(pauses) + 0.002
