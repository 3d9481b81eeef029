"""What happened at the portal's door: HTTP hits, REST commands, delivered events.

The logs are bounded queues in memory; every row carries a number `n` that only grows, so a reader
asks for what is newer than the last number it has seen.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable
from itertools import islice
from typing import Any

CAPACITY = 100_000
Row = list[Any]


class Log:
    """A bounded log; `add` returns the row (its first cell is `n`), `since` prints rows as maps."""

    def __init__(self, *names: str, capacity: int = CAPACITY) -> None:
        self.names = ("n", *names)
        self.last = 0
        self._rows: deque[Row] = deque(maxlen=capacity)

    def add(self, *values: Any) -> Row:
        """Appends a row; cells of the returned list may be filled in later."""
        self.last += 1
        row = [self.last, *values]
        self._rows.append(row)
        return row

    def since(self, n: int = 0) -> list[dict[str, Any]]:
        """The rows with a greater number than `n`, oldest first."""
        skip = max(0, n - (self.last - len(self._rows)))
        return [dict(zip(self.names, row, strict=True)) for row in islice(self._rows, skip, None)]


class Journal:
    """The logs of a portal. `now` is the portal's clock, `iso` prints its moments."""

    def __init__(self, now: Callable[[], float], iso: Callable[[float], str]) -> None:
        self._now = now
        self._iso = iso
        self.hits = Log("at", "real", "path", "verb", "status", "refused", capacity=2 * CAPACITY)
        self.calls = Log(
            "at", "method", "params", "app", "user", "batch", "http", "status", "error", "write", "operating"
        )
        self.events = Log("at", "event", "data", "url", "status", "ms", "app", "error")
        self.oauth = Log("at", "grant_type", "client_id", "status", "error")

    def arrive(self, verb: str, path: str) -> Row:
        """Notes an HTTP request; the status is filled in when it has been answered."""
        return self.hits.add(self._now(), time.time(), path, verb, None, False)

    def answered(self, row: Row, status: int, refused: bool) -> None:
        """Completes a row of `arrive`."""
        row[5], row[6] = status, refused

    def printed(self, log: Log, since: int) -> list[dict[str, Any]]:
        """Rows of a log with their moments as ISO text."""
        rows = log.since(since)
        for row in rows:
            row["at"] = self._iso(row["at"])
        return rows

    def hit_report(self, since: int) -> dict[str, Any]:
        """The HTTP requests, how many fell into every second of real time, how many were refused.

        Seconds are real ones: the portal's clock may stand still.
        """
        rows = self.printed(self.hits, since)
        total = Counter(int(row["real"]) for row in rows)
        refused = Counter(int(row["real"]) for row in rows if row["refused"])
        return {
            "hits": rows,
            "count": len(rows),
            "refused": sum(refused.values()),
            "rate": [{"second": second, "hits": n, "refused": refused[second]} for second, n in total.items()],
            "max_rate": max(total.values(), default=0),
            "last": self.hits.last,
        }
