"""Mail: mailboxes, letters, what is made of them, presets of providers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness.sandbox import Sandbox
from tests.sandbox_tasks.conftest import V3, Refusal, refused, result

ANNA, BORIS = 2, 3
OF_ANNA, OF_BORIS = "1040@example.com", "1041@example.com"
REQUEST = "VALIDATION_REQUESTVALIDATIONEXCEPTION"
LETTER = {"from": OF_ANNA, "to": [OF_BORIS], "subject": "Договор", "body": "Текст письма"}


@pytest.fixture
def letter(v3: V3) -> int:
    """A letter of Anna's in Boris's mailbox."""
    assert result(v3("mail.message.send", LETTER, ANNA)) == {"success": True, "to": [OF_BORIS]}
    letters = result(v3("mail.message.list", {"searchQuery": "Договор"}, BORIS))["items"]
    return int(letters[0]["id"])


def test_mailboxes(v3: V3) -> None:
    (box,) = result(v3("mail.mailbox.list", {}, ANNA))["items"]
    assert box == {"id": ANNA, "name": OF_ANNA, "email": OF_ANNA, "senderName": "Анна"}
    assert result(v3("mail.mailbox.list", {"email": "nothing"}, ANNA))["items"] == []
    assert result(v3("mail.mailbox.get", {"id": ANNA, "select": ["email"]}, ANNA))["item"] == {"email": OF_ANNA}
    assert refused(v3("mail.mailbox.get", {"id": BORIS}, ANNA))[1] == "ENTITYNOTFOUNDEXCEPTION"
    (sender,) = result(v3("mail.mailbox.senders", {}, ANNA))["items"]
    assert sender["sender"] == f"Анна <{OF_ANNA}>"
    assert refused(v3("mail.mailbox.list", {"pagination": {"limit": "abc"}}))[1] == "INVALIDPAGINATIONEXCEPTION"


def test_recipients(v3: V3, sandbox: Sandbox) -> None:
    fields = {"NAME": "Клиент", "EMAIL": [{"VALUE": "client@example.com", "VALUE_TYPE": "WORK"}]}
    number = sandbox.rest("crm.contact.add", {"fields": fields})
    assert result(v3("mail.recipient.listcontacts", {"query": "кли"}))["items"] == [
        {"id": number, "email": "client@example.com", "name": "Клиент"}
    ]
    assert [row["id"] for row in result(v3("mail.recipient.listemployees", {"query": "анна"}))["items"]][-1] == ANNA
    assert refused(v3("mail.recipient.listemployees")) == (400, REQUEST, ["query"])


def test_a_letter_arrives(v3: V3, letter: int) -> None:
    item = result(v3("mail.message.get", {"id": letter}, BORIS))["item"]
    assert (item["from"], item["to"], item["isSeen"], item["bindings"]) == (OF_ANNA, OF_BORIS, False, [])
    assert refused(v3("mail.message.get", {"id": letter}, ANNA))[1] == "ENTITYNOTFOUNDEXCEPTION"
    assert result(v3("mail.message.list", {"searchQuery": "договор", "isSeen": False}, BORIS))["items"]
    assert result(v3("mail.message.list", {"dateFrom": "2026-05-01T00:00:00+03:00"}, BORIS))["items"] == []
    assert refused(v3("mail.message.list", {"dateFrom": "вчера"}, BORIS)) == (400, REQUEST, ["dateFrom"])
    sent = result(v3("mail.message.list", {"folder": "Sent"}, ANNA))["items"]
    assert [row["subject"] for row in sent] == ["Договор"]


def test_a_conversation(v3: V3, letter: int) -> None:
    answer = {"replyToMessageId": letter, "from": OF_BORIS, "to": [OF_ANNA], "subject": "Re: Договор", "body": "Да"}
    assert result(v3("mail.message.reply", answer, BORIS))["success"] is True
    rows = result(v3("mail.message.thread", {"id": letter}, BORIS))
    assert [row["subject"] for row in rows] == ["Договор", "Re: Договор"]
    assert rows[0]["date"].startswith("2026-04-06 ")
    lost = v3("mail.message.reply", {**answer, "replyToMessageId": 999}, BORIS)
    assert refused(lost) == (400, REQUEST, ["replyToMessageId"])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"from": None}, "from"),
        ({"to": []}, "to"),
        ({"to": ["no address"]}, "to"),
        ({"cc": ["?"]}, "cc"),
        ({"from": "other@example.com"}, "from"),
        ({"subject": ""}, "subject"),
    ],
)
def test_refused_letters(v3: V3, change: dict[str, Any], field: str) -> None:
    assert refused(v3("mail.message.send", {**LETTER, **change}, ANNA)) == (400, REQUEST, [field])


def test_folders(v3: V3, letter: int) -> None:
    def move(**asked: Any) -> Any:
        return v3("mail.message.movetofolder", {"messageIds": [letter], **asked}, BORIS)

    assert refused(move(action="burn")) == (400, REQUEST, ["action"])
    assert refused(move(action="move")) == (400, REQUEST, ["folder"])
    assert result(move(action="spam")) == {"success": True, "movedCount": 1, "action": "spam"}
    assert [row["subject"] for row in result(v3("mail.message.list", {}, BORIS))["items"]] == ["Добро пожаловать"]
    assert result(move(action="delete"))["movedCount"] == 1
    assert refused(move(action="spam")) == (400, REQUEST, ["messageIds"])


def test_what_is_made_of_a_letter(v3: V3, sandbox: Sandbox, letter: int) -> None:
    task = result(v3("mail.message.createtask", {"messageId": letter}, BORIS))["taskId"]
    assert sandbox.rest("tasks.task.get", {"taskId": task}, BORIS)["task"]["title"] == "Договор"
    times = {"dateFrom": "2026-04-15 10:00:00", "dateTo": "2026-04-15 11:00:00"}
    event = result(v3("mail.message.createcalendarevent", {"messageId": letter, **times}, BORIS))["eventId"]
    assert sandbox.rest("calendar.event.getbyid", {"id": event}, BORIS)["DATE_FROM"] == "15.04.2026 10:00:00"
    wrong = {"messageId": letter, **times, "dateTo": "завтра"}
    assert refused(v3("mail.message.createcalendarevent", wrong, BORIS)) == (400, REQUEST, ["dateTo"])
    post = result(v3("mail.message.createfeedpost", {"messageId": letter}, BORIS))
    assert (post["success"], post["messageId"]) == (True, letter)
    assert sandbox.rest("log.blogpost.get", {"POST_ID": post["postId"]}, BORIS)[0]["TITLE"] == "Договор"
    assert refused(v3("mail.message.createtask", {"messageId": 999}, BORIS)) == (400, REQUEST, ["messageId"])


def test_a_letter_in_the_crm(v3: V3, sandbox: Sandbox, letter: int) -> None:
    fields = {"NAME": "Анна", "EMAIL": [{"VALUE": OF_ANNA, "VALUE_TYPE": "WORK"}]}
    contact = sandbox.rest("crm.contact.add", {"fields": fields}, BORIS)
    assert result(v3("mail.message.createcrmactivity", {"messageId": letter}, BORIS)) is True
    asked = {"filter": {"OWNER_TYPE_ID": 3, "OWNER_ID": contact, "TYPE_ID": 4}}
    (activity,) = sandbox.rest("crm.activity.list", asked, BORIS)
    assert (activity["SUBJECT"], activity["DIRECTION"]) == ("Договор", "1")
    assert result(v3("mail.message.removecrmactivity", {"messageId": letter}, BORIS)) is True
    assert sandbox.rest("crm.activity.list", asked, BORIS) == []


def test_presets_of_providers(sandbox: Sandbox, refusal: Refusal) -> None:
    number = sandbox.rest("mailservice.add", {"NAME": "Почта", "SERVER": "imap.example.com", "PORT": 993})
    row = sandbox.rest("mailservice.get", {"ID": number})
    assert (row["ID"], row["PORT"], row["ACTIVE"], row["SMTP_SERVER"]) == (str(number), "993", "Y", None)
    assert sandbox.rest("mailservice.update", {"ID": number, "ACTIVE": "N"}) is True
    assert [row["NAME"] for row in sandbox.rest("mailservice.list")][:1] == ["gmail"]
    assert refusal("mailservice.add", {"NAME": "x"}, ANNA) == (400, "ERROR_CORE")
    assert refusal("mailservice.add", {"NAME": "x", "PORT": "y"}) == (400, "ERROR_CORE")
    assert sandbox.rest("mailservice.delete", {"ID": number}) is True
    assert refusal("mailservice.get", {"ID": number}) == (400, "ERROR_CORE")
