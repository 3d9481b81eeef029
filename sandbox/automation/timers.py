"""What waits for a moment of the portal's clock: pauses of processes, time-outs of robots and tasks."""

from __future__ import annotations

import logging
from collections.abc import Callable

from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal
from sandbox.kernel.store import declare

log = logging.getLogger("sandbox.timers")
Handler = Callable[[Portal, str], None]
_HANDLERS: dict[str, Handler] = {}

declare(
    "CREATE TABLE IF NOT EXISTS timers (id INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL,"
    " ref TEXT NOT NULL)"
)
declare("CREATE INDEX IF NOT EXISTS timers_at ON timers (at)")


def timer(kind: str) -> Callable[[Handler], Handler]:
    """Registers what happens when a timer of this kind is due; it is given the timer's `ref`."""

    def register(handler: Handler) -> Handler:
        _HANDLERS[kind] = handler
        return handler

    return register


def start(portal: Portal, seconds: float, kind: str, ref: str) -> None:
    """Sets a timer `seconds` from the portal's present moment."""
    at = portal.clock.timestamp() + seconds
    portal.store.insert("timers", {"at": at, "kind": kind, "ref": ref})


def stop(portal: Portal, kind: str, ref: str) -> None:
    """Takes the timers of one thing away."""
    portal.store.execute("DELETE FROM timers WHERE kind = ? AND ref = ?", (kind, ref))


def due(portal: Portal) -> int:
    """Does everything whose moment has come, the oldest first; returns how many timers that were."""
    done = 0
    while True:
        sql = "SELECT id, kind, ref FROM timers WHERE at <= ? ORDER BY at, id LIMIT 1"
        row = portal.store.one(sql, (portal.clock.timestamp(),))
        if row is None:
            return done
        portal.store.execute("DELETE FROM timers WHERE id = ?", (row["id"],))
        try:
            _HANDLERS[row["kind"]](portal, row["ref"])
        except RestError as error:
            log.warning("timer %s %s: %s", row["kind"], row["ref"], error)
        done += 1
