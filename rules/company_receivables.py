"""Keeps a company's receivables as they should be: records, stages, totals, call tasks and warnings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from rules.bank_spread import spread
from rules.debt_record import PAID
from rules.decision import At, Command, Comment, Complain, Decision, Money, MoveStage, Notify, SetFields, Text
from rules.deferral import warning
from rules.double_payments import question
from rules.limits import Limits
from rules.overdue_call import calls_for
from rules.promises import broken_comment
from rules.receivables import AssessedRecord, CompanyFacts, Receivables, assess
from rules.wording import sentence

BANK_PAYMENTS = 50
"""of a company, the newest, of which it is told where they went"""


def decide(facts: CompanyFacts, limits: Limits, now: datetime) -> Decision:
    """What should be true of the company's records, totals and tasks.

    Tasks are completed and stages moved before amounts are written: a stop half way leaves the amounts
    that make the next look finish the work.
    """
    receivables = assess(facts, limits, now)
    calls = calls_for(facts, receivables, limits, now)
    later = [*calls.later, *due_moments(receivables, now)]
    commands: list[Command] = [
        *calls.commands,
        *(command for item in receivables.records for command in _record_commands(item)),
        *_totals(facts, receivables),
        *_deferral_warning(facts, limits),
        *_unknown_rates(facts, receivables),
        *(question(facts.card.ref, payment, document) for payment, document in facts.doubled),
        *([At(min(later))] if later else []),
    ]
    return Decision(_outcome(receivables), _reason(facts, receivables), tuple(commands), _summary(facts, receivables))


def due_moments(receivables: Receivables, now: datetime) -> list[datetime]:
    """The moments ahead at which open records become overdue, or promises broken."""
    still_open = [item for item in receivables.records if item.is_open]
    moments = [item.terms.overdue_from for item in still_open]
    moments += [item.promise.breaks_at for item in still_open if item.promise.breaks_at]
    return [moment for moment in moments if moment > now]


def _record_commands(item: AssessedRecord) -> Iterator[Command]:
    if item.refused is not None:
        yield from _refusal(item, item.refused)
    if item.promise.broken:
        yield broken_comment(item.record, item.promise.broken, item.outstanding)
    if item.stage != item.record.stage:
        if item.record.stage == PAID:
            yield _reopened(item)
        yield MoveStage(item.record.ref, item.stage)
    fields = _changed_fields(item)
    if fields:
        yield SetFields(item.record.ref, fields)


def _changed_fields(item: AssessedRecord) -> dict[str, Any]:
    """The fields of a record that differ from what they should be. An amount that was never filled in
    counts as 0, except the outstanding one, and what is paid on a new record: a person looks for them."""
    record = item.record
    unpaid = None if record.is_new else _nothing(item)
    wanted: dict[str, tuple[Any, Any]] = {
        "shipment_date": (record.shipment_date, item.terms.shipment_date),
        "deferral_days": (record.deferral_days, item.terms.deferral_days),
        "due_date": (record.due_date, item.terms.due_date),
        "paid": (record.paid or unpaid, item.paid),
        "credited": (record.credited or _nothing(item), item.credited),
    }
    if item.responsible != record.responsible:
        wanted["assigned_by_id"] = (record.responsible, item.responsible)
    if item.promise.broken:
        count = record.broken_promises
        wanted |= {"promised_date": (record.promised_date, None), "broken_promises": (count, count + 1)}
        wanted["broken_date"] = (record.broken_date, item.promise.broken)
    if record.deal_gone:
        wanted |= {"deal_removed": (record.deal_removed, True), "deal_id": (record.deal_id, None)}
    if not (record.closed_by_hand and record.outstanding is None and item.outstanding.amount):
        wanted["outstanding"] = (record.outstanding, item.outstanding)
    return {name: new for name, (old, new) in wanted.items() if old != new}


def _nothing(item: AssessedRecord) -> Money:
    return Money(Decimal(0), item.amount.currency)


def _refusal(item: AssessedRecord, typed: Money) -> tuple[Comment, Notify]:
    text = sentence(
        "Оплачено {typed} больше суммы долга {amount}: вернули {paid}. Переплату вносят платежом, она станет авансом.",
        "Paid {typed} is more than the debt of {amount}: set back to {paid}. Enter an overpayment as a payment: "
        "it becomes the advance.",
        typed=typed,
        amount=item.amount,
        paid=item.paid,
    )
    key = f"overpaid:debt:{item.record.id}:{typed.amount:f}:{item.amount.amount:f}"
    return Comment(key, item.record.ref, text), Notify(key, item.responsible, text)


def _reopened(item: AssessedRecord) -> Notify:
    closed = item.record.moved_time or item.record.created_time
    text = sentence(
        "«{title}» снова не оплачено: платёж отменён или изменена сумма, осталось {outstanding}.",
        "«{title}» is unpaid again: a payment was taken back or the amount changed, {outstanding} outstanding.",
        title=item.record.title,
        outstanding=item.outstanding,
    )
    return Notify(f"reopened:debt:{item.record.id}:{closed:%Y%m%d%H%M%S}", item.responsible, text)


def _totals(facts: CompanyFacts, receivables: Receivables) -> Iterator[Command]:
    """The company's totals where they differ. They wait while a currency cannot be converted. An empty
    field where nothing is owed is no difference: it is filled in along with another one."""
    if receivables.unknown_currencies:
        return
    card, base = facts.card, facts.rates.base
    wanted = {
        "debt_in_period": (card.debt_in_period, Money(receivables.in_period, base)),
        "debt_overdue": (card.debt_overdue, Money(receivables.overdue, base)),
        "advance": (card.advance, Money(receivables.advance, base)),
    }
    if any(old != new and (old or new.amount) for old, new in wanted.values()):
        yield SetFields(card.ref, {name: new for name, (old, new) in wanted.items() if old != new})


def _deferral_warning(facts: CompanyFacts, limits: Limits) -> Iterator[Command]:
    card = facts.card
    told = warning(card.id, card.title, card.deferral_days, bool(facts.records), facts.sales_head, limits)
    if told and not card.is_my_company:
        yield told


def _unknown_rates(facts: CompanyFacts, receivables: Receivables) -> Iterable[Complain]:
    for currency in receivables.unknown_currencies:
        text = sentence(
            "Нет курса валюты {currency}: суммы задолженности не пересчитаны. Добавьте валюту в справочник CRM.",
            "No rate for {currency}: the totals were not calculated. Add the currency to the CRM directory.",
            currency=currency,
        )
        yield Complain(f"rate:{currency}", text, facts.card.ref)


def _outcome(receivables: Receivables) -> str:
    if receivables.overdue:
        return "overdue"
    return "in_period" if receivables.in_period else "settled"


def _reason(facts: CompanyFacts, receivables: Receivables) -> Text:
    if not receivables.records:
        return Text("Долгов нет: в реестре нет записей.", "Nothing is owed: the register has no records.")
    base = facts.rates.base
    return sentence(
        "Открытых долгов: {open}. В рамках периода {in_period}, просрочено {overdue}, аванс {advance}.",
        "Open debts: {open}. In period {in_period}, overdue {overdue}, advance {advance}.",
        open=sum(item.is_open for item in receivables.records),
        in_period=Money(receivables.in_period, base),
        overdue=Money(receivables.overdue, base),
        advance=Money(receivables.advance, base),
    )


def _summary(facts: CompanyFacts, receivables: Receivables) -> Mapping[str, Any]:
    return {
        "deferral_days": facts.card.deferral_days,
        "payments": [str(payment.amount) for payment in facts.payments],
        "in_period": str(receivables.in_period),
        "overdue": str(receivables.overdue),
        "advance": str(receivables.advance),
        "open": [_record_summary(item) for item in receivables.records if item.is_open],
        "closed": sum(not item.is_open for item in receivables.records),
        **_from_banks(facts, receivables),
    }


def _from_banks(facts: CompanyFacts, receivables: Receivables) -> Mapping[str, Any]:
    """Where the newest payments of banks went; nothing for the many companies that have none."""
    told = [one for one in spread(facts, receivables) if one.payment.document]
    if not told:
        return {}
    return {
        "bank": [
            {
                "payment": one.payment.document,
                "amount": str(one.payment.amount.amount),
                "currency": one.payment.amount.currency,
                "laid": {str(record): str(part) for record, part in one.laid.items()},
                "rest": str(one.rest),
            }
            for one in told[-BANK_PAYMENTS:]
        ]
    }


def _record_summary(item: AssessedRecord) -> Mapping[str, Any]:
    return {
        "id": item.record.id,
        "stage": item.stage,
        "due": item.terms.due_date.isoformat(),
        "amount": str(item.amount),
        "paid": str(item.paid),
        "outstanding": str(item.outstanding),
    }
