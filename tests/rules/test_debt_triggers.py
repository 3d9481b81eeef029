"""When the portal's automation is told of debts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from config.preset import load_preset
from rules.debt_record import OVERDUE, PAID, PROMISED, WAITING
from rules.debt_triggers import StagedRecord, decide
from rules.decision import FireTrigger, Ref
from rules.limits import Limits
from tests.rules.small_portal import at

NOW = at("2026-04-13 09:05")
LIMITS = Limits(load_preset("food_distribution").defaults())
DEAL = Ref("deal", 501)


def told(
    stage: str, hours: float = 1, siblings: tuple[str, ...] = (), deal: Ref | None = DEAL
) -> list[tuple[str, str]]:
    record = StagedRecord(Ref("debt", 1), stage, NOW - timedelta(hours=hours), deal, siblings)
    commands: Any = decide(record, LIMITS, NOW).commands
    return [(one.trigger, str(one.target)) for one in commands]


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ({"stage": OVERDUE}, [("debt_overdue", "deal:501"), ("debt_overdue", "debt:1")]),
        ({"stage": PAID}, [("debt_paid", "deal:501"), ("debt_paid", "debt:1")]),
        ({"stage": PAID, "siblings": (PAID, PAID)}, [("debt_paid", "deal:501"), ("debt_paid", "debt:1")]),
        ({"stage": PAID, "siblings": (PAID, WAITING)}, [("debt_paid", "debt:1")]),
        ({"stage": OVERDUE, "siblings": (WAITING,)}, [("debt_overdue", "deal:501"), ("debt_overdue", "debt:1")]),
        ({"stage": OVERDUE, "deal": None}, [("debt_overdue", "debt:1")]),
        ({"stage": WAITING}, []),
        ({"stage": PROMISED}, []),
        ({"stage": PAID, "hours": 48}, [("debt_paid", "deal:501"), ("debt_paid", "debt:1")]),
        ({"stage": PAID, "hours": 48.1}, []),
    ],
    ids=str,
)
def test_what_is_told(case: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert told(**case) == expected


def test_each_coming_to_a_stage_is_told_once() -> None:
    first = StagedRecord(Ref("debt", 1), PAID, NOW, DEAL)
    again = StagedRecord(Ref("debt", 1), PAID, NOW + timedelta(minutes=1), DEAL)
    keys = [one.key for record in (first, first, again) for one in decide(record, LIMITS, NOW).commands]
    assert all(isinstance(one, FireTrigger) for one in decide(first, LIMITS, NOW).commands)
    assert keys[:2] == keys[2:4] and not set(keys[:2]) & set(keys[4:])
