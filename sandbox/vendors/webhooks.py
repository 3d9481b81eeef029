"""Webhooks of the services to the CRM: JSON, posted once, with a log of the answers."""

from __future__ import annotations

import json
import time
from typing import Any

import aiohttp
from aiohttp import web

from sandbox.kernel.clock import Clock
from sandbox.server.journal import Log
from sandbox.vendors.account import Vendor

TIMEOUT_SECONDS = 30.0


class Webhooks:
    """Posts webhooks and remembers what they were answered with."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None
        self.log = Log("at", "vendor", "url", "body", "status")

    async def post(self, vendor: Vendor, url: str, body: dict[str, Any]) -> int | None:
        """Posts one webhook; the HTTP status, None when there was no answer."""
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
            self._session = aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())
        status = None
        try:
            async with self._session.post(url, json=body, allow_redirects=False) as answer:
                await answer.read()
                status = answer.status
        except (TimeoutError, aiohttp.ClientError, ValueError, OSError):
            pass
        self.log.add(self._clock.timestamp(), vendor, url, body, status)
        return status

    def real(self) -> float:
        """Seconds of real time."""
        return time.monotonic()

    async def close(self) -> None:
        """Lets go of the connections."""
        if self._session is not None:
            await self._session.close()


async def body_of(http: web.Request) -> dict[str, Any] | None:
    """The JSON object of a request; None when it is something else."""
    try:
        body = json.loads(await http.text())
    except ValueError:
        return None
    return body if isinstance(body, dict) else None
