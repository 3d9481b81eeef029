"""The acceptance scenarios of the first business, as steps that can be run under any condition.

A scenario does things through `Office`, and calls `play.goes_on()` where the product is expected to have
caught up. How it catches up (quietly, with faults, killed on the way...) is the condition's matter.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Protocol

from tests.flows.office import DEAL, INVOICE, Office, day
from tests.harness.world import World


class Play(Protocol):
    """A scenario's stage: the world, the people, and the product catching up."""

    world: World
    office: Office

    def goes_on(self) -> None:
        """Events are delivered (or lost), the product does what is due, and once more."""


Scenario = Callable[[Play], None]
SCENARIOS: dict[str, Scenario] = {}


def scenario(name: str) -> Callable[[Scenario], Scenario]:
    """Names a scenario by its id in the acceptance list."""

    def register(function: Scenario) -> Scenario:
        SCENARIOS[name] = function
        return function

    return register


def shipped_deal(play: Play, amount: int = 120_000, deferral: int = 7, at: str = "2026-04-06T11:00:00") -> None:
    """Deal 501 of company 100 is shipped."""
    play.office.put_fields("company", 100, deferral_days=deferral)
    play.world.at(at)
    play.office.put_deal(501, "stage.active.packing", amount=amount)
    play.office.ship(501)
    play.goes_on()


@scenario("A0-01 a shipment makes one debt record, the totals and the type")
def a0_01(play: Play) -> None:
    shipped_deal(play)
    debt, company = play.office.debt(), play.office.company(100)
    assert (debt["amount"], debt["paid"], debt["outstanding"]) == (120_000, 0, 120_000)
    assert (debt["deal"], debt["deferral_days"], debt["assigned"]) == (501, 7, 11)
    assert (debt["shipment_date"], debt["due_date"]) == (day("2026-04-06"), day("2026-04-13"))
    assert debt["stage"] == "stage.debt.waiting"
    assert (company["debt_in_period"], company["debt_overdue"] or 0) == (120_000, 0)
    assert company["type"] == "type.client"


@scenario("A0-02 shipped again: the same record and one question")
def a0_02(play: Play) -> None:
    shipped_deal(play)
    play.world.at("2026-04-07T10:00:00")
    play.office.move_deal(501, "stage.active.packing")
    play.goes_on()
    play.office.ship(501)
    play.goes_on()
    assert play.office.debt()["due_date"] == day("2026-04-13")
    questions = play.office.todos(501)
    assert len(questions) == 1, questions
    assert int(questions[0]["RESPONSIBLE_ID"]) == 11


@scenario("A0-08 a partial payment before the due date")
def a0_08(play: Play) -> None:
    shipped_deal(play, deferral=10)
    play.world.at("2026-04-10T12:00:00")
    play.office.pay(DEAL, 501, 50_000)
    play.goes_on()
    debt, company = play.office.debt(), play.office.company(100)
    assert (debt["paid"], debt["outstanding"], debt["stage"]) == (50_000, 70_000, "stage.debt.waiting")
    assert debt["due_date"] == day("2026-04-16")
    assert company["debt_in_period"] == 70_000


@scenario("A0-09 paid after the due day: record, task, totals and type")
def a0_09(play: Play) -> None:
    shipped_deal(play)
    play.world.at("2026-04-13T09:05:00")
    play.goes_on()
    debt, company = play.office.debt(), play.office.company(100)
    assert debt["stage"] == "stage.debt.overdue"
    assert (company["debt_in_period"] or 0, company["debt_overdue"], company["type"]) == (0, 120_000, "type.debtor")
    [task] = play.office.tasks()
    assert int(task["responsibleId"]) == 11 and task["deadline"].startswith("2026-04-13T18:00")
    debt_type = play.office.entity_type("debt")
    assert {"CO_100", "D_501", f"T{debt_type:x}_{debt['id']}"} <= set(task["ufCrmTask"])
    play.world.at("2026-04-14T10:00:00")
    play.office.pay(DEAL, 501, 120_000)
    play.goes_on()
    debt, company = play.office.debt(), play.office.company(100)
    assert (debt["stage"], debt["outstanding"]) == ("stage.debt.paid", 0)
    assert (company["debt_in_period"] or 0, company["debt_overdue"] or 0, company["type"]) == (0, 0, "type.client")
    [task] = play.office.tasks()
    assert task["status"] == "5"
    reminded = play.world.control("outbox?since=0")
    assert [letter["at"][:10] for letter in reminded] == ["2026-04-13"]
    play.world.at("2026-04-20T10:00:00")
    play.goes_on()
    assert play.world.control("outbox?since=0") == reminded


@scenario("A0-10 a payment without a link pays the earliest record first")
def a0_10(play: Play) -> None:
    two_debts(play)
    play.world.at("2026-04-12T12:00:00")
    play.office.pay(INVOICE, play.office.invoice(100, 40_000), 40_000)
    play.goes_on()
    first, second = play.office.debts()
    assert (first["stage"], first["outstanding"]) == ("stage.debt.paid", 0)
    assert (second["paid"], second["outstanding"], second["stage"]) == (10_000, 40_000, "stage.debt.waiting")
    assert play.office.company(100)["debt_in_period"] == 40_000


def two_debts(play: Play) -> None:
    """Company 100 owes 30 000 by 04-13 and 50 000 by 04-20."""
    play.world.at("2026-04-06T11:00:00")
    for number, amount, shipped in ((1, 30_000, "2026-04-06"), (2, 50_000, "2026-04-13")):
        play.office.put_debt(
            number,
            amount=Decimal(amount),
            outstanding=Decimal(amount),
            paid=Decimal(0),
            deferral_days=7,
            shipment_date=date.fromisoformat(shipped),
            due_date=date.fromisoformat("2026-04-13" if number == 1 else "2026-04-20"),
        )


@scenario("A0-11 an overpayment becomes an advance and pays the next record")
def a0_11(play: Play) -> None:
    shipped_deal(play, amount=80_000)
    play.office.pay(DEAL, 501, 100_000)
    play.goes_on()
    assert play.office.debt()["stage"] == "stage.debt.paid"
    assert play.office.company(100)["advance"] == 20_000
    play.office.put_deal(502, "stage.active.packing", amount=50_000)
    play.office.ship(502)
    play.goes_on()
    _, second = play.office.debts()
    assert (second["paid"], second["outstanding"]) == (20_000, 30_000)
    assert (play.office.company(100)["advance"] or 0) == 0


@scenario("A0-13 the type follows the deals")
def a0_13(play: Play) -> None:
    play.world.at("2026-04-06T11:00:00")
    added = play.world.act("crm.item.add", {"entityTypeId": 4, "fields": {"title": "Новая"}}, 11)
    company = play.office._id(added)
    play.goes_on()
    assert play.office.company(company)["type"] == "type.prospect"
    play.office.add_deal("stage.contract.new", company)
    play.goes_on()
    assert play.office.company(company)["type"] == "type.prospect"
    play.office.add_deal("stage.active.new", company)
    play.goes_on()
    assert play.office.company(company)["type"] == "type.client"


@scenario("A0-14 lost after sixty days, and back with a new deal")
def a0_14(play: Play) -> None:
    play.world.at("2026-02-01T12:00:00")
    play.office.put_deal(501, "stage.active.paid", createdTime="2026-02-01T12:00:00+03:00")
    play.world.at("2026-04-02T23:30:00")
    play.goes_on()
    assert play.office.company(100)["type"] == "type.client"
    play.world.at("2026-04-03T12:00:00")
    play.goes_on()
    assert play.office.company(100)["type"] == "type.lost"
    play.world.at("2026-04-05T12:00:00")
    play.office.add_deal("stage.active.new")
    play.goes_on()
    assert play.office.company(100)["type"] == "type.client"


@scenario("A0-15 a supplier stays a supplier")
def a0_15(play: Play) -> None:
    play.world.at("2026-04-06T11:00:00")
    fields = {
        "title": "Поставщик сахара",
        "typeId": "SUPPLIER",
        "assignedById": 11,
        play.office.code("company", "deferral_days"): 14,
    }
    play.world.fixture({"method": "crm.item.add", "as": 1, "params": {"entityTypeId": 4, "fields": fields}, "id": 120})
    before = play.world.last_call()
    play.office.add_deal("stage.active.new", 120)
    play.goes_on()
    assert play.office.company(120)["type"] == "SUPPLIER"
    touched = [c for c in play.world.writes_since(before) if c["params"].get("entityTypeId") in (4, "4")]
    assert not [c for c in touched if str(c["params"].get("id")) == "120"], touched


@scenario("A0-26 a strange deferral is told to the head of sales once")
def a0_26(play: Play) -> None:
    play.world.at("2026-04-06T11:00:00")
    play.office.edit("company", 100, deferral_days=45)
    play.goes_on()
    notes = play.office.notifications(10)
    assert len(notes) == 1, notes
    play.office.update(4, 100, {"comments": "тот же срок"})
    play.goes_on()
    assert len(play.office.notifications(10)) == 1


@scenario("A0-29 several currencies add up in the base one")
def a0_29(play: Play) -> None:
    play.world.at("2026-04-06T11:00:00")
    play.office.put_debt(
        1,
        amount=Decimal(10_000),
        outstanding=Decimal(10_000),
        paid=Decimal(0),
        deferral_days=7,
        shipment_date=day("2026-04-06"),
        due_date=day("2026-04-13"),
    )
    euro = {play.office.code("debt", name): "100|EUR" for name in ("amount", "outstanding")}
    play.office.put_debt(
        2, stage="overdue", deferral_days=7, shipment_date=day("2026-03-20"), due_date=day("2026-03-27")
    )
    play.office.update(play.office.entity_type("debt"), 2, euro)
    play.goes_on()
    company = play.office.company(100)
    assert (company["debt_in_period"], company["debt_overdue"]) == (10_000, 9_000)


@scenario("E.50 a shipment entered a month late is overdue at once")
def e_50(play: Play) -> None:
    play.world.at("2026-04-20T20:00:00")
    play.office.put_fields("company", 100, deferral_days=7)
    play.office.add_debt(amount=Decimal(60_000), shipment_date=day("2026-03-20"))
    play.goes_on()
    debt, company = play.office.debt(), play.office.company(100)
    assert (debt["stage"], debt["due_date"]) == ("stage.debt.overdue", day("2026-03-27"))
    assert (debt["outstanding"], debt["deferral_days"]) == (60_000, 7)
    assert (company["debt_overdue"], company["type"]) == (60_000, "type.debtor")
    assert play.world.control("outbox?since=0") == []
    play.world.at("2026-04-21T09:05:00")
    play.goes_on()
    [task] = play.office.tasks()
    assert task["deadline"].startswith("2026-04-21T18:00")
    [letter] = play.world.control("outbox?since=0")
    assert letter["at"].startswith("2026-04-21T09:05")
