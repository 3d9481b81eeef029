"""The CRM's older face of plain tables: names in capitals, values as texts, ids for answers
(api-reference/crm/outdated)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.crm import listing
from sandbox.crm.query import Operand
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import Function, method
from sandbox.plain.table import Row, Table

_TYPES = {"integer": "integer", "double": "double", "datetime": "datetime", "char": "char", "file": "file"}
NOT_FOUND, DENIED = RestError("", "Not found"), RestError("", "Access denied.")
WRONG = RestError("", "Parameter 'fields' must be array.")


@dataclass(frozen=True)
class Old:
    """Which table a family stands for, and how its names are there.

    `names` map the old names to columns. `absent`, `wrong` and `denied` are the refusals of an
    unknown row, of parameters without `fields`, and of a caller without rights. `money` columns are
    printed with two digits. `fixed` values are set in every new row. `answers_id` families answer a
    change with the id instead of true. `blank` names are printed without a value. `unknown` is
    the refusal of a `select` of unknown names, which are passed over without it.
    """

    stem: str
    table: Table
    names: Mapping[str, str]
    absent: RestError = NOT_FOUND
    wrong: RestError = WRONG
    denied: RestError = DENIED
    money: tuple[str, ...] = ()
    fixed: Mapping[str, Any] = field(default_factory=dict)
    answers_id: bool = False
    blank: tuple[str, ...] = ()
    unknown: RestError | None = None

    def require_admin(self, call: Call) -> None:
        """Changes belong to administrators."""
        if call.source in ("rest", "act") and not call.portal.is_admin(call.user):
            raise self.denied

    def found(self, call: Call) -> Row:
        """The row that a call names."""
        number = call.get("id")
        row = self.table.get(call.portal, number) if str(number or "").isdigit() else None
        if row is None:
            raise self.absent
        return row

    def values(self, call: Call, before: Row | None) -> Row:
        """The stored values of the call's `fields`."""
        given = call.get("fields")
        if not isinstance(given, Mapping | list):
            raise self.wrong
        upper = {str(key).upper(): value for key, value in call.mapping("fields").items()}
        sent = {column: upper[name] for name, column in self.names.items() if name in upper and column != "id"}
        return self.table.read(call, sent, before)

    def shown(self, call: Call, row: Row) -> dict[str, Any]:
        """A row in the old spelling: numbers are texts."""
        printed = {"id": row["id"], **self.table.printed(call, row)}
        shown = {name: self._text(name, printed[column]) for name, column in self.names.items()}
        return {**shown, **dict.fromkeys(self.blank)}

    def _text(self, name: str, value: Any) -> Any:
        if value is None or isinstance(value, dict | list):
            return value
        return f"{float(value):.2f}" if name in self.money else str(value)

    @property
    def source(self) -> listing.Source:
        """The table by its old names, in any letter case."""
        columns = self.table.by_name
        operands: dict[str, Operand] = {name: columns[column].operand for name, column in self.names.items()}
        return listing.Source(self.table.sql, operands, lenient=True, any_case=True)


def _lister(old: Old) -> Function:
    def listed(call: Call) -> Page:
        """A page of rows with the fields of `select`."""
        old.table.fill(call.portal)
        found = listing.find(call, old.source, call.mapping("filter"), call.mapping("order"))
        rows = [old.shown(call, dict(row)) for row in found.rows]
        chosen = [str(name).upper() for name in call.listing("select")]
        if old.unknown is not None and not set(chosen) <= {*old.names, "*"}:
            raise old.unknown
        if chosen and "*" not in chosen:
            rows = [{name: value for name, value in row.items() if name in chosen} for row in rows]
        return Page(rows, found.total, found.start)

    return listed


def _getter(old: Old) -> Function:
    def got(call: Call) -> dict[str, Any]:
        """One row."""
        return old.shown(call, old.found(call))

    return got


def _adder(old: Old) -> Function:
    def added(call: Call) -> int:
        """Adds a row; returns its id."""
        old.require_admin(call)
        values = old.values(call, None)
        for column in old.table.columns:
            if column.required and column.name not in old.fixed and values.get(column.name) in (None, ""):
                raise RestError("", f"The field '{_name_of(old, column.name)}' is required.")
        return int(old.table.insert(call, {**old.fixed, **values})["id"])

    return added


def _name_of(old: Old, column: str) -> str:
    return next((name for name, own in old.names.items() if own == column), column)


def _updater(old: Old) -> Function:
    def updated(call: Call) -> Any:
        """Changes a row."""
        old.require_admin(call)
        before = old.found(call)
        old.table.change(call, before, old.values(call, before))
        return before["id"] if old.answers_id else True

    return updated


def _deleter(old: Old) -> Function:
    def deleted(call: Call) -> bool:
        """Deletes a row."""
        old.require_admin(call)
        old.table.remove(call, old.found(call))
        return True

    return deleted


def described(old: Old) -> dict[str, Any]:
    """The fields as the old `fields` methods print them."""
    columns = old.table.by_name
    return {
        name: {
            "type": _TYPES.get(columns[column].type, "string"),
            "isRequired": columns[column].required and column not in old.fixed,
            "isReadOnly": columns[column].read_only,
            "isImmutable": columns[column].immutable,
            "isMultiple": False,
            "isDynamic": False,
            "title": name,
        }
        for name, column in old.names.items()
    }


def _describer(old: Old) -> Function:
    def fields(call: Call) -> dict[str, Any]:
        """The fields with their types."""
        return described(old)

    return fields


_VERBS: dict[str, Callable[[Old], Function]] = {
    "list": _lister,
    "get": _getter,
    "add": _adder,
    "update": _updater,
    "delete": _deleter,
    "fields": _describer,
}


def serve_old(old: Old, *verbs: str) -> Old:
    """Registers the old verbs (all of them unless named); returns the family."""
    for verb in verbs or tuple(_VERBS):
        write = verb in ("add", "update", "delete")
        method(f"{old.stem}.{verb}", "crm", write=write, cost=0.05 if write else 0.01)(_VERBS[verb](old))
    return old
