"""The event log in REST 3.0: `main.eventlog.*` (api-reference/event-log)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox.kernel import dto
from sandbox.kernel.call import Call
from sandbox.kernel.dto import Dto, describe, props_of
from sandbox.kernel.eventlog import ENTRIES
from sandbox.kernel.v3 import absent, denied, method_v3, unread

Row = dict[str, Any]
ENTRY = Dto(
    "EventLogDto",
    props_of(
        """
        id int fs
        timestampX DateTime fs
        severity string
        auditTypeId string fs
        moduleId string
        itemId string
        remoteAddr string
        userAgent string
        requestUri string
        siteId string
        userId int fs
        guestId int fs
        description string
        """
    ),
)


def _admin(call: Call) -> None:
    if not call.portal.is_admin(call.user):
        raise denied()


describe("main.eventlog", "main", ENTRY, guard=_admin)


def _printed(call: Call, row: Row) -> Row:
    return {
        "id": row["id"],
        "timestampX": datetime.fromtimestamp(row["at"], call.portal.clock.zone).isoformat(),
        "severity": row["severity"],
        "auditTypeId": row["kind"],
        "moduleId": row["module"],
        "itemId": row["item"],
        "remoteAddr": "127.0.0.1",
        "userAgent": None,
        "requestUri": None,
        "siteId": "s1",
        "userId": row["user"],
        "guestId": None,
        "description": row["description"],
    }


@method_v3("main.eventlog.list", "main", "select:any filter:any order:any pagination:any")
def entries(call: Call) -> dict[str, Any]:
    """A page of the log."""
    _admin(call)
    return dto.page(call, ENTRY, [_printed(call, row) for row in ENTRIES.all(call)])


@method_v3("main.eventlog.get", "main", "id*:int select:any")
def get(call: Call) -> dict[str, Any]:
    """One line of the log."""
    _admin(call)
    row = ENTRIES.get(call, call.params["id"])
    if row is None:
        raise absent(call.params["id"])
    return dto.item(call, ENTRY, _printed(call, row))


@method_v3("main.eventlog.tail", "main", "select:any filter:any cursor:object")
def tail(call: Call) -> dict[str, Any]:
    """What is newer (or older) than a cursor."""
    _admin(call)
    given = call.params.get("cursor") or {}
    cursor = dict(given) if isinstance(given, Mapping) else {}
    name, down = str(cursor.get("field") or "id"), str(cursor.get("order") or "ASC").upper() == "DESC"
    limit = cursor.get("limit", dto.LIMIT)
    if isinstance(limit, bool) or not str(limit).isdigit() or int(limit) == 0:
        raise unread("PAGINATION", "pagination parameter", cursor)
    if name not in ENTRY.props or not ENTRY.props[name].sortable:
        raise unread("ORDER", "sorting parameter", {name: cursor.get("order") or "ASC"})
    wanted = dto.filter_of(call, ENTRY)
    if any(one.prop.name == name for one in wanted.conditions()):
        raise unread("FILTER", "filter expression", f"Cursor field {name} cannot be used at filter.")
    after = dto.Condition(ENTRY.props[name], "<" if down else ">", cursor.get("value", 0))
    begun = "value" not in cursor and (down or name != "id")
    rows = [row for row in (_printed(call, one) for one in ENTRIES.all(call)) if begun or after.holds(row)]
    found = dto.in_order((row for row in rows if wanted.holds(row)), {name: down})
    chosen = dto.selected(call, ENTRY)
    return {"items": [dto.picked(row, chosen) for row in found[: min(int(limit), dto.MAXIMUM)]]}
