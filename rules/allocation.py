"""Which money pays which debt: payments of one currency laid over the records of one company."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Claim:
    """A record that money may be laid on.

    `capacity` is the most it may be given, `held` what it was given before, `takes_free` whether money
    that names no deal may go to it, `settled` whether it has been paid in full.
    """

    id: int
    deal_id: int | None
    due: date
    capacity: Decimal
    held: Decimal = ZERO
    takes_free: bool = True
    settled: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """Money that came in, or goods that came back; `deal_id` when it names the deal it is for."""

    amount: Decimal
    deal_id: int | None = None


@dataclass(frozen=True, slots=True)
class Allocation:
    """What every claim is given (by its id) and what is left over: the company's advance."""

    credited: Mapping[int, Decimal]
    advance: Decimal


def allocate(claims: Sequence[Claim], receipts: Iterable[Receipt]) -> Allocation:
    """Lays money on claims, in three rounds, oldest due day first in each.

    1. Money that names a deal goes to that deal's claims.
    2. What is left stays where it lay before, so that a newer debt never reopens a paid one.
    3. The rest goes to open claims. What nobody takes is the advance.

    The sum of everything credited and the advance equals the sum of the receipts.
    """
    credited = {claim.id: ZERO for claim in claims}
    free = _lay_linked(claims, receipts, credited)
    for claim in sorted(claims, key=lambda claim: (not claim.settled, claim.due, claim.id)):
        free -= _give(claim, min(claim.held - credited[claim.id], free), credited)
    for claim in _oldest_first(claim for claim in claims if claim.takes_free):
        free -= _give(claim, free, credited)
    return Allocation(credited, free)


def _lay_linked(claims: Sequence[Claim], receipts: Iterable[Receipt], credited: dict[int, Decimal]) -> Decimal:
    """The first round; the money that remains."""
    linked: dict[int | None, Decimal] = {}
    for receipt in receipts:
        linked[receipt.deal_id] = linked.get(receipt.deal_id, ZERO) + receipt.amount
    for claim in _oldest_first(claim for claim in claims if claim.deal_id is not None):
        linked[claim.deal_id] = linked.get(claim.deal_id, ZERO)
        linked[claim.deal_id] -= _give(claim, linked[claim.deal_id], credited)
    return sum(linked.values(), ZERO)


def _give(claim: Claim, offered: Decimal, credited: dict[int, Decimal]) -> Decimal:
    """Gives a claim what it can take of the offer; how much that was."""
    taken = max(min(offered, claim.capacity - credited[claim.id]), ZERO)
    credited[claim.id] += taken
    return taken


def _oldest_first(claims: Iterable[Claim]) -> list[Claim]:
    return sorted(claims, key=lambda claim: (claim.due, claim.id))
