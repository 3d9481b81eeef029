"""The company's type in every combination of deals, debts, time and hands (R0.21)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from handlers import keep_company_receivables, keep_company_type
from rules.decision import Decision, Ref, SetFields
from tests.rules.small_portal import SmallPortal, at, utc


@pytest.fixture
def portal() -> SmallPortal:
    return SmallPortal(at("2026-04-06 10:00"))


def type_of(portal: SmallPortal, id: int = 100) -> Any:
    portal.look()
    return portal.rows["company"][id].get("type")


def decision(portal: SmallPortal) -> Decision:
    return portal.decisions["keep_company_type", Ref("company", 100)]


def test_a0_13_new_company_then_deals(portal: SmallPortal) -> None:
    portal.company()
    assert type_of(portal) == "type.prospect"
    portal.deal(1, stage="stage.contract.new", category="funnel.contract")
    assert type_of(portal) == "type.prospect"
    portal.deal(2, stage="stage.active.new")
    assert type_of(portal) == "type.client"


def test_a0_14_lost_after_sixty_days_and_found_again(portal: SmallPortal) -> None:
    portal.at("2026-02-01 15:00").company()
    portal.deal(1, stage="stage.active.paid")
    assert type_of(portal.at("2026-04-02 02:00")) == "type.client"
    assert decision(portal).commands[-1].moment == utc("2026-04-03 00:00")  # type: ignore[union-attr]
    assert type_of(portal.at("2026-04-03 02:00")) == "type.lost"
    assert "01.02.2026" in decision(portal).reason.ru
    portal.at("2026-04-05 12:00").deal(2, stage="stage.active.new")
    assert type_of(portal) == "type.client"


def test_lost_comes_by_its_own_timer(portal: SmallPortal) -> None:
    portal.at("2026-02-01 23:30").company()
    portal.deal(1, stage="stage.active.paid")
    portal.look()
    portal.run_until("2026-04-02 23:59")
    assert portal.rows["company"][100]["type"] == "type.client"
    portal.run_until("2026-04-03 00:00")
    assert portal.rows["company"][100]["type"] == "type.lost"


@pytest.mark.parametrize("foreign", ["SUPPLIER", "PARTNER"])
def test_a0_15_a_foreign_type_is_never_touched(portal: SmallPortal, foreign: str) -> None:
    portal.company(type=foreign)
    portal.deal(1, stage="stage.active.new")
    assert portal.look() == []
    assert "не из наших" in decision(portal).reason.ru


@pytest.mark.parametrize("field", ["type_locked", "is_my_company"])
def test_locked_and_own_companies_are_left_alone(portal: SmallPortal, field: str) -> None:
    portal.company(type="type.prospect", **{field: True})
    portal.deal(1, stage="stage.active.new")
    assert portal.look() == []


def test_e20_failed_deals_are_no_purchases(portal: SmallPortal) -> None:
    portal.company()
    portal.deal(1, stage="stage.active.cancelled")
    assert type_of(portal) == "type.prospect"


def test_e20_the_last_deal_that_did_not_fail_counts(portal: SmallPortal) -> None:
    portal.at("2026-02-01 12:00").company()
    portal.deal(1, stage="stage.active.paid")
    portal.at("2026-04-01 12:00").deal(2, stage="stage.active.cancelled")
    assert type_of(portal.at("2026-04-06 12:00")) == "type.lost"


def test_a_record_alone_makes_a_client(portal: SmallPortal) -> None:
    portal.company()
    portal.debt(1, 100, "2026-04-20")
    assert type_of(portal) == "type.client"


def test_e01_debtor_beats_lost_and_payment_reveals_it(portal: SmallPortal) -> None:
    portal.at("2026-01-10 12:00").company()
    portal.deal(1, 120000, stage="stage.active.packing")
    portal.move("deal", 1, "stage.active.shipped")
    assert type_of(portal.at("2026-04-06 12:00")) == "type.debtor"
    assert decision(portal).reason.ru == "Должник: просрочено 120 000 ₽ с 19.01.2026."
    portal.pay("deal", 1, 120000)
    assert type_of(portal) == "type.lost"


def test_e02_overdue_and_in_period_together(portal: SmallPortal) -> None:
    portal.company()
    portal.debt(1, 30000, "2026-04-06")
    portal.debt(2, 50000, "2026-04-20")
    assert type_of(portal) == "type.debtor"
    assert portal.rows["company"][100]["debt_in_period"].amount == Decimal(50000)
    portal.edit("debt", 1, paid=portal.rows["debt"][1]["amount"])
    assert type_of(portal) == "type.client"


def test_a_client_who_said_that_he_left_is_lost_until_he_buys_again(portal: SmallPortal) -> None:
    portal.company()
    portal.deal(1, stage="stage.active.paid")
    repeat = {"category": "funnel.repeat", "stage": "stage.repeat.new"}
    portal.at("2026-04-08 12:00").deal(2, **repeat)
    assert type_of(portal) == "type.client"
    portal.at("2026-04-09 12:00").move("deal", 2, "stage.repeat.lost")
    portal.edit("deal", 2, no_order_reason="price")
    assert type_of(portal) == "type.client"
    portal.edit("deal", 2, no_order_reason="left")
    assert type_of(portal) == "type.lost"
    assert "09.04.2026" in decision(portal).reason.ru
    portal.at("2026-04-10 12:00").deal(3, stage="stage.active.new")
    assert type_of(portal) == "type.client"


def test_another_precedence(portal: SmallPortal) -> None:
    portal.settings["type.precedence"] = "lost > debtor > client > prospect"
    portal.at("2026-01-10 12:00").company()
    portal.deal(1, 120000)
    portal.move("deal", 1, "stage.active.shipped")
    assert type_of(portal.at("2026-04-06 12:00")) == "type.lost"


def test_a_choice_by_hand_stays_until_the_calculated_type_changes(portal: SmallPortal) -> None:
    portal.company()
    portal.deal(1, stage="stage.active.new")
    assert type_of(portal) == "type.client"
    portal.edit("company", 100, type="type.lost")
    assert type_of(portal) == "type.lost"
    assert "вручную" in decision(portal).reason.ru
    portal.debt(1, 500, "2026-04-06")
    assert type_of(portal) == "type.debtor"
    portal.edit("debt", 1, paid=portal.rows["debt"][1]["amount"])
    assert type_of(portal) == "type.client"


def test_a_stale_type_the_app_never_wrote_is_put_right(portal: SmallPortal) -> None:
    portal.company(type="type.prospect")
    portal.deal(1, stage="stage.active.new")
    assert type_of(portal) == "type.client"


def test_a_right_type_costs_no_write(portal: SmallPortal) -> None:
    portal.company(type="type.client")
    portal.deal(1, stage="stage.active.new")
    assert portal.look() == []


def test_type_and_totals_agree_on_the_due_moment(portal: SmallPortal) -> None:
    portal.company()
    portal.debt(1, 500, "2026-04-13")
    portal.look()
    portal.at("2026-04-13 00:00")
    written = portal.look(keep_company_type.HANDLER, keep_company_receivables.HANDLER)
    types = [write.fields["type"] for write in written if isinstance(write, SetFields) and "type" in write.fields]
    assert types == ["type.debtor"]
