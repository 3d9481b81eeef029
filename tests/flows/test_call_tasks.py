"""The manager's call of a day, when something happens after it was made: one task, brought up to date."""

from __future__ import annotations

from typing import Any

import pytest

from tests.flows.conditions import Condition
from tests.flows.edges import raw_debt, shipped
from tests.flows.office import DEAL

pytestmark = pytest.mark.flow


@pytest.fixture
def called(play: Condition) -> Condition:
    """The call day of deal 501: its task is there."""
    shipped(play)
    play.world.at("2026-04-13T09:05:00")
    play.goes_on()
    assert len(play.office.tasks()) == 1
    return play


def call(play: Condition) -> dict[str, Any]:
    """The one task there is."""
    [task] = play.office.tasks()
    return task


def is_done(play: Condition) -> bool:
    return str(call(play)["status"]) == "5"


def finishes(play: Condition) -> None:
    """The manager has called."""
    play.world.act("tasks.task.complete", {"taskId": call(play)["id"]}, 11)
    play.goes_on()
    play.world.kit.engine.sweep("nightly")
    assert is_done(play)


def enters_another(play: Condition) -> None:
    """An old debt of the same company is typed in (E.50)."""
    play.world.at("2026-04-13T15:00:00")
    raw_debt(play, False, shipment_date="2026-03-20", amount="50000|RUB")
    play.goes_on()


def test_a_debt_after_the_call_was_made_brings_the_task_back(called: Condition) -> None:
    finishes(called)
    enters_another(called)
    assert not is_done(called)
    assert "170 000" in call(called)["title"] and len(call(called)["description"].splitlines()) == 2


def test_once_done_again_it_stays_done(called: Condition) -> None:
    finishes(called)
    enters_another(called)
    called.world.at("2026-04-13T16:00:00")
    finishes(called)
    called.office.update(DEAL, 501, {"title": "Заказ, о котором звонили"})
    called.goes_on()
    called.world.at("2026-04-14T09:05:00")
    called.goes_on()
    assert is_done(called)


def test_a_debt_during_the_call_is_added_to_the_task(called: Condition) -> None:
    enters_another(called)
    assert not is_done(called) and "170 000" in call(called)["title"]
    finishes(called)


def test_a_payment_taken_back_brings_the_task_back(called: Condition) -> None:
    payment = called.office.pay(DEAL, 501, 120_000)
    called.goes_on()
    assert is_done(called)
    called.world.at("2026-04-13T12:00:00")
    called.world.act("crm.item.payment.unpay", {"id": payment}, 11)
    called.world.kit.engine.sweep("nightly")
    called.goes_on()
    assert called.office.debt()["stage"] == "stage.debt.overdue" and not is_done(called)
