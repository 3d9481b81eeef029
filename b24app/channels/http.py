"""Requests to messengers: one place for time-outs, for what a failure means, and for keeping keys out of words.

A key may stand in the address itself (Green-API), so no exception of the HTTP library leaves this module.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from b24app.portal.transport import NotSent, failure_of, new_session

CONNECT_SECONDS, READ_SECONDS = 5.0, 15.0
"""two tries together stay within the minute in which Wazzup24 knows a repeated message"""
LONGEST_ANSWER = 2_000_000
REFUSED_BEFORE = (429, 503)
"""said before a service did anything"""


def _keyless(record: logging.LogRecord) -> bool:
    """The library below prints addresses into its log: those that hold a token are left out."""
    return "/waInstance" not in record.getMessage()


logging.getLogger("urllib3.connectionpool").addFilter(_keyless)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that was understood. `body` is JSON, None when there was none."""

    status: int
    body: Any = None

    @property
    def ok(self) -> bool:
        """Whether the service did what was asked."""
        return 200 <= self.status < 300

    @property
    def code(self) -> str:
        """The service's word for a refusal, as letters without case: it is spelled in several ways."""
        error = self.body.get("error") if isinstance(self.body, Mapping) else ""
        return str(error or "").replace("_", "").lower() if isinstance(error, str) else ""


@dataclass(frozen=True, slots=True)
class Busy:
    """The service did not take the request; try again in `seconds`."""

    seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Lost:
    """The request may have arrived; no readable answer came."""


Answer = Reply | Busy | Lost


@dataclass
class Service:
    """A vendor's server. `base` is an origin from our own settings, never from outside."""

    base: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    _session: requests.Session | None = field(default=None, repr=False)
    _owner: int = 0

    def ask(self, verb: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        """One request; redirects are not followed. What it means is told without its address."""
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        try:
            response = self._own_session().request(
                verb,
                self.base + path,
                data=data,
                headers=dict(self.headers),
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            return Busy() if isinstance(failure_of(error), NotSent) else Lost()
        if response.status_code in REFUSED_BEFORE:
            return Busy(_seconds(response.headers.get("Retry-After")))
        return _reply(response)

    def _own_session(self) -> requests.Session:
        # A forked worker must not share a connection with its parent.
        if self._session is None or self._owner != os.getpid():
            self._session, self._owner = new_session(), os.getpid()
        return self._session


def _reply(response: requests.Response) -> Answer:
    if response.status_code >= 500 or len(response.content) > LONGEST_ANSWER:
        return Lost()
    if not response.content:
        return Reply(response.status_code)
    try:
        return Reply(response.status_code, json.loads(response.content))
    except (ValueError, RecursionError):
        # A success that cannot be read may have been one; a refusal is one in any words.
        return Lost() if response.ok else Reply(response.status_code)


def _seconds(text: str | None) -> float:
    return min(float(text), 3600.0) if text and text.isdigit() else 60.0
