"""The stored tokens of a portal's administrators, as the gateway and a renewal see them."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from b24app.portal.credentials import Access
from b24app.store.database import Database
from b24app.store.models import PortalRow, TokenRow
from b24app.store.secret_box import SecretBox

log = logging.getLogger(__name__)


def first_living(database: Database, box: SecretBox, portal_id: int) -> Access | None:
    """The first living token by rank."""
    query = (
        select(TokenRow, PortalRow.client_endpoint)
        .join(PortalRow, PortalRow.id == TokenRow.portal_id)
        .where(TokenRow.portal_id == portal_id, TokenRow.state == "active")
        .order_by(TokenRow.rank, TokenRow.id)
        .limit(1)
    )
    with database.session() as session:
        found = session.execute(query).first()
    if found is None:
        return None
    row = found[0]
    return Access(found[1], box.open(row.access), row.id, row.version, row.user_id)


def is_unchanged(database: Database, token_id: int, version: int) -> bool:
    """Whether a token is alive and still this version."""
    with database.reading() as session:
        row = session.get(TokenRow, token_id)
        return row is not None and row.state == "active" and row.version == version


def mark_dead(database: Database, token_id: int, version: int, reason: str) -> int | None:
    """Marks a token dead, unless it was replaced meanwhile; returns its user if it was alive."""
    with database.session() as session:
        row = session.get(TokenRow, token_id)
        if row is None or row.version != version or row.state != "active":
            return None
        row.state, row.dead_reason = "dead", reason[:255]
        user_id, portal_id = row.user_id, row.portal_id
    log.warning("portal %s: token of user %s is dead: %s", portal_id, user_id, reason)
    return user_id


def store_endpoint(session: Session, portal_id: int, endpoint: str) -> None:
    """Remembers where a portal answers (settings/how-to-call-rest-api/change-domen.md)."""
    portal = session.get_one(PortalRow, portal_id)
    if portal.client_endpoint != endpoint:
        portal.client_endpoint, portal.domain = endpoint, urlsplit(endpoint).netloc
