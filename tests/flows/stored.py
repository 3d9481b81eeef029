"""What the product has stored, read from its database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from b24app.store.models import Base, PortalRow, TokenRow
from tests.harness.world import World


def everything(world: World) -> dict[str, Any]:
    """All rows of the database, table by table."""
    with world.app.database.session() as session:
        return {table.name: session.execute(select(table)).all() for table in Base.metadata.sorted_tables}


def rows_of(world: World, portal_id: int) -> dict[str, int]:
    """How many rows every table holds of a portal, empty tables left out."""
    counts = {}
    with world.app.database.session() as session:
        for table in Base.metadata.sorted_tables:
            if "portal_id" in table.c:
                counts[table.name] = len(session.execute(select(table).where(table.c.portal_id == portal_id)).all())
    return {name: count for name, count in counts.items() if count}


def portal_row(world: World, member_id: str = "") -> PortalRow:
    """The row of a portal; of the only one when nothing is said."""
    query = select(PortalRow)
    with world.app.database.session() as session:
        row: PortalRow = session.scalars(query.where(PortalRow.member_id == member_id) if member_id else query).one()
        return row


def tokens(world: World) -> list[TokenRow]:
    """The administrators' tokens, the first in rank first."""
    with world.app.database.session() as session:
        return list(session.scalars(select(TokenRow).order_by(TokenRow.rank)))
