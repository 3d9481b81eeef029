"""Companies that are merged: money from files of banks and the message of the day follow the survivor, in whatever way
the merge becomes known; each delivered twice, the second time writes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.flows.conditions import Condition
from tests.flows.edges import COMPANY, inbox, missed, shipped, sums
from tests.flows.office import DEAL
from tests.flows.reminders import letters, moments, tick
from tests.flows.test_bank_payments import Bank
from tests.rules.bank_files import document, windows

pytestmark = pytest.mark.flow


@pytest.fixture
def bank(play: Condition, tmp_path: Path) -> Bank:
    play.office.put_fields("company", 101, deferral_days=7)
    return Bank(play, tmp_path)


def merge(play: Condition, order: str = "update_first") -> None:
    """A manager folds company 100 into 101."""
    play.world.control("merge", {"entityTypeId": COMPANY, "main": 101, "others": [100], "order": order})


def move(play: Condition, entity_type: int, id: int, company: int) -> None:
    play.office.update(entity_type, id, {"companyId": company})


def delete(play: Condition) -> None:
    play.world.act("crm.item.delete", {"entityTypeId": COMPANY, "id": 100}, 1)


def state(play: Condition, *companies: int) -> list[tuple[Any, ...]]:
    debts = [debt for company in companies or (101,) for debt in play.office.debts(company)]
    return [(debt["outstanding"], debt["stage"].removeprefix("stage.debt.")) for debt in debts]


def whose(bank: Bank) -> list[Any]:
    return [(row["company_id"], row["state"]) for row in bank.stored()]


def unnoticed(play: Condition) -> None:
    """The product works for a quarter of an hour before it looks for deletions."""
    play.world.kit.engine.poll(counting=False)
    play.world.kit.engine.drain()
    play.world.kit.engine.due_timers()


@pytest.mark.parametrize("order", ["update_first", "delete_first", "no events"])
def test_a_paid_debt_stays_paid(play: Condition, bank: Bank, order: str) -> None:
    shipped(play)
    bank.gives(windows(document(amount="150000.00")))
    assert sums(play) == (0, 0, 30_000)
    if order == "no events":
        play.world.control("delivery", {"drop": 1.0})
    merge(play, order.replace("no events", "update_first"))
    missed(play, order == "no events")
    assert state(play) == [(0, "paid")] and sums(play, 101) == (0, 0, 30_000)
    assert whose(bank) == [(101, "counted")] and inbox(play) == []
    tick(play, "2026-04-10T09:05", "2026-04-13T09:05")
    assert letters(play) == [] and play.office.tasks() == []
    shipped(play, 502, amount=50_000, companyId=101)
    assert sums(play, 101) == (20_000, 0, 0)
    assert bank.shows(windows(document(amount="150000.00")))["counts"] == {"known": 1}


def test_nobody_is_dunned_before_the_merge_is_noticed(play: Condition, bank: Bank) -> None:
    shipped(play)
    bank.gives(windows(document()))
    shipped(play, 502, amount=1_000, companyId=101)
    play.world.control("delivery", {"drop": 1.0})
    merge(play)
    play.world.at("2026-04-10T09:05:00")
    play.world.kit.engine.context.gateway.call("server.time", {})
    play.world.kit.engine.due_timers()
    [letter] = letters(play)
    assert "1 000" in letter["text"] and "120 000" not in letter["text"]
    play.goes_on()
    assert state(play) == [(0, "paid"), (1_000, "waiting")] and whose(bank) == [(101, "counted")]


@pytest.mark.parametrize("silent", [False, True], ids=["told", "no events"])
def test_cards_move_first_and_the_company_is_deleted_later(play: Condition, bank: Bank, silent: bool) -> None:
    shipped(play)
    bank.gives(windows(document()))
    debt = play.office.debt()["id"]
    if silent:
        play.world.control("delivery", {"drop": 1.0})
    move(play, DEAL, 501, 101)
    move(play, play.office.entity_type("debt"), debt, 101)
    play.goes_on()
    assert whose(bank) == [(100, "counted")]
    delete(play)
    play.goes_on()
    assert whose(bank) == [(101, "counted")] and state(play) == [(0, "paid")] and inbox(play) == []


def test_the_company_is_deleted_first_and_its_cards_move_later(play: Condition, bank: Bank) -> None:
    shipped(play)
    bank.gives(windows(document()))
    debt = play.office.debt()["id"]
    delete(play)
    play.goes_on()
    assert whose(bank) == [(100, "unknown")]
    assert any("компания 100 удалена" in entry["ru"] for entry in inbox(play))
    move(play, play.office.entity_type("debt"), debt, 101)
    play.goes_on()
    assert whose(bank) == [(101, "counted")] and state(play) == [(0, "paid")]
    assert not any("компания 100 удалена" in entry["ru"] for entry in inbox(play))


def test_cards_go_to_several_companies(play: Condition, bank: Bank) -> None:
    for number, amount in ((501, 30_000), (502, 20_000)):
        shipped(play, number, amount=amount)
    named = document(1, 20_000, **{"НазначениеПлатежа": "Оплата по заказу № 502"})
    bank.gives(windows(named, document(2, 7_000)))
    for debt, deal, company in zip(play.office.debts(), (501, 502), (101, 102), strict=True):
        move(play, DEAL, deal, company)
        move(play, play.office.entity_type("debt"), debt["id"], company)
    delete(play)
    play.goes_on()
    assert whose(bank) == [(102, "counted"), (100, "unknown")]
    assert state(play, 101, 102) == [(30_000, "waiting"), (0, "paid")]
    [trouble] = inbox(play)
    assert "7 000" in trouble["ru"] or "7000" in trouble["ru"]
    bank.says("assign", str(bank.stored()[1]["id"]), "101")
    assert sums(play, 101) == (23_000, 0, 0) and inbox(play) == []


@pytest.mark.parametrize("order", ["update_first", "delete_first", "no events"])
def test_a_message_of_the_morning_counts_for_the_survivor(play: Condition, bank: Bank, order: str) -> None:
    shipped(play)
    tick(play, "2026-04-10T09:05")
    assert moments(play) == ["2026-04-10T09:05"]
    if order == "no events":
        play.world.control("delivery", {"drop": 1.0})
    merge(play, order.replace("no events", "update_first"))
    play.office.put_debt(7, company=101, amount=50_000, shipment_date="2026-04-03")
    if order == "no events":
        unnoticed(play)
        assert len(letters(play)) == 1
    play.goes_on()
    tick(play, "2026-04-10T12:00")
    assert len(letters(play)) == 1
    tick(play, "2026-04-13T09:05")
    assert moments(play) == ["2026-04-10T09:05", "2026-04-13T09:05"]
