"""Which shipment, order or invoice the purpose of a payment names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_DOCUMENT = (
    r"(?:сч[её]т[\w-]*|сч|с/ф|накл\w*|ттн|тн|упд|торг-?12|отгруз\w*|реализац\w*|заказ\w*|заявк\w*|сделк\w*|"
    r"invoices?|inv|orders?|shipments?|waybills?|bills?|deals?)"
)
_BETWEEN = r"(?:\s+(?!дог|contract|от\b|from\b)[^\W\d]++\.?){0,3}"
_SIGN = r"(?:№|n[o°]?\b\.?|#|номер\w*|num(?:ber)?\.?)"
_NUMBER = r"(?>(?:[^\W\d_]{1,6}[-/]?)?\d[\w/-]{0,14})(?!\.\d)(?![\w])"
_OF_DAY = r"(?:\s*(?:от|from|of|dated)\s*\d{1,4}[./-]\d{1,2}[./-]\d{2,4}\s*г?\.?)?"
_NAMED = re.compile(
    rf"\b{_DOCUMENT}[.:]?{_BETWEEN}\s*{_SIGN}?\s*({_NUMBER}{_OF_DAY}"
    rf"(?:\s*(?:,|;|\bи\b|\band\b|&|\+)\s*{_SIGN}?\s*{_NUMBER}{_OF_DAY})*)",
    re.IGNORECASE,
)
_DATE = re.compile(_OF_DAY.removesuffix("?"), re.IGNORECASE)
_ONE = re.compile(_NUMBER)
_TAIL = re.compile(r"\d+$")


@dataclass(frozen=True, slots=True)
class Numbered:
    """A record of the register and the numbers people may call it by; `group` is what may be named
    as a whole (the deal of several shipments)."""

    record: int
    numbers: frozenset[str]
    group: int | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """The records a purpose names, and the numbers that would fit several."""

    records: frozenset[int] = frozenset()
    ambiguous: tuple[str, ...] = ()


def named_numbers(purpose: str) -> tuple[str, ...]:
    """Numbers that stand behind the word for a document: `оплата по счёту № 77 от 06.04.2026 и 78` -> 77, 78.

    Numbers of contracts, dates, sums and rates of VAT are none.
    """
    found: dict[str, None] = {}
    for match in _NAMED.finditer(purpose):
        listed = _DATE.sub(" ", match[1])
        found.update(dict.fromkeys(normal(one[0]) for one in _ONE.finditer(listed)))
    return tuple(found)


def normal(number: str) -> str:
    """A number as it is compared: without case, spaces and leading zeros."""
    plain = "".join(str(number).casefold().replace("ё", "е").split())
    return re.sub(r"(?<!\d)0+(?=\d)", "", plain)


def records_named(purpose: str, candidates: Iterable[Numbered]) -> Named:
    """The candidates that a purpose names. A number that fits records of several deals names none."""
    known = list(candidates)
    records: set[int] = set()
    ambiguous: list[str] = []
    for number in named_numbers(purpose):
        fits = _fitting(number, known)
        if len(fits) > 1 and len({one.group for one in fits} - {None}) != 1:
            ambiguous.append(number)
        else:
            records |= {one.record for one in fits}
    return Named(frozenset(records), tuple(ambiguous))


def _fitting(number: str, candidates: list[Numbered]) -> list[Numbered]:
    """Those that have exactly this number; else those whose number ends with these digits (people write
    77 for УТ-00000077)."""
    exact = [one for one in candidates if number in {normal(own) for own in one.numbers}]
    if exact or not number.isdigit():
        return exact
    return [one for one in candidates if number in {_tail(own) for own in one.numbers}]


def _tail(number: str) -> str:
    match = _TAIL.search(normal(number))
    return match[0].lstrip("0") if match else ""
