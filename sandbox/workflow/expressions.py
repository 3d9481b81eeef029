"""Expressions in the settings of activities: `{=Document:TITLE}`, `{=Variable:Days}`, `{=System:Now}`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

_ONE = re.compile(r"\{=\s*([A-Za-z0-9_]+)\s*:\s*([^}>|]+?)\s*(?:>\s*[^}]*)?\}")
Reader = Callable[[str, str], Any]


def computed(value: Any, read: Reader) -> Any:
    """A setting with its expressions replaced; one that is a single expression keeps the value's type."""
    if isinstance(value, Mapping):
        return {key: computed(one, read) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return _flat([computed(one, read) for one in value])
    if not isinstance(value, str) or "{=" not in value:
        return value
    whole = _ONE.fullmatch(value.strip())
    if whole is not None:
        return read(whole.group(1), whole.group(2))
    return _ONE.sub(lambda match: text(read(match.group(1), match.group(2))), value)


def _flat(values: list[Any]) -> list[Any]:
    """An expression of many values inside of a list adds each of them."""
    return [one for value in values for one in (value if isinstance(value, list) else [value])]


def text(value: Any) -> str:
    """A value inside of a text."""
    if isinstance(value, list | tuple):
        return ", ".join(text(one) for one in value)
    if isinstance(value, bool):
        return "Y" if value else "N"
    return "" if value is None else str(value)


def users(value: Any) -> list[int]:
    """The employees a setting names: `user_14`, `14` or a list of such; what is none is left out."""
    found = []
    for one in value if isinstance(value, list | tuple) else [value]:
        number = str(one if one is not None else "").strip().removeprefix("user_").strip("[]")
        if number.isdigit() and int(number) > 0:
            found.append(int(number))
    return list(dict.fromkeys(found))


def seconds(amount: Any, unit: Any) -> int:
    """A length of time of the settings: an amount of s, m, h or d."""
    factor = {"s": 1, "m": 60, "h": 3600, "d": 86400}.get(str(unit or "s"), 1)
    try:
        return int(float(str(amount or 0)) * factor)
    except ValueError:
        return 0
