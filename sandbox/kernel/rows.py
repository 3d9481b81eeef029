"""Filter, order, select and page over a small list of rows held in memory (users, departments, queues)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandbox.kernel.call import Call, Page

Row = dict[str, Any]
_PREFIX = re.compile(r"^(!=%|!%=|=%|%=|!%|!@|>=|<=|!=|[=!<>@%])?(.*)$", re.DOTALL)
SIZE = 50


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "y" if value else "n"
    return "" if value is None else str(value).lower()


def _rank(value: Any) -> tuple[int, float, str]:
    """Sorts numbers before texts, and numeric texts as numbers."""
    text = _text(value)
    try:
        return (0, float(text), "")
    except ValueError:
        return (1, 0.0, text)


def _same(have: Any, wanted: Any) -> bool:
    if isinstance(have, list):
        return any(_same(item, wanted) for item in have)
    if isinstance(have, bool):
        wanted = "y" if _text(wanted) in ("y", "1", "true") else "n"
    return _text(have) == _text(wanted)


def _like(have: Any, pattern: Any) -> bool:
    """LIKE with the caller's own `%`; without any `%` it is an exact match."""
    parts = [re.escape(part) for part in _text(pattern).split("%")]
    return re.fullmatch(".*".join(parts), _text(have), re.DOTALL) is not None


def _compare(check: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda have, wanted: have not in (None, "") and check(_rank(have), _rank(wanted))


_CHECKS: dict[str, Callable[[Any, Any], bool]] = {
    "": _same,
    "=": _same,
    "@": _same,
    "%": lambda have, wanted: _text(wanted) in _text(have),
    "=%": _like,
    "%=": _like,
    ">": _compare(lambda a, b: bool(a > b)),
    ">=": _compare(lambda a, b: bool(a >= b)),
    "<": _compare(lambda a, b: bool(a < b)),
    "<=": _compare(lambda a, b: bool(a <= b)),
}
_NEGATED = {"!": "=", "!=": "=", "!@": "@", "!%": "%", "!=%": "=%", "!%=": "%="}


def matches(row: Row, wanted: Mapping[str, Any]) -> bool:
    """Whether a row passes a filter of `prefix + field: value`; a list of values means any of them.

    A field that the row does not have is not looked at.
    """
    for key, value in wanted.items():
        prefix, name = _PREFIX.match(key).groups(default="")  # type: ignore[union-attr]
        name = name.upper()
        if name not in row:
            continue
        check = _CHECKS[_NEGATED.get(prefix, prefix)]
        values = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else [value]
        found = any(check(row[name], one) for one in values)
        if found == (prefix in _NEGATED):
            return False
    return True


def ordered(rows: Sequence[Row], field: str, direction: str) -> list[Row]:
    """Rows by one field (id order breaks ties); an unknown field leaves the order as it is."""
    down = direction.upper() == "DESC"
    if not rows or field.upper() not in rows[0]:
        return list(rows)
    return sorted(rows, key=lambda row: _rank(row[field.upper()]), reverse=down)


def paged(call: Call, rows: Sequence[Row], container: str | None = None) -> Page:
    """One page of 50 from `start`; `start=-1` does not count."""
    start = int(call.get("start") or 0)
    if start < 0:
        return Page(list(rows[:SIZE]), None, 0, container)
    return Page(list(rows[start : start + SIZE]), len(rows), start, container)
