"""The verbs of plain tables as REST methods: `list`, `get`, `add`, `update`, `delete`, `getFields`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sandbox.crm import listing
from sandbox.crm.values import empty
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError, missing
from sandbox.kernel.registry import events, method
from sandbox.plain.rights import require as require_rights
from sandbox.plain.table import READ, WRITE, Row, Table

_READERS = ("list", "get", "getFields")


def allow(call: Call, table: Table, verb: str) -> None:
    """Refuses a caller who may not do this with the table's rows."""
    if verb in table.rights:
        require_rights(call, *table.rights[verb])
        return
    reads = verb in _READERS
    if (table.open_to_read if reads else table.open_to_write) or call.source not in ("rest", "act"):
        return
    if not call.portal.is_admin(call.user):
        raise RestError(table.denied.get(verb, READ if reads else WRITE), table.denials)


def fields_of(call: Call) -> dict[str, Any]:
    """The `fields` of a call; their absence, or an empty map, is error 100."""
    if not call.get("fields"):
        raise missing("fields")
    return call.mapping("fields")


def require(table: Table, fields: Mapping[str, Any], before: Row | None) -> None:
    """Refuses a call without the required fields; a change may leave out those it does not touch."""
    empties = table.empties if before is None else {**table.empties, **table.empties_on_update}
    for name, refusal in empties.items():
        if name in fields and empty(fields[name]):
            raise RestError(*refusal)
    lacking = [
        column.name
        for column in table.columns
        if column.required
        and (fields.get(column.name) is None or fields[column.name] == "")
        and (before is None or column.name in fields or column.name in table.required_on_update)
        and not (before is not None and column.immutable)
    ]
    if lacking:
        raise RestError(table.error, f"Required fields: {', '.join(lacking)}")


def selected(call: Call, rows: list[Row]) -> list[Row]:
    """The rows with the fields that `select` names; all of them without it."""
    chosen = [str(name) for name in call.listing("select")]
    if not chosen or "*" in chosen:
        return rows
    return [{name: row[name] for name in chosen if name in row} for row in rows]


def check_arrays(call: Call, *names: str) -> None:
    """Refuses a text or a number where a list method takes an array."""
    for name in names:
        value = call.get(name)
        if not empty(value) and not isinstance(value, Mapping | list):
            raise RestError(
                100, f"Invalid value {{{value}}} to match with parameter {{{name}}}. Should be value of type array."
            )


def page(
    call: Call, table: Table, extra: tuple[str, list[Any]] = ("1", []), *, raw: bool = False, strict: bool = False
) -> Page:
    """The asked page of a table's rows, printed (or as they lie); `extra` is a further condition.

    `strict` pages refuse filters of unknown fields, the others pass over them.
    """
    table.fill(call.portal)
    check_arrays(call, "select", "filter", "order")
    source = replace(table.source, lenient=False) if strict else table.source
    found = listing.find(call, source, call.mapping("filter"), call.mapping("order"), extra=extra, whole=True)
    if raw:
        return Page([dict(row) for row in found.rows], found.total, found.start, table.many)
    rows = [table.printed(call, row) for row in found.rows]
    return Page(selected(call, rows), found.total, found.start, table.many)


def _list(table: Table) -> Callable[[Call], Any]:
    def listed(call: Call) -> Page:
        """A page of rows."""
        allow(call, table, "list")
        return page(call, table)

    return listed


def _get(table: Table) -> Callable[[Call], Any]:
    def got(call: Call) -> dict[str, Any]:
        """One row."""
        allow(call, table, "get")
        return {table.one: table.printed(call, table.need(call, table.key(call)))}

    return got


def _add(table: Table) -> Callable[[Call], Any]:
    def added(call: Call) -> dict[str, Any]:
        """Adds a row and returns it."""
        allow(call, table, "add")
        fields = fields_of(call)
        require(table, fields, None)
        row = table.insert(call, table.read(call, fields, None))
        return {table.one: table.printed(call, row)}

    return added


def _update(table: Table) -> Callable[[Call], Any]:
    def updated(call: Call) -> dict[str, Any]:
        """Changes a row and returns it."""
        allow(call, table, "update")
        number, fields = table.key(call), fields_of(call)
        before = table.need(call, number)
        require(table, fields, before)
        row = table.change(call, before, table.read(call, fields, before))
        return {table.one: table.printed(call, row)}

    return updated


def _delete(table: Table) -> Callable[[Call], Any]:
    def deleted(call: Call) -> bool:
        """Deletes a row."""
        allow(call, table, "delete")
        table.remove(call, table.need(call, table.key(call)))
        return True

    return deleted


def _get_fields(table: Table) -> Callable[[Call], Any]:
    def described(call: Call) -> dict[str, Any]:
        """The table's fields."""
        allow(call, table, "getFields")
        return {table.one: table.described()}

    return described


def exact(call: Call, table: Table) -> Row:
    """The row that `fields` describe by all required columns, for families without ids."""
    fields = fields_of(call)
    require(table, fields, None)
    wanted = {c.name: c.read(fields[c.name], call.portal.clock.zone) for c in table.columns if c.required}
    rows = table.where(call.portal, **wanted)
    if not rows:
        raise table.refuse()
    return rows[0]


def _delete_by_filter(table: Table) -> Callable[[Call], Any]:
    def deleted(call: Call) -> bool:
        """Deletes the row that `fields` describe."""
        allow(call, table, "deleteByFilter")
        table.remove(call, exact(call, table))
        return True

    return deleted


_VERBS = {
    "list": _list,
    "get": _get,
    "add": _add,
    "update": _update,
    "delete": _delete,
    "getFields": _get_fields,
    "deleteByFilter": _delete_by_filter,
}
ALL = ("list", "get", "add", "update", "delete", "getFields")


def serve(table: Table, *verbs: str, stem: str = "", partial: str = "") -> Table:
    """Registers the verbs of a table (all of them unless named) as methods; returns the table.

    `stem` replaces the table's name in the names of the methods, where several families share rows.
    """
    scope = table.scope or table.name.split(".")[0]
    for verb in verbs or ALL:
        write = verb not in _READERS
        name = f"{stem or table.name}.{verb}"
        method(name, scope, write=write, cost=0.05 if write else 0.01, partial=partial)(_VERBS[verb](table))
    if table.event:
        events(scope, *(table.event + what for what in ("ADD", "UPDATE", "DELETE")))
    return table
