"""From events to the portal's state, over the real gateway and the real rules."""

from __future__ import annotations

from decimal import Decimal

from rules.decision import Money
from tests.engine.ground import DEAL, Ground


def shipped_deal(ground: Ground, deal: int = 501, company: int = 100, amount: int = 120_000) -> None:
    ground.at("2026-04-06T10:00:00")
    ground.put(
        DEAL,
        deal,
        title=f"Заказ {deal}",
        companyId=company,
        categoryId=ground.funnel("funnel.active"),
        stageId=ground.stage("stage.active.packing"),
        opportunity=amount,
        currencyId="RUB",
        assignedById=11,
    )
    ground.at("2026-04-06T11:00:00")
    ground.change(DEAL, deal, stageId=ground.stage("stage.active.shipped"))


def test_shipment_makes_one_debt_and_the_totals(ground: Ground) -> None:
    shipped_deal(ground)
    report = ground.settle()
    assert (report.left, report.errors) == (0, 0), report
    debts = ground.rows("debt")
    assert len(debts) == 1
    debt = debts[0]
    assert (debt["company_id"], debt["deal_id"]) == (100, 501)
    assert debt["amount"] == debt["outstanding"] == Money(Decimal(120_000), "RUB")
    assert debt["due_date"].isoformat() == "2026-04-13"
    company = ground.row("company", 100)
    assert company["debt_in_period"] == Money(Decimal(120_000), "RUB")
    assert company["type"] == "type.client"


def test_replayed_events_change_nothing(ground: Ground) -> None:
    shipped_deal(ground)
    ground.settle()
    before = ground.last_call()
    ground.event(DEAL, 501, 501, 501)
    report = ground.settle()
    assert ground.writes(before) == []
    assert (report.events, report.commands, report.left) == (3, 0, 0)


def test_shipments_of_the_time_before_the_app_stay_untouched(ground: Ground) -> None:
    ground.at("2026-02-20T10:00:00")
    ground.put(
        DEAL,
        400,
        title="Старый заказ",
        companyId=100,
        categoryId=ground.funnel("funnel.active"),
        stageId=ground.stage("stage.active.shipped"),
        opportunity=50_000,
        currencyId="RUB",
    )
    shipped_deal(ground)
    ground.settle()
    # The second reading of the history goes back over records that are older than the app.
    ground.at("2026-04-06T12:00:00")
    ground.change(DEAL, 400, title="Старый заказ, уточнён")
    ground.settle()
    assert [debt["deal_id"] for debt in ground.rows("debt")] == [501]
