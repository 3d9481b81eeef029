"""The badge «Должник» on open deals: who carries it, what it tells, when it goes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers import keep_company_receivables, mark_deals_of_debtors
from rules.decision import Decision, HideBadge, Ref, ShowBadge
from tests.rules.small_portal import SmallPortal, at

BOTH = (keep_company_receivables.HANDLER, mark_deals_of_debtors.HANDLER)
REPEAT: Mapping[str, Any] = {"category": "funnel.repeat", "stage": "stage.repeat.new"}
CONTRACT: Mapping[str, Any] = {"category": "funnel.contract", "stage": "stage.contract.new"}


def indebted(amount: int = 120_000, **settings: Any) -> SmallPortal:
    """Company 100 owes since 13 April; it is the morning of that day."""
    portal = SmallPortal(at("2026-04-06 11:00"), settings=settings)
    portal.company()
    portal.deal(501)
    portal.debt(1, amount, due="2026-04-13", deal_id=501, deferral_days=7)
    return portal.at("2026-04-13 09:05")


def marked(portal: SmallPortal) -> set[int]:
    return {badge.target.id for badge in portal.badges.values()}


def verdict(portal: SmallPortal, company: int = 100) -> Decision:
    return portal.decisions["mark_deals_of_debtors", Ref("company", company)]


def test_what_the_badge_tells() -> None:
    portal = indebted()
    portal.look(*BOTH)
    [badge] = portal.badges.values()
    assert (badge.key, badge.badge, badge.target, badge.responsible) == (
        "badge:debtor:deal:501",
        "debtor",
        Ref("deal", 501),
        11,
    )
    assert badge.title.ru == "Должник: просрочено 120 000 ₽" and badge.title.en == "Debtor: 120,000 RUB overdue"
    assert [(title.ru, value.ru) for title, value in badge.lines] == [
        ("Просрочено", "120 000 ₽"),
        ("Самый ранний срок оплаты", "13.04.2026"),
        ("Отгрузок с просрочкой", "1"),
    ]
    assert badge.link == Ref("company", 100)


@pytest.mark.parametrize(
    ("deal", "carries"),
    [
        ({}, True),
        (REPEAT, True),
        (CONTRACT, True),
        ({"closed": True}, False),
        ({"category": "funnel.other", "stage": "C9:NEW"}, False),
        ({"company_id": 101}, False),
    ],
)
def test_which_deals_carry_it(deal: Mapping[str, Any], carries: bool) -> None:
    portal = indebted()
    portal.company(101)
    portal.deal(502, **deal)
    portal.look(*BOTH)
    assert marked(portal) == ({501, 502} if carries else {501})


@pytest.mark.parametrize(
    ("amount", "settings", "is_debtor"),
    [
        (120_000, {}, True),
        (500, {"debt.min_amount": Decimal(500)}, False),
        (501, {"debt.min_amount": Decimal(500)}, True),
    ],
)
def test_small_debts_bother_nobody(amount: int, settings: dict[str, Any], is_debtor: bool) -> None:
    portal = indebted(amount, **settings)
    portal.look(*BOTH)
    assert bool(portal.badges) == is_debtor


def test_before_the_due_day_there_is_none() -> None:
    portal = indebted().at("2026-04-12 23:59")
    portal.look(*BOTH)
    assert (marked(portal), verdict(portal).outcome) == (set(), "no_debt")


def test_it_goes_when_the_debt_is_paid_and_comes_back_with_the_next_one() -> None:
    portal = indebted()
    portal.look(*BOTH)
    portal.pay("deal", 501, 120_000)
    portal.look(*BOTH)
    assert marked(portal) == set()
    assert [type(command) for command in portal.made(ShowBadge) + portal.made(HideBadge)] == [ShowBadge, HideBadge]
    portal.debt(2, 5_000, due="2026-04-10", deferral_days=7)
    portal.look(*BOTH)
    assert marked(portal) == {501}


def test_a_part_payment_and_a_second_debt_change_what_it_tells() -> None:
    portal = indebted()
    portal.look(*BOTH)
    portal.pay("deal", 501, 50_000)
    portal.debt(2, 5_000, due="2026-04-10", deferral_days=7)
    portal.look(*BOTH)
    [badge] = portal.badges.values()
    assert [value.ru for _, value in badge.lines] == ["75 000 ₽", "10.04.2026", "2"]


def test_it_goes_from_a_deal_that_is_closed() -> None:
    portal = indebted()
    portal.deal(502)
    portal.look(*BOTH)
    portal.edit("deal", 502, closed=True)
    portal.look(*BOTH)
    assert marked(portal) == {501}


def test_it_goes_from_a_deal_that_another_company_got() -> None:
    portal = indebted()
    portal.company(101)
    portal.deal(502)
    portal.look(*BOTH)
    portal.edit("deal", 502, company_id=101)
    portal.look(*BOTH)
    assert marked(portal) == {501}


def test_only_the_newest_deals_of_a_company_with_very_many() -> None:
    portal = indebted(**{"debt.badge_deals": 3})
    for number in range(502, 510):
        portal.deal(number)
    portal.look(*BOTH)
    assert marked(portal) == {507, 508, 509}
    assert verdict(portal).reason.ru.endswith("(3 из 9).")
    portal.settings["debt.badge_deals"] = 0
    portal.look(*BOTH)
    assert marked(portal) == set()


@given(
    debts=st.lists(st.tuples(st.integers(1, 5_000), st.integers(1, 28)), max_size=5),
    deals=st.lists(st.booleans(), max_size=6),
    cap=st.integers(0, 7),
    paid=st.integers(0, 6_000),
)
def test_exactly_the_open_deals_of_a_debtor(
    debts: list[tuple[int, int]], deals: list[bool], cap: int, paid: int
) -> None:
    """Whatever happened: after a look the badge stands where the totals say, and a second look writes nothing."""
    portal = SmallPortal(at("2026-04-01 09:00"), settings={"debt.badge_deals": cap})
    portal.company()
    for number, closed in enumerate(deals, 1):
        portal.deal(number, closed=closed)
    for number, (amount, day) in enumerate(debts, 1):
        portal.debt(number, amount, due=f"2026-04-{day:02}", deferral_days=7)
    portal.add("invoice", 1, company_id=100, currency="RUB", deal_id=None)
    for now, money in (("2026-04-10 12:00", 0), ("2026-04-20 12:00", paid)):
        portal.at(now).pay("invoice", 1, money)
        portal.look(*BOTH)
        overdue = portal.rows["company"][100].get("debt_overdue")
        owes = overdue is not None and overdue.amount > 0
        open_deals = [number for number, closed in enumerate(deals, 1) if not closed]
        assert marked(portal) == (set(sorted(open_deals)[::-1][:cap]) if owes else set())
        assert portal.look(*BOTH) == []
