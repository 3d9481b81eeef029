"""Logical values as JSON (for the journal) and their comparison (for dropping what is already true)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from rules.decision import Money, Ref


def encode(value: Any) -> Any:
    """A logical value as JSON that `decode` reads back exactly."""
    if isinstance(value, Money):
        return {"money": [str(value.amount), value.currency]}
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if isinstance(value, datetime):
        return {"moment": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, Ref):
        return {"ref": [value.entity, value.id]}
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    return encode_all(value) if isinstance(value, Mapping) else value


def decode(value: Any) -> Any:
    """The value that `encode` was given (tuples come back as lists)."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    marked: tuple[str, Any] = next(iter(value.items())) if len(value) == 1 else ("", None)
    kind, inner = marked
    match kind:
        case "money":
            return Money(Decimal(inner[0]), inner[1])
        case "decimal":
            return Decimal(inner)
        case "moment":
            return datetime.fromisoformat(inner)
        case "date":
            return date.fromisoformat(inner)
        case "ref":
            return Ref(inner[0], inner[1])
        case _:
            # A plain map: the channels that were tried, with the reasons.
            return decode_all(value)


def encode_all(fields: Mapping[str, Any]) -> dict[str, Any]:
    """`encode` for every field."""
    return {name: encode(value) for name, value in fields.items()}


def decode_all(fields: Mapping[str, Any]) -> dict[str, Any]:
    """`decode` for every field."""
    return {name: decode(value) for name, value in fields.items()}


def plain(value: Any) -> Any:
    """A value as people read it in a fact or a payload: JSON, amounts and dates as text."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)


def same(present: Any, wanted: Any) -> bool:
    """Whether a field already has the wanted value; an empty text, list and None are one thing."""
    left, right = _canonical(present), _canonical(wanted)
    return bool(left == right)


def nearly_same(present: Any, wanted: Any) -> bool:
    """Whether people see no difference: an empty field where zero or "no" is wanted.

    Such a difference is never worth a write of its own: the first recalculation of an old portal
    would otherwise write a zero into every company.
    """
    return same(present, wanted) or (_is_nothing(present) and _is_nothing(wanted))


def _canonical(value: Any) -> Any:
    if value == "" or value == [] or value == ():
        return None
    if isinstance(value, (list, tuple, set, frozenset)):
        return sorted((_canonical(item) for item in value), key=repr)
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, datetime) and value.tzinfo is not None:
        # The portal keeps whole seconds.
        return value.replace(microsecond=0)
    return value


def _is_nothing(value: Any) -> bool:
    if isinstance(value, Money):
        return value.amount == 0
    return _canonical(value) in (None, False, Decimal(0))
