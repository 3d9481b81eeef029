"""What the flow tests of reminders do and see: the clock hour by hour, and what reached the clients."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.flows.conditions import Condition
from tests.flows.edges import COMPANY

CONTACT = 3


def tick(play: Condition, *moments: str) -> None:
    """The product does what is due at each of these moments; only the last one is delivered twice."""
    for moment in moments[:-1]:
        play.world.at(f"{moment}:00")
        play.world.settle()
    play.world.at(f"{moments[-1]}:00")
    play.goes_on()


def hours(first: str, last: str) -> list[str]:
    """Every hour from a moment to another: `2026-04-13T08:00`."""
    moment, end = datetime.fromisoformat(first), datetime.fromisoformat(last)
    found = []
    while moment <= end:
        found.append(moment.isoformat(timespec="minutes"))
        moment += timedelta(hours=1)
    return found


def letters(play: Condition) -> list[dict[str, Any]]:
    """What has reached clients, the oldest first."""
    found: list[dict[str, Any]] = play.world.control("outbox?since=0")
    return found


def moments(play: Condition) -> list[str]:
    """When: `2026-04-13T09:05`, by the portal's clock."""
    return [str(letter["at"])[:16] for letter in letters(play)]


def todos(play: Condition, company: int = 100) -> list[dict[str, Any]]:
    """Open to-dos in the timeline of a company."""
    wanted = {"PROVIDER_ID": "CRM_TODO", "COMPLETED": "N", "OWNER_TYPE_ID": COMPANY, "OWNER_ID": company}
    found: list[dict[str, Any]] = play.world.rest("crm.activity.list", {"filter": wanted})
    return found
