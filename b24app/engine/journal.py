"""The journal of automatic writes: planned before the call, settled after it, read by people."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from b24app.store.database import Database
from b24app.store.models import JournalRow
from b24app.store.upsert import chunks
from rules.decision import Ref

PLANNED, DONE, REFUSED, UNKNOWN, UNDONE = "planned", "done", "refused", "unknown", "undone"


@dataclass(frozen=True, slots=True)
class Entry:
    """One automatic write as it is shown. Values in `before` and `after` are as `values.encode` makes them."""

    id: int
    at: datetime
    rule: str
    version: int
    cause: str
    kind: str
    entity: str
    item_id: int | None
    key: str | None
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    state: str
    error: str | None
    actor: int | None


def plan(session: Session, rows: Sequence[JournalRow]) -> list[int]:
    """Writes down what is about to be sent; returns the rows' numbers in their order."""
    session.add_all(rows)
    session.flush()
    return [row.id for row in rows]


def settle(
    session: Session,
    ids: Collection[int],
    state: str,
    *,
    error: str | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """What became of planned writes; `after` replaces what was planned where the portal made it different."""
    if ids:
        values: dict[str, Any] = {"state": state, "error": error} | ({} if after is None else {"after": dict(after)})
        session.execute(update(JournalRow).where(JournalRow.id.in_(ids)).values(**values))


def settle_created(session: Session, created: Sequence[tuple[int, int]]) -> None:
    """Writes that created something: (number of the row, the id that the portal gave)."""
    if created:
        rows = [{"id": id, "item_id": item_id, "state": DONE} for id, item_id in created]
        session.execute(update(JournalRow), rows)


def close_abandoned(session: Session, portal_id: int) -> None:
    """What a dead worker had planned: whether it was done is not known. Called under the lease."""
    session.execute(
        update(JournalRow).where(JournalRow.portal_id == portal_id, JournalRow.state == PLANNED).values(state=UNKNOWN)
    )


def changes_since(
    session: Session, portal_id: int, refs: Iterable[Ref], since: datetime
) -> list[tuple[Ref, Mapping[str, Any]]]:
    """The automatic changes of objects since a moment: what each of them wrote. Writes whose answer was
    lost do not count: where one has to be repeated, it had changed nothing."""
    found = []
    for entity, ids in _by_entity(refs).items():
        rows = session.execute(
            select(JournalRow.item_id, JournalRow.after).where(
                JournalRow.portal_id == portal_id,
                JournalRow.entity == entity,
                JournalRow.item_id.in_(ids),
                JournalRow.at > since,
                JournalRow.kind.in_(("set", "move")),
                JournalRow.state == DONE,
            )
        )
        found += [(Ref(entity, row.item_id), row.after) for row in rows if row.item_id is not None]
    return found


def stages_written(session: Session, portal_id: int, refs: Iterable[Ref]) -> set[tuple[Ref, str]]:
    """The stages that we brought objects to, by creating or by moving them (logical names)."""
    found: set[tuple[Ref, str]] = set()
    for entity, ids in _by_entity(refs).items():
        for part in chunks(sorted(ids)):
            rows = session.execute(
                select(JournalRow.item_id, JournalRow.after).where(
                    JournalRow.portal_id == portal_id,
                    JournalRow.entity == entity,
                    JournalRow.item_id.in_(part),
                    JournalRow.kind.in_(("create", "set", "move")),
                    JournalRow.state == DONE,
                )
            )
            found.update((Ref(entity, row.item_id), row.after["stage"]) for row in rows if "stage" in row.after)
    return found


def entries(
    database: Database,
    portal_id: int,
    *,
    since: datetime | None = None,
    ref: Ref | None = None,
    rule: str | None = None,
    ids: Collection[int] | None = None,
    limit: int = 200,
) -> list[Entry]:
    """The newest automatic writes, oldest first."""
    query = select(JournalRow).where(JournalRow.portal_id == portal_id)
    if since is not None:
        query = query.where(JournalRow.at >= since)
    if ref is not None:
        query = query.where(JournalRow.entity == ref.entity, JournalRow.item_id == ref.id)
    if rule is not None:
        query = query.where(JournalRow.rule == rule)
    if ids is not None:
        query = query.where(JournalRow.id.in_(ids))
    with database.session() as session:
        rows = session.scalars(query.order_by(JournalRow.id.desc()).limit(limit)).all()
        return [_entry(row) for row in reversed(rows)]


def _entry(row: JournalRow) -> Entry:
    return Entry(
        row.id,
        row.at,
        row.rule,
        row.version,
        row.cause,
        row.kind,
        row.entity,
        row.item_id,
        row.key,
        row.before,
        row.after,
        row.state,
        row.error,
        row.actor,
    )


def _by_entity(refs: Iterable[Ref]) -> dict[str, list[int]]:
    grouped: dict[str, list[int]] = {}
    for ref in refs:
        grouped.setdefault(ref.entity, []).append(ref.id)
    return grouped
