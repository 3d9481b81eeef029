"""When a client should be reminded of a record, and why not."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from rules.business_calendar import Calendar
from rules.debt_record import OVERDUE, PROMISED, WAITING
from rules.decision import Ref, Text
from rules.lateness import late_since
from rules.limits import Limits
from rules.receivables import AssessedRecord, Rates, is_small
from rules.reminder_log import DUE, PRE, Told
from rules.send_window import SendWindow
from rules.wording import sentence

NOT_YET = Text("ещё не время", "it is not time yet")


class State(StrEnum):
    """How far a reminder about a record is."""

    NOW = "now"
    LATER = "later"
    SENT = "sent"
    OFF = "off"
    """it should not go"""
    MISSED = "missed"
    """it should have gone, and is too late now"""


@dataclass(frozen=True, slots=True)
class Reminder:
    """One reminder about one record: what is to become of it, why, and when if later. `planned` is the day it
    belongs to."""

    item: AssessedRecord
    kind: str
    state: State
    reason: Text
    planned: date | None = None
    moment: datetime | None = None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What holds for all records of a company. `taken` are days on which it was written to, `held` the last one
    on which a message about a record waited for its turn."""

    calendar: Calendar
    window: SendWindow
    rates: Rates
    limits: Limits
    now: datetime
    taken: Collection[date]
    held: Mapping[Ref, date]

    @property
    def today(self) -> date:
        """The portal's date."""
        return self.calendar.local_day(self.now)


def due_opening(item: AssessedRecord, window: SendWindow, calendar: Calendar) -> datetime:
    """When the reminder of the due day goes: at the first opening of the window since the record is overdue.
    A record that is entered later has the opening after that: nobody is written to in the hour in which an old
    shipment is typed (E.50)."""
    late_on = max(item.terms.due_date, calendar.local_day(item.terms.overdue_from))
    opening = window.opening(late_on)
    created = item.record.created_time
    return window.next_opening(created) if created > opening else opening


def pre_day(item: AssessedRecord, calendar: Calendar, limits: Limits) -> date:
    """The day of the reminder before: so many days before the due day, moved off a day off as `debt.weekend_pre`
    says (E.08)."""
    nominal = item.terms.due_date - timedelta(days=limits.integer("debt.pre_days"))
    if limits.text("debt.weekend_pre") == "previous":
        return calendar.this_or_previous_workday(nominal)
    if limits.text("debt.weekend_pre") == "next":
        return calendar.this_or_next_workday(nominal)
    return nominal


def plan(item: AssessedRecord, told: Mapping[str, Told], around: Circumstances) -> tuple[Reminder, Reminder]:
    """The two reminders about an open record."""
    return _plan_pre(item, told[PRE], around), _plan_due(item, told[DUE], around)


def _plan_pre(item: AssessedRecord, told: Told, around: Circumstances) -> Reminder:
    calendar, window = around.calendar, around.window
    day = pre_day(item, calendar, around.limits)
    opening = window.opening(day)
    planned = calendar.local_day(opening)
    if told.settled_on is not None and told.settled_on >= planned:
        return _said(item, PRE, told.settled_on)
    due = due_opening(item, window, calendar)
    needless = _needless_pre(item, day, opening, due, around)
    if needless:
        return Reminder(item, PRE, State.OFF, needless)
    moment = max(opening, item.record.created_time)
    blocked = _blocked(item, around) or _paused(item, around)
    if blocked:
        return Reminder(item, PRE, State.OFF, blocked)
    if around.now >= due:
        return _missed(item, PRE, planned, Text("наступил срок оплаты", "the due day has come"))
    if item.stage != WAITING:
        return Reminder(item, PRE, State.OFF, _other_stage())
    return _when(item, PRE, planned, moment, around)


def _needless_pre(
    item: AssessedRecord, day: date, opening: datetime, due: datetime, around: Circumstances
) -> Text | None:
    """Why there is no reminder before the due day of this record at all."""
    days = around.limits.integer("debt.pre_days")
    if item.terms.deferral_days < days and not item.terms.extended:
        return sentence(
            "отсрочка {granted} дн. короче {days} дн.",
            "the deferral of {granted} days is shorter than {days}",
            granted=item.terms.deferral_days,
            days=days,
        )
    if day < item.terms.shipment_date:
        return sentence("{day} ещё не было отгрузки", "on {day} nothing was shipped yet", day=day)
    if item.record.created_time >= around.window.closing(around.calendar.local_day(opening)):
        return sentence("запись появилась позже {day}", "the record was made after {day}", day=day)
    if opening >= due:
        return Text("в этот день напоминаем уже о сроке", "the reminder of the due day goes that day")
    return None


def _plan_due(item: AssessedRecord, told: Told, around: Circumstances) -> Reminder:
    opening = due_opening(item, around.window, around.calendar)
    planned = around.calendar.local_day(opening)
    if told.settled_on is not None and told.settled_on >= planned:
        return _said(item, DUE, told.settled_on)
    blocked = _blocked(item, around)
    if blocked:
        return Reminder(item, DUE, State.OFF, blocked)
    paused = _paused(item, around)
    until = item.record.no_remind_until
    moment = max(opening, around.window.opening(until)) if until else opening
    if paused:
        return Reminder(item, DUE, State.LATER if moment > around.now else State.OFF, paused, planned, moment)
    if item.stage != OVERDUE and around.now >= moment:
        return Reminder(item, DUE, State.OFF, _other_stage())
    return _when(item, DUE, planned, moment, around)


def _when(item: AssessedRecord, kind: str, planned: date, moment: datetime, around: Circumstances) -> Reminder:
    """Now, later, or too late, for a reminder that nothing else speaks against."""
    if around.now < moment:
        return _later(item, kind, planned, moment, NOT_YET)
    since = _late_since(item, around.calendar.local_day(moment), around)
    if (around.today - since).days > around.limits.integer("messages.max_late_days"):
        return _missed(item, kind, planned, Text("время прошло", "its time has passed"))
    if around.today in around.taken:
        reason = Text("сегодня клиенту уже писали", "the client was written to today")
        return _later(item, kind, planned, around.window.next_opening(around.now), reason)
    if not around.window.is_open(around.now):
        reason = Text("сейчас клиентам не пишут", "clients are not written to at this hour")
        return _later(item, kind, planned, around.window.next_opening(around.now), reason)
    return Reminder(item, kind, State.NOW, Text("отправляем сейчас", "it goes now"), planned)


def _late_since(item: AssessedRecord, day: date, around: Circumstances) -> date:
    """The day from which a reminder is late: those on which it had to wait do not count."""
    held = around.held.get(item.record.ref)
    lost = {*around.taken, *([held] if held else [])}
    return late_since(max(day, held or day), around.today, lost, around.calendar)


def _blocked(item: AssessedRecord, around: Circumstances) -> Text | None:
    """What speaks against any message about a record."""
    if item.record.dispute:
        return Text("на записи отмечен спор", "the record is in dispute")
    if item.stage == PROMISED:
        return sentence(
            "клиент обещал оплатить {day}",
            "the client promised to pay by {day}",
            day=item.record.promised_date or "—",
        )
    if item.stage not in (WAITING, OVERDUE):
        return _other_stage()
    if is_small(item, around.rates, around.limits):
        return sentence(
            "остаток {outstanding} не больше debt.min_amount",
            "{outstanding} outstanding is not more than debt.min_amount",
            outstanding=item.outstanding,
        )
    return None


def _paused(item: AssessedRecord, around: Circumstances) -> Text | None:
    """A pause that somebody has set on a record."""
    until, promised = item.record.no_remind_until, item.record.promised_date
    if until is not None and around.today < until:
        return sentence("просили не напоминать до {day}", "no reminders until {day}", day=until)
    if promised is not None and around.today <= promised:
        return sentence("клиент обещал оплатить {day}", "the client promised to pay by {day}", day=promised)
    return None


def _other_stage() -> Text:
    return Text("запись стоит на другой стадии", "the record stands on another stage")


def _said(item: AssessedRecord, kind: str, day: date) -> Reminder:
    return Reminder(item, kind, State.SENT, sentence("отправлено {day}", "sent on {day}", day=day), day)


def _later(item: AssessedRecord, kind: str, planned: date, moment: datetime, reason: Text) -> Reminder:
    return Reminder(item, kind, State.LATER, reason, planned, moment)


def _missed(item: AssessedRecord, kind: str, planned: date, reason: Text) -> Reminder:
    if item.broken_date is not None:
        promised = Text("обещание нарушено, звонит менеджер", "the promise is broken, the manager calls")
        return Reminder(item, kind, State.OFF, promised)
    text = sentence("не отправлено {day}: {why}", "was not sent on {day}: {why}", day=planned, why=reason)
    return Reminder(item, kind, State.MISSED, text, planned)
