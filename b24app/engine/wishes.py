"""Provisioning that is wanted on a portal: a row until it is done, so that a wiped queue server loses none.

A wish made while one is being fulfilled is fulfilled afterwards: what the run has bound may be gone again.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from b24app.engine import cursors
from b24app.store.database import Database
from b24app.store.models import CursorRow, utcnow
from b24app.store.upsert import insert_missing

CURSOR = "provision.wanted"
SILENCE = timedelta(minutes=3)
"""a run that has been silent for so long died with its worker"""
REST = timedelta(minutes=1)
"""before the clock tries again what a passing failure has stopped"""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted; `id` tells it from a later one."""

    id: str
    presets: tuple[str, ...]
    accepted: tuple[str, ...]


def want(database: Database, portal_id: int, presets: Collection[str], accepted: Collection[str] = ()) -> None:
    """Adds to what is wanted on the portal."""
    with database.session() as session:
        fresh: dict[str, Any] = {"presets": [], "accepted": [], "begun": False, "next": utcnow().isoformat()}
        row = {"portal_id": portal_id, "name": CURSOR, "value": fresh}
        insert_missing(session, CursorRow, [row], ["portal_id", "name"])
        known = _locked(session, portal_id)
        if known is not None:
            value = known.value
            both = {"presets": {*value["presets"], *presets}, "accepted": {*value["accepted"], *accepted}}
            known.value = {**value, "id": uuid4().hex, **{name: sorted(names) for name, names in both.items()}}


def take(database: Database, portal_id: int) -> Wish | None:
    """What is to be done now; None when nothing is wanted or somebody is at it."""
    with database.session() as session:
        row = _locked(session, portal_id)
        if row is None or (row.value["begun"] and utcnow() < _next(row.value)):
            return None
        _write(row, begun=True, after=SILENCE)
        return Wish(row.value["id"], tuple(row.value["presets"]), tuple(row.value["accepted"]))


def alive(database: Database, portal_id: int) -> None:
    """Whoever is at it has come further."""
    with database.session() as session:
        row = _locked(session, portal_id)
        if row is not None:
            _write(row, begun=True, after=SILENCE)


def put_back(database: Database, portal_id: int) -> None:
    """It could not be done for a reason that passes."""
    with database.session() as session:
        row = _locked(session, portal_id)
        if row is not None:
            _write(row, begun=False, after=REST)


def fulfilled(database: Database, portal_id: int, wish: Wish) -> None:
    """It is done with; what was wanted meanwhile is next."""
    with database.session() as session:
        row = _locked(session, portal_id)
        if row is not None and row.value["id"] == wish.id:
            session.delete(row)
        elif row is not None:
            _write(row, begun=False, after=timedelta())


def count(session: Session, portal_id: int) -> int:
    """How many stand: one or none."""
    return len(session.scalars(_row(portal_id)).all())


def due(session: Session, now: datetime) -> list[int]:
    """Portals on which something is wanted and nobody is at it."""
    return cursors.promised(session, CURSOR, now)


def _row(portal_id: int) -> Any:
    return select(CursorRow).where(CursorRow.portal_id == portal_id, CursorRow.name == CURSOR)


def _locked(session: Session, portal_id: int) -> CursorRow | None:
    row: CursorRow | None = session.scalar(_row(portal_id).with_for_update())
    return row


def _write(row: CursorRow, *, begun: bool, after: timedelta) -> None:
    row.value = {**row.value, "begun": begun, "next": (utcnow() + after).isoformat()}


def _next(value: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(value["next"])
