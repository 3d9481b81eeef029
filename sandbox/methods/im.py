"""Notifications: `im.notify.*`."""

from __future__ import annotations

import json
from typing import Any, Literal

from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal
from sandbox.kernel.registry import method
from sandbox.kernel.store import declare

declare(
    "CREATE TABLE IF NOT EXISTS notifications (id INTEGER PRIMARY KEY, user INTEGER NOT NULL, author INTEGER NOT NULL,"
    " kind TEXT NOT NULL, app TEXT NOT NULL, message TEXT NOT NULL, message_out TEXT NOT NULL, tag TEXT NOT NULL,"
    " sub_tag TEXT NOT NULL, attach TEXT, at TEXT NOT NULL, read INTEGER NOT NULL DEFAULT 0)"
)
declare("CREATE INDEX IF NOT EXISTS notifications_user ON notifications (user, tag)")
ATTACH_LIMIT = 60_000
Kind = Literal["personal", "system"]


def _attach(call: Call) -> str | None:
    value = call.get("ATTACH")
    if value in (None, "", [], {}):
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(text) > ATTACH_LIMIT:
        raise RestError("ATTACH_OVERSIZE", "You have exceeded the maximum allowable size of attach")
    try:
        json.loads(text)
    except ValueError:
        raise RestError("ATTACH_ERROR", "Incorrect attach params") from None
    return text


def _client(call: Call) -> str:
    """The application whose tags are meant; a webhook names it in CLIENT_ID."""
    return call.app or str(call.get("CLIENT_ID") or "")


def _notify(call: Call, kind: Kind) -> int | bool:
    """Adds a notification; an older one of the application with the same TAG goes away."""
    user = str(call.get("USER_ID") if call.get("USER_ID") is not None else call.get("to") or "")
    if not user.lstrip("-").isdigit() or int(user) <= 0:
        raise RestError("USER_ID_EMPTY", "User ID can't be empty")
    message = str(call.get("MESSAGE") or "").strip()
    if not message:
        raise RestError("MESSAGE_EMPTY", "Message can't be empty")
    store, client, tag = call.portal.store, _client(call), str(call.get("TAG") or "")
    row = {
        "user": int(user),
        "author": call.user if kind == "personal" else 0,
        "kind": kind,
        "app": client,
        "message": message,
        "message_out": str(call.get("MESSAGE_OUT") or ""),
        "tag": tag,
        "sub_tag": str(call.get("SUB_TAG") or ""),
        "attach": _attach(call),
        "at": call.portal.clock.iso(),
    }
    if not store.value("SELECT active FROM users WHERE id = ?", (int(user),)):
        return False
    if tag:
        store.execute("DELETE FROM notifications WHERE tag = ? AND app = ?", (tag, client))
    return store.insert("notifications", row)


@method("im.notify.personal.add", "im", write=True)
def personal_add(call: Call) -> int | bool:
    """im-notify-personal-add.md"""
    return _notify(call, "personal")


@method("im.notify.system.add", "im", write=True)
def system_add(call: Call) -> int | bool:
    """im-notify-system-add.md"""
    return _notify(call, "system")


@method("im.notify", "im", write=True)
def notify(call: Call) -> int | bool:
    """im-notify.md: the older name of both; TYPE is USER or SYSTEM."""
    return _notify(call, "system" if str(call.get("TYPE") or "USER").upper() == "SYSTEM" else "personal")


@method("im.notify.delete", "im", write=True)
def delete(call: Call) -> bool:
    """im-notify-delete.md: by ID, or by TAG or SUB_TAG of the calling application."""
    store, client = call.portal.store, _client(call)
    if call.get("ID"):
        deleted = store.execute("DELETE FROM notifications WHERE id = ?", (call.integer("ID"),))
        return deleted.rowcount > 0
    for name in ("TAG", "SUB_TAG"):
        if call.get(name):
            if not client:
                raise RestError("ACCESS_DENIED", "Access denied! Client ID not specified", 403)
            column = name.lower()
            deleted = store.execute(
                f"DELETE FROM notifications WHERE {column} = ? AND app = ?", (str(call.get(name)), client)
            )
            return deleted.rowcount > 0
    raise RestError("PARAMS_ERROR", "Incorrect params")


@method("im.notify.read.all", "im", write=True)
def read_all(call: Call) -> dict[str, Any]:
    """im-notify-read-all.md: those of the calling user."""
    call.portal.store.execute("UPDATE notifications SET read = 1 WHERE user = ?", (call.user,))
    return {"result": True, "newCounter": 0}


def visible(portal: Portal, user: int) -> list[dict[str, Any]]:
    """What a user's bell shows, newest first."""
    rows = portal.store.rows("SELECT * FROM notifications WHERE user = ? ORDER BY id DESC", (user,))
    return [{**dict(row), "read": bool(row["read"])} for row in rows]
