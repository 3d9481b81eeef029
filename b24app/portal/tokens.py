"""The tokens of a portal's administrators: read, renewed once for the whole host, buried when dead.

A pair is renewed only when the portal says `expired_token` (settings/oauth/auto-renewal.md). A lock
in Redis lets one process of the host do it, the version of the row tells the others that it is
done, and the new pair is committed before anyone uses it.

A refresh token works once: a pair that was answered and not committed is lost, and the old one burnt.
So the renewal runs in a process of its own (`outliving`), which finishes when the worker is killed. What
remains is a machine that stops, or a connection that breaks, in the few milliseconds of the answer; the
way out is the one for a dismissed owner: the token is marked dead, the next administrator's is used, an
alert is raised, and the next time the owner opens the app the portal hands over a fresh pair.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from datetime import timedelta
from threading import Lock, RLock
from urllib.parse import urlsplit

import redis
from redis import Redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from b24app.errors import PortalLost, PortalRefused, PortalUnavailable
from b24app.portal.auth_server import AuthServer
from b24app.portal.credentials import Access
from b24app.portal.outliving import outliving
from b24app.store.database import Database
from b24app.store.models import PortalRow, TokenRow, utcnow
from b24app.store.secret_box import SecretBox
from rules.decision import Text

log = logging.getLogger(__name__)

AUTH_HOSTS = ("https://oauth.bitrix.info", "https://oauth.bitrix24.tech")
# Longer than every try of a refresh together.
_LOCK_SECONDS = 90.0
# How long a sibling that refreshed without our lock (Redis was wiped) may take to commit.
_SIBLING_SECONDS = (0.2, 0.5, 1.0, 2.0)

_NO_TOKENS = Text(
    "Нет ни одного действующего токена: администратор портала должен открыть приложение",
    "No living token is left: an administrator of the portal must open the application",
)


class Tokens:
    """The credentials of one portal, stored in the database.

    `auth_hosts` are the origins to which the client secret may be sent; `on_token_death(user_id,
    reason)` is called after a token was marked dead.
    """

    def __init__(
        self,
        database: Database,
        portal_id: int,
        box: SecretBox,
        store: Redis,
        *,
        auth_hosts: Collection[str] = AUTH_HOSTS,
        on_token_death: Callable[[int, str], None] = lambda user_id, reason: None,
        auth_server: AuthServer | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._database = database
        self._portal_id = portal_id
        self._box = box
        self._store = store
        self._auth_hosts = frozenset(auth_hosts)
        self._on_token_death = on_token_death
        self._server = auth_server or AuthServer(sleep=sleep)
        self._sleep = sleep
        self._access: Access | None = None
        self._access_lock = Lock()
        self._renewing = RLock()

    def current(self) -> Access:
        """The first living token by rank; PortalLost when there is none."""
        with self._access_lock:
            if self._access is None:
                self._access = self._load()
            return self._access

    def renew(self, stale: Access) -> Access:
        """The access after `stale`: another process's newer pair if there is one, else a refreshed one.

        Raises PortalUnavailable when the auth server does not answer, PortalLost when no token is
        left or the application itself is refused.
        """
        with self._renewing:
            if self._unchanged(stale) is None:
                return self._adopt()
            # SQLite's locks are not inherited, but the belief to hold them is: a child that finds open
            # connections in its memory may lose what it commits once its parent is gone.
            self._database.engine.dispose()
            for user_id, reason in outliving(lambda: self._renew_apart(stale)):
                self._on_token_death(user_id, reason)
            return self._adopt()

    def _renew_apart(self, stale: Access) -> list[tuple[int, str]]:
        """The renewal in a process of its own, with its own connections; returns tokens that died."""
        dead: list[tuple[int, str]] = []
        apart = Tokens(
            Database(self._database.url),
            self._portal_id,
            self._box,
            self._store,
            auth_hosts=self._auth_hosts,
            on_token_death=lambda user_id, reason: dead.append((user_id, reason)),
            sleep=self._sleep,
        )
        with apart._host_lock():
            apart._renew_alone(stale)
        return dead

    def _renew_alone(self, stale: Access) -> None:
        stored = self._unchanged(stale)
        if stored is None:
            return
        try:
            self._refresh(stored)
        except PortalRefused as refused:
            if not self._renewed_by_sibling(stored):
                self._mark_dead(stored.token_id, stored.version, refused.code)

    def bury(self, dead: Access, reason: str) -> Access:
        """Marks a token dead, unless it was replaced meanwhile, and returns the next living one."""
        with self._renewing:
            self._mark_dead(dead.token_id, dead.version, reason)
            return self._adopt()

    def move(self, endpoint: str) -> None:
        """Stores the portal's new address (settings/how-to-call-rest-api/change-domen.md)."""
        with self._database.session() as session:
            _store_endpoint(session, self._portal_id, endpoint)
        self._adopt()

    # --- reading ----------------------------------------------------------------------------

    def _adopt(self) -> Access:
        """Forgets the remembered access and reads the present one."""
        with self._access_lock:
            self._access = None
            self._access = self._load()
            return self._access

    def _load(self) -> Access:
        query = (
            select(TokenRow, PortalRow.client_endpoint)
            .join(PortalRow, PortalRow.id == TokenRow.portal_id)
            .where(TokenRow.portal_id == self._portal_id, TokenRow.state == "active")
            .order_by(TokenRow.rank, TokenRow.id)
            .limit(1)
        )
        with self._database.session() as session:
            found = session.execute(query).first()
        if found is None:
            raise PortalLost(_NO_TOKENS)
        return self._access_of(found[0], found[1])

    def _access_of(self, row: TokenRow, endpoint: str) -> Access:
        return Access(endpoint, self._box.open(row.access), row.id, row.version, row.user_id)

    def _unchanged(self, known: Access) -> Access | None:
        """The stored access, if it is alive and still this version."""
        with self._database.session() as session:
            row = session.get(TokenRow, known.token_id)
            if row is None or row.state != "active" or row.version != known.version:
                return None
            portal = session.get_one(PortalRow, self._portal_id)
            return self._access_of(row, portal.client_endpoint)

    # --- renewing ---------------------------------------------------------------------------

    def _host_lock(self) -> AbstractContextManager[None]:
        return _HostLock(self._store, f"b24app:refresh:{self._portal_id}")

    def _refresh(self, stored: Access) -> None:
        """Asks for a new pair and commits it; raises PortalRefused when the pair cannot be renewed."""
        grant = self._server.refresh(*self._request(stored.token_id))
        with self._database.session() as session:
            row = session.get_one(TokenRow, stored.token_id, with_for_update=True)
            # A pair that the portal handed over meanwhile is younger than ours and stays.
            if row.version == stored.version:
                row.access, row.version = self._box.seal(grant.access_token), stored.version + 1
                row.expires_at = utcnow() + timedelta(seconds=grant.expires_in)
                row.refresh = self._box.seal(grant.refresh_token) if grant.refresh_token else row.refresh
            if grant.client_endpoint:
                _store_endpoint(session, self._portal_id, grant.client_endpoint)
        log.info("portal %s: token of user %s renewed", self._portal_id, stored.user_id)

    def _request(self, token_id: int) -> tuple[str, str, str, str]:
        """What the auth server has to be told: its origin, the application's id and secret, the token."""
        with self._database.session() as session:
            row = session.get_one(TokenRow, token_id)
            portal = session.get_one(PortalRow, self._portal_id)
            if row.refresh is None:
                raise PortalRefused("The stored token cannot be renewed", code="no_refresh_token")
            origin = _origin(portal.server_endpoint, self._auth_hosts)
            return origin, portal.client_id, self._box.open(portal.client_secret), self._box.open(row.refresh)

    def _renewed_by_sibling(self, stored: Access) -> bool:
        """Whether another process commits a newer pair within a few seconds."""
        for seconds in _SIBLING_SECONDS:
            if self._unchanged(stored) is None:
                return True
            self._sleep(seconds)
        return False

    def _mark_dead(self, token_id: int, version: int, reason: str) -> None:
        with self._database.session() as session:
            row = session.get(TokenRow, token_id)
            if row is None or row.version != version or row.state != "active":
                return
            row.state, row.dead_reason = "dead", reason[:255]
            user_id = row.user_id
        log.warning("portal %s: token of user %s is dead: %s", self._portal_id, user_id, reason)
        self._on_token_death(user_id, reason)


class _HostLock:
    """A lock for all processes that share this Redis. Without Redis the version of the row remains:
    a second refresh is then refused by the auth server, and the first one's pair is found."""

    def __init__(self, store: Redis, name: str) -> None:
        self._lock = store.lock(name, timeout=_LOCK_SECONDS, blocking_timeout=_LOCK_SECONDS)
        self._held = False

    def __enter__(self) -> None:
        try:
            self._held = bool(self._lock.acquire())
        except redis.RedisError:
            return
        if not self._held:
            raise PortalUnavailable("Another process has been renewing the token for too long")

    def __exit__(self, *_: object) -> None:
        if not self._held:
            return
        try:
            self._lock.release()
        except redis.RedisError:
            # It ran out or Redis was wiped: nobody is kept waiting by it any more.
            return


def _origin(server_endpoint: str, known: Collection[str]) -> str:
    """The origin of the stored authorization server, if we trust it with the client secret."""
    parts = urlsplit(server_endpoint)
    origin = f"{parts.scheme}://{parts.netloc}"
    if origin not in known:
        raise PortalLost(f"The stored authorization server {origin} is not one of the known ones")
    return origin


def _store_endpoint(session: Session, portal_id: int, endpoint: str) -> None:
    portal = session.get_one(PortalRow, portal_id)
    if portal.client_endpoint != endpoint:
        portal.client_endpoint, portal.domain = endpoint, urlsplit(endpoint).netloc
