"""A plain table: its declaration, and what is done with its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sandbox.crm import listing
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal
from sandbox.kernel.store import Store, declare
from sandbox.plain.columns import Column

Row = dict[str, Any]
# Looks at (and may change) the values to be stored; the second row is the one before, None for a new one.
Check = Callable[[Call, Row, Row | None], None]
# What to print beyond the stored columns: gets the row and the printed map, which it may change.
Shown = Callable[[Call, Row, Row], None]
READ, WRITE = 200040300010, 200040300020


@dataclass(frozen=True)
class Table:
    """A family's rows and their rules.

    `name` is the stem of its methods (`catalog.vat`), `one` and `many` the containers of its answers.
    `stamps` are columns set at every change and `births` those set when a row is added, each to
    `now` or `user`. `empties` are refusals of fields that came without a value (those of
    changes where they differ). `absent` is the
    refusal when there is no such row. `denied` holds the codes for callers without rights where they
    differ from the usual ones, by verb, and `denials` their text; `rights` are those that a verb needs
    with their codes, where being an administrator is not all; `error` is the code of other
    refusals. `hidden` columns are kept and never shown. `seeds` are the rows of a new portal.
    `event` is the stem of the codes sent at changes (`CATALOG.VAT.ON.` + ADD), `told` what such an
    event says of the row beyond its id; `also` are stems of older events that are still sent, with
    the id alone. `kept_in` names the SQL table where others know it, `indexed` what it is searched
    by. Ids are numbers unless the column `id` is declared as a text.
    """

    name: str
    one: str
    many: str
    columns: Sequence[Column]
    scope: str = ""
    absent: tuple[str | int, str] = (0, "Entity is not exists")
    defaults: Mapping[str, Any] = field(default_factory=dict)
    stamps: Mapping[str, str] = field(default_factory=dict)
    births: Mapping[str, str] = field(default_factory=dict)
    required_on_update: tuple[str, ...] = ()
    empties: Mapping[str, tuple[str | int, str]] = field(default_factory=dict)
    empties_on_update: Mapping[str, tuple[str | int, str]] = field(default_factory=dict)
    denied: Mapping[str, int | str] = field(default_factory=dict)
    denials: str = "Access Denied"
    error: int | str = 0
    rights: Mapping[str, tuple[tuple[str, int | str], ...]] = field(default_factory=dict)
    open_to_read: bool = False
    open_to_write: bool = False
    seeds: Callable[[Portal], Sequence[Row]] | Sequence[Row] = ()
    check: Check | None = None
    shown: Shown | None = None
    before_delete: Callable[[Call, Row], None] | None = None
    saved: Callable[[Call, Row, str], None] | None = None
    event: str = ""
    told: Callable[[Row], Row] | None = None
    also: tuple[str, ...] = ()
    hidden: Sequence[Column] = ()
    kept_in: str = ""
    indexed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        kept = ", ".join(column.ddl for column in (*self.columns, *self.hidden))
        declare(f'CREATE TABLE IF NOT EXISTS "{self.sql}" ({kept})')
        for number, names in enumerate(self.indexed):
            declare(f'CREATE INDEX IF NOT EXISTS "{self.sql}_{number}" ON "{self.sql}" ({names})')

    @cached_property
    def sql(self) -> str:
        """The name of the SQL table."""
        return self.kept_in or "plain_" + self.name.replace(".", "_").lower()

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """The columns by their names."""
        return {column.name: column for column in (*self.hidden, *self.columns)}

    @cached_property
    def source(self) -> listing.Source:
        """The table as list methods read it; names that it does not have are passed over."""
        return listing.Source(
            self.sql, {c.name: c.operand for c in (*self.columns, *self.hidden)}, error=self.error, lenient=True
        )

    def fill(self, portal: Portal) -> Store:
        """Puts the first rows into a new portal; returns the store."""
        store = portal.store
        # Asked of the database and not of its cached settings: a refused command takes both back.
        if self.seeds and store.value("SELECT 1 FROM settings WHERE name = ?", (self.sql,)) is None:
            store.execute("INSERT INTO settings VALUES (?, 'true')", (self.sql,))
            for row in self.seeds(portal) if callable(self.seeds) else self.seeds:
                store.insert(self.sql, {**self.defaults, **row})
        return store

    def key(self, call: Call) -> Any:
        """The id that a call names."""
        return call.integer("id") if self.by_name["id"].kind == "int" else str(call.need("id"))

    def refuse(self) -> RestError:
        """The answer for a row that does not exist."""
        return RestError(*self.absent)

    def get(self, portal: Portal, number: Any) -> Row | None:
        """A row by its id; lists and maps that were sent in its place are the id of nothing."""
        if isinstance(number, list | dict):
            return None
        row = self.fill(portal).one(f'SELECT * FROM "{self.sql}" WHERE id = ?', (number,))
        return None if row is None else dict(row)

    def need(self, call: Call, number: Any) -> Row:
        """A row by its id, or the family's refusal."""
        row = self.get(call.portal, number)
        if row is None:
            raise self.refuse()
        return row

    def where(self, portal: Portal, **equal: Any) -> list[Row]:
        """The rows whose columns have these values, by id."""
        test = " AND ".join(f'"{name}" IS ?' for name in equal) or "1"
        sql = f'SELECT * FROM "{self.sql}" WHERE {test} ORDER BY id'
        return [dict(row) for row in self.fill(portal).rows(sql, tuple(equal.values()))]

    def read(self, call: Call, fields: Mapping[str, Any], before: Row | None) -> Row:
        """The settable columns among what a client sent, as they are stored."""
        values: Row = {}
        settable = {column.name: column for column in self.columns}
        for name, value in fields.items():
            column = settable.get(name)
            if column is None or column.read_only or (column.immutable and before is not None):
                continue
            values[name] = column.read(value, call.portal.clock.zone, self.error)
        return values

    def _stamped(self, call: Call, stamps: Mapping[str, str]) -> Row:
        now = int(call.portal.clock.timestamp())
        return {name: call.user if what == "user" else now for name, what in stamps.items()}

    def insert(self, call: Call, values: Mapping[str, Any]) -> Row:
        """Adds a row of stored values; what they lack has its default. Returns the row."""
        store = self.fill(call.portal)
        row = {**self.defaults, **self._stamped(call, {**self.births, **self.stamps})}
        row |= {name: value for name, value in values.items() if value is not None or name not in row}
        if self.check is not None:
            self.check(call, row, None)
        if call.forced_id is not None and "id" not in row:
            row["id"] = call.forced_id
        number = store.insert(self.sql, row)
        return self._told(call, row.get("id", number), "ADD")

    def change(self, call: Call, before: Row, values: Row) -> Row:
        """Changes a row; returns it as it is now."""
        changes = {**self._stamped(call, self.stamps), **values}
        if self.check is not None:
            self.check(call, changes, before)
        if changes:
            sets = ", ".join(f'"{name}" = ?' for name in changes)
            args = (*changes.values(), before["id"])
            call.portal.store.execute(f'UPDATE "{self.sql}" SET {sets} WHERE id = ?', args)
        return self._told(call, before["id"], "UPDATE")

    def _told(self, call: Call, number: Any, what: str) -> Row:
        row = self.need(call, number)
        if self.saved is not None:
            self.saved(call, row, what)
            row = self.need(call, number)
        self._emit(call, row, what)
        return row

    def _emit(self, call: Call, row: Row, what: str) -> None:
        if self.event:
            extra = self.told(row) if self.told else {}
            call.portal.emit(self.event + what, {"FIELDS": {"ID": row["id"], **extra}}, call)
        for stem in self.also:
            call.portal.emit(stem + what, {"FIELDS": {"ID": row["id"]}}, call)

    def remove(self, call: Call, row: Row) -> None:
        """Deletes a row."""
        if self.before_delete is not None:
            self.before_delete(call, row)
        call.portal.store.execute(f'DELETE FROM "{self.sql}" WHERE id = ?', (row["id"],))
        self._emit(call, row, "DELETE")

    def printed(self, call: Call, row: Mapping[str, Any]) -> Row:
        """A row as the modern methods print it."""
        zone = call.portal.clock.zone
        printed = {column.name: column.shown(row[column.name], zone) for column in self.columns}
        if self.shown is not None:
            self.shown(call, dict(row), printed)
        return printed

    def described(self) -> dict[str, Any]:
        """The fields by their names, as `getFields` prints them."""
        return {column.name: column.described() for column in self.columns}
