"""Pages of plain tables (tasks, activities, payments, requisites): filter, order, offset, count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.crm.query import PAGE, Builder, Operand
from sandbox.crm.reading import offset
from sandbox.kernel.call import Call


@dataclass(frozen=True, slots=True)
class Source:
    """A table and the names that clients use for its columns.

    `error` is the code of a refused filter; `lenient` sources skip unknown names; `any_case`
    sources compare names in upper case.
    """

    table: str
    operands: Mapping[str, Operand]
    error: str | int = "INVALID_ARG_VALUE"
    lenient: bool = False
    any_case: bool = False

    def resolve(self, name: str) -> Operand | None:
        """The operand that a key of a filter or an order means."""
        return self.operands.get(name.upper() if self.any_case else name)


@dataclass(frozen=True, slots=True)
class Found:
    """The rows of a page, the count of all rows (None when it was not asked), where the page begins."""

    rows: list[Any]
    total: int | None
    start: int


def find(
    call: Call,
    source: Source,
    conditions: Mapping[str, Any],
    order: Mapping[str, Any],
    *,
    extra: tuple[str, list[Any]] = ("1", []),
    size: int = PAGE,
    whole: bool = False,
) -> Found:
    """Reads the asked page; `extra` is a further condition with its arguments; ids break ties.

    `whole` methods count in pages: a `start` inside a page means the beginning of it.
    """
    builder = Builder(source.resolve, call.portal.clock.zone, source.error, lenient=source.lenient)
    where = builder.where(conditions)
    args = [*where.args, *extra[1]]
    base = f'FROM "{source.table}" WHERE {where.sql} AND {extra[0]}'
    start = offset(call)
    first = max(start, 0) // size * size if whole else max(start, 0)
    sql = f"SELECT * {base} ORDER BY {builder.order(order, 'id')} LIMIT {size} OFFSET {first}"
    rows = call.portal.store.rows(sql, args)
    if start < 0:
        return Found(rows, None, first)
    if first == 0 and len(rows) < size:
        return Found(rows, len(rows), first)
    return Found(rows, int(call.portal.store.value(f"SELECT count(*) {base}", args)), first)


def operands(columns: Mapping[str, tuple[str, str]]) -> dict[str, Operand]:
    """Operands from `name -> (column, kind)`."""
    return {name: Operand(f'"{column}"', kind) for name, (column, kind) in columns.items()}
