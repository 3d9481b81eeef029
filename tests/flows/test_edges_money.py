"""Money: payments taken back, cents, currencies, advances; each delivered twice, the second time writes nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.flows.conditions import Condition, dropped
from tests.flows.edges import missed, raw_debt, shipped, sums
from tests.flows.office import DEAL, INVOICE, day

pytestmark = pytest.mark.flow


def test_an_overpayment_taken_back(play: Condition) -> None:
    shipped(play, amount=80_000)
    payment = play.office.pay(DEAL, 501, 100_000)
    play.goes_on()
    assert sums(play) == (0, 0, 20_000)
    shipped(play, 502, amount=50_000)
    assert sums(play) == (30_000, 0, 0)
    play.world.act("crm.item.payment.unpay", {"id": payment}, 11)
    play.goes_on()
    first, second = play.office.debts()
    assert (first["outstanding"], first["stage"]) == (80_000, "stage.debt.waiting")
    assert (second["outstanding"], second["stage"]) == (50_000, "stage.debt.waiting")
    assert sums(play) == (130_000, 0, 0)


@pytest.mark.parametrize("undone", ["unpay", "delete"])
@pytest.mark.parametrize("silent", [False, True], ids=["told", "no events"])
def test_a_payment_taken_back(play: Condition, undone: str, silent: bool) -> None:
    shipped(play)
    payment = play.office.pay(DEAL, 501, 120_000)
    play.goes_on()
    assert play.office.debt()["stage"] == "stage.debt.paid"
    if silent:
        dropped(play.world)
    play.world.act(f"crm.item.payment.{undone}", {"id": payment}, 11)
    missed(play, silent)
    assert (play.office.debt()["stage"], play.office.debt()["outstanding"]) == ("stage.debt.waiting", 120_000)
    assert sums(play) == (120_000, 0, 0)


def test_cents_are_not_lost(play: Condition) -> None:
    for number, amount in ((1, "100.10"), (2, "200.20"), (3, "0.03")):
        play.office.put_debt(number, amount=Decimal(amount), shipment_date=day("2026-04-06"))
    play.goes_on()
    assert sums(play)[0] == Decimal("300.33")
    play.office.pay(INVOICE, play.office.invoice(100, 300), 300.31)  # type: ignore[arg-type]
    play.goes_on()
    assert sums(play) == (Decimal("0.02"), 0, 0)
    assert sum(debt["paid"] for debt in play.office.debts()) == Decimal("300.31")


def test_a_debt_and_its_payment_in_euro(play: Condition) -> None:
    shipped(play, amount=100, currencyId="EUR")
    assert sums(play) == (9_000, 0, 0)
    play.office.pay(DEAL, 501, 40)
    play.goes_on()
    assert play.office.debt()["outstanding"] == 60
    assert sums(play) == (5_400, 0, 0)
    play.office.pay(DEAL, 501, 70)
    play.goes_on()
    assert (play.office.debt()["stage"], sums(play)) == ("stage.debt.paid", (0, 0, 900))


def test_two_debts_of_one_day_are_one_task(play: Condition) -> None:
    for number, amount in ((1, 30_000), (2, 45_000)):
        play.office.put_debt(number, amount=Decimal(amount), shipment_date=day("2026-04-06"))
    play.goes_on()
    play.world.at("2026-04-13T09:05:00")
    play.goes_on()
    assert {debt["stage"] for debt in play.office.debts()} == {"stage.debt.overdue"}
    [task] = play.office.tasks()
    assert "75 000" in task["title"]
    kind = f"T{play.office.entity_type('debt'):x}"
    assert {f"{kind}_1", f"{kind}_2", "CO_100"} <= set(task["ufCrmTask"])


def test_paid_on_the_due_day_before_the_morning(play: Condition) -> None:
    shipped(play)
    play.world.at("2026-04-13T08:00:00")
    play.office.pay(DEAL, 501, 120_000)
    play.goes_on()
    play.world.at("2026-04-13T09:05:00")
    play.goes_on()
    assert (play.office.debt()["stage"], play.office.tasks()) == ("stage.debt.paid", [])


def test_one_overdue_and_one_in_period(play: Condition) -> None:
    shipped(play, amount=10_000)
    play.world.at("2026-04-10T11:00:00")
    shipped(play, 502, amount=20_000)
    play.world.at("2026-04-13T09:05:00")
    play.goes_on()
    assert (sums(play), play.office.company(100)["type"]) == ((20_000, 10_000, 0), "type.debtor")
    play.office.pay(DEAL, 501, 10_000)
    play.goes_on()
    assert (sums(play), play.office.company(100)["type"]) == ((20_000, 0, 0), "type.client")


def test_money_left_by_a_deleted_record_is_an_advance(play: Condition) -> None:
    shipped(play, amount=80_000)
    play.office.pay(INVOICE, play.office.invoice(100, 100_000), 100_000)
    play.goes_on()
    assert sums(play) == (0, 0, 20_000)
    params = {"entityTypeId": play.office.entity_type("debt"), "id": play.office.debt()["id"]}
    play.world.act("crm.item.delete", params, 11)
    play.goes_on()
    assert (play.office.debts(), sums(play)) == ([], (0, 0, 100_000))


def test_a_paid_record_of_a_claim_is_closed(play: Condition) -> None:
    shipped(play)
    stage = {"stageId": play.world.name("stage.debt.claim")["id"]}
    play.office.update(play.office.entity_type("debt"), play.office.debt()["id"], stage)
    play.world.at("2026-04-13T09:05:00")
    play.goes_on()
    assert (play.office.debt()["stage"], sums(play)) == ("stage.debt.claim", (0, 120_000, 0))
    assert play.office.tasks() == []
    play.office.pay(DEAL, 501, 120_000)
    play.goes_on()
    assert (play.office.debt()["stage"], play.office.company(100)["type"]) == ("stage.debt.paid", "type.client")


def test_goods_that_came_back(play: Condition) -> None:
    shipped(play)
    raw_debt(play, False, shipment_date="2026-04-06", amount="-20000|RUB")
    play.goes_on()
    assert sums(play) == (100_000, 0, 0)
