"""The portal's clock: real time from where it was set, or frozen."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sandbox.kernel.errors import RestError
from sandbox.kernel.store import Store

DEFAULT_ZONE = "Europe/Moscow"
_DURATION = re.compile(r"^(-)?P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$")


def duration(text: str) -> timedelta:
    """An ISO 8601 duration of weeks, days, hours, minutes and seconds; error 400 otherwise."""
    match = _DURATION.match(text.strip())
    if match is None or text.strip().lstrip("-") in ("P", "PT"):
        raise RestError("BAD_DURATION", f"{text} is not an ISO 8601 duration such as P2DT1H")
    weeks, days, hours, minutes, seconds = (float(part or 0) for part in match.groups()[1:])
    delta = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -delta if match.group(1) else delta


class Clock:
    """Tells the portal's time; its setting is kept in the store and survives a restart.

    `real` seconds (`time.time()`) are mapped to portal time by an offset; a frozen clock
    keeps one moment until it is moved again.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.zone = ZoneInfo(str(store.setting("clock.zone", DEFAULT_ZONE)))
        self._printed = (0, "")

    def timestamp(self) -> float:
        """The portal's present moment as Unix seconds."""
        settings = self._store.settings
        frozen = settings.get("clock.frozen")
        if frozen is not None:
            return float(frozen)
        return time.time() + float(settings.get("clock.offset", 0.0))

    def now(self) -> datetime:
        """The portal's present moment, aware, in the portal's time zone."""
        return datetime.fromtimestamp(self.timestamp(), self.zone)

    def iso(self) -> str:
        """The present moment as REST prints it: `2026-04-06T11:00:00+03:00`."""
        return self.iso_at(self.timestamp())

    def iso_at(self, timestamp: float) -> str:
        """A moment as REST prints it; the last second is remembered, answers ask for it often."""
        second = int(timestamp)
        if self._printed[0] != second:
            self._printed = (second, datetime.fromtimestamp(second, self.zone).isoformat())
        return self._printed[1]

    def set(self, moment: datetime) -> None:
        """Moves the clock to `moment` (a naive moment is read in the portal's zone)."""
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self.zone)
        if self._store.setting("clock.frozen", None) is not None:
            self._store.set_setting("clock.frozen", moment.timestamp())
        self._store.set_setting("clock.offset", moment.timestamp() - time.time())

    def advance(self, delta: timedelta) -> None:
        """Moves the clock forward (or back) by `delta`."""
        self.set(self.now() + delta)

    def freeze(self, frozen: bool) -> None:
        """Stops the clock at its present moment, or lets it run on from there."""
        moment = self.timestamp()
        self._store.set_setting("clock.frozen", moment if frozen else None)
        self._store.set_setting("clock.offset", moment - time.time())
