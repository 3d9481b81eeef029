"""A client called, wrote, filled in a form: what counts as that, and what automation is told of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from rules.decision import Decision, FireTrigger, Ref, Text
from rules.limits import Limits
from rules.wording import sentence

TRIGGER = "client_contacted"


@dataclass(frozen=True, slots=True)
class Incoming:
    """Something a client did: an incoming activity and when it appeared; or the first word of a later day in a
    conversation that goes on."""

    id: int
    at: datetime
    day: date | None = None

    @property
    def occasion(self) -> str:
        """What makes it another contact than all others."""
        return str(self.id) if self.day is None else f"{self.id}:{self.day}"


@dataclass(frozen=True, slots=True)
class OpenDeal:
    """An open deal of the client."""

    id: int
    created_time: datetime


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """The open deals concerned, each with what its client did lately."""

    deals: tuple[tuple[OpenDeal, tuple[Incoming, ...]], ...] = ()


def decide(facts: ContactFacts, limits: Limits, now: datetime) -> Decision:
    """The newest thing a client did is told to each open deal that was there already, once."""
    hours = limits.integer("trigger.fresh_hours")
    since = now - timedelta(hours=hours)
    told = [(deal, newest) for deal, done in facts.deals if (newest := _newest(deal, done, since)) is not None]
    if not told:
        return Decision("quiet", Text("Новых обращений клиента нет.", "The client has not been in touch lately."))
    commands = tuple(
        FireTrigger(f"{TRIGGER}:{newest.occasion}:deal:{deal.id}", Ref("deal", deal.id), TRIGGER)
        for deal, newest in told
    )
    reason = sentence(
        "Клиент обратился: сообщено автоматизации сделок {deals}.",
        "The client has been in touch: automation of the deals {deals} was told.",
        deals=", ".join(str(deal.id) for deal, _ in told),
    )
    return Decision("told", reason, commands)


def _newest(deal: OpenDeal, done: Iterable[Incoming], since: datetime) -> Incoming | None:
    """What happened before the deal was there is what the deal was made for."""
    fitting = [one for one in done if one.at >= since and one.at >= deal.created_time]
    return max(fitting, key=lambda one: (one.at, one.id), default=None)
