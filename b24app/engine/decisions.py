"""The record of decisions: a row when it differs from the one before, else only the time of the last look."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.orm import Session

from b24app.engine.decide import Decided
from b24app.engine.values import plain
from b24app.store.models import DecisionRow
from b24app.store.upsert import chunks

_COMPARED = (
    DecisionRow.id,
    DecisionRow.item_id,
    DecisionRow.version,
    DecisionRow.outcome,
    DecisionRow.reason_ru,
    DecisionRow.reason_en,
    DecisionRow.facts,
)

REFUSED = "refused"
"""the outcome of rules that hold back what would be due"""


def store(session: Session, portal_id: int, decided: Sequence[Decided], now: datetime) -> None:
    """Records what was decided now."""
    groups: dict[tuple[str, str], dict[int, Decided]] = {}
    for one in decided:
        groups.setdefault((one.handler.name, one.subject.entity), {})[one.subject.id] = one
    for (rule, entity), mine in groups.items():
        for ids in chunks(sorted(mine)):
            last = _last(session, portal_id, rule, entity, ids)
            unchanged = [last[id].id for id in ids if id in last and _same(last[id], mine[id])]
            if unchanged:
                seen_again = update(DecisionRow).where(DecisionRow.id.in_(unchanged)).values(last_at=now)
                session.execute(seen_again, execution_options={"synchronize_session": False})
            new = [mine[id] for id in ids if id not in last or not _same(last[id], mine[id])]
            session.add_all([_row(portal_id, one, now) for one in new])


def _last(session: Session, portal_id: int, rule: str, entity: str, ids: list[int]) -> dict[int, Row[Any]]:
    """Looked up in `ix_decision_last`: of a long history only the numbers of rows are read."""
    newest = (
        select(func.max(DecisionRow.id))
        .where(
            DecisionRow.portal_id == portal_id,
            DecisionRow.rule == rule,
            DecisionRow.entity == entity,
            DecisionRow.item_id.in_(ids),
        )
        .group_by(DecisionRow.item_id)
    )
    rows = session.execute(select(*_COMPARED).where(DecisionRow.id.in_(newest)))
    return {row.item_id: row for row in rows}


def _same(row: Row[Any], one: Decided) -> bool:
    decision = one.decision
    return bool(
        row.version == one.handler.version
        and row.outcome == decision.outcome
        and row.reason_ru == decision.reason.ru
        and row.reason_en == decision.reason.en
        and row.facts == plain(decision.facts)
    )


def _row(portal_id: int, one: Decided, now: datetime) -> DecisionRow:
    decision = one.decision
    return DecisionRow(
        portal_id=portal_id,
        rule=one.handler.name,
        version=one.handler.version,
        entity=one.subject.entity,
        item_id=one.subject.id,
        at=now,
        last_at=now,
        outcome=decision.outcome,
        acts=bool(decision.commands) or decision.outcome == REFUSED,
        reason_ru=decision.reason.ru,
        reason_en=decision.reason.en,
        facts=plain(decision.facts),
    )
