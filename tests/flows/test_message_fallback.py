"""A client who is not written to, a chat that is closed: e-mail instead, told in the log and in the journal."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from b24app.store.models import JournalRow, MessageRow
from tests.flows.conditions import Condition
from tests.flows.edges import set_limit, shipped
from tests.flows.reminders import letters, tick

pytestmark = pytest.mark.flow

OLGA = "a@romashka.ru"


def log(play: Condition, *options: str) -> list[dict[str, Any]]:
    """What `messages` tells."""
    rows: list[dict[str, Any]] = json.loads(play.world.cli("messages", "--json", *options))
    return rows


def journal(play: Condition) -> list[dict[str, Any]]:
    """What the journal tells of messages."""
    rows = json.loads(play.world.cli("journal", "--json", "--object", "company:100"))
    return [row for row in rows if row["kind"] == "message"]


def close_chat(play: Condition) -> None:
    """The conversation with company 100 is finished by its operator."""
    play.world.act("imopenlines.operator.finish", {"CHAT_ID": 900}, 11)


def opted_out(play: Condition) -> None:
    """Company 100 is not written to; its due day has come."""
    play.office.put_fields("company", 100, no_auto_messages=True)
    shipped(play)
    tick(play, "2026-04-10T09:05", "2026-04-13T09:05")


def test_ap_07_no_message_but_a_task_then_an_email_instead_of_the_closed_chat(play: Condition) -> None:
    opted_out(play)
    assert letters(play) == [] and log(play) == []
    [task] = play.office.tasks()
    assert task["deadline"].startswith("2026-04-13T18:00")
    close_chat(play)
    play.office.edit("company", 100, no_auto_messages=False)
    play.goes_on()
    [letter] = letters(play)
    assert (letter["channel"], letter["to"]) == ("email", OLGA) and "120 000" in letter["text"]
    [told] = journal(play)
    assert told["state"] == "done" and told["after"]["channel"] == "email"
    assert told["after"]["tried"][0]["channel"] == "openline"
    tick(play, "2026-04-14T09:05")
    assert len(letters(play)) == 1


def test_ap_07_the_chat_is_closed_in_the_moment_of_writing(play: Condition) -> None:
    shipped(play)
    fault = {"match": {"method": "imopenlines.crm.message.add"}, "kind": "refuse", "error": "CHAT_NOT_IN_CRM"}
    with play.world.faults(**fault, times=1):
        tick(play, "2026-04-10T09:05")
    [letter] = letters(play)
    assert (letter["channel"], letter["to"]) == ("email", OLGA)
    [told] = journal(play)
    assert told["after"]["tried"][0]["channel"] == "openline"


def test_ap_27_why_there_was_no_reminder(play: Condition) -> None:
    opted_out(play)
    answers = json.loads(play.world.cli("explain", "company", "100", "--json"))
    why = next(one for one in answers if one["rule"] == "remind_about_debts")
    assert why["outcome"] == "refused" and "Не писать автоматически" in why["ru"]
    assert why["at"] <= why["last_at"] and why["last_at"].startswith("2026-04-13")
    told = play.world.cli("explain", "company", "100")
    assert "remind_about_debts" in told and "Не писать автоматически" in told and "13.04.2026" in told


def test_the_log_of_messages(play: Condition) -> None:
    close_chat(play)
    shipped(play)
    assert "Сообщений клиентам нет." in play.world.cli("messages")
    tick(play, "2026-04-10T09:05", "2026-04-13T09:05")
    rows = log(play)
    assert [(row["company"], row["purpose"], row["state"], row["channel"]) for row in rows] == [
        (100, "debt_pre", "sent", "email"),
        (100, "debt_due", "sent", "email"),
    ]
    assert rows[0]["tried"][0]["channel"] == "openline" and rows[0]["tried"][0]["ru"]
    assert len(log(play, "--since", "2026-04-13T00:00")) == 1
    assert log(play, "--company", "101") == [] and len(log(play, "--company", "100", "--state", "sent")) == 2
    assert log(play, "--state", "waiting") == []
    told = play.world.cli("messages")
    assert "13.04.2026 09:05  company:100  debt_due  отправлено, email" in told and "openline: " in told


def test_x_24_the_words_are_forgotten_the_record_stays(play: Condition) -> None:
    set_limit(play, "messages.keep_text_days", "30")
    shipped(play)
    tick(play, "2026-04-10T09:05", "2026-04-13T09:05")
    play.world.at("2026-05-12T03:00:00")
    play.goes_on()
    with play.world.app.database.session() as session:
        kept = list(session.scalars(select(MessageRow).order_by(MessageRow.id)))
        journalled = list(
            session.scalars(select(JournalRow).where(JournalRow.kind == "message").order_by(JournalRow.id))
        )
    assert [bool(row.text) for row in kept[:2]] == [False, True]
    assert ["text" in row.after for row in journalled[:2]] == [False, True]
    assert (kept[0].key, kept[0].state, kept[0].subject) == ("debts:company:100:2026-04-10", "sent", "")
    assert len(letters(play)) == 2
