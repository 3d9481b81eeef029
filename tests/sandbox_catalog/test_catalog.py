"""The product catalogue: products and their kin, prices, stores and their documents, properties, files."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.harness.sandbox import Sandbox
from tests.sandbox_catalog.conftest import Desk

PRODUCTS, OFFERS = 14, 15
PIXEL = base64.b64encode(b"not really a picture").decode()


def product(desk: Desk, **fields: Any) -> int:
    """Adds a product, returns its id."""
    added = desk("catalog.product.add", fields={"iblockId": PRODUCTS, "name": "Стол", **fields})
    return int(added["element"]["id"])


def test_products_are_counted_in_pages(desk: Desk) -> None:
    number = product(desk)
    query: dict[str, Any] = {"select": ["id", "iblockId"], "filter": {"iblockId": PRODUCTS, "id": number}}
    inside = desk("catalog.product.list", **query, start=1)
    assert inside == {"products": [{"id": number, "iblockId": PRODUCTS}]}
    assert desk("catalog.product.list", **query, start=50) == {"products": []}


def test_product_lives_with_its_properties(desk: Desk) -> None:
    number = product(desk, property258="A-1", property259=["new", "oak"], purchasingPrice=10, purchasingCurrency="RUB")
    row = desk("catalog.product.get", id=number)["product"]
    assert row["property258"]["value"] == "A-1" and isinstance(row["property258"]["valueId"], str)
    assert [value["value"] for value in row["property259"]] == ["new", "oak"]
    assert (row["purchasingPrice"], row["type"], row["xmlId"]) == ("10.000000", 1, str(number))
    desk("catalog.product.update", id=number, fields={"name": "Стул", "property259": ["new"]})
    query: dict[str, Any] = {
        "select": ["id", "iblockId", "name"],
        "filter": {"iblockId": PRODUCTS, "property259": "new"},
    }
    assert desk("catalog.product.list", **query) == {"products": [{"id": number, "iblockId": PRODUCTS, "name": "Стул"}]}
    assert desk("catalog.ratio.list", filter={"productId": number})["ratios"][0]["ratio"] == 1
    assert desk("catalog.product.delete", id=number) is True
    assert desk.refused("catalog.product.get", id=number)[0] == 0
    assert [event for event in desk.events if event[0].startswith("CATALOG")] == [
        (f"CATALOG.PRODUCT.ON.{what}", {"FIELDS": {"ID": number, "TYPE": 1}}) for what in ("ADD", "UPDATE", "DELETE")
    ]


def test_variation_knows_its_parent(desk: Desk) -> None:
    parent = desk("catalog.product.sku.add", fields={"iblockId": PRODUCTS, "name": "Рубашка"})["sku"]
    offer = desk("catalog.product.offer.add", fields={"iblockId": OFFERS, "name": "M", "parentId": parent["id"]})[
        "offer"
    ]
    assert (parent["type"], offer["type"], offer["parentId"]["value"]) == (3, 4, str(parent["id"]))
    units = desk("catalog.product.sku.list", select=["id", "iblockId"], filter={"iblockId": PRODUCTS})["units"]
    assert [unit["id"] for unit in units] == [parent["id"]]
    assert desk.refused("catalog.product.service.get", id=offer["id"])[0] == 0


def test_service_has_no_amounts(desk: Desk) -> None:
    service = desk("catalog.product.service.add", fields={"iblockId": PRODUCTS, "name": "Сборка"})["service"]
    assert service["type"] == 7 and not {"quantity", "weight", "measure"} & service.keys()
    fields = desk("catalog.product.service.getFieldsByFilter", filter={"iblockId": PRODUCTS})["service"]
    assert fields["property258"]["type"] == "productproperty" and "quantity" not in fields


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("catalog.product.add", {"fields": {"name": "x"}}, 0),
        ("catalog.product.add", {"fields": {"name": "x", "iblockId": 999}}, 200040300000),
        ("catalog.product.add", {"fields": {"name": "x", "iblockId": 14, "vatId": 99}}, 0),
        ("catalog.product.list", {"filter": {"iblockId": 14}}, 0),
        ("catalog.product.list", {"select": ["id", "iblockId"]}, 0),
        ("catalog.product.getFieldsByFilter", {}, 100),
        ("catalog.product.delete", {"id": 77}, 200040300000),
        ("catalog.measure.add", {"fields": {"code": 796, "measureTitle": "x"}}, 200600000000),
        ("catalog.measure.update", {"id": 1, "fields": {"isDefault": "Y"}}, 200600000010),
        ("catalog.measure.get", {"id": 99}, 200600000020),
        ("catalog.priceType.delete", {"id": 1}, "BASE"),
        ("catalog.price.get", {"id": 5}, ""),
        ("catalog.price.update", {"id": 5, "fields": {}}, 100),
        ("catalog.section.add", {"fields": {"name": "x", "iblockId": 99}}, 200700300050),
        ("catalog.store.get", {"id": 99}, 201100000000),
        ("catalog.document.add", {"fields": {"docType": "Z", "currency": "RUB", "responsibleId": 1}}, "0"),
        ("catalog.productProperty.get", {"id": 1}, ""),
        ("catalog.productPropertyEnum.list", {"filter": "wrong"}, 100),
    ],
)
def test_refusals(desk: Desk, method: str, params: dict[str, Any], code: Any) -> None:
    assert desk.refused(method, **params)[0] == code


@pytest.mark.parametrize(
    ("method", "code"),
    [
        ("catalog.section.list", 200040300030),
        ("catalog.section.add", 200040300040),
        ("catalog.section.delete", 200040300050),
        ("catalog.price.modify", 200040300020),
        ("catalog.product.get", 200040300010),
        ("catalog.product.delete", 200040300040),
        ("catalog.document.list", "0"),
        ("catalog.document.element.list", "ERROR_DOCUMENT_RIGHTS"),
    ],
)
def test_rights(desk: Desk, method: str, code: Any) -> None:
    assert desk.refused(method, user=11, id=1, fields={"name": "x"})[0] == code


def test_prices_of_a_product_are_replaced(desk: Desk) -> None:
    number, other = product(desk), desk("catalog.priceType.add", fields={"name": "Опт"})["priceType"]["id"]
    first = desk("catalog.price.add", fields={"productId": number, "catalogGroupId": 1, "price": 5, "currency": "RUB"})
    entry = {"currency": "RUB", "price": 7.5}
    prices = [{**entry, "catalogGroupId": 1, "id": first["price"]["id"]}, {**entry, "catalogGroupId": other}]
    answer = desk("catalog.price.modify", fields={"product": {"id": number, "prices": prices}})["prices"]
    assert [(row["price"], row["priceScale"], row["catalogGroupId"]) for row in answer] == [
        (7.5, 7.5, 1),
        (7.5, 7.5, other),
    ]
    desk("catalog.price.modify", fields={"product": {"id": number, "prices": [{**entry, "catalogGroupId": other}]}})
    assert len(desk("catalog.price.list", filter={"productId": number})["prices"]) == 1
    again = {"productId": number, "catalogGroupId": other, "price": 1, "currency": "RUB"}
    assert "single price" in desk.refused("catalog.price.add", fields=again)[1]


def test_conducted_document_moves_goods(desk: Desk) -> None:
    number = product(desk)
    fields = {"docType": "A", "currency": "RUB", "responsibleId": 1}
    document = desk("catalog.document.add", fields=fields)["document"]
    assert document["status"] == "N" and document["total"] is None
    assert desk.refused("catalog.document.conduct", id=document["id"])[0] == "0"
    line = {"docId": document["id"], "elementId": number, "storeTo": 1, "amount": 3, "purchasingPrice": 2.5}
    element = desk("catalog.document.element.add", fields=line)["documentElement"]
    assert desk("catalog.document.conduct", id=document["id"]) is True
    assert desk("catalog.storeproduct.list")["storeProducts"][0]["amount"] == 3
    changed = desk.refused("catalog.document.element.update", id=element["id"], fields={"amount": 1})
    assert changed == ("ERROR_DOCUMENT_STATUS", "Conducted document")
    assert desk.refused("catalog.document.delete", id=document["id"])[0] == "0"
    assert desk("catalog.document.cancelList", documentIds=[document["id"]]) is True
    assert desk("catalog.storeproduct.list")["storeProducts"][0]["amount"] == 0
    assert desk("catalog.document.list", select=["total"])["documents"] == [{"total": 7.5}]


def test_property_settings(desk: Desk) -> None:
    fields = {"iblockId": PRODUCTS, "name": "Цвет", "propertyType": "S", "userType": "directory"}
    added = desk("catalog.productProperty.add", fields=fields)["productProperty"]
    assert added["userTypeSettings"]["size"] == 1
    assert desk.refused("catalog.productProperty.update", id=added["id"], fields={"name": "x"}) == (
        "0",
        "Required fields: iblockId",
    )
    assert desk("catalog.productPropertySection.get", propertyId=added["id"])["productPropertySection"] == {
        "displayExpanded": "N",
        "displayType": "F",
        "filterHint": "",
        "propertyId": added["id"],
        "smartFilter": "N",
    }


def test_files_can_be_downloaded(portal: Sandbox) -> None:
    fields = {"iblockId": PRODUCTS, "name": "Стол", "detailPicture": {"fileData": ["a.png", PIXEL]}}
    row = portal.rest("catalog.product.add", {"fields": fields})["element"]
    asked = {"fileId": row["detailPicture"]["id"], "productId": row["id"], "fieldName": "detailPicture"}
    answer = portal.raw("catalog.product.download", {"fields": asked})
    assert (answer.status_code, answer.content) == (200, b"not really a picture")
    assert answer.headers["Content-Type"] == "image/png"
    image = portal.rest(
        "catalog.productImage.add", {"fields": {"productId": row["id"]}, "fileContent": ["b.png", PIXEL]}
    )
    assert image["productImage"]["name"] == "b.png"
    shown = portal.http.get(portal.url + image["productImage"]["detailUrl"], timeout=60)
    assert shown.content == b"not really a picture"
    listed = portal.rest("catalog.productImage.list", {"productId": row["id"]})["productImages"]
    assert [entry["id"] for entry in listed] == [image["productImage"]["id"]]


@pytest.mark.parametrize(
    ("rights", "method", "code"),
    [
        (["read"], "catalog.product.add", 200040300040),
        (["read", "product"], "catalog.product.add", 200040300043),
        (["read", "product", "block"], "catalog.product.add", 200040300050),
        (["read"], "catalog.product.get", 200040300040),
        (["product"], "catalog.product.delete", 200040300010),
        (["read"], "catalog.catalog.get", 200040300030),
        (["price"], "catalog.price.update", 200040300030),
    ],
)
def test_granted_rights(desk: Desk, rights: list[str], method: str, code: int) -> None:
    desk.portal.call("sandbox.catalog.access", {"user": 11, "rights": rights})
    fields = {"iblockId": PRODUCTS, "name": "x", "iblockSectionId": 1}
    assert desk.refused(method, user=11, id=1, fields=fields) == (code, "Access Denied")


def test_employee_with_rights_reads_prices(desk: Desk) -> None:
    assert desk.refused("catalog.price.list", user=11)[0] == 200040300010
    desk.portal.call("sandbox.catalog.access", {"user": 11, "rights": ["read"]})
    assert desk("catalog.price.list", user=11) == {"prices": []}
    assert desk.refused("sandbox.catalog.access", user=1)[0] == "ERROR_METHOD_NOT_FOUND"
