"""Payments and deliveries of deals and invoices: `crm.item.payment.*`, `crm.item.delivery.*`,
`salescenter.payment.getPublicUrl` (api-reference/crm/universal/payment, .../delivery)."""

from __future__ import annotations

from typing import Any

from sandbox.crm import items, payments
from sandbox.crm.schema import Entity, schema_of
from sandbox.crm.values import flag
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.plain.table import Row, Table
from sandbox.plain.verbs import page
from sandbox.shop.orders import ORDER, PAYMENT, SHIPMENT
from sandbox.shop.registers import PAY_SYSTEM
from sandbox.shop.ties import PAYMENT_ROW, PAYMENT_SHIPMENT, taken

_PRINTED = ("id", "accountNumber", "paid", "datePaid", "empPaidId", "paySystemId", "sum", "currency", "paySystemName")
_DELIVERED = ("id", "accountNumber", "deducted", "dateDeducted", "deliveryId", "priceDelivery", "currency")
_NO_PAYMENT, _NO_POSITION = "Payment has not been found", "Payable item has not been found"
# A picture of one transparent point stands for the drawing of the address.
_QR = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABpfZFQAAAAABJRU5ErkJggg=="


def _refused(text: str) -> RestError:
    return RestError(0, text, 400)


def _owner(call: Call) -> tuple[Entity, dict[str, Any]]:
    entity_type_id, item_id = call.integer("entityTypeId"), call.integer("entityId")
    if entity_type_id not in payments.PAYABLE:
        raise _refused("Неверный тип объекта CRM")
    entity = schema_of(call.portal).entity(entity_type_id)
    try:
        return entity, items.owned(call, entity, item_id)
    except RestError as refusal:
        text = "Недостаточно прав" if refusal.code == "ACCESS_DENIED" else f"Сущность №{item_id} не существует"
        raise _refused(text) from None


def _allowed(call: Call, order: Row | None) -> bool:
    """Whether the caller may see the card behind an order; orders of no card are everybody's."""
    if order is None or not order["ownerTypeId"]:
        return order is not None
    entity = schema_of(call.portal).entity(order["ownerTypeId"])
    try:
        items.owned(call, entity, order["ownerId"])
    except RestError:
        return False
    return True


def _payment(call: Call, number: int | None = None, text: str = "Недостаточно прав") -> Row:
    """A payment that exists and may be seen."""
    row = PAYMENT.get(call.portal, call.integer("id") if number is None else number)
    if row is None:
        raise _refused(text)
    if not _allowed(call, ORDER.get(call.portal, row["orderId"])):
        raise _refused("Недостаточно прав")
    return row


def _printed(call: Call, row: Row) -> dict[str, Any]:
    shown = PAYMENT.printed(call, row)
    return {name: shown[name] for name in _PRINTED}


def _amount(value: Any) -> float | None:
    try:
        return None if value in (None, "") else float(value)
    except (TypeError, ValueError):
        raise _refused("Неверная сумма оплаты") from None


@method("crm.item.payment.add", "crm", write=True, cost=0.2)
def add(call: Call) -> int:
    """Adds an unpaid payment of what the object still lacks; returns its id.

    `sum` is not on the vendor's page (there a partial sum is set by sale.payment.update); it is
    taken here so that a tester can make a partial payment in one step.
    """
    entity, item = _owner(call)
    amount = _amount(call.get("sum"))
    return payments.create(call, entity, item, {} if amount is None else {"sum": amount})


@method("crm.item.payment.get", "crm")
def get(call: Call) -> dict[str, Any]:
    """One payment."""
    return _printed(call, _payment(call))


@method("crm.item.payment.list", "crm")
def listing(call: Call) -> list[dict[str, Any]]:
    """The payments of one object, as a bare list."""
    entity, item = _owner(call)
    found = page(call, PAYMENT, ('"ownerTypeId" = ? AND "ownerId" = ?', [entity.id, item["id"]]), raw=True, strict=True)
    return [_printed(call, row) for row in found.rows]


@method("crm.item.payment.update", "crm", write=True, cost=0.1)
def update(call: Call) -> bool:
    """Changes `paid` and `paySystemId`; other fields belong to sale.payment.update."""
    payment, fields = _payment(call), call.mapping("fields")
    changes: dict[str, Any] = {}
    if "paySystemId" in fields:
        if PAY_SYSTEM.get(call.portal, fields["paySystemId"]) is None:
            raise _refused("Платёжная система не найдена")
        changes["paySystemId"] = int(fields["paySystemId"])
    if "paid" in fields:
        changes["paid"] = flag(fields["paid"])
    payments.change(call, payment["id"], changes)
    return True


@method("crm.item.payment.pay", "crm", write=True, cost=0.2)
def pay(call: Call) -> bool:
    """Marks a payment paid."""
    payments.settle(call, _payment(call)["id"], paid=True)
    return True


@method("crm.item.payment.unpay", "crm", write=True, cost=0.2)
def unpay(call: Call) -> bool:
    """Takes the mark back."""
    payments.settle(call, _payment(call)["id"], paid=False)
    return True


@method("crm.item.payment.delete", "crm", write=True, cost=0.1)
def delete(call: Call) -> bool:
    """Deletes a payment."""
    payments.remove(call, _payment(call)["id"])
    return True


# --- products in a payment ----------------------------------------------------------------------


def _product_row(call: Call, payment: Row, number: int) -> Row:
    row = call.portal.store.one("SELECT * FROM crm_product_rows WHERE id = ?", (number,))
    owner = (payment["ownerTypeId"], payment["ownerId"])
    if row is None or (row["ownerTypeId"], row["ownerId"]) != owner:
        raise _refused("Product row has not been found")
    return dict(row)


def _enough(call: Call, row: Row, wanted: float, own: int = 0) -> None:
    """A row's quantity is shared by all payments."""
    if wanted <= 0:
        raise _refused("Quantity should be greater than zero")
    if taken(call, row["id"], own) + wanted > row["quantity"]:
        raise _refused("Not enough product quantity")


@method("crm.item.payment.product.add", "crm", write=True, cost=0.05)
def product_add(call: Call) -> int:
    """Puts a product row into a payment; returns the position's id."""
    payment_id, row_id, quantity = call.integer("paymentId"), call.integer("rowId"), float(call.need("quantity"))
    payment = _payment(call, payment_id, _NO_PAYMENT)
    row = _product_row(call, payment, row_id)
    _enough(call, row, quantity)
    values = {"paymentId": payment["id"], "rowId": row["id"], "quantity": quantity}
    return int(PAYMENT_ROW.insert(call, values)["id"])


def _position(call: Call, table: Table) -> Row:
    row = table.get(call.portal, call.integer("id"))
    if row is None:
        raise _refused(_NO_POSITION)
    _payment(call, row["paymentId"], _NO_POSITION)
    return row


@method("crm.item.payment.product.setQuantity", "crm", write=True, cost=0.05)
def product_set_quantity(call: Call) -> bool:
    """Changes how much of a row a payment covers."""
    row, quantity = _position(call, PAYMENT_ROW), float(call.need("quantity"))
    payment = PAYMENT.need(call, row["paymentId"])
    _enough(call, _product_row(call, payment, row["rowId"]), quantity, row["id"])
    PAYMENT_ROW.change(call, row, {"quantity": quantity})
    return True


@method("crm.item.payment.product.list", "crm")
def product_list(call: Call) -> list[dict[str, Any]]:
    """The product positions of a payment."""
    payment = _payment(call, call.integer("paymentId"), _NO_PAYMENT)
    return list(page(call, PAYMENT_ROW, ("paymentId = ?", [payment["id"]])).rows)


@method("crm.item.payment.product.delete", "crm", write=True, cost=0.05)
def product_delete(call: Call) -> bool:
    """Takes a product out of a payment."""
    PAYMENT_ROW.remove(call, _position(call, PAYMENT_ROW))
    return True


# --- deliveries in a payment --------------------------------------------------------------------


def _delivery(call: Call, payment: Row) -> int:
    row = SHIPMENT.get(call.portal, call.integer("deliveryId"))
    if row is None or row["orderId"] != payment["orderId"]:
        raise _refused("Delivery has not been found")
    return int(row["id"])


@method("crm.item.payment.delivery.add", "crm", write=True, cost=0.05)
def delivery_add(call: Call) -> int:
    """Puts a delivery into a payment; returns the position's id."""
    payment = _payment(call, call.integer("paymentId"), _NO_PAYMENT)
    values = {"paymentId": payment["id"], "shipmentId": _delivery(call, payment)}
    return int(PAYMENT_SHIPMENT.insert(call, values)["id"])


@method("crm.item.payment.delivery.setDelivery", "crm", write=True, cost=0.05)
def delivery_set(call: Call) -> bool:
    """Puts another delivery in the place of one."""
    row = _position(call, PAYMENT_SHIPMENT)
    PAYMENT_SHIPMENT.change(call, row, {"shipmentId": _delivery(call, PAYMENT.need(call, row["paymentId"]))})
    return True


@method("crm.item.payment.delivery.list", "crm")
def delivery_positions(call: Call) -> list[dict[str, Any]]:
    """The delivery positions of a payment; there is one of each."""
    payment = _payment(call, call.integer("paymentId"), _NO_PAYMENT)
    found = page(call, PAYMENT_SHIPMENT, ("paymentId = ?", [payment["id"]]), raw=True)
    return [
        {"id": row["id"], "paymentId": row["paymentId"], "quantity": 1, "deliveryId": row["shipmentId"]}
        for row in found.rows
    ]


@method("crm.item.payment.delivery.delete", "crm", write=True, cost=0.05)
def delivery_delete(call: Call) -> bool:
    """Takes a delivery out of a payment."""
    PAYMENT_SHIPMENT.remove(call, _position(call, PAYMENT_SHIPMENT))
    return True


# --- deliveries of a card -----------------------------------------------------------------------


def _delivered(call: Call, row: Row) -> dict[str, Any]:
    shown = SHIPMENT.printed(call, row)
    return {**{name: shown[name] for name in _DELIVERED}, "deliveryName": shown["deliveryName"]}


@method("crm.item.delivery.get", "crm")
def delivery_get(call: Call) -> dict[str, Any]:
    """One delivery."""
    row = SHIPMENT.get(call.portal, call.integer("id"))
    if row is None or not _allowed(call, ORDER.get(call.portal, row["orderId"])):
        raise _refused("Недостаточно прав")
    return _delivered(call, row)


@method("crm.item.delivery.list", "crm")
def delivery_list(call: Call) -> list[dict[str, Any]]:
    """The deliveries of one object, as a bare list."""
    entity, item = _owner(call)
    orders = 'orderId IN (SELECT id FROM sale_orders WHERE "ownerTypeId" = ? AND "ownerId" = ?)'
    found = page(call, SHIPMENT, (orders, [entity.id, item["id"]]), raw=True, strict=True)
    return [_delivered(call, row) for row in found.rows]


@method("salescenter.payment.getPublicUrl", "salescenter", partial="the page is not served, the picture is one point")
def public_url(call: Call) -> dict[str, Any]:
    """Where a client pays: the page's address, a short one, and its picture in base64."""
    row = PAYMENT.get(call.portal, call.integer("id"))
    if row is None:
        raise RestError(200640400001, "payment is not exists")
    secret = f"{row['id']:032x}"
    base = f"http://{call.portal.domain}"
    url = f"{base}/pub/site/1/oformleniezakaza/?orderId={row['orderId']}&access={secret}&paymentId={row['id']}"
    return {"payment": {"url": url, "shortUrl": f"{base}/~p{row['id']}", "qr": _QR}}
