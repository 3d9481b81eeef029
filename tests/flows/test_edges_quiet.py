"""Company types, and looks that must write nothing; each delivered twice, the second time writes nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.flows.conditions import Condition
from tests.flows.edges import COMPANY, raw_debt, shipped
from tests.flows.office import DEAL

pytestmark = pytest.mark.flow


@pytest.mark.parametrize("created", ["2026-02-01T00:10:00+03:00", "2026-02-01T23:50:00+03:00"])
def test_sixty_days_are_counted_in_the_portals_days(play: Condition, created: str) -> None:
    play.office.put_deal(501, "stage.active.paid", createdTime=created)
    play.world.at("2026-04-02T23:59:00")
    play.world.kit.engine.sweep("nightly")
    play.goes_on()
    assert play.office.company(100)["type"] == "type.client"
    play.world.at("2026-04-03T00:01:00")
    play.goes_on()
    assert play.office.company(100)["type"] == "type.lost"


def test_a_failed_deal_is_no_purchase(play: Condition) -> None:
    play.office.put_deal(501, "stage.active.cancelled")
    play.office.update(COMPANY, 100, {"comments": "x"})
    play.goes_on()
    assert play.office.company(100)["type"] == "type.prospect"


def test_a_lost_company_that_owes_is_a_debtor(play: Condition) -> None:
    play.office.put_deal(501, "stage.active.paid", createdTime="2026-01-10T12:00:00+03:00")
    raw_debt(play, False, shipment_date="2026-01-10", amount="5000|RUB")
    play.goes_on()
    assert play.office.company(100)["type"] == "type.debtor"
    play.office.edit("debt", play.office.debt()["id"], paid=Decimal(5000))
    play.goes_on()
    assert play.office.company(100)["type"] == "type.lost"


@pytest.mark.parametrize("fields", [{"typeId": "PARTNER"}, {"isMyCompany": "Y"}])
def test_a_company_that_is_not_ours_to_type(play: Condition, fields: dict[str, Any]) -> None:
    fields = {"title": "Чужая", "assignedById": 11, **fields}
    play.world.fixture(
        {"method": "crm.item.add", "as": 1, "params": {"entityTypeId": COMPANY, "fields": fields}, "id": 120}
    )
    before = play.world.last_call()
    play.office.put_deal(501, "stage.active.new", company=120)
    play.goes_on()
    play.world.kit.engine.sweep("nightly")
    assert [c for c in play.world.writes_since(before) if str(c["params"].get("id")) == "120"] == []


def test_a_locked_type_stays(play: Condition) -> None:
    play.office.put_fields("company", 100, type_locked=True)
    play.office.add_deal("stage.active.new")
    play.goes_on()
    assert play.office.company(100)["type"] != "type.client"


def test_sweeps_and_settles_of_a_settled_portal_write_nothing(play: Condition) -> None:
    shipped(play)
    play.office.pay(DEAL, 501, 20_000)
    play.goes_on()
    before = play.world.last_call()
    for _ in range(2):
        play.world.kit.engine.sweep("nightly")
        play.world.settle()
    assert play.world.writes_since(before) == []


def test_a_quiet_settle_costs_little(play: Condition) -> None:
    shipped(play)
    play.goes_on()
    report = play.world.settle()
    assert (report.commands, report.left) == (0, 0)
    assert report.calls <= 3, report


def test_a_company_with_zeros_or_nothing_is_not_written(play: Condition) -> None:
    play.world.settle()
    zeros = {play.office.code("company", name): "0|RUB" for name in ("debt_in_period", "debt_overdue", "advance")}
    params = {"entityTypeId": COMPANY, "id": 101, "fields": zeros}
    play.world.fixture({"method": "crm.item.update", "as": 1, "params": params})
    play.world.kit.engine.sweep("nightly")
    before = play.world.last_call()
    play.office.update(COMPANY, 101, {"comments": "x"})
    play.office.update(COMPANY, 102, {"comments": "x"})
    play.goes_on()
    assert play.world.writes_since(before) == []


def test_days_of_downtime_are_caught_up_once(play: Condition) -> None:
    shipped(play)
    play.world.at("2026-04-15T12:00:00")
    play.goes_on()
    for hour in range(13, 18):
        play.world.at(f"2026-04-15T{hour}:00:00")
        play.goes_on()
    [task] = play.office.tasks()
    assert task["deadline"].startswith("2026-04-15T18:00")
