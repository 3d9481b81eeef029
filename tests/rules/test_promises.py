"""A promise to pay on an overdue record: the pause, the day after it, and the counter that moves once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from rules.decision import Comment, CompleteTask, CreateTask
from tests.rules.receivables import company, debt, ship
from tests.rules.small_portal import SmallPortal

OVERDUE, PROMISED = "stage.debt.overdue", "stage.debt.promised"


def overdue(portal: SmallPortal) -> None:
    """120 000 of company 100, due on Monday 2026-04-13, called about at nine."""
    ship(portal, 501, 120000, "2026-04-06 11:00")
    portal.run_until("2026-04-13 09:05")


def promise(portal: SmallPortal, day: str, **values: Any) -> None:
    portal.edit("debt", 1, promised_date=date.fromisoformat(day), **values)
    portal.look()


def test_a0_28_a_promise_that_is_broken(portal: SmallPortal) -> None:
    overdue(portal)
    promise(portal.at("2026-04-13 15:00"), "2026-04-17")
    assert debt(portal)["stage"] == PROMISED
    assert [task.key for task in portal.made(CompleteTask)] == ["overdue:company:100:2026-04-13"]
    portal.run_until("2026-04-19 23:59")
    assert debt(portal)["stage"] == PROMISED
    portal.run_until("2026-04-20 00:00")
    record = debt(portal)
    assert (record["stage"], record["broken_promises"]) == (OVERDUE, 1)
    assert (record["promised_date"], record["broken_date"]) == (None, date(2026, 4, 17))
    portal.run_until("2026-04-25 12:00")
    _, task = portal.made(CreateTask)
    assert task.key == "overdue:company:100:2026-04-20"
    (note,) = (one for one in portal.made(Comment) if one.key.startswith("promise"))
    assert "17.04.2026" in note.text.ru and "120 000 ₽" in note.text.ru
    assert debt(portal)["broken_promises"] == 1


def test_the_call_waits_for_the_morning_and_money_before_it_makes_it_needless(portal: SmallPortal) -> None:
    overdue(portal)
    promise(portal, "2026-04-14")
    portal.run_until("2026-04-15 08:00")
    assert len(portal.made(CreateTask)) == 1 and debt(portal)["stage"] == OVERDUE
    portal.pay("deal", 501, 120000)
    portal.look()
    portal.run_until("2026-04-16 12:00")
    assert len(portal.made(CreateTask)) == 1 and debt(portal)["stage"] == "stage.debt.paid"


def test_a_kept_promise(portal: SmallPortal) -> None:
    overdue(portal)
    promise(portal, "2026-04-17")
    portal.at("2026-04-17 16:00").pay("deal", 501, 120000)
    portal.look()
    portal.run_until("2026-05-01 12:00")
    assert debt(portal)["stage"] == "stage.debt.paid" and not debt(portal).get("broken_promises")
    assert len(portal.made(CreateTask)) == 1 and company(portal)["type"] == "type.client"


def test_a_second_promise_counts_too(portal: SmallPortal) -> None:
    overdue(portal)
    promise(portal, "2026-04-14")
    portal.run_until("2026-04-15 09:05")
    promise(portal.at("2026-04-15 12:00"), "2026-04-16")
    assert debt(portal)["stage"] == PROMISED
    portal.run_until("2026-04-17 09:05")
    assert debt(portal)["broken_promises"] == 2 and debt(portal)["stage"] == OVERDUE
    assert [task.key[-10:] for task in portal.made(CreateTask)] == ["2026-04-13", "2026-04-15", "2026-04-17"]
    assert len(portal.made(CompleteTask)) == 2


def test_a_promise_whose_whole_time_was_missed(portal: SmallPortal) -> None:
    overdue(portal)
    portal.edit("debt", 1, promised_date=date(2026, 4, 14))
    portal.at("2026-04-17 12:00").look()
    assert (debt(portal)["stage"], debt(portal)["broken_promises"]) == (OVERDUE, 1)
    assert [task.key[-10:] for task in portal.made(CreateTask)] == ["2026-04-13", "2026-04-15"]
    assert [task.key[-10:] for task in portal.made(CompleteTask)] == ["2026-04-13"]


def test_promised_before_the_due_day(portal: SmallPortal) -> None:
    ship(portal, 501, 120000, "2026-04-06 11:00")
    promise(portal, "2026-04-17")
    assert debt(portal)["stage"] == "stage.debt.waiting"
    portal.run_until("2026-04-14 12:00")
    assert debt(portal)["stage"] == PROMISED and portal.made(CreateTask) == []
    portal.run_until("2026-04-20 12:00")
    (task,) = portal.made(CreateTask)
    assert task.key.endswith("2026-04-20")


@pytest.mark.parametrize("stage", ["claim", "court", "paid", "written_off"])
def test_other_stages_stay_where_people_put_them(portal: SmallPortal, stage: str) -> None:
    overdue(portal)
    portal.move("debt", 1, f"stage.debt.{stage}")
    promise(portal, "2026-04-14")
    portal.run_until("2026-04-20 12:00")
    assert debt(portal)["stage"] == f"stage.debt.{stage}" and not debt(portal).get("broken_promises")


def test_moved_by_hand_without_a_day(portal: SmallPortal) -> None:
    overdue(portal)
    portal.move("debt", 1, PROMISED)
    portal.look()
    portal.run_until("2026-05-20 12:00")
    assert debt(portal)["stage"] == PROMISED
