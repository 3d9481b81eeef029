"""Payments of deals and invoices: an unpaid payment covers what the object still lacks."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sandbox.crm import happenings
from sandbox.crm.schema import DEAL, INVOICE, Entity, schema_of
from sandbox.kernel.call import Call
from sandbox.kernel.store import Store
from sandbox.shop.cash import print_check
from sandbox.shop.orders import ORDER, PAYMENT, tell
from sandbox.shop.trade import bind

PAYABLE = (DEAL, INVOICE)
_CENT = Decimal("0.01")
# The payer of an order made by a payment of a card.
_PERSON, _COMPANY = 3, 4

Row = dict[str, Any]


def order_of(call: Call, entity: Entity, item: Row) -> Row:
    """The order behind an item; the first payment makes it."""
    found = ORDER.where(call.portal, ownerTypeId=entity.id, ownerId=item["id"])
    if found:
        return found[0]
    values = {
        "ownerTypeId": entity.id,
        "ownerId": item["id"],
        "personTypeId": _COMPANY if item.get("companyId") else _PERSON,
        "currency": item["currencyId"] or entity.schema.base_currency,
        "price": float(item["opportunity"] or 0),
        "responsibleId": item.get("assignedById") or call.user,
    }
    order = ORDER.insert(call, values)
    bind(call, order["id"], entity.id)
    return order


def of(store: Store, entity_type_id: int, item_id: int) -> list[Row]:
    """The payments of an item in the order of their ids."""
    sql = "SELECT * FROM sale_payments WHERE ownerTypeId = ? AND ownerId = ? ORDER BY id"
    return [dict(row) for row in store.rows(sql, (entity_type_id, item_id))]


def remainder(store: Store, entity: Entity, item: Row) -> Decimal:
    """What the item's payments, paid or not, do not cover yet; never below zero."""
    covered = sum((Decimal(str(row["sum"])) for row in of(store, entity.id, item["id"])), Decimal(0))
    return max(Decimal(str(item["opportunity"] or 0)) - covered, Decimal(0)).quantize(_CENT, ROUND_HALF_UP)


def create(call: Call, entity: Entity, item: Row, fields: Row) -> int:
    """Adds a payment of a card; without `sum` it covers the remainder. Returns its id."""
    order = order_of(call, entity, item)
    amount = fields.get("sum")
    values = {
        "companyId": item.get("companyId"),
        **fields,
        "ownerTypeId": entity.id,
        "ownerId": item["id"],
        "sum": float(amount if amount is not None else remainder(call.portal.store, entity, item)),
    }
    return add(call, order, values)


def add(call: Call, order: Row, values: Row) -> int:
    """Adds a payment to an order; returns its id."""
    count = len(PAYMENT.where(call.portal, orderId=order["id"]))
    row = {
        "paySystemId": 1,
        "responsibleId": call.user,
        **values,
        "orderId": order["id"],
        "accountNumber": f"{order['id']}/{count + 1}",
        "currency": order["currency"],
        "paid": "N",
    }
    payment = int(PAYMENT.insert(call, row)["id"])
    if values.get("paid") == "Y":
        settle(call, payment, paid=True)
    return payment


def settle(call: Call, payment: int, *, paid: bool) -> None:
    """Marks a payment paid or not paid; the order and the card behind it change with it."""
    row = PAYMENT.get(call.portal, payment)
    if row is None or (row["paid"] == "Y") == paid:
        return
    moment = (row["datePaid"] or int(call.portal.clock.timestamp())) if paid else None
    user = call.user if paid else None
    PAYMENT.change(call, row, {"paid": "Y" if paid else "N", "datePaid": moment, "empPaidId": user})
    if paid:
        print_check(call, payment)
    _touch_order(call, row["orderId"])
    _touch_owner(call, row)


def change(call: Call, payment: int, fields: Row) -> None:
    """Changes a payment's fields; `paid` is settled last."""
    values = {name: value for name, value in fields.items() if name != "paid"}
    row = PAYMENT.get(call.portal, payment)
    if values and row is not None:
        PAYMENT.change(call, row, values)
    if "paid" in fields:
        settle(call, payment, paid=fields["paid"] == "Y")


def remove(call: Call, payment: int) -> None:
    """Deletes a payment."""
    row = PAYMENT.get(call.portal, payment)
    if row is None:
        return
    PAYMENT.remove(call, row)
    # on-payment-deleted.md names the event of a deletion without ENTITY.
    tell(call, "ONPAYMENTDELETED", payment)
    if row["paid"] == "Y":
        _touch_order(call, row["orderId"])
        _touch_owner(call, row)


def _touch_order(call: Call, order: int) -> None:
    """An order is paid when its paid payments cover its price."""
    row = ORDER.get(call.portal, order)
    if row is None:
        return
    paid = sum(payment["sum"] for payment in PAYMENT.where(call.portal, orderId=order, paid="Y"))
    payed = "Y" if paid and paid >= (row["price"] or 0) else "N"
    call.portal.store.execute(f'UPDATE "{ORDER.sql}" SET payed = ? WHERE id = ?', (payed, order))


def _touch_owner(call: Call, payment: Row) -> None:
    """The payment state belongs to the card: a deal shows it in `orderStage`."""
    if not payment["ownerTypeId"]:
        return
    entity_type_id, item_id = payment["ownerTypeId"], payment["ownerId"]
    entity, store = schema_of(call.portal).entity(entity_type_id), call.portal.store
    now = int(call.portal.clock.timestamp())
    store.execute(
        f'UPDATE "{entity.table}" SET "updatedTime" = ?, "updatedBy" = ? WHERE id = ?', (now, call.user, item_id)
    )
    if entity_type_id == DEAL:
        states = [row["paid"] for row in of(store, entity_type_id, item_id)]
        stage = "PAID" if states and set(states) == {"Y"} else "PAYMENT_CANCEL" if "Y" not in states else None
        store.execute('UPDATE crm_2 SET "orderStage" = ? WHERE id = ?', (stage, item_id))
    happenings.item(call, entity, item_id, "UPDATE")
