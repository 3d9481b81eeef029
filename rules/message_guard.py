"""What holds a message to a client back although its rule wants it: the day, the hour's cap, a fresh contact."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from rules.business_calendar import ONE_DAY, Calendar
from rules.decision import Text
from rules.limits import Limits
from rules.send_window import SendWindow
from rules.wording import sentence

HOUR = timedelta(hours=1)
STOPPED = Text(
    "Автоматические сообщения клиентам остановлены: messages.hourly_cap равно 0. Чтобы они уходили, поставьте "
    "больше нуля.",
    "Automatic messages to clients are stopped: messages.hourly_cap is 0. Set it above zero to let them go.",
)


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known at the moment of sending. `day_is_taken`: another message went out to the company today,
    or goes before this one; `sent_in_hour`: of the same rule; `last_contact`: the client's newest call, mail
    or chat message."""

    day_is_taken: bool = False
    sent_in_hour: int = 0
    last_contact: datetime | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """Not now: why, and when to look again. `alarming` is told to an administrator."""

    until: datetime
    reason: Text
    alarming: bool = False


def hold(situation: Situation, calendar: Calendar, limits: Limits, now: datetime) -> Held | None:
    """None when the message may go."""
    cap = limits.integer("messages.hourly_cap")
    if cap == 0:
        return Held(now + HOUR, STOPPED, alarming=True)
    window = SendWindow.of(calendar, limits)
    if not window.is_open(now):
        text = Text(
            "Сейчас клиентам не пишут: сообщение подождёт рабочего времени.",
            "Clients are not written to at this hour: the message waits for the working time.",
        )
        return Held(window.next_opening(now), text)
    if situation.day_is_taken:
        text = Text(
            "Сегодня клиенту уже ушло автоматическое сообщение: это переносится на следующий рабочий день.",
            "The client has had an automatic message today: this one waits for the next workday.",
        )
        return Held(window.opening(calendar.local_day(now) + ONE_DAY), text)
    quiet = timedelta(hours=limits.integer("messages.quiet_hours"))
    if situation.last_contact is not None and situation.last_contact + quiet > now:
        until = situation.last_contact + quiet
        text = sentence(
            "Клиент только что обращался ({at}): автоматическое сообщение подождёт до {until}.",
            "The client has just been in touch ({at}): the automatic message waits until {until}.",
            at=_clock(calendar, situation.last_contact),
            until=_clock(calendar, until),
        )
        return Held(until, text)
    if situation.sent_in_hour >= cap:
        text = sentence(
            "За час правило отправило {cap} сообщений клиентам, остальные придержаны. Если так и должно быть, "
            "увеличьте messages.hourly_cap.",
            "The rule has sent {cap} messages to clients within an hour, the others are held back. If this is right, "
            "raise messages.hourly_cap.",
            cap=cap,
        )
        return Held(now + HOUR, text, alarming=True)
    return None


def _clock(calendar: Calendar, moment: datetime) -> str:
    return moment.astimezone(calendar.time_zone).strftime("%d.%m %H:%M")
