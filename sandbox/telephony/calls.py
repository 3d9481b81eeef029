"""Calls: registered, shown, finished, kept in the statistics; what they leave in the CRM."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass
from typing import Any

from sandbox.crm import activities, bindings, moments
from sandbox.crm.schema import DEAL, schema_of
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import events
from sandbox.kernel.store import Store, declare
from sandbox.telephony import clients

declare(
    """
    CREATE TABLE IF NOT EXISTS phone_calls (id INTEGER PRIMARY KEY AUTOINCREMENT, callId TEXT NOT NULL UNIQUE,
        app TEXT, externalId TEXT, user INTEGER NOT NULL, phone TEXT NOT NULL, type INTEGER NOT NULL, line TEXT,
        start INTEGER NOT NULL, registered INTEGER NOT NULL, crmType TEXT, crmId INTEGER, created TEXT NOT NULL,
        listId INTEGER, shown TEXT NOT NULL DEFAULT '[]', open INTEGER NOT NULL DEFAULT 1);
    CREATE INDEX IF NOT EXISTS phone_calls_phone ON phone_calls (phone, registered);
    CREATE TABLE IF NOT EXISTS phone_statistics (id INTEGER PRIMARY KEY AUTOINCREMENT, callId TEXT NOT NULL,
        externalCallId TEXT, category TEXT NOT NULL DEFAULT 'external', user INTEGER NOT NULL,
        portalNumber TEXT NOT NULL,
        phone TEXT NOT NULL, type INTEGER NOT NULL, duration INTEGER NOT NULL DEFAULT 0, start INTEGER NOT NULL,
        log TEXT, recordUrl TEXT, recordFile INTEGER, vote INTEGER, cost REAL NOT NULL DEFAULT 0,
        currency TEXT NOT NULL DEFAULT '', code TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', crmType TEXT,
        crmId INTEGER, activityId INTEGER, restAppId INTEGER, restAppName TEXT, transcriptId INTEGER,
        sessionId INTEGER, redial INTEGER, comment TEXT, recordDuration INTEGER);
    CREATE INDEX IF NOT EXISTS phone_statistics_call ON phone_statistics (callId);
    CREATE INDEX IF NOT EXISTS phone_statistics_start ON phone_statistics (start);
    CREATE TABLE IF NOT EXISTS phone_transcripts (id INTEGER PRIMARY KEY AUTOINCREMENT, callId TEXT NOT NULL,
        messages TEXT NOT NULL, cost REAL, currency TEXT);
    """
)
events("telephony", "ONVOXIMPLANTCALLINIT", "ONVOXIMPLANTCALLSTART", "ONVOXIMPLANTCALLEND")
events("telephony", "ONEXTERNALCALLSTART", "ONEXTERNALCALLBACKSTART")

OUTGOING, INCOMING, REDIRECTED, CALLBACK, INFOCALL = range(1, 6)
TYPES = (OUTGOING, INCOMING, REDIRECTED, CALLBACK, INFOCALL)
ANSWERED, MISSED = "200", "304"
# telephony-external-call-register.md: the same call registered again within this time is the same call.
SAME_CALL_SECONDS = 30 * 60
PROVIDER = "VOXIMPLANT_CALL"

Row = dict[str, Any]


def refused(text: str) -> RestError:
    """The refusal of the telephony methods."""
    return RestError("ERROR_CORE", text, 400)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is known of a call when it begins: `line` is the number of an external line or a SIP line's
    code, `client` the card it was made from, `app` the application that carries it."""

    phone: str
    type: int
    user: int
    start: int
    line: str | None = None
    app: str | None = None
    external_id: str | None = None
    client: clients.Client | None = None
    create_client: bool = False
    source: str = ""
    list_id: int | None = None


def number_of(value: Any) -> str:
    """A phone as the statistics keep it: digits, with the plus if it had one. ERROR_CORE for what is no phone."""
    text = re.split(r"[;,]", str(value or "").strip())[0]
    digits = re.sub(r"\D", "", text)
    if len(digits) < 2 or re.search(r"[A-Za-zА-Яа-я]", text):
        raise refused("Unsupported phone number format")
    return ("+" if text.startswith("+") else "") + digits


def employee(call: Call, user: Any, inner: Any) -> int:
    """The active employee named by id or by the inner number."""
    if user in (None, "") and inner in (None, ""):
        raise refused("USER_ID or USER_PHONE_INNER should be set")
    rows = call.portal.store.rows("SELECT id, extra FROM users WHERE active = 1")
    for row in rows:
        if user not in (None, "") and str(row["id"]) == str(user):
            return int(row["id"])
        if user in (None, "") and str(json.loads(row["extra"]).get("UF_PHONE_INNER") or "") == str(inner):
            return int(row["id"])
    raise refused("User is not found or is not active")


def find(store: Store, call_id: str) -> Row | None:
    """A call that has begun and is not finished."""
    row = store.one("SELECT * FROM phone_calls WHERE callId = ? AND open = 1", (call_id,))
    return None if row is None else dict(row)


def statistic(store: Store, call_id: str) -> Row | None:
    """A finished call."""
    row = store.one("SELECT * FROM phone_statistics WHERE callId = ? ORDER BY id DESC", (call_id,))
    return None if row is None else dict(row)


def begin(call: Call, plan: Plan) -> Row:
    """Registers a call: its client is found by the number, or made; returns the same call when it is known."""
    store, now = call.portal.store, int(call.portal.clock.timestamp())
    known = _same(store, plan, now) if plan.app is not None else None
    if known is not None:
        return known
    client = plan.client or clients.by_phone(store, plan.phone)
    created: list[clients.Client] = []
    if client is None and plan.create_client:
        created = clients.create(call, plan.phone, plan.user, plan.source, incoming=plan.type != OUTGOING)
        client = created[0]
    row = {
        "callId": new_id("externalCall" if plan.app is not None else "call", now),
        "app": plan.app,
        "externalId": plan.external_id,
        "user": plan.user,
        "phone": plan.phone,
        "type": plan.type,
        "line": plan.line,
        "start": plan.start,
        "registered": now,
        "crmType": client.type if client else None,
        "crmId": client.id if client else None,
        "created": json.dumps([one.printed() for one in created]),
        "listId": plan.list_id,
    }
    store.insert("phone_calls", row)
    return dict(store.one("SELECT * FROM phone_calls WHERE callId = ?", (row["callId"],)) or {})


def new_id(kind: str, now: int) -> str:
    """A call's identifier as the portal makes it: `externalCall.{32 hex digits}.{Unix seconds}`."""
    return f"{kind}.{secrets.token_hex(16)}.{now}"


def _same(store: Store, plan: Plan, now: int) -> Row | None:
    row = store.one(
        "SELECT * FROM phone_calls WHERE app = ? AND phone = ? AND type = ? AND user = ? AND line IS ?"
        " AND externalId IS ? AND registered > ? AND open = 1 ORDER BY id DESC",
        (plan.app, plan.phone, plan.type, plan.user, plan.line, plan.external_id, now - SAME_CALL_SECONDS),
    )
    return None if row is None else dict(row)


def announce(call: Call, row: Row, *, answered: bool = True) -> None:
    """A call of the portal's own telephony begins, and is answered (on-voximplant-call-init.md, -start.md)."""
    outgoing = row["type"] != INCOMING
    begun = {
        "CALL_ID": row["callId"],
        "CALL_TYPE": row["type"],
        "ACCOUNT_SEARCH_ID": row["line"] or "",
        "PHONE_NUMBER": row["phone"] if outgoing else row["line"] or "",
        "CALLER_ID": row["line"] or "" if outgoing else row["phone"],
    }
    call.portal.emit("ONVOXIMPLANTCALLINIT", begun, call)
    if answered:
        call.portal.emit("ONVOXIMPLANTCALLSTART", {"CALL_ID": row["callId"], "USER_ID": row["user"]}, call)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a call ended; `code` is the telephony status (`200` answered, `304` missed, ...)."""

    user: int
    duration: int
    code: str
    reason: str = ""
    cost: float = 0.0
    currency: str = ""
    vote: int | None = None
    record_url: str | None = None


def finish(call: Call, row: Row, ending: Ending, app: tuple[int, str] | None) -> Row:
    """Ends a call: a row of the statistics, an activity in the client's card, the event. Returns the row.

    `app` is the number and the title of the application that carried it.
    """
    store = call.portal.store
    store.execute("UPDATE phone_calls SET open = 0 WHERE id = ?", (row["id"],))
    for made in json.loads(row["created"]):
        clients.give(call, made["ENTITY_TYPE"], made["ENTITY_ID"], ending.user)
    values = {
        "callId": row["callId"],
        "externalCallId": row["externalId"],
        "user": ending.user,
        "portalNumber": row["line"] or (f"REST_APP:{app[0]}" if app else ""),
        "phone": row["phone"],
        "type": row["type"],
        "duration": ending.duration,
        "start": row["start"],
        "recordUrl": ending.record_url,
        "vote": ending.vote,
        "cost": ending.cost,
        "currency": ending.currency,
        "code": ending.code,
        "reason": ending.reason,
        "crmType": row["crmType"],
        "crmId": row["crmId"],
        "activityId": _activity(call, row, ending),
        "restAppId": app[0] if app else None,
        "restAppName": app[1] if app else None,
    }
    number = store.insert("phone_statistics", values)
    call.portal.emit("ONVOXIMPLANTCALLEND", _ended(call, values), call)
    return dict(store.one("SELECT * FROM phone_statistics WHERE id = ?", (number,)) or {})


def _ended(call: Call, row: Row) -> Row:
    """on-voximplant-call-end.md"""
    return {
        "CALL_ID": row["callId"],
        "CALL_TYPE": row["type"],
        "PHONE_NUMBER": row["phone"],
        "PORTAL_NUMBER": row["portalNumber"],
        "PORTAL_USER_ID": row["user"],
        "CALL_DURATION": row["duration"],
        "CALL_START_DATE": moments.iso(row["start"], call.portal.clock.zone),
        "COST": int(row["cost"]) if row["cost"] == int(row["cost"]) else row["cost"],
        "COST_CURRENCY": row["currency"],
        "CALL_FAILED_CODE": row["code"],
        "CALL_FAILED_REASON": row["reason"],
        "CRM_ACTIVITY_ID": row["activityId"] or "",
    }


def _activity(call: Call, row: Row, ending: Ending) -> int | None:
    """The call in its client's card; a missed incoming one is left to be done."""
    card = clients.card(row["crmType"], row["crmId"])
    if card is None or not bindings.exists(schema_of(call.portal), call.portal.store, *card):
        return None
    outgoing = row["type"] in (OUTGOING, CALLBACK, INFOCALL)
    done = outgoing or ending.code == ANSWERED
    communication = {"TYPE": "PHONE", "VALUE": row["phone"], "ENTITY_TYPE_ID": card[0], "ENTITY_ID": card[1]}
    activity = {
        "ownerTypeId": card[0],
        "ownerId": card[1],
        "typeId": activities.CALL,
        "providerId": PROVIDER,
        "providerTypeId": "CALLBACK" if row["type"] == CALLBACK else "CALL",
        "subject": ("Исходящий звонок " if outgoing else "Входящий звонок от ") + row["phone"],
        "startTime": row["start"],
        "endTime": row["start"] + ending.duration,
        "deadline": row["start"],
        "completed": "Y" if done else "N",
        "status": activities.DONE if done else activities.PENDING,
        "responsibleId": ending.user,
        "direction": activities.OUTGOING if outgoing else activities.INCOMING,
        "originId": f"VI_{row['callId']}",
        "communications": json.dumps([communication], ensure_ascii=False),
        "isIncomingChannel": "N" if outgoing else "Y",
    }
    deals = [(DEAL, made["ENTITY_ID"]) for made in json.loads(row["created"]) if made["ENTITY_TYPE"] == "DEAL"]
    return activities.create(call, activity, deals)
