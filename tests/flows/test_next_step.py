"""Never a deal without a next step. Everything is delivered twice, the second time writes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.flows.conditions import Condition, dropped
from tests.flows.edges import set_limit
from tests.flows.office import DEAL

pytestmark = pytest.mark.flow

ASKED = "Запланируйте следующий шаг"
NEGOTIATION = "stage.contract.negotiation"


def plan(play: Condition, deal: int = 510, title: str = "Позвонить", silently: bool = False) -> int:
    """A to-do that a manager plans."""
    params = {"ownerTypeId": DEAL, "ownerId": deal, "deadline": "2026-04-07T12:00:00+03:00", "title": title}
    if silently:
        play.world.fixture({"method": "crm.activity.todo.add", "as": 11, "params": params, "id": 7000 + deal})
        return 7000 + deal
    return int(play.world.act("crm.activity.todo.add", params, 11)["result"]["id"])


def complete(play: Condition, number: int) -> None:
    play.world.act("crm.activity.update", {"id": number, "fields": {"COMPLETED": "Y"}}, 11)


def asked(play: Condition, deal: int = 510) -> list[dict[str, Any]]:
    """Open to-dos of the app on a deal."""
    return [todo for todo in play.office.todos(deal) if todo["SUBJECT"] == ASKED]


def flagged(play: Condition, deal: int = 510) -> bool:
    row = play.world.rest("crm.item.get", {"entityTypeId": DEAL, "id": deal})["item"]
    return row[play.office.code("deal", "no_next_step")] == "Y"


def pushed(play: Condition, deal: int = 510, **fields: Any) -> int:
    """A deal under negotiation with one open to-do; its id."""
    play.office.put_deal(deal, NEGOTIATION, **fields)
    return plan(play, deal, silently=True)


def test_a0_22_the_only_todo_was_completed(play: Condition) -> None:
    only = pushed(play)
    play.goes_on()
    assert asked(play) == []
    play.world.at("2026-04-06T12:00:00")
    complete(play, only)
    play.goes_on()
    [todo] = asked(play)
    assert (int(todo["RESPONSIBLE_ID"]), todo["DEADLINE"][:16]) == (11, "2026-04-07T10:00")
    assert flagged(play)
    for hour in (13, 14):
        play.world.at(f"2026-04-06T{hour}:00:00")
        play.goes_on()
    assert len(asked(play)) == 1


def test_a0_22_found_within_an_hour_when_no_event_came(play: Condition) -> None:
    only = pushed(play)
    play.goes_on()
    dropped(play.world)
    play.world.at("2026-04-06T12:00:00")
    complete(play, only)
    play.world.settle()
    play.world.at("2026-04-06T13:00:00")
    play.goes_on()
    assert len(asked(play)) == 1


def test_the_request_itself_completed_or_deleted_without_a_plan_comes_again(play: Condition) -> None:
    complete(play, pushed(play))
    play.goes_on()
    [first] = asked(play)
    complete(play, int(first["ID"]))
    play.goes_on()
    [second] = asked(play)
    assert second["ID"] != first["ID"]
    play.world.at("2026-04-06T12:00:00")
    play.world.act("crm.activity.delete", {"id": int(second["ID"])}, 11)
    play.goes_on()
    [third] = asked(play)
    assert third["ID"] != second["ID"]


def test_something_planned_ends_the_list_and_nothing_is_added(play: Condition) -> None:
    complete(play, pushed(play))
    play.goes_on()
    assert flagged(play)
    plan(play)
    play.goes_on()
    assert (flagged(play), len(asked(play))) == (False, 1)
    complete(play, int(asked(play)[0]["ID"]))
    play.goes_on()
    assert (flagged(play), asked(play)) == (False, [])


@pytest.mark.parametrize("bound", ["a task", "an activity of the contact"])
def test_what_is_only_bound_to_the_deal_is_a_next_step(play: Condition, bound: str) -> None:
    only = pushed(play, contactIds=[200])
    if bound == "a task":
        fields = {"TITLE": "Договор", "RESPONSIBLE_ID": 11, "UF_CRM_TASK": ["CO_100", "D_510"]}
        play.world.act("tasks.task.add", {"fields": fields}, 11)
    else:
        params = {"ownerTypeId": 3, "ownerId": 200, "deadline": "2026-04-07T12:00:00+03:00", "title": "Письмо"}
        number = play.world.act("crm.activity.todo.add", params, 11)["result"]["id"]
        play.world.act("crm.activity.binding.add", {"activityId": number, "entityTypeId": DEAL, "entityId": 510}, 11)
    complete(play, only)
    play.goes_on()
    assert (asked(play), flagged(play)) == ([], False)
    if bound == "a task":
        [task] = play.office.tasks()
        play.world.act("tasks.task.complete", {"taskId": task["id"]}, 11)
        # An hour after the last look, and that was as long after eleven as this machine took to get there.
        play.world.at("2026-04-06T12:10:00")
        play.goes_on()
        assert len(asked(play)) == 1


def test_a_missed_call_is_a_next_step(play: Condition) -> None:
    only = pushed(play, contactIds=[200])
    call = {
        "OWNER_TYPE_ID": DEAL,
        "OWNER_ID": 510,
        "TYPE_ID": 2,
        "DIRECTION": 1,
        "SUBJECT": "Пропущенный звонок",
        "RESPONSIBLE_ID": 11,
        "COMMUNICATIONS": [{"VALUE": "+79990000001", "ENTITY_ID": 200, "ENTITY_TYPE_ID": 3}],
    }
    play.world.act("crm.activity.add", {"fields": call}, 11)
    complete(play, only)
    play.goes_on()
    assert asked(play) == []


def test_closed_moved_and_other_funnels_are_left_alone(play: Condition) -> None:
    complete(play, pushed(play))
    closed, moved = pushed(play, 511), pushed(play, 512)
    play.office.put_deal(513, "stage.active.new")
    play.goes_on()
    assert flagged(play)
    play.office.move_deal(510, "stage.contract.lost")
    play.office.move_deal(511, "stage.contract.signed")
    fields = {
        "categoryId": play.world.name("funnel.active")["id"],
        "stageId": play.world.name("stage.active.new")["id"],
    }
    play.office.update(DEAL, 512, fields)
    for number in (closed, moved):
        complete(play, number)
    play.goes_on()
    play.world.at("2026-04-06T15:00:00")
    play.goes_on()
    assert [len(asked(play, deal)) for deal in (510, 511, 512, 513)] == [1, 0, 0, 0]
    assert not flagged(play)


def test_a_new_deal_has_an_hour_and_the_setting_names_the_funnels(play: Condition) -> None:
    number = play.office.add_deal("stage.contract.new")
    play.goes_on()
    assert asked(play, number) == []
    play.world.at("2026-04-06T12:00:00")
    play.goes_on()
    assert len(asked(play, number)) == 1
    set_limit(play, "push.funnels", "")
    other = pushed(play, 511)
    complete(play, other)
    play.goes_on()
    assert (asked(play, 511), flagged(play, number)) == ([], True)


def test_a_dismissed_responsible_is_substituted(play: Condition) -> None:
    complete(play, pushed(play, assignedById=13))
    play.goes_on()
    assert [int(todo["RESPONSIBLE_ID"]) for todo in asked(play)] == [10]


def test_many_deals_cost_few_requests(play: Condition) -> None:
    for deal in range(600, 660):
        play.office.put_deal(deal, NEGOTIATION)
        plan(play, deal, silently=True)
    play.world.settle()
    play.world.at("2026-04-06T12:00:00")
    before = play.world.hits()
    report = play.world.kit.engine.sweep("hourly_push")
    assert (report.subjects, report.commands) == (60, 0)
    assert play.world.hits() - before <= 8
