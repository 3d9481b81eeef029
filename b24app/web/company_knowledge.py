"""What the app itself knows of a company, for pages: why its type is what it is, what was written to it, and when
the app acts next. None of it is on the portal, so a page shows it only to whom the portal has shown the company."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from b24app.engine.bank_money import LAID
from b24app.store.models import BankPaymentRow, DecisionRow, MessageRow, TimerRow
from rules.decision import Money, Text

TYPE_RULE = "keep_company_type"
REMINDER_RULE = "remind_about_debts"
RECEIVABLES_RULE = "keep_company_receivables"
SHOWN = 5
"""messages of a company that a page shows"""
PAYMENTS = 20
"""payments of a company from files of banks that a page shows"""

NOTHING = Text("", "")


@dataclass(frozen=True, slots=True)
class Told:
    """A message to the client. `channel` and `state` are our codes, `detail` is what the messenger reported."""

    at: datetime
    channel: str
    state: str
    detail: str
    text: str
    reason: Text


@dataclass(frozen=True, slots=True)
class Received:
    """A payment from a bank's file: the records it went to (by id), and what none has taken. `spread` is false
    as long as no look at the company has laid it: it is new, or seems to be on the portal already."""

    day: date
    number: str
    payer: str
    purpose: str
    amount: Money
    laid: Mapping[int, Money]
    rest: Money
    spread: bool


@dataclass(frozen=True, slots=True)
class Known:
    """Reasons of the last decisions, the newest messages first, the next moment to look and the rule that looks."""

    type_reason: Text
    reminder_reason: Text
    next_at: datetime | None
    next_rule: str
    messages: tuple[Told, ...]
    payments: tuple[Received, ...] = ()


def what_is_known(session: Session, portal_id: int, company_id: int, debt_ids: Collection[int]) -> Known:
    """Everything at once."""
    next_at, next_rule = _next_look(session, portal_id, company_id, debt_ids) or (None, "")
    return Known(
        type_reason=_last_reason(session, portal_id, company_id, TYPE_RULE),
        reminder_reason=_last_reason(session, portal_id, company_id, REMINDER_RULE),
        next_at=next_at,
        next_rule=next_rule,
        messages=tuple(_messages(session, portal_id, company_id)),
        payments=tuple(_payments(session, portal_id, company_id)),
    )


def _last_reason(session: Session, portal_id: int, company_id: int, rule: str) -> Text:
    row = _last_decision(session, portal_id, company_id, rule)
    return NOTHING if row is None else Text(row.reason_ru, row.reason_en)


def _last_decision(session: Session, portal_id: int, company_id: int, rule: str) -> DecisionRow | None:
    return session.scalar(
        select(DecisionRow)
        .where(
            DecisionRow.portal_id == portal_id,
            DecisionRow.entity == "company",
            DecisionRow.item_id == company_id,
            DecisionRow.rule == rule,
        )
        .order_by(DecisionRow.id.desc())
        .limit(1)
    )


def _next_look(
    session: Session, portal_id: int, company_id: int, debt_ids: Collection[int]
) -> tuple[datetime, str] | None:
    of_company = (TimerRow.entity == "company") & (TimerRow.item_id == company_id)
    of_debts = (TimerRow.entity == "debt") & TimerRow.item_id.in_(debt_ids)
    mine = select(TimerRow).where(TimerRow.portal_id == portal_id, or_(of_company, of_debts))
    row = session.scalar(mine.order_by(TimerRow.due_at, TimerRow.id).limit(1))
    return None if row is None else (row.due_at, row.handler)


def _messages(session: Session, portal_id: int, company_id: int) -> list[Told]:
    rows = session.scalars(
        select(MessageRow)
        .where(MessageRow.portal_id == portal_id, MessageRow.company_id == company_id)
        .order_by(MessageRow.at.desc(), MessageRow.id.desc())
        .limit(SHOWN)
    )
    return [
        Told(row.at, row.channel, row.state, row.detail, row.text, Text(row.reason_ru, row.reason_en)) for row in rows
    ]


def _payments(session: Session, portal_id: int, company_id: int) -> Iterator[Received]:
    """The newest first, with what the last look at the company has told of them."""
    rows = session.scalars(
        select(BankPaymentRow)
        .where(
            BankPaymentRow.portal_id == portal_id,
            BankPaymentRow.company_id == company_id,
            BankPaymentRow.state.in_(LAID),
        )
        .order_by(BankPaymentRow.day.desc(), BankPaymentRow.id.desc())
        .limit(PAYMENTS)
    ).all()
    last = _last_decision(session, portal_id, company_id, RECEIVABLES_RULE) if rows else None
    told = {one["payment"]: one for one in (last.facts.get("bank", ()) if last else ())}
    for row in rows:
        yield _received(row, told.get(row.id))


def _received(row: BankPaymentRow, told: Mapping[str, Any] | None) -> Received:
    currency = str(told["currency"]) if told else row.currency
    laid = {int(id): Money(Decimal(part), currency) for id, part in (told["laid"] if told else {}).items()}
    return Received(
        day=row.day,
        number=row.number,
        payer=str(row.payer.get("name") or row.payer.get("inn") or ""),
        purpose=row.purpose,
        amount=Money(Decimal(row.amount), currency),
        laid=laid,
        rest=Money(Decimal(told["rest"] if told else 0), currency),
        spread=told is not None,
    )
