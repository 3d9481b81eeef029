"""Records of the register that lack something: a deal or a company that was removed, an amount."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from rules.business_calendar import Calendar
from rules.debt_record import CLOSED, DebtRecord
from rules.decision import Command, Complain, CreateTask, Decision, SetFields, Text
from rules.limits import Limits
from rules.wording import sentence


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """A record and who is told about what became of the objects it names."""

    record: DebtRecord
    calendar: Calendar
    sales_head: int
    company_known: bool = True


def decide(facts: LinkFacts, limits: Limits, now: datetime) -> Decision:
    """A record without its deal keeps counting, is flagged and told to the head of sales (E.10); an open
    record without a company (E.14) or without an amount goes to the error inbox."""
    record = facts.record
    commands: tuple[Command, ...] = (*_deal_removed(facts, now), *_company_missing(facts), *_amount_missing(facts))
    if record.deal_lost:
        return Decision("deal_removed", _deal_text(record), commands)
    if commands and not facts.company_known:
        return Decision("no_company", _company_text(record), commands)
    if commands:
        return Decision("no_amount", _amount_text(record), commands)
    return Decision("linked", Text("Сделка и компания на месте.", "The deal and the company are there."))


def _deal_removed(facts: LinkFacts, now: datetime) -> Iterator[Command]:
    """The task; and the flag where no company's receivables are kept that would set it."""
    record = facts.record
    if not record.deal_lost:
        return
    if record.stage not in CLOSED:
        yield CreateTask(
            key=f"deal_removed:debt:{record.id}",
            title=sentence("Удалена сделка с долгом: {title}", "Deal with a debt removed: {title}", title=record.title),
            responsible=facts.sales_head,
            deadline=facts.calendar.closest_end_of_work(now),
            bind=(record.ref,),
            description=_deal_text(record),
        )
    if not facts.company_known and record.deal_gone:
        yield SetFields(record.ref, {"deal_removed": True, "deal_id": None})


def _company_missing(facts: LinkFacts) -> Iterator[Command]:
    record = facts.record
    if not facts.company_known and record.stage not in CLOSED and record.total:
        yield Complain(f"no_company:debt:{record.id}", _company_text(record), record.ref)


def _amount_missing(facts: LinkFacts) -> Iterator[Command]:
    """A record that counts nowhere, because its amount is empty or is no number."""
    record = facts.record
    if facts.company_known and record.stage not in CLOSED and not record.total:
        yield Complain(f"no_amount:debt:{record.id}", _amount_text(record), record.ref)


def _deal_text(record: DebtRecord) -> Text:
    return sentence(
        "Сделка удалена, запись «{title}» осталась: долг {outstanding} по-прежнему учитывается.",
        "The deal was removed, the record «{title}» stays: {outstanding} still counts as owed.",
        title=record.title,
        outstanding=record.outstanding or record.amount or "—",
    )


def _company_text(record: DebtRecord) -> Text:
    return sentence(
        "В записи «{title}» нет компании: долг не попадает ни в чьи суммы. Укажите компанию.",
        "The record «{title}» has no company: it is in nobody's totals. Please choose the company.",
        title=record.title,
    )


def _amount_text(record: DebtRecord) -> Text:
    return sentence(
        "В записи «{title}» сумма отгрузки пустая или не число: долг не учитывается. Укажите сумму.",
        "The record «{title}» has an amount that is empty or no number: it does not count. Please enter the amount.",
        title=record.title,
    )
