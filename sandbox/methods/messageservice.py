"""Senders of messages that applications register: `messageservice.*`."""

from __future__ import annotations

import json
import re
from typing import Any

from sandbox.crm import messages
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.methods.event import check_handler

_CODE = re.compile(r"[A-Za-z0-9._-]+")
_TYPE = "SMS"


def _application(call: Call) -> str:
    if call.app is None:
        raise RestError("ACCESS_DENIED", "Application context required", 403)
    return call.app


def _administrator(call: Call) -> str:
    """The calling application, for an administrator."""
    app = _application(call)
    if not call.portal.is_admin(call.user):
        raise RestError("ACCESS_DENIED", "Access denied!", 403)
    return app


def _invalid(text: str) -> RestError:
    return RestError("ERROR_SENDER_VALIDATION_FAILURE", text, 400)


def _code(call: Call) -> str:
    code = str(call.get("CODE") or "")
    if not code:
        raise _invalid("Empty sender code!")
    if not _CODE.fullmatch(code):
        raise _invalid("Wrong sender code!")
    return code


def _found(call: Call, app: str, code: str) -> Any:
    row = call.portal.store.one("SELECT * FROM message_senders WHERE app = ? AND code = ?", (app, code))
    if row is None:
        raise RestError("ERROR_SENDER_NOT_FOUND", "Sender not found!", 400)
    return row


def _text(value: Any) -> str:
    """A text or texts by languages, as JSON."""
    return json.dumps(value if value is not None else "", ensure_ascii=False)


@method("messageservice.sender.add", "messageservice", write=True)
def add(call: Call) -> bool:
    """Registers a sender; its handler is called for every message sent through it."""
    app = _administrator(call)
    if not any(name.upper() != "AUTH" for name in call.params):
        raise _invalid("Empty data!")
    code = _code(call)
    if not call.get("NAME"):
        raise _invalid("Empty sender NAME!")
    if not call.get("TYPE"):
        raise _invalid("Empty sender message TYPE!")
    if str(call.get("TYPE")).upper() != _TYPE:
        raise _invalid("Unknown sender message TYPE!")
    row = {
        "app": app,
        "code": code,
        "type": _TYPE,
        "handler": check_handler(call.get("HANDLER")),
        "name": _text(call.get("NAME")),
        "description": _text(call.get("DESCRIPTION")),
    }
    if call.portal.store.value("SELECT 1 FROM message_senders WHERE app = ? AND code = ?", (app, code)):
        raise RestError("ERROR_SENDER_ALREADY_INSTALLED", "Sender already installed!", 400)
    call.portal.store.insert("message_senders", row)
    return True


@method("messageservice.sender.list", "messageservice")
def listing(call: Call) -> list[str]:
    """The codes of the application's senders."""
    sql = "SELECT code FROM message_senders WHERE app = ? ORDER BY id"
    return [str(row["code"]) for row in call.portal.store.rows(sql, (_administrator(call),))]


@method("messageservice.sender.update", "messageservice", write=True)
def update(call: Call) -> bool:
    """Changes the handler, the name or the description of a sender."""
    app = _administrator(call)
    if not call.get("CODE"):
        raise RestError("ERROR_SENDER_CODE_REQUIRED", "CODE is required!", 400)
    values: dict[str, Any] = {}
    if call.get("HANDLER"):
        values["handler"] = check_handler(call.get("HANDLER"))
    for name in ("NAME", "DESCRIPTION"):
        if call.get(name):
            values[name.lower()] = _text(call.get(name))
    if not values:
        raise RestError("ERROR_SENDER_OTHER_PARAMS_REQUIRED", "At least one other parameter is required!", 400)
    number = _found(call, app, str(call.get("CODE")))["id"]
    sets = ", ".join(f"{name} = ?" for name in values)
    call.portal.store.execute(f"UPDATE message_senders SET {sets} WHERE id = ?", (*values.values(), number))
    return True


@method("messageservice.sender.delete", "messageservice", write=True)
def delete(call: Call) -> bool:
    """Deletes a sender."""
    app = _administrator(call)
    row = _found(call, app, _code(call))
    call.portal.store.execute("DELETE FROM message_senders WHERE id = ?", (row["id"],))
    return True


@method("messageservice.message.status.update", "messageservice", write=True)
def status(call: Call) -> bool:
    """Says what has become of a message: by who sent it, or by an administrator."""
    app, code = _application(call), _code(call)
    wanted = str(call.get("STATUS") or "").lower()
    if wanted not in messages.STATUSES:
        raise RestError("ERROR_MESSAGE_STATUS_INCORRECT", "Message status incorrect!", 400)
    sql = "SELECT * FROM messages WHERE app = ? AND code = ? AND messageId = ?"
    row = call.portal.store.one(sql, (app, code, str(call.get("MESSAGE_ID") or "")))
    if row is None:
        raise RestError("ERROR_MESSAGE_NOT_FOUND", "Message not found!", 400)
    if row["author"] != call.user and not call.portal.is_admin(call.user):
        raise RestError("ACCESS_DENIED", "Access denied!", 403)
    call.portal.store.execute("UPDATE messages SET status = ? WHERE id = ?", (wanted, row["id"]))
    return True
