"""Logical names and a portal's ids, both ways."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from b24app.errors import PresetError
from b24app.portal.names import Names
from rules.decision import Money


def entry(kind: str, number: int, id: Any = None, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "entityTypeId": number, "id": id, "code": None, "item_code": None, **more}


BINDING = {
    "spa.debt": entry("smart_process", 1046, 3),
    "spa.visit": entry("smart_process", 1050, 4),
    "funnel.active": entry("funnel", 2, 5),
    "stage.active.shipped": entry("stage", 2, "C5:UC_7F3K2A"),
    "stage.debt.waiting": entry("stage", 1046, "DT1046_8:NEW"),
    "lead_stage.stuck": entry("stage", 1, "UC_STUCK"),
    "type.client": entry("type", 4, "CUSTOMER"),
    "debt.amount": entry("field", 1046, 77, item_code="ufCrm3Amount", type="money"),
    "debt.app_key": entry("field", 1046, 78, item_code="ufCrm3Key", type="string"),
    "company.type_locked": entry("field", 4, 79, item_code="ufCrmLocked", type="boolean"),
    "visit.result": entry(
        "field", 1050, 80, item_code="ufCrm4Result", type="enumeration", items={"order": 41, "refused": 42}
    ),
    "visit.lost": entry("field", 1050, 81, type="string"),
}


@pytest.fixture
def names() -> Names:
    return Names(BINDING)


def test_entities_have_their_portals_numbers(names: Names) -> None:
    assert [names.entity_type_id(entity) for entity in ("company", "invoice", "debt")] == [4, 31, 1046]
    assert (names.entity_of(1050), names.entity_of(2), names.entity_of(999)) == ("visit", "deal", None)


def test_stages_funnels_and_types_go_both_ways(names: Names) -> None:
    assert names.stage_id("stage.active.shipped") == "C5:UC_7F3K2A"
    assert names.stage_name("deal", "C5:UC_7F3K2A") == "stage.active.shipped"
    assert names.stage_name("lead", "UC_STUCK") == "lead_stage.stuck"
    assert names.stage_name("deal", "C5:UNKNOWN") == "C5:UNKNOWN"
    assert (names.category_id("funnel.active"), names.category_name("deal", 5), names.category_name("deal", 0)) == (
        5,
        "funnel.active",
        "0",
    )
    assert (names.type_id("type.client"), names.type_name("company", "SUPPLIER")) == ("CUSTOMER", "SUPPLIER")


def test_fields_have_their_item_names(names: Names) -> None:
    assert names.field("debt", "amount") == "ufCrm3Amount"
    assert names.field("debt", "deal_id") == "parentId2"
    assert names.has("debt.amount") and names.has("company.title") and names.has("spa.debt") and names.has("deal")
    assert not names.has("debt.unknown") and not names.has("spa.unknown")


@pytest.mark.parametrize(
    "ask",
    [
        lambda names: names.field("debt", "unknown"),
        lambda names: names.field("visit", "lost"),
        lambda names: names.entity_type_id("spaceship"),
        lambda names: names.stage_id("stage.debt.unknown"),
        lambda names: names.to_rest("debt", {"stage": "stage.debt.unknown"}),
        lambda names: names.filter("debt", {"???": 1}),
        lambda names: names.to_rest("visit", {"result": "unknown"}),
    ],
)
def test_an_unbound_name_says_that_the_portal_needs_provisioning(names: Names, ask: Any) -> None:
    with pytest.raises(PresetError):
        ask(names)


def test_rows_come_and_go_in_logical_names(names: Names) -> None:
    row = {
        "id": 7,
        "stageId": "DT1046_8:NEW",
        "companyId": 0,
        "parentId2": 12,
        "ufCrm3Amount": "120.50|RUB",
        "opportunity": Decimal("120.50"),
        "createdTime": "2026-04-06T11:00:00+03:00",
        "fieldWithoutName": 1,
    }
    logical = names.from_rest("debt", row)
    assert logical["stage"] == "stage.debt.waiting"
    assert (logical["company_id"], logical["deal_id"]) == (None, 12)
    assert logical["amount"] == Money(Decimal("120.50"), "RUB")
    assert "fieldWithoutName" not in logical
    back = names.to_rest("debt", {"stage": logical["stage"], "amount": logical["amount"], "company_id": None})
    assert back == {"stageId": "DT1046_8:NEW", "ufCrm3Amount": "120.50|RUB", "companyId": ""}


def test_items_of_an_enumeration_have_names(names: Names) -> None:
    assert names.from_rest("visit", {"ufCrm4Result": "41"}) == {"result": "order"}
    assert names.from_rest("visit", {"ufCrm4Result": 99}) == {"result": 99}


def test_a_value_that_cannot_be_read_is_empty(names: Names) -> None:
    row = {"id": 7, "ufCrm3Amount": "много|RUB", "ufCrm3Key": "key"}
    assert names.from_rest("debt", row) == {"id": 7, "amount": None, "app_key": "key"}
    assert names.to_rest("visit", {"result": "refused"}) == {"ufCrm4Result": 42}
    assert names.filter("visit", {"result": ("order", "refused")}) == {"@ufCrm4Result": [41, 42]}


def test_conditions_take_operators_and_lists(names: Names) -> None:
    where = {
        "category": "funnel.active",
        "stage": ("stage.active.shipped", "C5:LOSE"),
        ">=updated_time": None,
        "!stage": ["C5:X"],
        ">id": 5,
    }
    assert names.filter("deal", where) == {
        "categoryId": "5",
        "@stageId": ["C5:UC_7F3K2A", "C5:LOSE"],
        ">=updatedTime": "",
        "!@stageId": ["C5:X"],
        ">id": 5,
    }
    assert names.filter("company", {"type_locked": True}) == {"ufCrmLocked": 1}


def test_business_keys_live_where_the_portal_has_a_place_for_them(names: Names) -> None:
    assert names.key_fields("deal", "k") == {"originator_id": "b24app", "origin_id": "k"}
    assert names.key_fields("debt", "k") == {"app_key": "k"}
    assert names.key_filter("debt", ["a", "b"]) == {"@ufCrm3Key": ["a", "b"]}
    assert names.key_filter("company", ["a"]) == {"=originatorId": "b24app", "@originId": ["a"]}
