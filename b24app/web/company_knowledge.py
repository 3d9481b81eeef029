"""What the app itself knows of a company, for pages: why its type is what it is, what was written to it, and when
the app acts next. None of it is on the portal, so a page shows it only to whom the portal has shown the company."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from b24app.store.models import DecisionRow, MessageRow, TimerRow
from rules.decision import Text

TYPE_RULE = "keep_company_type"
REMINDER_RULE = "remind_about_debts"
SHOWN = 5
"""messages of a company that a page shows"""

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
class Known:
    """Reasons of the last decisions, the newest messages first, the next moment to look and the rule that looks."""

    type_reason: Text
    reminder_reason: Text
    next_at: datetime | None
    next_rule: str
    messages: tuple[Told, ...]


def what_is_known(session: Session, portal_id: int, company_id: int, debt_ids: Collection[int]) -> Known:
    """Everything at once."""
    next_at, next_rule = _next_look(session, portal_id, company_id, debt_ids) or (None, "")
    return Known(
        type_reason=_last_reason(session, portal_id, company_id, TYPE_RULE),
        reminder_reason=_last_reason(session, portal_id, company_id, REMINDER_RULE),
        next_at=next_at,
        next_rule=next_rule,
        messages=tuple(_messages(session, portal_id, company_id)),
    )


def _last_reason(session: Session, portal_id: int, company_id: int, rule: str) -> Text:
    row = session.scalar(
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
    return NOTHING if row is None else Text(row.reason_ru, row.reason_en)


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
