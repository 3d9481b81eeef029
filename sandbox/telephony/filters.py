"""Filters of the telephony lists: FILTER with its own prefixes, SORT, ORDER (voximplant-statistic-get.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.crm import listing
from sandbox.kernel.call import Call


def translated(conditions: Mapping[str, Any]) -> dict[str, Any]:
    """The conditions in the usual prefixes: `><` is between, `!><` is outside, `?` is a substring."""
    result: dict[str, Any] = {}
    for number, (key, value) in enumerate(conditions.items()):
        if key.startswith(("><", "!><")):
            outside = key.startswith("!")
            name = key.lstrip("!><")
            first, last = _ends(value)
            low, high = ("<", ">") if outside else (">=", "<=")
            result[str(number)] = {
                "LOGIC": "OR" if outside else "AND",
                f"{low}{name}": first,
                f"{high}{name}": last,
            }
        elif key.startswith("?"):
            result["%" + key[1:]] = value
        else:
            result[key] = value
    return result


def _ends(value: Any) -> tuple[Any, Any]:
    ends = list(value.values()) if isinstance(value, Mapping) else list(value) if isinstance(value, list) else [value]
    return ends[0], ends[-1]


def find(call: Call, source: listing.Source, *, extra: tuple[str, list[Any]] = ("1", [])) -> listing.Found:
    """The asked page by FILTER, SORT (a field) and ORDER (its direction)."""
    sort = str(call.get("SORT") or "")
    direction = "DESC" if str(call.get("ORDER") or "").upper() == "DESC" else "ASC"
    order = {sort: direction} if sort else {}
    return listing.find(call, source, translated(call.mapping("FILTER")), order, extra=extra)
