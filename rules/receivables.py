"""What a company owes: every record brought up to date, and the company's totals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from rules.allocation import ZERO, Claim, Receipt, allocate
from rules.business_calendar import Calendar
from rules.debt_record import (
    CLOSED,
    PAID,
    WAITING,
    WRITTEN_OFF,
    DebtRecord,
    Terms,
    credited_before,
    paid_by_hand,
    rejected_payment,
    stage_for,
    terms_of,
)
from rules.decision import Money, Ref
from rules.double_payments import BankPayment, PaidDocument
from rules.limits import Limits
from rules.promises import NO_PROMISE, Promise, promise_of

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that came from the company; `deal_id` when it was paid for a deal that has records, `records`
    when it names records themselves. `from_bank`: a bank's file tells of it, so it outlives deals; `document`
    is its number among those."""

    amount: Money
    deal_id: int | None = None
    records: tuple[int, ...] = ()
    from_bank: bool = False
    document: int | None = None


@dataclass(frozen=True, slots=True)
class Rates:
    """The base currency and how much of it one unit of every other currency is."""

    base: str
    values: Mapping[str, Decimal]

    def knows(self, currency: str) -> bool:
        """Whether an amount in the currency can be converted."""
        return currency == self.base or currency in self.values

    def to_base(self, money: Money) -> Decimal:
        """The amount in the base currency, to the cent."""
        rate = Decimal(1) if money.currency == self.base else self.values[money.currency]
        return (money.amount * rate).quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class ActiveDeal:
    """A deal of the funnel «Активная клиентская база»."""

    id: int
    stage: str
    created_time: datetime


@dataclass(frozen=True, slots=True)
class CompanyCard:
    """The company's own fields that the rules read."""

    id: int
    title: str
    responsible: int
    type: str | None = None
    computed_type: str | None = None
    type_locked: bool = False
    is_my_company: bool = False
    no_auto_messages: bool = False
    message_language: str | None = None
    deferral_days: int | None = None
    debt_in_period: Money | None = None
    debt_overdue: Money | None = None
    advance: Money | None = None

    @property
    def ref(self) -> Ref:
        """The company as a target of commands."""
        return Ref("company", self.id)


@dataclass(frozen=True, slots=True)
class CompanyFacts:
    """Everything the rules about a company look at, as the portal has it now."""

    card: CompanyCard
    records: tuple[DebtRecord, ...]
    payments: tuple[Payment, ...]
    deals: tuple[ActiveDeal, ...]
    rates: Rates
    calendar: Calendar
    sales_head: int
    doubled: tuple[tuple[BankPayment, PaidDocument], ...] = ()
    """payments of a bank's file that look like documents of the portal: they are not among `payments`"""


@dataclass(frozen=True, slots=True)
class AssessedRecord:
    """A record with the values it should have. `refused` is a typed «Оплачено» that was too large,
    `promise` what has become of the day by which the client promised to pay."""

    record: DebtRecord
    responsible: int
    amount: Money
    terms: Terms
    paid: Money
    credited: Money
    outstanding: Money
    stage: str
    refused: Money | None = None
    promise: Promise = NO_PROMISE

    @property
    def broken_date(self) -> date | None:
        """The last promised day that passed unpaid."""
        return self.promise.broken or self.record.broken_date

    @property
    def is_open(self) -> bool:
        """Whether somebody still owes this money."""
        return self.stage not in CLOSED

    def is_late(self, now: datetime) -> bool:
        """Open, and not on the first stage within its term: it belongs to the overdue total."""
        return self.is_open and (self.stage != WAITING or now >= self.terms.overdue_from)


@dataclass(frozen=True, slots=True)
class Receivables:
    """A company's records and totals; the totals are in the base currency, None when a rate is missing."""

    records: tuple[AssessedRecord, ...]
    in_period: Decimal
    overdue: Decimal
    advance: Decimal
    unknown_currencies: tuple[str, ...] = ()

    def late(self, now: datetime) -> list[AssessedRecord]:
        """The records of the overdue total, the oldest due day first."""
        return sorted(
            (item for item in self.records if item.is_late(now)), key=lambda item: (item.terms.due_date, item.record.id)
        )


def is_small(item: AssessedRecord, rates: Rates, limits: Limits) -> bool:
    """Whether so little is left that nobody is bothered about it (`debt.min_amount`)."""
    if not rates.knows(item.outstanding.currency):
        return False
    return rates.to_base(item.outstanding) <= limits.decimal("debt.min_amount")


def assess(facts: CompanyFacts, limits: Limits, now: datetime) -> Receivables:
    """Lays the company's money on its records, and says what every record and total should be.

    A record without an amount is still being typed: it is left out. The order of records changes nothing.
    """
    facts = _without_what_vanished(facts)
    terms = {
        record.id: terms_of(record, facts.card.deferral_days, facts.calendar, limits, now)
        for record in facts.records
        if record.total
    }
    records: list[AssessedRecord] = []
    advances: list[Money] = []
    for currency, members in _by_currency(facts.records).items():
        credited, advance = _allocate(members, facts.payments, currency, terms)
        records += [_assessed(record, terms, credited[record.id], facts, limits, now) for record in members]
        advances.append(Money(advance, currency))
    advances += _payments_without_records(facts)
    return _totalled(records, advances, facts.rates, now)


def _without_what_vanished(facts: CompanyFacts) -> CompanyFacts:
    """Records of removed deals, with what of their money is there still: money of banks stays when a deal
    goes, the deal's own payments do not.

    What lies on such a record came from banks as far as nothing else can have taken their money.
    """
    if not any(record.deal_gone for record in facts.records):
        return facts
    seen: dict[int, Decimal] = {}
    for currency, members in _by_currency(facts.records).items():
        others = [record for record in members if not record.deal_gone and not record.is_return]
        held = sum((_credited(record) for record in others), ZERO) + _advance_before(facts, currency)
        left = _received(facts, currency, True) - max(held - _received(facts, currency, False), ZERO)
        for record in members:
            if record.deal_gone:
                seen[record.id] = min(max(left, ZERO), _credited(record))
                left -= seen[record.id]
    records = [replace(record, still_seen=seen.get(record.id, ZERO)) for record in facts.records]
    return replace(facts, records=tuple(records))


def _credited(record: DebtRecord) -> Decimal:
    return record.credited.amount if record.credited else ZERO


def _advance_before(facts: CompanyFacts, currency: str) -> Decimal:
    """The advance of the last look; it is kept in the base currency only."""
    advance = facts.card.advance
    return advance.amount if advance and advance.currency == currency == facts.rates.base else ZERO


def _received(facts: CompanyFacts, currency: str, from_bank: bool) -> Decimal:
    amounts = (one.amount for one in facts.payments if one.from_bank == from_bank)
    return sum((money.amount for money in amounts if money.currency == currency), ZERO)


def _by_currency(records: Iterable[DebtRecord]) -> dict[str, list[DebtRecord]]:
    groups: dict[str, list[DebtRecord]] = {}
    for record in sorted(records, key=lambda record: record.id):
        if record.amount and record.total:
            groups.setdefault(record.amount.currency, []).append(record)
    return groups


def _payments_without_records(facts: CompanyFacts) -> list[Money]:
    """Payments in currencies in which the company owes nothing."""
    owed = {record.amount.currency for record in facts.records if record.amount and record.total}
    return [payment.amount for payment in facts.payments if payment.amount.currency not in owed]


def _allocate(
    records: Sequence[DebtRecord], payments: Iterable[Payment], currency: str, terms: Mapping[int, Terms]
) -> tuple[dict[int, Decimal], Decimal]:
    """What every record of one currency is credited, and the advance. A return is credited in full
    (with its minus), and so becomes money for the others."""
    returns = [record for record in records if record.is_return and record.stage != WRITTEN_OFF]
    receipts = [
        Receipt(payment.amount.amount, payment.deal_id, frozenset(payment.records))
        for payment in payments
        if payment.amount.currency == currency
    ]
    receipts += [Receipt(-record.total, record.deal_id) for record in returns]
    claims = [_claim(record, terms[record.id].due_date) for record in records if not record.is_return]
    laid = allocate(claims, receipts)
    credited = {record.id: ZERO for record in records if record.is_return}
    credited |= {record.id: record.total for record in returns}
    return credited | dict(laid.credited), laid.advance


def _claim(record: DebtRecord, due: date) -> Claim:
    """A record as something money may be laid on. One that is written off keeps what it has been given,
    unless its deal was cancelled: then the money is the client's again."""
    held = credited_before(record)
    room = record.total - paid_by_hand(record)
    if record.stage == WRITTEN_OFF:
        room = ZERO if record.deal_cancelled else min(held, room)
    return Claim(
        id=record.id,
        deal_id=record.deal_id,
        due=due,
        capacity=room,
        held=held,
        takes_free=record.stage != WRITTEN_OFF and not record.closed_by_hand,
        settled=record.was_settled,
    )


def _assessed(
    record: DebtRecord,
    all_terms: Mapping[int, Terms],
    credited: Decimal,
    facts: CompanyFacts,
    limits: Limits,
    now: datetime,
) -> AssessedRecord:
    assert record.amount is not None  # noqa: S101 - `_by_currency` passes no other
    currency = record.amount.currency
    paid = credited if record.is_return else max(credited + paid_by_hand(record), ZERO)
    outstanding = max(record.total - paid, ZERO)
    terms = all_terms[record.id]
    stage = stage_for(record, terms, outstanding, now)
    if record.stage == PAID and stage != PAID:
        # An open record again: what holds for the terms of open records holds for it.
        terms = terms_of(replace(record, stage=WAITING), facts.card.deferral_days, facts.calendar, limits, now)
        stage = stage_for(record, terms, outstanding, now)
    promise = promise_of(record, stage, terms, facts.calendar, now)
    refused = rejected_payment(record)
    return AssessedRecord(
        record=record,
        responsible=facts.card.responsible if record.unassigned and record.is_new else record.responsible,
        amount=record.amount,
        terms=terms,
        paid=Money(paid, currency),
        credited=Money(credited, currency),
        outstanding=Money(outstanding, currency),
        stage=promise.stage,
        promise=promise,
        refused=None if refused is None else Money(refused, currency),
    )


def _totalled(records: Sequence[AssessedRecord], advances: Iterable[Money], rates: Rates, now: datetime) -> Receivables:
    late = [item.outstanding for item in records if item.is_late(now)]
    waiting = [item.outstanding for item in records if item.is_open and not item.is_late(now)]
    left = [money for money in advances if money.amount]
    unknown = {money.currency for money in (*late, *waiting, *left) if not rates.knows(money.currency)}
    return Receivables(
        records=tuple(sorted(records, key=lambda item: item.record.id)),
        in_period=_sum(waiting, rates),
        overdue=_sum(late, rates),
        advance=_sum(left, rates),
        unknown_currencies=tuple(sorted(unknown)),
    )


def _sum(amounts: Iterable[Money], rates: Rates) -> Decimal:
    return sum((rates.to_base(money) for money in amounts if rates.knows(money.currency)), ZERO)
