"""Parameters of the calendar's methods: what must come, and the refusals with an empty code."""

from __future__ import annotations

from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.outsiders import is_outside

DENIED = "Access denied"


def refused(text: str) -> RestError:
    """A refusal of the calendar: an empty code and a text."""
    return RestError("", text, 400)


def employees_only(call: Call) -> None:
    """Refuses people from outside the company: they look into no calendar by REST."""
    if is_outside(call):
        raise refused(DENIED)


def need(call: Call, name: str) -> Any:
    """A parameter that must come."""
    value = call.get(name)
    if value is None or value in ("", []):
        raise unset(call, name)
    return value


def unset(call: Call, name: str) -> RestError:
    """The refusal for a parameter that did not come."""
    return refused(f'The required parameter "{name}" for the method "{call.method}" is not set')


def number(call: Call, name: str) -> int:
    """A whole number that must come."""
    value = need(call, name)
    if not str(value).lstrip("-").isdigit():
        raise refused(f'Invalid value for the parameter "{name}"')
    return int(value)


def text(call: Call, name: str, default: str = "") -> str:
    """A text; anything but a text or a number is refused."""
    value = call.get(name, default)
    if isinstance(value, list | dict):
        raise refused(f'Invalid value for the parameter "{name}"')
    return "" if value is None else str(value)


def place(call: Call) -> tuple[str, int]:
    """The type of a calendar and its owner; only types of other kinds than `user` may come without an owner."""
    kind = str(need(call, "type"))
    if kind in ("user", "group"):
        return kind, number(call, "ownerId")
    return kind, int(call.get("ownerId") or 0)
