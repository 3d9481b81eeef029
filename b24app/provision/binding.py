"""The binding: logical name -> this portal's object, as the manifest prints it; kept in the database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select

from b24app.store.database import Database
from b24app.store.models import BindingRow

Binding = Mapping[str, Mapping[str, Any]]


def bound(kind: str, entity_type_id: int | None, id: Any, code: str | None = None, **more: Any) -> dict[str, Any]:
    """One entry of the manifest. `more` adds what only some kinds have (`type` and `items` of a field)."""
    return {"kind": kind, "entityTypeId": entity_type_id, "id": id, "code": code, "item_code": None, **more}


def manifest(binding: Binding) -> dict[str, dict[str, Any]]:
    """The binding for printing, ordered by name."""
    return {name: dict(binding[name]) for name in sorted(binding)}


def load_binding(database: Database, portal_id: int) -> dict[str, dict[str, Any]]:
    """The stored binding of a portal; empty before the first provisioning."""
    with database.session() as session:
        rows = session.scalars(select(BindingRow).where(BindingRow.portal_id == portal_id).order_by(BindingRow.name))
        return {row.name: dict(row.value) for row in rows}


def save_binding(database: Database, portal_id: int, binding: Binding) -> None:
    """Makes the stored binding equal to this one; rows that are equal already are not touched."""
    with database.session() as session:
        rows = session.scalars(select(BindingRow).where(BindingRow.portal_id == portal_id))
        stored = {row.name: row for row in rows}
        for name, value in binding.items():
            row = stored.pop(name, None)
            if row is None:
                session.add(BindingRow(portal_id=portal_id, name=name, value=dict(value)))
            elif row.value != value:
                row.value = dict(value)
        if stored:
            gone = [row.id for row in stored.values()]
            session.execute(delete(BindingRow).where(BindingRow.id.in_(gone)))
