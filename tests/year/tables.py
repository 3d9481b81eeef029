"""What a simulated year came to, as tables that a person can read and check."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

PER_SECOND = 2
"""requests a portal allows"""


@dataclass(frozen=True, slots=True)
class Did:
    """A message or a task. `at` is an ISO moment in the portal's zone; `how` is the channel, or who has the task."""

    at: str
    kind: str
    company: int
    how: str
    text: str

    @property
    def moment(self) -> datetime:
        """When."""
        return datetime.fromisoformat(self.at)

    @property
    def day(self) -> date:
        """On which day of the portal."""
        return self.moment.date()


@dataclass(frozen=True, slots=True)
class Load:
    """One piece of work: requests sent, commands carried out, troubles told."""

    day: date
    clock: str
    calls: int
    commands: int
    errors: int


def write(folder: Path, did: Sequence[Did], loads: Sequence[Load], faults: Iterable[str]) -> None:
    """`done.csv` with a line for everything done, `load.csv` with a line for every piece of work, `summary.md`."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "done.csv").open("w", newline="", encoding="utf-8-sig") as file:
        table = csv.writer(file, delimiter=";")
        table.writerow(["day", "weekday", "time", "what", "company", "channel or employee", "text"])
        for one in did:
            when = one.moment
            row = [one.day, when.strftime("%a"), when.strftime("%H:%M"), one.kind, one.company, one.how]
            table.writerow([*row, " ".join(one.text.split())])
    with (folder / "load.csv").open("w", newline="", encoding="utf-8") as file:
        loaded = csv.writer(file, delimiter=";")
        loaded.writerow(["day", "time", "requests", "commands", "troubles"])
        loaded.writerows([one.day, one.clock, one.calls, one.commands, one.errors] for one in loads)
    (folder / "summary.md").write_text(summary(did, loads) + "\n" + "\n".join(faults) + "\n", encoding="utf-8")


def summary(did: Sequence[Did], loads: Sequence[Load]) -> str:
    """A line for each month."""
    lines = ["| month | messages | chat | e-mail | calls to make | other tasks | requests | most at once |"]
    lines.append("|---|---:|---:|---:|---:|---:|---:|---:|")
    for month in sorted({one.day.strftime("%Y-%m") for one in loads}):
        mine = [one for one in did if one.day.strftime("%Y-%m") == month]
        kinds = Counter((one.kind, one.how if one.kind == "message" else one.text.partition(":")[0]) for one in mine)
        messages = sum(one.kind == "message" for one in mine)
        calls = kinds["task", "Позвонить"]
        work = [one.calls for one in loads if one.day.strftime("%Y-%m") == month]
        figures = [messages, kinds["message", "openline"], kinds["message", "email"], calls]
        figures += [len(mine) - messages - calls, sum(work), max(work)]
        lines.append(f"| {month} | " + " | ".join(map(str, figures)) + " |")
    most = max(one.calls for one in loads)
    lines.append(f"\nMost requests at one moment: {most}, {most / PER_SECOND:.0f} seconds of the portal's allowance.")
    return "\n".join(lines)
