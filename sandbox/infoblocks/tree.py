"""Nested sets: the margins and depths that the portal prints for sections."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Node:
    """Where a section is in its tree; the root's children have depth 1."""

    left: int
    right: int
    depth: int


def nodes(pairs: Iterable[tuple[int, int | None]]) -> dict[int, Node]:
    """The place of every section out of its id and its parent's; an unknown parent is the root."""
    rows = list(pairs)
    known = {number for number, _ in rows}
    below: dict[int | None, list[int]] = {}
    for number, parent in rows:
        below.setdefault(parent if parent in known else None, []).append(number)
    found: dict[int, Node] = {}

    def visit(parent: int | None, depth: int, margin: int) -> int:
        for number in below.get(parent, []):
            right = visit(number, depth + 1, margin + 1)
            found[number] = Node(margin, right, depth)
            margin = right + 1
        return margin

    visit(None, 1, 1)
    return found
