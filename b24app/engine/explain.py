"""Why something is as it is: the last decisions about an object, about what belongs to it, and about the company
it belongs to, whose rules decide on its reminders and totals (X.06)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, tuple_
from sqlalchemy.orm import Session

from b24app.store.database import Database
from b24app.store.models import DecisionRow, ErrorRow, KnownRow, TimerRow
from rules.decision import Ref, Text

RELATED = 50
"""objects linked to the asked one that are told about, the newest first"""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision: since `at` it has been the same, `last_at` is the last look; `next_at` is when the
    subject will be looked at again by itself. Moments are the portal's, in UTC."""

    rule: str
    version: int
    subject: Ref
    at: datetime
    last_at: datetime
    outcome: str
    reason: Text
    facts: Mapping[str, Any]
    next_at: datetime | None
    trouble: Text | None
    """what stands in the error inbox about the subject and this rule"""
    acts: bool = True
    """whether the rule wants something done, waits for a moment, or refuses"""

    @property
    def is_telling(self) -> bool:
        """Whether people who ask why want to read it; the rest is that there is nothing to do."""
        return self.acts or self.trouble is not None or self.next_at is not None


def explain(database: Database, portal_id: int, ref: Ref, history: int = 1) -> list[Explanation]:
    """The last `history` decisions of every rule about the object, the last one about its company, and about
    objects that are linked to it (a company's debts and deals); the object's own come first."""
    with database.session() as session:
        own = _decisions(session, portal_id, [ref], history)
        company = _decisions(session, portal_id, _company_of(session, portal_id, ref), 1)
        linked = _decisions(session, portal_id, _linked(session, portal_id, ref), 1)
        return [_explanation(session, row) for row in (*own, *company, *linked)]


def _company_of(session: Session, portal_id: int, ref: Ref) -> list[Ref]:
    query = select(KnownRow.links["company_id"].as_integer()).where(
        KnownRow.portal_id == portal_id, KnownRow.entity == ref.entity, KnownRow.item_id == ref.id
    )
    company = session.scalar(query)
    return [Ref("company", company)] if company else []


def _decisions(session: Session, portal_id: int, refs: list[Ref], history: int) -> list[DecisionRow]:
    if not refs:
        return []
    rank = (
        func.row_number()
        .over(partition_by=(DecisionRow.rule, DecisionRow.entity, DecisionRow.item_id), order_by=DecisionRow.id.desc())
        .label("rank")
    )
    subjects = [(ref.entity, ref.id) for ref in refs]
    newest = (
        select(DecisionRow.id, rank)
        .where(DecisionRow.portal_id == portal_id, tuple_(DecisionRow.entity, DecisionRow.item_id).in_(subjects))
        .subquery()
    )
    query = select(DecisionRow).join(newest, newest.c.id == DecisionRow.id).where(newest.c.rank <= history)
    rows = session.scalars(query.order_by(DecisionRow.last_at.desc(), DecisionRow.id.desc()))
    return list(rows)


def _linked(session: Session, portal_id: int, ref: Ref) -> list[Ref]:
    rows = session.execute(
        select(KnownRow.entity, KnownRow.item_id)
        .where(KnownRow.portal_id == portal_id, KnownRow.links[f"{ref.entity}_id"].as_integer() == ref.id)
        .order_by(KnownRow.item_id.desc())
        .limit(RELATED)
    )
    return [Ref(row.entity, row.item_id) for row in rows]


def _explanation(session: Session, row: DecisionRow) -> Explanation:
    due = session.scalar(
        select(TimerRow.due_at).where(
            TimerRow.portal_id == row.portal_id,
            TimerRow.handler == row.rule,
            TimerRow.entity == row.entity,
            TimerRow.item_id == row.item_id,
        )
    )
    return Explanation(
        row.rule,
        row.version,
        Ref(row.entity, row.item_id),
        row.at,
        row.last_at,
        row.outcome,
        Text(row.reason_ru, row.reason_en),
        row.facts,
        due,
        _trouble(session, row),
        row.acts,
    )


def _trouble(session: Session, row: DecisionRow) -> Text | None:
    """An open item of the error inbox that this rule has about this subject."""
    found = session.scalar(
        select(ErrorRow)
        .where(
            ErrorRow.portal_id == row.portal_id,
            ErrorRow.state == "open",
            or_(ErrorRow.kind != "complaint", ErrorRow.group_key.startswith(f"complaint:{row.rule}:", autoescape=True)),
            ErrorRow.entity == row.entity,
            ErrorRow.item_id == row.item_id,
        )
        .order_by(ErrorRow.last_at.desc())
        .limit(1)
    )
    return None if found is None else Text(found.text_ru, found.text_en)
