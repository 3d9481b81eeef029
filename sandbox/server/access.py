"""Who is calling: an incoming webhook, or a user through an application's token."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal


@dataclass(frozen=True, slots=True)
class Caller:
    """The acting user and what acts for them; `scope` is None for a webhook (it may do all)."""

    user: int
    app: str | None = None
    scope: frozenset[str] | None = None

    @property
    def key(self) -> str:
        """Under which name operating time is charged."""
        return self.app or f"webhook:{self.user}"


def _no_auth() -> RestError:
    return RestError("NO_AUTH_FOUND", "Wrong authorization data", 401)


def _dismissed() -> RestError:
    return RestError("authorization_error", "Unable to authorize user", 401)


def expired() -> RestError:
    """The answer to an access token older than an hour."""
    return RestError("expired_token", "The access token provided has expired.", 401)


def secret_of(user: int) -> str:
    """The secret part of a user's incoming webhook."""
    return "secret" if user == 1 else f"secret{user}"


def by_webhook(portal: Portal, user: int, secret: str) -> Caller:
    """The caller of `/rest/{user}/{secret}/`; unknown and dismissed users are 401."""
    active = portal.store.steady("SELECT active FROM users WHERE id = ?", (user,))
    if secret != secret_of(user) or active is None:
        # What live portals say, and the pages of im.notify.*; _includes/system-errors.md has NO_AUTH_FOUND.
        raise RestError("INVALID_CREDENTIALS", "Invalid request credentials", 401)
    if not active:
        raise _dismissed()
    return Caller(user)


def by_token(portal: Portal, token: str | None) -> Caller:
    """The caller with this access token: 401 when it is missing, unknown, expired or its user
    was dismissed."""
    if not token:
        raise _no_auth()
    row = portal.store.one(
        "SELECT t.user, t.app, t.expires, a.scope, u.active FROM tokens t JOIN apps a ON a.client_id = t.app"
        " LEFT JOIN users u ON u.id = t.user WHERE t.access = ?",
        (token,),
    )
    if row is None:
        # What the official SDK's own tests meet; _includes/system-errors.md has NO_AUTH_FOUND for both.
        raise RestError("invalid_token", "Unable to get application by token", 401)
    if not row["active"]:
        raise _dismissed()
    if row["expires"] <= portal.clock.timestamp():
        raise expired()
    return Caller(row["user"], row["app"], frozenset(json.loads(row["scope"])))
