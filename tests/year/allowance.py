"""The portal's allowance of requests in the time of the simulation: the app's own budget runs on a clock that
stands still while it works and moves on while it waits, and every request is noted with its moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from redis import Redis

from b24app.portal.budget import PLANS, SharedBudget

PLAN = "standard"
DRAIN, SIZE = 2.0, 50.0
"""what the vendor's page on limits promises: drained a second, refused above; not taken from the product"""
_NOW = "year:now"


class Allowance:
    """The budget of a run. Requests take no time of their own, which is the worst case for a bucket."""

    def __init__(self, store: Redis, portal: str) -> None:
        rate = PLANS[PLAN]
        assert rate is not None
        self.moments: list[float] = []
        self._store = store
        self._now = 0.0
        self._budget = SharedBudget(_Timed(store), portal, rate, sleep=self.wait)  # type: ignore[arg-type]

    def begin(self, moment: float) -> None:
        """Work begins at this moment, or when the work before it has ended."""
        self._set(max(moment, self._now))
        self.moments = []

    def acquire(self, *, interactive: bool = False) -> None:
        """Waits for a place as the app does."""
        self._budget.acquire(interactive=interactive)
        self.moments.append(self._now)

    def refused(self) -> None:
        """The portal said its bucket is full."""
        self._budget.refused()

    def wait(self, seconds: float) -> None:
        """Time goes by."""
        self._set(self._now + seconds)

    @property
    def lasted(self) -> float:
        """From the first request of the work to the last, in seconds."""
        return self.moments[-1] - self.moments[0] if self.moments else 0.0

    def _set(self, moment: float) -> None:
        self._now = moment
        self._store.hset(_NOW, mapping={"s": int(moment), "us": int(moment % 1 * 1_000_000)})


class _Timed:
    """The queue server with another clock: the app's scripts ask it for the time."""

    def __init__(self, store: Redis) -> None:
        self._store = store

    def register_script(self, text: str) -> Any:
        """The script as it is, but for the clock."""
        return self._store.register_script(
            text.replace("redis.call('TIME')", f"redis.call('HMGET', '{_NOW}', 's', 'us')")
        )


def highest(level: float, last: float, moments: Sequence[float]) -> tuple[float, float]:
    """How full the portal's bucket is after requests at these moments, and how full it was at most; `level` is how
    full it was at `last`."""
    most = 0.0
    for moment in moments:
        level = max(0.0, level - (moment - last) * DRAIN) + 1
        last, most = moment, max(most, level)
    return level, most
