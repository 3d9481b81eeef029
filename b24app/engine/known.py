"""Objects the app has seen, with the links they had: tells whom a deleted, merged or relinked object
concerned before."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from b24app.declare import Handler, Row
from b24app.store.models import KnownRow, utcnow
from b24app.store.upsert import chunks, upsert
from rules.decision import Ref

Links = Mapping[str, Any]


def links_of(handlers: Iterable[Handler]) -> dict[str, tuple[str, ...]]:
    """The watched entities and the links by which each names its subjects."""
    links: dict[str, set[str]] = {}
    for handler in handlers:
        for watch in handler.watches:
            if watch.itself:
                links.setdefault(watch.entity, set()).update({watch.link} - {"id"})
    return {entity: tuple(sorted(names)) for entity, names in links.items()}


def fingerprint(row: Row) -> str:
    """A short digest of everything that was read of an object."""
    shown = "\n".join(f"{name}={value!r}" for name, value in sorted(row.items()) if value is not None)
    return sha256(shown.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Seen:
    """An object as it was when the handlers last looked at it."""

    links: Links
    fingerprint: str | None


def load(session: Session, portal_id: int, refs: Iterable[Ref]) -> dict[Ref, Seen]:
    """What is known of objects."""
    found: dict[Ref, Seen] = {}
    for entity, ids in by_entity(refs).items():
        for part in chunks(sorted(ids)):
            rows = session.execute(
                select(KnownRow.item_id, KnownRow.links, KnownRow.fingerprint).where(
                    KnownRow.portal_id == portal_id, KnownRow.entity == entity, KnownRow.item_id.in_(part)
                )
            )
            found.update((Ref(entity, row.item_id), Seen(row.links, row.fingerprint)) for row in rows)
    return found


def fingerprints(session: Session, portal_id: int, entity: str, ids: Collection[int]) -> dict[int, str | None]:
    """What known objects looked like when they were last looked at."""
    found: dict[int, str | None] = {}
    for part in chunks(sorted(ids)):
        rows = session.execute(
            select(KnownRow.item_id, KnownRow.fingerprint).where(
                KnownRow.portal_id == portal_id, KnownRow.entity == entity, KnownRow.item_id.in_(part)
            )
        )
        found.update((row.item_id, row.fingerprint) for row in rows)
    return found


def fingerprints_between(session: Session, portal_id: int, entity: str, low: int, high: int) -> dict[int, str | None]:
    """The known objects with ids from `low` to `high`."""
    rows = session.execute(
        select(KnownRow.item_id, KnownRow.fingerprint).where(
            KnownRow.portal_id == portal_id,
            KnownRow.entity == entity,
            KnownRow.item_id >= low,
            KnownRow.item_id <= high,
        )
    )
    return {row.item_id: row.fingerprint for row in rows}


def newest(session: Session, portal_id: int, entity: str) -> int:
    """The highest known id; 0 when none is known."""
    query = select(func.max(KnownRow.item_id)).where(KnownRow.portal_id == portal_id, KnownRow.entity == entity)
    return session.scalar(query) or 0


def linked_between(
    session: Session, portal_id: int, entity: str, link: str, low: int, high: int
) -> dict[int, str | None]:
    """The known objects that were linked to something with an id from `low` to `high`."""
    target = KnownRow.links[link].as_integer()
    rows = session.execute(
        select(KnownRow.item_id, KnownRow.fingerprint).where(
            KnownRow.portal_id == portal_id, KnownRow.entity == entity, target >= low, target <= high
        )
    )
    return {row.item_id: row.fingerprint for row in rows}


def all_links(session: Session, portal_id: int, entity: str) -> dict[int, Links]:
    """The links of every known object of an entity."""
    rows = session.execute(
        select(KnownRow.item_id, KnownRow.links).where(KnownRow.portal_id == portal_id, KnownRow.entity == entity)
    )
    return {row.item_id: row.links for row in rows}


def linked_to(session: Session, portal_id: int, gone: Iterable[Ref]) -> set[Ref]:
    """Known objects that were linked to objects which are gone: deals and debts of a deleted company."""
    found: set[Ref] = set()
    for entity, ids in by_entity(gone).items():
        for part in chunks(sorted(ids)):
            link = KnownRow.links[f"{entity}_id"].as_integer()
            rows = session.execute(
                select(KnownRow.entity, KnownRow.item_id).where(KnownRow.portal_id == portal_id, link.in_(part))
            )
            found.update(Ref(row.entity, row.item_id) for row in rows)
    return found


def owned(session: Session, portal_id: int, link: str, ids: Collection[int]) -> dict[int, set[Ref]]:
    """Known objects by what a link of theirs, or a trace of one, says."""
    found: dict[int, set[Ref]] = {}
    target = KnownRow.links[link].as_integer()
    for part in chunks(sorted(ids)):
        rows = session.execute(
            select(KnownRow.entity, KnownRow.item_id, target.label("target")).where(
                KnownRow.portal_id == portal_id, target.in_(part)
            )
        )
        for row in rows:
            found.setdefault(row.target, set()).add(Ref(row.entity, row.item_id))
    return found


def save(
    session: Session,
    portal_id: int,
    seen: Mapping[Ref, Row | None],
    links: Mapping[str, Collection[str]],
    traces: Mapping[Ref, Links] | None = None,
) -> None:
    """Remembers objects as they were looked at, with what is to be kept besides their links; None means gone."""
    rows = [
        {
            "portal_id": portal_id,
            "entity": ref.entity,
            "item_id": ref.id,
            "links": {**{name: row.get(name) for name in links.get(ref.entity, ())}, **((traces or {}).get(ref) or {})},
            "fingerprint": fingerprint(row),
            "seen_at": utcnow(),
        }
        for ref, row in seen.items()
        if row is not None
    ]
    upsert(session, KnownRow, rows, ("portal_id", "entity", "item_id"))
    for entity, ids in by_entity(ref for ref, row in seen.items() if row is None).items():
        for part in chunks(sorted(ids)):
            session.execute(
                delete(KnownRow).where(
                    KnownRow.portal_id == portal_id, KnownRow.entity == entity, KnownRow.item_id.in_(part)
                )
            )


def by_entity(refs: Iterable[Ref]) -> dict[str, set[int]]:
    """Ids grouped by entity."""
    grouped: dict[str, set[int]] = {}
    for ref in refs:
        grouped.setdefault(ref.entity, set()).add(ref.id)
    return grouped
