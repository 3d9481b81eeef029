"""What the tests of reminders see: messages that went out, stamps, and the listed ones."""

from __future__ import annotations

from rules.decision import Complain, SendMessage
from tests.rules.small_portal import MOSCOW, SmallPortal


def sent(portal: SmallPortal) -> list[str]:
    """`2026-04-13 09:00 debt_due`, in order."""
    log = sorted((message for messages in portal.outbox.values() for message in messages), key=lambda one: one.at)
    return [f"{one.at.astimezone(MOSCOW):%Y-%m-%d %H:%M} {one.purpose}" for one in log]


def texts(portal: SmallPortal) -> list[str]:
    """The texts of what went out."""
    return [message.text for message in portal.made(SendMessage)]


def listed(portal: SmallPortal) -> list[str]:
    """Keys of complaints about reminders."""
    return [one.key for one in portal.made(Complain) if one.key.startswith(("missed", "unfilled"))]


def why(portal: SmallPortal, company: int = 100) -> str:
    """The reason of the last decision about reminders, in Russian."""
    decisions = {subject.id: one for (name, subject), one in portal.decisions.items() if name == "remind_about_debts"}
    return decisions[company].reason.ru
