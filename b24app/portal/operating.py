"""The time each method may work: ten minutes' sums from every answer, and pauses for spent methods.

Every answer says how many seconds its method has worked in the last ten minutes (`operating`) and
when some of them are given back (`operating_reset_at`); a method above the limit is refused with
429 until then (limits.md). A refused call was not executed, yet a method near its limit is left
alone in time. Pauses live in Redis: one process learns, all of them wait.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

import redis
from redis import Redis

# The cloud's figure is not published; the vendor's example is 480 seconds (limits.md).
LIMIT_SECONDS = 480.0
MARGIN_SECONDS = 5.0
BASKET_SECONDS = 60.0
WINDOW_SECONDS = 11 * BASKET_SECONDS


class Operating:
    """The pauses of one portal's methods. Without Redis it remembers nothing and pauses nothing."""

    def __init__(self, store: Redis | None, portal: str, limit: float = LIMIT_SECONDS) -> None:
        self._store = store
        self._prefix = f"b24app:operating:{portal}:"
        self._limit = limit

    def learn(self, method: str, time: Mapping[str, Any], now: float) -> None:
        """Reads a `time` block; a method that is about to spend its time is paused. `now` is the
        portal's moment, for blocks that do not say it."""
        operating = _seconds(time.get("operating"))
        if operating >= self._limit - MARGIN_SECONDS:
            self.pause(method, reset_in(time, now))

    def pause(self, method: str, seconds: float) -> None:
        """Lets nobody call the method for so long."""
        if self._store is None:
            return
        try:
            self._store.set(self._prefix + method.lower(), "1", px=max(1, math.ceil(seconds * 1000)))
        except redis.RedisError:
            # Only a precaution is lost: the portal itself will refuse the method again.
            return

    def pauses(self, methods: Collection[str]) -> dict[str, float]:
        """Which of the methods are paused, and for how many seconds still."""
        if self._store is None or not methods:
            return {}
        names = sorted(set(methods))
        try:
            pipe = self._store.pipeline(transaction=False)
            for name in names:
                pipe.pttl(self._prefix + name.lower())
            left = pipe.execute()
        except redis.RedisError:
            return {}
        return {name: ms / 1000 for name, ms in zip(names, left, strict=True) if ms > 0}


def reset_in(time: Mapping[str, Any], now: float) -> float:
    """Seconds until `operating_reset_at`; one basket when it is unsaid.

    Both ends are by the portal's clock: the moment of the answer is its `finish`, or `now` where
    the block has none. The figure is kept within what ten baskets can mean.
    """
    reset = _seconds(time.get("operating_reset_at"))
    if not reset:
        return BASKET_SECONDS
    return min(max(1.0, reset - (_seconds(time.get("finish")) or now)), WINDOW_SECONDS)


def _seconds(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0
