"""Business keys: what the app creates has a name of its own, so that it is created once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from b24app.store.models import KeyRow, utcnow
from b24app.store.upsert import chunks, upsert

RESERVED = "reserved"
"""an attempt was made or is about to be: whether the thing exists, only the portal knows"""
DONE = "done"
"""exists (or existed: what a person deleted is not made again)"""
CLOSED = "closed"
"""a task that is finished"""
ABSENT = "absent"
"""a task that was looked for and does not exist; creating it may still come"""

UNIQUE = ("portal_id", "key")


@dataclass(frozen=True, slots=True)
class Key:
    """What is known about a key."""

    key: str
    entity: str
    item_id: int | None
    state: str
    reserved_at: datetime
    shown: str = ""


def load(session: Session, portal_id: int, keys: Iterable[str]) -> dict[str, Key]:
    """Keys that are known."""
    found: dict[str, Key] = {}
    for part in chunks(sorted(set(keys))):
        rows = session.scalars(select(KeyRow).where(KeyRow.portal_id == portal_id, KeyRow.key.in_(part)))
        found.update((row.key, _key(row)) for row in rows)
    return found


def reserve(session: Session, portal_id: int, entities: Mapping[str, str]) -> None:
    """Notes that creating is about to be tried now: key -> entity."""
    _save(session, portal_id, ((key, entity, None) for key, entity in entities.items()), RESERVED, {})


def record(
    session: Session,
    portal_id: int,
    things: Collection[tuple[str, str, int | None]],
    state: str = DONE,
    shown: Mapping[str, str] | None = None,
) -> None:
    """Notes what exists: (key, entity, id); `shown` by key, for what is renewed."""
    _save(session, portal_id, things, state, shown or {})


def of_kind(session: Session, portal_id: int, entity: str, states: Collection[str]) -> list[Key]:
    """All keys of a kind of thing that stand like this."""
    query = select(KeyRow).where(KeyRow.portal_id == portal_id, KeyRow.entity == entity, KeyRow.state.in_(states))
    return [_key(row) for row in session.scalars(query)]


def _key(row: KeyRow) -> Key:
    return Key(row.key, row.entity, row.item_id, row.state, row.created_at, row.shown)


def _save(
    session: Session,
    portal_id: int,
    things: Iterable[tuple[str, str, int | None]],
    state: str,
    shown: Mapping[str, str],
) -> None:
    rows = [
        {
            "portal_id": portal_id,
            "key": key,
            "entity": entity,
            "item_id": item_id,
            "state": state,
            "created_at": utcnow(),
            "shown": shown.get(key, ""),
        }
        for key, entity, item_id in things
    ]
    upsert(session, KeyRow, rows, UNIQUE)
