"""Due moments: a row for a handler and a subject says when to look again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from b24app.store.models import TimerRow
from b24app.store.upsert import chunks, upsert

SOONEST = timedelta(minutes=1)
"""a rule that asks for a moment already past is looked at again a minute later, not at once for ever"""

Key = tuple[str, str, int]
"""handler, entity, id"""


def due(session: Session, portal_id: int, now: datetime, limit: int) -> list[Key]:
    """The oldest due timers."""
    rows = session.execute(
        select(TimerRow.handler, TimerRow.entity, TimerRow.item_id)
        .where(TimerRow.portal_id == portal_id, TimerRow.due_at <= now)
        .order_by(TimerRow.due_at, TimerRow.id)
        .limit(limit)
    )
    return [(row.handler, row.entity, row.item_id) for row in rows]


def next_due(session: Session, portal_id: int) -> datetime | None:
    """When the next timer is due."""
    return session.scalar(select(func.min(TimerRow.due_at)).where(TimerRow.portal_id == portal_id))


def count_due(session: Session, portal_id: int, now: datetime) -> int:
    """How many timers are due."""
    query = select(func.count()).where(TimerRow.portal_id == portal_id, TimerRow.due_at <= now)
    return session.scalar(query) or 0


def settle(session: Session, portal_id: int, wanted: Mapping[Key, datetime | None], now: datetime) -> None:
    """Sets the timers of looked-at subjects: a moment, or None for no timer any more."""
    present = _present(session, portal_id, wanted)
    rows = []
    over = []
    for key, moment in wanted.items():
        known = present.get(key)
        if moment is None:
            if known is not None:
                over.append(known[0])
            continue
        moment = max(moment, now + SOONEST).replace(microsecond=0)
        if known is None or known[1] != moment:
            handler, entity, id = key
            rows.append({"portal_id": portal_id, "handler": handler, "entity": entity, "item_id": id, "due_at": moment})
    upsert(session, TimerRow, rows, ("portal_id", "handler", "entity", "item_id"))
    for part in chunks(over):
        session.execute(delete(TimerRow).where(TimerRow.id.in_(part)))


def sooner(session: Session, portal_id: int, wanted: Mapping[Key, datetime], now: datetime) -> None:
    """Sets timers that are to ring no later than these moments; an earlier one stays."""
    present = _present(session, portal_id, wanted)
    earliest = {key: min(moment, present[key][1]) if key in present else moment for key, moment in wanted.items()}
    settle(session, portal_id, earliest, now)


def _present(session: Session, portal_id: int, keys: Mapping[Key, object]) -> dict[Key, tuple[int, datetime]]:
    groups: dict[tuple[str, str], list[int]] = {}
    for handler, entity, id in keys:
        groups.setdefault((handler, entity), []).append(id)
    found: dict[Key, tuple[int, datetime]] = {}
    for (handler, entity), ids in groups.items():
        for part in chunks(ids):
            rows = session.execute(
                select(TimerRow.id, TimerRow.item_id, TimerRow.due_at).where(
                    TimerRow.portal_id == portal_id,
                    TimerRow.handler == handler,
                    TimerRow.entity == entity,
                    TimerRow.item_id.in_(part),
                )
            )
            found.update(((handler, entity, row.item_id), (row.id, row.due_at)) for row in rows)
    return found
