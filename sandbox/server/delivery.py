"""Sending events and robot calls to applications: a queue, a few senders, no repetition.

Bitrix24 sends through a queue server: with a delay, several at a time, in no promised order, and
never again when the handler fails (api-reference/events/index.md).
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import aiohttp

from sandbox.kernel.clock import Clock
from sandbox.server.forms import encode
from sandbox.server.journal import Journal

log = logging.getLogger("sandbox.delivery")

# How many messages are on their way at a time, in all and to one address: a slow handler must not
# hold up those of others.
CONCURRENCY = 12
HANDLER_CONCURRENCY = 8
TIMEOUT_SECONDS = 30.0
SHUFFLE_WINDOW = 64
# A handler that needs longer than this is served less often: the queue server makes its pauses
# longer (api-reference/events/index.md); how long they get is not documented.
SLOW_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 60.0
HEADERS = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "Bitrix24 Webhook Engine"}
Kind = Literal["event", "robot", "install"]


@dataclass(frozen=True, slots=True, eq=False)
class Message:
    """One form to be posted; `ts` is added when it leaves.

    Who gives `told` hears the HTTP status (None when there was no answer) and keeps it; all other
    messages are events and go to the log of events.
    """

    url: str
    body: dict[str, Any]
    app: str
    kind: Kind = "event"
    told: Callable[[int | None], None] | None = None


@dataclass(slots=True)
class Manner:
    """How messages are treated on their way.

    `drop` is the share of events that are lost (robot calls are not: a lost one would leave its
    process waiting for ever), `duplicate` how many more times each is sent, `delay` seconds.
    """

    drop: float = 0.0
    duplicate: int = 0
    shuffle: bool = False
    delay: float = 0.0
    pause: bool = False
    dice: random.Random = field(default_factory=lambda: random.Random(0))

    def change(self, body: Mapping[str, Any]) -> None:
        """Takes over the named settings; `seed` starts the dice anew."""
        for name, kind in (("drop", float), ("duplicate", int), ("delay", float)):
            if name in body:
                setattr(self, name, kind(body[name] or 0))
        for name in ("shuffle", "pause"):
            if name in body:
                setattr(self, name, bool(body[name]))
        if "seed" in body:
            self.dice.seed(body["seed"])

    def described(self) -> dict[str, Any]:
        """The settings as JSON."""
        return {name: getattr(self, name) for name in ("drop", "duplicate", "shuffle", "delay", "pause")}


@dataclass(slots=True)
class Lane:
    """How a handler's address is served: several messages at a time; while it is slow, one at a time
    with pauses.

    `busy` counts what is on its way, `pause` is the present pause in seconds (0: not slow), `resting`
    says that it is going on, `held` is what waits for a place.
    """

    busy: int = 0
    pause: float = 0.0
    resting: bool = False
    held: deque[Message] = field(default_factory=deque)

    @property
    def places(self) -> int:
        """How many more messages may be sent now."""
        return 0 if self.resting else (1 if self.pause else HANDLER_CONCURRENCY) - self.busy

    def answered(self, seconds: float) -> None:
        """A slow answer doubles the pause, a quick one ends it."""
        slow = seconds > SLOW_SECONDS
        self.pause = min(max(2 * self.pause, seconds), LONGEST_PAUSE_SECONDS) if slow else 0.0


class Delivery:
    """The queue of one portal and its senders."""

    def __init__(self, clock: Clock, journal: Journal) -> None:
        self.manner = Manner()
        self._clock = clock
        self._journal = journal
        self._waiting: dict[int, Message] = {}
        self._ready: deque[Message] = deque()
        self._taken = 0
        self._sending: set[asyncio.Task[None]] = set()
        self._lanes: dict[str, Lane] = {}
        self._flushes = 0
        self._session: aiohttp.ClientSession | None = None

    def submit(self, message: Message) -> None:
        """Takes a message; it leaves now, later, several times or never, as the manner says."""
        manner = self.manner
        if message.kind == "event" and manner.drop and manner.dice.random() < manner.drop:
            self._note(message, None, 0.0, "dropped")
            return
        for _ in range(1 + manner.duplicate):
            self._accept(message)

    def _accept(self, message: Message) -> None:
        self._taken += 1
        self._waiting[self._taken] = message
        if self.manner.pause:
            return
        if self.manner.delay > 0:
            asyncio.get_running_loop().call_later(self.manner.delay, self._release, self._taken)
        else:
            self._release(self._taken)

    def _release(self, number: int) -> None:
        # A flush may have taken it already; a pause that began meanwhile keeps it.
        if not self.manner.pause and number in self._waiting:
            self._ready.append(self._waiting.pop(number))
            self._pump()

    def _pump(self) -> None:
        while self._ready and len(self._sending) < CONCURRENCY:
            if self.manner.shuffle:
                self._ready.rotate(self.manner.dice.randrange(min(len(self._ready), SHUFFLE_WINDOW)))
            message = self._ready.popleft()
            lane = self._lanes.get(message.url) or self._lanes.setdefault(message.url, Lane())
            if lane.places <= 0 and not self._flushes:
                lane.held.append(message)
                continue
            lane.busy += 1
            task = asyncio.ensure_future(self._send(message))
            self._sending.add(task)
            task.add_done_callback(self._sent)

    def _served(self, lane: Lane, seconds: float) -> None:
        """Notes how long a handler took; a slow one gets its next message after a pause."""
        lane.busy -= 1
        if self._flushes:
            return
        lane.answered(seconds)
        if lane.pause:
            lane.resting = True
            asyncio.get_running_loop().call_later(lane.pause, self._rested, lane)
        else:
            self._refill(lane)

    def _rested(self, lane: Lane) -> None:
        """The pause of a slow handler is over."""
        lane.resting = False
        self._refill(lane)
        self._pump()

    def _refill(self, lane: Lane) -> None:
        """What waited for a place goes to the front of the queue, as much as there are places."""
        count = min(lane.places, len(lane.held))
        self._ready.extendleft(reversed([lane.held.popleft() for _ in range(count)]))

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self._pump()

    async def _send(self, message: Message) -> None:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
            self._session = aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())
        started, status, error = time.perf_counter(), None, None
        text = encode({**message.body, "ts": int(self._clock.timestamp())})
        try:
            async with self._session.post(message.url, data=text, headers=HEADERS, allow_redirects=False) as answer:
                await answer.read()
                status = answer.status
        except (TimeoutError, aiohttp.ClientError, ValueError, OSError) as failure:
            error = type(failure).__name__
        seconds = time.perf_counter() - started
        self._served(self._lanes[message.url], seconds)
        if message.told is not None:
            message.told(status)
        else:
            self._note(message, status, seconds, error)

    def _note(self, message: Message, status: int | None, seconds: float, error: str | None) -> None:
        event, data, ms = message.body["event"], message.body["data"], round(seconds * 1000, 1)
        self._journal.events.add(self._clock.timestamp(), event, data, message.url, status, ms, message.app, error)

    async def flush(self) -> int:
        """Sends what is waiting, also when paused or for slow handlers, and returns how many were
        answered for."""
        pending = [*self._waiting.values(), *self._unheld()]
        self._waiting.clear()
        if self.manner.shuffle:
            self.manner.dice.shuffle(pending)
        self._ready += pending
        count = len(self._ready) + len(self._sending)
        self._flushes += 1
        try:
            self._pump()
            while self._sending:
                await asyncio.wait(set(self._sending))
                await asyncio.sleep(0)
        finally:
            self._flushes -= 1
        return count

    def _unheld(self) -> list[Message]:
        """What waits for places; slow handlers are served as all others from now on."""
        held: list[Message] = []
        for lane in self._lanes.values():
            held += lane.held
            lane.held.clear()
            lane.pause, lane.resting = 0.0, False
        return held

    def forget(self) -> None:
        """Throws away what has not left yet."""
        self._unheld()
        self._waiting.clear()
        self._ready.clear()

    @property
    def left(self) -> int:
        """How many messages have not been answered for."""
        held = sum(len(lane.held) for lane in self._lanes.values())
        return len(self._waiting) + len(self._ready) + len(self._sending) + held

    async def close(self) -> None:
        """Stops the senders."""
        self.forget()
        for task in set(self._sending):
            task.cancel()
        if self._session is not None:
            await self._session.close()
