"""The portal's present moment, kept from its last answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from threading import Lock
from typing import Any


class PortalClock:
    """Remembers what the portal's clock showed and how long ago by this machine's monotonic one."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = Lock()
        self._portal: float | None = None
        self._heard = 0.0

    def learn(self, block: Mapping[str, Any]) -> None:
        """Reads the `time` block of an answer (`finish`, or `date_finish` where that is missing)."""
        shown = _timestamp(block)
        if shown is None:
            return
        with self._lock:
            self._portal, self._heard = shown, self._monotonic()

    def now(self) -> datetime | None:
        """The portal's moment in UTC; None before the first answer."""
        with self._lock:
            if self._portal is None:
                return None
            return datetime.fromtimestamp(self._portal + self._monotonic() - self._heard, UTC)

    def timestamp(self) -> float:
        """The portal's moment as Unix seconds; this machine's before the first answer."""
        moment = self.now()
        return moment.timestamp() if moment else time.time()

    def age(self) -> float:
        """Seconds since the last answer that told the time."""
        with self._lock:
            return float("inf") if self._portal is None else self._monotonic() - self._heard


def _timestamp(block: Mapping[str, Any]) -> float | None:
    try:
        if block.get("finish"):
            return float(block["finish"])
        return datetime.fromisoformat(str(block["date_finish"])).timestamp()
    except (KeyError, TypeError, ValueError):
        return None
