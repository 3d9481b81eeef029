"""Visits: which day stands on the company's card, and when a missing result is asked for."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.business_calendar import Calendar
from rules.decision import At, CreateTodo, Ref, SetFields
from rules.limits import Limits
from rules.visits import CompanyVisits, Visit, VisitFacts, decide_last_visit, decide_reminder
from tests.rules.small_portal import DEFAULTS, at

LIMITS = Limits(DEFAULTS)
SETTINGS = {"time_zone": "Europe/Moscow", "work_time_end": "18", "week_holidays": ["SA", "SU"], "year_holidays": "1.05"}
CALENDAR = Calendar.from_settings(SETTINGS)


def visits(*entries: tuple[str, bool]) -> tuple[Visit, ...]:
    return tuple(Visit(id, date.fromisoformat(day), result) for id, (day, result) in enumerate(entries, 1))


@pytest.mark.parametrize(
    ("entries", "last", "wakes"),
    [
        pytest.param([], None, None, id="no visits"),
        pytest.param([("2026-03-10", True), ("2026-04-02", True)], "2026-04-02", None, id="the latest"),
        pytest.param([("2026-04-02", True), ("2026-03-10", True)], "2026-04-02", None, id="in any order"),
        pytest.param([("2026-03-10", True), ("2026-04-02", False)], "2026-03-10", None, id="without a result"),
        pytest.param([("2026-04-06", True)], "2026-04-06", None, id="today counts"),
        pytest.param([("2026-04-07", True)], None, "2026-04-07 00:00", id="tomorrow is a plan"),
        pytest.param(
            [("2026-05-20", True), ("2026-04-08", True), ("2026-04-01", True)],
            "2026-04-01",
            "2026-04-08 00:00",
            id="the next plan",
        ),
        pytest.param([("2026-04-07", False)], None, None, id="a plan without a result"),
    ],
)
def test_the_last_visit(entries: list[tuple[str, bool]], last: str | None, wakes: str | None) -> None:
    facts = CompanyVisits(100, None, visits(*entries), CALENDAR)
    command, *moments = decide_last_visit(facts, LIMITS, at("2026-04-06 23:59")).commands
    assert command == SetFields(Ref("company", 100), {"last_visit": date.fromisoformat(last) if last else None})
    assert moments == ([At(at(wakes))] if wakes else [])


DAYS = st.dates(date(2025, 1, 1), date(2027, 12, 31))


@given(entries=st.lists(st.tuples(DAYS, st.booleans()), max_size=6), order=st.randoms(), after=st.integers(0, 900))
def test_the_order_does_not_matter_and_every_plan_becomes_a_visit(entries, order, after) -> None:
    known = [Visit(id, day, result) for id, (day, result) in enumerate(entries, 1)]
    mixed = known.copy()
    order.shuffle(mixed)
    now = at("2026-04-06 11:00") + timedelta(days=after)
    one, other = (
        decide_last_visit(CompanyVisits(100, None, tuple(some), CALENDAR), LIMITS, now) for some in (known, mixed)
    )
    assert one.commands == other.commands
    later = at("2028-06-01 00:00")
    assert not [
        c
        for c in decide_last_visit(CompanyVisits(100, None, tuple(known), CALENDAR), LIMITS, later).commands
        if isinstance(c, At)
    ]


@pytest.mark.parametrize(
    ("day", "result", "now", "outcome"),
    [
        ("2026-04-06", False, "2026-04-06 18:00", "2026-04-07 09:00"),
        ("2026-04-06", False, "2026-04-07 08:59", "2026-04-07 09:00"),
        ("2026-04-06", False, "2026-04-07 09:00", "remind"),
        ("2026-04-10", False, "2026-04-11 12:00", "2026-04-13 09:00"),
        ("2026-04-30", False, "2026-05-01 09:00", "2026-05-04 09:00"),
        ("2026-04-06", False, "2026-04-20 23:59", "remind"),
        ("2026-04-06", False, "2026-04-21 00:00", "old"),
        ("2026-04-06", True, "2026-04-07 09:00", "nothing"),
        (None, False, "2026-04-07 09:00", "nothing"),
        ("2026-05-20", False, "2026-04-07 09:00", "2026-05-21 09:00"),
    ],
)
def test_a_missing_result_is_asked_for(day: str | None, result: bool, now: str, outcome: str) -> None:
    visit = Visit(7, date.fromisoformat(day) if day else None, result)
    decision = decide_reminder(VisitFacts(visit, "Ромашка", 11, CALENDAR), LIMITS, at(now))
    if outcome[0].isdigit():
        assert decision.commands == (At(at(outcome)),)
        return
    assert decision.outcome == outcome
    todos = [command for command in decision.commands if isinstance(command, CreateTodo)]
    assert [(todo.key, todo.target, todo.responsible) for todo in todos] == (
        [("visit_result:7", Ref("visit", 7), 11)] if outcome == "remind" else []
    )
