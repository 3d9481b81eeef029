"""The portal's leaky bucket, shared through Redis by every process of this host.

A portal drains two requests a second and refuses above fifty (limits.md). The bucket here mirrors
the portal's; a caller takes a place in it before the request leaves and sleeps when there is none.
Three things keep it below the portal's own: a margin for requests that arrive late and so bunch
together, a reserve that only interactive calls may use, and what is learnt from a refusal.

Background calls first get a turn in a line (fair and cheap, whatever their number) and take their
place when it comes; interactive calls take a place at once and push the line back.

If Redis is wiped, every process brings back the level it last saw; what nobody remembers is learnt
from the first refusal.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any, Protocol

import redis
from redis import Redis

from b24app.errors import SystemUnavailable


@dataclass(frozen=True, slots=True)
class Rate:
    """A bucket: `drain` requests a second, refusal above `size`."""

    drain: float
    size: float


# None: the box has no bucket of its own, its server's settings decide (limits.md).
PLANS: dict[str, Rate | None] = {"standard": Rate(2, 50), "enterprise": Rate(5, 250), "box": None}

JITTER_SECONDS = 2.5
RESERVE = 10
_KEEP_MS = 3_600_000

# All moments are Redis's own, so the clocks of processes do not matter.
_TAKE = """
local t = redis.call('TIME')
local now = tonumber(t[1]) + tonumber(t[2]) / 1000000
local rate, room, queue = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3] == '1'
local seen = redis.call('HMGET', KEYS[1], 'level', 'at', 'turn')
local level = math.max(0, (tonumber(seen[1]) or 0) - (now - (tonumber(seen[2]) or now)) * rate)
local known = math.max(0, tonumber(ARGV[4]) - (now - tonumber(ARGV[5])) * rate)
level = math.max(level, known)
local turn = math.max(tonumber(seen[3]) or 0, now)
local wait = 0
if queue then
  wait = math.max(0, turn - (room - 1) / rate - now)
  turn = turn + 1 / rate
end
local taken = 0
if wait == 0 then
  if level + 1 <= room then
    level = level + 1
    taken = 1
    if ARGV[6] == '1' then turn = turn + 1 / rate end
  else
    wait = (level + 1 - room) / rate
  end
end
redis.call('HSET', KEYS[1], 'level', tostring(level), 'at', string.format('%.6f', now),
  'turn', string.format('%.6f', turn))
redis.call('PEXPIRE', KEYS[1], ARGV[7])
return {taken, tostring(wait), tostring(level), string.format('%.6f', now)}
"""

_FILL = """
local t = redis.call('TIME')
local now = tonumber(t[1]) + tonumber(t[2]) / 1000000
local rate, size, room = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local turn = tonumber(redis.call('HGET', KEYS[1], 'turn') or '0')
turn = math.max(turn, now + room / rate)
redis.call('HSET', KEYS[1], 'level', tostring(size), 'at', string.format('%.6f', now),
  'turn', string.format('%.6f', turn))
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return {tostring(size), string.format('%.6f', now)}
"""


class Budget(Protocol):
    """Admits requests."""

    def acquire(self, *, interactive: bool = False) -> None:
        """Returns when one more request may leave."""

    def refused(self) -> None:
        """The portal said its bucket is full."""


class Unlimited:
    """The budget of a portal without a bucket."""

    def acquire(self, *, interactive: bool = False) -> None:
        """At once."""

    def refused(self) -> None:
        """A portal without a bucket has nothing to teach."""


class SharedBudget:
    """The bucket of one portal in Redis. `portal` names it, so several portals never share one."""

    def __init__(
        self,
        store: Redis,
        portal: str,
        rate: Rate,
        *,
        reserve: int = RESERVE,
        jitter_seconds: float = JITTER_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate = rate
        self._key = f"b24app:budget:{portal}"
        self._room = max(1.0, rate.size - math.ceil(rate.drain * jitter_seconds))
        self._background_room = max(1.0, self._room - reserve)
        self._take = store.register_script(_TAKE)
        self._fill = store.register_script(_FILL)
        self._sleep = sleep
        self._lock = Lock()
        self._seen = ("0", "0")

    def acquire(self, *, interactive: bool = False) -> None:
        """Sleeps until a place is free and takes it; SystemUnavailable when Redis does not answer."""
        queue = not interactive
        while True:
            wait = self._ask(interactive, queue)
            if wait is None:
                return
            queue = False
            self._sleep(wait)

    def refused(self) -> None:
        """Treats the bucket as full from now on."""
        level, at = self._run(self._fill, [self._rate.drain, self._rate.size, self._background_room, _KEEP_MS])
        self._remember(level, at)

    def _ask(self, interactive: bool, queue: bool) -> float | None:
        room = self._room if interactive else self._background_room
        level, at = self._seen
        arguments = [self._rate.drain, room, int(queue), level, at, int(interactive), _KEEP_MS]
        taken, wait, level, at = self._run(self._take, arguments)
        self._remember(level, at)
        return None if taken else max(float(wait), 0.005)

    def _remember(self, level: Any, at: Any) -> None:
        level, at = _text(level), _text(at)
        with self._lock:
            if float(at) >= float(self._seen[1]):
                self._seen = (level, at)

    def _run(self, script: Callable[..., Any], arguments: list[Any]) -> list[Any]:
        try:
            result: list[Any] = script(keys=[self._key], args=arguments)
        except redis.RedisError as error:
            raise SystemUnavailable(
                f"Redis, which holds the shared budget, does not answer: {type(error).__name__}"
            ) from None
        return result


def budget_for(store: Redis, portal: str, plan: str) -> Budget:
    """The budget of a portal by its plan: `standard`, `enterprise` or `box`."""
    rate = PLANS[plan]
    return Unlimited() if rate is None else SharedBudget(store, portal, rate)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
