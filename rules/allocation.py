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
    """Money that came in, or goods that came back; `deal_id` when it names the deal it is for, `claims`
    when it names records."""

    amount: Decimal
    deal_id: int | None = None
    claims: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Allocation:
    """What every claim is given (by its id) and what is left over: the company's advance."""

    credited: Mapping[int, Decimal]
    advance: Decimal


def allocate(claims: Sequence[Claim], receipts: Iterable[Receipt]) -> Allocation:
    """Lays money on claims: money that names records or a deal on those claims first, the rest on all of them.

    Money stays where it lay before, so that a newer debt never reopens a paid one; what is new goes to the
    oldest due day. What nobody takes is the advance. Everything credited and the advance add up to the
    receipts.
    """
    credited = {claim.id: ZERO for claim in claims}
    free = ZERO
    for (deal_id, named), amount in _by_target(receipts).items():
        linked = [c for c in claims if c.id in named or (deal_id is not None and c.deal_id == deal_id)]
        free += _lay(linked, amount, credited, everywhere=True)
    return Allocation(credited, _lay(claims, free, credited))


def _by_target(receipts: Iterable[Receipt]) -> dict[tuple[int | None, frozenset[int]], Decimal]:
    """Amounts by what they name, those that name records first: of several orders the result would differ."""
    amounts: dict[tuple[int | None, frozenset[int]], Decimal] = {}
    for receipt in receipts:
        target = (receipt.deal_id, receipt.claims)
        amounts[target] = amounts.get(target, ZERO) + receipt.amount
    return dict(sorted(amounts.items(), key=lambda pair: (not pair[0][1], sorted(pair[0][1]), pair[0][0] or 0)))


def _lay(
    claims: Iterable[Claim], amount: Decimal, credited: dict[int, Decimal], *, everywhere: bool = False
) -> Decimal:
    """Lays an amount where money lay before (paid records first), then on the oldest due days; what is left.
    Only claims that take free money are newly given it, unless `everywhere`."""
    oldest_first = sorted(claims, key=lambda claim: (claim.due, claim.id))
    for claim in sorted(oldest_first, key=lambda claim: not claim.settled):
        amount -= _give(claim, min(amount, claim.held - credited[claim.id]), credited)
    for claim in oldest_first:
        if claim.takes_free or everywhere:
            amount -= _give(claim, amount, credited)
    return amount


def _give(claim: Claim, offered: Decimal, credited: dict[int, Decimal]) -> Decimal:
    """Gives a claim what it can take of the offer; how much that was."""
    taken = max(min(offered, claim.capacity - credited[claim.id]), ZERO)
    credited[claim.id] += taken
    return taken
