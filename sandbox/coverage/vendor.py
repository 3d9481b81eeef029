"""The index of the vendor's documentation and the reviewed list of what differs from it.

`methods.tsv` and `events.tsv` are taken from github.com/bitrix24/b24restdocs (MIT licence,
Copyright Bitrix24): names, permissions and page of everything documented, state of August 2026.
`differences.toml` is written by hand: where an answer of the sandbox is known to differ, which
documented errors nothing provokes, and why.
"""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
PAGES = "https://github.com/bitrix24/b24restdocs/blob/main/"


@dataclass(frozen=True, slots=True)
class Documented:
    """A method or an event of the documentation. `version` is 3 for methods of REST 3.0, of which
    some have a namesake in version 2; `outdated` is what the vendor advises against."""

    name: str
    version: int
    scope: str
    page: str
    outdated: bool

    @property
    def key(self) -> str:
        """The name that tells namesakes apart."""
        return f"{self.name}@3" if self.version == 3 else self.name

    @property
    def family(self) -> str:
        """The first word of a method's name."""
        return self.name.partition(".")[0]


def _read(file: str) -> list[Documented]:
    with (HERE / file).open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t")
        return [Documented(r["name"], int(r["version"]), r["scope"], r["page"], r["outdated"] == "y") for r in rows]


@cache
def methods() -> list[Documented]:
    """Every documented method, by name."""
    return _read("methods.tsv")


@cache
def events() -> list[Documented]:
    """Every documented event, by name; `scope` is what an application needs to bind it."""
    return _read("events.tsv")


@cache
def differences(kind: str, *, lacks_only: bool = False) -> dict[str, dict[str, str]]:
    """What differs: `name -> place -> reason`. `kind` is `answers` (places are paths in an
    answer), `refusals` (error codes that nothing provokes) or `events` (form keys); with
    `lacks_only` without those that are no lack of the sandbox."""
    found: dict[str, dict[str, str]] = {}
    listed = tomllib.loads((HERE / "differences.toml").read_text("utf-8"))
    for entry in listed.get(kind, []):
        if lacks_only and not entry.get("lack", True):
            continue
        for name, places in entry["where"].items():
            for place in places:
                found.setdefault(name, {})[place] = entry["reason"]
    return found
