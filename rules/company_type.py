"""The company's type: prospect, client, debtor or lost (R0.21)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from rules.company_receivables import due_moments
from rules.decision import At, Command, Decision, Money, SetFields, Text
from rules.limits import Limits
from rules.receivables import ActiveDeal, CompanyCard, CompanyFacts, Receivables, assess
from rules.wording import sentence

PROSPECT = "type.prospect"
CLIENT = "type.client"
DEBTOR = "type.debtor"
LOST = "type.lost"
OURS = (PROSPECT, CLIENT, DEBTOR, LOST)

FAILED_DEAL = "stage.active.cancelled"


@dataclass(frozen=True, slots=True)
class TypeFacts:
    """A company, and when its last repeat deal was closed with the reason «Ушёл» (None: it was not)."""

    company: CompanyFacts
    left_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A type that applies to the company, and why."""

    type: str
    reason: Text


def decide(facts: TypeFacts, limits: Limits, now: datetime) -> Decision:
    """The type the company should have, unless it is not ours to set.

    A person's choice among our four types stays until the calculated type changes: what was calculated
    last is kept on the company (`computed_type`), next to the type itself.
    """
    company = facts.company
    receivables = assess(company, limits, now)
    found = find_type(facts, receivables, limits, now)
    kept = _kept(company.card, found)
    later = _next_look(company, receivables, limits, now)
    if kept is not None:
        return Decision("kept", kept, later, _summary(facts, found))
    commands: tuple[Command, ...] = (*_write(company.card, found), *later)
    return Decision(found.type, found.reason, commands, _summary(facts, found))


def find_type(facts: TypeFacts, receivables: Receivables, limits: Limits, now: datetime) -> Finding:
    """The first type of `type.precedence` that applies."""
    findings = {finding.type: finding for finding in _findings(facts, receivables, limits, now)}
    for name in _precedence(limits):
        if name in findings:
            return findings[name]
    return findings[PROSPECT]


def _findings(facts: TypeFacts, receivables: Receivables, limits: Limits, now: datetime) -> Iterator[Finding]:
    company = facts.company
    bought = _bought(company.deals)
    yield Finding(PROSPECT, Text("Потенциальный клиент: заказов ещё не было.", "Prospect: no orders yet."))
    if bought or company.records:
        yield Finding(CLIENT, _client_reason(bought, company))
    lost = _lost_reason(bought, facts, limits, now)
    if lost is not None:
        yield Finding(LOST, lost)
    if receivables.overdue > limits.decimal("debt.min_amount"):
        yield Finding(DEBTOR, _debtor_reason(company, receivables, now))


def _bought(deals: Iterable[ActiveDeal]) -> list[ActiveDeal]:
    """Deals that count as purchases: a failed one does not (E.20)."""
    return [deal for deal in deals if deal.stage != FAILED_DEAL]


def _last_day(bought: Iterable[ActiveDeal], facts: CompanyFacts) -> date | None:
    return max((facts.calendar.local_day(deal.created_time) for deal in bought), default=None)


def _client_reason(bought: list[ActiveDeal], facts: CompanyFacts) -> Text:
    last = _last_day(bought, facts)
    if last is None:
        return Text("Клиент: есть записи в реестре задолженности.", "Client: the receivables register has records.")
    return sentence(
        "Клиент: сделок в активной базе — {count}, последняя от {day}.",
        "Client: {count} deals in the active funnel, the last of {day}.",
        count=len(bought),
        day=last,
    )


def _lost_reason(bought: list[ActiveDeal], facts: TypeFacts, limits: Limits, now: datetime) -> Text | None:
    """Why a company that used to buy is lost, if it is: too long without a deal, or it said that it left
    and has not come back since."""
    calendar = facts.company.calendar
    last = _last_day(bought, facts.company)
    if last is None:
        return None
    left = facts.left_at
    if left is not None and not any(deal.created_time > left for deal in bought):
        return sentence(
            "Потерянный: повторная продажа закрыта {day} с причиной «Ушёл».",
            "Lost: the repeat deal was closed on {day} with the reason «Left».",
            day=calendar.local_day(left),
        )
    days = (calendar.local_day(now) - last).days
    if days <= limits.integer("type.lost_days"):
        return None
    return sentence(
        "Потерянный: последняя сделка {day}, прошло {days} дн.",
        "Lost: the last deal was on {day}, {days} days ago.",
        day=last,
        days=days,
    )


def _debtor_reason(facts: CompanyFacts, receivables: Receivables, now: datetime) -> Text:
    return sentence(
        "Должник: просрочено {overdue} с {day}.",
        "Debtor: {overdue} overdue since {day}.",
        overdue=Money(receivables.overdue, facts.rates.base),
        day=receivables.late(now)[0].terms.due_date,
    )


def _kept(card: CompanyCard, found: Finding) -> Text | None:
    """Why the type is left as it is, or None when it is ours to set."""
    if card.is_my_company:
        return Text("Тип не меняется: это наша компания.", "The type is left alone: this is our own company.")
    if card.type_locked:
        return Text("Тип не меняется: отмечено «Тип вручную».", "The type is left alone: it is set by hand.")
    if card.type and card.type not in OURS:
        return Text("Тип не меняется: он не из наших четырёх.", "The type is left alone: it is not one of our four.")
    if card.type and card.type != found.type and card.computed_type == found.type:
        return sentence(
            "Тип выбран вручную и сохранится, пока не изменится расчётный. По расчёту — {found}",
            "The type was chosen by hand and stays until the calculated one changes. Calculated: {found}",
            found=found.reason,
        )
    return None


def _write(card: CompanyCard, found: Finding) -> Iterator[SetFields]:
    """The type, and with it what was calculated. A company whose type was right before the app ever wrote
    it is not written to: there may be hundreds of thousands of them."""
    computed = found.type.removeprefix("type.")  # a list of its own, with the same names
    fields = {}
    if card.type != found.type:
        fields = {"type": found.type, "computed_type": computed}
    elif card.computed_type not in (None, found.type):
        fields = {"computed_type": computed}
    if fields:
        yield SetFields(card.ref, fields)


def _next_look(facts: CompanyFacts, receivables: Receivables, limits: Limits, now: datetime) -> tuple[At, ...]:
    """When the type may change by itself: a record falls due, or too long without a deal."""
    moments = due_moments(receivables, now)
    last = _last_day(_bought(facts.deals), facts)
    if last is not None:
        lost_on = last + timedelta(days=limits.integer("type.lost_days") + 1)
        moments.append(facts.calendar.start_of_day(lost_on))
    ahead = [moment for moment in moments if moment > now]
    return (At(min(ahead)),) if ahead else ()


def _precedence(limits: Limits) -> list[str]:
    """The order of `type.precedence`: a list, or one line such as `debtor > lost > client > prospect`."""
    order = limits["type.precedence"]
    words = re.findall(r"[\w.]+", order) if isinstance(order, str) else [str(word) for word in order]
    return [word if word.startswith("type.") else f"type.{word}" for word in words]


def _summary(facts: TypeFacts, found: Finding) -> dict[str, object]:
    card = facts.company.card
    return {
        "type": card.type,
        "calculated": found.type,
        "calculated_before": card.computed_type,
        "locked": card.type_locked,
        "deals": len(facts.company.deals),
        "records": len(facts.company.records),
    }
