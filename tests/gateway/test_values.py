"""Values both ways: no amount passes through a float, no moment loses its zone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b24app.errors import PortalRefused
from b24app.portal.encoding import command_text, form_pairs, json_body
from b24app.portal.values import from_rest, to_filter, to_rest
from rules.decision import Money

MOMENT = datetime(2026, 4, 6, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "rest", "value"),
    [
        ("money", "300|RUB", Money(Decimal("300"), "RUB")),
        ("money", "0.10|USD", Money(Decimal("0.10"), "USD")),
        ("money", 300, Money(Decimal("300"), "")),
        ("money", "1 300,50|RUB", Money(Decimal("1300.50"), "RUB")),
        ("money", "", None),
        ("money", None, None),
        ("double", Decimal("0.1"), Decimal("0.1")),
        ("double", "15.50", Decimal("15.50")),
        ("double", 0, Decimal(0)),
        ("integer", "14", 14),
        ("integer", 0, 0),
        ("link", 0, None),
        ("link", "0", None),
        ("link", 12, 12),
        ("links", [1, "2"], [1, 2]),
        ("links", None, []),
        ("enumeration", "45", 45),
        ("enumeration", 0, None),
        ("boolean", "Y", True),
        ("boolean", "N", False),
        ("boolean", 1, True),
        ("boolean", "0", False),
        ("boolean", True, True),
        ("boolean", None, False),
        ("date", "2026-04-06", date(2026, 4, 6)),
        ("date", "2026-04-06T00:00:00+03:00", date(2026, 4, 6)),
        ("date", "", None),
        ("datetime", "2026-04-06T11:00:00+03:00", MOMENT),
        ("string", "текст", "текст"),
        ("string", "", None),
        ("string", ["a", "b"], ["a", "b"]),
    ],
)
def test_a_value_of_the_portal_as_rules_see_it(kind: str, rest: Any, value: Any) -> None:
    assert from_rest(kind, rest) == value


@pytest.mark.parametrize(
    ("kind", "value", "rest"),
    [
        ("money", Money(Decimal("1E+3"), "RUB"), "1000|RUB"),
        ("money", Money(Decimal("120000.00"), "RUB"), "120000|RUB"),
        ("money", Money(Decimal("-0.50"), "RUB"), "-0.50|RUB"),
        ("money", None, ""),
        ("boolean", True, "Y"),
        ("boolean", False, "N"),
        ("date", date(2026, 4, 6), "2026-04-06"),
        ("date", None, ""),
        ("datetime", MOMENT, "2026-04-06T08:00:00+00:00"),
        ("double", Decimal("0.10"), "0.10"),
        ("integer", 7, 7),
        ("links", [1, 2], [1, 2]),
        ("links", None, []),
        ("link", None, ""),
    ],
)
def test_a_value_as_the_portal_takes_it(kind: str, value: Any, rest: Any) -> None:
    assert to_rest(kind, value) == rest


def test_flags_of_user_fields_are_numbers_in_filters() -> None:
    assert to_filter("boolean", True, user_field=True) == 1
    assert to_filter("boolean", False, user_field=False) == "N"
    assert to_filter("date", (date(2026, 1, 1),), user_field=True) == ["2026-01-01"]


@pytest.mark.parametrize(
    ("kind", "rest"),
    [("integer", "x"), ("integer", "1.5"), ("date", "вчера"), ("money", "a|RUB"), ("money", "nan|RUB")],
)
def test_a_value_of_another_kind_is_refused_in_words(kind: str, rest: str) -> None:
    with pytest.raises(PortalRefused, match=kind):
        from_rest(kind, rest)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2), st.sampled_from(["RUB", "USD"]))
def test_money_comes_back_as_it_went(amount: Decimal, currency: str) -> None:
    assert from_rest("money", to_rest("money", Money(amount, currency))) == Money(amount, currency)


def test_a_command_is_encoded_once_and_drops_nothing() -> None:
    params = {
        "entityTypeId": 2,
        "order": {},
        "select": [],
        "filter": {"@id": [1, 2], ">=updatedTime": "2026-04-06T11:00:00+03:00", "%title": "А&Б=?"},
        "fields": {"comments": None, "contactIds": [], "flag": True, "off": False, "sum": Decimal("1E+2")},
    }
    assert command_text("crm.item.list", {}) == "crm.item.list"
    assert form_pairs(params) == [
        ("entityTypeId", "2"),
        ("filter[@id][0]", "1"),
        ("filter[@id][1]", "2"),
        ("filter[>=updatedTime]", "2026-04-06T11:00:00+03:00"),
        ("filter[%title]", "А&Б=?"),
        ("fields[comments]", ""),
        ("fields[contactIds]", ""),
        ("fields[flag]", "1"),
        ("fields[off]", "0"),
        ("fields[sum]", "100"),
    ]
    assert "%26" in command_text("m", params) and "+03" not in command_text("m", params)


def test_bodies_hold_exact_amounts_and_iso_moments() -> None:
    body = json_body({"a": Decimal("0.10"), "b": MOMENT, "c": date(2026, 1, 2), "d": Money(Decimal(5), "RUB")})
    assert body == b'{"a":"0.10","b":"2026-04-06T08:00:00+00:00","c":"2026-01-02","d":"5|RUB"}'
