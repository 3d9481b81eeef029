"""Types of user fields that applications bring: `userfieldtype.*` (api-reference/widgets/user-field)."""

from __future__ import annotations

import json
from typing import Any

from sandbox.kernel.apps import find_app
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal
from sandbox.kernel.registry import method
from sandbox.kernel.rows import paged
from sandbox.kernel.store import declare
from sandbox.methods.event import check_handler

SCOPE = "placement"
declare(
    "CREATE TABLE IF NOT EXISTS user_field_types (id INTEGER PRIMARY KEY, app TEXT NOT NULL, code TEXT NOT NULL,"
    " handler TEXT NOT NULL, title TEXT NOT NULL, description TEXT NOT NULL, options TEXT NOT NULL,"
    " UNIQUE (app, code))"
)


def user_types(portal: Portal, client_id: str | None) -> dict[str, str]:
    """The types of one application: its own code -> the type of the portal, `rest_{application}_{code}`."""
    app = find_app(portal, client_id) if client_id else None
    if app is None:
        return {}
    rows = portal.store.rows("SELECT code FROM user_field_types WHERE app = ?", (app.client_id,))
    return {row["code"]: f"rest_{app.id}_{row['code']}" for row in rows}


def all_types(portal: Portal) -> dict[str, str]:
    """Every application's types of this portal with their titles."""
    sql = "SELECT a.id, t.code, t.title FROM user_field_types t JOIN apps a ON a.client_id = t.app ORDER BY t.id"
    return {f"rest_{row['id']}_{row['code']}": row["title"] or row["code"] for row in portal.store.rows(sql)}


def _argument(call: Call, name: str) -> str:
    value = call.get(name)
    if value in (None, ""):
        raise RestError("ERROR_ARGUMENT", f"Argument '{name}' is null or empty", 400, argument=name)
    return str(value)


def _own(call: Call) -> tuple[str, str]:
    """The calling application and the type it names."""
    app = call.require_app()
    call.require_admin()
    return app, _argument(call, "USER_TYPE_ID")


def _need(call: Call) -> Any:
    app, code = _own(call)
    row = call.portal.store.one("SELECT * FROM user_field_types WHERE app = ? AND code = ?", (app, code))
    if row is None:
        raise RestError("ERROR_NOT_FOUND", "User Field Type not found")
    return row


def _occupied(call: Call, app: str, code: str, handler: str) -> bool:
    sql = "SELECT 1 FROM user_field_types WHERE (app = ? AND handler = ? AND code <> ?) OR (app <> ? AND code = ?)"
    return call.portal.store.value(sql, (app, handler, code, app, code)) is not None


def _taken() -> RestError:
    return RestError("ERROR_CORE", "Unable to set placement handler: Handler already binded")


@method("userfieldtype.add", SCOPE, write=True)
def add(call: Call) -> bool:
    """Brings a type of user fields; its cards show the handler's page in a frame."""
    app, code = _own(call)
    handler = check_handler(_argument(call, "HANDLER"))
    known = call.portal.store.value("SELECT 1 FROM user_field_types WHERE app = ? AND code = ?", (app, code))
    if known or _occupied(call, app, code, handler):
        raise _taken()
    row = {"app": app, "code": code, "handler": handler, "title": str(call.get("TITLE") or "")}
    row["description"] = str(call.get("DESCRIPTION") or "")
    row["options"] = json.dumps(call.mapping("OPTIONS"))
    call.portal.store.insert("user_field_types", row)
    return True


@method("userfieldtype.update", SCOPE, write=True)
def update(call: Call) -> bool:
    """Changes a type's handler, title, description and options."""
    row = _need(call)
    changes: dict[str, str] = {}
    if call.get("HANDLER"):
        changes["handler"] = check_handler(str(call.get("HANDLER")))
        if _occupied(call, row["app"], row["code"], changes["handler"]):
            raise _taken()
    for name in ("TITLE", "DESCRIPTION"):
        if call.get(name) is not None:
            changes[name.lower()] = str(call.get(name))
    if call.get("OPTIONS") is not None:
        changes["options"] = json.dumps(call.mapping("OPTIONS"))
    if changes:
        sets = ", ".join(f"{name} = ?" for name in changes)
        call.portal.store.execute(f"UPDATE user_field_types SET {sets} WHERE id = ?", (*changes.values(), row["id"]))
    return True


@method("userfieldtype.list", SCOPE)
def listing(call: Call) -> Page:
    """The types of the calling application, the newest first."""
    app = call.require_app()
    call.require_admin()
    rows = call.portal.store.rows("SELECT * FROM user_field_types WHERE app = ? ORDER BY id DESC", (app,))
    printed = [
        {
            "USER_TYPE_ID": row["code"],
            "HANDLER": row["handler"],
            "TITLE": row["title"],
            "DESCRIPTION": row["description"],
            "OPTIONS": json.loads(row["options"]),
        }
        for row in rows
    ]
    return paged(call, printed)


@method("userfieldtype.delete", SCOPE, write=True)
def delete(call: Call) -> bool:
    """Takes a type away; fields of it stay as they are."""
    call.portal.store.execute("DELETE FROM user_field_types WHERE id = ?", (_need(call)["id"],))
    return True
