"""The authorization server: a refresh token in, a new pair out."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from b24app.errors import AppError, PortalLost, PortalRefused, PortalUnavailable
from b24app.portal.answers import Meaning, error_for, meaning_of, read_error

_TIMEOUTS = (5.0, 20.0)
TRIES = 3

# These say something about the application, not about the token (settings/oauth/error-codes.md).
_OF_APPLICATION = ("invalid_request", "insufficient_scope", "invalid_scope")


@dataclass(frozen=True, slots=True)
class Grant:
    """The server's answer. `client_endpoint` is the portal's address as the server knows it;
    `expires_in` is in seconds."""

    member_id: str
    client_endpoint: str
    server_endpoint: str
    user_id: int | None
    expires_in: int
    scope: tuple[str, ...]
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)


class AuthServer:
    """Asks authorization servers over HTTP."""

    def __init__(self, session: requests.Session | None = None, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._http = session or requests.Session()
        self._sleep = sleep

    def refresh(self, server: str, client_id: str, client_secret: str, refresh_token: str) -> Grant:
        """A new pair from the server with this origin (`https://oauth.bitrix.info`).

        The caller has checked that the origin may be told the client secret. Raises PortalRefused
        (`code`) when this token is not accepted, PortalLost when the application or the portal is
        not, PortalUnavailable when no server answers.
        """
        form = {
            "grant_type": "refresh_token",
            "client_id": client_id,
            "client_secret": client_secret,
            "refresh_token": refresh_token,
        }
        for attempt in range(TRIES):
            if attempt:
                self._sleep(0.5 * 2**attempt)
            body = self._post(f"{server}/oauth/token/", form)
            if "access_token" in body:
                return _grant(body)
            if "error" in body:
                raise _refusal(*read_error(body))
        raise PortalUnavailable("The authorization server does not answer")

    def _post(self, url: str, form: Mapping[str, str]) -> Mapping[str, Any]:
        """The body of the answer, empty when there is none worth reading. The secrets travel in a
        form body, so that no log of addresses, ours included, holds them."""
        try:
            response = self._http.post(url, data=form, timeout=_TIMEOUTS, allow_redirects=False)
            body = response.json() if response.status_code < 500 else None
        except (requests.RequestException, ValueError):
            return {}
        return body if isinstance(body, Mapping) else {}


def _grant(body: Mapping[str, Any]) -> Grant:
    user = body.get("user_id")
    return Grant(
        member_id=str(body.get("member_id") or ""),
        client_endpoint=str(body.get("client_endpoint") or ""),
        server_endpoint=str(body.get("server_endpoint") or ""),
        user_id=int(user) if user else None,
        expires_in=int(body.get("expires_in") or 3600),
        scope=tuple(word for word in re.split(r"[,\s]+", str(body.get("scope") or "")) if word),
        access_token=str(body["access_token"]),
        refresh_token=str(body.get("refresh_token") or ""),
    )


def _refusal(code: str, description: str) -> AppError:
    """The server's refusal; its description is left out, it may quote the token."""
    if meaning_of(code) is Meaning.LOST:
        return error_for(code, description, "oauth/token")
    if code.lower() in _OF_APPLICATION:
        return PortalLost(f"The authorization server refused the application: {code}", code=code)
    return PortalRefused(f"The authorization server refused the token: {code}", code=code, method="oauth/token")
