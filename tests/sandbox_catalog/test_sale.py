"""The shop: orders with positions, payments, shipments, properties, and what the CRM sees of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox_catalog.conftest import Desk


@pytest.fixture
def order(desk: Desk) -> int:
    """An order without positions."""
    fields = {"lid": "s1", "personTypeId": 3, "currency": "RUB", "price": 100}
    return int(desk("sale.order.add", fields=fields)["order"]["id"])


def position(desk: Desk, order: int, **fields: Any) -> dict[str, Any]:
    """Adds a position to an order."""
    values = {"orderId": order, "name": "Стол", "price": 40, "quantity": 2, "currency": "RUB", "productId": 0, **fields}
    return dict(desk("sale.basketitem.add", fields=values)["basketItem"])


def sent(desk: Desk, word: str) -> list[tuple[str, dict[str, Any]]]:
    """The events whose code holds a word."""
    return [event for event in desk.events if word in event[0]]


def test_order_sends_its_events(desk: Desk, order: int) -> None:
    desk("sale.order.update", id=order, fields={"comments": "x"})
    desk("sale.order.delete", id=order)
    saved = ("ONSALEORDERSAVED", {"FIELDS": {"ID": order, "XML_ID": "", "ACTION": "save"}})
    assert sent(desk, "SALEORDERSAVED") == [saved, saved]
    assert sent(desk, "DELETE") == [
        ("ONSALEBEFOREORDERDELETE", {"FIELDS": {"ID": order, "XML_ID": "", "ACTION": "delete"}}),
        ("ONORDERDELETED", {"FIELDS": {"ID": order}}),
    ]
    assert desk.refused("sale.order.get", id=order) == (200540400001, "order is not exists")


def test_price_follows_positions_and_shipments(desk: Desk, order: int) -> None:
    item = position(desk, order)
    fields = {"orderId": order, "allowDelivery": "Y", "deducted": "N", "deliveryId": 2, "basePriceDelivery": 20}
    shipment = desk("sale.shipment.add", fields=fields)["shipment"]
    assert desk("sale.order.get", id=order)["order"]["price"] == 100
    desk("sale.basketitem.update", id=item["id"], fields={"quantity": 3})
    whole = desk("sale.order.get", id=order)["order"]
    assert whole["price"] == 140 and whole["version"] == 0
    assert (whole["basketItems"][0]["id"], whole["shipments"][0]["deliveryName"]) == (
        str(item["id"]),
        "Доставка курьером",
    )
    assert shipment["empAllowDeliveryId"] == 1 and shipment["accountNumber"] == f"{order}/2"


def test_position_of_the_catalogue(desk: Desk, order: int) -> None:
    number = desk("catalog.product.add", fields={"iblockId": 14, "name": "Лампа"})["element"]["id"]
    desk("catalog.price.add", fields={"productId": number, "catalogGroupId": 1, "price": 9.5, "currency": "RUB"})
    fields = {"orderId": order, "productId": number, "quantity": 2, "currency": "RUB"}
    item = desk("sale.basketitem.addCatalogProduct", fields=fields)["basketItem"]
    assert (item["name"], item["price"], item["basePrice"], item["measureCode"]) == ("Лампа", 9.5, 9.5, "796")


def test_payment_makes_the_order_paid(desk: Desk, order: int) -> None:
    added = desk("sale.payment.add", fields={"orderId": order, "paySystemId": 6, "sum": 100})["payment"]
    assert (added["paySystemName"], added["paySystemIsCash"], added["priceCod"]) == ("Наличные", "Y", "0")
    desk("sale.payment.update", id=added["id"], fields={"paid": "Y"})
    assert desk("sale.order.get", id=order)["order"]["payed"] == "Y"
    code = "SALE_ORDER_CANCEL_PAYMENT_EXIST_ACTIVE"
    assert desk.refused("sale.order.delete", id=order) == (code, "The order has active payments")
    desk("sale.payment.delete", id=added["id"])
    assert ("ONPAYMENTDELETED", {"FIELDS": {"ID": added["id"]}}) in desk.events
    assert desk("sale.order.delete", id=order) is True


def test_shipped_shipment_stays(desk: Desk, order: int) -> None:
    item = position(desk, order)
    fields = {"orderId": order, "allowDelivery": "Y", "deducted": "Y", "deliveryId": 3}
    shipment = desk("sale.shipment.add", fields=fields)["shipment"]["id"]
    tie = {"orderDeliveryId": shipment, "basketId": item["id"], "quantity": 1}
    assert desk("sale.shipmentitem.add", fields=tie)["shipmentItem"]["reservedQuantity"] == 0
    assert desk.refused("sale.shipmentitem.add", fields=tie) == (
        201250000001,
        "Duplicate entry for key [basketId, orderDeliveryId]",
    )
    assert desk("sale.order.get", id=order)["order"]["deducted"] == "Y"
    assert desk.refused("sale.shipment.delete", id=shipment)[0] == "SALE_SHIPMENT_EXIST_SHIPPED"


def test_property_values_of_an_order(desk: Desk, order: int) -> None:
    entries = [{"orderPropsId": 20, "value": "Иван"}, {"orderPropsId": 22, "value": "+7"}]
    values = desk("sale.propertyvalue.modify", fields={"order": {"id": order, "propertyValues": entries}})
    assert [(value["code"], value["value"]) for value in values["propertyValues"]] == [("FIO", "Иван"), ("PHONE", "+7")]
    found = desk("sale.propertyvalue.list", filter={"orderId": order, "=code": "PHONE"})["propertyValues"]
    assert found[0]["orderId"] == order
    assert len(desk("sale.order.get", id=order)["order"]["propertyValues"]) == 2


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("sale.order.add", {"fields": {"lid": "s1"}}, 0),
        ("sale.order.add", {}, 100),
        ("sale.order.update", {"id": 99, "fields": {"price": 1}}, 200540400001),
        ("sale.basketitem.add", {"fields": {"name": "x", "productId": 0}}, 200140400008),
        ("sale.basketitem.add", {"fields": {"orderId": 99, "name": "x"}}, 200140400009),
        ("sale.basketitem.get", {"id": 99}, 200140400001),
        ("sale.basketproperties.add", {"fields": {"name": "x"}}, 200240400004),
        ("sale.basketproperties.add", {"fields": {"name": "x", "basketId": "x"}}, 200240400005),
        ("sale.payment.get", {"id": 99}, 200640400001),
        ("sale.status.add", {"fields": {"id": "N", "type": "O"}}, 201350000001),
        ("sale.status.add", {"fields": {"id": "LONG", "type": "O"}}, 201350000005),
        ("sale.status.delete", {"id": "N"}, 201350000002),
        ("sale.status.update", {"id": "N", "fields": {"type": "D"}}, 201350000006),
        ("sale.statusLang.add", {"fields": {"statusId": "N", "lid": "xx", "name": "x"}}, 201750000004),
        ("sale.persontype.add", {"fields": {"name": "x", "code": "CRM_COMPANY"}}, 200750000005),
        ("sale.persontype.delete", {"id": 4}, 200750000003),
        ("sale.property.get", {"id": 99}, 200840400001),
        ("sale.propertygroup.get", {"id": 99}, 200940400001),
        ("sale.propertyvariant.add", {"fields": {"name": "x", "orderPropsId": 99, "value": "x"}}, 201550000003),
        ("sale.propertyRelation.deleteByFilter", {"fields": {"entityId": 1}}, 0),
        ("sale.shipment.add", {"fields": {"orderId": 99, "allowDelivery": "Y", "deducted": "N", "deliveryId": 1}}, 0),
        ("sale.shipmentpropertyvalue.modify", {"fields": {"shipment": {"id": 99}}}, 201040400007),
        ("sale.businessValuePersonDomain.add", {"fields": {"domain": "E", "personTypeId": 4}}, 201450000001),
        ("crm.orderentity.add", {"fields": {"orderId": 5}}, "0"),
        ("salescenter.payment.getPublicUrl", {"id": 99}, 200640400001),
    ],
)
def test_refusals(desk: Desk, method: str, params: dict[str, Any], code: Any) -> None:
    assert desk.refused(method, **params)[0] == code


def test_multiple_property_must_not_be_a_filter(desk: Desk) -> None:
    fields = {"personTypeId": 3, "propsGroupId": 5, "name": "x", "type": "STRING", "multiple": "Y"}
    assert desk.refused("sale.property.add", fields=fields)[0] == 200850000009
    assert desk.refused("sale.property.add", fields={**fields, "isFiltered": "Y"})[0] == 200850000010
    assert desk("sale.property.add", fields={**fields, "isFiltered": "N"})["property"]["settings"] == []
    described = desk("sale.property.getFieldsByType", type="NUMBER")["property"]
    of_shipments = desk("sale.shipmentproperty.getFieldsByType", type="NUMBER")["property"]
    assert (described["defaultValue"]["type"], of_shipments["defaultValue"]["type"]) == ("any", "string")
    assert described["settings"]["fields"].keys() == {"min", "max", "step"}


def test_products_and_deliveries_in_a_payment_of_a_deal(desk: Desk) -> None:
    deal = desk("crm.item.add", entityTypeId=2, fields={"title": "d"})["item"]["id"]
    fields = {"ownerType": "D", "ownerId": deal, "productName": "Стол", "price": 10, "quantity": 5}
    row = desk("crm.item.productrow.add", fields=fields)["productRow"]["id"]
    payment = desk("crm.item.payment.add", entityTypeId=2, entityId=deal)
    listed = desk("crm.item.payment.list", entityTypeId=2, entityId=deal, filter={"@id": [payment]})
    assert [entry["sum"] for entry in listed] == [50]
    tie = desk("crm.item.payment.product.add", paymentId=payment, rowId=row, quantity=2)
    assert desk("crm.item.payment.product.list", paymentId=payment) == [
        {"id": tie, "paymentId": payment, "rowId": row, "quantity": 2}
    ]
    assert desk("crm.item.payment.product.setQuantity", id=tie, quantity=5) is True
    assert desk.refused("crm.item.payment.product.setQuantity", id=tie, quantity=6)[0] == 0
    order = desk("crm.orderentity.list", filter={"ownerId": deal, "ownerTypeId": 2})["orderEntity"][0]["orderId"]
    shipment = {"orderId": order, "allowDelivery": "Y", "deducted": "N", "deliveryId": 2}
    delivery = desk("sale.shipment.add", fields=shipment)["shipment"]["id"]
    tie = desk("crm.item.payment.delivery.add", paymentId=payment, deliveryId=delivery)
    assert desk("crm.item.payment.delivery.list", paymentId=payment) == [
        {"id": tie, "paymentId": payment, "quantity": 1, "deliveryId": delivery}
    ]
    assert desk("crm.item.delivery.list", entityTypeId=2, entityId=deal)[0]["deliveryName"] == "Доставка курьером"
    url = desk("salescenter.payment.getPublicUrl", id=payment)["payment"]["url"]
    assert url.endswith(f"paymentId={payment}")


def test_rows_of_a_card_are_filtered_and_left_for_payments(desk: Desk) -> None:
    deal = desk("crm.item.add", entityTypeId=2, fields={"title": "d"})["item"]["id"]
    product = desk("catalog.product.add", fields={"iblockId": 14, "name": "Лампа"})["element"]["id"]
    own = {"ownerType": "D", "ownerId": deal}
    first = desk("crm.item.productrow.add", fields={**own, "productId": product, "price": 10, "quantity": 5})
    desk("crm.item.productrow.add", fields={**own, "productName": "Стол", "price": 50, "quantity": 1})
    assert (first["productRow"]["productName"], first["productRow"]["type"]) == ("Лампа", 1)
    wanted = {"=ownerType": "D", "=ownerId": deal, ">price": 5}
    rows = desk("crm.item.productrow.list", filter=wanted, order={"price": "desc"})["productRows"]
    assert [row["price"] for row in rows] == [50, 10]
    assert desk.refused("crm.item.productrow.list", filter={**wanted, "color": 1})[0] == "INVALID_ARG_VALUE"
    payment = desk("crm.item.payment.add", entityTypeId=2, entityId=deal)
    row = first["productRow"]["id"]
    desk("crm.item.payment.product.add", paymentId=payment, rowId=row, quantity=2)
    left = desk("crm.item.productrow.getAvailableForPayment", **own)["productRows"]
    assert [(entry["id"] == row, entry["quantity"]) for entry in left] == [(True, 3), (False, 1)]
