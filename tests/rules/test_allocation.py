"""Money laid on records: nothing is lost or made, and the same money lies the same way again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.allocation import Allocation, Claim, Receipt, allocate

DAY = date(2026, 4, 1)


def claim(id: int, capacity: int, due: int = 0, **values: object) -> Claim:
    return Claim(id, deal_id=None, due=DAY + timedelta(days=due), capacity=Decimal(capacity), **values)  # type: ignore[arg-type]


def laid(claims: list[Claim], *receipts: Receipt) -> tuple[list[int], int]:
    allocation = allocate(claims, receipts)
    return [int(allocation.credited[item.id]) for item in claims], int(allocation.advance)


def money(amount: int, deal: int | None = None) -> Receipt:
    return Receipt(Decimal(amount), deal)


@pytest.mark.parametrize(
    ("claims", "receipts", "expected"),
    [
        ([claim(1, 30), claim(2, 50, 1)], [money(40)], ([30, 10], 0)),
        ([claim(1, 50, 1), claim(2, 30)], [money(40)], ([10, 30], 0)),
        ([claim(1, 30), claim(2, 50)], [money(100)], ([30, 50], 20)),
        ([], [money(100)], ([], 100)),
        ([claim(1, 30)], [], ([0], 0)),
        # Money that names a deal goes there first, its excess to the others.
        ([claim(1, 30), replace(claim(2, 50, 1), deal_id=7)], [money(60, 7)], ([10, 50], 0)),
        # Two records of a deal: the older due day first.
        ([replace(claim(1, 30, 1), deal_id=7), replace(claim(2, 50), deal_id=7)], [money(60, 7)], ([10, 50], 0)),
        # What lay somewhere stays, though an older due day has come in between.
        ([claim(1, 30), claim(2, 50, 1, held=Decimal(40))], [money(40)], ([0, 40], 0)),
        # When money is missing, the paid record keeps it.
        (
            [claim(1, 30, held=Decimal(30)), claim(2, 50, 1, held=Decimal(50), settled=True)],
            [money(60)],
            ([10, 50], 0),
        ),
        # Linked money replaces free money that lay there.
        (
            [replace(claim(1, 30, held=Decimal(30)), deal_id=7), claim(2, 50, 1)],
            [money(30), money(30, 7)],
            ([30, 30], 0),
        ),
        # A closed record takes no free money, but its own.
        ([replace(claim(1, 30, takes_free=False), deal_id=7)], [money(10), money(20, 7)], ([20], 10)),
    ],
)
def test_cases(claims: list[Claim], receipts: list[Receipt], expected: tuple[list[int], int]) -> None:
    assert laid(claims, *receipts) == expected


AMOUNTS = st.decimals(min_value=0, max_value=10_000, places=2)
DEALS = st.sampled_from([None, 1, 2, 3])
CLAIMS = st.lists(
    st.builds(
        Claim,
        id=st.integers(1, 1000),
        deal_id=DEALS,
        due=st.dates(DAY, DAY + timedelta(days=30)),
        capacity=AMOUNTS,
        held=AMOUNTS,
        takes_free=st.booleans(),
        settled=st.booleans(),
    ),
    max_size=8,
    unique_by=lambda item: item.id,
)
RECEIPTS = st.lists(st.builds(Receipt, amount=AMOUNTS, deal_id=DEALS), max_size=6)


def total(allocation: Allocation) -> Decimal:
    return sum(allocation.credited.values(), allocation.advance)


@given(CLAIMS, RECEIPTS)
def test_money_adds_up(claims: list[Claim], receipts: list[Receipt]) -> None:
    allocation = allocate(claims, receipts)
    assert total(allocation) == sum(receipt.amount for receipt in receipts)
    assert allocation.advance >= 0
    for item in claims:
        assert 0 <= allocation.credited[item.id] <= item.capacity


@given(CLAIMS, RECEIPTS)
def test_the_same_money_lies_the_same_way_again(claims: list[Claim], receipts: list[Receipt]) -> None:
    first = allocate(claims, receipts)
    again = [replace(item, held=first.credited[item.id]) for item in claims]
    assert allocate(again, receipts) == first


@given(CLAIMS, RECEIPTS, st.randoms())
def test_the_order_changes_nothing(claims: list[Claim], receipts: list[Receipt], random: object) -> None:
    mixed_claims, mixed_receipts = list(claims), list(receipts)
    random.shuffle(mixed_claims)  # type: ignore[attr-defined]
    random.shuffle(mixed_receipts)  # type: ignore[attr-defined]
    assert allocate(mixed_claims, mixed_receipts) == allocate(claims, receipts)


@given(CLAIMS, RECEIPTS)
def test_an_advance_is_left_only_when_every_open_record_is_full(claims: list[Claim], receipts: list[Receipt]) -> None:
    allocation = allocate(claims, receipts)
    if allocation.advance:
        assert all(allocation.credited[item.id] == item.capacity for item in claims if item.takes_free)
