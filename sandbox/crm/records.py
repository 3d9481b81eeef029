"""Tables of rows with upper-case names (requisites, bank details, addresses): declared in text, read, printed, listed.

One line of a declaration is one field, as in `declarations.py`, with a single spelling. From it come
the table, the answer of `...fields`, the parsing of values, the printed strings and the filter.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.crm import listing, values
from sandbox.crm.fields import SQL_TYPES, Field, parse_line
from sandbox.crm.query import Operand
from sandbox.crm.schema import field_of, schema_of
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal
from sandbox.kernel.store import Store, declare

Row = dict[str, Any]
# Who made a row and when: filled by the portal itself.
STAMPS = """
DATE_CREATE     datetime ro      | Дата создания
DATE_MODIFY     datetime ro      | Дата изменения
CREATED_BY_ID   user ro          | Кем создан
MODIFY_BY_ID    user ro          | Кем изменён
"""


def refused(text: str) -> RestError:
    """The refusals of these methods: an empty code and a text."""
    return RestError("", text, 400)


def parse(text: str) -> dict[str, Field]:
    """Reads a declaration `NAME type flags | title`, one field a line."""
    lines = (line.strip() for line in text.splitlines())
    fields = [parse_line(f"{line.split()[0]} {line}") for line in lines if line]
    return {field.name: field for field in fields}


def described(field: Field) -> dict[str, Any]:
    """A field as the old `...fields` methods print it."""
    entry = dict(field.describe())
    entry.pop("upperName", None)
    entry.pop("settings", None)
    if field.dictionary:
        entry["statusType"] = [field.dictionary]
    return entry


def descriptions(text: str) -> dict[str, dict[str, Any]]:
    """The whole answer of a `...fields` method from a declaration."""
    return {name: described(field) for name, field in parse(text).items()}


class Table:
    """One kind of rows; `what` is its name in refusals ("The Requisite with ID '5' is not found").

    Rows of a table with `user_fields` keep the values of these in a JSON column `data`.
    """

    def __init__(self, name: str, what: str, text: str, *, user_fields: str = "", indexes: Iterable[str] = ()) -> None:
        self.name = name
        self.what = what
        self.fields = parse(text)
        self.user_fields = user_fields
        self.stamped = "DATE_CREATE" in self.fields
        declare(self._ddl(indexes))

    def _ddl(self, indexes: Iterable[str]) -> str:
        columns = [f'"{f.name}" {SQL_TYPES[f.storage]}' for f in self.fields.values() if f.name != "ID"]
        if self.user_fields:
            columns.append("data TEXT NOT NULL DEFAULT '{}'")
        parts = [f"CREATE TABLE IF NOT EXISTS {self.name} (ID INTEGER PRIMARY KEY AUTOINCREMENT, {', '.join(columns)})"]
        for number, group in enumerate(indexes):
            parts.append(f"CREATE INDEX IF NOT EXISTS {self.name}_{number} ON {self.name} ({group})")
        return ";\n".join(parts)

    # --- fields -----------------------------------------------------------------------------

    def extras(self, portal: Portal) -> dict[str, Field]:
        """The user fields of these rows."""
        if not self.user_fields:
            return {}
        return {f.name: field_of(f, f.name) for f in schema_of(portal).user_fields.get(self.user_fields, [])}

    def all_fields(self, portal: Portal) -> dict[str, Field]:
        """Declared fields and user fields by name."""
        return {**self.fields, **self.extras(portal)}

    def describe(self, portal: Portal) -> dict[str, Any]:
        """The answer of `...fields`."""
        return {name: described(field) for name, field in self.all_fields(portal).items()}

    # --- values -----------------------------------------------------------------------------

    def read(self, call: Call, given: Mapping[str, Any], *, creating: bool) -> Row:
        """The stored values of what a client sent; unknown and read-only names are ignored, and so
        are immutable ones unless the row is being created."""
        zone, row = call.portal.clock.zone, {}
        extras: Row = {}
        for key, value in given.items():
            name = key.upper()
            field = self.fields.get(name)
            if field is not None and not field.read_only and (creating or not field.immutable):
                row[name] = _read(field, value, zone)
            elif name.startswith("UF_"):
                extras[name] = value
        if extras and self.user_fields:
            known = self.extras(call.portal)
            row["data"] = {n: values.read(known[n], v, zone) for n, v in extras.items() if n in known}
        return row

    def printed(self, portal: Portal, row: Mapping[str, Any], select: Sequence[str] = ()) -> Row:
        """A row as strings; `select` limits it to the named fields that exist."""
        zone = portal.clock.zone
        result = {name: _shown(field, row[name], zone) for name, field in self.fields.items()}
        if self.user_fields:
            kept = json.loads(row["data"])
            result |= {n: _shown(f, kept.get(n), zone) for n, f in self.extras(portal).items()}
        if not select or "*" in select:
            return result
        return {name: result[name] for name in dict.fromkeys(select) if name in result}

    # --- rows -------------------------------------------------------------------------------

    def find(self, store: Store, number: int) -> Row | None:
        """A row by its id."""
        row = store.one(f"SELECT * FROM {self.name} WHERE ID = ?", (number,))
        return dict(row) if row is not None else None

    def need(self, store: Store, number: int) -> Row:
        """A row by its id, or the refusal that it is not found."""
        row = self.find(store, number)
        if row is None:
            raise refused(f"The {self.what} with ID '{number}' is not found")
        return row

    def insert(self, call: Call, row: Row) -> int:
        """Adds a row with its stamps; returns the id."""
        full = {**row, "data": json.dumps(row.get("data") or {}, ensure_ascii=False)} if self.user_fields else dict(row)
        if self.stamped:
            full |= {"DATE_CREATE": int(call.portal.clock.timestamp()), "CREATED_BY_ID": call.user}
        if call.forced_id is not None:
            full["ID"] = call.forced_id
        return call.portal.store.insert(self.name, full)

    def change(self, call: Call, before: Row, changes: Row) -> bool:
        """Saves what really differs; says whether anything did."""
        differing = {n: v for n, v in changes.items() if n != "data" and not values.same(before[n], v)}
        if changes.get("data"):
            kept = json.loads(before["data"])
            merged = {**kept, **changes["data"]}
            if merged != kept:
                differing["data"] = json.dumps(merged, ensure_ascii=False)
        if not differing:
            return False
        if self.stamped:
            differing |= {"DATE_MODIFY": int(call.portal.clock.timestamp()), "MODIFY_BY_ID": call.user}
        sets = ", ".join(f'"{name}" = ?' for name in differing)
        call.portal.store.execute(f"UPDATE {self.name} SET {sets} WHERE ID = ?", (*differing.values(), before["ID"]))
        return True

    def delete(self, store: Store, number: int) -> None:
        """Deletes a row."""
        store.execute(f"DELETE FROM {self.name} WHERE ID = ?", (number,))

    # --- lists ------------------------------------------------------------------------------

    def page(self, call: Call, *, extra: tuple[str, list[Any]] = ("1", [])) -> Page:
        """The page that `filter`, `order`, `select` and `start` ask for."""
        operands = {name: _operand(field) for name, field in self.all_fields(call.portal).items()}
        source = listing.Source(self.name, operands, error="", any_case=True)
        found = listing.find(call, source, call.mapping("filter"), call.mapping("order"), extra=extra)
        select = [str(name).upper() for name in call.listing("select")]
        return Page([self.printed(call.portal, row, select) for row in found.rows], found.total, found.start)


def _read(field: Field, value: Any, zone: ZoneInfo) -> Any:
    """A char is Y or N also when it came as true or false; other letters stay as they are."""
    if field.type == "char" and isinstance(value, bool):
        return values.flag(value)
    return None if isinstance(value, (dict, list)) else values.read(field, value, zone)


def _operand(field: Field) -> Operand:
    column = f"json_extract(data, '$.{field.name}')" if field.user_field else f'"{field.name}"'
    kind = "text" if field.storage in ("json", "link", "none") else field.storage
    return Operand(column, kind, empty_zero=field.reference)


def _shown(field: Field, value: Any, zone: ZoneInfo) -> Any:
    return values.old_printer(field, zone)(value)


def positive(value: Any, name: str) -> int:
    """A positive whole number; anything else is the refusal that `name` is not defined or invalid."""
    try:
        number = int(value or 0)
    except (TypeError, ValueError):
        number = 0
    if number <= 0:
        raise refused(f"{name} is not defined or invalid.")
    return number
