"""The error inbox as people use it: list, retry, skip (X.10)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from b24app.engine import bank_import, bank_money, errors, noticing
from b24app.engine.engine import Engine
from b24app.errors import PresetError
from b24app.store.database import Database
from b24app.store.models import ErrorRow
from rules.decision import Ref, Text


@dataclass(frozen=True, slots=True)
class Item:
    """One entry. `count` is how often the same happened between `first_at` and `last_at`."""

    id: int
    kind: str
    text: Text
    ref: Ref | None
    payload: Mapping[str, Any]
    state: str
    count: int
    first_at: datetime
    last_at: datetime


def items(database: Database, portal_id: int, states: Collection[str] = (errors.OPEN,), limit: int = 200) -> list[Item]:
    """Entries in these states, the latest first."""
    with database.session() as session:
        rows = session.scalars(
            select(ErrorRow)
            .where(ErrorRow.portal_id == portal_id, ErrorRow.state.in_(states))
            .order_by(ErrorRow.last_at.desc(), ErrorRow.id.desc())
            .limit(limit)
        )
        return [_item(row) for row in rows]


def count_open(database: Database, portal_id: int) -> int:
    """How many wait for a person."""
    with database.session() as session:
        query = select(func.count()).where(ErrorRow.portal_id == portal_id, ErrorRow.state == errors.OPEN)
        return session.scalar(query) or 0


def retry(engine: Engine, id: int) -> Item:
    """Looks again at what the entry is about. It is resolved if nothing is wrong any more, and open
    again if something is."""
    context = engine.context
    with context.database.session() as session:
        row = _row(session, context.portal_id, id)
        row.state = errors.RETRIED
        kind, subjects = row.kind, [Ref(*who) for who in row.payload.get("subjects") or []]
        if not subjects and row.entity is not None and row.item_id is not None:
            subjects = [Ref(row.entity, row.item_id)]
    if kind == bank_money.UNKNOWN_PAYER:
        bank_import.match_again(context)
    if kind == noticing.DRIFT:
        noticing.notice(engine, refused=True)
    engine.look_again(subjects, "user")
    with context.database.session() as session:
        row = _row(session, context.portal_id, id)
        if row.state == errors.RETRIED:
            # Whatever stands on has put itself back to open.
            row.state = errors.RESOLVED
        return _item(row)


def skip(database: Database, portal_id: int, id: int) -> Item:
    """A person has seen it and does not want to see it again while it lasts."""
    with database.session() as session:
        row = _row(session, portal_id, id)
        row.state = errors.SKIPPED
        return _item(row)


def _row(session: Session, portal_id: int, id: int) -> ErrorRow:
    row = session.scalar(select(ErrorRow).where(ErrorRow.portal_id == portal_id, ErrorRow.id == id))
    if row is None:
        raise PresetError(Text(f"В списке ошибок нет записи {id}", f"The error inbox has no item {id}"))
    return row


def _item(row: ErrorRow) -> Item:
    ref = Ref(row.entity, row.item_id) if row.entity is not None and row.item_id is not None else None
    text = Text(row.text_ru, row.text_en)
    return Item(row.id, row.kind, text, ref, row.payload, row.state, row.count, row.first_at, row.last_at)
