"""The CRM's older names for products, sections, rates and measures: the same rows in capitals and texts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox_catalog.conftest import Desk


def test_product_has_its_price_and_properties(desk: Desk) -> None:
    fields = {"NAME": "Стул", "PRICE": 4900, "CURRENCY_ID": "USD", "PROPERTY_258": "A-1", "SORT": 300}
    number = desk("crm.product.add", fields=fields)
    row = desk("crm.product.get", id=number)
    assert (row["ID"], row["PRICE"], row["CURRENCY_ID"], row["SORT"]) == (str(number), "4900.00", "USD", "300")
    assert row["PROPERTY_258"]["value"] == "A-1"
    assert desk("catalog.product.get", id=number)["product"]["name"] == "Стул"
    desk("crm.product.update", id=number, fields={"PRICE": 5000.5})
    listed = desk("crm.product.list", filter={">PRICE": 5000}, select=["ID", "PRICE"], order={"NAME": "ASC"})
    assert listed == [{"ID": str(number), "PRICE": "5000.50"}]
    assert desk("catalog.price.list", filter={"productId": number})["prices"][0]["price"] == 5000.5
    assert desk("crm.product.delete", id=number) is True
    codes = [code for code, _ in desk.events if code.startswith("ONCRMPRODUCT")]
    assert codes == ["ONCRMPRODUCTADD", "ONCRMPRODUCTUPDATE", "ONCRMPRODUCTDELETE"]


def test_rates_and_measures(desk: Desk) -> None:
    number = desk("crm.vat.add", fields={"NAME": "НДС 20%", "RATE": 20.0, "C_SORT": 100, "ACTIVE": "Y"})
    row = desk("crm.vat.get", id=number)
    assert row == {"ID": str(number), "ACTIVE": "Y", "NAME": "НДС 20%", "RATE": "20.00", "C_SORT": "100"}
    assert desk("crm.vat.update", id=number, fields={"ACTIVE": "N"}) == number
    assert [row["ID"] for row in desk("crm.vat.list", filter={"active": "N"})] == [str(number)]
    assert desk("catalog.vat.get", id=number)["vat"]["active"] == "N"
    measure = desk("crm.measure.add", fields={"CODE": "212", "MEASURE_TITLE": "Ватт", "SYMBOL_RUS": "Вт"})
    assert desk("crm.measure.get", id=measure)["SYMBOL_RUS"] == "Вт"
    assert ("ONCRMMEASUREADD", {"FIELDS": {"ID": measure}}) in desk.events


def test_sections_and_properties(desk: Desk) -> None:
    section = desk("crm.productsection.add", fields={"NAME": "Мебель"})
    assert desk("crm.productsection.get", id=section)["CATALOG_ID"] == "14"
    prop = desk("crm.product.property.add", fields={"NAME": "Цвет", "PROPERTY_TYPE": "L"})
    value = {"propertyId": prop, "value": "Красный", "xmlId": "red"}
    desk("catalog.productPropertyEnum.add", fields=value)
    values = desk("crm.product.property.get", id=prop)["VALUES"]
    assert [entry["VALUE"] for entry in values.values()] == ["Красный"]
    fields = desk("crm.product.fields")
    assert fields["PRICE"]["type"] == "double" and fields[f"PROPERTY_{prop}"]["propertyType"] == "L"


def test_rows_of_a_card(desk: Desk) -> None:
    deal = desk("crm.item.add", entityTypeId=2, fields={"title": "d"})["item"]["id"]
    fields = {"ownerType": "D", "ownerId": deal, "productName": "Стол", "price": 10, "quantity": 5}
    desk("crm.item.productrow.add", fields=fields)
    rows = desk("crm.productrow.list", filter={"OWNER_TYPE": "D", "OWNER_ID": str(deal)})
    assert [(row["PRODUCT_NAME"], row["QUANTITY"]) for row in rows] == [("Стол", "5")]


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("crm.product.get", {"id": 99}, ""),
        ("crm.product.add", {"fields": {}}, ""),
        ("crm.vat.get", {"id": 99}, "VAT rate not found."),
        ("crm.vat.delete", {"id": 99}, "Invalid identifier."),
        ("crm.vat.add", {"fields": "x"}, "Invalid parameters."),
        ("crm.productrow.list", {}, ""),
    ],
)
def test_refusals(desk: Desk, method: str, params: dict[str, Any], code: str) -> None:
    assert desk.refused(method, **params)[0] == code
