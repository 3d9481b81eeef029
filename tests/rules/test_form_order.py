"""Orders from forms: moved once, and only before a person has touched them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rules.decision import At, Comment, Ref, SetFields
from rules.form_order import OrderFacts, decide, order_forms
from rules.limits import Limits
from tests.rules.small_portal import DEFAULTS, at

LIMITS = Limits({**DEFAULTS, "forms.orders": "7, 12"})
DEAL = Ref("deal", 501)
NEW, NEGOTIATION, PACKING = "stage.contract.new", "stage.contract.negotiation", "stage.active.packing"
ORDER = OrderFacts(DEAL, 12, NEW, (NEW,), False, 11, 11, at("2026-04-06 11:00"))
NOW = at("2026-04-06 11:00")


@pytest.mark.parametrize(
    ("order", "outcome"),
    [
        pytest.param(ORDER, "moved", id="in another funnel"),
        pytest.param(replace(ORDER, stage=PACKING, stages=(PACKING,)), "moved", id="on a later stage"),
        pytest.param(replace(ORDER, updated_by=None), "moved", id="nobody knows who changed it"),
        pytest.param(replace(ORDER, form=None), "not_a_form", id="no form"),
        pytest.param(replace(ORDER, form=1), "not_a_form", id="another form"),
        pytest.param(replace(ORDER, stage="stage.active.new", stages=("stage.active.new",)), "in_place", id="in place"),
        pytest.param(replace(ORDER, closed=True), "in_place", id="closed"),
        pytest.param(replace(ORDER, stage=NEGOTIATION, stages=(NEW, NEGOTIATION)), "touched", id="moved"),
        pytest.param(replace(ORDER, stages=(NEW, NEGOTIATION, NEW)), "touched", id="moved there and back"),
        pytest.param(replace(ORDER, stage=NEGOTIATION), "touched", id="moved, its record is not visible yet"),
        pytest.param(replace(ORDER, updated_by=12), "touched", id="edited"),
        pytest.param(replace(ORDER, stages=("stage.active.new", NEW)), "touched", id="moved back after us"),
        pytest.param(replace(ORDER, stages=()), "waits", id="no history yet"),
        pytest.param(replace(ORDER, stages=(), created_time=at("2026-04-06 09:59")), "touched", id="no history ever"),
        pytest.param(replace(ORDER, created_time=at("2026-03-30 10:59")), "old", id="old"),
        pytest.param(replace(ORDER, created_time=at("2026-03-30 11:00")), "moved", id="the app was down for days"),
    ],
)
def test_what_becomes_of_an_order(order: OrderFacts, outcome: str) -> None:
    decision = decide(order, LIMITS, NOW)
    assert decision.outcome == outcome
    if outcome == "moved":
        comment, change = decision.commands
        assert isinstance(comment, Comment) and "12" in comment.text.ru
        assert change == SetFields(DEAL, {"category": "funnel.active", "stage": "stage.active.new"})
    else:
        assert decision.commands == ((At(at("2026-04-06 11:01")),) if outcome == "waits" else ())


@pytest.mark.parametrize(("text", "forms"), [("", set()), ("12", {12}), ("7,12", {7, 12}), (" 7 , 12 ", {7, 12})])
def test_the_forms_of_the_setting(text: str, forms: set[int]) -> None:
    assert order_forms(Limits({"forms.orders": text})) == forms


def test_no_form_is_named_at_first() -> None:
    assert decide(ORDER, Limits(DEFAULTS), NOW).outcome == "not_a_form"
