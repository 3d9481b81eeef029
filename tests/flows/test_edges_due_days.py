"""Due days, deferrals and what follows from them; each delivered twice, the second time writes nothing."""

from __future__ import annotations

import pytest

from tests.flows.conditions import Condition
from tests.flows.edges import raw_debt, set_limit, shipped, sums
from tests.flows.office import DEAL, day

pytestmark = pytest.mark.flow


def test_a_due_day_on_a_holiday_moves_to_the_workday(play: Condition) -> None:
    play.world.at("2026-04-24T12:00:00")
    shipped(play)
    assert play.office.debt()["due_date"] == day("2026-05-04")
    play.world.at("2026-05-03T23:59:00")
    play.goes_on()
    assert play.office.debt()["stage"] == "stage.debt.waiting"
    play.world.at("2026-05-04T00:01:00")
    play.goes_on()
    assert play.office.debt()["stage"] == "stage.debt.overdue"
    assert play.office.tasks() == []
    play.world.at("2026-05-04T10:00:00")
    play.goes_on()
    assert len(play.office.tasks()) == 1


def test_a_due_day_that_stays_on_a_holiday(play: Condition) -> None:
    set_limit(play, "debt.weekend_due", "none")
    play.world.at("2026-04-24T12:00:00")
    shipped(play)
    assert play.office.debt()["due_date"] == day("2026-05-01")
    play.world.at("2026-05-01T00:05:00")
    play.goes_on()
    assert (play.office.debt()["stage"], sums(play)) == ("stage.debt.overdue", (0, 120_000, 0))
    play.world.at("2026-05-01T12:00:00")
    play.goes_on()
    assert play.office.tasks() == []
    play.world.at("2026-05-04T09:05:00")
    play.goes_on()
    [task] = play.office.tasks()
    assert task["deadline"].startswith("2026-05-04T18:00")


def test_overdue_on_the_day_after(play: Condition) -> None:
    set_limit(play, "debt.overdue_on", "day_after")
    shipped(play)
    play.world.at("2026-04-13T23:59:00")
    play.goes_on()
    assert (play.office.debt()["due_date"], play.office.debt()["stage"]) == (day("2026-04-13"), "stage.debt.waiting")
    play.world.at("2026-04-14T00:01:00")
    play.goes_on()
    assert play.office.debt()["stage"] == "stage.debt.overdue"


def test_no_deferral_is_due_on_the_day_of_shipment(play: Condition) -> None:
    play.office.put_fields("company", 100, deferral_days=0)
    shipped(play)
    debt = play.office.debt()
    assert (debt["deferral_days"], debt["due_date"], debt["stage"]) == (0, day("2026-04-06"), "stage.debt.overdue")
    assert sums(play) == (0, 120_000, 0)


def test_an_empty_deferral_means_the_default_and_is_told_once(play: Condition) -> None:
    play.office.edit("company", 101, deferral_days="")
    shipped(play, companyId=101)
    debt = play.office.debt(101)
    assert (debt["deferral_days"], debt["due_date"]) == (14, day("2026-04-20"))
    assert len(play.office.notifications(10)) == 1


def test_a_changed_deferral_is_a_snapshot(play: Condition) -> None:
    shipped(play)
    play.office.edit("company", 100, deferral_days=21)
    play.goes_on()
    assert play.office.debt()["due_date"] == day("2026-04-13")


def test_a_changed_deferral_applies_to_open_records(play: Condition) -> None:
    set_limit(play, "debt.on_deferral_change", "apply_open")
    shipped(play)
    play.office.edit("company", 100, deferral_days=10)
    play.goes_on()
    assert (play.office.debt()["deferral_days"], play.office.debt()["due_date"]) == (10, day("2026-04-16"))
    play.world.at("2026-04-16T09:05:00")
    play.goes_on()
    assert play.office.debt()["stage"] == "stage.debt.overdue"
    play.office.edit("company", 100, deferral_days=8)
    play.goes_on()
    assert (play.office.debt()["stage"], play.office.debt()["due_date"]) == ("stage.debt.overdue", day("2026-04-16"))
    play.office.edit("company", 100, deferral_days=21)
    play.goes_on()
    debt = play.office.debt()
    assert (debt["stage"], debt["due_date"]) == ("stage.debt.waiting", day("2026-04-27"))
    assert sums(play) == (120_000, 0, 0)
    [task] = play.office.tasks()
    assert task["status"] == "5"


def test_the_amount_of_the_deal_is_followed_when_asked(play: Condition) -> None:
    shipped(play)
    play.office.update(DEAL, 501, {"opportunity": 90_000})
    play.goes_on()
    assert play.office.debt()["amount"] == 120_000
    set_limit(play, "debt.follow_amount", "true")
    play.office.update(DEAL, 501, {"opportunity": 80_000})
    play.goes_on()
    assert (play.office.debt()["amount"], play.office.debt()["outstanding"]) == (80_000, 80_000)
    assert sums(play) == (80_000, 0, 0)
    play.office.pay(DEAL, 501, 10_000)
    play.goes_on()
    play.office.update(DEAL, 501, {"opportunity": 70_000})
    play.goes_on()
    assert (play.office.debt()["amount"], play.office.debt()["outstanding"]) == (80_000, 70_000)


def test_an_old_record_entered_now_is_overdue_at_once(play: Condition) -> None:
    play.world.at("2026-04-20T20:00:00")
    raw_debt(play, True, shipment_date="2026-03-20", amount="60000|RUB")
    play.goes_on()
    assert (play.office.debt()["stage"], sums(play)) == ("stage.debt.overdue", (0, 60_000, 0))
    play.world.at("2026-04-21T09:05:00")
    play.goes_on()
    [task] = play.office.tasks()
    assert task["deadline"].startswith("2026-04-21T18:00")
    assert int(task["responsibleId"]) == 11
