"""Letters and clocks that the tests of channels share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from b24app.channels.channel import Letter, Person
from rules.decision import Ref

NOW = datetime(2026, 4, 6, 8, 0, tzinfo=UTC)
CHANNEL = "9a2c1b1e-0000-4000-8000-000000000001"
KEY, TOKEN = "very-secret-key", "very-secret-token"


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.moment = NOW

    def __call__(self) -> datetime:
        return self.moment

    def passes(self, **time: float) -> None:
        """Moves on."""
        self.moment += timedelta(**time)


def letter(*phones: str, text: str = "Просим оплатить 120 000 ₽", key: str = "debt:17:due") -> Letter:
    """A letter to a contact with these phones."""
    person = Person(Ref("contact", 200), phones or ("+79990000001",))
    return Letter(key, 100, text, "Оплата", people=(person,))
