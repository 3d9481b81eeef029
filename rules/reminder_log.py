"""What the log of messages and the stamps on a record say of the reminders about it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from rules.business_calendar import Calendar
from rules.client_messages import GONE_OUT, ClientMessage, MessageState
from rules.debt_record import DebtRecord
from rules.decision import Ref
from rules.receivables import AssessedRecord

PRE, DUE = "debt_pre", "debt_due"
"""purposes: the reminder before the due day, and the one on it"""
STAMPS: Mapping[str, str] = {PRE: "sent_pre", DUE: "sent_due"}
SETTLED = (*GONE_OUT, MessageState.NO_CHANNEL)
"""states of messages that are not tried again"""


@dataclass(frozen=True, slots=True)
class Told:
    """The reminders of one kind about a record: when the last one went out and how, and on what day the last
    one was settled, gone out or not."""

    sent_at: datetime | None = None
    settled_on: date | None = None
    channel: str = ""


def told_about(
    item: AssessedRecord, due_day: date, messages: Sequence[ClientMessage], calendar: Calendar
) -> dict[str, Told]:
    """What the client was told about a record, by kind. The stamps count when the log is empty, but for the day of a
    message that came back."""
    back = {calendar.local_day(one.at) for one in messages if one.came_back and item.record.ref in one.about}
    told = {kind: _stamped(getattr(item.record, STAMPS[kind]), back, calendar) for kind in (PRE, DUE)}
    for message in _settled(messages):
        if item.record.ref not in message.about:
            continue
        day = calendar.local_day(message.at)
        kind = _kind(message, day, due_day, item.record, calendar)
        before = told[kind]
        settled_on = max(day, before.settled_on or day)
        if message.state in GONE_OUT and _is_later(day, before, calendar):
            told[kind] = Told(message.at, settled_on, message.channel)
        else:
            told[kind] = replace(before, settled_on=settled_on)
    return told


def unstamped(record: DebtRecord, told: Mapping[str, Told], calendar: Calendar) -> Iterator[tuple[str, datetime, str]]:
    """Reminders that went out and are not stamped on the record yet: the kind, the moment, the channel. A stamp of
    the same day is not written again: a delivery report moves the moment in the log."""
    for kind, field in STAMPS.items():
        stamp, sent_at = getattr(record, field), told[kind].sent_at
        if sent_at and (stamp is None or calendar.local_day(stamp) != calendar.local_day(sent_at)):
            yield kind, sent_at.replace(microsecond=0), told[kind].channel


def days_taken(messages: Sequence[ClientMessage], calendar: Calendar) -> set[date]:
    """Days on which the company has had an automatic message."""
    return {calendar.local_day(message.at) for message in messages if message.state in GONE_OUT}


def days_held(messages: Sequence[ClientMessage], calendar: Calendar) -> dict[Ref, date]:
    """The last day on which a message about a record waited for its turn, by the record."""
    waiting = (message for message in messages if message.state is MessageState.WAITING)
    return {ref: calendar.local_day(message.at) for message in waiting for ref in message.about}


def latest_trouble(messages: Sequence[ClientMessage]) -> tuple[ClientMessage, ClientMessage] | None:
    """When the last reminder did not reach anybody: it, and the first one of the row of such reminders, by
    which the trouble is known."""
    row: list[ClientMessage] = []
    for message in _settled(messages):
        if message.purpose not in STAMPS:
            continue
        if message.state in (MessageState.NO_CHANNEL, MessageState.FAILED):
            row.append(message)
        else:
            row.clear()
    return (row[-1], row[0]) if row else None


def _settled(messages: Sequence[ClientMessage]) -> Iterator[ClientMessage]:
    return (message for message in messages if message.state in SETTLED)


def _kind(message: ClientMessage, day: date, due_day: date, record: DebtRecord, calendar: Calendar) -> str:
    """Which reminder about this record a message was: one on the due day of some records may remind of others
    before theirs. What a stamp says already stays so, whatever the due day is now."""
    if message.purpose != DUE:
        return PRE
    for kind, field in STAMPS.items():
        stamp = getattr(record, field)
        if stamp is not None and calendar.local_day(stamp) == day:
            return kind
    return DUE if day >= due_day else PRE


def _stamped(stamp: datetime | None, back: Collection[date], calendar: Calendar) -> Told:
    day = calendar.local_day(stamp) if stamp else None
    return Told() if day is None or day in back else Told(stamp, day)


def _is_later(day: date, before: Told, calendar: Calendar) -> bool:
    return before.sent_at is None or day > calendar.local_day(before.sent_at)
