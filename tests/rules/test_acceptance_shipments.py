"""Shipments, due days and deferrals of the register as scenarios that need no portal: rules, facts and time."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from rules.decision import Comment, Complain, CompleteTask, CreateTask, CreateTodo, Notify, Ref
from tests.rules.receivables import company, debt, ship, totals
from tests.rules.small_portal import SmallPortal, rub, utc


class TestShipment:
    def test_a0_01_a_shipped_deal_makes_one_record(self, portal: SmallPortal) -> None:
        ship(portal, 501, 120000, "2026-04-06 11:00")
        (row,) = portal.rows["debt"].values()
        assert row["company_id"] == 100 and row["deal_id"] == 501
        assert row["amount"] == row["outstanding"] == rub(120000) and row["paid"] == rub(0)
        assert row["deferral_days"] == 7 and row["due_date"] == date(2026, 4, 13)
        assert row["assigned_by_id"] == 11 and row["stage"] == "stage.debt.waiting"
        assert company(portal)["debt_in_period"] == rub(120000)
        assert company(portal)["debt_overdue"] == rub(0)
        assert company(portal)["type"] == "type.client"

    def test_a0_02_moving_back_asks_once(self, portal: SmallPortal) -> None:
        ship(portal, 501, 120000, "2026-04-06 11:00")
        portal.at("2026-04-07 10:00").move("deal", 501, "stage.active.packing")
        portal.look()
        portal.at("2026-04-07 11:00").move("deal", 501, "stage.active.shipped")
        portal.look()
        assert len(portal.rows["debt"]) == 1 and debt(portal)["due_date"] == date(2026, 4, 13)
        (todo,) = portal.made(CreateTodo)
        assert todo.responsible == 11 and "отгрузка отменена?" in todo.title.ru.lower()

    def test_a0_02_moving_back_and_forth_unseen_asks_too(self, portal: SmallPortal) -> None:
        ship(portal, 501, 120000, "2026-04-06 11:00")
        portal.at("2026-04-07 10:00").move("deal", 501, "stage.active.packing")
        portal.at("2026-04-07 11:00").move("deal", 501, "stage.active.shipped")
        portal.look()
        assert len(portal.made(CreateTodo)) == 1

    def test_paid_deal_asks_nothing(self, portal: SmallPortal) -> None:
        ship(portal, 501, 120000, "2026-04-06 11:00")
        portal.at("2026-04-07 10:00").move("deal", 501, "stage.active.paid")
        assert portal.look() == []

    def test_the_date_is_that_of_the_transition(self, portal: SmallPortal) -> None:
        portal.at("2026-04-06 23:59").deal(501, 120000)
        portal.move("deal", 501, "stage.active.shipped")
        portal.at("2026-04-10 12:00").look()
        assert debt(portal)["shipment_date"] == date(2026, 4, 6)

    def test_long_past_shipment_is_overdue_at_once(self, portal: SmallPortal) -> None:
        portal.at("2026-03-20 12:00").deal(501, 120000)
        portal.move("deal", 501, "stage.active.shipped")
        portal.at("2026-04-20 20:00").look()
        assert debt(portal)["stage"] == "stage.debt.overdue"
        (task,) = portal.made(CreateTask)
        assert task.deadline == utc("2026-04-21 18:00")

    @pytest.mark.parametrize("amount", [0, "-5"])
    def test_without_an_amount_a_person_is_asked(self, portal: SmallPortal, amount: int | str) -> None:
        ship(portal, 501, amount, "2026-04-06 11:00")
        assert "debt" not in portal.rows
        (complaint,) = portal.made(Complain)
        assert complaint.target == Ref("deal", 501)

    def test_without_a_company_a_person_is_asked(self, portal: SmallPortal) -> None:
        ship(portal, 501, 100, "2026-04-06 11:00", company_id=None)
        assert "debt" not in portal.rows and len(portal.made(Complain)) == 1

    def test_an_amount_entered_later_makes_the_record_of_that_day(self, portal: SmallPortal) -> None:
        ship(portal, 501, 0, "2026-04-06 11:00")
        portal.at("2026-04-08 11:00").edit("deal", 501, opportunity=Decimal(900))
        portal.look()
        assert debt(portal)["amount"] == rub(900) and debt(portal)["shipment_date"] == date(2026, 4, 6)

    def test_cancelled_deal_writes_the_record_off(self, portal: SmallPortal) -> None:
        ship(portal, 501, 120000, "2026-04-06 11:00")
        portal.at("2026-04-08 10:00").move("deal", 501, "stage.active.cancelled")
        portal.look()
        assert debt(portal)["stage"] == "stage.debt.written_off" and totals(portal)[0] == 0
        (comment,) = portal.made(Comment)
        assert comment.target == Ref("debt", 1)

    def test_shipped_after_all_asks_about_the_written_off_debt(self, portal: SmallPortal) -> None:
        ship(portal, 501, 120000, "2026-04-06 11:00")
        portal.at("2026-04-08 10:00").move("deal", 501, "stage.active.cancelled")
        portal.look()
        portal.at("2026-04-09 10:00").move("deal", 501, "stage.active.shipped")
        portal.look()
        (todo,) = portal.made(CreateTodo)
        assert "вернуть списанный долг" in todo.title.ru and debt(portal)["stage"] == "stage.debt.written_off"

    def test_cancelled_and_shipped_within_a_second(self, portal: SmallPortal) -> None:
        ship(portal, 501, 120000, "2026-04-06 11:00")
        portal.move("deal", 501, "stage.active.cancelled")
        portal.look()
        portal.move("deal", 501, "stage.active.shipped")
        portal.look()
        assert len(portal.made(CreateTodo)) == 1

    def test_a_bad_debt_written_off_by_hand_asks_nothing(self, portal: SmallPortal) -> None:
        ship(portal, 501, 120000, "2026-04-06 11:00")
        portal.move("debt", 1, "stage.debt.written_off")
        portal.look()
        assert portal.made(CreateTodo) == []

    def test_cancelled_after_payment_is_a_question(self, portal: SmallPortal) -> None:
        ship(portal, 501, 120000, "2026-04-06 11:00")
        portal.pay("deal", 501, 120000)
        portal.look()
        portal.move("deal", 501, "stage.active.cancelled")
        portal.look()
        assert debt(portal)["stage"] == "stage.debt.paid" and len(portal.made(CreateTodo)) == 1

    @pytest.mark.parametrize("stage", ["claim", "court"])
    def test_cancelled_in_claim_or_court_is_asked_about(self, portal: SmallPortal, stage: str) -> None:
        ship(portal, 501, 120000, "2026-04-06 11:00")
        portal.at("2026-04-20 10:00").move("debt", 1, f"stage.debt.{stage}")
        portal.at("2026-05-15 10:00").move("deal", 501, "stage.active.cancelled")
        portal.look()
        portal.run_until("2026-05-20 12:00")
        assert debt(portal)["stage"] == f"stage.debt.{stage}" and totals(portal)[1] == 120000
        (todo,) = portal.made(CreateTodo)
        assert "списать долг" in todo.title.ru and todo.responsible == 11
        (comment,) = (one for one in portal.made(Comment) if one.target == Ref("debt", 1))
        assert "не списан" in comment.text.ru
        portal.move("debt", 1, "stage.debt.written_off")
        portal.look()
        assert debt(portal)["stage"] == "stage.debt.written_off" and len(portal.made(CreateTodo)) == 1

    @pytest.mark.parametrize("stage", ["waiting", "overdue", "promised", "claim", "court"])
    def test_what_a_person_takes_out_of_written_off_stays(self, portal: SmallPortal, stage: str) -> None:
        ship(portal, 501, 120000, "2026-04-06 11:00")
        portal.at("2026-04-15 10:00").move("deal", 501, "stage.active.cancelled")
        portal.look()
        portal.at("2026-04-15 12:00").move("debt", 1, f"stage.debt.{stage}")
        portal.look()
        portal.run_until("2026-04-20 12:00")
        assert debt(portal)["stage"] == f"stage.debt.{stage}"
        assert portal.made(CreateTodo) == []
        assert len([one for one in portal.made(Comment) if one.key == "cancelled:debt:1"]) == 1

    def test_cancelled_once_more_is_written_off_again(self, portal: SmallPortal) -> None:
        ship(portal, 501, 120000, "2026-04-06 11:00")
        portal.at("2026-04-15 10:00").move("deal", 501, "stage.active.cancelled")
        portal.look()
        portal.at("2026-04-15 12:00").move("deal", 501, "stage.active.shipped")
        portal.move("debt", 1, "stage.debt.overdue")
        portal.look()
        portal.at("2026-04-16 12:00").move("deal", 501, "stage.active.cancelled")
        portal.look()
        assert debt(portal)["stage"] == "stage.debt.written_off"

    def test_overdue_by_the_clock_is_no_persons_choice(self, portal: SmallPortal) -> None:
        """The record becomes overdue between the cancellation and the look that finds it."""
        ship(portal, 501, 120000, "2026-04-06 11:00")
        portal.at("2026-04-13 22:00").move("deal", 501, "stage.active.cancelled")
        portal.at("2026-04-14 01:00").move("debt", 1, "stage.debt.overdue")
        portal.look()
        assert debt(portal)["stage"] == "stage.debt.written_off"

    def test_a_record_of_a_deal_that_was_never_shipped_may_be_put_back_too(self, portal: SmallPortal) -> None:
        portal.deal(501, 120000)
        portal.debt(1, 120000, "2026-04-20", deal_id=501)
        portal.at("2026-04-08 10:00").move("deal", 501, "stage.active.cancelled")
        portal.look()
        assert debt(portal)["stage"] == "stage.debt.written_off"
        portal.at("2026-04-08 11:00").move("debt", 1, "stage.debt.waiting")
        portal.look()
        assert debt(portal)["stage"] == "stage.debt.waiting"

    def test_cancelled_before_shipment_makes_nothing(self, portal: SmallPortal) -> None:
        portal.deal(501, 120000, stage="stage.active.cancelled")
        portal.look()
        assert "debt" not in portal.rows

    def test_a_changed_amount_is_shown_once(self, portal: SmallPortal) -> None:
        ship(portal, 501, 120000, "2026-04-06 11:00")
        portal.edit("deal", 501, opportunity=Decimal(130000))
        portal.look()
        assert debt(portal)["amount"] == rub(120000)
        (comment,) = portal.made(Comment)
        assert "130 000 ₽" in comment.text.ru

    def test_a_changed_amount_is_followed_when_asked_to(self, portal: SmallPortal) -> None:
        portal.settings["debt.follow_amount"] = True
        ship(portal, 501, 120000, "2026-04-06 11:00")
        portal.edit("deal", 501, opportunity=Decimal(130000))
        portal.look()
        assert debt(portal)["amount"] == debt(portal)["outstanding"] == rub(130000)

    def test_a_paid_record_does_not_follow_the_amount(self, portal: SmallPortal) -> None:
        portal.settings["debt.follow_amount"] = True
        ship(portal, 501, 120000, "2026-04-06 11:00")
        portal.pay("deal", 501, 1)
        portal.look()
        portal.edit("deal", 501, opportunity=Decimal(130000))
        portal.look()
        assert debt(portal)["amount"] == rub(120000)

    def test_dismissed_responsible_is_replaced(self, portal: SmallPortal) -> None:
        portal.company(102, deferral_days=10, assigned_by_id=13)
        ship(portal, 501, 100, "2026-04-06 11:00", company_id=102)
        assert debt(portal)["assigned_by_id"] == 10


class TestDueDay:
    def test_a0_05_the_morning_of_the_due_day(self, portal: SmallPortal) -> None:
        ship(portal, 501, 120000, "2026-04-06 11:00")
        portal.at("2026-04-12 23:59").look()
        assert debt(portal)["stage"] == "stage.debt.waiting"
        portal.run_until("2026-04-13 09:05")
        assert debt(portal)["stage"] == "stage.debt.overdue" and debt(portal)["moved_time"] == utc("2026-04-13 00:00")
        (task,) = portal.made(CreateTask)
        assert task.title.ru == "Позвонить: просрочка Ромашка, 120 000 ₽" and task.responsible == 11
        assert task.deadline == utc("2026-04-13 18:00")
        assert set(task.bind) == {Ref("company", 100), Ref("deal", 501), Ref("debt", 1)}
        assert totals(portal) == (0, 120000) and company(portal)["type"] == "type.debtor"

    def test_e05_paid_before_the_working_day_gives_no_task(self, portal: SmallPortal) -> None:
        ship(portal, 501, 120000, "2026-04-06 11:00")
        portal.run_until("2026-04-13 08:00")
        assert portal.made(CreateTask) == []
        portal.pay("deal", 501, 120000)
        portal.look()
        portal.run_until("2026-04-13 12:00")
        assert portal.made(CreateTask) == [] and debt(portal)["stage"] == "stage.debt.paid"

    def test_a0_06_due_on_a_holiday_moves_to_the_next_workday(self, portal: SmallPortal) -> None:
        ship(portal, 501, 120000, "2026-04-24 12:00")
        assert debt(portal)["due_date"] == date(2026, 5, 4)
        portal.run_until("2026-05-03 23:59")
        assert debt(portal)["stage"] == "stage.debt.waiting"
        portal.run_until("2026-05-04 10:00")
        assert debt(portal)["stage"] == "stage.debt.overdue"

    def test_a0_07_without_the_shift_only_the_call_waits(self, portal: SmallPortal) -> None:
        portal.settings["debt.weekend_due"] = "none"
        ship(portal, 501, 120000, "2026-04-24 12:00")
        portal.run_until("2026-05-01 00:30")
        assert debt(portal)["stage"] == "stage.debt.overdue" and totals(portal) == (0, 120000)
        portal.run_until("2026-05-04 08:59")
        assert portal.made(CreateTask) == []
        portal.run_until("2026-05-04 09:00")
        (task,) = portal.made(CreateTask)
        assert task.deadline == utc("2026-05-04 18:00")

    def test_a0_12_two_records_of_a_day_are_one_task(self, portal: SmallPortal) -> None:
        ship(portal, 501, 30000, "2026-04-06 11:00")
        ship(portal, 502, 45000, "2026-04-06 12:00")
        portal.run_until("2026-04-13 09:05")
        (task,) = portal.made(CreateTask)
        assert "75 000 ₽" in task.title.ru
        assert {Ref("debt", 1), Ref("debt", 2), Ref("deal", 501), Ref("deal", 502)} < set(task.bind)
        assert len(task.description.ru.splitlines()) == 2

    def test_the_task_ends_with_the_last_record_of_its_day(self, portal: SmallPortal) -> None:
        ship(portal, 501, 30000, "2026-04-06 11:00")
        ship(portal, 502, 45000, "2026-04-06 12:00")
        portal.run_until("2026-04-13 09:05")
        portal.pay("deal", 501, 30000)
        portal.look()
        assert portal.made(CompleteTask) == []
        portal.at("2026-04-13 15:00").move("debt", 2, "stage.debt.paid")
        portal.look()
        assert len(portal.made(CompleteTask)) == 1

    def test_records_of_two_days_are_two_tasks(self, portal: SmallPortal) -> None:
        ship(portal, 501, 30000, "2026-04-06 11:00")
        ship(portal, 502, 45000, "2026-04-07 12:00")
        portal.run_until("2026-04-14 12:00")
        assert [task.deadline for task in portal.made(CreateTask)] == [
            utc("2026-04-13 18:00"),
            utc("2026-04-14 18:00"),
        ]

    def test_a_task_of_records_of_two_managers_is_the_companys(self, portal: SmallPortal) -> None:
        portal.edit("company", 100, assigned_by_id=12)
        portal.debt(1, 10, "2026-04-13", assigned_by_id=11)
        portal.debt(2, 10, "2026-04-13", assigned_by_id=12)
        portal.run_until("2026-04-13 09:05")
        (task,) = portal.made(CreateTask)
        assert task.responsible == 12

    def test_records_paid_in_time_are_not_asked_about(self, portal: SmallPortal) -> None:
        ship(portal, 501, 30000, "2026-04-06 11:00")
        portal.pay("deal", 501, 30000)
        portal.look()
        portal.run_until("2026-05-10 12:00")
        decision = portal.decisions["keep_company_receivables", Ref("company", 100)]
        assert decision.commands == ()

    def test_the_call_waits_for_the_hour_of_the_setting(self, portal: SmallPortal) -> None:
        portal.settings["send_window"] = "10:30-17:00"
        ship(portal, 501, 120000, "2026-04-06 11:00")
        portal.run_until("2026-04-13 10:29")
        assert portal.made(CreateTask) == []
        portal.run_until("2026-04-13 10:30")
        assert len(portal.made(CreateTask)) == 1

    def test_small_change_bothers_nobody(self, portal: SmallPortal) -> None:
        portal.settings["debt.min_amount"] = 100
        ship(portal, 501, "100", "2026-04-06 11:00")
        portal.run_until("2026-04-14 12:00")
        assert portal.made(CreateTask) == [] and totals(portal)[1] == 100
        assert company(portal)["type"] == "type.client"

    def test_day_after(self, portal: SmallPortal) -> None:
        portal.settings["debt.overdue_on"] = "day_after"
        ship(portal, 501, 120000, "2026-04-06 11:00")
        portal.run_until("2026-04-13 23:59")
        assert debt(portal)["stage"] == "stage.debt.waiting"
        portal.run_until("2026-04-14 09:00")
        assert debt(portal)["stage"] == "stage.debt.overdue" and len(portal.made(CreateTask)) == 1

    def test_zero_deferral_is_due_on_the_day_of_shipment(self, portal: SmallPortal) -> None:
        portal.edit("company", 100, deferral_days=0)
        ship(portal, 501, 120000, "2026-04-06 11:00")
        assert debt(portal)["stage"] == "stage.debt.overdue" and debt(portal)["due_date"] == date(2026, 4, 6)


class TestDeferral:
    def test_a0_26_an_unusual_deferral_is_told_once(self, portal: SmallPortal) -> None:
        portal.edit("company", 100, deferral_days=45)
        portal.look()
        portal.look()
        (told,) = portal.made(Notify)
        assert told.user == 10 and "45" in told.text.ru

    @pytest.mark.parametrize(("days", "warned"), [(0, 1), (6, 1), (7, 0), (14, 0), (21, 0), (22, 1)])
    def test_borders(self, portal: SmallPortal, days: int, warned: int) -> None:
        portal.edit("company", 100, deferral_days=days)
        portal.look()
        assert len(portal.made(Notify)) == warned

    def test_empty_is_told_when_it_is_used(self, portal: SmallPortal) -> None:
        portal.edit("company", 100, deferral_days=None)
        portal.look()
        assert portal.made(Notify) == []
        ship(portal, 501, 80000, "2026-04-06 11:00")
        assert debt(portal)["due_date"] == date(2026, 4, 20)
        assert len(portal.made(Notify)) == 1

    def test_e06_open_records_keep_their_days(self, portal: SmallPortal) -> None:
        ship(portal, 501, 80000, "2026-04-06 11:00")
        portal.edit("company", 100, deferral_days=14)
        assert portal.look() == []

    def test_e06_apply_open_moves_the_due_day(self, portal: SmallPortal) -> None:
        portal.settings["debt.on_deferral_change"] = "apply_open"
        ship(portal, 501, 80000, "2026-04-06 11:00")
        portal.edit("company", 100, deferral_days=14)
        portal.look()
        assert debt(portal)["due_date"] == date(2026, 4, 20) and debt(portal)["deferral_days"] == 14

    def test_e06_an_overdue_record_returns_when_its_new_day_is_ahead(self, portal: SmallPortal) -> None:
        portal.settings["debt.on_deferral_change"] = "apply_open"
        ship(portal, 501, 80000, "2026-04-06 11:00")
        portal.run_until("2026-04-14 10:00")
        portal.edit("company", 100, deferral_days=14)
        portal.look()
        assert debt(portal)["stage"] == "stage.debt.waiting" and len(portal.made(CompleteTask)) == 1
        portal.run_until("2026-04-20 09:00")
        assert debt(portal)["stage"] == "stage.debt.overdue" and len(portal.made(CreateTask)) == 2

    def test_e06_an_overdue_record_stays_when_its_new_day_is_past(self, portal: SmallPortal) -> None:
        portal.settings["debt.on_deferral_change"] = "apply_open"
        ship(portal, 501, 80000, "2026-04-06 11:00")
        portal.run_until("2026-04-20 10:00")
        portal.edit("company", 100, deferral_days=10)
        assert portal.look() == []
