"""Reminders of debts, from the shipment to what clients read; each delivered twice, the second time writes nothing."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from b24app.store.models import MessageRow
from tests.flows.conditions import Condition
from tests.flows.edges import COMPANY, inbox, raw_debt, set_limit, shipped, sums
from tests.flows.office import DEAL, day
from tests.flows.reminders import hours, letters, moments, tick, todos

pytestmark = pytest.mark.flow


def test_a0_03_two_days_before(play: Condition) -> None:
    play.office.put_fields("company", 100, deferral_days=10)
    shipped(play)
    tick(play, *hours("2026-04-13T09:00", "2026-04-14T18:00"))
    [letter] = letters(play)
    assert letter["channel"] == "openline" and letter["to"] == "900"
    assert "2026-04-14T09:00" <= letter["at"] < "2026-04-14T10:00"
    assert "120 000" in letter["text"] and "16.04.2026" in letter["text"]
    debt = play.office.debt()
    assert debt["sent_pre"] == day("2026-04-14")
    owner = {"ENTITY_ID": debt["id"], "ENTITY_TYPE": f"dynamic_{play.office.entity_type('debt')}"}
    [note] = play.world.rest("crm.timeline.comment.list", {"filter": owner})
    assert "напоминание до срока: 14.04.2026, в чат" in note["COMMENT"]
    tick(play, "2026-04-15T12:00")
    assert len(letters(play)) == 1


def test_a0_04_on_friday_before_a_monday(play: Condition) -> None:
    shipped(play)
    tick(play, "2026-04-09T12:00", "2026-04-10T08:59", "2026-04-10T09:05", "2026-04-11T12:00", "2026-04-13T08:59")
    assert moments(play) == ["2026-04-10T09:05"]


def test_a0_05_on_the_due_day_message_task_and_sums(play: Condition) -> None:
    shipped(play)
    tick(play, "2026-04-10T09:05", "2026-04-13T09:05")
    assert moments(play) == ["2026-04-10T09:05", "2026-04-13T09:05"]
    [task] = play.office.tasks()
    assert task["deadline"].startswith("2026-04-13T18:00")
    debt = play.office.debt()
    assert (debt["stage"], debt["sent_due"]) == ("stage.debt.overdue", day("2026-04-13"))
    assert (sums(play), play.office.company(100)["type"]) == ((0, 120_000, 0), "type.debtor")


def test_a0_06_around_the_may_holidays(play: Condition) -> None:
    play.world.at("2026-04-24T12:00:00")
    shipped(play)
    tick(play, "2026-04-30T09:05", "2026-05-01T12:00", "2026-05-04T00:05")
    assert (moments(play), play.office.tasks()) == (["2026-04-30T09:05"], [])
    tick(play, "2026-05-04T10:00")
    assert moments(play) == ["2026-04-30T09:05", "2026-05-04T10:00"]
    assert len(play.office.tasks()) == 1


def test_a0_07_a_due_day_that_stays_on_the_holiday(play: Condition) -> None:
    set_limit(play, "debt.weekend_due", "none")
    play.world.at("2026-04-24T12:00:00")
    shipped(play)
    tick(play, "2026-04-29T09:05", "2026-05-01T00:05", "2026-05-02T12:00", "2026-05-04T09:05")
    assert moments(play) == ["2026-04-29T09:05", "2026-05-04T09:05"]
    assert play.office.tasks()[0]["deadline"].startswith("2026-05-04T18:00")


def test_a0_08_the_message_tells_what_is_left(play: Condition) -> None:
    play.office.put_fields("company", 100, deferral_days=10)
    shipped(play)
    play.world.at("2026-04-10T12:00:00")
    play.office.pay(DEAL, 501, 50_000)
    play.goes_on()
    tick(play, "2026-04-14T09:05")
    [letter] = letters(play)
    assert "70 000" in letter["text"] and "120 000" not in letter["text"]


def test_a0_12_two_debts_are_one_message_and_one_task(play: Condition) -> None:
    for number, amount in ((1, 30_000), (2, 45_000)):
        play.office.put_debt(number, amount=Decimal(amount), shipment_date=day("2026-04-06"))
    play.goes_on()
    tick(play, "2026-04-13T09:05")
    [letter] = letters(play)
    assert "75 000" in letter["text"] and "30 000" in letter["text"] and "45 000" in letter["text"]
    assert len(play.office.tasks()) == 1
    assert {debt["sent_due"] for debt in play.office.debts()} == {day("2026-04-13")}


def test_a0_25_nobody_can_be_reached(play: Condition) -> None:
    shipped(play, companyId=102)
    tick(play, "2026-04-14T09:05", "2026-04-16T09:05")
    assert letters(play) == []
    [todo] = todos(play, 102)
    assert "Нет канала" in todo["SUBJECT"] + str(todo.get("DESCRIPTION"))
    assert int(todo["RESPONSIBLE_ID"]) == 10
    [task] = play.office.tasks()
    assert int(task["responsibleId"]) == 10
    tick(play, "2026-04-20T12:00")
    assert len(todos(play, 102)) == 1


def test_a0_27_an_old_shipment_entered_in_the_evening(play: Condition) -> None:
    play.world.at("2026-04-20T20:00:00")
    raw_debt(play, False, shipment_date="2026-03-20", amount="60000|RUB")
    play.goes_on()
    assert (play.office.debt()["stage"], letters(play)) == ("stage.debt.overdue", [])
    tick(play, "2026-04-21T09:05", "2026-04-24T12:00")
    assert moments(play) == ["2026-04-21T09:05"]
    assert len(play.office.tasks()) == 1


def test_a0_28_a_promise_that_is_broken(play: Condition) -> None:
    shipped(play)
    tick(play, "2026-04-10T09:05", "2026-04-13T09:05")
    play.world.at("2026-04-13T15:00:00")
    play.office.edit("debt", play.office.debt()["id"], promised_date=day("2026-04-17"))
    play.goes_on()
    assert play.office.debt()["stage"] == "stage.debt.promised"
    [called] = play.office.tasks()
    assert called["status"] == "5"
    tick(play, *(f"2026-04-{n}T09:05" for n in range(14, 19)), "2026-04-20T09:05")
    debt = play.office.debt()
    assert (debt["stage"], debt["broken_promises"]) == ("stage.debt.overdue", 1)
    assert (debt["promised_date"], debt["broken_date"]) == (None, day("2026-04-17"))
    assert moments(play) == ["2026-04-10T09:05", "2026-04-13T09:05"]
    [task] = [task for task in play.office.tasks() if task["status"] != "5"]
    assert task["deadline"].startswith("2026-04-20T18:00") and sums(play) == (0, 120_000, 0)


def test_ax_03_the_app_was_down_over_the_due_day(play: Condition) -> None:
    shipped(play)
    tick(play, "2026-04-09T18:00", "2026-04-15T12:00")
    assert moments(play) == ["2026-04-15T12:00"]
    debt = play.office.debt()
    assert (debt["stage"], debt["sent_due"], debt["sent_pre"]) == ("stage.debt.overdue", day("2026-04-15"), None)
    [task] = play.office.tasks()
    assert task["deadline"].startswith("2026-04-15T18:00")
    [missed] = inbox(play)
    assert "10.04.2026" in json.dumps(missed, ensure_ascii=False)


def test_a_message_that_is_three_days_late_is_listed(play: Condition) -> None:
    shipped(play)
    tick(play, "2026-04-10T09:05", "2026-04-16T09:05")
    assert moments(play) == ["2026-04-10T09:05"]
    [missed] = inbox(play)
    assert "13.04.2026" in json.dumps(missed, ensure_ascii=False)


@pytest.mark.parametrize("silent", [False, True], ids=["told", "no events"])
def test_e_04_paid_between_planning_and_sending(play: Condition, silent: bool) -> None:
    shipped(play)
    play.world.at("2026-04-10T08:59:00")
    play.goes_on()
    if silent:
        play.world.control("delivery", {"drop": 1.0})
    play.office.pay(DEAL, 501, 120_000)
    tick(play, "2026-04-10T09:05", "2026-04-13T09:05")
    assert letters(play) == []


def test_e_05_paid_on_the_due_day_before_the_morning(play: Condition) -> None:
    shipped(play)
    tick(play, "2026-04-10T09:05", "2026-04-13T08:00")
    play.office.pay(DEAL, 501, 120_000)
    play.goes_on()
    tick(play, "2026-04-13T09:05")
    assert (moments(play), play.office.tasks()) == (["2026-04-10T09:05"], [])


def test_e_06_a_longer_deferral_is_reminded_of_again(play: Condition) -> None:
    set_limit(play, "debt.on_deferral_change", "apply_open")
    shipped(play)
    tick(play, "2026-04-10T09:05")
    play.office.edit("company", 100, deferral_days=14)
    play.goes_on()
    tick(play, "2026-04-13T09:05", "2026-04-17T09:05", "2026-04-20T09:05")
    assert moments(play) == [f"2026-04-{n}T09:05" for n in (10, 17, 20)]


def test_e_07_a_deferral_of_a_day(play: Condition) -> None:
    play.office.put_fields("company", 100, deferral_days=1)
    shipped(play)
    assert letters(play) == []
    tick(play, "2026-04-07T09:05", "2026-04-08T09:05")
    assert moments(play) == ["2026-04-07T09:05"]


def test_e_09_shipped_in_the_long_holidays(play: Condition) -> None:
    play.office.put_fields("company", 100, deferral_days=10)
    play.world.at("2026-05-01T12:00:00")
    shipped(play)
    assert play.office.debt()["due_date"] == day("2026-05-12")
    # Two days before is Sunday, the workday before it is Friday the 8th; then a short term over holidays.
    tick(play, "2026-05-08T09:05", "2026-05-12T09:05")
    assert moments(play) == ["2026-05-08T09:05", "2026-05-12T09:05"]
    play.office.put_fields("company", 100, deferral_days=2)
    play.world.at("2026-06-13T12:00:00")
    shipped(play, 502)
    tick(play, "2026-06-15T09:05")
    assert len(letters(play)) == 3


def test_e_14_a_record_without_a_company(play: Condition) -> None:
    raw_debt(play, False, shipment_date="2026-04-06", amount="60000|RUB", companyId=0)
    play.goes_on()
    tick(play, "2026-04-13T09:05")
    assert letters(play) == [] and inbox(play)


def test_e_16_a_card_moved_by_hand(play: Condition) -> None:
    shipped(play)
    stage = {"stageId": play.world.name("stage.debt.court")["id"]}
    play.office.update(play.office.entity_type("debt"), play.office.debt()["id"], stage)
    play.goes_on()
    tick(play, "2026-04-10T09:05", "2026-04-13T09:05")
    assert letters(play) == []


@pytest.mark.parametrize("pause", ["no_remind_until", "dispute"])
def test_a_pause_on_the_record(play: Condition, pause: str) -> None:
    shipped(play)
    value: Any = day("2026-04-18") if pause == "no_remind_until" else True
    play.office.edit("debt", play.office.debt()["id"], **{pause: value})
    play.goes_on()
    tick(play, "2026-04-10T09:05", "2026-04-13T09:05", "2026-04-20T09:05")
    assert moments(play) == (["2026-04-20T09:05"] if pause == "no_remind_until" else [])


def test_ap_07_opted_out_and_why(play: Condition) -> None:
    play.office.put_fields("company", 100, no_auto_messages=True)
    shipped(play)
    tick(play, "2026-04-10T09:05", "2026-04-13T09:05")
    assert letters(play) == [] and len(play.office.tasks()) == 1
    debt = str(play.office.debt()["id"])
    for card in (("company", "100"), ("debt", debt), ("deal", "501")):
        assert "Не писать автоматически" in play.world.cli("explain", *card)


def test_in_english_for_a_client_who_reads_english(play: Condition) -> None:
    item = play.world.name("company.message_language")["items"]["en"]
    code = play.office.code("company", "message_language")
    play.office.update(COMPANY, 100, {code: item})
    shipped(play)
    tick(play, "2026-04-13T09:05")
    assert "120,000 RUB for 1 shipment" in letters(play)[-1]["text"]


def test_a_text_of_the_portals_own(play: Condition) -> None:
    set_limit(play, "template.debt_due.ru", "{company}: к оплате {count:счёт|счёта|счетов}, {total}, до {due_date}")
    refused = ["settings", "set", "template.debt_due.ru", "К оплате {summa}"]
    assert play.world.cli(*refused, check=False) == ""
    shipped(play)
    tick(play, "2026-04-13T09:05")
    assert letters(play)[-1]["text"] == "Ромашка: к оплате 1 счёт, 120 000 ₽, до 13.04.2026"


@pytest.mark.parametrize("channel", ["imopenlines.crm.message.add", "crm.activity.add"])
def test_the_answer_of_the_channel_is_lost(play: Condition, channel: str) -> None:
    company = 100 if channel.startswith("im") else 101
    play.office.put_fields("company", company, deferral_days=7)
    shipped(play, companyId=company)
    play.world.at("2026-04-10T09:05:00")
    with play.world.faults(match={"method": channel}, kind="drop_after_apply", times=1):
        play.world.settle()
    play.goes_on()
    assert len(letters(play)) == 1 and play.office.debt(company)["sent_pre"] == day("2026-04-10")
    tick(play, "2026-04-11T12:00", "2026-04-13T09:05")
    assert len(letters(play)) == 2


def test_the_stamps_count_when_the_database_was_wiped(play: Condition) -> None:
    shipped(play)
    tick(play, "2026-04-10T09:05", "2026-04-13T09:05")
    with play.world.app.database.session() as session:
        session.query(MessageRow).delete()
    play.world.kit.engine.sweep("nightly")
    tick(play, "2026-04-13T12:00")
    assert len(letters(play)) == 2
