"""The durable inbox, reading side: pending events become distinct changed objects, and rows are
marked done only when everything that follows from them was applied."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from b24app.store.database import Database
from b24app.store.models import InboxRow
from b24app.store.upsert import chunks

PASS_OBJECTS = 5000
"""distinct objects of one pass: what two batch requests read, a hundred commands of fifty ids"""
READ_AHEAD = 50_000
"""rows looked through for further events of the same objects"""
GIVE_UP = 6
"""a row that made the work fail so often is put aside for a person"""

RECONCILE = "RECONCILE"
"""the event of rows that we write ourselves for changes that no event told us of"""

Named = tuple[str, int | None, int | None]


@dataclass(frozen=True, slots=True)
class Event:
    """A distinct thing that the inbox tells: event code where it matters, entity type and object."""

    code: str
    entity_type_id: int | None
    item_id: int | None


@dataclass(frozen=True)
class Intake:
    """What one pass takes: the rows, and what they say without repetition."""

    rows: tuple[int, ...]
    events: tuple[Event, ...]

    def __bool__(self) -> bool:
        return bool(self.rows)


def take(database: Database, portal_id: int, limit: int = PASS_OBJECTS) -> Intake:
    """The oldest pending rows about up to `limit` distinct objects, with every later row about the
    same objects that is already here. Rows that arrive afterwards wait for the next pass."""
    with database.session() as session:
        found = session.execute(
            select(InboxRow.id, InboxRow.event, InboxRow.entity_type_id, InboxRow.item_id, InboxRow.attempts)
            .where(InboxRow.portal_id == portal_id, InboxRow.state == "new")
            .order_by(InboxRow.id)
            .limit(READ_AHEAD)
        ).all()
    if not found:
        return Intake((), ())
    # A pass that failed for a reason of ours is repeated smaller, until the guilty row is alone.
    limit = max(1, limit // 10 ** max(0, found[0].attempts - 1))
    events: dict[tuple[int | None, int | None], set[str]] = {}
    rows = []
    for row in found:
        thing = (row.entity_type_id, row.item_id)
        if thing not in events and len(events) >= limit:
            continue
        events.setdefault(thing, set()).add(row.event)
        rows.append(row.id)
    return Intake(tuple(rows), tuple(Event(code, *thing) for thing, codes in events.items() for code in sorted(codes)))


def mark_done(session: Session, rows: Iterable[int]) -> None:
    """Everything that follows from the rows was applied."""
    for part in chunks(rows):
        session.execute(update(InboxRow).where(InboxRow.id.in_(part)).values(state="done"))


def count_failure(database: Database, rows: Sequence[int]) -> list[int]:
    """The work on these rows failed for a reason of ours; a row that did so too often is put aside
    and returned."""
    with database.session() as session:
        for part in chunks(rows):
            session.execute(update(InboxRow).where(InboxRow.id.in_(part)).values(attempts=InboxRow.attempts + 1))
    if len(rows) > PASS_OBJECTS:
        return []
    with database.session() as session:
        hopeless = select(InboxRow.id).where(InboxRow.id.in_(rows), InboxRow.attempts >= GIVE_UP)
        given_up = list(session.scalars(hopeless))
        session.execute(update(InboxRow).where(InboxRow.id.in_(given_up)).values(state="failed"))
    return given_up


def add(session: Session, portal_id: int, objects: Collection[tuple[int, int]], why: str) -> None:
    """Writes rows for changes that were found by reading: (entity type, id)."""
    rows: list[dict[str, Any]] = [
        {"portal_id": portal_id, "event": RECONCILE, "entity_type_id": kind, "item_id": id, "body": {"why": why}}
        for kind, id in sorted(objects)
    ]
    if rows:
        session.execute(InboxRow.__table__.insert(), rows)  # type: ignore[attr-defined]


def count_pending(session: Session, portal_id: int) -> int:
    """How many rows wait."""
    return session.scalar(select(func.count()).where(InboxRow.portal_id == portal_id, InboxRow.state == "new")) or 0
