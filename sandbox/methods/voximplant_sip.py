"""SIP connections, outgoing lines and employees' devices: `voximplant.sip.*`, `.line.*`, `.user.*`."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from sandbox.crm import listing
from sandbox.crm.values import empty
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.kernel.store import declare
from sandbox.methods.confirmation import require_confirmation
from sandbox.telephony import filters, lines, rights

declare("CREATE TABLE IF NOT EXISTS phone_devices (user INTEGER PRIMARY KEY, enabled TEXT NOT NULL)")

_MOST_CLOUD = 10
_LONGEST_PASSWORD = 100
# Registrations of SIP lines are numbered from here on, apart from the lines themselves.
_FIRST_REGISTRATION = 151_081
_COLUMNS = {
    "ID": ("id", "int"),
    "TYPE": ("type", "text"),
    "TITLE": ("title", "text"),
    "CONFIG_ID": ("id", "int"),
    "REG_ID": ("regId", "int"),
    "APP_ID": ("app", "text"),
    "SERVER": ("server", "text"),
    "LOGIN": ("login", "text"),
    "PASSWORD": ("password", "text"),
    "INCOMING_SERVER": ("incomingServer", "text"),
    "INCOMING_LOGIN": ("incomingLogin", "text"),
    "INCOMING_PASSWORD": ("incomingPassword", "text"),
    "AUTH_USER": ("authUser", "text"),
    "OUTBOUND_PROXY": ("outboundProxy", "text"),
    "DETECT_LINE_NUMBER": ("detect", "text"),
    "LINE_DETECT_HEADER_ORDER": ("headers", "text"),
    "REGISTRATION_STATUS_CODE": ("status", "int"),
    "REGISTRATION_ERROR_MESSAGE": ("error", "text"),
}
_SOURCE = listing.Source("sip_lines", listing.operands(_COLUMNS), lenient=True, any_case=True)
_TAIL = ("AUTH_USER", "OUTBOUND_PROXY", "DETECT_LINE_NUMBER", "LINE_DETECT_HEADER_ORDER")
_INCOMING = ("INCOMING_SERVER", "INCOMING_LOGIN", "INCOMING_PASSWORD")
_STATE = ("REGISTRATION_STATUS_CODE", "REGISTRATION_ERROR_MESSAGE")
_REGISTERED = 200


def _owner(call: Call) -> str:
    """Whose lines are meant: those of the calling application, or of all webhooks together."""
    rights.require(call, "lines")
    return call.app or ""


def _invalid(text: str) -> RestError:
    return RestError("CHECK_FIELDS_ERROR", text, 400)


def _given(call: Call) -> dict[str, Any]:
    """The settable columns among the parameters."""
    names = {"TITLE": "title", "SERVER": "server", "LOGIN": "login", "PASSWORD": "password"}
    return {column: str(call.get(name) or "") for name, column in names.items() if call.get(name) is not None}


def _check(call: Call, values: dict[str, Any], number: int) -> None:
    if not values.get("server", "-").strip():
        raise _invalid("Server address not specified")
    if not values.get("login", "-").strip():
        raise _invalid("Login for connecting to the server not specified")
    if len(values.get("password", "")) > _LONGEST_PASSWORD:
        raise _invalid("Password for connecting to the server cannot exceed 100 characters")
    sql = "SELECT 1 FROM sip_lines WHERE title = ? AND id <> ?"
    if values.get("title") and call.portal.store.value(sql, (values["title"], number)):
        raise RestError("TITLE_EXISTS", "The specified connection name is already registered in the system", 400)


def _printed(row: Any, *, new: bool) -> dict[str, Any]:
    """A line as sip.get prints it; sip.add prints its `ID` too, and the registration as a number."""
    office = row["type"] == lines.OFFICE
    shown: dict[str, Any] = {"ID": str(row["id"])} if new else {}
    shown |= {"TYPE": row["type"], "CONFIG_ID": str(row["id"])}
    if not office:
        shown["REG_ID"] = row["regId"] if new else str(row["regId"])
    names = ("SERVER", "LOGIN", "PASSWORD", *(_INCOMING if office else ()), *_TAIL)
    shown |= {name: row[_COLUMNS[name][0]] for name in names}
    status = row["status"]
    state = {"REGISTRATION_STATUS_CODE": None if status is None else str(status), _STATE[1]: row["error"]}
    return {**shown, **(dict.fromkeys(_STATE) if new else state), "TITLE": row["title"]}


@method("voximplant.sip.add", "telephony", write=True)
def sip_add(call: Call) -> dict[str, Any]:
    """Connects a cloud or an office exchange."""
    app, store = _owner(call), call.portal.store
    values = {"server": "", "login": "", **_given(call)}
    _check(call, values, 0)
    kind = lines.OFFICE if str(call.get("TYPE") or lines.CLOUD) == lines.OFFICE else lines.CLOUD
    count = store.value("SELECT count(*) FROM sip_lines WHERE type = ?", (lines.CLOUD,))
    if kind == lines.CLOUD and count >= _MOST_CLOUD:
        raise RestError("MAX_CLOUD_PBX", "You cannot connect more than 10 virtual PBXs.", 400)
    now = int(call.portal.clock.timestamp())
    row = {"app": app, "type": kind, "title": "", "password": "", "updated": now, **values}
    number = store.insert("sip_lines", {**row, "status": _REGISTERED if kind == lines.CLOUD else 0})
    if kind == lines.CLOUD:
        store.execute("UPDATE sip_lines SET regId = ? WHERE id = ?", (_FIRST_REGISTRATION + number, number))
    else:
        store.execute(
            "UPDATE sip_lines SET incomingServer = ?, incomingLogin = ?, incomingPassword = ? WHERE id = ?",
            (_server(call), f"sip{number}", _secret(call, f"sip{number}"), number),
        )
    return _printed(_row(call, number), new=True)


def _row(call: Call, number: int) -> Any:
    return call.portal.store.one("SELECT * FROM sip_lines WHERE id = ?", (number,))


def _server(call: Call) -> str:
    return f"ip.{call.portal.member_id[:12]}.bitrixphone.com"


def _secret(call: Call, name: str) -> str:
    """A password that stays the same for a name on a portal."""
    return hashlib.sha256(f"{call.portal.member_id}{name}".encode()).hexdigest()[:32]


@method("voximplant.sip.get", "telephony")
def sip_get(call: Call) -> Page:
    """A page of the SIP lines of the calling application."""
    found = filters.find(call, _SOURCE, extra=("app = ?", [_owner(call)]))
    return Page([_printed(row, new=False) for row in found.rows], found.total, found.start)


def _own(call: Call) -> Any:
    """The line that CONFIG_ID names, if the caller has connected it."""
    row = call.portal.store.one(
        "SELECT * FROM sip_lines WHERE id = ? AND app = ?", (str(call.get("CONFIG_ID") or 0), _owner(call))
    )
    if row is None:
        raise RestError("ERROR_NOT_FOUND", "Specified CONFIG_ID is not found", 400)
    return row


@method("voximplant.sip.update", "telephony", write=True)
def sip_update(call: Call) -> int:
    """Changes a SIP line; without anything to change nothing happens."""
    number, values = _own(call)["id"], _given(call)
    _check(call, values, number)
    if values:
        values["updated"] = int(call.portal.clock.timestamp())
        sets = ", ".join(f"{name} = ?" for name in values)
        call.portal.store.execute(f"UPDATE sip_lines SET {sets} WHERE id = ?", (*values.values(), number))
    return 1


@method("voximplant.sip.delete", "telephony", write=True)
def sip_delete(call: Call) -> int:
    """Disconnects a SIP line."""
    call.portal.store.execute("DELETE FROM sip_lines WHERE id = ?", (_own(call)["id"],))
    return 1


@method("voximplant.sip.status", "telephony")
def sip_status(call: Call) -> dict[str, Any]:
    """How a cloud line is registered."""
    rights.require(call, "lines")
    row = call.portal.store.one("SELECT * FROM sip_lines WHERE regId = ?", (str(call.get("REG_ID") or 0),))
    if row is None:
        raise RestError("REG_ID_NOT_FOUND", "Settings not found", 400)
    updated = datetime.fromtimestamp(row["updated"], call.portal.clock.zone)
    return {
        "REG_ID": row["regId"],
        "LAST_UPDATED": f"{updated:%Y-%m-%d %H:%M:%S}",
        "ERROR_MESSAGE": row["error"] or "",
        "STATUS_CODE": row["status"],
        "STATUS_RESULT": "success" if row["status"] == _REGISTERED else "error",
    }


@method("voximplant.sip.connector.status", "telephony")
def connector(call: Call) -> dict[str, Any]:
    """The SIP connector: an hour to try it, not paid."""
    rights.require(call, "lines")
    return {"FREE_MINUTES": 60, "PAID": False}


@method("voximplant.line.get", "telephony")
def line_get(call: Call) -> dict[str, str]:
    """The lines one can call from."""
    rights.require(call, "lines")
    return lines.outgoing(call.portal.store)


@method("voximplant.line.outgoing.get", "telephony")
def outgoing_get(call: Call) -> str:
    """The line calls leave by when none is chosen."""
    rights.require(call, "lines")
    known, chosen = lines.outgoing(call.portal.store), str(call.portal.store.setting("telephony.outgoing", ""))
    return chosen if chosen in known else next(iter(known), "")


@method("voximplant.line.outgoing.set", "telephony", write=True)
def outgoing_set(call: Call) -> int:
    """Chooses that line; an unknown one is answered with 1 as well, and changes nothing."""
    rights.require(call, "lines")
    line = str(call.get("LINE_ID") or "")
    if line in lines.outgoing(call.portal.store):
        call.portal.store.set_setting("telephony.outgoing", line)
    return 1


@method("voximplant.line.outgoing.sip.set", "telephony", write=True)
def outgoing_sip_set(call: Call) -> int:
    """Chooses a SIP line by its configuration."""
    rights.require(call, "lines")
    row = _row(call, int(call.get("CONFIG_ID") or 0) if str(call.get("CONFIG_ID") or 0).isdigit() else 0)
    if row is None:
        raise RestError("ERROR_ARGUMENT", "Specified CONFIG_ID is not found", 400)
    call.portal.store.set_setting("telephony.outgoing", lines.code(row))
    return 1


def _user(call: Call) -> int:
    if empty(call.get("USER_ID")):
        raise RestError("", "Parameter USER_ID is not set", 400)
    if not rights.holds(call, "users"):
        raise RestError("", "You are not allowed to modify user's settings", 400)
    return call.integer("USER_ID")


def _enable(call: Call, enabled: str) -> int:
    call.portal.store.execute("INSERT OR REPLACE INTO phone_devices VALUES (?, ?)", (_user(call), enabled))
    return 1


@method("voximplant.user.activatePhone", "telephony", write=True)
def activate(call: Call) -> int:
    """Says that an employee has a SIP device."""
    return _enable(call, "Y")


@method("voximplant.user.deactivatePhone", "telephony", write=True)
def deactivate(call: Call) -> int:
    """Says that an employee has no SIP device."""
    return _enable(call, "N")


@method("voximplant.user.get", "telephony")
def users(call: Call) -> list[dict[str, Any]]:
    """The telephony settings of employees."""
    if empty(call.get("USER_ID")):
        raise RestError("", "Parameter USER_ID is not set", 400)
    rights.require(call, "users", "Access denied! You have no permission to query selected users")
    require_confirmation(call)
    shown = []
    for number in call.listing("USER_ID"):
        row = call.portal.store.one("SELECT id, extra FROM users WHERE id = ?", (str(number),))
        if row is not None:
            shown.append(_settings(call, row))
    return shown


def _settings(call: Call, row: Any) -> dict[str, Any]:
    enabled = call.portal.store.value("SELECT enabled FROM phone_devices WHERE user = ?", (row["id"],)) or "N"
    login = f"phone{row['id']}"
    return {
        "ID": str(row["id"]),
        "DEFAULT_LINE": None,
        "PHONE_ENABLED": enabled,
        "SIP_SERVER": _server(call),
        "SIP_LOGIN": login,
        "SIP_PASSWORD": _secret(call, login)[:12] if enabled == "Y" else None,
        "INNER_NUMBER": json.loads(row["extra"]).get("UF_PHONE_INNER") or None,
    }
