"""The year's check finds what is wrong: shown on a log made by hand, without a portal. `make year` lives the year."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.year.allowance import highest
from tests.year.business import PAY, Business, Order
from tests.year.check import checks_of, checks_of_work
from tests.year.page import page, telling_client
from tests.year.simulate import FIRST, days_off
from tests.year.tables import CALL, Did, Load, summary

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


def faults_of(did: list[Did]) -> list[str]:
    return [fault for faults in checks_of(BUSINESS, HAPPENINGS, ORDERS, did).values() for fault in faults]


def found(did: list[Did]) -> list[str]:
    opted_out = {fault for fault in faults_of(PERFECT) if "opted out" in fault}
    return [fault for fault in faults_of(did) if fault not in opted_out]


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


def says(amount: str, order: Order) -> Did:
    company, due = order.company, BUSINESS.workday(order.due)
    text = f"К оплате:\n• отгрузка от {order.shipped:%d.%m.%Y}: {amount}\xa0₽, срок {due:%d.%m.%Y}"
    return Did(f"{due}T09:01:00+03:00", "message", company, "email", text)


def test_a_sum_that_is_not_owed_is_found() -> None:
    order = next(one for one in ORDERS.values() if one.habit == "never")
    right = f"{order.amount:,}".replace(",", "\xa0")
    others = [one for one in PERFECT if (one.company, one.day) != (order.company, BUSINESS.workday(order.due))]
    calls = [one for one in PERFECT if one.kind == "task" and one not in others]
    assert found([*others, *calls, says(right, order)]) == []
    assert ["says" in fault for fault in found([*others, *calls, says("17", order)])] == [True]


def test_a_paid_order_that_is_spoken_of_is_found() -> None:
    order = next(one for one in ORDERS.values() if one.habit == "ahead")
    assert any("says" in fault for fault in found([*PERFECT, says(f"{order.amount}", order)]))


def test_work_over_the_allowance_is_found() -> None:
    level, most = highest(40.0, 0.0, [0.0] * 11)
    fine, over = Load(FIRST, "09:00", 10, 1, 0, 50.0), Load(FIRST, "11:00", 11, 1, 1, most, 0.0, 2)
    assert (level, most) == (51.0, 51.0) and highest(40.0, 0.0, [10.0, 10.0]) == (22.0, 22.0)
    assert not any(checks_of_work([fine], {}).values())
    assert all(checks_of_work([fine, over], {"owes": 3}).values())


def test_the_page_shows_the_figures_the_checks_and_one_client() -> None:
    loads = [Load(FIRST + timedelta(days=number), "09:00", 10, 1, 0, 12.0, 3.0) for number in range(DAYS)]
    checks = checks_of(BUSINESS, HAPPENINGS, ORDERS, PERFECT) | checks_of_work(loads, {})
    text = page(BUSINESS, HAPPENINGS, ORDERS, PERFECT, loads, checks)
    client = telling_client(ORDERS)
    mine = sum(one.company == client for one in PERFECT)
    assert text.count("| app |") == mine > 3 and text.count("| client |") > mine / 2
    assert "| all |" in text and all(name in text for name in checks)
