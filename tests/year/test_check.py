"""The year's check finds what is wrong: shown on a log made by hand, without a portal. `make year` lives the year."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.year.business import PAY, Business
from tests.year.check import CALL, faults_of
from tests.year.simulate import FIRST, days_off
from tests.year.tables import Did, Load, summary

DAYS = 120
BUSINESS = Business(FIRST, DAYS, 30, days_off(FIRST, DAYS))
HAPPENINGS, ALL_ORDERS = BUSINESS.story()
ORDERS = {number: one for number, one in ALL_ORDERS.items() if one.shipped < FIRST + timedelta(days=DAYS)}


def unpaid_on(number: int, day: date) -> bool:
    paid = [one for moment in HAPPENINGS if moment < day for one in HAPPENINGS[moment] if one.kind == PAY]
    return sum(one.amount for one in paid if one.order == number) < ORDERS[number].amount


def perfect() -> list[Did]:
    """Everybody reminded and called on the very day, at a minute past nine."""
    messages: set[tuple[date, int]] = set()
    calls: set[tuple[date, int]] = set()
    for number, order in ORDERS.items():
        due = BUSINESS.workday(order.due)
        before = due - timedelta(days=2)
        while before in BUSINESS.days_off:
            before -= timedelta(days=1)
        messages |= {(day, order.company) for day in (before, due) if day > order.shipped and unpaid_on(number, day)}
        calls |= {(due, order.company)} if unpaid_on(number, due) else set()
    made = [Did(f"{day}T09:01:00+03:00", "message", company, "email", "") for day, company in sorted(messages)]
    return made + [Did(f"{day}T09:01:00+03:00", "task", who, "11", f"{CALL}: x") for day, who in sorted(calls)]


def found(did: list[Did]) -> list[str]:
    opted_out = {fault for fault in faults_of(BUSINESS, HAPPENINGS, ORDERS, PERFECT) if "opted out" in fault}
    return [fault for fault in faults_of(BUSINESS, HAPPENINGS, ORDERS, did) if fault not in opted_out]


PERFECT = perfect()


def test_a_perfect_log_has_no_fault() -> None:
    assert len(PERFECT) > 100 and found(PERFECT) == []


@pytest.mark.parametrize(("kind", "said"), [("message", "no message"), ("task", "no call")])
def test_what_is_missing_is_found(kind: str, said: str) -> None:
    faults = found([one for one in PERFECT if one.kind != kind])
    assert len(faults) > 50 and all(said in fault for fault in faults)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (PERFECT[0].at, "on one day"),
        ("2026-03-07T09:01:00+03:00", "outside the hours"),
        ("2026-03-11T20:01:00+03:00", "outside the hours"),
    ],
)
def test_what_is_too_much_is_found(at: str, said: str) -> None:
    assert any(said in fault for fault in found([*PERFECT, replace(PERFECT[0], at=at)]))


def test_the_summary_has_a_line_for_each_month() -> None:
    loads = [Load(FIRST + timedelta(days=30 * month), "09:00", 10 + month, 1, 0) for month in range(4)]
    lines = summary(PERFECT, loads).splitlines()
    assert [line.split("|")[1].strip() for line in lines[2:6]] == ["2026-01", "2026-02", "2026-03", "2026-04"]
