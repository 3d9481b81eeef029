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
from threading import Lock, RLock

import redis
from redis import Redis

from b24app.errors import PortalLost, PortalUnavailable
from b24app.portal.credentials import Access
from b24app.portal.renewal import Renewal, renew_apart
from b24app.portal.token_rows import first_living, is_unchanged, mark_dead, store_endpoint
from b24app.store.database import Database
from b24app.store.secret_box import SecretBox
from rules.decision import Text

log = logging.getLogger(__name__)

AUTH_HOSTS = ("https://oauth.bitrix.info", "https://oauth.bitrix24.tech")
# Longer than every try of a refresh together.
_LOCK_SECONDS = 90.0
_LOOK_SECONDS = 0.1
SIBLING_SECONDS = (0.2, 0.5, 1.0, 2.0)
"""pauses in which a sibling that refreshed without our lock (Redis was wiped) may commit its pair"""

_NO_TOKENS = Text(
    "Нет ни одного действующего токена: администратор портала должен открыть приложение",
    "No living token is left: an administrator of the portal must open the application",
)


class Tokens:
    """The credentials of one portal, stored in the database.

    `auth_hosts` are the origins to which the client secret may be sent; `on_token_death(user_id,
    reason)` is called after a token was marked dead; `patience` as `Renewal.patience`.
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
        patience: Collection[float] = SIBLING_SECONDS,
    ) -> None:
        self._database = database
        self._portal_id = portal_id
        self._box = box
        self._store = store
        self._auth_hosts = tuple(auth_hosts)
        self._on_token_death = on_token_death
        self._patience = tuple(patience)
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
            for user_id, reason in self._renew_once(stale):
                self._on_token_death(user_id, reason)
            return self._adopt()

    def bury(self, dead: Access, reason: str) -> Access:
        """Marks a token dead, unless it was replaced meanwhile, and returns the next living one."""
        with self._renewing:
            user_id = mark_dead(self._database, dead.token_id, dead.version, reason)
            if user_id is not None:
                self._on_token_death(user_id, reason)
            return self._adopt()

    def move(self, endpoint: str) -> None:
        """Stores the portal's new address (settings/how-to-call-rest-api/change-domen.md)."""
        with self._database.session() as session:
            store_endpoint(session, self._portal_id, endpoint)
        self._adopt()

    def _renew_once(self, stale: Access) -> list[tuple[int, str]]:
        """Renews the pair unless somebody has done so meanwhile; returns tokens that died."""

        def is_over() -> bool:
            return not is_unchanged(self._database, stale.token_id, stale.version)

        if is_over():
            return []
        with _HostLock(self._store, f"b24app:refresh:{self._portal_id}", is_over):
            if is_over():
                return []
            renewal = Renewal(
                database_url=self._database.url,
                keys=self._box.keys,
                portal_id=self._portal_id,
                token_id=stale.token_id,
                version=stale.version,
                auth_hosts=self._auth_hosts,
                patience=self._patience,
            )
            died = renew_apart(renewal)
        if not died:
            log.info("portal %s: token of user %s renewed", self._portal_id, stale.user_id)
        return died

    def _adopt(self) -> Access:
        """Forgets the remembered access and reads the present one."""
        with self._access_lock:
            self._access = None
            self._access = self._load()
            return self._access

    def _load(self) -> Access:
        found = first_living(self._database, self._box, self._portal_id)
        if found is None:
            raise PortalLost(_NO_TOKENS)
        return found


class _HostLock:
    """A lock for all processes that share this Redis; who waits for it gives up once it `is_over`: its holder may have
    been killed, but not the renewal. Without Redis the version of the row remains: a second refresh is then refused by
    the auth server, and the first one's pair is found."""

    def __init__(self, store: Redis, name: str, is_over: Callable[[], bool]) -> None:
        self._lock = store.lock(name, timeout=_LOCK_SECONDS)
        self._is_over = is_over
        self._held = False

    def __enter__(self) -> None:
        until = time.monotonic() + _LOCK_SECONDS
        try:
            while not self._lock.acquire(blocking=False):
                if self._is_over():
                    return
                if time.monotonic() > until:
                    raise PortalUnavailable("Another process has been renewing the token for too long")
                time.sleep(_LOOK_SECONDS)
            self._held = True
        except redis.RedisError:
            return

    def __exit__(self, *_: object) -> None:
        if not self._held:
            return
        try:
            self._lock.release()
        except redis.RedisError:
            # It ran out or Redis was wiped: nobody is kept waiting by it any more.
            return
