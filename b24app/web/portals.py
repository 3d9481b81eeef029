"""The portals the app knows: who is calling, and what an installation leaves behind."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from b24app.engine import removal
from b24app.engine.portal_time import has_own_zone, is_time_zone
from b24app.errors import Forged, PortalLost
from b24app.payloads import Auth, verify
from b24app.portal.auth_server import Grant
from b24app.store.database import Database
from b24app.store.models import PortalRow, TokenRow, utcnow
from b24app.store.secret_box import SecretBox
from b24app.store.upsert import insert_missing

FRESH = 5.0
"""seconds a portal's token is remembered in this process; the writer checks with every row that it still holds"""
REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class KnownPortal:
    """What a request needs to know about a portal."""

    id: int
    member_id: str
    client_endpoint: str
    status: str
    language: str
    time_zone: str
    application_token: str = field(repr=False)
    token_version: int

    @property
    def origin(self) -> str:
        """The portal's address as a browser writes an origin (`https://p.bitrix24.ru`)."""
        return origin_of(self.client_endpoint)


class PortalBook:
    """Finds portals by member id. The token is decrypted once in a while, not with every event."""

    def __init__(self, database: Database, box: SecretBox, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._box = box
        self._clock = clock
        self._known: dict[str, tuple[float, KnownPortal]] = {}

    def find(self, member_id: str) -> KnownPortal | None:
        """The portal as the database has it now."""
        with self._database.session() as session:
            row = session.scalar(select(PortalRow).where(PortalRow.member_id == member_id))
            portal = None if row is None else self._known_portal(row)
        if portal is None:
            self._known.pop(member_id, None)
            return None
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[member_id] = (self._clock(), portal)
        return portal

    def is_set_up(self, member_id: str) -> bool:
        """Whether the installation on this portal has been carried through."""
        portal = self.find(member_id) if member_id else None
        return portal is not None and portal.status == "installed"

    def authentic(self, auth: Auth) -> KnownPortal:
        """The portal that sent this, as this process knew it up to FRESH seconds ago, or Forged.

        For what the writer stores: it checks the proof again with the row.
        """
        remembered = self._remembered(auth.member_id)
        if remembered is not None and remembered.status != "uninstalled":
            try:
                verify(auth, remembered.member_id, remembered.application_token)
            except Forged:
                pass  # The token may have been renewed a moment ago: the database decides below.
            else:
                return remembered
        return self.authentic_now(auth)

    def authentic_now(self, auth: Auth, *, removed_too: bool = False) -> KnownPortal:
        """The portal that sent this, as the database knows it, or Forged. `removed_too` accepts a portal that
        uninstalled the app."""
        portal = self.find(auth.member_id) if auth.member_id else None
        if portal is None:
            raise Forged("unknown portal")
        verify(auth, portal.member_id, portal.application_token)
        if portal.status == "uninstalled" and not removed_too:
            raise Forged("the application was removed from this portal")
        return portal

    def forget(self, member_id: str) -> None:
        """Drops what this process remembers of a portal."""
        self._known.pop(member_id, None)

    def _remembered(self, member_id: str) -> KnownPortal | None:
        moment, portal = self._known.get(member_id, (0.0, None))
        return portal if portal is not None and self._clock() - moment < FRESH else None

    def _known_portal(self, row: PortalRow) -> KnownPortal:
        try:
            token = self._box.open(row.application_token) if row.application_token else ""
        except PortalLost:
            token = ""
        return KnownPortal(
            id=row.id,
            member_id=row.member_id,
            client_endpoint=row.client_endpoint,
            status=row.status,
            language=row.language,
            time_zone=row.time_zone,
            application_token=token,
            token_version=row.token_version,
        )


def origin_of(endpoint: str) -> str:
    """Scheme and host (with a port) of an address."""
    scheme, _, rest = endpoint.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}".lower()


@dataclass(frozen=True, slots=True)
class Credentials:
    """A local application's client id and secret."""

    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Administrator:
    """Who installs: checked at the portal with the new token."""

    user_id: int
    is_admin: bool
    time_zone: str


def save_installation(
    session: Session,
    box: SecretBox,
    grant: Grant,
    credentials: Credentials,
    person: Administrator,
    *,
    server: str,
    application_token: str,
    language: str,
) -> PortalRow:
    """Writes the portal and the administrator's tokens; a repeated or another administrator's call updates.

    `server` is the origin of the authorisation server that confirmed: tokens will be renewed there.
    An empty `application_token` (old boxes send it only with ONAPPINSTALL) leaves the stored one.
    """
    address = {
        "domain": origin_of(grant.client_endpoint).partition("://")[2],
        "client_endpoint": grant.client_endpoint,
        "server_endpoint": f"{server}/rest/",
        "client_id": credentials.client_id,
        "client_secret": box.seal(credentials.client_secret),
    }
    # The page and the event of the installation may come at once: the row is there before it is locked.
    insert_missing(session, PortalRow, [{"member_id": grant.member_id, **address}], ["member_id"])
    row = session.scalars(select(PortalRow).where(PortalRow.member_id == grant.member_id).with_for_update()).one()
    if row.status == "uninstalled":
        row.status = "installing"
    for name, value in address.items():
        setattr(row, name, value)
    row.scope = list(grant.scope)
    if application_token and not _is_sealed_in(box, row.application_token, application_token):
        row.application_token = box.seal(application_token)
        row.token_version += 1
    if language:
        row.language = "ru" if language.lower().startswith("ru") else "en"
    if is_time_zone(person.time_zone) and not has_own_zone(session, row.id):
        row.time_zone = person.time_zone
    session.flush()
    removal.withdraw(session, row.id)
    save_token(session, box, row.id, grant, person)
    return row


def _is_sealed_in(box: SecretBox, kept: bytes | None, token: str) -> bool:
    try:
        return kept is not None and box.open(kept) == token
    except PortalLost:
        return False


def save_token(session: Session, box: SecretBox, portal_id: int, grant: Grant, person: Administrator) -> None:
    """Writes one person's new pair; the first administrator has rank 0, later ones follow."""
    row = session.scalar(select(TokenRow).where(TokenRow.portal_id == portal_id, TokenRow.user_id == person.user_id))
    if row is None:
        last = session.scalar(select(func.max(TokenRow.rank)).where(TokenRow.portal_id == portal_id))
        row = TokenRow(portal_id=portal_id, user_id=person.user_id, rank=0 if last is None else last + 1, version=0)
        session.add(row)
    row.access = box.seal(grant.access_token)
    row.refresh = box.seal(grant.refresh_token)
    row.expires_at = utcnow() + timedelta(seconds=grant.expires_in)
    row.version += 1
    row.is_admin = person.is_admin
    row.state = "active"
    row.dead_reason = None
