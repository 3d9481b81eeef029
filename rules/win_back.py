"""What repeat sales bring (R0.26): by months, how many silent clients came back, for how much, who refused and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from rules.business_calendar import Calendar

NO_REASON = ""
"""Refused before reasons were asked for."""


@dataclass(frozen=True, slots=True)
class Talk:
    """A repeat deal: when it was made, whether somebody has talked to the client, how it ended."""

    id: int
    company_id: int
    created_time: datetime
    contacted: bool = False
    refused: bool = False
    is_open: bool = True
    reason: str | int = NO_REASON


@dataclass(frozen=True, slots=True)
class Purchase:
    """An order that counts as a purchase, in the base currency."""

    company_id: int
    created_time: datetime
    amount: Decimal


@dataclass
class Month:
    """What became of the repeat deals made in a month."""

    first: date
    generated: int = 0
    contacted: int = 0
    returned: int = 0
    refused: int = 0
    open: int = 0
    revenue: Decimal = Decimal(0)
    reasons: Counter[str | int] = field(default_factory=Counter)

    @property
    def share(self) -> Decimal:
        """Per cent of the clients that came back."""
        exact = Decimal(100) * self.returned / self.generated if self.generated else Decimal(0)
        return exact.quantize(Decimal("0.1"))


def by_month(
    talks: Iterable[Talk], purchases: Iterable[Purchase], calendar: Calendar, begin: date, end: date, days: int
) -> list[Month]:
    """Every month from `begin` to `end`. A purchase belongs to the last talk before it, when that was not
    more than `days` ago: nothing is counted twice."""
    found = {first: Month(first) for first in _months(begin, end)}
    talks = sorted(talks, key=lambda talk: (talk.created_time, talk.id))
    bought = _bought(talks, purchases, timedelta(days=days))
    for talk in talks:
        day = calendar.local_day(talk.created_time)
        if begin <= day <= end:
            _count(found[day.replace(day=1)], talk, bought.get(talk.id))
    return list(found.values())


def _months(begin: date, end: date) -> Iterator[date]:
    first = begin.replace(day=1)
    while first <= end:
        yield first
        first = (first + timedelta(days=31)).replace(day=1)


def _bought(talks: Iterable[Talk], purchases: Iterable[Purchase], within: timedelta) -> Mapping[int, Decimal]:
    """Talk -> what was bought after it."""
    of_company: dict[int, list[Talk]] = {}
    for talk in talks:
        of_company.setdefault(talk.company_id, []).append(talk)
    sums: dict[int, Decimal] = {}
    for purchase in purchases:
        before = [one for one in of_company.get(purchase.company_id, ()) if one.created_time < purchase.created_time]
        if before and purchase.created_time - before[-1].created_time <= within:
            sums[before[-1].id] = sums.get(before[-1].id, Decimal(0)) + purchase.amount
    return sums


def _count(month: Month, talk: Talk, bought: Decimal | None) -> None:
    month.generated += 1
    month.contacted += talk.contacted
    month.open += talk.is_open
    if bought is not None:
        month.returned += 1
        month.revenue += bought
    if talk.refused:
        month.refused += 1
        month.reasons[talk.reason] += 1
