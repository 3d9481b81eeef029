"""What a simulated year came to, as tables that a person can read and check."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

MESSAGE, TASK, TODO = "message", "task", "to-do"
CALL = "Позвонить"


@dataclass(frozen=True, slots=True)
class Did:
    """A message, a task or a to-do. `at` is an ISO moment in the portal's zone; `how` is the channel, or who has the
    task; `why` is the app's own record."""

    at: str
    kind: str
    company: int
    how: str
    text: str
    why: str = ""

    @property
    def moment(self) -> datetime:
        """When."""
        return datetime.fromisoformat(self.at)

    @property
    def day(self) -> date:
        """On which day of the portal."""
        return self.moment.date()

    @property
    def is_call(self) -> bool:
        """A task to ring the client up."""
        return self.kind == TASK and self.text.startswith(CALL)


@dataclass(frozen=True, slots=True)
class Load:
    """One piece of work: requests sent, commands carried out, troubles told; how full the portal's bucket was at
    most, how many seconds the requests took their turns, and how many requests came past the budget."""

    day: date
    clock: str
    calls: int
    commands: int
    errors: int
    bucket: float = 0.0
    seconds: float = 0.0
    unseen: int = 0


def write(folder: Path, did: Sequence[Did], loads: Sequence[Load], page: str) -> None:
    """`done.csv` with a line for everything done, `load.csv` with a line for every piece of work, `year.md`."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "done.csv").open("w", newline="", encoding="utf-8-sig") as file:
        table = csv.writer(file, delimiter=";")
        table.writerow(["day", "weekday", "time", "what", "company", "channel or employee", "text", "why"])
        for one in did:
            when = one.moment
            row = [one.day, when.strftime("%a"), when.strftime("%H:%M"), one.kind, one.company, one.how]
            table.writerow([*row, " ".join(one.text.split()), one.why])
    with (folder / "load.csv").open("w", newline="", encoding="utf-8") as file:
        loaded = csv.writer(file, delimiter=";")
        loaded.writerow(["day", "time", "requests", "commands", "troubles", "bucket at most", "seconds"])
        for load in loads:
            worked = [load.calls, load.commands, load.errors]
            loaded.writerow([load.day, load.clock, *worked, f"{load.bucket:.1f}", f"{load.seconds:.0f}"])
    (folder / "year.md").write_text(page, encoding="utf-8")


def summary(did: Sequence[Did], loads: Sequence[Load]) -> str:
    """A line for each month, and the year's."""
    head = ["month", "messages", "in chats", "by e-mail", "calls to make", "other tasks", "to-dos", "requests"]
    head += ["most at once", "bucket at most"]
    lines = [_line(head), _line(["---", *["---:"] * (len(head) - 1)])]
    months = sorted({_month(one.day) for one in loads})
    for month in months:
        mine = [one for one in did if _month(one.day) == month]
        lines.append(_line([month, *_figures(mine, [one for one in loads if _month(one.day) == month])]))
    shown = [one for one in did if _month(one.day) in months]
    return "\n".join([*lines, _line(["all", *_figures(shown, loads)])])


def _figures(did: Sequence[Did], loads: Sequence[Load]) -> list[str]:
    kinds = Counter(one.kind for one in did)
    channels = Counter(one.how for one in did if one.kind == MESSAGE)
    calls = sum(one.is_call for one in did)
    counts = [kinds[MESSAGE], channels["openline"], channels["email"], calls, kinds[TASK] - calls, kinds[TODO]]
    counts += [sum(one.calls for one in loads), max(one.calls for one in loads)]
    return [*(f"{count:,}" for count in counts), f"{max(one.bucket for one in loads):.0f}"]


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows as Markdown."""
    return "\n".join([_line(head), _line(["---"] * len(head)), *(_line(map(_cell, row)) for row in rows)])


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(value: object) -> str:
    return " ".join(str(value).split()).replace("|", "\\|")


def _month(day: date) -> str:
    return day.strftime("%Y-%m")
