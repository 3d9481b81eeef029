"""Dates, times and sums as a Russian reader expects them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

NBSP = "\u00a0"
_SIGNS = {"RUB": "₽", "EUR": "€", "USD": "$", "KZT": "₸", "BYN": "Br"}


def moment(value: object, zone: ZoneInfo) -> str:
    """`06.04.2026 11:00` from ISO text; text that is no moment stays as it is."""
    try:
        parsed = datetime.fromisoformat(str(value))
    except ValueError:
        return str(value)
    if parsed.tzinfo is not None:
        parsed = parsed.astimezone(zone)
    return parsed.strftime("%d.%m.%Y %H:%M")


def day(value: object) -> str:
    """`06.04.2026` from an ISO date or moment; text that is no date stays as it is."""
    try:
        return date.fromisoformat(str(value)[:10]).strftime("%d.%m.%Y")
    except ValueError:
        return str(value)


def number(value: object) -> str:
    """`120 000` or `12,5`: groups of three, a comma, at most two digits after it."""
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    text = f"{amount:,.2f}".replace(",", NBSP).replace(".", ",")
    return text.removesuffix(",00")


def money(value: object, currency: object = "RUB") -> str:
    """`120 000 ₽`; a currency without a sign is printed by its code."""
    code = str(currency or "RUB")
    return f"{number(value)}{NBSP}{_SIGNS.get(code, code)}"


def split_money(value: object) -> tuple[str, str]:
    """The sum and the currency of a money field (`120000|RUB`); the sum is "" when there is none."""
    amount, _, currency = str(value or "").partition("|")
    return amount, currency or "RUB"
