"""One record of the receivables register: what it says, its terms, and the stage it should stand on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from rules.allocation import ZERO
from rules.business_calendar import Calendar
from rules.decision import Money, Ref
from rules.deferral import days_granted, due_day, overdue_from
from rules.limits import Limits

WAITING = "stage.debt.waiting"
OVERDUE = "stage.debt.overdue"
PROMISED = "stage.debt.promised"
CLAIM = "stage.debt.claim"
COURT = "stage.debt.court"
PAID = "stage.debt.paid"
WRITTEN_OFF = "stage.debt.written_off"

CLOSED = (PAID, WRITTEN_OFF)


@dataclass(frozen=True, slots=True)
class DebtRecord:
    """A record as the portal shows it. `credited` is the part of `paid` that the app laid there from
    payments; the rest of `paid` was typed by a person. `responsible` is never a dismissed employee.
    `deal_gone`: its deal is not on the portal any more; `deal_removed`: the record says so already.
    `unassigned`: nobody chose the responsible, the portal put in whoever typed the record. `promised_date`
    is the day by which the client means to pay, `broken_date` the last such day that passed unpaid."""

    id: int
    title: str
    stage: str
    responsible: int
    created_time: datetime
    moved_time: datetime | None = None
    company_id: int | None = None
    deal_id: int | None = None
    amount: Money | None = None
    paid: Money | None = None
    credited: Money | None = None
    outstanding: Money | None = None
    deferral_days: int | None = None
    shipment_date: date | None = None
    due_date: date | None = None
    deal_cancelled: bool = False
    deal_gone: bool = False
    deal_removed: bool = False
    unassigned: bool = False
    shipment_number: str | None = None
    promised_date: date | None = None
    broken_date: date | None = None
    broken_promises: int = 0
    no_remind_until: date | None = None
    dispute: bool = False
    sent_pre: datetime | None = None
    sent_due: datetime | None = None
    still_seen: Decimal = ZERO
    """of a record whose deal is gone: the part of `credited` that came from money which is there still"""

    @property
    def ref(self) -> Ref:
        """The record as a target of commands."""
        return Ref("debt", self.id)

    @property
    def deal_lost(self) -> bool:
        """Whether its deal was removed, told or not yet told."""
        return self.deal_gone or self.deal_removed

    @property
    def is_new(self) -> bool:
        """Whether the app has not filled it in yet."""
        return None in (self.outstanding, self.shipment_date, self.deferral_days, self.due_date)

    @property
    def total(self) -> Decimal:
        """The amount, zero while nobody has typed it."""
        return self.amount.amount if self.amount else ZERO

    @property
    def is_return(self) -> bool:
        """Goods that came back: a record with a negative amount."""
        return self.total < 0

    @property
    def was_settled(self) -> bool:
        """Closed because it had been paid in full."""
        return self.stage == PAID and self.outstanding is not None and self.outstanding.amount == 0

    @property
    def closed_by_hand(self) -> bool:
        """Put into «Оплачено» by a person although money is missing: that person's word counts."""
        return self.stage == PAID and not self.was_settled


@dataclass(frozen=True, slots=True)
class Terms:
    """When a record was shipped, on how many days of credit, and when it has to be paid.

    `extended` tells that a person typed another due day than the terms give.
    """

    shipment_date: date
    deferral_days: int
    due_date: date
    overdue_from: datetime
    extended: bool = False


def terms_of(record: DebtRecord, company_days: int | None, calendar: Calendar, limits: Limits, now: datetime) -> Terms:
    """The record's own terms, what is missing filled in from the company's.

    With `debt.on_deferral_change = apply_open` a changed deferral of the company moves the due days of
    open records, except those that a person extended and those that would stay overdue anyway (E.06).
    """
    shipped = record.shipment_date or calendar.local_day(record.created_time)
    granted = days_granted(company_days, limits)
    own = granted if record.deferral_days is None else record.deferral_days
    by_rule = due_day(shipped, own, calendar, limits)
    extended = record.due_date not in (None, by_rule)
    kept = _terms(shipped, own, record.due_date or by_rule, calendar, limits, extended=extended)
    if own == granted or kept.extended or not _follows_company(record, limits):
        return kept
    changed = _terms(shipped, granted, due_day(shipped, granted, calendar, limits), calendar, limits)
    return changed if record.stage == WAITING or changed.overdue_from > now else kept


def _follows_company(record: DebtRecord, limits: Limits) -> bool:
    return limits.text("debt.on_deferral_change") == "apply_open" and record.stage in (WAITING, OVERDUE)


def _terms(shipped: date, days: int, due: date, calendar: Calendar, limits: Limits, *, extended: bool = False) -> Terms:
    return Terms(shipped, days, due, overdue_from(due, calendar, limits), extended)


def rejected_payment(record: DebtRecord) -> Decimal | None:
    """«Оплачено» that a person typed larger than the amount (E.16): the refused figure, else None."""
    if record.paid is None or record.total <= 0:
        return None
    typed = record.paid.amount
    return typed if typed > record.total and typed > credited_before(record) else None


def paid_by_hand(record: DebtRecord) -> Decimal:
    """The part of «Оплачено» that a person typed (negative when they took a credited payment back).

    A refused figure counts as the last valid one: the amount less what was still outstanding.
    """
    credited = credited_before(record)
    if rejected_payment(record) is None:
        return (record.paid.amount if record.paid else ZERO) - credited
    if record.outstanding is None:
        return ZERO
    return max(record.total - record.outstanding.amount, credited) - credited


def credited_before(record: DebtRecord) -> Decimal:
    """What the app has laid on the record from payments that can still be seen: those of a removed deal
    went with it, and what they paid stays on the record as if a person had typed it."""
    if record.deal_gone:
        return record.still_seen
    return record.credited.amount if record.credited else ZERO


def stage_for(record: DebtRecord, terms: Terms, outstanding: Decimal, now: datetime) -> str:
    """The stage the record should stand on. A person's choice is kept wherever one was made."""
    if record.stage == WRITTEN_OFF or record.closed_by_hand:
        return record.stage
    if outstanding == 0:
        return PAID
    late = now >= terms.overdue_from
    if record.stage == PAID:
        return OVERDUE if late else WAITING
    if record.stage == WAITING and late and not _moved_back_by_hand(record, terms):
        return OVERDUE
    if record.stage == OVERDUE and not late and (terms.extended or terms.due_date != record.due_date):
        return WAITING
    return record.stage


def _moved_back_by_hand(record: DebtRecord, terms: Terms) -> bool:
    """A record that came to «Ожидание оплаты» after it was due: the app never moves one there."""
    moved = record.moved_time
    return moved is not None and moved > record.created_time and moved >= terms.overdue_from
