"""Entries of the log, their icons and logos: `crm.timeline.logmessage.*`, `crm.timeline.icon.*`, `.logo.*`."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from typing import Any, Literal

from sandbox.crm import bindings, moments, timeline
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError, missing
from sandbox.kernel.registry import method
from sandbox.kernel.store import declare

declare(
    "CREATE TABLE IF NOT EXISTS crm_timeline_pictures (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, code TEXT NOT NULL,"
    " content BLOB NOT NULL, UNIQUE (kind, code))"
)

_PAGE = 10
_PNG = b"\x89PNG\r\n\x1a\n"
Kind = Literal["icon", "logo"]
_SYSTEM: dict[Kind, tuple[str, ...]] = {
    "icon": (
        *("call", "call-completed", "call-incoming", "call-incoming-missed", "call-outcoming", "arrow-down"),
        *("arrow-up", "attention", "bank-card", "calendar", "camera", "check", "circle-check", "clock", "comment"),
        *("document", "document-print", "info", "link", "mail", "mail-outcome", "notification", "pipeline"),
        *("restoration", "sms", "stage-change", "store", "sum", "task", "task-activity", "view", "wallet"),
    ),
    "logo": (
        *("call", "call-incoming", "call-incoming-missed", "call-outgoing", "arrow-down", "bank-card", "calendar"),
        *("camera", "channel-chat", "check-in", "comment", "document", "info", "mail", "notification", "order"),
        *("robot", "sms", "task", "taxi", "user", "warning"),
    ),
}


def _message(call: Call, row: Any) -> dict[str, Any]:
    return {
        "id": row["id"],
        "created": moments.iso(row["created"], call.portal.clock.zone),
        "authorId": row["authorId"],
        "title": row["title"],
        "text": row["text"],
        "iconCode": row["iconCode"],
    }


@method("crm.timeline.logmessage.add", "crm", write=True, cost=0.05)
def log_add(call: Call) -> dict[str, Any]:
    """Adds a log entry: `fields{entityTypeId, entityId, title, text, iconCode}`."""
    if call.get("fields") in (None, ""):
        raise missing("fields")
    fields = call.mapping("fields")
    for name in ("entityTypeId", "entityId", "title", "text", "iconCode"):
        if not fields.get(name):
            raise missing(name)
    try:
        card = (int(fields["entityTypeId"]), int(fields["entityId"]))
    except (TypeError, ValueError):
        raise timeline.owner_not_found() from None
    values = {name: str(fields[name]) for name in ("title", "text", "iconCode")}
    number = timeline.record(call, timeline.LOG, card, values)
    return {"logMessage": _message(call, _log(call, number))}


def _log(call: Call, number: int) -> Any:
    """A log entry whose card the caller may see."""
    row = timeline.find(call.portal.store, number, timeline.LOG)
    if row is None:
        raise RestError("NOT_FOUND", f"Timeline logmessage not found for id {number}", 400)
    cards = timeline.cards(call.portal.store, number)
    if cards and not any(bindings.permitted(call, card) for card in cards):
        raise timeline.denied()
    return row


@method("crm.timeline.logmessage.get", "crm")
def log_get(call: Call) -> dict[str, Any]:
    """One log entry."""
    return {"logMessage": _message(call, _log(call, call.integer("id")))}


@method("crm.timeline.logmessage.list", "crm")
def log_list(call: Call) -> Page:
    """The log entries of a card, ten a page, the newest first."""
    card = (call.integer("entityTypeId"), call.integer("entityId"))
    if not bindings.permitted(call, card):
        raise timeline.denied()
    order = {key: value for key, value in call.mapping("order").items() if key.lower() in ("id", "created")}
    rows, total, start = timeline.of_card(call, timeline.LOG, card, order, _PAGE)
    return Page([_message(call, row) for row in rows], total, start, size=_PAGE)


@method("crm.timeline.logmessage.delete", "crm", write=True)
def log_delete(call: Call) -> bool:
    """Deletes a log entry; only the application that wrote it may (crm-timeline-logmessage-delete.md)."""
    number = _log(call, call.integer("id"))["id"]
    writer = timeline.app_of(call.portal.store, number)
    if writer != call.app and call.source == "rest":
        raise RestError("REMOVING_DISABLED", "Запись создана в контексте другого приложения", 400)
    timeline.remove(call.portal.store, number)
    return True


def _picture(kind: Kind, code: str, content: bytes | None) -> dict[str, Any]:
    if content is None:
        return {"code": code, "isSystem": True, "fileUri": ""}
    mark = hashlib.sha256(code.encode() + content).hexdigest()
    return {"code": code, "isSystem": False, "fileUri": f"/upload/crm/{mark[:3]}/{mark[3:35]}/{mark[32:64]}"}


def _own(call: Call, kind: Kind, code: str) -> Any:
    sql = "SELECT * FROM crm_timeline_pictures WHERE kind = ? AND code = ?"
    return call.portal.store.one(sql, (kind, code))


def _absent(kind: Kind, code: str) -> RestError:
    return RestError("NOT_FOUND", f"{kind.capitalize()} not found for code `{code}`", 400)


def _add(kind: Kind) -> Callable[[Call], Any]:
    def add(call: Call) -> dict[str, Any]:
        """Adds a picture (PNG in Base64) under a code, or replaces the portal's own under that code."""
        code, text = str(call.need("code")), str(call.need("fileContent"))
        _require_admin(call)
        try:
            content = base64.b64decode(text + "=" * (-len(text) % 4))
        except (binascii.Error, ValueError):
            content = b""
        if not content.startswith(_PNG):
            raise RestError("INVALID_ARG_VALUE", "Неверное значение параметра fileContent", 400)
        sql = "INSERT OR REPLACE INTO crm_timeline_pictures (kind, code, content) VALUES (?, ?, ?)"
        call.portal.store.execute(sql, (kind, code, content))
        return {kind: _picture(kind, code, content)}

    return add


def _require_admin(call: Call) -> None:
    if call.source in ("rest", "act") and not call.portal.is_admin(call.user):
        raise timeline.denied()


def _get(kind: Kind) -> Callable[[Call], Any]:
    def get(call: Call) -> dict[str, Any]:
        """One picture by its code."""
        code = str(call.need("code"))
        row = _own(call, kind, code)
        if row is None and code not in _SYSTEM[kind]:
            raise _absent(kind, code)
        return {kind: _picture(kind, code, row["content"] if row else None)}

    return get


def _list(kind: Kind) -> Callable[[Call], Any]:
    def listed(call: Call) -> Page:
        """Every picture: those of the product, then those that were added."""
        rows = call.portal.store.rows("SELECT * FROM crm_timeline_pictures WHERE kind = ? ORDER BY id", (kind,))
        own = {row["code"]: _picture(kind, row["code"], row["content"]) for row in rows}
        found = [_picture(kind, code, None) for code in _SYSTEM[kind] if code not in own] + list(own.values())
        return Page(found, len(found), 0, f"{kind}s", size=len(found))

    return listed


def _delete(kind: Kind) -> Callable[[Call], Any]:
    def delete(call: Call) -> bool:
        """Deletes a picture that was added; those of the product stay."""
        code = str(call.need("code"))
        _require_admin(call)
        row = _own(call, kind, code)
        if row is None:
            raise _absent(kind, code)
        call.portal.store.execute("DELETE FROM crm_timeline_pictures WHERE id = ?", (row["id"],))
        return True

    return delete


_KINDS: tuple[Kind, ...] = ("icon", "logo")
for _kind in _KINDS:
    method(f"crm.timeline.{_kind}.add", "crm", write=True)(_add(_kind))
    method(f"crm.timeline.{_kind}.get", "crm")(_get(_kind))
    method(f"crm.timeline.{_kind}.list", "crm")(_list(_kind))
    method(f"crm.timeline.{_kind}.delete", "crm", write=True)(_delete(_kind))
