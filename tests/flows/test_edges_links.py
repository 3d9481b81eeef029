"""Links that change, cards that vanish, people who leave; each delivered twice, the second time writes nothing."""

from __future__ import annotations

import pytest

from tests.flows.conditions import Condition, dropped
from tests.flows.edges import COMPANY, inbox, missed, raw_debt, shipped, sums
from tests.flows.office import DEAL

pytestmark = pytest.mark.flow


def test_a_record_that_moves_to_another_company(play: Condition) -> None:
    play.office.put_fields("company", 101, deferral_days=14)
    shipped(play)
    play.office.update(play.office.entity_type("debt"), play.office.debt()["id"], {"companyId": 101})
    play.goes_on()
    assert sums(play, 100) == (0, 0, 0)
    assert sums(play, 101) == (120_000, 0, 0)


def test_a_record_that_moves_without_an_event(play: Condition) -> None:
    play.office.put_fields("company", 101, deferral_days=14)
    shipped(play)
    dropped(play.world)
    play.world.at("2026-04-06T12:00:00")
    play.office.update(play.office.entity_type("debt"), play.office.debt()["id"], {"companyId": 101})
    play.goes_on()
    assert (sums(play, 100), sums(play, 101)) == ((0, 0, 0), (120_000, 0, 0))


def test_a_deal_that_moves_to_another_company(play: Condition) -> None:
    play.office.put_fields("company", 101, deferral_days=14)
    shipped(play)
    play.office.update(DEAL, 501, {"companyId": 101})
    play.goes_on()
    play.office.pay(DEAL, 501, 120_000)
    play.goes_on()
    assert [debt["stage"] for debt in play.office.debts()] == ["stage.debt.paid"]
    assert (sums(play, 100), sums(play, 101)) == ((0, 0, 0), (0, 0, 0))
    assert play.office.company(101)["type"] == "type.client"


@pytest.mark.parametrize("silent", [False, True], ids=["told", "no events"])
def test_a_deleted_record_leaves_the_totals(play: Condition, silent: bool) -> None:
    shipped(play)
    raw_debt(play, False, shipment_date="2026-04-06", amount="5000|RUB")
    play.goes_on()
    assert sums(play) == (125_000, 0, 0)
    if silent:
        dropped(play.world)
    extra = max(debt["id"] for debt in play.office.debts())
    play.world.act("crm.item.delete", {"entityTypeId": play.office.entity_type("debt"), "id": extra}, 11)
    missed(play, silent)
    assert sums(play) == (120_000, 0, 0)


def test_a_deleted_deal_leaves_its_record(play: Condition) -> None:
    shipped(play)
    play.world.act("crm.item.delete", {"entityTypeId": DEAL, "id": 501}, 11)
    play.goes_on()
    debt = play.office.debt()
    assert (debt["deal_removed"], debt["outstanding"], debt["deal"] or None) == ("Y", 120_000, None)
    assert sums(play) == (120_000, 0, 0)
    [task] = play.office.tasks()
    assert int(task["responsibleId"]) == 10


def test_a_deleted_company_is_told(play: Condition) -> None:
    shipped(play)
    play.world.act("crm.item.delete", {"entityTypeId": COMPANY, "id": 100}, 1)
    play.goes_on()
    assert len(inbox(play)) == 1, inbox(play)
    play.world.at("2026-04-13T10:00:00")
    play.goes_on()
    assert play.office.tasks() == []


@pytest.mark.parametrize("order", ["update_first", "delete_first"])
def test_merged_companies_add_up(play: Condition, order: str) -> None:
    shipped(play, amount=10_000)
    shipped(play, 502, amount=5_000, companyId=101)
    play.world.control("merge", {"entityTypeId": COMPANY, "main": 100, "others": [101], "order": order})
    play.goes_on()
    play.world.kit.engine.sweep("nightly")
    assert sums(play) == (15_000, 0, 0)
    assert len(play.office.debts()) == 2


def test_a_dismissed_responsible_is_substituted(play: Condition) -> None:
    play.office.put_fields("company", 102, deferral_days=10)
    shipped(play, companyId=102)
    assert play.office.debt(102)["assigned"] == 10
    play.world.at("2026-04-16T09:05:00")
    play.goes_on()
    [task] = play.office.tasks()
    assert int(task["responsibleId"]) == 10


def test_a_responsible_dismissed_after_the_shipment(play: Condition) -> None:
    play.office.put_fields("company", 101, deferral_days=7)
    shipped(play, companyId=101)
    play.world.control("dismiss", {"user": 12})
    play.world.at("2026-04-13T09:05:00")
    play.goes_on()
    [task] = play.office.tasks()
    assert int(task["responsibleId"]) == 10
