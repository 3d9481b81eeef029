"""Open lines: clients write, employees answer, CRM and applications are told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness.receiver import Receiver
from tests.harness.sandbox import Refused, Sandbox
from tests.sandbox_core.conftest import App


def refusal(sandbox: Sandbox | App, method: str, params: dict[str, Any], **options: Any) -> tuple[Any, int]:
    with pytest.raises(Refused) as caught:
        sandbox.rest(method, params, **options)
    return caught.value.code, caught.value.status


def write(sandbox: Sandbox, text: str, **body: Any) -> dict[str, int]:
    answer: dict[str, int] = sandbox.control("openline", {"text": text, **body})
    return answer


CARD = {"CRM_ENTITY_TYPE": "company", "CRM_ENTITY": 100}


def test_the_chat_of_a_company_is_written_to_and_the_client_receives_it(sandbox: Sandbox) -> None:
    chats = sandbox.rest("imopenlines.crm.chat.get", CARD)
    assert chats == [{"CHAT_ID": "900", "CONNECTOR_ID": "whatsapp", "CONNECTOR_TITLE": "WhatsApp"}]
    sent = sandbox.rest("imopenlines.crm.message.add", {**CARD, "USER_ID": 11, "CHAT_ID": 900, "MESSAGE": "Счёт"})
    assert isinstance(sent, int)
    outbox = sandbox.control("outbox")[-1]
    assert (outbox["channel"], outbox["to"], outbox["text"]) == ("openline", "900", "Счёт")
    assert outbox["method"] == "imopenlines.crm.message.add"
    assert sandbox.rest("imopenlines.crm.chat.getLastId", CARD) == 900


def test_what_the_pages_refuse(sandbox: Sandbox) -> None:
    assert refusal(sandbox, "imopenlines.crm.chat.get", {"CRM_ENTITY_TYPE": "deal"}) == ("ERROR_ARGUMENT", 400)
    wrong = {**CARD, "CRM_ENTITY": "x"}
    assert refusal(sandbox, "imopenlines.crm.chat.get", wrong) == ("ERROR_ARGUMENT", 400)
    assert sandbox.rest("imopenlines.crm.chat.get", {**CARD, "CRM_ENTITY": 7777}) == []
    message = {**CARD, "USER_ID": 11, "CHAT_ID": 900, "MESSAGE": "x"}
    assert refusal(sandbox, "imopenlines.crm.message.add", {**message, "CHAT_ID": 5}) == ("CHAT_NOT_IN_CRM", 400)
    assert refusal(sandbox, "imopenlines.crm.message.add", {**message, "USER_ID": 20}) == ("CANCELED", 400)
    assert refusal(sandbox, "imopenlines.crm.message.add", {**message, "MESSAGE": ""}) == ("ERROR_ARGUMENT", 400)
    assert refusal(sandbox, "imopenlines.crm.chat.getLastId", {}) == ("CRM_CHAT_EMPTY_CRM_DATA", 400)
    assert refusal(sandbox, "imopenlines.operator.answer", {}) == ("CHAT_ID", 400)
    assert refusal(sandbox, "imopenlines.session.intercept", {}) == ("CHAT_ID_EMPTY", 400)
    assert refusal(sandbox, "imopenlines.session.history.get", {}) == ("MISSING_REQUIRED_PARAM", 400)
    assert refusal(sandbox, "imopenlines.config.get", {}) == ("CONFIG_ID_EMPTY", 400)
    assert refusal(sandbox, "imopenlines.config.delete", {"CONFIG_ID": 1}, user=11) == (
        "CONFIG_WRONG_USER_PERMISSION",
        403,
    )


def test_a_closed_conversation_is_not_written_to_until_the_client_comes_back(sandbox: Sandbox) -> None:
    sandbox.control("act", {"as": 11, "method": "imopenlines.operator.finish", "params": {"CHAT_ID": 900}})
    message = {**CARD, "USER_ID": 11, "CHAT_ID": 900, "MESSAGE": "x"}
    assert sandbox.rest("imopenlines.crm.chat.get", CARD) == []
    assert len(sandbox.rest("imopenlines.crm.chat.get", {**CARD, "ACTIVE_ONLY": "N"})) == 1
    assert refusal(sandbox, "imopenlines.crm.message.add", message) == ("CHAT_NOT_IN_CRM", 400)
    told = write(sandbox, "Я вернулась", chat=900)
    assert told["session"] == 2
    assert sandbox.rest("imopenlines.crm.message.add", message) > told["message"]


def test_a_new_client_gets_a_lead_and_an_activity(sandbox: Sandbox) -> None:
    client = {"name": "Сергей", "last_name": "Новиков", "phone": "+79161112233"}
    told = write(sandbox, "Сколько стоит?", line=1, client=client)
    lead = sandbox.rest("crm.item.list", {"entityTypeId": 1, "select": ["id", "name"]})["items"][0]
    assert lead["name"] == "Сергей"
    activity = sandbox.rest("crm.activity.list", {"filter": {"OWNER_TYPE_ID": 1, "OWNER_ID": lead["id"]}})[0]
    assert activity["PROVIDER_ID"] == "IMOPENLINES_SESSION"
    assert (activity["DIRECTION"], activity["IS_INCOMING_CHANNEL"]) == ("1", "Y")
    assert activity["ASSOCIATED_ENTITY_ID"] == str(told["session"])
    dialog = sandbox.rest("imopenlines.dialog.get", {"CHAT_ID": told["chat"]})
    assert dialog["type"] == "lines"
    assert dialog["entity_data_2"] == f"LEAD|{lead['id']}|COMPANY|0|CONTACT|0|DEAL|0"
    history = sandbox.rest("imopenlines.session.history.get", {"SESSION_ID": told["session"]})
    assert [m["text"] for m in history["message"].values()] == ["Сколько стоит?"]


def test_a_known_client_is_bound_to_the_contact(sandbox: Sandbox) -> None:
    client = {"name": "Борис", "email": "b@lutik.ru"}
    told = write(sandbox, "Добрый день", line=1, client=client, connector="livechat")
    chats = sandbox.rest("imopenlines.crm.chat.get", {"CRM_ENTITY_TYPE": "contact", "CRM_ENTITY": 201})
    assert chats[0]["CHAT_ID"] == str(told["chat"])
    assert sandbox.rest("crm.item.list", {"entityTypeId": 1})["items"] == []


def test_employees_take_turns_and_hand_over(sandbox: Sandbox) -> None:
    first = write(sandbox, "1", line=1, client="Первый")
    second = write(sandbox, "2", line=1, client="Второй")
    owners = [sandbox.rest("imopenlines.dialog.get", {"CHAT_ID": told["chat"]})["owner"] for told in (first, second)]
    assert sorted(owners) == [11, 12]
    sandbox.rest("imopenlines.operator.transfer", {"CHAT_ID": first["chat"], "TRANSFER_ID": 20})
    assert sandbox.rest("imopenlines.dialog.get", {"CHAT_ID": first["chat"]})["owner"] == 20
    none = {"CHAT_ID": first["chat"]}
    assert refusal(sandbox, "imopenlines.operator.transfer", none) == ("TRANSFER_ID_EMPTY", 400)
    sandbox.rest("imopenlines.session.intercept", {"CHAT_ID": first["chat"]})
    assert sandbox.rest("imopenlines.dialog.get", {"CHAT_ID": first["chat"]})["owner"] == 1
    assert sandbox.rest("imopenlines.session.mode.pinAll") == [first["session"]]
    assert sandbox.rest("imopenlines.operator.spam", {"CHAT_ID": first["chat"]}) is True


def test_lines_are_kept_as_they_were_set(sandbox: Sandbox) -> None:
    params = {"LINE_NAME": "VIP", "QUEUE": [{"ENTITY_TYPE": "department", "ENTITY_ID": 5}], "QUEUE_TIME": 90}
    number = sandbox.rest("imopenlines.config.add", {"PARAMS": params})
    line = sandbox.rest("imopenlines.config.get", {"CONFIG_ID": number})
    assert (line["ID"], line["LINE_NAME"], line["QUEUE_TIME"]) == (str(number), "VIP", "90")
    assert line["QUEUE"] == ["10", "11", "12"]
    assert line["DATE_CREATE"] == {}
    asked = {"PARAMS": {"select": ["ID", "LINE_NAME"], "filter": {"LINE_NAME": "VIP"}}, "OPTIONS": {"QUEUE": "Y"}}
    listed = sandbox.rest("imopenlines.config.list.get", asked)
    assert [(row["ID"], row["QUEUE"]) for row in listed] == [(str(number), [10, 11, 12])]
    assert sandbox.rest("imopenlines.config.update", {"CONFIG_ID": number, "PARAMS": {"ACTIVE": "N"}}) is True
    assert sandbox.rest("imopenlines.config.delete", {"CONFIG_ID": number}) is True
    bad = {"PARAMS": {"filter": "x"}}
    assert refusal(sandbox, "imopenlines.config.list.get", bad) == ("INVALID_FORMAT", 400)


CONNECTOR = {
    "ID": "MyChat",
    "NAME": "Мой чат",
    "ICON": {"DATA_IMAGE": "data:image/svg+xml,x"},
    "PLACEMENT_HANDLER": "https://app.example/settings",
}


def parcel(text: str = "Здравствуйте", number: str = "m1") -> dict[str, Any]:
    user = {"id": "u42", "name": "Пётр", "last_name": "Клиентов", "phone": "+79995550000"}
    message = {"id": number, "date": 1773267564, "text": text}
    return {"user": user, "message": message, "chat": {"id": "c7", "name": "Чат", "url": "https://x.example/7"}}


@pytest.fixture
def connected(app: App) -> App:
    """An application with a connector switched on for line 1."""
    assert app.rest("imconnector.register", CONNECTOR) == {"result": True}
    assert app.rest("imconnector.activate", {"CONNECTOR": "mychat", "LINE": 1, "ACTIVE": 1}) is True
    data = {"ID": "c", "NAME": "Канал", "URL": "https://x.example"}
    assert app.rest("imconnector.connector.data.set", {"CONNECTOR": "mychat", "LINE": 1, "DATA": data}) is True
    return app


def test_a_connector_is_registered_switched_and_removed(connected: App, sandbox: Sandbox) -> None:
    status = connected.rest("imconnector.status", {"CONNECTOR": "mychat", "LINE": 1})
    assert status == {"LINE": 1, "CONNECTOR": "mychat", "ERROR": False, "CONFIGURED": True, "STATUS": True}
    assert connected.rest("imconnector.list")["mychat"] == "Мой чат"
    assert connected.rest("imconnector.register", {**CONNECTOR, "ID": "a.b"})["error"] == (
        "APPLICATION_REGISTRATION_ERROR_POINT"
    )
    assert connected.rest("imconnector.register", {})["error"] == "CONNECTOR_ID_REQUIRED"
    assert refusal(sandbox, "imconnector.list", {}) == ("WRONG_AUTH_TYPE", 403)
    assert refusal(connected, "imconnector.activate", {"CONNECTOR": "mychat", "LINE": 1}) == ("ERROR_ARGUMENT", 400)
    assert connected.rest("imconnector.unregister", {"ID": "mychat"}) == {"result": True}
    assert connected.rest("imconnector.unregister", {"ID": "mychat"})["error"] == "APPLICATION_UNREGISTRATION_ERROR"


def bind(app: App, receiver: Receiver, *codes: str) -> None:
    for code in codes:
        app.rest("event.bind", {"event": code, "handler": receiver.url()})


def test_messages_go_both_ways(connected: App, sandbox: Sandbox, receiver: Receiver) -> None:
    bind(connected, receiver, "OnImConnectorDialogStart", "OnOpenLineMessageAdd", "OnImConnectorMessageAdd")
    sent = connected.rest("imconnector.send.messages", {"CONNECTOR": "mychat", "LINE": 1, "MESSAGES": [parcel()]})
    result = sent["DATA"]["RESULT"][0]
    assert sent["SUCCESS"] is True
    assert result["message"] == {"id": "m1", "date": {}, "text": "Здравствуйте", "files": []}
    chat = int(result["session"]["CHAT_ID"])
    operator = sandbox.rest("imopenlines.dialog.get", {"CHAT_ID": chat})["owner"]
    answer = {"DIALOG_ID": f"chat{chat}", "MESSAGE": "Добрый день"}
    sandbox.control("act", {"as": operator, "method": "im.message.add", "params": answer})
    sandbox.control("delivery/flush", {})
    events = {event["event"]: event for event in sandbox.control("events")}
    start = events["ONIMCONNECTORDIALOGSTART"]["data"]
    assert (start["CONNECTOR"], start["LINE"]) == ("mychat", "1")
    assert set(start["DATA"][0]) == {"connector", "session", "chat", "user"}
    out = events["ONIMCONNECTORMESSAGEADD"]["data"]
    assert out["MESSAGES"][0]["chat"] == {"id": "c7"}
    assert out["MESSAGES"][0]["message"]["text"].endswith("[br]Добрый день")
    assert set(events["ONOPENLINEMESSAGEADD"]["data"]["DATA"][0]) == {"connector", "chat", "message", "ref", "extra"}
    delivered = {"im": out["MESSAGES"][0]["im"], "message": {"id": ["x1"]}, "chat": {"id": "c7"}}
    status = {"CONNECTOR": "mychat", "LINE": 1, "MESSAGES": [delivered]}
    assert connected.rest("imconnector.send.status.delivery", status) == {"SUCCESS": True, "DATA": []}


def test_the_client_edits_and_deletes(connected: App, sandbox: Sandbox) -> None:
    place = {"CONNECTOR": "mychat", "LINE": 1}
    sent = connected.rest("imconnector.send.messages", {**place, "MESSAGES": [parcel()]})["DATA"]["RESULT"][0]
    connected.rest("imconnector.update.messages", {**place, "MESSAGES": [parcel("Иначе")]})
    history = sandbox.rest("imopenlines.session.history.get", {"SESSION_ID": sent["session"]["ID"]})
    assert [m["text"] for m in history["message"].values()] == ["Иначе"]
    connected.rest("imconnector.delete.messages", {**place, "MESSAGES": [parcel()]})
    history = sandbox.rest("imopenlines.session.history.get", {"SESSION_ID": sent["session"]["ID"]})
    assert [m["params"]["isDeleted"] for m in history["message"].values()] == ["Y"]
    far = {**place, "LINE": 77, "MESSAGES": [parcel()]}
    assert refusal(connected, "imconnector.send.messages", far) == ("NOT_ACTIVE_LINE", 400)
    foreign = {"CONNECTOR": "livechat", "LINE": 1, "MESSAGES": [parcel()]}
    assert refusal(connected, "imconnector.send.messages", foreign) == ("IMCONNECTOR_NO_CORRECT_PROVIDER", 400)
