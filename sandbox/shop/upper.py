"""The older manners of the shop: parameters and fields in capitals, bare lists, errors with names
(pay systems, cash registers, delivery services)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sandbox.crm.query import Builder, Operand
from sandbox.crm.values import empty
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError, access_denied
from sandbox.plain.table import Row, Table


def admin(call: Call) -> None:
    """These settings belong to administrators."""
    if call.source in ("rest", "act") and not call.portal.is_admin(call.user):
        raise access_denied()


def failure(text: str) -> RestError:
    """The refusal of wrong parameters."""
    return RestError("ERROR_CHECK_FAILURE", text)


def require(given: Mapping[str, Any], *names: str) -> None:
    """Refuses parameters without those that are required."""
    for name in names:
        if empty(given.get(name)):
            raise failure(f"Parameter {name} is not defined")


def params(call: Call) -> dict[str, Any]:
    """The parameters of a call by their names in capitals."""
    return {str(key).upper(): value for key, value in call.params.items()}


def fields(call: Call) -> dict[str, Any]:
    """The `FIELDS` of a call by their names in capitals."""
    return {str(key).upper(): value for key, value in call.mapping("FIELDS").items()}


def stored(call: Call, table: Table, given: Mapping[str, Any], error: str = "ERROR_CHECK_FAILURE") -> Row:
    """What is stored of the given parameters; a value that does not fit is refused with this code."""
    kept = {}
    for name, value in given.items():
        column = table.by_name.get(name)
        if column is not None:
            kept[name] = column.read(value, call.portal.clock.zone, error)
    return kept


def found(call: Call, table: Table, code: str, text: str, name: str = "ID") -> Row:
    """The row that a call names."""
    number = call.get(name)
    if empty(number):
        raise failure(f"Parameter {name} is not defined")
    row = table.get(call.portal, number) if str(number).isdigit() else None
    if row is None:
        raise RestError(code, text)
    return row


def own(call: Call, row: Row) -> None:
    """Refuses an application that would change what another one added."""
    if call.app is not None and row.get("app") not in (None, call.app):
        raise access_denied()


def added(call: Call, table: Table, given: Mapping[str, Any], error: str) -> int:
    """Adds a row of the calling application; returns its id."""
    return int(table.insert(call, {**stored(call, table, given, error), "app": call.app})["id"])


def changeable(call: Call, table: Table, code: str, text: str) -> Row:
    """The row that a call names, for administrators and the application that added it."""
    admin(call)
    row = found(call, table, code, text)
    own(call, row)
    return row


def handler(call: Call, table: Table) -> Row:
    """The handler that a call would change."""
    return changeable(call, table, "ERROR_HANDLER_NOT_FOUND", "Handler not found")


def shown(table: Table, row: Row, names: tuple[str, ...], *, texts: bool) -> dict[str, Any]:
    """A row's fields; `texts` families print numbers as texts."""
    printed: dict[str, Any] = {}
    for name in names:
        value = row["id"] if name == "ID" else row[name]
        if value is not None and name != "ID" and table.by_name[name].kind == "json":
            value = json.loads(value)
        printed[name] = str(value) if texts and isinstance(value, int | float) else value
    return printed


def listed(
    call: Call,
    table: Table,
    names: tuple[str, ...],
    *,
    texts: bool = False,
    code: str = "",
    aliases: Mapping[str, str] = MappingProxyType({}),
) -> list[Row]:
    """The rows that FILTER passes in the order of ORDER, with the fields of SELECT.

    `aliases` are further names that SELECT takes for a field; `code` refuses those it does not know.
    """
    asked = [str(name).upper() for name in call.listing("SELECT")]
    chosen = [aliases.get(name, name) for name in asked]
    for name in chosen:
        if name not in names and name != "*":
            raise RestError(code, f"{name} not allowed for select")
    store = table.fill(call.portal)
    builder = Builder(lambda name: _operand(table, names, name), call.portal.clock.zone, code)
    where = builder.where(call.mapping("FILTER"))
    order = builder.order(call.mapping("ORDER"), '"id"')
    rows = store.rows(f'SELECT * FROM "{table.sql}" WHERE {where.sql} ORDER BY {order}', where.args)
    wanted = names if not chosen or "*" in chosen else tuple(name for name in names if name in chosen)
    return [shown(table, dict(row), wanted, texts=texts) for row in rows]


def _operand(table: Table, names: tuple[str, ...], name: str) -> Operand | None:
    upper = name.upper()
    if upper == "ID":
        return Operand('"id"', "int")
    return table.by_name[upper].operand if upper in names and upper in table.by_name else None
