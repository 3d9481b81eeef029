"""The next step of a deal: when it is asked for, and that it is asked for once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.business_calendar import Calendar
from rules.decision import At, CreateTodo, Ref, SetFields
from rules.limits import Limits
from rules.next_step import TITLE, NextStepFacts, decide, push_funnels
from tests.rules.small_portal import DEFAULTS, at

LIMITS = Limits(DEFAULTS)
SETTINGS = {"time_zone": "Europe/Moscow", "work_time_end": "18", "week_holidays": ["SA", "SU"], "year_holidays": "1.05"}
CALENDAR = Calendar.from_settings(SETTINGS)
DEAL = Ref("deal", 510)


def facts(planned: tuple[str, ...] | None, newest: int = 7, created: str = "2026-04-01 10:00") -> NextStepFacts:
    return NextStepFacts(DEAL, at(created), 11, CALENDAR, planned, newest)


@pytest.mark.parametrize(
    ("case", "now", "outcome", "flag"),
    [
        pytest.param(facts(None), "2026-04-06 12:00", "not_pushed", False, id="closed or elsewhere"),
        pytest.param(facts(("Позвонить",)), "2026-04-06 12:00", "planned", False, id="planned"),
        pytest.param(facts(("",)), "2026-04-06 12:00", "planned", False, id="an activity without a title"),
        pytest.param(facts((TITLE.ru,)), "2026-04-06 12:00", "asked", True, id="asked already"),
        pytest.param(facts((TITLE.en,)), "2026-04-06 12:00", "asked", True, id="asked in the other language"),
        pytest.param(facts((TITLE.ru, "Письмо")), "2026-04-06 12:00", "planned", False, id="asked and planned"),
        pytest.param(facts(()), "2026-04-06 12:00", "no_next_step", True, id="nothing"),
        pytest.param(facts((), 0), "2026-04-06 12:00", "no_next_step", True, id="never anything"),
        pytest.param(facts((), 0, "2026-04-06 11:01"), "2026-04-06 12:00", "new", False, id="new"),
        pytest.param(facts((), 0, "2026-04-06 11:00"), "2026-04-06 12:00", "no_next_step", True, id="an hour old"),
        pytest.param(
            facts((), 7, "2026-04-06 11:59"), "2026-04-06 12:00", "no_next_step", True, id="new, done already"
        ),
    ],
)
def test_what_is_wanted(case: NextStepFacts, now: str, outcome: str, flag: bool) -> None:
    decision = decide(case, LIMITS, at(now))
    assert decision.outcome == outcome
    assert SetFields(DEAL, {"no_next_step": flag}) in decision.commands
    assert any(isinstance(c, CreateTodo) for c in decision.commands) == (outcome == "no_next_step")
    assert [c for c in decision.commands if isinstance(c, At)] == (
        [At(at("2026-04-06 12:01"))] if outcome == "new" else []
    )


@pytest.mark.parametrize(
    ("now", "deadline"),
    [
        ("2026-04-06 12:00", "2026-04-07 10:00"),
        ("2026-04-06 00:00", "2026-04-07 10:00"),
        ("2026-04-10 23:59", "2026-04-13 10:00"),
        ("2026-04-11 12:00", "2026-04-13 10:00"),
        ("2026-04-30 12:00", "2026-05-04 10:00"),
    ],
)
def test_the_deadline_is_the_next_workday(now: str, deadline: str) -> None:
    [todo] = [c for c in decide(facts(()), LIMITS, at(now)).commands if isinstance(c, CreateTodo)]
    assert (todo.deadline, todo.responsible, todo.title) == (at(deadline), 11, TITLE)


@given(newest=st.lists(st.integers(0, 10_000), min_size=2, max_size=2, unique=True), minute=st.integers(0, 59))
def test_one_key_for_a_gap_and_another_for_the_next(newest: list[int], minute: int) -> None:
    def key(behind: int, now: str) -> str:
        return next(c.key for c in decide(facts((), behind), LIMITS, at(now)).commands if isinstance(c, CreateTodo))

    first = key(newest[0], "2026-04-06 12:00")
    assert key(newest[0], f"2026-04-06 12:{minute:02}") == first
    assert key(newest[1], "2026-04-06 12:00") != first
    assert key(newest[0], f"2026-04-06 13:{minute:02}") != first


@pytest.mark.parametrize(
    ("text", "funnels"),
    [("", ()), ("funnel.contract", ("funnel.contract",)), (" funnel.a , funnel.b", ("funnel.a", "funnel.b"))],
)
def test_the_funnels_of_the_setting(text: str, funnels: tuple[str, ...]) -> None:
    assert push_funnels(Limits({"push.funnels": text})) == funnels
