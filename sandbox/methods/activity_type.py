"""Kinds of activities that applications add, and badges: `crm.activity.type.*`, `crm.activity.badge.*`."""

from __future__ import annotations

import json
from typing import Any

from sandbox.crm.access import require_crm_admin
from sandbox.crm.values import flag
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal
from sandbox.kernel.registry import method
from sandbox.kernel.store import declare
from sandbox.plain.files import upload

declare(
    """
    CREATE TABLE IF NOT EXISTS crm_activity_types (id INTEGER PRIMARY KEY, app TEXT NOT NULL, code TEXT NOT NULL,
        name TEXT NOT NULL, icon INTEGER NOT NULL, configurable TEXT NOT NULL, UNIQUE (app, code));
    CREATE TABLE IF NOT EXISTS crm_activity_badges (id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE,
        title TEXT NOT NULL, value TEXT NOT NULL, type TEXT NOT NULL);
    """
)
_BADGES = ("success", "failure", "warning", "primary", "secondary")


def is_configurable(portal: Portal, app: str, code: str) -> bool:
    """Whether an application has added a kind for configurable activities under this code."""
    sql = "SELECT configurable FROM crm_activity_types WHERE app = ? AND code = ?"
    return bool(portal.store.value(sql, (app, code)) == "Y")


def _administrator(call: Call) -> str:
    """The calling application, for an administrator."""
    if call.app is None:
        raise RestError("ACCESS_DENIED", "Access denied! Application context required", 400)
    if not call.portal.is_admin(call.user):
        raise RestError("ACCESS_DENIED", "Access denied! Admin permissions required", 400)
    return call.app


@method("crm.activity.type.add", "crm", write=True)
def type_add(call: Call) -> bool:
    """Adds a kind of activities under TYPE_ID, which the application has not used yet."""
    app = _administrator(call)
    fields = {key.upper(): value for key, value in call.mapping("fields").items()}
    code = str(fields.get("TYPE_ID") or "").strip()
    if not code:
        raise RestError("INVALID_ARG_VALUE", "Не заполнено обязательное поле TYPE_ID", 400)
    store = call.portal.store
    if store.value("SELECT 1 FROM crm_activity_types WHERE app = ? AND code = ?", (app, code)):
        raise RestError("INVALID_ARG_VALUE", f"Тип дела {code} уже существует", 400)
    icon = upload(store, fields.get("ICON_FILE")) if isinstance(fields.get("ICON_FILE"), dict | list) else None
    row = {
        "app": app,
        "code": code,
        "name": str(fields.get("NAME") or ""),
        "icon": icon["id"] if icon else 0,
        "configurable": flag(fields.get("IS_CONFIGURABLE_TYPE")),
    }
    store.insert("crm_activity_types", row)
    return True


@method("crm.activity.type.list", "crm")
def type_list(call: Call) -> list[dict[str, str]]:
    """The kinds of activities the calling application has added."""
    rows = call.portal.store.rows("SELECT * FROM crm_activity_types WHERE app = ? ORDER BY id", (_administrator(call),))
    return [
        {
            "TYPE_ID": row["code"],
            "NAME": row["name"],
            "IS_CONFIGURABLE_TYPE": row["configurable"],
            "ICON_ID": str(row["icon"]),
        }
        for row in rows
    ]


@method("crm.activity.type.delete", "crm", write=True)
def type_delete(call: Call) -> bool:
    """Deletes a kind of activities of the calling application."""
    app, code = _administrator(call), str(call.get("TYPE_ID") or "")
    deleted = call.portal.store.execute("DELETE FROM crm_activity_types WHERE app = ? AND code = ?", (app, code))
    if not deleted.rowcount:
        raise RestError("INVALID_ARG_VALUE", f"Тип дела {code} не существует", 400)
    return True


def _badge(row: Any) -> dict[str, Any]:
    return {
        "code": row["code"],
        "title": json.loads(row["title"]),
        "value": json.loads(row["value"]),
        "type": row["type"],
    }


def _found(call: Call) -> Any:
    code = str(call.need("code"))
    row = call.portal.store.one("SELECT * FROM crm_activity_badges WHERE code = ?", (code,))
    if row is None:
        raise RestError("NOT_FOUND", "Not found.", 400)
    return row


@method("crm.activity.badge.add", "crm", write=True)
def badge_add(call: Call) -> dict[str, Any]:
    """Adds a badge for cards on the board; its code must be new (badges/index.md)."""
    require_crm_admin(call)
    given = {name: call.get(name) for name in ("code", "title", "value", "type")}
    for name, value in given.items():
        if value in (None, "", [], {}):
            raise RestError("REQUIRED_ARG_MISSING", f"Не заполнено обязательное поле {name}", 400)
    if given["type"] not in _BADGES:
        raise RestError("INVALID_ARG_VALUE", "Неверный тип значка", 400)
    store, code = call.portal.store, str(given["code"])
    if store.value("SELECT 1 FROM crm_activity_badges WHERE code = ?", (code,)):
        raise RestError("INVALID_ARG_VALUE", f"Значок с кодом {code} уже существует", 400)
    row = {
        "code": code,
        "title": json.dumps(given["title"], ensure_ascii=False),
        "value": json.dumps(given["value"], ensure_ascii=False),
        "type": given["type"],
    }
    store.insert("crm_activity_badges", row)
    return {"badge": _badge(row)}


@method("crm.activity.badge.get", "crm")
def badge_get(call: Call) -> dict[str, Any]:
    """One badge."""
    return {"badge": _badge(_found(call))}


@method("crm.activity.badge.list", "crm")
def badge_list(call: Call) -> dict[str, Any]:
    """All badges."""
    return {"badges": [_badge(row) for row in call.portal.store.rows("SELECT * FROM crm_activity_badges ORDER BY id")]}


@method("crm.activity.badge.delete", "crm", write=True)
def badge_delete(call: Call) -> bool:
    """Deletes a badge."""
    require_crm_admin(call)
    call.portal.store.execute("DELETE FROM crm_activity_badges WHERE id = ?", (_found(call)["id"],))
    return True
