"""Data storages of applications: what `entity.*` methods mean, and who may do what."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sandbox.disk.rights import codes
from sandbox.kernel.apps import find_app
from sandbox.kernel.call import Call, Page
from sandbox.kernel.documents import Document, Documents
from sandbox.kernel.errors import RestError
from sandbox.kernel.rows import matches, ordered, paged

STORAGES = Documents("entity", "app")
ITEMS = Documents("entity.item", "storage")
SECTIONS = Documents("entity.section", "storage")
PROPERTIES = Documents("entity.property", "storage")
# The portal's limit is what the client id leaves of 50 characters.
LONGEST = 20
READ, WRITE, FULL = "R", "W", "X"


def argument(name: str) -> RestError:
    """A required parameter did not come."""
    return RestError("ERROR_ARGUMENT", f"Argument '{name}' is null or empty", argument=name)


def denied() -> RestError:
    """The refusal for want of rights."""
    return RestError("ACCESS_DENIED", "Access denied!")


def application(call: Call) -> int:
    """The number of the calling application."""
    app = find_app(call.portal, call.app) if call.app else None
    if app is None:
        raise RestError("ACCESS_DENIED", "Access denied! Application context required")
    return app.id


def code_of(call: Call, name: str = "ENTITY") -> str:
    """A storage's code: letters, digits and underscores; the rest is cut out."""
    code = re.sub(r"[^A-Za-z0-9_]", "", str(call.get(name) or ""))
    if not code:
        raise argument(name)
    if len(code) > LONGEST:
        raise RestError("ERROR_ARGUMENT", f"Entity code is too long. Max length is {LONGEST} characters.", argument="")
    return code


def find(call: Call, app: int, code: str) -> Document | None:
    """A storage of an application by its code."""
    return next((found for found in STORAGES.of(call, app) if found["ENTITY"] == code), None)


def storage(call: Call, wanted: str) -> Document:
    """The storage of ENTITY, for those whose level is high enough."""
    app = application(call)
    found = find(call, app, code_of(call))
    if found is None:
        raise RestError("ERROR_ENTITY_NOT_FOUND", "Entity not found")
    if not may(call, found, wanted):
        raise denied()
    return found


def may(call: Call, found: Document, wanted: str) -> bool:
    """Whether the caller's level reaches `wanted`; administrators and makers have the full one."""
    if call.portal.is_admin(call.user) or found["CREATED_BY"] == call.user:
        return True
    answers = {*codes(call), "AU"}
    given = [level for code, level in found["ACCESS"].items() if code in answers]
    order = (READ, WRITE, FULL)
    return any(level in order and order.index(level) >= order.index(wanted) for level in given)


def access(call: Call) -> dict[str, str]:
    """ACCESS of a request."""
    return {str(code): str(level) for code, level in call.mapping("ACCESS").items() if level in (READ, WRITE, FULL)}


def stamps(call: Call, *, new: bool) -> Document:
    """Who and when, as items and sections keep it."""
    now = {"TIMESTAMP_X": call.portal.clock.iso(), "MODIFIED_BY": str(call.user)}
    return {**now, "DATE_CREATE": call.portal.clock.iso(), "CREATED_BY": str(call.user)} if new else now


def flag(value: Any, default: str = "Y") -> str:
    """`Y` or `N` out of what a client sent."""
    if value in (None, ""):
        return default
    return "N" if str(value).upper() in ("N", "0", "FALSE") else "Y"


def moment(call: Call, name: str) -> str:
    """A date and time of a request as items print it; text that is none is refused."""
    value = call.get(name)
    if value in (None, "", False):
        return ""
    try:
        parsed = datetime.fromisoformat(str(value))
    except ValueError:
        raise RestError("ERROR_ARGUMENT", f"Invalid value of {name}", argument=name) from None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=call.portal.clock.zone)).isoformat()


def page(call: Call, rows: Iterable[Document]) -> Page:
    """The asked page by FILTER and SORT."""
    wanted: Mapping[str, Any] = call.mapping("FILTER")
    found = [row for row in rows if matches(_flat(row), wanted)]
    for name, direction in reversed(list(call.mapping("SORT").items())):
        keyed = [{"_KEY": _flat(row).get(str(name).upper()), "_ROW": row} for row in found]
        found = [entry["_ROW"] for entry in ordered(keyed, "_KEY", str(direction))]
    return paged(call, found)


def _flat(row: Document) -> Document:
    values = row.get("PROPERTY_VALUES")
    if not isinstance(values, dict):
        return row
    return {**row, **{f"PROPERTY_{code.upper()}": value for code, value in values.items()}}
