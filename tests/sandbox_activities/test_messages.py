"""Senders of messages, and what people do on the phone: gestures of the control side."""

from __future__ import annotations

from typing import Any

from tests.sandbox_activities.conftest import CONTACT, DEAL, Desk, data_of
from tests.sandbox_automation.conftest import DEAL_TYPE, bpt, step


def sender(desk: Desk, **changes: Any) -> dict[str, Any]:
    given = {"CODE": "provider1", "TYPE": "SMS", "HANDLER": desk.receiver.url("/sms"), "NAME": {"ru": "СМС"}}
    return {**given, **changes}


def test_senders(desk: Desk) -> None:
    name = "messageservice.sender"
    assert desk.refused(f"{name}.list") == ("ACCESS_DENIED", "Application context required", 403)
    assert desk.app(f"{name}.add", **sender(desk)) is True
    assert desk.app_refused(f"{name}.add", **sender(desk))[0] == "ERROR_SENDER_ALREADY_INSTALLED"
    assert desk.app(f"{name}.list") == ["provider1"]
    invalid = "ERROR_SENDER_VALIDATION_FAILURE"
    assert desk.app_refused(f"{name}.add")[:2] == (invalid, "Empty data!")
    assert desk.app_refused(f"{name}.add", **sender(desk, CODE=""))[:2] == (invalid, "Empty sender code!")
    assert desk.app_refused(f"{name}.add", **sender(desk, CODE="a b"))[:2] == (invalid, "Wrong sender code!")
    assert desk.app_refused(f"{name}.add", **sender(desk, NAME=""))[:2] == (invalid, "Empty sender NAME!")
    assert desk.app_refused(f"{name}.add", **sender(desk, TYPE="FAX"))[:2] == (
        invalid,
        "Unknown sender message TYPE!",
    )
    assert desk.app(f"{name}.update", CODE="provider1", NAME="Другой") is True
    assert desk.app_refused(f"{name}.update", CODE="provider1")[0] == "ERROR_SENDER_OTHER_PARAMS_REQUIRED"
    assert desk.app_refused(f"{name}.update", NAME="x")[0] == "ERROR_SENDER_CODE_REQUIRED"
    assert desk.app(f"{name}.delete", CODE="provider1") is True
    assert desk.app_refused(f"{name}.delete", CODE="provider1")[0] == "ERROR_SENDER_NOT_FOUND"


def test_an_employee_writes_from_a_card(desk: Desk) -> None:
    desk.app("messageservice.sender.add", **sender(desk))
    bindings = [{"OWNER_TYPE_ID": CONTACT, "OWNER_ID": 200}]
    said = {"as": 11, "code": "provider1", "text": "Код 1234", "bindings": bindings}
    message = desk.sandbox.control("send_message", said)["message_id"]
    form = desk.heard(1)[0]
    assert form["auth[user_id]"] == "11"
    assert {key: value for key, value in form.items() if not key.startswith("auth[") and key != "ts"} == {
        "module_id": "crm",
        "bindings[0][OWNER_TYPE_ID]": "3",
        "bindings[0][OWNER_ID]": "200",
        "properties[phone_number]": "+79990000001",
        "properties[message_text]": "Код 1234",
        "type": "SMS",
        "code": "provider1",
        "message_id": message,
        "message_to": "+79990000001",
        "message_body": "Код 1234",
    }
    sent = desk.sandbox.control("outbox")
    assert [(row["channel"], row["to"], row["text"]) for row in sent] == [("sms", "+79990000001", "Код 1234")]
    shown = desk.call("crm.activity.list", filter={"PROVIDER_ID": "CRM_SMS"})[0]
    assert (shown["DIRECTION"], shown["DESCRIPTION"], shown["RESPONSIBLE_ID"]) == ("2", "Код 1234", "11")
    name, told = "messageservice.message.status.update", {"CODE": "provider1", "MESSAGE_ID": message}
    assert desk.app(name, **told, STATUS="delivered") is True
    assert desk.app_refused(name, **told, STATUS="eaten")[0] == "ERROR_MESSAGE_STATUS_INCORRECT"
    assert desk.app_refused(name, CODE="provider1", MESSAGE_ID="no", STATUS="sent")[0] == "ERROR_MESSAGE_NOT_FOUND"


def test_a_robot_writes_about_a_deal(desk: Desk) -> None:
    desk.app("messageservice.sender.add", **sender(desk))
    deal = desk.add(DEAL, title="Сделка", contactId=200)
    document = ["crm", "CCrmDocumentDeal", f"DEAL_{deal}"]
    said = {"code": "provider1", "to": "+7999", "text": "Готово", "document": document, "workflow_id": "66e.1"}
    desk.sandbox.control("send_message", {**said, "channel": "whatsapp"})
    form = desk.heard(1)[0]
    assert (form["module_id"], form["workflow_id"]) == ("bizproc", "66e.1")
    assert [form[f"document_id[{i}]"] for i in range(3)] == document
    assert form["document_type[2]"] == "DEAL"
    assert "bindings[0][OWNER_ID]" not in form
    assert {"auth[access_token]", "auth[refresh_token]", "auth[user_id]", "auth[application_token]"} <= set(form)
    assert [row["channel"] for row in desk.sandbox.control("outbox")] == ["whatsapp"]


def test_a_process_writes_to_the_client_of_a_deal(desk: Desk) -> None:
    desk.app("messageservice.sender.add", **sender(desk))
    deal = desk.add(DEAL, title="Сделка", contactId=200)
    text = step("CrmSendSmsActivity", ProviderId="provider1", MessageText="Заказ {=Document:TITLE} готов")
    template = {"DOCUMENT_TYPE": DEAL_TYPE, "NAME": "СМС", "TEMPLATE_DATA": bpt(text)}
    number = desk.app("bizproc.workflow.template.add", **template)
    document = ["crm", "CCrmDocumentDeal", f"DEAL_{deal}"]
    process = desk.call("bizproc.workflow.start", TEMPLATE_ID=number, DOCUMENT_ID=document)
    form = desk.heard(1)[0]
    assert (form["workflow_id"], form["message_to"]) == (process, "+79990000001")
    assert form["message_body"] == "Заказ Сделка готов"


def test_a_click_on_a_phone_and_an_ordered_call(desk: Desk) -> None:
    desk.listen("OnExternalCallStart", "OnExternalCallBackStart")
    crm = {"type": "CONTACT", "id": 200}
    made = desk.sandbox.control("click_to_call", {"as": 11, "phone": "+79990000001", "line": "7", "crm": crm})
    start = data_of(desk.heard(1)[0])
    assert start == {
        "PHONE_NUMBER": "+79990000001",
        "PHONE_NUMBER_INTERNATIONAL": "+79990000001",
        "EXTENSION": "",
        "USER_ID": "11",
        "CALL_LIST_ID": "0",
        "LINE_NUMBER": "7",
        "IS_MOBILE": "0",
        "CALL_ID": made["CALL_ID"],
        "CRM_ENTITY_TYPE": "CONTACT",
        "CRM_ENTITY_ID": "200",
    }
    done = desk.app("telephony.externalCall.finish", CALL_ID=made["CALL_ID"], USER_ID=11, DURATION=3)
    assert done["EXTERNAL_CALL_ID"] is None
    desk.sandbox.control("order_callback", {"phone": "+79161112299"})
    back = data_of(desk.heard(1)[0])
    assert set(back) == {"PHONE_NUMBER", "TEXT", "VOICE", "CRM_ENTITY_TYPE", "CRM_ENTITY_ID", "LINE_NUMBER"}
    assert back["CRM_ENTITY_TYPE"] == "LEAD"


def test_a_call_of_the_portal_itself(desk: Desk) -> None:
    desk.listen("OnVoximplantCallInit", "OnVoximplantCallStart", "OnVoximplantCallEnd")
    made = desk.sandbox.control("phone_call", {"as": 11, "phone": "+79990000001", "duration": 40})
    by_event = {form["event"]: data_of(form) for form in desk.heard(3)}
    assert set(by_event["ONVOXIMPLANTCALLINIT"]) == {
        "CALL_ID",
        "CALL_TYPE",
        "ACCOUNT_SEARCH_ID",
        "PHONE_NUMBER",
        "CALLER_ID",
    }
    assert by_event["ONVOXIMPLANTCALLEND"]["CALL_FAILED_CODE"] == "200"
    assert desk.call("crm.activity.get", id=made["CRM_ACTIVITY_ID"])["OWNER_ID"] == "200"
    desk.sandbox.control("phone_call", {"as": 11, "phone": "+79990000001", "duration": 0})
    assert sorted(form["event"] for form in desk.heard(2)) == ["ONVOXIMPLANTCALLEND", "ONVOXIMPLANTCALLINIT"]
