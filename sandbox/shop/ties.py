"""What ties positions, payments and shipments of an order together."""

from __future__ import annotations

from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.plain.columns import columns
from sandbox.plain.table import Row, Table
from sandbox.shop.orders import BASKET, PAYMENT, SHIPMENT
from sandbox.shop.registers import coded


def _tied(table: Table, name: str, code: int, text: str, call: Call, values: Row) -> None:
    if table.get(call.portal, values[name]) is None:
        raise RestError(code, text)


def _unique(table: Table, call: Call, values: Row, *names: str) -> None:
    if table.where(call.portal, **{name: values[name] for name in names}):
        raise RestError(201250000001, f"Duplicate entry for key [{', '.join(names)}]")


def _item_rules(call: Call, values: Row, before: Row | None) -> None:
    if before is None:
        _tied(SHIPMENT, "orderDeliveryId", 201240400002, "shipment not exists", call, values)
        _tied(BASKET, "basketId", 201240400003, "basket not exists", call, values)
        _unique(SHIPMENT_ITEM, call, values, "basketId", "orderDeliveryId")
    coded(call, values, before)


SHIPMENT_ITEM = Table(
    "sale.shipmentitem",
    "shipmentItem",
    "shipmentItems",
    columns(
        "*=basketId:integer -dateInsert:datetime -id:integer *=orderDeliveryId:integer *quantity:double"
        " -reservedQuantity:double xmlId:string"
    ),
    absent=(201240400001, "shipment item does not exist"),
    defaults={"reservedQuantity": 0},
    births={"dateInsert": "now"},
    check=_item_rules,
)


def _payment_basket_rules(call: Call, values: Row, before: Row | None) -> None:
    if before is None:
        _tied(PAYMENT, "paymentId", 201240400002, "payment not exists", call, values)
        _tied(BASKET, "basketId", 201240400003, "basket not exists", call, values)
        _unique(PAYMENT_BASKET, call, values, "paymentId", "basketId")
    coded(call, values, before)


PAYMENT_BASKET = Table(
    "sale.paymentitembasket",
    "paymentItemBasket",
    "paymentItemsBasket",
    columns(
        "*=basketId:integer -dateInsert:datetime -id:integer *=paymentId:integer *quantity:double xmlId:string",
    ),
    absent=(201240400001, "payment item does not exist"),
    births={"dateInsert": "now"},
    check=_payment_basket_rules,
)


def _payment_shipment_rules(call: Call, values: Row, before: Row | None) -> None:
    if before is None:
        _tied(PAYMENT, "paymentId", 201240400002, "payment not exists", call, values)
        _tied(SHIPMENT, "shipmentId", 201240400003, "shipment not exists", call, values)
        _unique(PAYMENT_SHIPMENT, call, values, "shipmentId", "paymentId")
    coded(call, values, before)


PAYMENT_SHIPMENT = Table(
    "sale.paymentitemshipment",
    "paymentItemShipment",
    "paymentItemsShipment",
    columns("-dateInsert:datetime -id:integer *=paymentId:integer *=shipmentId:integer xmlId:string"),
    absent=(201240400001, "payment item does not exist"),
    births={"dateInsert": "now"},
    check=_payment_shipment_rules,
)

# The product rows of a card that a payment covers.
PAYMENT_ROW = Table(
    "crm.item.payment.product",
    "product",
    "products",
    columns("-id:integer paymentId:integer rowId:integer quantity:double"),
)


def taken(call: Call, row: int, but: int = 0) -> float:
    """How much of a card's product row payments cover; the position `but` is not counted."""
    entries = PAYMENT_ROW.where(call.portal, rowId=row)
    return float(sum(entry["quantity"] for entry in entries if entry["id"] != but))
