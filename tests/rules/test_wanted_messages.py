"""Messages that robots ask for: when they are wanted again, and when not any more."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from config.preset import load_preset
from rules.client_messages import ClientMessage, MessageState
from rules.decision import Complain, Ref, SendMessage
from rules.limits import Limits
from rules.wanted_messages import PURPOSE, WantedFacts, decide
from tests.rules.small_portal import at

NOW = at("2026-04-06 11:00")
ASKED = ClientMessage("robot:one", PURPOSE, MessageState.WAITING, NOW, text="Здравствуйте", subject="Тема")
FACTS = WantedFacts(100, "Ромашка", is_ours=False, opted_out=False, messages=(ASKED,))


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


def test_a_message_that_comes_too_late_is_told_and_dropped() -> None:
    days = limits().integer("messages.max_late_days")
    assert decide(FACTS, limits(), NOW + timedelta(days=days)).outcome == "wanted"
    (command,) = decide(FACTS, limits(), NOW + timedelta(days=days, seconds=1)).commands
    assert isinstance(command, Complain) and "Ромашка" in command.text.ru
