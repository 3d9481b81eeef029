"""Injected faults: refusals, lost answers, broken bodies, for the requests that match."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.kernel.errors import RestError
from sandbox.server import access, batch
from sandbox.server.answer import Answer, json_reply
from sandbox.server.requests import Http, RestRequest

if TYPE_CHECKING:
    from sandbox.server.desk import Desk

Serve = Callable[[RestRequest, int], Awaitable[Answer]]

# These refuse single commands, also inside a batch; all others strike the HTTP request.
PER_COMMAND = ("503", "429", "500", "refuse")
# The method by which a `refuse` fault is meant for the authorization server.
TOKEN_SERVER = "oauth/token"  # noqa: S105
KINDS = (
    *PER_COMMAND,
    "504_after_apply",
    "drop_before",
    "drop_after_apply",
    "timeout",
    "html",
    "error200",
    "expired_token",
    "302",
)
# Of these the portal does what was asked; only the answer is lost.
APPLIED = ("504_after_apply", "drop_after_apply", "timeout")
TIMEOUT_SECONDS = 120.0
# The status under which the hit log keeps a request that got no answer.
NO_ANSWER = 444
HTML = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"


def _refusal(fault: Fault) -> RestError:
    return (
        fault.error
        or {
            "503": RestError("QUERY_LIMIT_EXCEEDED", "Too many requests", 503),
            "429": RestError("OPERATION_TIME_LIMIT", "Method is blocked due to operation time limit.", 429),
            "500": RestError("INTERNAL_SERVER_ERROR", "Internal server error", 500),
            "error200": RestError("INTERNAL_SERVER_ERROR", "Internal server error", 200),
            "expired_token": access.expired(),
        }[fault.kind]
    )


@dataclass(slots=True)
class Fault:
    """A fault and where it strikes. `times` None is until it is removed; `reset_after` seconds
    (real, or by the portal's clock, whichever passes first) after the first strike it ends.
    `error` is the refusal of the kind `refuse`, made of the body's `error`, `description`, `status`."""

    kind: str
    method: str | None = None
    params: dict[str, Any] = field(default_factory=dict)
    times: int | None = None
    probability: float = 1.0
    reset_after: float | None = None
    struck: int = 0
    first_real: float = 0.0
    first_portal: float = 0.0
    dice: random.Random = field(default_factory=random.Random)
    error: RestError | None = None

    def fits(self, method: str, params: Mapping[str, Any]) -> bool:
        """Whether a command is the kind of command this fault is for."""
        return (self.method is None or self.method == method) and _subset(self.params, params)

    @property
    def whole(self) -> bool:
        """Whether it is for any HTTP request, a batch included, and not for certain commands."""
        return self.method in (None, "batch") and not self.params


def _subset(wanted: Any, given: Any) -> bool:
    if isinstance(wanted, Mapping):
        low = {str(key).lower(): value for key, value in given.items()} if isinstance(given, Mapping) else {}
        return all(key.lower() in low and _subset(value, low[key.lower()]) for key, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(given, list) and len(given) == len(wanted) and all(map(_subset, wanted, given))
    return str(wanted) == str(given)


class Faults:
    """The faults in force, oldest first."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.active: list[Fault] = []

    def add(self, body: Mapping[str, Any]) -> Fault:
        """Adds a fault as the control side describes it; an unknown kind is refused."""
        kind = str(body.get("kind", ""))
        if kind not in KINDS:
            raise RestError("BAD_FAULT", f"kind must be one of {', '.join(KINDS)}")
        match = body.get("match") or {}
        method, times = match.get("method"), body.get("times")
        fault = Fault(kind, str(method).lower() if method else None, dict(match.get("params") or {}))
        fault.times = int(times) if times is not None else None
        fault.probability = float(body.get("probability", 1.0))
        fault.reset_after = float(body["reset_after"]) if body.get("reset_after") is not None else None
        fault.dice.seed(body.get("seed", 0))
        if kind == "refuse":
            fault.error = RestError(body["error"], str(body.get("description") or ""), int(body.get("status") or 400))
        self.active.append(fault)
        return fault

    def clear(self) -> None:
        """Removes all faults."""
        self.active.clear()

    def command(self, method: str, params: Mapping[str, Any]) -> RestError | None:
        """The refusal of one command inside a batch, if a fault strikes it."""
        for fault in list(self.active):
            if fault.kind in PER_COMMAND and not fault.whole and fault.fits(method, params) and self._strikes(fault):
                return self._timed(fault)
        return None

    def token_server(self) -> RestError | None:
        """The refusal of a request for tokens, if a fault is meant for the authorization server."""
        meant = (fault for fault in list(self.active) if fault.method == TOKEN_SERVER)
        return next((fault.error for fault in meant if self._strikes(fault)), None)

    def _strikes(self, fault: Fault) -> bool:
        now, portal_now = time.monotonic(), self.desk.portal.clock.timestamp()
        if not fault.struck:
            fault.first_real, fault.first_portal = now, portal_now
        elif fault.reset_after is not None and (
            now - fault.first_real >= fault.reset_after or portal_now - fault.first_portal >= fault.reset_after
        ):
            self.active.remove(fault)
            return False
        if fault.probability < 1.0 and fault.dice.random() >= fault.probability:
            return False
        fault.struck += 1
        if fault.times is not None and fault.struck >= fault.times:
            self.active.remove(fault)
        return True

    def _timed(self, fault: Fault) -> RestError:
        error = _refusal(fault)
        if fault.reset_after is not None:
            error.extra["time"] = {"operating_reset_at": int(fault.first_portal + fault.reset_after) + 1}
        return error

    def _for_request(self, request: RestRequest) -> Fault | None:
        inside = batch.commands(request.params) if request.method == "batch" else None
        for fault in list(self.active):
            if inside is None or fault.whole:
                hit = fault.fits(request.method, request.params)
            else:
                hit = fault.kind not in PER_COMMAND and any(fault.fits(c.method, c.params) for c in inside)
            if hit and self._strikes(fault):
                return fault
        return None

    async def around(self, http: Http, request: RestRequest, hit: int, serve: Serve) -> Answer:
        """Serves a request, or lets the first fault that strikes it happen instead."""
        fault = self._for_request(request)
        if fault is None:
            return await serve(request, hit)
        applied = (
            await serve(request, hit) if fault.kind in ("504_after_apply", "drop_after_apply", "timeout") else None
        )
        if applied is None:
            self._log(fault, request, hit)
        return await self._answer(fault, http)

    def _log(self, fault: Fault, request: RestRequest, hit: int) -> None:
        caller = access.Caller(request.user or 0)
        error = RestError(fault.kind, "", {"302": 302, "html": 200}.get(fault.kind, NO_ANSWER))
        if fault.kind in (*PER_COMMAND, "error200", "expired_token"):
            error = _refusal(fault)
        self.desk.rest.log_call(request.method, request.params, caller, hit, None, error, 0.0)

    async def _answer(self, fault: Fault, http: Http) -> Answer:
        if fault.kind == "504_after_apply":
            return web.Response(text=HTML.format("504 Gateway Time-out"), status=504, content_type="text/html")
        if fault.kind == "html":
            return web.Response(text=HTML.format("Bitrix24"), content_type="text/html")
        if fault.kind == "302":
            return web.Response(status=302, headers={"Location": f"http://{self.desk.portal.domain}{http.raw_path}"})
        if fault.kind == "timeout":
            await _hold(http)
        if fault.kind in ("drop_before", "drop_after_apply", "timeout"):
            if http.transport is not None:
                http.transport.close()
            return web.Response(status=NO_ANSWER)
        error = self._timed(fault)
        return json_reply(error.body(), error.status)


async def _hold(http: Http) -> None:
    """Keeps a request without an answer until its client has gone."""
    end = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < end and http.transport is not None and not http.transport.is_closing():
        await asyncio.sleep(0.05)
