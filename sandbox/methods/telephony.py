"""Calls of telephony applications: `telephony.externalCall.*`, `telephony.call.attachTranscription`."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from sandbox.crm import activities, attachments, bindings, moments
from sandbox.crm.values import empty, truth
from sandbox.kernel import downloads
from sandbox.kernel.answers import EmptyObject
from sandbox.kernel.apps import App, find_app
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.plain.files import keep
from sandbox.telephony import calls, clients, lines

_EXTENSIONS = ("wav", "mp3")


def _app(call: Call) -> App:
    """The application that calls; a webhook is refused."""
    app = find_app(call.portal, call.app) if call.app is not None else None
    if app is None:
        raise RestError("WRONG_AUTH_TYPE", "Current authorization type is denied for this method", 403)
    return app


def _text(call: Call, name: str) -> str | None:
    value = call.get(name)
    return None if value in (None, "") else str(value)


def _whole(value: Any) -> int:
    try:
        return int(float(value or 0))
    except (TypeError, ValueError):
        return 0


def _start(call: Call) -> int:
    value = call.get("CALL_START_DATE")
    if empty(value):
        return int(call.portal.clock.timestamp())
    try:
        return moments.seconds(value, call.portal.clock.zone)
    except ValueError:
        raise calls.refused("CALL_START_DATE should be in the ISO-8601 format") from None


def _creates(call: Call, app: App, kind: int) -> bool:
    """Whether an unknown number becomes a client: the line has the last word on outgoing calls."""
    if not truth(call.get("CRM_CREATE")):
        return False
    line = lines.find(call.portal.store, app.client_id, str(call.get("LINE_NUMBER") or ""))
    return kind != calls.OUTGOING or line is None or line["autoCreate"] == "Y"


def _plan(call: Call, app: App) -> calls.Plan:
    user = calls.employee(call, call.get("USER_ID"), call.get("USER_PHONE_INNER"))
    kind = _whole(call.get("TYPE"))
    if kind not in calls.TYPES:
        raise calls.refused("Unknown TYPE")
    return calls.Plan(
        phone=calls.number_of(call.get("PHONE_NUMBER")),
        type=kind,
        user=user,
        start=_start(call),
        line=_text(call, "LINE_NUMBER"),
        app=app.client_id,
        external_id=_text(call, "EXTERNAL_CALL_ID"),
        client=clients.named(call.portal.store, call.get("CRM_ENTITY_TYPE"), call.get("CRM_ENTITY_ID")),
        create_client=_creates(call, app, kind),
        source=str(call.get("CRM_SOURCE") or ""),
        list_id=_whole(call.get("CALL_LIST_ID")) or None,
    )


@method(
    "telephony.externalCall.register",
    "telephony",
    write=True,
    cost=0.2,
    partial="ADD_TO_CHAT writes no message into a chat",
)
def register(call: Call) -> dict[str, Any]:
    """Registers a call; with CRM_CREATE an unknown number becomes a client."""
    app = _app(call)
    row, error = _begun(call, _plan(call, app))
    if truth(call.get("SHOW", 1)):
        _show(call, row, [row["user"]])
    _announce(call, app, row)
    made = json.loads(row["created"])
    leads = [entity["ENTITY_ID"] for entity in made if entity["ENTITY_TYPE"] == "LEAD"]
    answer = {
        "CALL_ID": row["callId"],
        "CRM_CREATED_LEAD": leads[0] if leads else None,
        "CRM_CREATED_ENTITIES": made,
        "CRM_ENTITY_TYPE": row["crmType"],
        "CRM_ENTITY_ID": row["crmId"],
    }
    return {**answer, "LEAD_CREATION_ERROR": error} if error else answer


def _begun(call: Call, plan: calls.Plan) -> tuple[dict[str, Any], str]:
    """The registered call, and why its client could not be created, if so."""
    try:
        return calls.begin(call, plan), ""
    except RestError as refusal:
        if not plan.create_client:
            raise
        row = calls.begin(call, replace(plan, create_client=False))
        return row, refusal.description


def _announce(call: Call, app: App, row: dict[str, Any]) -> None:
    """A call of an application begins when it is registered (on-voximplant-call-init.md, -start.md)."""
    begun = {"CALL_ID": row["callId"], "CALL_TYPE": row["type"], "CALLER_ID": row["phone"], "REST_APP_ID": app.id}
    call.portal.emit("ONVOXIMPLANTCALLINIT", begun, call)
    call.portal.emit("ONVOXIMPLANTCALLSTART", {"CALL_ID": row["callId"], "USER_ID": row["user"]}, call)


def _show(call: Call, row: dict[str, Any], users: list[int]) -> None:
    shown = sorted({*json.loads(row["shown"]), *users})
    call.portal.store.execute("UPDATE phone_calls SET shown = ? WHERE id = ?", (json.dumps(shown), row["id"]))


@method("telephony.externalCall.show", "telephony", write=True)
def show(call: Call) -> bool:
    """Shows a call's card to employees; false for a call that is not going on."""
    row = calls.find(call.portal.store, str(call.get("CALL_ID") or ""))
    if row is None:
        return False
    _show(call, row, [_whole(user) for user in call.listing("USER_ID")] or [row["user"]])
    return True


@method("telephony.externalCall.hide", "telephony", write=True)
def hide(call: Call) -> bool:
    """Hides a call's card from employees; false for a call that is not going on."""
    row = calls.find(call.portal.store, str(call.get("CALL_ID") or ""))
    if row is None:
        return False
    users = [_whole(user) for user in call.listing("USER_ID")]
    left = [user for user in json.loads(row["shown"]) if users and user not in users]
    call.portal.store.execute("UPDATE phone_calls SET shown = ? WHERE id = ?", (json.dumps(left), row["id"]))
    return True


@method(
    "telephony.externalCall.finish",
    "telephony",
    write=True,
    cost=0.2,
    partial="ADD_TO_CHAT writes no message into a chat",
)
def finish(call: Call) -> dict[str, Any]:
    """Ends a call: a row of the statistics and an activity in the client's card."""
    app, call_id = _app(call), call.get("CALL_ID")
    if not isinstance(call_id, str) or not call_id:
        raise RestError("INVALID_ARGUMENT", "CALL_ID must be a string", 400)
    user = calls.employee(call, call.get("USER_ID"), call.get("USER_PHONE_INNER"))
    row = calls.find(call.portal.store, call_id)
    if row is None or row["app"] != app.client_id:
        raise calls.refused("Call is not found (call should be registered prior to finishing)")
    duration = _whole(call.get("DURATION"))
    ending = calls.Ending(
        user=user,
        duration=duration,
        code=str(call.get("STATUS_CODE") or (calls.ANSWERED if duration > 0 else calls.MISSED)),
        reason=str(call.get("FAILED_REASON") or ""),
        cost=float(call.get("COST") or 0),
        currency=str(call.get("COST_CURRENCY") or ""),
        vote=_whole(call.get("VOTE")) or None,
        record_url=_text(call, "RECORD_URL"),
    )
    return _finished(calls.finish(call, row, ending, (app.id, app.title or app.client_id)))


def _finished(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "CALL_ID": row["callId"],
        "EXTERNAL_CALL_ID": row["externalCallId"],
        "PORTAL_USER_ID": row["user"],
        "PHONE_NUMBER": row["phone"],
        "PORTAL_NUMBER": row["portalNumber"],
        "INCOMING": str(row["type"]),
        "CALL_DURATION": row["duration"],
        # A date that PHP prints as an object without public fields.
        "CALL_START_DATE": EmptyObject(),
        "CALL_STATUS": int(row["code"] == calls.ANSWERED),
        "CALL_VOTE": row["vote"],
        "COST": int(row["cost"]) if row["cost"] == int(row["cost"]) else row["cost"],
        "COST_CURRENCY": row["currency"],
        "CALL_FAILED_CODE": row["code"],
        "CALL_FAILED_REASON": row["reason"],
        "REST_APP_ID": str(row["restAppId"]),
        "REST_APP_NAME": row["restAppName"],
        "CRM_ACTIVITY_ID": row["activityId"],
        "COMMENT": row["comment"],
        "CRM_ENTITY_TYPE": row["crmType"],
        "CRM_ENTITY_ID": row["crmId"],
        "ID": row["id"],
    }


@method(
    "telephony.externalCall.attachRecord",
    "telephony",
    write=True,
    cost=0.1,
    partial="RECORD_URL is kept as an address, the file behind it is not downloaded",
)
def attach_record(call: Call) -> dict[str, Any]:
    """Attaches a record to a finished call; a name without content is answered with where to upload it."""
    url = _text(call, "RECORD_URL")
    if url is None and call.get("FILENAME") is None:
        text = "Required parameters are not set. Request should contain either URL or FILENAME parameter"
        raise calls.refused(text)
    row = calls.statistic(call.portal.store, str(call.get("CALL_ID") or ""))
    if row is None:
        raise calls.refused("Call is not found in the statistic table. It looks like it is not finished yet.")
    given = call.get("FILENAME")
    name = PurePosixPath(urlsplit(url).path).name if given is None and url else str(given or "")
    _check_name(name)
    if url is not None:
        return {"FILE_ID": keep_record(call, row, name, b"", url)}
    if call.get("FILE_CONTENT") is None:
        return _offer(call, row["callId"], name)
    return {"FILE_ID": keep_record(call, row, name, _content(str(call.get("FILE_CONTENT"))), None)}


def _offer(call: Call, call_id: str, name: str) -> dict[str, str]:
    """Where the content of a record may be uploaded, and in which field of the form."""
    token = downloads.signed(call, "telephony", urlencode({"callId": call_id, "filename": name}))
    return {"uploadUrl": downloads.address(call, "upload", token), "fieldName": "file"}


@downloads.taken("telephony")
def take(call: Call, token: str) -> dict[str, int]:
    """Attaches the record sent to an `uploadUrl` to its call."""
    parts = {name: values[0] for name, values in parse_qs(downloads.opened(call, "telephony", token)).items()}
    row, sent = calls.statistic(call.portal.store, parts.get("callId", "")), downloads.sent(call)
    if row is None:
        raise downloads.not_found()
    if sent is None or not sent[1]:
        raise calls.refused("File content is empty.")
    return {"FILE_ID": keep_record(call, row, parts["filename"], sent[1], None)}


def _check_name(name: str) -> None:
    if not name:
        raise calls.refused("File name is empty")
    if name.rpartition(".")[2].lower() not in _EXTENSIONS:
        raise calls.refused("Wrong file extension. Only wav and mp3 are allowed")


def _content(text: str) -> bytes:
    if not text:
        raise calls.refused("File content is empty.")
    # PHP passes over everything that is not of the alphabet.
    letters = re.sub(r"[^A-Za-z0-9+/]", "", text)
    try:
        content = base64.b64decode(letters + "=" * (-len(letters) % 4))
    except (binascii.Error, ValueError):
        content = b""
    if not content:
        raise calls.refused("File content is not properly encoded. Base64 encoding is expected.")
    return content


def keep_record(call: Call, row: dict[str, Any], name: str, content: bytes, url: str | None) -> int:
    """Puts a record into the statistics and into the activity of the call; returns the file's id."""
    store = call.portal.store
    if row["activityId"]:
        attachments.forget(store, "activity", row["activityId"])
        file = attachments.attach_file(call, "activity", row["activityId"], name, content)
    else:
        file = int(keep(store, name, content)["id"])
    address = url or f"http://{call.portal.domain}/disk/downloadFile/{file}/?&ncc=1&filename={name}"
    store.execute("UPDATE phone_statistics SET recordFile = ?, recordUrl = ? WHERE id = ?", (file, address, row["id"]))
    return file


@method("telephony.externalCall.searchCrmEntities", "telephony")
def search(call: Call) -> list[dict[str, Any]]:
    """The clients with a phone, with those who are responsible for them."""
    phone, store = str(call.get("PHONE_NUMBER") or ""), call.portal.store
    if not phone:
        raise calls.refused("PHONE_NUMBER is empty")
    return [_found(call, client, clients.responsible(store, client)) for client in clients.all_by_phone(store, phone)]


def _found(call: Call, client: clients.Client, responsible: int) -> dict[str, Any]:
    row = call.portal.store.one("SELECT extra FROM users WHERE id = ?", (responsible,))
    extra = json.loads(row["extra"]) if row is not None else {}
    assigned = {"UF_PHONE_INNER": "USER_PHONE_INNER", "WORK_PHONE": "WORK_PHONE"}
    assigned |= {"PERSONAL_PHONE": "PERSONAL_PHONE", "PERSONAL_MOBILE": "PERSONAL_MOBILE"}
    phones = {shown: extra.get(kept) or None for kept, shown in assigned.items()}
    return {
        "CRM_ENTITY_TYPE": client.type,
        "CRM_ENTITY_ID": client.id,
        "ASSIGNED_BY_ID": responsible,
        "NAME": clients.name(call.portal.store, client),
        "ASSIGNED_BY": {"ID": str(responsible), "TIMEMAN_STATUS": "CLOSED", **phones},
    }


@method("telephony.call.attachTranscription", "telephony", write=True)
def attach_transcription(call: Call) -> dict[str, int]:
    """Adds what was said to a finished call."""
    call_id, messages = _text(call, "CALL_ID"), call.get("MESSAGES")
    if call_id is None:
        raise calls.refused("CALL_ID should be set")
    if isinstance(messages, dict):
        messages = list(messages.values())
    if not isinstance(messages, list):
        raise calls.refused("MESSAGES should be an array")
    said = [_said(number, message) for number, message in enumerate(messages)]
    store = call.portal.store
    if calls.statistic(store, call_id) is None:
        raise calls.refused(f"Call {call_id} is not found. Is it finished?")
    row = {
        "callId": call_id,
        "messages": json.dumps(said, ensure_ascii=False),
        "cost": float(call.get("COST")) if not empty(call.get("COST")) else None,
        "currency": _text(call, "COST_CURRENCY"),
    }
    number = store.insert("phone_transcripts", row)
    store.execute("UPDATE phone_statistics SET transcriptId = ? WHERE callId = ?", (number, call_id))
    return {"TRANSCRIPT_ID": number}


def _said(number: int, message: Any) -> dict[str, Any]:
    """One utterance, checked."""
    given = {str(k).upper(): v for k, v in message.items()} if isinstance(message, dict) else {}
    if given.get("SIDE") not in ("User", "Client"):
        raise calls.refused(f"MESSAGES[{number}][SIDE] should be either Client or User")
    if empty(given.get("START_TIME")) or _whole(given["START_TIME"]) < 0:
        raise calls.refused(f"MESSAGES[{number}][START_TIME] should be greater or equal to zero")
    if _whole(given.get("STOP_TIME")) <= 0:
        raise calls.refused(f"MESSAGES[{number}][STOP_TIME] should be greater than zero")
    if not str(given.get("MESSAGE") or "").strip():
        raise calls.refused(f"MESSAGES[{number}][MESSAGE] is empty")
    return {"side": given["SIDE"], "start": _whole(given["START_TIME"]), "text": str(given["MESSAGE"])}


@method("crm.activity.call.getTranscript", "crm")
def transcript(call: Call) -> dict[str, str] | None:
    """What was said in the call of an activity; null when nobody has written it down."""
    number, store = call.integer("activityId"), call.portal.store
    cards = activities.cards_of(store, number)
    if not cards:
        raise RestError("NOT_FOUND", "Element not found", 400)
    if not any(bindings.permitted(call, card) for card in cards):
        raise RestError("ACCESS_DENIED", "Access denied", 403)
    sql = (
        "SELECT t.messages FROM phone_transcripts AS t JOIN phone_statistics AS s ON s.transcriptId = t.id"
        " WHERE s.activityId = ?"
    )
    found = store.value(sql, (number,))
    if found is None:
        return None
    return {"transcription": "\n".join(f"{said['side']}: {said['text']}" for said in json.loads(found))}
