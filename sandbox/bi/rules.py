"""How analytics checks what it is sent, and how it prints its fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sandbox.crm import listing
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.plain.columns import Column
from sandbox.plain.table import Row, Table

PAGE = 50
_MULTIPLE = ("settings", "fields")
_PYTHON: dict[str, tuple[type, ...]] = {"integer": (int,), "string": (str,), "array": (list, dict), "boolean": (bool,)}
_PREFIXES = "!=%@<>"


def described(columns: Sequence[Column]) -> dict[str, Any]:
    """The fields as the three `fields` methods print them: a list, the names under `title`."""
    return {
        "fields": [
            {
                "title": column.name,
                "type": column.type,
                "isRequired": column.required,
                "isReadOnly": column.read_only,
                "isImmutable": column.immutable,
                "isMultiple": column.name in _MULTIPLE,
            }
            for column in columns
        ]
    }


def number(call: Call) -> int:
    """The id of a call: a positive whole number."""
    value = call.get("id")
    if value is None or value == "":
        raise RestError("VALIDATION_ID_NOT_PROVIDED", "ID is missing.")
    if isinstance(value, bool) or not str(value).isdigit() or int(value) <= 0:
        raise RestError("VALIDATION_INVALID_ID_FORMAT", "ID has to be a positive integer.")
    return int(value)


def sent(call: Call, columns: Sequence[Column], *, new: bool) -> dict[str, Any]:
    """The `fields` of a call, checked against the columns."""
    fields = call.mapping("fields")
    if not fields:
        raise RestError("VALIDATION_FIELDS_NOT_PROVIDED", "Fields not provided.")
    known = {column.name: column for column in columns}
    unknown = [name for name in fields if name not in known]
    if unknown:
        raise RestError("VALIDATION_UNKNOWN_PARAMETERS", f"Unknown parameters: {', '.join(unknown)}")
    for name, value in fields.items():
        _check(known[name], value, new=new)
    if new:
        for column in columns:
            if column.required and not column.read_only and fields.get(column.name) in (None, "", []):
                raise _required(column)
    return fields


def _required(column: Column) -> RestError:
    return RestError("VALIDATION_REQUIRED_FIELD_MISSING", f'Field "{column.name}" is required.')


def _check(column: Column, value: Any, *, new: bool) -> None:
    if column.required and not column.read_only and not new and value in (None, "", []):
        raise _required(column)
    if column.read_only:
        raise RestError("VALIDATION_READ_ONLY_FIELD", f'Field "{column.name}" is read only.')
    if column.immutable and not new:
        raise RestError("VALIDATION_IMMUTABLE_FIELD", f'Field "{column.name}" is immutable.')
    if value is None:
        return
    if not _fits(column.type, value):
        raise RestError("VALIDATION_INVALID_FIELD_TYPE", f'Field "{column.name}" must be of type {column.type}.')


def _fits(kind: str, value: Any) -> bool:
    """Forms send everything as text, so digits are whole numbers and 0/1 and Y/N are flags."""
    if kind == "integer":
        return not isinstance(value, bool) and str(value).isdigit()
    if kind == "boolean":
        return isinstance(value, bool) or str(value) in ("0", "1", "Y", "N", "true", "false")
    return isinstance(value, _PYTHON.get(kind, (object,)))


def repeated(values: Sequence[str]) -> list[str]:
    """Those that come more than once, each named once."""
    return [value for value in dict.fromkeys(values) if values.count(value) > 1]


def moment(call: Call, seconds: int | None) -> str | None:
    """A moment as analytics prints it, without a zone."""
    return None if seconds is None else f"{datetime.fromtimestamp(seconds, call.portal.clock.zone):%Y-%m-%d %H:%M:%S}"


def listed(call: Call, table: Table, allowed: Sequence[str]) -> list[Row]:
    """The rows of the asked page; `page` counts from 1."""
    for name in ("select", "filter", "order"):
        value = call.get(name)
        if value is not None and not isinstance(value, Mapping | list):
            raise RestError(f"VALIDATION_{name.upper()}_TYPE", f'Parameter "{name}" must be array.')
    for entry in call.listing("select"):
        _allow(str(entry), allowed, "select")
    _check_filter(call.mapping("filter"), allowed)
    for key in call.mapping("order"):
        _allow(str(key), allowed, "order")
    table.fill(call.portal)
    asked = Call(call.portal, call.method, {"start": (max(call.integer("page", 1), 1) - 1) * PAGE}, call.user)
    found = listing.find(asked, table.source, call.mapping("filter"), call.mapping("order"))
    return [dict(row) for row in found.rows]


def _allow(name: str, allowed: Sequence[str], where: str) -> None:
    if name not in allowed:
        code = f"VALIDATION_FIELD_NOT_ALLOWED_IN_{where.upper()}"
        raise RestError(code, f'Field "{name}" is not allowed in the "{where}".')


def _check_filter(conditions: Mapping[str, Any], allowed: Sequence[str]) -> None:
    for key, value in conditions.items():
        if key.lower() == "logic":
            if str(value).upper() not in ("AND", "OR"):
                raise RestError("VALIDATION_INVALID_FILTER_LOGIC", 'Field "logic" must be either "AND" or "OR".')
        elif key.isdigit() and isinstance(value, Mapping):
            _check_filter(value, allowed)
        else:
            _allow(key.lstrip(_PREFIXES), allowed, "filter")


def chosen(call: Call, row: dict[str, Any]) -> dict[str, Any]:
    """The fields that `select` names; ids are texts in lists."""
    names = [str(name) for name in call.listing("select")]
    printed = {**row, "id": str(row["id"])}
    return {name: printed[name] for name in names if name in printed} if names else printed
