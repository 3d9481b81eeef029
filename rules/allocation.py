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
    """Lays money on claims: money that names a deal on that deal's claims first, the rest on all of them.

    Money stays where it lay before, so that a newer debt never reopens a paid one; what is new goes to the
    oldest due day. What nobody takes is the advance. Everything credited and the advance add up to the
    receipts.
    """
    credited = {claim.id: ZERO for claim in claims}
    free = ZERO
    for deal_id, amount in _by_deal(receipts).items():
        linked = [claim for claim in claims if deal_id is not None and claim.deal_id == deal_id]
        free += _lay(linked, amount, credited, everywhere=True)
    return Allocation(credited, _lay(claims, free, credited))


def _by_deal(receipts: Iterable[Receipt]) -> dict[int | None, Decimal]:
    amounts: dict[int | None, Decimal] = {}
    for receipt in receipts:
        amounts[receipt.deal_id] = amounts.get(receipt.deal_id, ZERO) + receipt.amount
    return amounts


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
