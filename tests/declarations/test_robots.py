"""What the robots do and return, on a portal in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from b24app.declare import Ref, Text
from b24app.errors import Terminal
from robots import add_working_days, next_working_moment, recalculate_debt, set_company_type, start_repeat_sale
from rules.decision import SendMessage
from tests.rules.small_portal import SmallPortal, at, rub


class Context:
    """Implements `RobotContext` over the portal."""

    def __init__(self, portal: SmallPortal, language: str = "ru") -> None:
        self.reader = portal
        self.now = portal.now
        self.language = language
        self.call = "one"
        self.wanted: list[SendMessage] = []

    def want(self, message: SendMessage, handler: str) -> None:
        self.wanted.append(message)

    def look_again(self, subjects: Sequence[Ref]) -> None:
        assert [subject.entity for subject in subjects] == ["company"]
        self.reader.look()

    def last_reason(self, subject: Ref, handler: str) -> Text:
        return self.reader.decisions[handler, subject].reason


@pytest.fixture
def portal() -> SmallPortal:
    portal = SmallPortal(at("2026-04-14 10:00"))
    portal.company()
    portal.deal(501, 120000)
    portal.debt(1, 120000, "2026-04-13", deal_id=501)
    portal.debt(2, 500, "2026-04-20")
    portal.debt(3, 10, "2026-04-20", paid=rub(10))
    return portal


@pytest.mark.parametrize("document", [Ref("company", 100), Ref("deal", 501), Ref("debt", 2)], ids=str)
def test_recalculate_debt(portal: SmallPortal, document: Ref) -> None:
    returned = recalculate_debt.act(Context(portal), document, recalculate_debt.Properties())
    assert returned == recalculate_debt.Returns(
        in_period=Decimal(500), overdue=Decimal(120000), advance=Decimal(0), open_records=2
    )


def test_recalculate_debt_of_a_company_that_owes_nothing() -> None:
    portal = SmallPortal(at("2026-04-14 10:00"))
    portal.company()
    returned = recalculate_debt.act(Context(portal), Ref("company", 100), recalculate_debt.Properties())
    assert returned.in_period == returned.overdue == returned.advance == returned.open_records == 0


@pytest.mark.parametrize(
    ("language", "reason"),
    [("ru", "Должник: просрочено 120 000 ₽ с 13.04.2026."), ("en", "Debtor: 120,000 RUB overdue since 13.04.2026.")],
)
def test_set_company_type(portal: SmallPortal, language: str, reason: str) -> None:
    returned = set_company_type.act(Context(portal, language), Ref("deal", 501), set_company_type.Properties())
    assert returned == set_company_type.Returns(type="debtor", reason=reason)


def test_a_foreign_type_is_returned_as_it_is(portal: SmallPortal) -> None:
    portal.edit("company", 100, type="SUPPLIER")
    returned = set_company_type.act(Context(portal), Ref("company", 100), set_company_type.Properties())
    assert returned.type == "SUPPLIER" and "не из наших" in returned.reason


@pytest.mark.parametrize("robot", [recalculate_debt, set_company_type, start_repeat_sale])
def test_a_deal_without_a_company_is_refused_in_words(portal: SmallPortal, robot: object) -> None:
    portal.deal(502, company_id=None)
    with pytest.raises(Terminal):
        robot.act(Context(portal), Ref("deal", 502), robot.Properties())  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("now", "properties", "expected"),
    [
        ("2026-04-06 11:00", {"days": 1}, "2026-04-07 11:00"),
        ("2026-04-10 17:45", {"days": 1}, "2026-04-13 17:45"),
        ("2026-04-10 23:30", {"days": 3}, "2026-04-15 23:30"),
        ("2026-04-11 10:00", {"days": 0}, "2026-04-13 10:00"),
        ("2026-04-06 11:00", {"days": 0}, "2026-04-06 11:00"),
        ("2026-04-30 10:00", {"days": 1}, "2026-05-04 10:00"),
        ("2026-04-06 11:00", {"days": 2, "since": "30.04.2026 09:15:00"}, "2026-05-05 09:15"),
        ("2026-04-06 11:00", {"days": 1, "since": "2026-04-10"}, "2026-04-13 00:00"),
        ("2026-04-06 11:00", {"days": 1, "since": "2026-04-10T22:00:00+00:00"}, "2026-04-13 01:00"),
        ("2026-04-06 11:00", {"days": 1, "since": "06.04.2026 11:00:00 [10800]"}, "2026-04-07 11:00"),
        ("2026-12-30 12:00", {"days": 2}, "2027-01-11 12:00"),
    ],
    ids=str,
)
def test_add_working_days(now: str, properties: dict[str, Any], expected: str) -> None:
    context = Context(SmallPortal(at(now)))
    returned = add_working_days.act(context, Ref("deal", 501), add_working_days.Properties(**properties))
    assert (returned.moment, returned.day) == (at(expected), date.fromisoformat(expected[:10]))


@pytest.mark.parametrize(
    ("now", "since", "expected", "is_open"),
    [
        ("2026-04-06 11:00", None, "2026-04-06 11:00", True),
        ("2026-04-06 08:59", None, "2026-04-06 09:00", False),
        ("2026-04-06 09:00", None, "2026-04-06 09:00", True),
        ("2026-04-06 18:00", None, "2026-04-07 09:00", False),
        ("2026-04-10 20:00", None, "2026-04-13 09:00", False),
        ("2026-04-06 11:00", "01.05.2026 12:00:00", "2026-05-04 09:00", False),
    ],
)
def test_next_working_moment(now: str, since: str | None, expected: str, is_open: bool) -> None:
    context = Context(SmallPortal(at(now)))
    returned = next_working_moment.act(context, Ref("deal", 501), next_working_moment.Properties(since=since))
    assert (returned.moment, returned.is_open) == (at(expected), is_open)


def test_what_is_no_moment_is_refused_in_words() -> None:
    context = Context(SmallPortal(at("2026-04-06 11:00")))
    with pytest.raises(Terminal, match="no date"):
        add_working_days.act(context, Ref("deal", 1), add_working_days.Properties(days=1, since="завтра"))
