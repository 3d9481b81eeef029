"""How far readings have come: one row for each name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from b24app.store.models import CursorRow, PortalRow
from b24app.store.upsert import upsert


def get(session: Session, portal_id: int, name: str) -> dict[str, Any] | None:
    """A cursor's value; None when the reading has never begun."""
    return session.scalar(select(CursorRow.value).where(CursorRow.portal_id == portal_id, CursorRow.name == name))


def load(session: Session, portal_id: int, prefix: str) -> dict[str, dict[str, Any]]:
    """All cursors whose name begins with `prefix`, by the rest of their names."""
    rows = session.execute(
        select(CursorRow.name, CursorRow.value).where(
            CursorRow.portal_id == portal_id, CursorRow.name.startswith(prefix, autoescape=True)
        )
    )
    return {row.name.removeprefix(prefix): row.value for row in rows}


def save(session: Session, portal_id: int, values: Mapping[str, Mapping[str, Any]]) -> None:
    """Moves cursors."""
    rows = [{"portal_id": portal_id, "name": name, "value": dict(value)} for name, value in values.items()]
    upsert(session, CursorRow, rows, ("portal_id", "name"))


def drop(session: Session, portal_id: int, names: Collection[str]) -> None:
    """These readings begin anew, if ever."""
    session.execute(delete(CursorRow).where(CursorRow.portal_id == portal_id, CursorRow.name.in_(names)))


def promised(session: Session, name: str, now: datetime) -> list[int]:
    """Portals with something to be done that stands under this name, its time (`next`) come; not those we have left."""
    rows = session.execute(
        select(CursorRow.portal_id, CursorRow.value)
        .join(PortalRow, PortalRow.id == CursorRow.portal_id)
        .where(CursorRow.name == name, PortalRow.status != "uninstalled")
        .order_by(CursorRow.portal_id)
    )
    return [row.portal_id for row in rows if datetime.fromisoformat(row.value["next"]) <= now]
