"""Which payment of a bank paid which record: named ones first, all adding up to what the records were credited."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from facts.company import load_companies
from rules.bank_spread import Spread, spread
from rules.decision import Money
from rules.double_payments import BankPayment
from rules.receivables import assess
from tests.rules.small_portal import SmallPortal, at, rub


def spread_of(portal: SmallPortal) -> tuple[list[Spread], dict[int, Decimal], Decimal]:
    facts = load_companies(portal, [100])[100]
    receivables = assess(facts, portal.limits, portal.now)
    credited = {item.record.id: item.credited.amount for item in receivables.records if not item.record.is_return}
    return spread(facts, receivables), credited, receivables.advance


def banked(number: int, amount: str, *records: int) -> BankPayment:
    return BankPayment(number, str(number), date(2026, 4, 8), rub(amount), "", records)


def indebted() -> SmallPortal:
    portal = SmallPortal(at("2026-04-08 12:00"))
    portal.company()
    portal.debt(1, 100, due="2026-04-10", deferral_days=7)
    portal.debt(2, 200, due="2026-04-20", deferral_days=7)
    return portal


def test_the_named_record_the_oldest_one_and_the_rest() -> None:
    portal = indebted()
    portal.from_banks = {100: [banked(7, "150"), banked(8, "200", 2), banked(9, "30")]}
    money, _, advance = spread_of(portal)
    assert [(one.payment.document, one.laid, one.rest) for one in money] == [
        (7, {1: 100}, 50),
        (8, {2: 200}, 0),
        (9, {}, 30),
    ]
    assert advance == 80


def test_money_in_a_currency_without_debts_is_left_over() -> None:
    portal = indebted()
    euro = BankPayment(7, "7", date(2026, 4, 8), Money(Decimal(10), "EUR"))
    portal.from_banks = {100: [euro]}
    [one], _, _ = spread_of(portal)
    assert (one.laid, one.rest) == ({}, 10)


@given(
    debts=st.lists(st.integers(1, 500), min_size=1, max_size=4),
    back=st.integers(0, 300),
    invoice=st.integers(0, 600),
    banks=st.lists(st.tuples(st.integers(1, 400), st.lists(st.integers(1, 5), max_size=2)), max_size=5),
)
def test_it_adds_up(debts: list[int], back: int, invoice: int, banks: list[tuple[int, list[int]]]) -> None:
    portal = SmallPortal(at("2026-04-08 12:00"))
    portal.company()
    for number, amount in enumerate(debts, 1):
        portal.debt(number, amount, due=f"2026-04-{10 + number:02}", deferral_days=7)
    if back:
        portal.debt(90, -back)
    portal.add("invoice", 1, company_id=100, currency="RUB", deal_id=None)
    portal.pay("invoice", 1, invoice)
    portal.from_banks = {100: [banked(10 + n, str(amount), *named) for n, (amount, named) in enumerate(banks)]}
    money, credited, advance = spread_of(portal)
    laid: Counter[int] = Counter()
    for one in money:
        laid.update(one.laid)  # type: ignore[arg-type]
        assert sum(one.laid.values()) + one.rest == one.payment.amount.amount
    assert laid == Counter({id: part for id, part in credited.items() if part})
    assert sum(one.rest for one in money) == advance
