"""Messages that robots ask for: when they are wanted again, and when not any more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from config.preset import load_preset
from rules.business_calendar import Calendar
from rules.client_messages import ClientMessage, MessageState
from rules.decision import Complain, Ref, SendMessage
from rules.limits import Limits
from rules.wanted_messages import PURPOSE, WantedFacts, decide
from tests.rules.small_portal import SmallPortal, at

NOW = at("2026-04-06 11:00")
ASKED = ClientMessage("robot:one", PURPOSE, MessageState.WAITING, NOW, text="Здравствуйте", subject="Тема")
CALENDAR = Calendar.from_settings(SmallPortal(NOW).calendar())
FACTS = WantedFacts(100, "Ромашка", is_ours=False, opted_out=False, messages=(ASKED,), calendar=CALENDAR)


def limits(**own: object) -> Limits:
    values = load_preset("food_distribution").defaults()
    return Limits({**values, **{name.replace("__", "."): value for name, value in own.items()}})


def test_what_waits_is_wanted_in_its_own_words() -> None:
    decision = decide(FACTS, limits(), NOW)
    wanted = SendMessage("robot:one", Ref("company", 100), PURPOSE, "Здравствуйте", "Тема", (), 50)
    assert decision.commands == (wanted,)


@pytest.mark.parametrize("state", [state for state in MessageState if state is not MessageState.WAITING])
def test_what_has_had_its_turn_is_not_wanted(state: MessageState) -> None:
    assert decide(replace(FACTS, messages=(replace(ASKED, state=state),)), limits(), NOW).commands == ()


def test_messages_of_other_rules_are_theirs() -> None:
    assert decide(replace(FACTS, messages=(replace(ASKED, purpose="debt_due"),)), limits(), NOW).commands == ()


@pytest.mark.parametrize(
    ("facts", "own"),
    [
        (replace(FACTS, opted_out=True), {}),
        (replace(FACTS, is_ours=True), {}),
        (FACTS, {"messages__stop_list": "7, 100"}),
    ],
)
def test_a_company_that_is_not_written_to(facts: WantedFacts, own: dict[str, object]) -> None:
    decision = decide(facts, limits(**own), NOW)
    assert (decision.outcome, decision.commands) == ("refused", ())
    assert decision.reason.ru and decision.reason.en


def ask(moment: str, *others: ClientMessage) -> WantedFacts:
    """What a robot asked for at this moment, and waits."""
    return replace(FACTS, messages=(replace(ASKED, at=at(moment)), *others))


def sent(moment: str) -> ClientMessage:
    """A reminder that had the company's day."""
    return ClientMessage(f"debts:{moment}", "debt_due", MessageState.SENT, at(moment))


@pytest.mark.parametrize(
    ("asked", "last", "too_late"),
    [
        ("2026-04-06 11:00", "2026-04-09 17:59", "2026-04-10 09:00"),
        ("2026-04-06 07:30", "2026-04-09 17:59", "2026-04-10 09:00"),
        ("2026-04-10 18:05", "2026-04-15 17:59", "2026-04-16 09:00"),
        ("2026-04-11 12:00", "2026-04-15 17:59", "2026-04-16 09:00"),
        # 1.05 to 3.05 and 9.05 to 11.05 are days off, the first of January to the eighth too
        ("2026-04-30 18:05", "2026-05-06 17:59", "2026-05-07 09:00"),
        ("2025-12-31 18:05", "2026-01-11 17:59", "2026-01-12 09:00"),
    ],
)
def test_it_is_late_from_the_first_day_on_which_it_could_go(asked: str, last: str, too_late: str) -> None:
    assert decide(ask(asked), limits(), at(last)).outcome == "wanted"
    assert decide(ask(asked), limits(), at(too_late)).outcome == "too_old"


def test_what_waits_over_a_weekend_goes_on_monday() -> None:
    (command,) = decide(ask("2026-04-10 18:05"), limits(), at("2026-04-13 09:00")).commands
    assert isinstance(command, SendMessage)


def test_days_that_a_reminder_had_do_not_count() -> None:
    told = (sent("2026-04-13 09:00"), sent("2026-04-14 09:00"), sent("2026-04-15 09:00"))
    assert decide(ask("2026-04-10 18:05", *told), limits(), at("2026-04-18 09:00")).outcome == "wanted"
    assert decide(ask("2026-04-10 18:05", *told[:2]), limits(), at("2026-04-18 09:00")).outcome == "too_old"


def test_as_late_as_the_setting_says() -> None:
    strict = limits(messages__max_late_days=0)
    assert decide(ask("2026-04-10 18:05"), strict, at("2026-04-13 09:00")).outcome == "wanted"
    assert decide(ask("2026-04-10 18:05"), strict, at("2026-04-14 09:00")).outcome == "too_old"


def test_a_message_that_comes_too_late_is_told_and_dropped() -> None:
    (command,) = decide(FACTS, limits(), at("2026-04-10 09:00")).commands
    assert isinstance(command, Complain) and "Ромашка" in command.text.ru
