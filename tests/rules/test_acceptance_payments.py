"""Payments, hands and lost links of the register as scenarios that need no portal: rules, facts and time."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from rules.decision import Comment, Complain, CompleteTask, CreateTask, Money, Notify, Ref
from rules.double_payments import BankPayment
from tests.rules.receivables import company, debt, ship, totals
from tests.rules.small_portal import SmallPortal, rub, utc


class TestPayments:
    def test_a0_08_partial_payment_before_the_due_day(self, portal: SmallPortal) -> None:
        portal.edit("company", 100, deferral_days=10)
        ship(portal, 501, 120000, "2026-04-06 11:00")
        portal.at("2026-04-10 12:00").pay("deal", 501, 50000)
        portal.look()
        assert debt(portal)["outstanding"] == rub(70000) and debt(portal)["stage"] == "stage.debt.waiting"
        assert totals(portal)[0] == 70000

    def test_a0_09_payment_of_an_overdue_debt(self, portal: SmallPortal) -> None:
        ship(portal, 501, 120000, "2026-04-06 11:00")
        portal.run_until("2026-04-13 09:05")
        portal.at("2026-04-14 12:00").pay("deal", 501, 120000)
        portal.look()
        assert debt(portal)["stage"] == "stage.debt.paid" and debt(portal)["outstanding"] == rub(0)
        (done,) = portal.made(CompleteTask)
        assert "120 000 ₽" in done.comment.ru
        assert totals(portal) == (0, 0) and company(portal)["type"] == "type.client"
        before = len(portal.writes)
        portal.run_until("2026-05-10 12:00")
        assert len(portal.writes) == before

    def test_a0_10_money_without_a_deal_goes_to_the_oldest_due(self, portal: SmallPortal) -> None:
        portal.debt(1, 30000, "2026-04-13")
        portal.debt(2, 50000, "2026-04-20")
        portal.at("2026-04-12 12:00").add("invoice", 900, company_id=100, currency="RUB")
        portal.pay("invoice", 900, 40000)
        portal.look()
        assert debt(portal, 1)["stage"] == "stage.debt.paid"
        assert debt(portal, 2)["paid"] == rub(10000) and debt(portal, 2)["outstanding"] == rub(40000)
        assert totals(portal)[0] == 40000

    def test_a0_11_overpayment_is_the_advance_of_the_next_shipment(self, portal: SmallPortal) -> None:
        ship(portal, 501, 80000, "2026-04-06 11:00")
        portal.at("2026-04-08 12:00").pay("deal", 501, 100000)
        portal.look()
        assert debt(portal)["stage"] == "stage.debt.paid" and company(portal)["advance"] == rub(20000)
        ship(portal, 502, 50000, "2026-04-09 11:00")
        assert debt(portal, 2)["paid"] == rub(20000) and debt(portal, 2)["outstanding"] == rub(30000)
        assert company(portal)["advance"] == rub(0)

    def test_a_payment_for_a_deal_not_yet_shipped_waits_for_it(self, portal: SmallPortal) -> None:
        ship(portal, 501, 80000, "2026-04-06 11:00")
        portal.deal(502, 50000)
        portal.pay("deal", 502, 50000)
        portal.look()
        assert debt(portal)["outstanding"] == rub(80000) and company(portal)["advance"] == rub(0)
        portal.move("deal", 502, "stage.active.shipped")
        portal.look()
        assert debt(portal, 2)["stage"] == "stage.debt.paid"

    def test_a_payment_taken_back_reopens_the_record(self, portal: SmallPortal) -> None:
        ship(portal, 501, 80000, "2026-04-06 11:00")
        portal.pay("deal", 501, 80000)
        portal.look()
        portal.at("2026-04-10 12:00").pay("deal", 501, 0)
        portal.look()
        assert debt(portal)["stage"] == "stage.debt.waiting" and debt(portal)["outstanding"] == rub(80000)
        (told,) = portal.made(Notify)
        assert told.user == 11
        portal.run_until("2026-04-13 09:00")
        assert debt(portal)["stage"] == "stage.debt.overdue"

    def test_a_newer_debt_due_earlier_does_not_reopen_a_paid_one(self, portal: SmallPortal) -> None:
        portal.debt(1, 30000, "2026-04-20")
        portal.add("invoice", 900, company_id=100, currency="RUB")
        portal.pay("invoice", 900, 30000)
        portal.look()
        portal.debt(2, 30000, "2026-04-13")
        portal.look()
        assert debt(portal, 1)["stage"] == "stage.debt.paid" and debt(portal, 2)["outstanding"] == rub(30000)

    def test_old_invoices_do_not_become_advances(self, portal: SmallPortal) -> None:
        portal.settings["debt.payments_since"] = "2026-04-06"
        portal.at("2026-04-05 23:00").add("invoice", 900, company_id=100, currency="RUB")
        portal.at("2026-04-06 01:00").add("invoice", 901, company_id=100, currency="RUB")
        portal.pay("invoice", 900, 500)
        portal.pay("invoice", 901, 70)
        portal.look()
        assert company(portal)["advance"] == rub(70)

    def test_goods_that_come_back_reduce_the_debt_of_their_deal(self, portal: SmallPortal) -> None:
        ship(portal, 501, 80000, "2026-04-06 11:00")
        ship(portal, 502, 50000, "2026-04-07 11:00")
        portal.debt(9, -20000, deal_id=502)
        portal.look()
        assert debt(portal, 1)["outstanding"] == rub(80000) and debt(portal, 2)["outstanding"] == rub(30000)
        assert debt(portal, 9)["stage"] == "stage.debt.paid" and totals(portal)[0] == 110000

    def test_a_return_larger_than_the_debts_is_an_advance(self, portal: SmallPortal) -> None:
        ship(portal, 501, 5000, "2026-04-06 11:00")
        portal.debt(9, -20000)
        portal.look()
        assert debt(portal)["stage"] == "stage.debt.paid" and company(portal)["advance"] == rub(15000)

    def test_money_of_a_cancelled_deal_is_the_clients_again(self, portal: SmallPortal) -> None:
        ship(portal, 501, 80000, "2026-04-06 11:00")
        portal.pay("deal", 501, 30000)
        portal.look()
        portal.move("deal", 501, "stage.active.cancelled")
        portal.look()
        assert debt(portal)["stage"] == "stage.debt.written_off" and company(portal)["advance"] == rub(30000)

    def test_a_record_written_off_keeps_what_was_paid(self, portal: SmallPortal) -> None:
        ship(portal, 501, 80000, "2026-04-06 11:00")
        portal.pay("deal", 501, 30000)
        portal.look()
        portal.move("debt", 1, "stage.debt.written_off")
        portal.look()
        assert debt(portal)["credited"] == rub(30000) and company(portal)["advance"] == rub(0)

    def test_a0_29_currencies(self, portal: SmallPortal) -> None:
        portal.debt(1, 10000, "2026-04-20")
        portal.add(
            "debt",
            2,
            company_id=100,
            stage="stage.debt.waiting",
            amount=Money(Decimal(100), "EUR"),
            due_date=date(2026, 4, 6),
        )
        portal.look()
        assert totals(portal) == (10000, 9000)

    def test_a_currency_without_a_rate_is_told(self, portal: SmallPortal) -> None:
        portal.add("debt", 2, company_id=100, stage="stage.debt.waiting", amount=Money(Decimal(100), "XAU"))
        portal.look()
        assert len(portal.made(Complain)) == 1 and company(portal).get("debt_in_period") is None


class TestHands:
    def test_a_record_typed_by_hand_gets_its_terms(self, portal: SmallPortal) -> None:
        portal.at("2026-04-20 20:00").debt(1, 5000, shipment_date=date(2026, 3, 20))
        portal.look()
        assert debt(portal)["due_date"] == date(2026, 3, 27) and debt(portal)["deferral_days"] == 7
        assert debt(portal)["stage"] == "stage.debt.overdue" and debt(portal)["outstanding"] == rub(5000)
        (task,) = portal.made(CreateTask)
        assert task.deadline == utc("2026-04-21 18:00")

    def test_paid_typed_by_hand_counts(self, portal: SmallPortal) -> None:
        ship(portal, 501, 80000, "2026-04-06 11:00")
        portal.edit("debt", 1, paid=rub(50000))
        portal.look()
        assert debt(portal)["outstanding"] == rub(30000) and debt(portal)["credited"] == rub(0)
        portal.pay("deal", 501, 30000)
        portal.look()
        assert debt(portal)["stage"] == "stage.debt.paid" and debt(portal)["paid"] == rub(80000)

    def test_e16_paid_larger_than_the_amount_is_refused(self, portal: SmallPortal) -> None:
        ship(portal, 501, 80000, "2026-04-06 11:00")
        portal.edit("debt", 1, paid=rub(20000))
        portal.look()
        portal.edit("debt", 1, paid=rub(800000))
        portal.look()
        assert debt(portal)["paid"] == rub(20000) and debt(portal)["outstanding"] == rub(60000)
        assert len(portal.made(Comment)) == len(portal.made(Notify)) == 1

    def test_a_lowered_amount_gives_credited_money_back(self, portal: SmallPortal) -> None:
        ship(portal, 501, 80000, "2026-04-06 11:00")
        portal.pay("deal", 501, 80000)
        portal.look()
        portal.edit("debt", 1, amount=rub(50000))
        portal.look(keep())
        assert debt(portal)["paid"] == rub(50000) and company(portal)["advance"] == rub(30000)
        assert portal.made(Notify) == []

    def test_a_credited_payment_denied_by_hand_and_then_taken_back(self, portal: SmallPortal) -> None:
        ship(portal, 501, 80000, "2026-04-06 11:00")
        portal.pay("deal", 501, 50000)
        portal.look()
        portal.edit("debt", 1, paid=rub(0))
        portal.look()
        assert debt(portal)["outstanding"] == rub(80000)
        portal.pay("deal", 501, 0)
        portal.look()
        assert debt(portal)["paid"] == rub(0) and debt(portal)["outstanding"] == rub(80000)

    def test_a_record_closed_by_hand_stays_closed(self, portal: SmallPortal) -> None:
        ship(portal, 501, 80000, "2026-04-06 11:00")
        portal.move("debt", 1, "stage.debt.paid")
        portal.look()
        assert debt(portal)["stage"] == "stage.debt.paid" and debt(portal)["outstanding"] == rub(80000)
        assert totals(portal)[0] == 0

    def test_a_record_put_back_to_waiting_after_its_day_stays_there(self, portal: SmallPortal) -> None:
        ship(portal, 501, 80000, "2026-04-06 11:00")
        portal.run_until("2026-04-13 09:05")
        portal.at("2026-04-14 10:00").move("debt", 1, "stage.debt.waiting")
        portal.look()
        portal.run_until("2026-04-20 12:00")
        assert debt(portal)["stage"] == "stage.debt.waiting" and totals(portal) == (0, 80000)

    @pytest.mark.parametrize("stage", ["claim", "court", "promised"])
    def test_late_stages_move_only_to_paid(self, portal: SmallPortal, stage: str) -> None:
        ship(portal, 501, 80000, "2026-04-06 11:00")
        portal.at("2026-04-14 10:00").move("debt", 1, f"stage.debt.{stage}")
        portal.look()
        assert debt(portal)["stage"] == f"stage.debt.{stage}" and totals(portal) == (0, 80000)
        assert portal.made(CreateTask) == []
        portal.pay("deal", 501, 80000)
        portal.look()
        assert debt(portal)["stage"] == "stage.debt.paid"

    def test_a_record_moved_to_overdue_early_stays_there(self, portal: SmallPortal) -> None:
        ship(portal, 501, 80000, "2026-04-06 11:00")
        portal.at("2026-04-08 10:00").move("debt", 1, "stage.debt.overdue")
        portal.look()
        assert debt(portal)["stage"] == "stage.debt.overdue" and totals(portal) == (0, 80000)
        assert portal.made(CreateTask) == []

    def test_a_due_day_extended_by_hand_takes_the_record_back(self, portal: SmallPortal) -> None:
        ship(portal, 501, 80000, "2026-04-06 11:00")
        portal.run_until("2026-04-13 09:05")
        portal.at("2026-04-14 10:00").edit("debt", 1, due_date=date(2026, 4, 30))
        portal.look()
        assert debt(portal)["stage"] == "stage.debt.waiting" and totals(portal) == (80000, 0)

    def test_a_record_without_an_amount_is_left_alone(self, portal: SmallPortal) -> None:
        portal.add("debt", 1, company_id=100, stage="stage.debt.waiting")
        assert portal.look(keep()) == []

    def test_a_record_without_an_amount_is_told(self, portal: SmallPortal) -> None:
        portal.add("debt", 1, company_id=100, stage="stage.debt.waiting")
        portal.look()
        (complaint,) = portal.made(Complain)
        assert complaint.target == Ref("debt", 1) and "debt 1" in complaint.text.ru

    def test_an_amount_without_a_currency_is_in_the_base_one(self, portal: SmallPortal) -> None:
        portal.debt(1, 0, "2026-04-13")
        portal.edit("debt", 1, amount=Money(Decimal(80000), ""), paid=Money(Decimal(30000), ""))
        portal.look()
        assert debt(portal)["outstanding"] == rub(50000) and totals(portal) == (50000, 0)
        assert portal.look() == []

    def test_a_new_record_says_that_nothing_is_paid(self, portal: SmallPortal) -> None:
        portal.debt(1, 80000)
        portal.look()
        assert debt(portal)["paid"] == rub(0)

    def test_a_new_record_of_nobody_is_the_companys_managers(self, portal: SmallPortal) -> None:
        portal.debt(1, 80000, assigned_by_id=1, created_by=1)
        portal.look()
        assert debt(portal)["assigned_by_id"] == 11
        portal.edit("debt", 1, assigned_by_id=1)
        assert portal.look() == []

    def test_a_responsible_chosen_by_a_person_stays(self, portal: SmallPortal) -> None:
        portal.debt(1, 80000, assigned_by_id=12, created_by=1)
        portal.look()
        assert debt(portal)["assigned_by_id"] == 12


class TestLostLinks:
    @pytest.mark.parametrize("link_cleared", [False, True])
    def test_e10_the_debt_of_a_removed_deal_stays(self, portal: SmallPortal, link_cleared: bool) -> None:
        ship(portal, 501, 80000, "2026-04-06 11:00")
        portal.pay("deal", 501, 30000)
        portal.look()
        portal.remove("deal", 501)
        if link_cleared:
            portal.edit("debt", 1, deal_id=None)
        portal.look()
        row = debt(portal)
        assert row["deal_removed"] is True and row["deal_id"] is None
        assert row["outstanding"] == rub(50000) and totals(portal)[0] == 50000
        (task,) = portal.made(CreateTask)
        assert task.responsible == 10

    def test_e10_later_money_still_reaches_it(self, portal: SmallPortal) -> None:
        ship(portal, 501, 80000, "2026-04-06 11:00")
        portal.pay("deal", 501, 30000)
        portal.look()
        portal.remove("deal", 501)
        portal.add("invoice", 900, company_id=100, currency="RUB")
        portal.pay("invoice", 900, 60000)
        portal.look()
        assert debt(portal)["stage"] == "stage.debt.paid" and company(portal)["advance"] == rub(10000)

    def test_e10_a_settled_debt_gives_no_task(self, portal: SmallPortal) -> None:
        ship(portal, 501, 80000, "2026-04-06 11:00")
        portal.edit("debt", 1, paid=rub(80000))
        portal.look()
        portal.remove("deal", 501)
        portal.look()
        assert debt(portal)["deal_removed"] is True and portal.made(CreateTask) == []

    def test_e10_without_a_company_the_flag_is_set_too(self, portal: SmallPortal) -> None:
        portal.deal(501, 80000)
        portal.debt(1, 80000, company_id=None, deal_id=501)
        portal.remove("deal", 501)
        portal.look()
        assert debt(portal)["deal_removed"] is True and debt(portal)["deal_id"] is None

    @pytest.mark.parametrize("company_id", [None, 999])
    def test_e14_a_record_without_a_company_is_told(self, portal: SmallPortal, company_id: int | None) -> None:
        portal.debt(1, 80000, company_id=company_id)
        portal.look()
        (complaint,) = portal.made(Complain)
        assert complaint.target == Ref("debt", 1)


def keep() -> Any:
    from handlers.keep_company_receivables import HANDLER

    return HANDLER


@pytest.mark.parametrize(
    ("from_deal", "from_bank", "outstanding", "advance"),
    [
        (0, 50_000, 70_000, 0),
        (50_000, 0, 70_000, 0),
        (50_000, 20_000, 50_000, 0),
        (0, 150_000, 0, 30_000),
        (120_000, 50_000, 0, 50_000),
        (150_000, 0, 0, 0),
    ],
)
def test_money_that_stays_when_a_deal_is_deleted_counts_once(
    portal: SmallPortal, from_deal: int, from_bank: int, outstanding: int, advance: int
) -> None:
    """E.10 with money from a bank's file: the deal's own payments go with it, the bank's do not."""
    portal.company()
    ship(portal, 501, 120_000, "2026-04-06 11:00")
    portal.pay("deal", 501, from_deal)
    if from_bank:
        portal.from_banks[100] = [BankPayment(1, "15", date(2026, 4, 7), rub(from_bank))]
    portal.look()
    portal.remove("deal", 501)
    portal.look()
    assert debt(portal)["outstanding"].amount == outstanding
    assert company(portal)["advance"].amount == advance if company(portal).get("advance") else not advance
