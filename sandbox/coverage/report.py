"""Writes what is implemented, partly implemented and absent, method by method, as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.coverage import vendor
from sandbox.coverage.vendor import Documented
from sandbox.kernel.registry import EVENTS, METHODS, load_families
from sandbox.kernel.v3 import METHODS_V3

STATES = ("implemented", "partly", "absent")
# Answered by the server itself, without a function in the table of methods.
SERVED = {"batch"}
_HEAD = """# What of the documented REST API the sandbox has

Written by `python -m sandbox.coverage`; do not edit. Every method and event of the vendor's documentation
(github.com/bitrix24/b24restdocs, August 2026) is here. *Partly* means that something documented is missing or
differs, which stands beside it; the reviewed list of differences is `coverage/differences.toml`, and
`tests/sandbox_payloads` replays the documentation against the sandbox to keep both true.
"""


@dataclass(frozen=True, slots=True)
class Line:
    """The state of one method or event, and what of it is missing."""

    documented: Documented
    state: str
    missing: str = ""


def method_line(documented: Documented) -> Line:
    """How far a method is implemented."""
    name = documented.name.lower()
    entry = METHODS_V3.get(name) if documented.version == 3 else METHODS.get(name)
    if name in SERVED:
        return Line(documented, "implemented")
    if entry is None:
        return Line(documented, "absent")
    missing = [getattr(entry, "partial", "")] if getattr(entry, "partial", "") else []
    missing += _told(vendor.differences("answers", lacks_only=True).get(documented.key, {}), "")
    missing += _told(vendor.differences("refusals", lacks_only=True).get(documented.key, {}), "error ")
    return Line(documented, "partly" if missing else "implemented", "; ".join(missing))


def event_line(documented: Documented) -> Line:
    """Whether an event is sent, and what of its body is missing."""
    if documented.name.upper() not in EVENTS:
        return Line(documented, "absent")
    missing = _told(vendor.differences("events", lacks_only=True).get(documented.name.upper(), {}), "")
    return Line(documented, "partly" if missing else "implemented", "; ".join(missing))


def _told(places: dict[str, str], kind: str) -> list[str]:
    """One text for each reason, with the places it is about."""
    by_reason: dict[str, list[str]] = {}
    for place, reason in places.items():
        by_reason.setdefault(reason, []).append(f"`{place or 'empty'}`")
    return [f"{kind}{', '.join(named)}: {reason}" for reason, named in by_reason.items()]


def _summary(title: str, families: dict[str, list[Line]]) -> Iterator[str]:
    yield f"| {title} | documented | implemented | partly | absent |"
    yield "|---|---:|---:|---:|---:|"
    every = Counter(line.state for lines in families.values() for line in lines)
    rows = [("**all**", every)] + [(name, Counter(line.state for line in lines)) for name, lines in families.items()]
    for name, count in rows:
        yield f"| {name} | {count.total()} | " + " | ".join(str(count[state]) for state in STATES) + " |"
    yield ""


def _details(name: str, lines: list[Line]) -> Iterator[str]:
    yield f"### {name}\n"
    present = [line for line in lines if line.state != "absent"]
    if present:
        yield "| name | state | what is missing or differs |"
        yield "|---|---|---|"
        for line in present:
            yield f"| {_link(line.documented)} | {line.state} | {_cell(line.missing)} |"
        yield ""
    absent = [_shown(line.documented, line.documented.name) for line in lines if line.state == "absent"]
    if absent:
        yield f"Absent: {', '.join(absent)}.\n"


def _link(documented: Documented) -> str:
    return _shown(documented, f"[{documented.name}]({vendor.PAGES}{documented.page})")


def _shown(documented: Documented, name: str) -> str:
    return f"{name} (REST 3.0)" if documented.version == 3 else name


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _families(lines: list[Line]) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(line.documented.family, []).append(line)
    return found


def report() -> str:
    """The whole document."""
    load_families()
    families = _families([method_line(one) for one in vendor.methods()])
    sent: dict[str, list[Line]] = {}
    for one in vendor.events():
        sent.setdefault(one.scope.partition(",")[0] or "any", []).append(event_line(one))
    parts = [_HEAD, "## Methods\n", *_summary("family", families), "## Events\n", *_summary("scope", sent)]
    parts.append("## Methods one by one\n")
    for name, lines in families.items():
        parts += _details(name, lines)
    parts.append("## Events one by one\n")
    for name, lines in sent.items():
        parts += _details(name, lines)
    return "\n".join(parts).rstrip() + "\n"
