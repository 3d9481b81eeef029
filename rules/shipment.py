"""A deal that is shipped becomes a debt; what happens to the deal afterwards is asked about, not guessed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from rules.business_calendar import Calendar
from rules.debt_record import CLAIM, CLOSED, COURT, OVERDUE, PAID, WAITING, WRITTEN_OFF, DebtRecord
from rules.decision import (
    Command,
    Comment,
    Complain,
    Create,
    CreateTodo,
    Decision,
    Money,
    MoveStage,
    Ref,
    SetFields,
    Text,
)
from rules.deferral import days_granted, due_day, overdue_from
from rules.limits import Limits
from rules.wording import sentence

SHIPPED = "stage.active.shipped"
CANCELLED = "stage.active.cancelled"
BEFORE_SHIPMENT = ("stage.active.new", "stage.active.stock_check", "stage.active.ordered", "stage.active.packing")


@dataclass(frozen=True, slots=True)
class DealCard:
    """The deal's own fields that the rule reads."""

    id: int
    title: str
    stage: str
    amount: Money
    company_id: int | None = None

    @property
    def ref(self) -> Ref:
        """The deal as a target of commands."""
        return Ref("deal", self.id)


@dataclass(frozen=True, slots=True)
class ShipmentFacts:
    """A deal with its company and records. `shipped_at` is the first entry to «Отгружено» by the portal's
    stage history, `moved_back_at` and `cancelled_at` the last entries to a stage before it and to «Отменено»."""

    deal: DealCard
    records: tuple[DebtRecord, ...]
    calendar: Calendar
    responsible: int
    shipped_at: datetime | None = None
    moved_back_at: datetime | None = None
    cancelled_at: datetime | None = None
    company_known: bool = True
    company_deferral_days: int | None = None
    written_off_at: Mapping[int, datetime] = field(default_factory=dict)


def record_key(deal_id: int) -> str:
    """The business key of the record that a deal's shipment makes."""
    return f"shipment:deal:{deal_id}"


def decide(facts: ShipmentFacts, limits: Limits, now: datetime) -> Decision:
    """One record for a shipped deal; then only questions and remarks about it."""
    if facts.records:
        return _follow_up(facts, limits, now)
    if facts.shipped_at is None or facts.deal.stage in (CANCELLED, *BEFORE_SHIPMENT):
        return Decision("not_shipped", Text("Сделка не отгружена.", "The deal is not shipped."))
    flaw = _flaw(facts)
    if flaw is not None:
        complaint = Complain(f"shipment:deal:{facts.deal.id}", flaw, facts.deal.ref)
        return Decision("refused", flaw, (complaint,))
    return _new_record(facts, facts.shipped_at, limits, now)


def _flaw(facts: ShipmentFacts) -> Text | None:
    """Why a shipped deal cannot become a debt."""
    title = facts.deal.title
    if facts.deal.company_id is None or not facts.company_known:
        return sentence(
            "Сделка «{title}» отгружена, но компания в ней не указана: запись в реестре не создана. Укажите компанию.",
            "«{title}» is shipped but has no company: no record was made. Please choose the company.",
            title=title,
        )
    if facts.deal.amount.amount <= 0:
        return sentence(
            "Сделка «{title}» отгружена на сумму {amount}: запись в реестре не создана. Укажите сумму сделки.",
            "«{title}» is shipped for {amount}: no record was made. Please enter the amount.",
            title=title,
            amount=facts.deal.amount,
        )
    return None


def _new_record(facts: ShipmentFacts, shipped_at: datetime, limits: Limits, now: datetime) -> Decision:
    """The record, on the terms of the day of the shipment, overdue at once when that day is long past (E.50)."""
    deal, shipped = facts.deal, facts.calendar.local_day(shipped_at)
    days = days_granted(facts.company_deferral_days, limits)
    due = due_day(shipped, days, facts.calendar, limits)
    late = now >= overdue_from(due, facts.calendar, limits)
    nothing = Money(Decimal(0), deal.amount.currency)
    fields = {
        "title": deal.title,
        "company_id": deal.company_id,
        "deal_id": deal.id,
        "assigned_by_id": facts.responsible,
        "stage": OVERDUE if late else WAITING,
        "amount": deal.amount,
        "shipment_date": shipped,
        "deferral_days": days,
        "due_date": due,
        "paid": nothing,
        "credited": nothing,
        "outstanding": deal.amount,
    }
    reason = sentence(
        "Отгружено {shipped} на {amount}, отсрочка {days} дн., срок оплаты {due}.",
        "Shipped {shipped} for {amount}, {days} days of credit, due {due}.",
        shipped=shipped,
        amount=deal.amount,
        days=days,
        due=due,
    )
    return Decision("recorded", reason, (Create("debt", record_key(deal.id), fields),), {"due": due.isoformat()})


def _follow_up(facts: ShipmentFacts, limits: Limits, now: datetime) -> Decision:
    """What is asked and remarked about a deal that has records already."""
    if facts.deal.stage == CANCELLED:
        return _cancelled(facts, now)
    commands: list[Command] = [*_questions(facts, now), *_amount_changed(facts, limits)]
    reason = sentence(
        "Запись в реестре уже есть: {ids}.",
        "The register has the record already: {ids}.",
        ids=", ".join(str(record.id) for record in facts.records),
    )
    return Decision("moved_back" if _was_moved_back(facts) else "recorded", reason, tuple(commands))


def _questions(facts: ShipmentFacts, now: datetime) -> Iterator[CreateTodo]:
    """What a person is asked: about a deal that stood before the shipment again (E.11), and about one that
    was shipped after all, when its record had been written off with the cancelled deal."""
    if _was_moved_back(facts):
        yield _question(facts, facts.records[0], now)
    cancelled, shipped = facts.cancelled_at, facts.shipped_at
    if facts.deal.stage != SHIPPED or cancelled is None or shipped is None or cancelled < shipped:
        return
    for record in facts.records:
        if record.stage == WRITTEN_OFF:
            yield CreateTodo(
                key=f"shipped_again:debt:{record.id}",
                target=facts.deal.ref,
                title=Text("Отгружено снова: вернуть списанный долг?", "Shipped again: restore the written-off debt?"),
                responsible=record.responsible,
                deadline=facts.calendar.closest_end_of_work(now),
            )


def _was_moved_back(facts: ShipmentFacts) -> bool:
    """Whether the deal stands before the shipment, or stood there after it and was shipped again."""
    return facts.deal.stage in BEFORE_SHIPMENT or _is_later(facts.moved_back_at, facts.shipped_at)


def _is_later(moment: datetime | None, other: datetime | None) -> bool:
    return moment is not None and other is not None and moment > other


def _question(facts: ShipmentFacts, record: DebtRecord, now: datetime) -> CreateTodo:
    return CreateTodo(
        key=f"moved_back:debt:{record.id}",
        target=facts.deal.ref,
        title=Text("Отгрузка отменена?", "Was the shipment cancelled?"),
        responsible=record.responsible,
        deadline=facts.calendar.closest_end_of_work(now),
    )


def _cancelled(facts: ShipmentFacts, now: datetime) -> Decision:
    """A cancelled deal closes its open records as «Списано» with the reason (E.11). What was paid already, or
    is in claim or court (R0.11), is a person's question; what a person took out of «Списано» again stays (E.16)."""
    commands: list[Command] = []
    for record in facts.records:
        if record.stage == PAID:
            commands.append(_question(facts, record, now))
        elif record.stage in (CLAIM, COURT):
            commands += [] if _was_put_back(facts, record) else _asked_about_claim(facts, record, now)
        elif record.stage == WRITTEN_OFF:
            commands.append(_written_off_comment(facts, record))
        elif not _was_put_back(facts, record):
            commands.append(MoveStage(record.ref, WRITTEN_OFF))
            commands.append(_written_off_comment(facts, record))
    return Decision("cancelled", _told_of_cancelled(facts), tuple(commands))


def _was_put_back(facts: ShipmentFacts, record: DebtRecord) -> bool:
    """Whether an open record was written off since the deal was cancelled: only people take one out of
    «Списано». Its time on the present stage would not tell: the app moves records to «Просрочено» too."""
    written_off = facts.written_off_at.get(record.id)
    return written_off is not None and (facts.cancelled_at is None or written_off >= facts.cancelled_at)


def _asked_about_claim(facts: ShipmentFacts, record: DebtRecord, now: datetime) -> tuple[Command, ...]:
    text = sentence(
        "Сделка «{title}» отменена, а долг по ней в претензии или суде: он не списан. Если его больше не требуют, "
        "переведите запись в «Списано».",
        "«{title}» was cancelled, but its debt is in claim or court: it is not written off. If it is not demanded any "
        "more, write the record off.",
        title=facts.deal.title,
    )
    todo = CreateTodo(
        key=f"cancelled_in_claim:debt:{record.id}",
        target=facts.deal.ref,
        title=Text("Сделка отменена: списать долг в претензии?", "Deal cancelled: write off the claimed debt?"),
        responsible=record.responsible,
        deadline=facts.calendar.closest_end_of_work(now),
    )
    return Comment(f"cancelled_in_claim:debt:{record.id}", record.ref, text), todo


def _told_of_cancelled(facts: ShipmentFacts) -> Text:
    left = [record for record in facts.records if record.stage not in CLOSED]
    if any(record.stage in (CLAIM, COURT) or _was_put_back(facts, record) for record in left):
        return sentence(
            "Сделка «{title}» отменена; записи в претензии, в суде и возвращённые из «Списано» остаются людям.",
            "«{title}» was cancelled; records in claim, in court, or taken back from the write-off are left to people.",
            title=facts.deal.title,
        )
    return _written_off_text(facts)


def _written_off_text(facts: ShipmentFacts) -> Text:
    return sentence(
        "Сделка «{title}» отменена: долг по ней списан.",
        "«{title}» was cancelled: its debt is written off.",
        title=facts.deal.title,
    )


def _written_off_comment(facts: ShipmentFacts, record: DebtRecord) -> Comment:
    return Comment(f"cancelled:debt:{record.id}", record.ref, _written_off_text(facts))


def _amount_changed(facts: ShipmentFacts, limits: Limits) -> Iterator[Command]:
    """The deal's amount differs from the one record it made: followed while nothing is paid and the
    setting says so, else shown once (E.12)."""
    record, amount = facts.records[0], facts.deal.amount
    if len(facts.records) > 1 or record.amount in (None, amount) or record.stage in CLOSED or amount.amount <= 0:
        return
    if limits.flag("debt.follow_amount") and not (record.paid and record.paid.amount):
        yield SetFields(record.ref, {"amount": amount, "outstanding": amount})
        return
    text = sentence(
        "Сумма сделки стала {amount}, в записи остаётся {recorded}. Если отгружено на другую сумму, исправьте запись.",
        "The deal's amount is now {amount}, the record keeps {recorded}. Correct the record if the shipment differs.",
        amount=amount,
        recorded=record.amount,
    )
    yield Comment(f"amount:debt:{record.id}:{amount.amount:f}:{amount.currency}", record.ref, text)
