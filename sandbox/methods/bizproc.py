"""Automation rules (robots) and actions of applications, and their answers: `bizproc.*`."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from sandbox.automation import runs
from sandbox.automation.registered import Kind
from sandbox.kernel.apps import find_app
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError, access_denied
from sandbox.kernel.registry import method
from sandbox.methods.event import check_handler

_CODE = re.compile(r"^[A-Za-z0-9._-]+$")
_PROPERTY = re.compile(r"^[A-Za-z][A-Za-z0-9_]*$")
_NOT_FOUND = {"robot": "Activity or Robot not found!", "activity": "Activity or Automation rule not found!"}
_FIELDS = (
    "HANDLER",
    "AUTH_USER_ID",
    "USE_SUBSCRIPTION",
    "NAME",
    "DESCRIPTION",
    "PROPERTIES",
    "RETURN_PROPERTIES",
    "DOCUMENT_TYPE",
    "FILTER",
    "USE_PLACEMENT",
    "PLACEMENT_HANDLER",
)


def _invalid(text: str) -> RestError:
    return RestError("ERROR_ACTIVITY_VALIDATION_FAILURE", text)


def _context(call: Call) -> str:
    """Both conditions of these methods: an application calls, and for an administrator."""
    if call.app is None:
        raise RestError("ACCESS_DENIED", "Application context required", 400)
    call.require_admin(400)
    return call.app


def _code(call: Call) -> str:
    code = str(call.get("CODE") or "")
    if not code:
        raise _invalid("Empty activity code!")
    if not _CODE.match(code):
        raise _invalid("Wrong activity code!")
    return code


def _handler(call: Call, app: str, value: Any) -> str:
    """A handler's address; its host must be the application's own."""
    if not value:
        raise RestError("ERROR_WRONG_HANDLER_URL", "Wrong handler URL")
    url, owner = check_handler(value), find_app(call.portal, app)
    if owner is not None and urlsplit(url).hostname != urlsplit(owner.handler_url or owner.install_url).hostname:
        raise RestError("ERROR_WRONG_HANDLER_URL", "Wrong handler URL")
    return url


def _check_properties(value: Any) -> None:
    if value in (None, "", [], {}):
        return
    if not isinstance(value, Mapping):
        raise _invalid("Wrong properties array!")
    for key, described in value.items():
        if not _PROPERTY.match(str(key)):
            raise _invalid(f"Wrong property key {key}!")
        names = {str(name).upper(): part for name, part in described.items()} if isinstance(described, Mapping) else {}
        if not names.get("NAME"):
            raise _invalid(f"Empty property NAME {key}!")


def _check(call: Call, app: str, given: dict[str, Any]) -> dict[str, Any]:
    if "HANDLER" in given:
        given["HANDLER"] = _handler(call, app, given["HANDLER"])
    for name in ("PROPERTIES", "RETURN_PROPERTIES"):
        _check_properties(given.get(name))
    kind = given.get("DOCUMENT_TYPE")
    if kind and not (isinstance(kind, list) and len(kind) == 3):
        raise _invalid("Wrong activity DOCUMENT_TYPE!")
    if given.get("FILTER") and not isinstance(given["FILTER"], Mapping):
        raise _invalid("Wrong activity FILTER!")
    if str(given.get("USE_PLACEMENT") or "N").upper() == "Y":
        given["PLACEMENT_HANDLER"] = _handler(call, app, given.get("PLACEMENT_HANDLER"))
    return given


def _given(source: Mapping[str, Any]) -> dict[str, Any]:
    named = {str(key).upper(): value for key, value in source.items()}
    return {name: named[name] for name in _FIELDS if name in named}


def _find(call: Call, app: str, kind: Kind) -> sqlite3.Row:
    sql = "SELECT * FROM robots WHERE app = ? AND kind = ? AND code = ?"
    row = call.portal.store.one(sql, (app, kind, _code(call)))
    if row is None:
        raise RestError("ERROR_ACTIVITY_NOT_FOUND", _NOT_FOUND[kind])
    return row


def _add(call: Call, kind: Kind) -> bool:
    app, code = _context(call), _code(call)
    given = _given(call.params)
    given["HANDLER"] = _handler(call, app, given.get("HANDLER"))
    if not given.get("NAME"):
        raise _invalid("Empty activity NAME!")
    fields = _check(call, app, given)
    taken = call.portal.store.value("SELECT 1 FROM robots WHERE app = ? AND kind = ? AND code = ?", (app, kind, code))
    if taken:
        raise RestError("ERROR_ACTIVITY_ALREADY_INSTALLED", "Activity or Robot already installed!")
    row = {"app": app, "kind": kind, "code": code, "fields": json.dumps(fields, ensure_ascii=False)}
    call.portal.store.insert("robots", row)
    return True


def _update(call: Call, kind: Kind) -> bool:
    app = _context(call)
    row = _find(call, app, kind)
    given = _check(call, app, _given(call.mapping("FIELDS")))
    if not given:
        raise _invalid("No fields to update")
    fields = json.dumps({**json.loads(row["fields"]), **given}, ensure_ascii=False)
    call.portal.store.execute("UPDATE robots SET fields = ? WHERE id = ?", (fields, row["id"]))
    return True


def _delete(call: Call, kind: Kind) -> bool:
    row = _find(call, _context(call), kind)
    call.portal.store.execute("DELETE FROM robots WHERE id = ?", (row["id"],))
    return True


def _list(call: Call, kind: Kind) -> list[str]:
    sql = "SELECT code FROM robots WHERE app = ? AND kind = ? ORDER BY id"
    return [row["code"] for row in call.portal.store.rows(sql, (_context(call), kind))]


@method("bizproc.robot.add", "bizproc", write=True)
def robot_add(call: Call) -> bool:
    """bizproc-robot-add.md"""
    return _add(call, "robot")


@method("bizproc.robot.update", "bizproc", write=True)
def robot_update(call: Call) -> bool:
    """bizproc-robot-update.md"""
    return _update(call, "robot")


@method("bizproc.robot.delete", "bizproc", write=True)
def robot_delete(call: Call) -> bool:
    """bizproc-robot-delete.md: placed robots stay on their stages, blocked."""
    return _delete(call, "robot")


@method("bizproc.robot.list", "bizproc")
def robot_list(call: Call) -> list[str]:
    """bizproc-robot-list.md"""
    return _list(call, "robot")


@method("bizproc.activity.add", "bizproc", write=True)
def activity_add(call: Call) -> bool:
    """bizproc-activity-add.md"""
    return _add(call, "activity")


@method("bizproc.activity.update", "bizproc", write=True)
def activity_update(call: Call) -> bool:
    """bizproc-activity-update.md"""
    return _update(call, "activity")


@method("bizproc.activity.delete", "bizproc", write=True)
def activity_delete(call: Call) -> bool:
    """bizproc-activity-delete.md"""
    return _delete(call, "activity")


@method("bizproc.activity.list", "bizproc")
def activity_list(call: Call) -> list[str]:
    """bizproc-activity-list.md"""
    return _list(call, "activity")


def _waiting(call: Call, status: int) -> sqlite3.Row:
    """The run that waits for this token; a token that was used, or never given, is refused."""
    row = runs.by_token(call.portal, str(call.get("EVENT_TOKEN") or ""))
    if row is None or (call.app is not None and row["app"] != call.app):
        raise access_denied(status)
    return row


@method("bizproc.event.send", "bizproc", write=True)
def event_send(call: Call) -> bool:
    """bizproc-event-send.md: the process that waits goes on with the returned values."""
    row = _waiting(call, 403)
    if call.get("LOG_MESSAGE"):
        runs.write_log(call.portal, row, str(call.get("LOG_MESSAGE")))
    runs.answer(call.portal, row, call.mapping("RETURN_VALUES"))
    return True


@method("bizproc.activity.log", "bizproc", write=True)
def activity_log(call: Call) -> bool:
    """bizproc-activity-log.md"""
    if not call.get("LOG_MESSAGE"):
        raise RestError("ERROR_EMPTY_LOG_MESSAGE", "Empty log message!")
    runs.write_log(call.portal, _waiting(call, 400), str(call.get("LOG_MESSAGE")))
    return True
