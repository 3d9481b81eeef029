"""Records typed by people or scripts, odd shipments; each delivered twice, the second time writes nothing."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.flows.conditions import Condition
from tests.flows.edges import inbox, raw_debt, shipped, sums
from tests.flows.office import DEAL, day

pytestmark = pytest.mark.flow


@pytest.mark.parametrize("silently", [True, False], ids=["fixture", "employee"])
@pytest.mark.parametrize("amount", ["120000|RUB", "120000", 120000, "120000.00|RUB", "120 000,00|RUB"])
def test_a_bare_record_is_filled_in(play: Condition, amount: Any, silently: bool) -> None:
    raw_debt(play, silently, shipment_date="2026-04-24", amount=amount)
    play.goes_on()
    debt = play.office.debt()
    assert (debt["deferral_days"], debt["due_date"], debt["stage"]) == (7, day("2026-05-04"), "stage.debt.waiting")
    assert (debt["paid"], debt["outstanding"]) == (0, 120_000)
    assert debt["assigned"] == 11
    assert debt["title"]
    assert sums(play) == (120_000, 0, 0)
    assert play.office.company(100)["type"] == "type.client"


def test_an_unreadable_amount_is_told_and_holds_nobody_up(play: Condition) -> None:
    raw_debt(play, False, shipment_date="2026-04-06", amount="много|RUB", companyId=101)
    raw_debt(play, False, shipment_date="2026-04-06", amount="50000|RUB")
    play.world.settle()
    play.goes_on()
    assert sums(play) == (50_000, 0, 0)
    assert inbox(play)


def test_a_record_without_company_waits_and_is_told(play: Condition) -> None:
    raw_debt(play, False, shipment_date="2026-04-06", amount="50000|RUB", companyId=0)
    play.goes_on()
    entries = inbox(play)
    assert len(entries) == 1, entries


def test_paid_typed_larger_than_the_amount_is_refused(play: Condition) -> None:
    shipped(play)
    play.office.edit("debt", play.office.debt()["id"], paid=Decimal(150_000))
    play.goes_on()
    debt = play.office.debt()
    assert (debt["paid"], debt["outstanding"], debt["stage"]) == (0, 120_000, "stage.debt.waiting")
    assert sums(play) == (120_000, 0, 0)


def test_paid_typed_by_hand_counts(play: Condition) -> None:
    shipped(play)
    number = play.office.debt()["id"]
    play.office.edit("debt", number, paid=Decimal("50000.50"))
    play.goes_on()
    assert play.office.debt()["outstanding"] == Decimal("69999.50")
    play.office.edit("debt", number, paid=Decimal(120_000))
    play.goes_on()
    assert play.office.debt()["stage"] == "stage.debt.paid"
    play.office.edit("debt", number, paid=Decimal(20_000))
    play.goes_on()
    debt = play.office.debt()
    assert (debt["stage"], debt["outstanding"]) == ("stage.debt.waiting", 100_000)
    assert sums(play) == (100_000, 0, 0)


def test_paid_typed_as_a_plain_number(play: Condition) -> None:
    shipped(play)
    play.office.update(
        play.office.entity_type("debt"), play.office.debt()["id"], {play.office.code("debt", "paid"): 20000}
    )
    play.goes_on()
    assert play.office.debt()["outstanding"] == 100_000
    assert inbox(play) == []


def test_shipped_by_the_old_method(play: Condition) -> None:
    play.office.put_deal(501, "stage.active.packing")
    stage = play.world.name("stage.active.shipped")["id"]
    play.world.act("crm.deal.update", {"id": 501, "fields": {"STAGE_ID": stage}}, 11)
    play.goes_on()
    assert play.office.debt()["outstanding"] == 120_000


def test_shipped_and_cancelled(play: Condition) -> None:
    shipped(play)
    play.office.move_deal(501, "stage.active.cancelled")
    play.goes_on()
    assert (play.office.debt()["stage"], sums(play)) == ("stage.debt.written_off", (0, 0, 0))


def drag_debt(play: Condition, stage: str) -> None:
    """A person drags the record to a stage."""
    office = play.office
    where = {"stageId": play.world.name(f"stage.debt.{stage}")["id"]}
    office.update(office.entity_type("debt"), office.debt()["id"], where)


def test_a_debt_in_court_outlives_its_deal(play: Condition) -> None:
    shipped(play)
    drag_debt(play, "court")
    play.goes_on()
    play.office.move_deal(501, "stage.active.cancelled")
    play.goes_on()
    play.world.kit.engine.sweep("nightly")
    assert (play.office.debt()["stage"], len(play.office.todos(501))) == ("stage.debt.court", 1)


def test_a_debt_put_back_after_the_cancellation_stays(play: Condition) -> None:
    shipped(play)
    play.office.move_deal(501, "stage.active.cancelled")
    play.goes_on()
    play.world.at("2026-04-14T10:00:00")
    drag_debt(play, "overdue")
    play.goes_on()
    play.world.kit.engine.sweep("nightly")
    play.office.update(DEAL, 501, {"title": "Заказ, который отменили"})
    play.goes_on()
    assert play.office.debt()["stage"] == "stage.debt.overdue"


def test_a_deal_without_amount_or_company_is_told(play: Condition) -> None:
    shipped(play, amount=0)
    entries = inbox(play)
    assert len(entries) == 1 and "Заказ 501" in json.dumps(entries, ensure_ascii=False), entries
    play.office.update(DEAL, 501, {"opportunity": 3_000})
    play.goes_on()
    assert play.office.debt()["amount"] == 3_000
    assert inbox(play) == []


def test_the_error_inbox_is_dated_by_the_portals_clock(play: Condition) -> None:
    play.world.at("2026-04-08T15:30:00")
    play.office.put_deal(501, "stage.active.packing", company=None)
    play.office.ship(501)
    play.goes_on()
    [entry] = inbox(play)
    assert entry["first_at"][:13] == entry["last_at"][:13] == "2026-04-08T12"
