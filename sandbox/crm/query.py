"""Filters, orders and pages of list methods, turned into SQL.

The prefixes and the logic are those of api-reference/crm/universal/crm-item-list.md; the old
methods, stage history, tasks and activities share them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.crm import moments
from sandbox.crm.values import truth
from sandbox.kernel.errors import RestError

PAGE = 50

# The longest first: a key is matched against them from left to right.
_PREFIXES = ("!=%", "!%=", "!@", "!%", "!=", "=%", "%=", ">=", "<=", "@", "%", "=", "!", ">", "<")
_BARE = {"": "=", "!": "!=", "%=": "=%", "!%=": "!=%"}


@dataclass(frozen=True, slots=True)
class Operand:
    """What a filter key stands for: an SQL expression and the kind of its values.

    `empty_zero` operands take 0 for "no value". `among` operands are sets (links, multiple
    fields): `sql` is then a condition with `{}` where the test of one element goes.
    """

    sql: str
    kind: str = "text"
    empty_zero: bool = False
    among: bool = False


Resolve = Callable[[str], Operand | None]


@dataclass(slots=True)
class Where:
    """A condition under construction: its text and its arguments in order."""

    sql: str
    args: list[Any]


class Builder:
    """Turns one request's filter and order into SQL with the names that `resolve` knows.

    `lenient` builders skip unknown fields without a word, as the old methods do.
    """

    def __init__(
        self, resolve: Resolve, zone: ZoneInfo, error: str | int = "INVALID_ARG_VALUE", *, lenient: bool = False
    ) -> None:
        self._lenient = lenient
        self._resolve = resolve
        self._zone = zone
        self._error = error
        self._args: list[Any] = []

    def where(self, conditions: Mapping[str, Any]) -> Where:
        """The condition of a whole filter; an empty filter is true."""
        self._args = []
        sql = self._group(conditions)
        return Where(sql or "1", self._args)

    def _group(self, conditions: Mapping[str, Any]) -> str:
        glue, parts = " AND ", []
        for key, value in conditions.items():
            name = str(key)
            if name.lower() == "logic":
                glue = " OR " if str(value).upper() == "OR" else " AND "
                continue
            nested = _nested(name, value)
            part = self._group(nested) if nested is not None else self._condition(name, value)
            if part:
                parts.append(part)
        if len(parts) < 2:
            return "".join(parts)
        return "(" + glue.join(parts) + ")"

    def _condition(self, key: str, value: Any) -> str:
        prefix = next((p for p in _PREFIXES if key.startswith(p)), "")
        name = key[len(prefix) :]
        operand = self._resolve(name)
        if operand is None:
            if self._lenient:
                return ""
            raise RestError(self._error, f"Invalid filter: field '{name}' is not allowed in filter")
        operator = _BARE.get(prefix, prefix)
        try:
            return self._among(operand, operator, value) if operand.among else self._plain(operand, operator, value)
        except (ValueError, TypeError, OverflowError):
            raise RestError(self._error, f"Invalid filter: field '{name}' has invalid value") from None

    def _among(self, operand: Operand, operator: str, value: Any) -> str:
        """A test of a set: does it hold an element like this; negations deny the positive test."""
        if operator.startswith("!"):
            return f"NOT ({self._among(operand, operator[1:] or '=', value)})"
        if value in (None, "") and not isinstance(value, (list, tuple)):
            return "NOT (" + operand.sql.format("1") + ")"
        return operand.sql.format(self._plain(Operand("value", operand.kind), operator, value))

    def _plain(self, operand: Operand, operator: str, value: Any) -> str:
        if isinstance(value, Mapping):
            value = list(value.values())
        if isinstance(value, (list, tuple, set)):
            return self._in(operand, operator, value)
        if operator in ("@", "!@"):
            return self._in(operand, operator, [value])
        if "%" in operator:
            return self._like(operand, operator, str(value))
        if operator in ("=", "!="):
            return self._equal(operand, operator == "=", value)
        self._args.append(self._convert(operand, value))
        return f"{operand.sql} {operator} ?"

    def _in(self, operand: Operand, operator: str, values: Iterable[Any]) -> str:
        positive = not operator.startswith("!")
        chosen = list(values)
        if "%" in operator:
            parts = [self._like(operand, operator, str(v)) for v in chosen]
            return "(" + (" OR " if positive else " AND ").join(parts) + ")" if parts else "0"
        full = [v for v in chosen if not _empty(operand, v)]
        with_empty = len(full) < len(chosen)
        if not chosen:
            return "0" if positive else "1"
        test = f"{operand.sql} {'' if positive else 'NOT '}IN ({', '.join('?' * len(full))})"
        self._args.extend(self._convert(operand, v) for v in full)
        if with_empty:
            other = self._equal(operand, positive, None)
            return f"({test} {'OR' if positive else 'AND'} {other})"
        return test if positive else f"({operand.sql} IS NULL OR {test})"

    def _equal(self, operand: Operand, positive: bool, value: Any) -> str:
        column = operand.sql
        if _empty(operand, value):
            zero = "''" if operand.kind in ("text", "flag") else "0"
            if operand.kind in ("text", "flag") or operand.empty_zero:
                test = f"({column} IS NULL OR {column} = {zero})"
                return test if positive else f"({column} IS NOT NULL AND {column} <> {zero})"
            return f"{column} IS {'' if positive else 'NOT '}NULL"
        self._args.append(self._convert(operand, value))
        return f"{column} = ?" if positive else f"({column} IS NULL OR {column} <> ?)"

    def _like(self, operand: Operand, operator: str, value: str) -> str:
        if operator in ("%", "!%"):
            self._args.append(value.lower())
            test = f"instr(ulower({operand.sql}), ?) > 0"
        else:
            self._args.append(value.lower())
            test = f"ulower({operand.sql}) LIKE ?"
        return f"({operand.sql} IS NULL OR NOT ({test}))" if operator.startswith("!") else f"({test})"

    def _convert(self, operand: Operand, value: Any) -> Any:
        kind = operand.kind
        if kind == "text":
            return str(value)
        if kind == "int":
            return int(float(value)) if not isinstance(value, int) else int(value)
        if kind == "float":
            return float(value)
        if kind == "flag":
            return "Y" if truth(value) else "N"
        if kind == "bool":
            return _one_or_zero(value)
        return moments.day(value, self._zone) if kind == "date" else moments.seconds(value, self._zone)

    def order(self, order: Mapping[str, Any], last: str) -> str:
        """The ORDER BY list; `last` breaks ties, so that pages do not overlap."""
        parts = []
        for key, value in order.items():
            operand = self._resolve(str(key))
            if operand is None and self._lenient:
                continue
            if operand is None or operand.among:
                raise RestError(self._error, f"Invalid order: field '{key}' is not allowed in order")
            direction = str(value).upper().split(",")[0]
            if direction not in ("ASC", "DESC"):
                raise RestError(
                    self._error,
                    f"Invalid order: allowed sort directions are `ASC, DESC`. But got '{value}' for field '{key}'",
                )
            parts.append(f"{operand.sql} {direction}")
            if operand.sql == last:
                return ", ".join(parts)
        return ", ".join([*parts, last])


def _one_or_zero(value: Any) -> int:
    # The page says it in words: Y/N is not supported in filters of boolean user fields.
    if str(value) not in ("0", "1", "True", "False"):
        raise ValueError(value)
    return int(str(value) in ("1", "True"))


def _empty(operand: Operand, value: Any) -> bool:
    if value is None or value == "":
        return True
    if operand.kind == "bool":
        return False
    return operand.empty_zero and str(value) in ("0", "False")


def _nested(key: str, value: Any) -> Mapping[str, Any] | None:
    """A group inside a filter: a numbered key that holds conditions."""
    if not key.isdigit():
        return None
    if isinstance(value, Mapping):
        return value
    if isinstance(value, Sequence) and not isinstance(value, str):
        return {str(i): v for i, v in enumerate(value)}
    return {}
