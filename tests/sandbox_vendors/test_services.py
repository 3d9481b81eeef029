"""Wazzup24 and Green-API of the sandbox: what they take, refuse, lose and tell."""

from __future__ import annotations

import pytest
import requests

from tests.sandbox_vendors.conftest import CHANNEL, Crm, Messenger


def test_wazzup_takes_a_message_and_the_client_has_it(messenger: Messenger) -> None:
    answer = messenger.wazzup(crmMessageId="deal-77")
    assert answer.status_code == 201
    assert set(answer.json()) == {"messageId", "chatId"}
    expected = [("whatsapp", "+79990000001", "Добрый день", "wazzup")]
    for outbox in (messenger.control("outbox"), messenger.sandbox.control("outbox")):
        assert [(one["channel"], one["to"], one["text"], one["method"]) for one in outbox] == expected


def test_wazzup_refuses_a_repeat_for_a_minute_only(messenger: Messenger) -> None:
    messenger.wazzup(crmMessageId="deal-77")
    refusals = [messenger.wazzup(crmMessageId="deal-77") for _ in range(2)]
    assert {one.status_code for one in refusals} == {400}
    assert {one.json()["error"] for one in refusals} == {"repeatedCrmMessageId", "REPEATED_CRM_MESSAGE_ID"}
    messenger.sandbox.control("clock", {"advance": "PT61S"})
    assert messenger.wazzup(crmMessageId="deal-77").status_code == 201
    assert len(messenger.control("outbox")) == 2


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"key": "wrong"}, 401, None),
        ({"channelId": "other"}, 400, "CHANNEL_NOT_FOUND"),
        ({"chatId": "+79990000001"}, 400, "INVALID_DATA"),
        ({"chatId": "123"}, 400, "BAD_CONTACT"),
        ({"text": None}, 400, "INVALID_DATA"),
        ({"contentUri": "https://x/y.jpg"}, 400, "INVALID_DATA"),
        ({"chatType": "pigeon"}, 400, "INVALID_DATA"),
    ],
)
def test_wazzup_refuses(messenger: Messenger, changes: dict[str, str], status: int, error: str | None) -> None:
    answer = messenger.wazzup(**changes)
    assert (answer.status_code, answer.json().get("error")) == (status, error)
    assert messenger.control("outbox") == []


@pytest.mark.parametrize(
    ("kind", "status", "taken"),
    [("503", 503, 0), ("429", 429, 0), ("bad_contact", 400, 0), ("window_closed", 400, 0), ("504_after_apply", 504, 1)],
)
def test_faults_happen_once(messenger: Messenger, kind: str, status: int, taken: int) -> None:
    messenger.control("faults", {"kind": kind, "times": 1})
    assert messenger.wazzup().status_code == status
    assert len(messenger.control("outbox")) == taken
    assert messenger.wazzup().status_code == 201


def test_answers_are_lost_before_and_after(messenger: Messenger) -> None:
    for kind, taken in (("drop_before", 0), ("drop_after_apply", 1)):
        messenger.control("faults", {"kind": kind, "times": 1, "match": {"vendor": "green_api"}})
        with pytest.raises(requests.ConnectionError):
            messenger.green("sendMessage", {"chatId": "79990000001@c.us", "message": "Привет"})
        assert len(messenger.control("outbox")) == taken
    messenger.control("faults", {"kind": "html", "times": 1})
    assert "html" in messenger.wazzup().headers["Content-Type"]


def test_wazzup_limits_the_rate(messenger: Messenger) -> None:
    messenger.control("account", {"vendor": "wazzup", "limit": 0})
    assert messenger.wazzup().status_code == 429
    assert messenger.control("outbox") == []


def test_wazzup_tries_the_address_of_a_webhook(messenger: Messenger, crm: Crm) -> None:
    def subscribe() -> requests.Response:
        body = {"webhooksUri": crm.url, "subscriptions": {"messagesAndStatuses": True}}
        headers = {"Authorization": "Bearer wazzup-key"}
        return requests.patch(f"{messenger.url}/v3/webhooks", json=body, headers=headers, timeout=30)

    crm.status = 404
    assert subscribe().status_code == 400
    crm.status = 200
    assert subscribe().status_code == 200
    assert crm.heard == [{"test": True}] * 2
    assert messenger.control("state")["accounts"]["wazzup"]["webhook"] == crm.url


def test_wazzup_tells_what_became_of_a_message(messenger: Messenger, crm: Crm) -> None:
    messenger.control("account", {"vendor": "wazzup", "webhook": crm.url})
    number = messenger.wazzup().json()["messageId"]
    told = messenger.control("deliver", {"to": "+7 999 000-00-01", "status": "delivered", "times": 2})
    assert told == {"id": number, "statuses": [200, 200]}
    assert crm.heard[0] == crm.heard[1]
    assert crm.heard[0]["statuses"][0]["messageId"] == number
    messenger.control("deliver", {"id": number, "status": "failed", "reason": "BAD_CONTACT"})
    assert crm.heard[2]["statuses"][0] | {"timestamp": ""} == {
        "messageId": number,
        "timestamp": "",
        "status": "error",
        "error": {"error": "BAD_CONTACT", "description": ""},
    }
    messenger.control("incoming", {"from": "79990000001", "text": "Оплатим завтра"})
    message = crm.heard[3]["messages"][0]
    assert (message["chatId"], message["status"], message["isEcho"]) == ("79990000001", "inbound", False)
    assert message["channelId"] == CHANNEL
    assert [row["status"] for row in messenger.control("webhooks")][-4:] == [200] * 4


def test_green_api_keeps_a_journal(messenger: Messenger, crm: Crm) -> None:
    sent = messenger.green("sendMessage", {"chatId": "79990000001@c.us", "message": "Привет"})
    assert set(sent.json()) == {"idMessage"}
    journal = messenger.green("lastOutgoingMessages").json()
    assert [(one["idMessage"], one["chatId"], one["textMessage"]) for one in journal] == [
        (sent.json()["idMessage"], "79990000001@c.us", "Привет")
    ]
    assert messenger.green("sendMessage", {"chatId": "79990000001", "message": "x"}).status_code == 400
    assert messenger.green("getStateInstance", token="wrong").status_code == 401
    assert messenger.green("setSettings", {"webhookUrl": crm.url, "outgoingWebhook": "yes"}).json() == {
        "saveSettings": True
    }
    messenger.control("deliver", {"to": "79990000001", "status": "noAccount"})
    messenger.control("incoming", {"vendor": "green_api", "from": "79990000001", "text": "Да"})
    assert [one["typeWebhook"] for one in crm.heard] == ["outgoingMessageStatus", "incomingMessageReceived"]
    assert crm.heard[0]["status"] == "noAccount"
    assert "green-token" not in str(messenger.control("calls"))
