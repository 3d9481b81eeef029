"""The figures of the win-back report (R0.26): months, whose order is whose, nothing counted twice."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from rules.business_calendar import Calendar
from rules.win_back import Purchase, Talk, by_month
from tests.rules.small_portal import SmallPortal, at

CALENDAR = Calendar.from_settings(SmallPortal(at("2026-04-01 00:00")).calendar())
MARCH = (date(2026, 3, 1), date(2026, 3, 31))


def talk(id: int, company: int, created: str = "2026-03-05 08:00", **values: object) -> Talk:
    return Talk(id, company, at(created), **values)  # type: ignore[arg-type]


def bought(company: int, moment: str, amount: int) -> Purchase:
    return Purchase(company, at(moment), Decimal(amount))


def test_ap_09_the_month_of_four_deals() -> None:
    talks = [
        talk(1, 101, is_open=False),
        talk(2, 102, is_open=False, contacted=True),
        talk(3, 103, refused=True, is_open=False, contacted=True, reason="price"),
        talk(4, 104),
    ]
    orders = [bought(101, "2026-03-20 12:00", 15_000), bought(102, "2026-04-01 12:00", 5_000)]
    (march,) = by_month(talks, orders, CALENDAR, *MARCH, 30)
    assert (march.generated, march.contacted, march.returned, march.share) == (4, 2, 2, 50)
    assert (march.revenue, march.refused, march.open, march.reasons) == (20_000, 1, 1, Counter(price=1))


def test_thirty_days_and_not_one_more() -> None:
    orders = [bought(1, "2026-04-04 08:00", 10), bought(1, "2026-04-04 08:01", 99)]
    (march,) = by_month([talk(1, 1)], orders, CALENDAR, *MARCH, 30)
    assert march.revenue == 10


def test_an_order_belongs_to_the_last_talk_before_it() -> None:
    talks = [talk(1, 1, "2026-03-05 08:00"), talk(2, 1, "2026-04-02 08:00")]
    orders = [bought(1, "2026-04-03 08:00", 10)]
    march, april = by_month(talks, orders, CALENDAR, date(2026, 3, 1), date(2026, 4, 30), 30)
    assert (march.returned, april.returned, april.revenue) == (0, 1, 10)


def test_a_month_without_talks_is_shown_and_a_border_is_the_portals() -> None:
    talks = [talk(1, 1, "2026-03-01 00:30")]
    months = by_month(talks, [], CALENDAR, date(2026, 2, 1), date(2026, 4, 1), 30)
    assert [(one.first.month, one.generated, one.share) for one in months] == [(2, 0, 0), (3, 1, 0), (4, 0, 0)]


@given(
    starts=st.lists(st.tuples(st.integers(1, 3), st.integers(0, 80)), max_size=8),
    orders=st.lists(st.tuples(st.integers(1, 4), st.integers(0, 120), st.integers(1, 9)), max_size=8),
)
def test_money_is_never_counted_twice(starts: list[tuple[int, int]], orders: list[tuple[int, int, int]]) -> None:
    begin = at("2026-01-10 08:00")
    talks = [Talk(n, company, begin + timedelta(days=day)) for n, (company, day) in enumerate(starts)]
    purchases = [Purchase(c, begin + timedelta(days=day, hours=1), Decimal(amount)) for c, day, amount in orders]
    months = by_month(talks, purchases, CALENDAR, date(2026, 1, 1), date(2026, 12, 31), 30)
    assert sum(one.revenue for one in months) <= sum(one.amount for one in purchases)
    assert sum(one.generated for one in months) == len(talks)
    assert all(one.returned <= one.generated and 0 <= one.share <= 100 for one in months)
