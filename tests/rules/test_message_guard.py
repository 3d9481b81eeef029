"""What holds a message to a client back, and until when."""

from __future__ import annotations

from datetime import timedelta

import pytest

from config.preset import load_preset
from rules.business_calendar import Calendar
from rules.limits import Limits
from rules.message_guard import Situation, hold
from tests.rules.small_portal import at

CALENDAR = Calendar.from_settings({"time_zone": "Europe/Moscow", "week_holidays": ["SA", "SU"], "work_time_end": "18"})


def limits(**own: object) -> Limits:
    values = load_preset("food_distribution").defaults()
    return Limits({**values, **{name.replace("__", "."): value for name, value in own.items()}})


CASES = [
    ("a quiet day", Situation(), "2026-04-06 11:00", None),
    ("the window has just opened", Situation(), "2026-04-06 09:00", None),
    ("before the window", Situation(), "2026-04-06 08:59", "2026-04-06 09:00"),
    ("the window has just closed", Situation(), "2026-04-06 18:00", "2026-04-07 09:00"),
    ("a day off", Situation(), "2026-04-04 11:00", "2026-04-06 09:00"),
    ("the second of the day", Situation(day_is_taken=True), "2026-04-06 11:00", "2026-04-07 09:00"),
    ("the second of a Friday", Situation(day_is_taken=True), "2026-04-10 11:00", "2026-04-13 09:00"),
    ("he has just called", Situation(last_contact=at("2026-04-06 10:30")), "2026-04-06 11:00", "2026-04-06 14:30"),
    ("he called in the morning", Situation(last_contact=at("2026-04-06 07:00")), "2026-04-06 11:00", None),
    ("the hour is full", Situation(sent_in_hour=100), "2026-04-06 11:00", "2026-04-06 12:00"),
    ("one is left", Situation(sent_in_hour=99), "2026-04-06 11:00", None),
]


@pytest.mark.parametrize(("what", "situation", "now", "until"), CASES, ids=[case[0] for case in CASES])
def test_when_a_message_may_go(what: str, situation: Situation, now: str, until: str | None) -> None:
    held = hold(situation, CALENDAR, limits(), at(now))
    assert (held.until if held else None) == (at(until) if until else None)


def test_only_the_cap_alarms() -> None:
    full = hold(Situation(sent_in_hour=5), CALENDAR, limits(messages__hourly_cap=5), at("2026-04-06 11:00"))
    second = hold(Situation(day_is_taken=True), CALENDAR, limits(), at("2026-04-06 11:00"))
    assert full and full.alarming and "5" in full.reason.ru
    assert second and not second.alarming


@pytest.mark.parametrize("now", ["2026-04-06 11:00", "2026-04-04 11:00"])
def test_a_cap_of_nothing_says_that_messages_are_stopped(now: str) -> None:
    stopped = hold(Situation(), CALENDAR, limits(messages__hourly_cap=0), at(now))
    assert stopped and stopped.alarming and stopped.until == at(now) + timedelta(hours=1)
    assert "остановлены" in stopped.reason.ru and "stopped" in stopped.reason.en
    assert "отправило 0" not in stopped.reason.ru and "has sent 0" not in stopped.reason.en


def test_no_pause_after_a_contact_when_none_is_wanted() -> None:
    situation = Situation(last_contact=at("2026-04-06 10:59"))
    assert hold(situation, CALENDAR, limits(messages__quiet_hours=0), at("2026-04-06 11:00")) is None
