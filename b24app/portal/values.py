"""Values of fields: how crm.item.* prints them, how rules see them, and back.

Shapes are those of ~/data-types.md and ~/crm/universal/: ids and numbers are JSON numbers or texts,
money user fields are `300|RUB`, flags Y/N (1/0 in a filter of a user field), an empty value is null,
an empty text, or 0 for a link.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from b24app.errors import PortalRefused
from rules.decision import Money

TYPES = ("integer", "double", "money", "date", "datetime", "boolean", "string", "enumeration", "link", "links")


def from_rest(kind: str, value: Any) -> Any:
    """A REST value as rules see it; None when empty."""
    if isinstance(value, list) and kind != "links":
        return [from_rest(kind, item) for item in value]
    if kind == "boolean":
        return _flag(value)
    if kind == "links":
        return [int(item) for item in value or []]
    if value is None or value == "" or (kind in ("link", "enumeration") and str(value) == "0"):
        return None
    try:
        return _PARSERS[kind](value)
    except (ValueError, TypeError, InvalidOperation):
        raise PortalRefused(f"The portal holds a value that is no {kind}: {str(value)[:40]!r}") from None


def to_rest(kind: str, value: Any) -> Any:
    """A value as crm.item.add and crm.item.update take it; None clears the field."""
    if isinstance(value, list | tuple) and kind != "links":
        return [to_rest(kind, item) for item in value]
    if value is None:
        return [] if kind == "links" else ""
    if kind == "boolean":
        return "Y" if value else "N"
    if kind == "money":
        return f"{_digits(value.amount)}|{value.currency}"
    if kind == "datetime":
        return _aware(value).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if kind == "communications":
        type_id, _, typed = str(value).partition(":")
        return {"typeId": type_id.upper(), "valueType": "WORK", "value": typed}
    return value


def to_filter(kind: str, value: Any, *, user_field: bool) -> Any:
    """A value as a filter of crm.item.list takes it: flags of user fields are 1 and 0 there
    (~/crm/universal/crm-item-list.md)."""
    if isinstance(value, list | tuple | set | frozenset):
        return [to_filter(kind, item, user_field=user_field) for item in value]
    if kind == "boolean" and user_field and value is not None:
        return 1 if value else 0
    return to_rest("link" if kind == "links" else kind, value)


def _digits(amount: Decimal) -> str:
    """An amount without an empty fraction: `120000`, `0.50`."""
    return f"{amount:.0f}" if amount == amount.to_integral_value() else f"{amount:f}"


def _flag(value: Any) -> bool:
    return str(value).strip().lower() in ("y", "1", "true")


def _whole(value: Any) -> int:
    number = Decimal(str(value))
    if number != number.to_integral_value():
        raise ValueError(value)
    return int(number)


def _money(value: Any) -> Money:
    """`300|RUB`, and what a script may have put there: `300` (the currency is then empty), `1 300,50|RUB`."""
    amount, _, currency = str(value).partition("|")
    number = Decimal("".join(amount.split()).replace(",", ".") or "0")
    if not number.is_finite():
        raise ValueError(value)
    return Money(number, currency.strip())


def _moment(value: Any) -> datetime:
    return _aware(datetime.fromisoformat(str(value))).astimezone(UTC)


def _day(value: Any) -> date:
    # A date field may come with a midnight and the server's offset behind it; its day is as written.
    return date.fromisoformat(str(value)[:10])


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return value


_PARSERS: dict[str, Callable[[Any], Any]] = {
    "integer": _whole,
    "link": _whole,
    "enumeration": _whole,
    "double": lambda value: Decimal(str(value)),
    "money": _money,
    "date": _day,
    "datetime": _moment,
    "string": str,
}
