"""The badge «Должник» where no company looks after it."""

from __future__ import annotations

import pytest

from facts.stray_badge import load_stray_badges
from rules.decision import HideBadge, Ref, ShowBadge, Text
from rules.stray_badge import decide
from tests.rules.small_portal import SmallPortal, at


@pytest.mark.parametrize(
    ("fields", "badged", "taken"),
    [
        ({}, True, False),
        ({"company_id": None}, True, True),
        ({"company_id": None}, False, False),
        ({"company_id": 7_777}, True, True),
        ({"category": "0"}, True, True),
        ({"category": "0"}, False, False),
    ],
)
def test_who_loses_it(fields: dict[str, object], badged: bool, taken: bool) -> None:
    portal = SmallPortal(at("2026-04-06 10:00"))
    portal.company()
    portal.deal(501, **fields)
    if badged:
        title = Text("Должник", "Debtor")
        portal.badges["badge:debtor:deal:501"] = ShowBadge(
            "badge:debtor:deal:501", Ref("deal", 501), "debtor", 11, title, (), Ref("company", 100), title
        )
    decision = decide(load_stray_badges(portal, [501])[501], portal.limits, portal.now)
    expected = (HideBadge("badge:debtor:deal:501", Ref("deal", 501)),) if taken else ()
    assert decision.commands == expected
