"""The addresses at which vendors tell us things: a random token for a portal and a vendor is the whole proof."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from sqlalchemy import select
from sqlalchemy.orm import Session

from b24app.store.correspondence import HookRow
from b24app.store.models import PortalRow
from b24app.store.secret_box import SecretBox
from b24app.store.upsert import insert_missing

PATHS = {"wazzup": "/hooks/wazzup/", "green_api": "/hooks/green-api/"}
_BYTES = 32
_LONGEST = 128


def address(session: Session, box: SecretBox, portal_id: int, vendor: str, public_url: str) -> str:
    """The address to give to a vendor; its token is made when it is asked for first."""
    token = secrets.token_urlsafe(_BYTES)
    made = {"portal_id": portal_id, "vendor": vendor, "token_hash": _hash(token), "token": box.seal(token)}
    insert_missing(session, HookRow, [made], ["portal_id", "vendor"])
    row = session.scalars(select(HookRow).where(HookRow.portal_id == portal_id, HookRow.vendor == vendor)).one()
    return public_url + PATHS[vendor] + box.open(row.token)


def portal_of(session: Session, vendor: str, token: str) -> int | None:
    """The portal whose address this is, if it still has the app.

    The database looks for the hash, so that the time it takes says nothing about the token.
    """
    if len(token) > _LONGEST:
        return None
    wanted = _hash(token)
    row = session.scalar(select(HookRow).where(HookRow.token_hash == wanted, HookRow.vendor == vendor))
    if row is None or not hmac.compare_digest(row.token_hash.encode(), wanted.encode()):
        return None
    portal = session.get(PortalRow, row.portal_id)
    return None if portal is None or portal.status == "uninstalled" else row.portal_id


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
