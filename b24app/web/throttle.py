"""A limit on requests that make us ask other servers, so that a stranger cannot make us a nuisance."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

WINDOW = 60.0
"""seconds"""


class Throttle:
    """At most `limit` questions for one caller and `limit * 20` for all in a minute, counted in this process."""

    def __init__(self, limit: int = 30, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._lock = threading.Lock()
        self._asked: dict[str, deque[float]] = {}

    def allows(self, caller: str) -> bool:
        """Counts one question; False when the caller has asked too much."""
        now = self._clock()
        with self._lock:
            self._drop_old(now)
            mine = self._asked.setdefault(caller, deque())
            if len(mine) >= self._limit or sum(map(len, self._asked.values())) >= self._limit * 20:
                return False
            mine.append(now)
            return True

    def _drop_old(self, now: float) -> None:
        for caller, moments in list(self._asked.items()):
            while moments and now - moments[0] > WINDOW:
                moments.popleft()
            if not moments:
                del self._asked[caller]
