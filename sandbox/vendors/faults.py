"""Injected faults of the services: refusals, lost answers, broken bodies, numbers that cannot be written to."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from sandbox.kernel.errors import RestError
from sandbox.vendors.account import digits

Serve = Callable[[], Awaitable[web.StreamResponse]]

HTTP = ("401", "429", "500", "502", "503", "504_after_apply", "drop_before", "drop_after_apply", "html")
# Answered as each service says it.
REFUSALS = ("bad_contact", "window_closed", "chat_not_found", "quota")
NO_ANSWER = 444


@dataclass(slots=True)
class Fault:
    """A fault and the requests it strikes: of a vendor, with a word in the path, to a chat."""

    kind: str
    vendor: str = ""
    path: str = ""
    chat: str = ""
    times: int | None = None
    probability: float = 1.0
    dice: random.Random = field(default_factory=random.Random)

    def fits(self, vendor: str, path: str, chat: str) -> bool:
        """Whether a request is of the kind it is for."""
        return self.vendor in ("", vendor) and self.path in path and self.chat in ("", chat)


class Faults:
    """The faults in force, oldest first."""

    def __init__(self) -> None:
        self.active: list[Fault] = []

    def add(self, body: Mapping[str, Any]) -> None:
        """Adds a fault: `{"kind", "match": {"vendor", "path", "chat"}, "times", "probability", "seed"}`."""
        kind, match = str(body.get("kind", "")), body.get("match") or {}
        if kind not in (*HTTP, *REFUSALS):
            raise RestError("BAD_FAULT", f"kind must be one of {', '.join((*HTTP, *REFUSALS))}")
        fault = Fault(kind, str(match.get("vendor") or ""), str(match.get("path") or ""), digits(match.get("chat")))
        fault.times = int(body["times"]) if body.get("times") is not None else None
        fault.probability = float(body.get("probability", 1.0))
        fault.dice.seed(body.get("seed", 0))
        self.active.append(fault)

    def strike(self, vendor: str, path: str, chat: str) -> str:
        """The kind of the first fault that strikes a request, "" when none does."""
        for fault in self.active:
            if fault.fits(vendor, path, chat) and (fault.probability >= 1 or fault.dice.random() < fault.probability):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self.active.remove(fault)
                return fault.kind
        return ""


async def happen(kind: str, http: web.Request, serve: Serve) -> web.StreamResponse:
    """Lets a fault of the HTTP kind happen; of some the service does what was asked, only the answer is lost."""
    if kind.endswith("_after_apply"):
        await serve()
    if kind.startswith("drop"):
        if http.transport is not None:
            http.transport.close()
        return web.Response(status=NO_ANSWER)
    if kind == "html":
        return web.Response(text="<!DOCTYPE html><html><body>Service</body></html>", content_type="text/html")
    return web.Response(status=int(kind.partition("_")[0]), headers={"Retry-After": "5"} if kind == "429" else None)
