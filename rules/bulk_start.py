"""Switching a rule on (X.20): what was due before that moment is left alone, or taken a few a day.

A rule that makes something for objects which have long been waiting for it would, on its first night,
make it for all of them. It asks here whose turn it is instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

EXISTING = "existing"
"""The value of a rule's setting `*.start` that takes the old objects too; any other leaves them alone."""


class Turn(Enum):
    """What becomes of an object that is due."""

    NOW = "now"
    QUEUED = "queued"
    """an old one whose day has not come"""
    NEVER = "never"
    """an old one, and only new ones are taken"""


@dataclass(frozen=True, slots=True)
class Start:
    """When the rule was switched on, and whether today's share of old objects reaches this one."""

    since: datetime
    has_room: bool = False

    def turn(self, due: datetime, mode: str) -> Turn:
        """Whose turn it is, by the moment at which the object became due."""
        if due >= self.since:
            return Turn.NOW
        if mode != EXISTING:
            return Turn.NEVER
        return Turn.NOW if self.has_room else Turn.QUEUED


def chosen(waiting: Iterable[int], per_day: int, made_today: int) -> frozenset[int]:
    """The old objects that today's share reaches: always the ones with the lowest ids."""
    return frozenset(sorted(waiting)[: max(0, per_day - made_today)])
