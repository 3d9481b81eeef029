"""Entries of the error inbox as the engine makes them; `error_inbox` shows and settles them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from b24app.engine.portal_time import portal_now
from b24app.engine.values import plain
from b24app.store.models import ErrorRow
from b24app.store.upsert import chunks
from rules.decision import Ref, Text

OPEN, RETRIED, SKIPPED, RESOLVED = "open", "retried", "skipped", "resolved"

_SECRET_WORDS = ("token", "secret", "auth", "password")
_KEY_LENGTH = 190


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something a person has to look at. `group` is its identity: while it stands, repetitions are
    counted and not listed again. `rule` and `subjects` say what to look at again on a retry."""

    group: str
    kind: str
    text: Text
    ref: Ref | None = None
    rule: str | None = None
    subjects: Sequence[Ref] = ()
    payload: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The group as it fits into the table."""
        return _group_key(self.group)


def note(session: Session, portal_id: int, troubles: Sequence[Trouble]) -> int:
    """Writes troubles into the inbox; returns how many are open. One that a person skipped stays
    skipped, one that was resolved or retried is open again."""
    if not troubles:
        return 0
    by_key = {trouble.key: trouble for trouble in troubles}
    now = portal_now(session, portal_id)
    standing: dict[str, ErrorRow] = {}
    for part in chunks(by_key):
        rows = session.scalars(select(ErrorRow).where(ErrorRow.portal_id == portal_id, ErrorRow.group_key.in_(part)))
        standing.update((row.group_key, row) for row in rows)
    for key, trouble in by_key.items():
        row = standing.get(key)
        if row is None:
            session.add(_row(portal_id, trouble, now))
            continue
        row.count, row.last_at = row.count + 1, now
        row.text_ru, row.text_en, row.payload = trouble.text.ru, trouble.text.en, _payload(trouble)
        if row.state != SKIPPED:
            row.state = OPEN
    return sum(1 for key in by_key if key not in standing or standing[key].state == OPEN)


def resolve(session: Session, portal_id: int, groups: Collection[str]) -> None:
    """What these groups told of is over."""
    for part in chunks({_group_key(group) for group in groups}):
        session.execute(
            update(ErrorRow)
            .where(ErrorRow.portal_id == portal_id, ErrorRow.group_key.in_(part), ErrorRow.state != RESOLVED)
            .values(state=RESOLVED)
        )


def resolve_kinds(session: Session, portal_id: int, kinds: Collection[str], groups: Collection[str]) -> None:
    """`resolve` for many groups of which hardly any stands: the few standing ones are read first."""
    standing = session.scalars(
        select(ErrorRow.group_key).where(
            ErrorRow.portal_id == portal_id, ErrorRow.kind.in_(kinds), ErrorRow.state != RESOLVED
        )
    )
    over = {_group_key(group) for group in groups} & set(standing)
    if over:
        resolve(session, portal_id, over)


def _group_key(group: str) -> str:
    if len(group) <= _KEY_LENGTH:
        return group
    return f"{group[: _KEY_LENGTH - 17]}:{sha256(group.encode()).hexdigest()[:16]}"


def masked(value: Any) -> Any:
    """A payload as JSON without secrets."""
    if isinstance(value, Mapping):
        return {
            str(key): "***" if any(word in str(key).lower() for word in _SECRET_WORDS) else masked(inner)
            for key, inner in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [masked(inner) for inner in value]
    return plain(value)


def _row(portal_id: int, trouble: Trouble, now: datetime) -> ErrorRow:
    return ErrorRow(
        portal_id=portal_id,
        group_key=trouble.key,
        kind=trouble.kind,
        text_ru=trouble.text.ru,
        text_en=trouble.text.en,
        entity=trouble.ref.entity if trouble.ref else None,
        item_id=trouble.ref.id if trouble.ref else None,
        payload=_payload(trouble),
        first_at=now,
        last_at=now,
    )


def _payload(trouble: Trouble) -> dict[str, Any]:
    subjects = [[ref.entity, ref.id] for ref in trouble.subjects[:1000]]
    return {**masked(trouble.payload), "rule": trouble.rule, "subjects": subjects}
