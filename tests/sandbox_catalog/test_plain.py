"""The six verbs of plain tables, on VAT rates."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness.sandbox import Refused, Sandbox
from tests.sandbox_catalog.conftest import Desk


def refusal(portal: Sandbox, method: str, params: dict[str, Any], user: int = 1) -> tuple[int, Any, str]:
    """Status, code and text of a call that must be refused."""
    with pytest.raises(Refused) as caught:
        portal.rest(method, params, user=user)
    return caught.value.status, caught.value.code, caught.value.body["error_description"]


def test_a_row_lives(portal: Sandbox) -> None:
    added = portal.rest("catalog.vat.add", {"fields": {"name": "Сбор", "rate": "13", "id": 900}})["vat"]
    assert added | {"id": 0, "timestampX": ""} == {
        "active": "Y",
        "id": 0,
        "name": "Сбор",
        "rate": 13,
        "sort": 100,
        "timestampX": "",
    }
    number = added["id"]
    changed = portal.rest("catalog.vat.update", {"id": number, "fields": {"rate": 7.5, "active": "N"}})["vat"]
    assert (changed["rate"], changed["active"], changed["name"]) == (7.5, "N", "Сбор")
    assert portal.rest("catalog.vat.get", {"id": number})["vat"] == changed
    found = portal.rest("catalog.vat.list", {"filter": {">rate": 5, "<rate": 10}, "select": ["id", "name"]})
    assert found == {"vats": [{"id": number, "name": "Сбор"}]}
    assert portal.rest("catalog.vat.delete", {"id": number}) is True
    assert refusal(portal, "catalog.vat.get", {"id": number})[:2] == (400, 200800000000)


def test_list_orders_and_pages(portal: Sandbox) -> None:
    numbers = [portal.rest("catalog.vat.add", {"fields": {"name": "p", "rate": n}})["vat"]["id"] for n in range(60)]
    params = {"filter": {"name": "p"}, "order": {"rate": "DESC"}, "select": ["id"]}
    first = portal.raw("catalog.vat.list", params).json()
    assert [row["id"] for row in first["result"]["vats"]] == numbers[:9:-1]
    assert (first["total"], first["next"]) == (60, 50)
    second = portal.raw("catalog.vat.list", {**params, "start": 50}).json()
    assert [row["id"] for row in second["result"]["vats"]] == numbers[9::-1]
    assert "next" not in second


@pytest.mark.parametrize(
    ("method", "params", "code", "text"),
    [
        ("catalog.vat.add", {}, "100", "Could not find value for parameter {fields}"),
        ("catalog.vat.add", {"fields": {"active": "Y"}}, 0, "Required fields: name, rate"),
        ("catalog.vat.update", {"id": 1, "fields": {"name": ""}}, 0, "Required fields: name"),
        ("catalog.vat.get", {}, "100", "Could not find value for parameter {id}"),
        ("catalog.vat.add", {"fields": {"name": "x", "rate": "much"}}, 0, "Invalid value of field rate"),
    ],
)
def test_refused_calls(portal: Sandbox, method: str, params: dict[str, Any], code: Any, text: str) -> None:
    status, have, description = refusal(portal, method, params)
    assert (status, str(have), description) == (400, str(code), text)


def test_others_than_administrators_are_refused(portal: Sandbox) -> None:
    assert refusal(portal, "catalog.vat.list", {}, user=11)[1] == 200040300010
    assert refusal(portal, "catalog.vat.add", {"fields": {"name": "x", "rate": 1}}, user=11)[1] == 200040300020


def test_fields_are_described(portal: Sandbox) -> None:
    fields = portal.rest("catalog.vat.getFields")["vat"]
    assert fields["id"] == {"isImmutable": False, "isReadOnly": True, "isRequired": False, "type": "integer"}
    assert fields["rate"]["isRequired"] and fields["timestampX"]["type"] == "datetime"


def test_first_rows_survive_a_refused_first_command(desk: Desk) -> None:
    assert desk.refused(
        "sale.property.add", fields={"personTypeId": 3, "propsGroupId": 99, "name": "x", "type": "STRING"}
    )
    assert [row["id"] for row in desk("sale.persontype.list", select=["id"])["personTypes"]] == [1, 3, 4]
