"""Descriptions of fields for the `*.fields` methods, written one field a line."""

from __future__ import annotations

from typing import Any

_MARKS = {"R": "isRequired", "ro": "isReadOnly", "I": "isImmutable", "M": "isMultiple"}
_FLAGS = ("isRequired", "isReadOnly", "isImmutable", "isMultiple", "isDynamic")


def described(lines: str) -> dict[str, dict[str, Any]]:
    """Reads lines of `NAME type marks | Title`; marks are R required, ro read-only, I immutable, M multiple."""
    result: dict[str, dict[str, Any]] = {}
    for line in lines.strip().splitlines():
        left, _, title = line.partition("|")
        name, kind, *marks = left.split()
        chosen = {_MARKS[mark] for mark in marks}
        result[name] = {"type": kind, **{flag: flag in chosen for flag in _FLAGS}, "title": title.strip()}
    return result
