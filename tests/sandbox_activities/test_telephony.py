"""Calls of a telephony application: registered, shown, finished; their records, texts and statistics."""

from __future__ import annotations

import base64
import re
from typing import Any

import requests

from tests.sandbox_activities.conftest import CONTACT, Desk, data_of

KNOWN = "+7 (999) 000-00-01"


def register(desk: Desk, **params: Any) -> dict[str, Any]:
    given = {"USER_ID": 11, "PHONE_NUMBER": KNOWN, "TYPE": 2, "SHOW": 0, **params}
    return dict(desk.app("telephony.externalCall.register", **given))


def finish(desk: Desk, call_id: str, **params: Any) -> dict[str, Any]:
    return dict(desk.app("telephony.externalCall.finish", CALL_ID=call_id, USER_ID=11, **params))


def test_a_call_of_a_known_client(desk: Desk) -> None:
    desk.listen("OnVoximplantCallInit", "OnVoximplantCallStart", "OnVoximplantCallEnd", "onCrmActivityAdd")
    begun = register(desk, LINE_NUMBER="3", EXTERNAL_CALL_ID="a-1")
    assert re.fullmatch(r"externalCall\.[0-9a-f]{32}\.\d+", begun["CALL_ID"])
    assert begun == {
        "CALL_ID": begun["CALL_ID"],
        "CRM_CREATED_LEAD": None,
        "CRM_CREATED_ENTITIES": [],
        "CRM_ENTITY_TYPE": "CONTACT",
        "CRM_ENTITY_ID": 200,
    }
    assert desk.call("crm.activity.list") == []
    done = finish(desk, begun["CALL_ID"], DURATION=95, VOTE=5)
    assert (done["PORTAL_USER_ID"], done["INCOMING"], done["CALL_STATUS"], done["CALL_VOTE"]) == (11, "2", 1, 5)
    assert (done["CALL_FAILED_CODE"], done["PORTAL_NUMBER"], done["CALL_START_DATE"]) == ("200", "3", {})
    assert (done["CRM_ENTITY_TYPE"], done["CRM_ENTITY_ID"], done["COST"]) == ("CONTACT", 200, 0)
    activity = desk.call("crm.activity.get", id=done["CRM_ACTIVITY_ID"])
    assert (activity["PROVIDER_ID"], activity["TYPE_ID"], activity["DIRECTION"], activity["COMPLETED"]) == (
        "VOXIMPLANT_CALL",
        "2",
        "1",
        "Y",
    )
    assert activity["OWNER_ID"] == "200"
    by_event = {form["event"]: data_of(form) for form in desk.heard(4)}
    assert set(by_event["ONVOXIMPLANTCALLINIT"]) == {"CALL_ID", "CALL_TYPE", "CALLER_ID", "REST_APP_ID"}
    assert by_event["ONVOXIMPLANTCALLSTART"] == {"CALL_ID": begun["CALL_ID"], "USER_ID": "11"}
    end = by_event["ONVOXIMPLANTCALLEND"]
    assert (end["CALL_DURATION"], end["PHONE_NUMBER"], end["CRM_ACTIVITY_ID"], end["COST"]) == (
        "95",
        "+79990000001",
        str(done["CRM_ACTIVITY_ID"]),
        "0",
    )
    assert len(end) == 12


def test_the_same_call_is_registered_once(desk: Desk) -> None:
    first = register(desk, EXTERNAL_CALL_ID="a-1")["CALL_ID"]
    assert register(desk, EXTERNAL_CALL_ID="a-1")["CALL_ID"] == first
    assert register(desk, EXTERNAL_CALL_ID="a-2")["CALL_ID"] != first
    desk.sandbox.control("clock", {"advance": "PT31M"})
    assert register(desk, EXTERNAL_CALL_ID="a-1")["CALL_ID"] != first


def test_an_unknown_number_becomes_a_lead_or_a_contact_with_a_deal(desk: Desk) -> None:
    quiet = register(desk, PHONE_NUMBER="+79161112233")
    assert (quiet["CRM_ENTITY_TYPE"], quiet["CRM_CREATED_LEAD"]) == (None, None)
    begun = register(desk, PHONE_NUMBER="+79161112234", CRM_CREATE=1)
    lead = begun["CRM_CREATED_LEAD"]
    assert begun["CRM_CREATED_ENTITIES"] == [{"ENTITY_TYPE": "LEAD", "ENTITY_ID": lead}]
    done = desk.app("telephony.externalCall.finish", CALL_ID=begun["CALL_ID"], USER_ID=12)
    assert done["CALL_FAILED_CODE"] == "304"
    assert desk.call("crm.item.get", entityTypeId=1, id=lead)["item"]["assignedById"] == 12
    missed = desk.call("crm.activity.get", id=done["CRM_ACTIVITY_ID"])
    assert (missed["OWNER_TYPE_ID"], missed["COMPLETED"]) == ("1", "N")
    line = {"NUMBER": "77", "NAME": "Линия", "CRM_AUTO_CREATE": "N"}
    desk.app("telephony.externalLine.add", **line)
    out = register(desk, PHONE_NUMBER="+79161112235", TYPE=1, CRM_CREATE=1, LINE_NUMBER="77")
    assert out["CRM_CREATED_ENTITIES"] == []


def test_refusals_of_calls(desk: Desk) -> None:
    assert desk.refused("telephony.externalCall.register", USER_ID=1)[::2] == ("WRONG_AUTH_TYPE", 403)
    name, given = "telephony.externalCall.register", {"USER_ID": 11, "PHONE_NUMBER": KNOWN, "TYPE": 2}
    core = "ERROR_CORE"
    assert desk.app_refused(name, PHONE_NUMBER=KNOWN, TYPE=2) == (
        core,
        "USER_ID or USER_PHONE_INNER should be set",
        400,
    )
    assert desk.app_refused(name, **{**given, "TYPE": 9}) == (core, "Unknown TYPE", 400)
    assert desk.app_refused(name, **{**given, "USER_ID": 13})[1] == "User is not found or is not active"
    assert desk.app_refused(name, **{**given, "PHONE_NUMBER": "абв"})[1] == "Unsupported phone number format"
    assert desk.app_refused(name, **given, CALL_START_DATE="x")[1].startswith("CALL_START_DATE should be")
    assert desk.app_refused("telephony.externalCall.finish", USER_ID=11)[0] == "INVALID_ARGUMENT"
    gone = desk.app_refused("telephony.externalCall.finish", CALL_ID="no", USER_ID=11)
    assert gone[1] == "Call is not found (call should be registered prior to finishing)"
    assert desk.call("telephony.externalCall.show", CALL_ID="no") is False
    assert desk.call("telephony.externalCall.hide", CALL_ID="no") is False


def test_a_record_and_what_was_said(desk: Desk) -> None:
    call_id = register(desk)["CALL_ID"]
    attach = {"CALL_ID": call_id, "FILENAME": "a.mp3", "FILE_CONTENT": base64.b64encode(b"ID3").decode()}
    early = desk.refused("telephony.externalCall.attachRecord", **attach)
    assert early[1] == "Call is not found in the statistic table. It looks like it is not finished yet."
    assert desk.app("telephony.externalCall.show", CALL_ID=call_id, USER_ID=[11, 12]) is True
    activity = finish(desk, call_id, DURATION=7)["CRM_ACTIVITY_ID"]
    file = desk.call("telephony.externalCall.attachRecord", **attach)["FILE_ID"]
    kept = desk.call("crm.activity.list", filter={"ID": activity}, select=["FILES"])[0]["FILES"]
    assert [entry["id"] for entry in kept] == [file]
    assert desk.refused("telephony.externalCall.attachRecord", CALL_ID=call_id)[0] == "ERROR_CORE"
    assert "extension" in desk.refused("telephony.externalCall.attachRecord", CALL_ID=call_id, FILENAME="a.txt")[1]
    upload = desk.call("telephony.externalCall.attachRecord", CALL_ID=call_id, FILENAME="b.mp3")
    assert set(upload) == {"uploadUrl", "fieldName"}
    sent = requests.post(upload["uploadUrl"], files={upload["fieldName"]: ("b.mp3", b"ID3 and more")}, timeout=30)
    file = sent.json()["result"]["FILE_ID"]
    said = {"SIDE": "Client", "START_TIME": 0, "STOP_TIME": 2, "MESSAGE": "Алло"}
    assert desk.call("crm.activity.call.getTranscript", activityId=activity) is None
    number = desk.call("telephony.call.attachTranscription", CALL_ID=call_id, MESSAGES=[said])["TRANSCRIPT_ID"]
    assert "Алло" in desk.call("crm.activity.call.getTranscript", activityId=activity)["transcription"]
    wrong = desk.refused("telephony.call.attachTranscription", CALL_ID=call_id, MESSAGES=[{**said, "SIDE": "X"}])
    assert wrong[1] == "MESSAGES[0][SIDE] should be either Client or User"
    row = desk.call("voximplant.statistic.get", FILTER={"CALL_ID": call_id})[0]
    assert (row["TRANSCRIPT_ID"], row["RECORD_FILE_ID"], row["CALL_DURATION"]) == (str(number), file, "7")


def test_the_statistics_filter_sort_and_page(desk: Desk) -> None:
    for duration in (5, 30, 60):
        finish(desk, register(desk, EXTERNAL_CALL_ID=str(duration))["CALL_ID"], DURATION=duration)

    def durations(**params: Any) -> list[str]:
        return [row["CALL_DURATION"] for row in desk.call("voximplant.statistic.get", **params)]

    assert durations(SORT="CALL_DURATION", ORDER="DESC") == ["60", "30", "5"]
    assert durations(FILTER={"><CALL_DURATION": [5, 30]}, SORT="ID") == ["5", "30"]
    assert durations(FILTER={"!><CALL_DURATION": [10, 40]}, SORT="ID", ORDER="ASC") == ["5", "60"]
    assert durations(FILTER={">=CALL_DURATION": 30, "PORTAL_USER_ID": 11, "?PHONE_NUMBER": "9990"}) == ["30", "60"]
    body = desk.body("voximplant.statistic.get", FILTER={"!CALL_TYPE": 1})
    assert (body["total"], "next" in body) == (3, False)
    row = body["result"][0]
    assert (row["COST"], row["TRANSCRIPT_PENDING"], row["REST_APP_ID"] is not None) == ("0.0000", "N", True)
    assert len(row) == 29
    assert desk.refused("voximplant.statistic.get", user=11) == ("ACCESS_DENIED", "Access denied!", 403)
    given = {"user": 11, "rights": ["statistic"]}
    desk.sandbox.control("act", {"method": "sandbox.telephony.rights", "params": given})
    assert len(desk.call("voximplant.statistic.get", user=11)) == 3
    nobody = {"FROM_LINE": "x", "TO_NUMBER": KNOWN, "TEXT_TO_PRONOUNCE": "x"}
    assert desk.refused("voximplant.callback.start", user=11, **nobody) == ("ACCESS_DENIED", "Access denied", 403)


def test_clients_are_found_by_phone(desk: Desk) -> None:
    found = desk.call("telephony.externalCall.searchCrmEntities", PHONE_NUMBER="89990000001")
    assert [(one["CRM_ENTITY_TYPE"], one["CRM_ENTITY_ID"], one["NAME"]) for one in found] == [
        ("CONTACT", 200, "Ольга Ромашкина")
    ]
    assert set(found[0]["ASSIGNED_BY"]) == {
        "ID",
        "TIMEMAN_STATUS",
        "USER_PHONE_INNER",
        "WORK_PHONE",
        "PERSONAL_PHONE",
        "PERSONAL_MOBILE",
    }
    empty = desk.refused("telephony.externalCall.searchCrmEntities")
    assert empty == ("ERROR_CORE", "PHONE_NUMBER is empty", 400)
    assert desk.add(CONTACT, name="Без телефона") > 0


def test_external_lines(desk: Desk) -> None:
    assert desk.refused("telephony.externalLine.get")[::2] == ("WRONG_AUTH_TYPE", 403)
    number = desk.app("telephony.externalLine.add", NUMBER="1415", NAME="Первая")["ID"]
    assert desk.app_refused("telephony.externalLine.add", NUMBER="1415")[1] == "Line already exists"
    assert desk.app("telephony.externalLine.update", NUMBER="1415", CRM_AUTO_CREATE="N") == {"ID": str(number)}
    assert desk.app_refused("telephony.externalLine.update", NUMBER="1415")[1] == "There are no fields to update"
    assert desk.app("telephony.externalLine.get") == [{"NUMBER": "1415", "NAME": "Первая", "CRM_AUTO_CREATE": "N"}]
    assert desk.app("telephony.externalLine.delete", NUMBER="1415") == []
    gone = desk.app_refused("telephony.externalLine.delete", NUMBER="1415")
    assert gone[1] == "Could not find line with number 1415"


def test_sip_lines_and_calls_of_the_portal(desk: Desk) -> None:
    given = {"TITLE": "Линия", "SERVER": "sip.example", "LOGIN": "u", "PASSWORD": "p"}
    cloud = desk.call("voximplant.sip.add", **given)
    assert isinstance(cloud["REG_ID"], int)
    assert desk.refused("voximplant.sip.add", **given)[0] == "TITLE_EXISTS"
    assert desk.refused("voximplant.sip.add", SERVER="s")[1] == "Login for connecting to the server not specified"
    office = desk.call("voximplant.sip.add", TYPE="office", SERVER="s", LOGIN="l")
    assert office["INCOMING_LOGIN"] == f"sip{office['ID']}"
    line = f"reg{cloud['REG_ID']}"
    assert list(desk.call("voximplant.line.get")) == [line, f"sip{office['ID']}"]
    listed = desk.body("voximplant.sip.get", FILTER={"TYPE": "cloud"})
    assert (listed["total"], listed["result"][0]["REG_ID"]) == (1, str(cloud["REG_ID"]))
    assert desk.call("voximplant.line.outgoing.sip.set", CONFIG_ID=office["CONFIG_ID"]) == 1
    assert desk.call("voximplant.line.outgoing.get") == f"sip{office['ID']}"
    assert desk.call("voximplant.line.outgoing.set", LINE_ID="nonsense") == 1
    assert desk.call("voximplant.line.outgoing.get") == f"sip{office['ID']}"
    assert desk.call("voximplant.sip.status", REG_ID=cloud["REG_ID"])["STATUS_RESULT"] == "success"
    started = desk.call("voximplant.infocall.startwithtext", FROM_LINE=line, TO_NUMBER=KNOWN, TEXT_TO_PRONOUNCE="x")
    assert started["RESULT"] is True
    row = desk.call("voximplant.statistic.get", FILTER={"CALL_ID": started["CALL_ID"]})[0]
    assert (row["CALL_TYPE"], row["PORTAL_NUMBER"], row["CRM_ENTITY_ID"]) == ("5", line, "200")
    wrong = desk.refused("voximplant.callback.start", FROM_LINE="reg0", TO_NUMBER=KNOWN, TEXT_TO_PRONOUNCE="x")
    assert wrong == ("ERROR_CORE", "Could not find line reg0", 400)
    assert desk.call("voximplant.sip.update", CONFIG_ID=cloud["CONFIG_ID"], TITLE="Другая") == 1
    assert desk.call("voximplant.sip.delete", CONFIG_ID=cloud["CONFIG_ID"]) == 1
    assert desk.refused("voximplant.sip.delete", CONFIG_ID=cloud["CONFIG_ID"])[0] == "ERROR_NOT_FOUND"
    assert desk.refused("voximplant.line.get", user=11)[2] == 403


def test_devices_of_employees(desk: Desk) -> None:
    assert desk.call("voximplant.user.activatePhone", USER_ID=11) == 1
    shown = desk.call("voximplant.user.get", USER_ID=[11, 12])
    assert [(one["ID"], one["PHONE_ENABLED"]) for one in shown] == [("11", "Y"), ("12", "N")]
    assert shown[0]["SIP_LOGIN"] == "phone11"
    assert desk.refused("voximplant.user.get") == ("", "Parameter USER_ID is not set", 400)
