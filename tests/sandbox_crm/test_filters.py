"""Filters, orders and pages of crm.item.list."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox_crm.conftest import Desk


@pytest.fixture
def shop(desk: Desk) -> Desk:
    """Four deals that differ in everything."""
    desk.add(2, title="Молоко", opportunity=100, companyId=100, sourceId="WEB", closedate="2026-04-10")
    desk.add(
        2,
        title="молочный коктейль",
        opportunity=200,
        companyId=101,
        originId="x",
        sourceId="CALL",
        closedate="2026-04-11",
    )
    desk.add(2, title="Сыр", opportunity=300, sourceId="EMAIL", contactIds=[200, 201], closedate="2026-04-12")
    desk.add(2, title="Хлеб", opportunity=400, sourceId="WEB", isManualOpportunity="Y", closedate="2026-04-13")
    return desk


CASES: list[tuple[dict[str, Any], list[int]]] = [
    ({"title": "Сыр"}, [3]),
    ({"=title": "Сыр"}, [3]),
    ({"!title": "Сыр"}, [1, 2, 4]),
    ({"!=title": "Сыр"}, [1, 2, 4]),
    ({"%title": "МОЛ"}, [1, 2]),
    ({"!%title": "мол"}, [3, 4]),
    ({"=%title": "мол%"}, [1, 2]),
    ({"%=title": "%ко"}, [1]),
    ({"!=%title": "мол%"}, [3, 4]),
    ({"!%=title": "%ко"}, [2, 3, 4]),
    ({">opportunity": 200}, [3, 4]),
    ({">=opportunity": "200"}, [2, 3, 4]),
    ({"<opportunity": 200}, [1]),
    ({"<=opportunity": 200}, [1, 2]),
    ({"@id": [1, 3, 9]}, [1, 3]),
    ({"!@id": [1, 3]}, [2, 4]),
    ({"id": [2, 4]}, [2, 4]),
    ({"!id": [2, 4]}, [1, 3]),
    ({"@id": []}, []),
    ({"sourceId": ["WEB", "CALL"]}, [1, 2, 4]),
    ({"!sourceId": ["WEB"]}, [2, 3]),
    ({"originId": ""}, [1, 3, 4]),
    ({"!=originId": ""}, [2]),
    ({"@originId": ["", "x"]}, [1, 2, 3, 4]),
    ({"companyId": 100}, [1]),
    ({"companyId": 0}, [3, 4]),
    ({"!companyId": 0}, [1, 2]),
    ({"@companyId": [0, 100]}, [1, 3, 4]),
    ({"isManualOpportunity": "Y"}, [4]),
    ({"contactIds": 201}, [3]),
    ({"contactId": 200}, [3]),
    ({"!contactIds": 201}, [1, 2, 4]),
    ({">=closedate": "2026-04-11", "<closedate": "2026-04-13T00:00:00+03:00"}, [2, 3]),
    ({"0": {"logic": "OR", "0": {"title": "Сыр"}, "1": {">opportunity": 300}}}, [3, 4]),
    ({"logic": "OR", "0": {"title": "Сыр"}, "1": {"title": "Хлеб"}}, [3, 4]),
    ({"0": {"logic": "OR", "0": {"sourceId": "WEB", "<opportunity": 200}, "1": {"id": 2}}, "<id": 2}, [1]),
    ({">ID": 2}, [3, 4]),
    ({"STAGE_ID": "NEW", "=id": 1}, [1]),
    ({}, [1, 2, 3, 4]),
]


@pytest.mark.parametrize(("filter", "expected"), CASES)
def test_filter(shop: Desk, filter: dict[str, Any], expected: list[int]) -> None:
    assert shop.ids(2, **filter) == expected


def test_times_are_compared_with_their_offset(shop: Desk) -> None:
    created = shop.item(2, 1)["createdTime"]
    assert 1 in shop.ids(2, **{">=createdTime": created})
    assert shop.ids(2, **{">createdTime": "2099-01-01T00:00:00Z"}) == []


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"filter": {"nonsense": 1}}, "Invalid filter: field 'nonsense' is not allowed in filter"),
        ({"filter": {">opportunity": "much"}}, "Invalid filter: field 'opportunity' has invalid value"),
        ({"order": {"nonsense": "ASC"}}, "Invalid order: field 'nonsense' is not allowed in order"),
        (
            {"order": {"id": "UP"}},
            "Invalid order: allowed sort directions are `ASC, DESC`. But got 'UP' for field 'id'",
        ),
    ],
)
def test_bad_filters_and_orders(shop: Desk, params: dict[str, Any], text: str) -> None:
    refusal = shop.refusal("crm.item.list", entityTypeId=2, **params)
    assert (refusal.code, refusal.status, refusal.description) == ("INVALID_ARG_VALUE", 400, text)


def test_order_and_select(shop: Desk) -> None:
    rows = shop.call("crm.item.list", entityTypeId=2, select=["id", "title", "bad"], order={"opportunity": "DESC"})
    assert rows[0] == {"id": 4, "title": "Хлеб"}
    assert [row["id"] for row in shop.call("crm.item.list", entityTypeId=2, order={"ID": "DESC"})] == [4, 3, 2, 1]


def test_pages(desk: Desk) -> None:
    for i in range(120):
        desk.add(2, title=f"Сделка {i}", opportunity=i % 2)
    first = desk.page("crm.item.list", entityTypeId=2)
    assert (len(first.rows), first.total, first.next, first.container) == (50, 120, 50, "items")
    last = desk.page("crm.item.list", entityTypeId=2, start=100)
    assert (len(last.rows), last.total, last.next) == (20, 120, None)
    uncounted = desk.page("crm.item.list", entityTypeId=2, start=-1, filter={">id": 60, "opportunity": 0})
    assert (uncounted.total, uncounted.next, uncounted.rows[0]["id"]) == (None, None, 61)
    odd = [desk.page("crm.item.list", entityTypeId=2, order={"opportunity": "ASC"}, start=s) for s in (0, 50, 100)]
    assert len({row["id"] for page in odd for row in page.rows}) == 120
