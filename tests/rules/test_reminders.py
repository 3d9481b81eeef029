"""Reminders as scenarios that need no portal: when a client is written to, about what, and when not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from rules.client_messages import ClientMessage, MessageState
from rules.decision import Comment, CreateTask, CreateTodo, Money, Ref
from tests.rules.receivables import debt, ship
from tests.rules.reminders import listed, sent, texts, why
from tests.rules.small_portal import SmallPortal, at

PRE_10, DUE_13 = "2026-04-10 09:00 debt_pre", "2026-04-13 09:00 debt_due"


def shipped(portal: SmallPortal, deferral: int = 7, when: str = "2026-04-06 11:00", amount: int = 120000) -> None:
    portal.edit("company", 100, deferral_days=deferral)
    ship(portal, 501, amount, when)


class TestBeforeTheDueDay:
    def test_a0_03_two_days_before(self, portal: SmallPortal) -> None:
        shipped(portal, 10)
        portal.run_until("2026-04-15 23:00")
        assert sent(portal) == ["2026-04-14 09:00 debt_pre"]
        assert "120 000 ₽" in texts(portal)[0] and "16.04.2026" in texts(portal)[0]
        assert debt(portal)["sent_pre"] == at("2026-04-14 09:00") and "sent_due" not in debt(portal)
        (note,) = portal.made(Comment)
        assert note.target == Ref("debt", 1) and "14.04.2026" in note.text.ru

    def test_a0_04_on_the_workday_before_a_weekend(self, portal: SmallPortal) -> None:
        shipped(portal)
        portal.run_until("2026-04-13 08:59")
        assert sent(portal) == [PRE_10]

    @pytest.mark.parametrize("way", ["next", "none"])
    def test_moved_onto_the_due_day_it_is_needless(self, portal: SmallPortal, way: str) -> None:
        portal.settings["debt.weekend_pre"] = way
        shipped(portal)
        portal.run_until("2026-04-14 12:00")
        assert sent(portal) == [DUE_13] and listed(portal) == []

    def test_a0_06_before_the_may_holidays(self, portal: SmallPortal) -> None:
        shipped(portal, when="2026-04-24 12:00")
        portal.run_until("2026-05-05 10:00")
        assert debt(portal)["due_date"] == date(2026, 5, 4)
        assert sent(portal) == ["2026-04-30 09:00 debt_pre", "2026-05-04 09:00 debt_due"]

    def test_a0_07_a_due_day_that_stays_on_the_holiday(self, portal: SmallPortal) -> None:
        portal.settings["debt.weekend_due"] = "none"
        shipped(portal, when="2026-04-24 12:00")
        portal.run_until("2026-05-05 10:00")
        assert sent(portal) == ["2026-04-29 09:00 debt_pre", "2026-05-04 09:00 debt_due"]

    def test_a0_08_what_is_left_is_what_is_told(self, portal: SmallPortal) -> None:
        shipped(portal, 10)
        portal.at("2026-04-10 12:00").pay("deal", 501, 50000)
        portal.look()
        portal.run_until("2026-04-14 12:00")
        assert "70 000 ₽" in texts(portal)[0] and "120 000" not in texts(portal)[0]

    @pytest.mark.parametrize("days", [0, 1])
    def test_e_07_a_deferral_that_is_too_short(self, portal: SmallPortal, days: int) -> None:
        shipped(portal, days)
        portal.run_until("2026-04-10 12:00")
        assert sent(portal) == ["2026-04-07 09:00 debt_due"] and listed(portal) == []

    def test_e_09_long_holidays_before_the_shipment(self, portal: SmallPortal) -> None:
        # Due on Friday the 9th: two days before is a holiday, and the workday before it is earlier than the shipment.
        portal.at("2025-12-31 10:00")
        shipped(portal, 3, "2026-01-06 12:00")
        portal.run_until("2026-01-12 12:00")
        assert sent(portal) == ["2026-01-09 09:00 debt_due"] and listed(portal) == []

    def test_e_09_long_holidays_after_the_shipment(self, portal: SmallPortal) -> None:
        portal.at("2025-12-30 10:00")
        shipped(portal, 7, "2025-12-30 12:00")
        portal.run_until("2026-01-12 12:00")
        assert sent(portal) == ["2025-12-31 09:00 debt_pre", "2026-01-09 09:00 debt_due"]

    def test_shipped_on_the_day_of_the_reminder(self, portal: SmallPortal) -> None:
        shipped(portal, 2, "2026-04-07 16:00")
        portal.run_until("2026-04-09 12:00")
        assert sent(portal) == ["2026-04-07 16:00 debt_pre", "2026-04-09 09:00 debt_due"]

    def test_shipped_in_the_evening_of_that_day(self, portal: SmallPortal) -> None:
        shipped(portal, 2, "2026-04-07 18:30")
        portal.run_until("2026-04-09 12:00")
        assert sent(portal) == ["2026-04-09 09:00 debt_due"] and listed(portal) == []

    def test_more_days_before(self, portal: SmallPortal) -> None:
        portal.settings["debt.pre_days"] = 5
        shipped(portal)
        portal.run_until("2026-04-13 12:00")
        assert sent(portal) == ["2026-04-08 09:00 debt_pre", DUE_13]


class TestOnTheDueDay:
    def test_a0_05_at_the_beginning_of_the_window(self, portal: SmallPortal) -> None:
        shipped(portal)
        portal.run_until("2026-04-20 12:00")
        assert sent(portal) == [PRE_10, DUE_13]
        assert debt(portal)["sent_due"] == at("2026-04-13 09:00")

    def test_the_day_after(self, portal: SmallPortal) -> None:
        portal.settings["debt.overdue_on"] = "day_after"
        shipped(portal)
        portal.run_until("2026-04-20 12:00")
        assert sent(portal) == [PRE_10, "2026-04-14 09:00 debt_due"]

    def test_a0_12_two_debts_are_one_message(self, portal: SmallPortal) -> None:
        for id, amount in ((1, 30000), (2, 45000)):
            portal.debt(id, amount, "2026-04-13", shipment_date=date(2026, 4, 6))
        portal.look()
        portal.run_until("2026-04-13 12:00")
        assert sent(portal) == [PRE_10, DUE_13]
        assert all("75 000 ₽" in text and "2 отгрузки" in text for text in texts(portal))
        assert "30 000 ₽" in texts(portal)[1] and "45 000 ₽" in texts(portal)[1]

    def test_one_due_and_one_soon_are_one_message(self, portal: SmallPortal) -> None:
        portal.debt(1, 30000, "2026-04-13", shipment_date=date(2026, 4, 6))
        portal.debt(2, 45000, "2026-04-15", shipment_date=date(2026, 4, 6))
        portal.look()
        portal.run_until("2026-04-20 12:00")
        assert sent(portal) == [PRE_10, DUE_13, "2026-04-15 09:00 debt_due"]
        assert "13.04.2026" in texts(portal)[1] and "15.04.2026" in texts(portal)[1]
        assert debt(portal, 2)["sent_pre"] == at("2026-04-13 09:00")
        assert debt(portal, 2)["sent_due"] == at("2026-04-15 09:00")

    def test_e_05_paid_before_the_morning(self, portal: SmallPortal) -> None:
        shipped(portal)
        portal.run_until("2026-04-13 08:00")
        portal.pay("deal", 501, 120000)
        portal.look()
        portal.run_until("2026-04-20 12:00")
        assert sent(portal) == [PRE_10]

    @pytest.mark.parametrize(
        ("entered", "message"),
        [
            ("2026-04-20 20:00", "2026-04-21 09:00"),
            ("2026-04-20 11:00", "2026-04-21 09:00"),
            ("2026-04-20 07:00", "2026-04-20 09:00"),
            ("2026-04-18 11:00", "2026-04-20 09:00"),
            ("2026-04-30 19:00", "2026-05-04 09:00"),
        ],
    )
    def test_a0_27_an_old_shipment_entered_late(self, portal: SmallPortal, entered: str, message: str) -> None:
        portal.at(entered).debt(1, 60000, shipment_date=date(2026, 3, 20))
        portal.look()
        assert sent(portal) == []
        portal.run_until("2026-05-10 12:00")
        assert sent(portal) == [f"{message} debt_due"] and listed(portal) == []

    def test_after_a_message_of_another_debt_that_day(self, portal: SmallPortal) -> None:
        shipped(portal)
        portal.run_until("2026-04-10 12:00")
        portal.outbox[100].append(ClientMessage("other", "deferred", MessageState.SENT, at("2026-04-13 09:00"), "chat"))
        portal.run_until("2026-04-20 12:00")
        assert sent(portal)[-1] == "2026-04-14 09:00 debt_due"


class TestWords:
    """What explain and the journal say: one short sentence."""

    @pytest.mark.parametrize(
        ("until", "words"),
        [
            ("2026-04-09 12:00", "«Отгрузка»: напомним 10.04.2026."),
            ("2026-04-10 12:00", "«Отгрузка»: напомним 13.04.2026."),
            ("2026-04-14 12:00", "«Отгрузка»: напомнили 13.04.2026."),
        ],
    )
    def test_day_by_day(self, portal: SmallPortal, until: str, words: str) -> None:
        shipped(portal)
        portal.rows["debt"][1]["title"] = "Отгрузка"
        portal.run_until(until)
        assert why(portal) == words

    def test_what_is_the_same_is_said_once(self, portal: SmallPortal) -> None:
        for number in range(1, 8):
            portal.debt(number, 100, due="2026-04-20", deferral_days=7, title=f"№ {number}")
        portal.look()
        assert why(portal) == "«№ 1», «№ 2», «№ 3», «№ 4», «№ 5» и ещё 2: напомним 17.04.2026."


class TestNot:
    """Nobody is written to, and explain says why."""

    @pytest.mark.parametrize(
        ("values", "reason"),
        [
            ({"dispute": True}, "спор"),
            ({"no_remind_until": date(2026, 6, 1)}, "не напоминать до 01.06.2026"),
            ({"promised_date": date(2026, 6, 1)}, "обещал оплатить 01.06.2026"),
            ({"stage": "stage.debt.claim"}, "другой стадии"),
            ({"stage": "stage.debt.court"}, "другой стадии"),
        ],
    )
    def test_records(self, portal: SmallPortal, values: dict[str, Any], reason: str) -> None:
        shipped(portal)
        portal.edit("debt", 1, **values)
        portal.look()
        portal.run_until("2026-04-20 12:00")
        assert sent(portal) == [] and reason in why(portal)

    @pytest.mark.parametrize(
        ("values", "settings", "reason"),
        [
            ({"no_auto_messages": True}, {}, "Не писать автоматически"),
            ({"is_my_company": True}, {}, "наша компания"),
            ({}, {"messages.stop_list": "7, 100"}, "стоп-листе"),
        ],
    )
    def test_companies(
        self, portal: SmallPortal, values: dict[str, Any], settings: dict[str, Any], reason: str
    ) -> None:
        portal.settings.update(settings)
        portal.edit("company", 100, **values)
        shipped(portal)
        portal.run_until("2026-04-20 12:00")
        assert sent(portal) == [] and reason in why(portal)
        assert len(portal.made(CreateTask)) == 1, "the manager calls all the same"

    def test_small_change(self, portal: SmallPortal) -> None:
        portal.settings["debt.min_amount"] = 100
        shipped(portal, amount=100)
        portal.run_until("2026-04-20 12:00")
        assert sent(portal) == [] and "debt.min_amount" in why(portal)

    def test_e_16_moved_back_by_hand(self, portal: SmallPortal) -> None:
        shipped(portal)
        portal.run_until("2026-04-13 08:00")
        portal.move("debt", 1, "stage.debt.waiting")
        portal.look()
        portal.run_until("2026-04-20 12:00")
        assert sent(portal) == [PRE_10]

    def test_returns_and_closed_records(self, portal: SmallPortal) -> None:
        portal.debt(1, -100, "2026-04-13")
        portal.debt(2, 100, "2026-04-13", stage="stage.debt.written_off")
        portal.run_until("2026-04-20 12:00")
        assert sent(portal) == []

    def test_a0_28_promised(self, portal: SmallPortal) -> None:
        shipped(portal)
        portal.run_until("2026-04-13 12:00")
        portal.edit("debt", 1, promised_date=date(2026, 4, 17))
        portal.look()
        portal.run_until("2026-04-30 12:00")
        assert sent(portal) == [PRE_10, DUE_13] and listed(portal) == []

    def test_promised_before_the_due_day_and_broken(self, portal: SmallPortal) -> None:
        shipped(portal)
        portal.edit("debt", 1, promised_date=date(2026, 4, 17))
        portal.look()
        portal.run_until("2026-04-30 12:00")
        assert sent(portal) == [] and listed(portal) == []
        assert "звонит менеджер" in why(portal)

    def test_after_the_pause(self, portal: SmallPortal) -> None:
        shipped(portal)
        portal.edit("debt", 1, no_remind_until=date(2026, 4, 18))
        portal.look()
        portal.run_until("2026-04-30 12:00")
        assert sent(portal) == ["2026-04-20 09:00 debt_due"]

    def test_a_second_reminder_needs_a_new_due_day(self, portal: SmallPortal) -> None:
        shipped(portal)
        portal.run_until("2026-04-13 12:00")
        portal.edit("debt", 1, no_remind_until=date(2026, 4, 18))
        portal.look()
        portal.run_until("2026-04-30 12:00")
        assert sent(portal) == [PRE_10, DUE_13]


class TestAnotherDueDay:
    def test_e_06_a_later_one_is_reminded_of_again(self, portal: SmallPortal) -> None:
        portal.settings["debt.on_deferral_change"] = "apply_open"
        shipped(portal)
        portal.run_until("2026-04-10 12:00")
        portal.edit("company", 100, deferral_days=14)
        portal.look()
        portal.run_until("2026-04-21 12:00")
        assert sent(portal) == [PRE_10, "2026-04-17 09:00 debt_pre", "2026-04-20 09:00 debt_due"]

    def test_e_06_the_same_day_is_not(self, portal: SmallPortal) -> None:
        portal.settings["debt.on_deferral_change"] = "apply_open"
        shipped(portal)
        portal.run_until("2026-04-10 12:00")
        portal.edit("company", 100, deferral_days=6)
        portal.look()
        portal.run_until("2026-04-21 12:00")
        assert sent(portal) == [PRE_10, DUE_13]

    def test_overdue_and_moved_into_the_future(self, portal: SmallPortal) -> None:
        shipped(portal)
        portal.run_until("2026-04-13 12:00")
        portal.edit("debt", 1, due_date=date(2026, 4, 27))
        portal.look()
        portal.run_until("2026-05-01 12:00")
        assert sent(portal) == [PRE_10, DUE_13, "2026-04-24 09:00 debt_pre", "2026-04-27 09:00 debt_due"]


class TestTheLog:
    def test_the_stamps_count_when_it_is_wiped(self, portal: SmallPortal) -> None:
        shipped(portal)
        portal.run_until("2026-04-10 12:00")
        portal.outbox.clear()
        portal.run_until("2026-04-13 12:00")
        assert sent(portal) == [DUE_13]
        portal.outbox.clear()
        portal.run_until("2026-04-20 12:00")
        assert sent(portal) == []

    @pytest.mark.parametrize("state", [MessageState.UNKNOWN, MessageState.FAILED])
    def test_what_may_have_gone_out_counts_as_sent(self, portal: SmallPortal, state: MessageState) -> None:
        shipped(portal)
        about = (Ref("debt", 1),)
        portal.outbox[100] = [ClientMessage("x", "debt_pre", state, at("2026-04-10 09:00"), "chat", about)]
        portal.run_until("2026-04-12 12:00")
        assert len(portal.outbox[100]) == 1 and debt(portal)["sent_pre"] == at("2026-04-10 09:00")
        assert len(portal.made(CreateTodo)) == (state is MessageState.FAILED)

    @pytest.mark.parametrize("came_back", [True, False])
    def test_what_came_back_the_same_day_is_wanted_again(self, portal: SmallPortal, came_back: bool) -> None:
        shipped(portal)
        portal.run_until("2026-04-10 12:00")
        [before] = portal.outbox[100]
        waits = replace(before, state=MessageState.WAITING, channel="", came_back=came_back)
        portal.outbox[100] = [waits]
        portal.at("2026-04-10 13:00").look()
        [now] = portal.outbox[100]
        assert now.key == before.key and (now.state is MessageState.SENT) == came_back

    def test_a_delivery_report_of_the_same_day_is_not_stamped_again(self, portal: SmallPortal) -> None:
        shipped(portal)
        portal.run_until("2026-04-10 12:00")
        [before] = portal.outbox[100]
        portal.outbox[100] = [
            ClientMessage(
                before.key, before.purpose, before.state, before.at + timedelta(hours=2), "chat", before.about
            )
        ]
        assert portal.at("2026-04-10 13:00").look() == []

    def test_a0_25_no_channel_is_told_once(self, portal: SmallPortal) -> None:
        portal.unreachable = frozenset({100})
        portal.edit("company", 100, assigned_by_id=13)
        shipped(portal)
        portal.run_until("2026-04-20 12:00")
        (todo,) = portal.made(CreateTodo)
        assert (todo.responsible, todo.target) == (10, Ref("company", 100))
        assert todo.title.ru.startswith("Нет канала") and todo.deadline == at("2026-04-10 18:00")
        assert "sent_pre" not in debt(portal) and "sent_due" not in debt(portal)
        (task,) = portal.made(CreateTask)
        assert task.responsible == 10

    def test_no_channel_is_told_again_after_a_message_that_went_out(self, portal: SmallPortal) -> None:
        portal.unreachable = frozenset({100})
        shipped(portal)
        portal.run_until("2026-04-10 12:00")
        portal.unreachable = frozenset()
        portal.run_until("2026-04-13 12:00")
        portal.unreachable = frozenset({100})
        ship(portal, 502, 500, "2026-04-14 11:00")
        portal.run_until("2026-04-30 12:00")
        assert len(portal.made(CreateTodo)) == 2

    def test_one_that_waits_is_not_late_because_it_waits(self, portal: SmallPortal) -> None:
        portal.holds = True
        shipped(portal, 4)
        for moment in ("2026-04-10 17:00", "2026-04-13 09:00", "2026-04-14 09:00"):
            portal.run_until(moment)
            assert [message.state for message in portal.outbox[100]] == [MessageState.WAITING]
        portal.holds = False
        portal.run_until("2026-04-15 12:00")
        assert sent(portal) == ["2026-04-15 09:00 debt_due"] and "missed:debt_due" not in str(listed(portal))


class TestLate:
    def test_ax_03_after_an_outage(self, portal: SmallPortal) -> None:
        shipped(portal)
        portal.at("2026-04-15 12:00").look()
        assert sent(portal) == ["2026-04-15 12:00 debt_due"]
        assert listed(portal) == ["missed:debt_pre:debt:1:2026-04-10"]
        (task,) = portal.made(CreateTask)
        assert task.deadline == at("2026-04-15 18:00")

    def test_more_than_two_days_late(self, portal: SmallPortal) -> None:
        shipped(portal)
        portal.at("2026-04-16 09:00").look()
        assert sent(portal) == []
        assert listed(portal) == ["missed:debt_pre:debt:1:2026-04-10", "missed:debt_due:debt:1:2026-04-13"]
        portal.run_until("2026-05-20 12:00")
        assert sent(portal) == []

    def test_as_late_as_the_setting_says(self, portal: SmallPortal) -> None:
        portal.settings["messages.max_late_days"] = 5
        shipped(portal)
        portal.at("2026-04-18 09:00").look()
        portal.run_until("2026-04-21 09:00")
        assert sent(portal) == [] and len(listed(portal)) == 2

    def test_a_reminder_before_the_due_day_may_be_late_too(self, portal: SmallPortal) -> None:
        shipped(portal, 10)
        portal.at("2026-04-15 11:00").look()
        assert sent(portal) == ["2026-04-15 11:00 debt_pre"]

    def test_debts_of_long_ago_are_not_listed(self, portal: SmallPortal) -> None:
        portal.at("2026-01-15 10:00").debt(1, 100, "2026-02-02", shipment_date=date(2026, 1, 15))
        portal.at("2026-04-06 10:00").look()
        assert sent(portal) == listed(portal) == []


class TestTheText:
    def test_in_the_clients_language(self, portal: SmallPortal) -> None:
        portal.edit("company", 100, message_language="en")
        shipped(portal)
        portal.run_until("2026-04-13 12:00")
        assert "120,000 RUB for 1 shipment:" in texts(portal)[1]

    def test_in_the_portals_language(self, portal: SmallPortal) -> None:
        portal.language = "en"
        shipped(portal)
        portal.run_until("2026-04-13 12:00")
        assert texts(portal)[0].startswith("Hello!")

    def test_the_number_of_a_shipment_where_there_is_one(self, portal: SmallPortal) -> None:
        shipped(portal)
        portal.edit("debt", 1, shipment_number="А-77")
        portal.run_until("2026-04-13 12:00")
        assert "отгрузка № А-77 от 06.04.2026: 120 000 ₽, срок 13.04.2026" in texts(portal)[1]

    def test_several_currencies(self, portal: SmallPortal) -> None:
        portal.debt(1, 100, "2026-04-13", shipment_date=date(2026, 4, 6))
        portal.debt(2, 1, "2026-04-13", shipment_date=date(2026, 4, 6))
        portal.edit("debt", 2, amount=Money(Decimal(50), "EUR"))
        portal.look()
        portal.run_until("2026-04-13 12:00")
        assert "100 ₽ + 50 €" in texts(portal)[1]

    def test_a_text_whose_field_is_empty_is_not_sent_and_told(self, portal: SmallPortal) -> None:
        portal.settings["template.debt_due.ru"] = "{total} по накладной {shipment_number}"
        shipped(portal)
        portal.run_until("2026-04-13 12:00")
        assert sent(portal) == [PRE_10]
        assert listed(portal) == ["unfilled:debt_due:company:100:shipment_number"]
        portal.edit("debt", 1, shipment_number="А-77")
        portal.at("2026-04-13 13:00").look()
        assert texts(portal)[-1] == "120 000 ₽ по накладной А-77"
