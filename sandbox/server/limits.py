"""The two limits of a portal: how often it may be asked, and how long each method may work; and its pace.

All run on real monotonic time and not on the portal's clock: the clock may be frozen or moved by
days, and a bucket that never drains, or drains at once, would test nothing (limits.md). Only the ten
minutes of the working time also pass when the clock is moved forward: nobody waits for them.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from dataclasses import dataclass

BUCKETS: dict[str, tuple[float, float] | None] = {"standard": (2.0, 50.0), "enterprise": (5.0, 250.0), "box": None}
OPERATING_LIMIT = 480.0
WINDOW_SECONDS = 600.0


class LeakyBucket:
    """Drains `rate` hits a second; while its level is above `size` every hit is refused.

    A refused hit does not fill it.
    """

    def __init__(self, rate: float, size: float) -> None:
        self.rate = rate
        self.size = size
        self._level = 0.0
        self._seen = time.monotonic()

    def take(self) -> bool:
        """Counts one arriving HTTP request; False when it must be refused."""
        now = time.monotonic()
        self._level = max(0.0, self._level - (now - self._seen) * self.rate)
        self._seen = now
        if self._level > self.size:
            return False
        self._level += 1.0
        return True


class Pace:
    """Keeps the answers of batches that run side by side a few milliseconds apart, in the order they came.

    A client that sends several batches at once may take the answers in the order in which it sees them
    (fast-bitrix24 does); a portal that answers them faster than the client reads would mix them up. A portal with
    much to do does not wait: `BUSY` batches in `BUSY_SECONDS` would have had to let two others go first. A client
    that sends one after another, or two at a time, never gets there, however quick both are.
    """

    GAP_SECONDS = 0.02
    BUSY, BUSY_SECONDS = 20, 0.5

    def __init__(self) -> None:
        self._free = 0.0
        self._last = 0.0
        self._crowded: deque[float] = deque(maxlen=self.BUSY)

    def pause(self) -> float:
        """How many seconds the answer of a batch that is ready now has to wait."""
        now = time.monotonic()
        busy = len(self._crowded) == self.BUSY and now - self._crowded[0] < self.BUSY_SECONDS
        waits = max(0.0, self._free - now)
        if waits > self.GAP_SECONDS or (busy and now - self._last < self.GAP_SECONDS):
            self._crowded.append(now)
        self._last = now
        if busy:
            return 0.0
        self._free = now + waits + self.GAP_SECONDS
        return waits


@dataclass(slots=True)
class Basket:
    """The seconds of one minute; it is forgotten ten minutes after its first call."""

    minute: int
    first: float
    seconds: float = 0.0


class Operating:
    """Seconds of work per (who, method) over ten one-minute baskets.

    The check is made before a call, so the call that crosses the limit still succeeds.
    """

    def __init__(self, mode: str, limit: float = OPERATING_LIMIT) -> None:
        self.mode = mode
        self.limit = limit
        self._baskets: dict[tuple[str, str], deque[Basket]] = defaultdict(deque)
        self._ahead = 0.0

    def passed(self, seconds: float) -> None:
        """The portal's clock was moved forward: as much of the window is over."""
        self._ahead += max(0.0, seconds)

    def _now(self) -> float:
        return time.monotonic() + self._ahead

    def blocked(self, who: str, method: str) -> bool:
        """Whether the method has used up its time."""
        return self.mode != "off" and self.spent(who, method) > self.limit

    def charge(self, who: str, method: str, seconds: float) -> float:
        """Adds seconds and returns the sum, which is what answers print as `operating`."""
        if self.mode == "off":
            return 0.0
        baskets = self._baskets[who, method]
        now = self._now()
        minute = int(now // 60)
        if not baskets or baskets[-1].minute != minute:
            baskets.append(Basket(minute, now))
        baskets[-1].seconds += seconds
        return self.spent(who, method)

    def spent(self, who: str, method: str) -> float:
        """The seconds charged within the window."""
        baskets = self._baskets.get((who, method))
        if not baskets:
            return 0.0
        horizon = self._now() - WINDOW_SECONDS
        while baskets and baskets[0].first <= horizon:
            baskets.popleft()
        return sum(basket.seconds for basket in baskets)

    def reset_in(self, who: str, method: str) -> float:
        """In how many seconds the oldest basket drops out and some time is given back."""
        baskets = self._baskets.get((who, method))
        if not baskets:
            return WINDOW_SECONDS
        return max(0.0, baskets[0].first + WINDOW_SECONDS - self._now())
