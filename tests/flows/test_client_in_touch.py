"""A client who writes in a chat that has been going on for days is in touch: nobody reminds him in the same hours."""

from __future__ import annotations

import pytest

from tests.flows.conditions import Condition
from tests.flows.edges import shipped
from tests.flows.reminders import moments, tick

pytestmark = pytest.mark.flow


def writes(play: Condition, text: str) -> None:
    """The client writes into the company's chat."""
    play.world.control("openline", {"text": text, "chat": 900})


def an_old_conversation(play: Condition) -> int:
    """Two days before the day of the reminder the client asks something; returns the activity."""
    shipped(play)
    play.world.at("2026-04-08T12:00:00")
    writes(play, "Когда привезёте?")
    play.goes_on()
    [chat] = chats(play)
    return chat


def chats(play: Condition) -> list[int]:
    rows = play.world.rest("crm.activity.list", {"filter": {"PROVIDER_ID": "IMOPENLINES_SESSION"}})
    return [int(row["ID"]) for row in rows]


@pytest.mark.parametrize("refused", [False, True], ids=["readable", "conversation cannot be read"])
def test_a_new_message_in_an_old_chat_holds_the_reminder(play: Condition, refused: bool) -> None:
    chat = an_old_conversation(play)
    play.world.at("2026-04-10T08:55:00")
    writes(play, "Деньги отправили")
    assert chats(play) == [chat], "the conversation must be the same activity"
    if refused:
        fault = {"match": {"method": "imopenlines.session.history.get"}, "kind": "refuse", "error": "ACCESS_DENIED"}
        play.world.control("faults", {**fault, "times": 1_000})
    tick(play, "2026-04-10T09:05")
    assert moments(play) == []
    tick(play, "2026-04-10T13:05")
    assert moments(play) == ["2026-04-10T13:05"]


def test_what_an_employee_does_in_the_chat_is_no_contact(play: Condition) -> None:
    chat = an_old_conversation(play)
    play.world.at("2026-04-10T08:55:00")
    play.world.act("crm.activity.update", {"id": chat, "fields": {"PRIORITY": 3}}, 11)
    play.world.act(
        "imopenlines.crm.message.add",
        {"CRM_ENTITY_TYPE": "company", "CRM_ENTITY": 100, "CHAT_ID": 900, "USER_ID": 11, "MESSAGE": "Завтра"},
        11,
    )
    [row] = play.world.rest("crm.activity.list", {"filter": {"ID": chat}, "select": ["LAST_UPDATED"]})
    assert row["LAST_UPDATED"].startswith("2026-04-10T08:55")
    tick(play, "2026-04-10T09:05")
    assert moments(play)[-1] == "2026-04-10T09:05"
