"""The register of visits: the last visit of a company, and results that nobody wrote down. Everything is delivered
twice, the second time writes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.flows.conditions import Condition, dropped
from tests.flows.edges import missed
from tests.flows.office import day

pytestmark = pytest.mark.flow


def visit(play: Condition, on: str, result: str | None = "order", company: int = 100, as_: int = 11) -> int:
    """A visit typed by a manager."""
    fields = {"title": "Посещение", "companyId": company, play.office.code("visit", "date"): on}
    if result:
        fields[play.office.code("visit", "result")] = play.world.name("visit.result")["items"][result]
    params = {"entityTypeId": play.office.entity_type("visit"), "fields": fields}
    return int(play.world.act("crm.item.add", params, as_)["result"]["item"]["id"])


def last(play: Condition, company: int = 100) -> Any:
    return play.office.company(company)["last_visit"]


def todos(play: Condition, number: int) -> list[dict[str, Any]]:
    """Open to-dos of a visit."""
    where = {"OWNER_TYPE_ID": play.office.entity_type("visit"), "OWNER_ID": number, "COMPLETED": "N"}
    found: list[dict[str, Any]] = play.world.rest("crm.activity.list", {"filter": where})
    return found


def delete(play: Condition, number: int) -> None:
    play.world.act("crm.item.delete", {"entityTypeId": play.office.entity_type("visit"), "id": number}, 11)


@pytest.mark.parametrize("silent", [False, True], ids=["told", "no events"])
def test_a0_20_the_last_visit_is_the_latest_one_with_a_result(play: Condition, silent: bool) -> None:
    play.world.at("2026-04-05T11:00:00")
    if silent:
        dropped(play.world)
    visit(play, "2026-03-10")
    second = visit(play, "2026-04-02")
    missed(play, silent)
    assert last(play) == day("2026-04-02")
    delete(play, second)
    missed(play, silent)
    assert last(play) == day("2026-03-10")
    visit(play, "2026-05-20")
    missed(play, silent)
    assert last(play) == day("2026-03-10")
    play.world.at("2026-05-20T00:00:05")
    play.goes_on()
    assert last(play) == day("2026-05-20")


def test_a0_21_a_visit_moved_to_another_company_recounts_both(play: Condition) -> None:
    visit(play, "2026-03-10")
    moved = visit(play, "2026-04-02")
    play.goes_on()
    before = play.world.last_call()
    play.office.update(play.office.entity_type("visit"), moved, {"companyId": 101})
    play.goes_on()
    assert (last(play), last(play, 101)) == (day("2026-03-10"), day("2026-04-02"))
    writes = play.world.writes_since(before)
    assert sorted(call["params"]["id"] for call in writes) == ["100", "101"]


def test_an_edited_day_and_a_withdrawn_result_count(play: Condition) -> None:
    number = visit(play, "2026-04-02")
    play.goes_on()
    play.office.edit("visit", number, date=day("2026-03-15"))
    play.goes_on()
    assert last(play) == day("2026-03-15")
    play.office.edit("visit", number, result="")
    play.goes_on()
    assert last(play) is None


def test_a_visit_without_a_result_is_asked_for_once(play: Condition) -> None:
    number = visit(play, "2026-04-10", result=None)
    play.goes_on()
    assert (last(play), todos(play, number)) == (None, [])
    play.world.at("2026-04-12T12:00:00")
    play.goes_on()
    assert todos(play, number) == [], "it is Sunday"
    play.world.at("2026-04-13T09:00:00")
    play.goes_on()
    [todo] = todos(play, number)
    assert (int(todo["RESPONSIBLE_ID"]), todo["DEADLINE"][:16]) == (11, "2026-04-13T18:00")
    assert "10.04.2026" in todo["SUBJECT"] and "Ромашка" in todo["SUBJECT"]
    play.world.at("2026-04-14T09:00:00")
    play.office.edit("visit", number, result=play.world.name("visit.result")["items"]["agreed"])
    play.goes_on()
    assert (last(play), len(todos(play, number))) == (day("2026-04-10"), 1)


def test_a_dismissed_manager_is_substituted_and_old_visits_are_left_alone(play: Condition) -> None:
    recent, old = visit(play, "2026-04-03", result=None, as_=13), visit(play, "2025-11-01", result=None)
    play.goes_on()
    assert [int(todo["RESPONSIBLE_ID"]) for todo in todos(play, recent)] == [10]
    assert todos(play, old) == []
