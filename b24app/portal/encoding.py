"""How values travel to a portal: JSON bodies, and the url-encoded texts of batch commands."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from rules.decision import Money


def json_body(params: Mapping[str, Any]) -> bytes:
    """A request's body; amounts are printed exactly, moments in ISO 8601."""
    return json.dumps(params, ensure_ascii=False, separators=(",", ":"), default=_printed).encode()


def command_text(method: str, params: Mapping[str, Any]) -> str:
    """A command of a batch: `method?a[b][0]=x`, url-encoded once
    (settings/how-to-call-rest-api/batch.md)."""
    query = query_text(params)
    return f"{method}?{query}" if query else method


def query_text(params: Mapping[str, Any]) -> str:
    """Parameters url-encoded as PHP reads them."""
    return "&".join(f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in form_pairs(params))


def form_pairs(params: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Nested values as PHP reads them back.

    Form data knows only texts: true is `1`, false `0`, None and an empty list are the empty text
    (dropping them would leave the old value of a field in place). A whole parameter that is an
    empty map or list is left out: methods refuse a text where they expect a filter or a select.
    """
    given = {key: value for key, value in params.items() if not (isinstance(value, Mapping | list) and not value)}
    return [pair for key, value in given.items() for pair in _pairs(str(key), value)]


def _pairs(key: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for name, child in value.items():
            yield from _pairs(f"{key}[{name}]", child)
    elif isinstance(value, list | tuple | set | frozenset) and value:
        for index, child in enumerate(value):
            yield from _pairs(f"{key}[{index}]", child)
    else:
        yield key, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if value is None or isinstance(value, Mapping | list | tuple | set | frozenset):
        return ""
    return value if isinstance(value, str) else str(_printed(value))


def _printed(value: Any) -> Any:
    if isinstance(value, int | float):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Money):
        return f"{value.amount:f}|{value.currency}"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} cannot be sent to a portal")
