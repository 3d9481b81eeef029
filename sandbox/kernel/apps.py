"""The applications added to the portal and the tokens their users were given."""

from __future__ import annotations

import json
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sandbox.kernel.portal import Portal
from sandbox.kernel.store import declare

# settings/oauth/index.md: a refresh token lives 180 days, a code 30 seconds.
REFRESH_SECONDS = int(timedelta(days=180).total_seconds())
CODE_SECONDS = 30
# A local application: settings/oauth/simple-way.md
STATUS = "L"

declare(
    "CREATE TABLE IF NOT EXISTS apps (id INTEGER PRIMARY KEY, client_id TEXT NOT NULL UNIQUE,"
    " client_secret TEXT NOT NULL, handler_url TEXT NOT NULL, install_url TEXT NOT NULL, title TEXT NOT NULL,"
    " scope TEXT NOT NULL, application_token TEXT NOT NULL, version TEXT NOT NULL, installed INTEGER NOT NULL,"
    " installed_by INTEGER NOT NULL)"
)
declare(
    "CREATE TABLE IF NOT EXISTS tokens (access TEXT PRIMARY KEY, refresh TEXT UNIQUE, app TEXT NOT NULL,"
    " user INTEGER NOT NULL, expires REAL NOT NULL, refresh_expires REAL NOT NULL, used INTEGER NOT NULL DEFAULT 0)"
)
declare(
    "CREATE TABLE IF NOT EXISTS codes (code TEXT PRIMARY KEY, app TEXT NOT NULL, user INTEGER NOT NULL,"
    " expires REAL NOT NULL)"
)


@dataclass(frozen=True, slots=True)
class App:
    """A local application as the administrator's form holds it; `installed` turns true when its
    installation page has finished (or at once for one without a page)."""

    id: int
    client_id: str
    client_secret: str
    handler_url: str
    install_url: str
    title: str
    scope: tuple[str, ...]
    application_token: str
    version: str
    installed: bool
    installed_by: int


@dataclass(frozen=True, slots=True)
class Token:
    """A pair of tokens of one user for one application; moments are Unix seconds of the portal."""

    access: str
    refresh: str | None
    app: str
    user: int
    expires: float


def new_secret() -> str:
    """A fresh secret of 32 hex digits."""
    return secrets.token_hex(16)


def _app(row: sqlite3.Row) -> App:
    values = dict(row)
    values["scope"] = tuple(json.loads(row["scope"]))
    values["installed"] = bool(row["installed"])
    return App(**values)


def find_app(portal: Portal, client_id: str) -> App | None:
    """The application with this client id."""
    row = portal.store.one("SELECT * FROM apps WHERE client_id = ?", (client_id,))
    return _app(row) if row else None


def all_apps(portal: Portal) -> list[App]:
    """Every application of the portal, in order of its addition."""
    return [_app(row) for row in portal.store.rows("SELECT * FROM apps ORDER BY id")]


def is_active(portal: Portal, user: int) -> bool:
    """Whether the user exists and is not dismissed."""
    return bool(portal.store.value("SELECT active FROM users WHERE id = ?", (user,)))


def issue(portal: Portal, client_id: str, user: int, *, refresh: bool = True) -> Token:
    """Gives a user of an application a new access token, with a refresh token unless told not to."""
    now = portal.clock.timestamp()
    second = secrets.token_hex(35) if refresh else None
    token = Token(secrets.token_hex(35), second, client_id, user, now + portal.token_seconds)
    portal.store.execute(
        "INSERT INTO tokens (access, refresh, app, user, expires, refresh_expires) VALUES (?, ?, ?, ?, ?, ?)",
        (token.access, token.refresh, token.app, token.user, token.expires, now + REFRESH_SECONDS),
    )
    return token


def server_endpoint(portal: Portal) -> str:
    """Where the authorization server answers. It stays when the portal's address changes."""
    return str(portal.store.setting("oauth.host", f"http://{portal.domain}")) + "/oauth/rest/"


def client_endpoint(portal: Portal) -> str:
    """Where the portal's methods are called."""
    return f"http://{portal.domain}/rest/"


def auth_block(portal: Portal, app: App, token: Token | None) -> dict[str, Any]:
    """The `auth` of events, robot calls and the installation callback.

    Without a token only what identifies the portal is there: that is how an event looks when no
    user acted (api-reference/events/index.md).
    """
    block: dict[str, Any] = {
        "domain": portal.domain,
        "client_endpoint": client_endpoint(portal),
        "server_endpoint": server_endpoint(portal),
        "member_id": portal.member_id,
        "application_token": app.application_token,
    }
    if token is None:
        return block
    block |= {
        "access_token": token.access,
        "expires": int(token.expires),
        "expires_in": portal.token_seconds,
        "scope": ",".join(app.scope),
        "status": STATUS,
        "user_id": token.user,
    }
    if token.refresh is not None:
        block["refresh_token"] = token.refresh
    return block
