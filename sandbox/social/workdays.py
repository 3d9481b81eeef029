"""Working days of employees: opened, paused, closed, and what they last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sandbox.kernel.call import Call
from sandbox.kernel.store import Store, declare

declare(
    "CREATE TABLE IF NOT EXISTS workdays (id INTEGER PRIMARY KEY AUTOINCREMENT, user INTEGER NOT NULL,"
    " start INTEGER NOT NULL, finish INTEGER, paused INTEGER, leaks INTEGER NOT NULL DEFAULT 0, latOpen REAL NOT NULL"
    " DEFAULT 0, lonOpen REAL NOT NULL DEFAULT 0, latClose REAL NOT NULL DEFAULT 0, lonClose REAL NOT NULL DEFAULT 0,"
    " changed INTEGER NOT NULL DEFAULT 0, report TEXT NOT NULL DEFAULT '')"
)
declare("CREATE INDEX IF NOT EXISTS workdays_user ON workdays (user, id)")
Status = Literal["OPENED", "PAUSED", "CLOSED", "EXPIRED"]
# The working time of the only schedule, in seconds from midnight.
BEGINS, ENDS, BREAK = 9 * 3600, 18 * 3600, 3600
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Workday:
    """A working day; moments are Unix seconds, `leaks` are the breaks taken so far in seconds."""

    id: int
    user: int
    start: int
    finish: int | None
    paused: int | None
    leaks: int
    latOpen: float
    lonOpen: float
    latClose: float
    lonClose: float
    changed: int
    report: str


def last(store: Store, user: int) -> Workday | None:
    """The newest working day of an employee."""
    row = store.one("SELECT * FROM workdays WHERE user = ? ORDER BY id DESC LIMIT 1", (user,))
    return Workday(**dict(row)) if row else None


def between(store: Store, user: int, first: int, end: int) -> list[Workday]:
    """The working days that began in a period."""
    rows = store.rows(
        "SELECT * FROM workdays WHERE user = ? AND start >= ? AND start < ? ORDER BY id", (user, first, end)
    )
    return [Workday(**dict(row)) for row in rows]


def same_day(call: Call, one: int, other: int) -> bool:
    """Whether two moments are of one date of the portal."""
    zone = call.portal.clock.zone
    return datetime.fromtimestamp(one, zone).date() == datetime.fromtimestamp(other, zone).date()


def status(call: Call, day: Workday | None) -> Status:
    """What an employee's day is in now; one that was not closed on its date has expired."""
    if day is None or day.finish is not None:
        return "CLOSED"
    if not same_day(call, day.start, int(call.portal.clock.timestamp())):
        return "EXPIRED"
    return "PAUSED" if day.paused is not None else "OPENED"


def save(store: Store, day: Workday, **columns: Any) -> Workday:
    """Writes some columns of a day."""
    sets = ", ".join(f"{name} = ?" for name in columns)
    store.execute(f"UPDATE workdays SET {sets} WHERE id = ?", (*columns.values(), day.id))
    return Workday(**dict(store.one("SELECT * FROM workdays WHERE id = ?", (day.id,)) or {}))


def begin(call: Call, user: int, start: int, **columns: Any) -> Workday:
    """Opens a new day."""
    number = call.portal.store.insert("workdays", {"user": user, "start": start, **columns})
    return Workday(**dict(call.portal.store.one("SELECT * FROM workdays WHERE id = ?", (number,)) or {}))


def go_on(call: Call, day: Workday) -> Workday:
    """Continues a paused or a closed day; the time between counts as a break."""
    now = int(call.portal.clock.timestamp())
    since = day.paused if day.paused is not None else day.finish
    leaks = day.leaks + (now - since if since is not None else 0)
    return save(call.portal.store, day, paused=None, finish=None, leaks=leaks)


def pause(call: Call, day: Workday) -> Workday:
    """Begins a break; a closed day is opened for it, the time since counts as work."""
    return save(call.portal.store, day, paused=int(call.portal.clock.timestamp()), finish=None)


def close(call: Call, day: Workday, finish: int, **columns: Any) -> Workday:
    """Ends a day; a break that was going on ends with it."""
    leaks = day.leaks + (max(0, finish - day.paused) if day.paused is not None else 0)
    return save(call.portal.store, day, finish=finish, paused=None, leaks=leaks, **columns)


def duration(day: Workday) -> int:
    """The worked seconds of a closed day, 0 of an open one."""
    return max(0, day.finish - day.start - day.leaks) if day.finish is not None else 0


def default_finish(call: Call, day: Workday) -> int:
    """When the schedule ends the day."""
    midnight = datetime.fromtimestamp(day.start, call.portal.clock.zone).replace(hour=0, minute=0, second=0)
    return int(midnight.timestamp()) + ENDS


def month(call: Call, year: int, number: int) -> tuple[int, int]:
    """The first second of a month and of the next one."""
    zone = call.portal.clock.zone
    first = datetime(year, number, 1, tzinfo=zone)
    following = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=zone)
    return int(first.timestamp()), int(following.timestamp())
