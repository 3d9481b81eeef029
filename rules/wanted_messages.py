"""Messages that a robot asked for: they go when nothing forbids them, as every other message to a client."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rules.business_calendar import Calendar
from rules.client_messages import ClientMessage, MessageState
from rules.decision import Command, Complain, Decision, Ref, SendMessage, Text
from rules.lateness import late_since
from rules.limits import Limits
from rules.opt_out import refusal
from rules.reminder_log import days_taken
from rules.wording import sentence

PURPOSE = "robot"
PRIORITY = 50
"""after the reminders of debts"""


@dataclass(frozen=True, slots=True)
class WantedFacts:
    """A company, and what robots wanted to write to it."""

    company_id: int
    title: str
    is_ours: bool
    opted_out: bool
    messages: Sequence[ClientMessage]
    calendar: Calendar

    @property
    def ref(self) -> Ref:
        """The company as a target of commands."""
        return Ref("company", self.company_id)


def decide(facts: WantedFacts, limits: Limits, now: datetime) -> Decision:
    """Wants again what waits, unless the company is not written to or the message has become too old."""
    waiting = [one for one in facts.messages if one.purpose == PURPOSE and one.state is MessageState.WAITING]
    if not waiting:
        return Decision("quiet", Text("Роботы ни о чём не просят написать.", "No robot asks to write anything."))
    forbidden = refusal(facts.company_id, is_ours=facts.is_ours, opted_out=facts.opted_out, limits=limits)
    if forbidden is not None:
        return Decision("refused", forbidden)
    latest = limits.integer("messages.max_late_days")
    old = [one for one in waiting if _days_late(facts, one, now) > latest]
    fresh = [one for one in waiting if one not in old]
    commands: tuple[Command, ...] = (*(_too_old(facts, one) for one in old), *(_send(facts, one) for one in fresh))
    reason = Text("Отправляем то, о чём просил робот.", "What a robot asked for is sent.")
    return Decision("wanted" if fresh else "too_old", reason, commands)


def _days_late(facts: WantedFacts, one: ClientMessage, now: datetime) -> int:
    """Days since the first one on which the message could go: what waits could not on the day it was asked for,
    nor on days off, nor on days that another message had."""
    calendar = facts.calendar
    asked, today = calendar.local_day(one.at), calendar.local_day(now)
    lost = {asked, *days_taken(facts.messages, calendar)}
    return (today - late_since(asked, today, lost, calendar)).days


def _send(facts: WantedFacts, one: ClientMessage) -> SendMessage:
    return SendMessage(one.key, facts.ref, PURPOSE, one.text, one.subject, one.about, PRIORITY)


def _too_old(facts: WantedFacts, one: ClientMessage) -> Complain:
    text = sentence(
        "«{company}»: сообщение робота не ушло вовремя и больше не отправляется: «{text}».",
        "«{company}»: a robot's message did not go in time and is not sent any more: «{text}».",
        company=facts.title,
        text=one.text,
    )
    return Complain(f"too_old:{one.key}", text, facts.ref)
