"""The renewal of one pair of tokens, alone in a process of its own: `python -m b24app.portal.renewal`.

The new pair is committed before anyone uses it. The worker that started this process holds the lock of the host; it may
be killed meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from b24app.errors import PortalLost, PortalRefused
from b24app.portal.auth_server import AuthServer
from b24app.portal.outliving import finish, outliving
from b24app.portal.token_rows import is_unchanged, mark_dead, store_endpoint
from b24app.store.database import Database
from b24app.store.models import PortalRow, TokenRow, utcnow
from b24app.store.secret_box import SecretBox


@dataclass(frozen=True, slots=True)
class Renewal:
    """What such a process is told. `token_id` and `version` say which pair it is; `auth_hosts` are the origins to
    which the client secret may be sent; `patience` are the pauses, in seconds, in which a sibling that refreshed
    without our lock (Redis was wiped) may commit its pair."""

    database_url: str
    keys: Collection[str] = field(repr=False)
    portal_id: int
    token_id: int
    version: int
    auth_hosts: Collection[str]
    patience: Collection[float]


def renew_apart(renewal: Renewal) -> list[tuple[int, str]]:
    """Has a pair renewed whatever happens to this process; returns the tokens that died: user, reason."""
    return [(int(user), str(reason)) for user, reason in outliving(__name__, asdict(renewal))]


def renew(task: Mapping[str, Any]) -> list[tuple[int, str]]:
    """The renewal, as `renew_apart`. Raises PortalUnavailable when the auth server does not answer, PortalLost when it
    refuses the application."""
    renewal = Renewal(**task)
    database = Database(renewal.database_url)
    if not is_unchanged(database, renewal.token_id, renewal.version):
        return []
    try:
        _refresh(database, renewal)
    except PortalRefused as refused:
        if not _renewed_by_sibling(database, renewal):
            user = mark_dead(database, renewal.token_id, renewal.version, refused.code)
            return [] if user is None else [(user, refused.code)]
    return []


def _refresh(database: Database, renewal: Renewal) -> None:
    """Asks for a new pair and commits it; PortalRefused when the pair cannot be renewed."""
    box = SecretBox(list(renewal.keys))
    grant = AuthServer().refresh(*_request(database, box, renewal))
    with database.session() as session:
        row = session.get_one(TokenRow, renewal.token_id, with_for_update=True)
        # A pair that the portal handed over meanwhile is younger than ours and stays.
        if row.version == renewal.version:
            row.access, row.version = box.seal(grant.access_token), renewal.version + 1
            row.expires_at = utcnow() + timedelta(seconds=grant.expires_in)
            row.refresh = box.seal(grant.refresh_token) if grant.refresh_token else row.refresh
        if grant.client_endpoint:
            store_endpoint(session, renewal.portal_id, grant.client_endpoint)


def _request(database: Database, box: SecretBox, renewal: Renewal) -> tuple[str, str, str, str]:
    """What the auth server has to be told: its origin, the application's id and secret, the token."""
    with database.session() as session:
        row = session.get_one(TokenRow, renewal.token_id)
        portal = session.get_one(PortalRow, renewal.portal_id)
        if row.refresh is None:
            raise PortalRefused("The stored token cannot be renewed", code="no_refresh_token")
        origin = _origin(portal.server_endpoint, renewal.auth_hosts)
        return origin, portal.client_id, box.open(portal.client_secret), box.open(row.refresh)


def _origin(server_endpoint: str, known: Collection[str]) -> str:
    """The origin of the stored authorization server, if we trust it with the client secret."""
    parts = urlsplit(server_endpoint)
    origin = f"{parts.scheme}://{parts.netloc}"
    if origin not in known:
        raise PortalLost(f"The stored authorization server {origin} is not one of the known ones")
    return origin


def _renewed_by_sibling(database: Database, renewal: Renewal) -> bool:
    """Whether another process commits a newer pair within a few seconds."""
    for seconds in renewal.patience:
        if not is_unchanged(database, renewal.token_id, renewal.version):
            return True
        time.sleep(seconds)
    return False


if __name__ == "__main__":
    finish(renew)
