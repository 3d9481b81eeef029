"""Payments and shipments of orders: `sale.payment.*`, `sale.shipment*`, `sale.paymentitem*`, `crm.orderentity.*`."""

from __future__ import annotations

from typing import Any

from sandbox.crm import items, payments
from sandbox.crm.schema import Entity, schema_of
from sandbox.crm.values import empty
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.methods.sale_order import shipment
from sandbox.plain import rights
from sandbox.plain.columns import columns
from sandbox.plain.table import Row
from sandbox.plain.verbs import allow, fields_of, page, require, selected, serve
from sandbox.shop.orders import ORDER, PAYMENT, SHIPMENT
from sandbox.shop.ties import PAYMENT_BASKET, PAYMENT_SHIPMENT, SHIPMENT_ITEM

for _table in (SHIPMENT_ITEM, PAYMENT_BASKET, PAYMENT_SHIPMENT):
    serve(_table)
serve(PAYMENT, "list", "get", "getFields")
serve(SHIPMENT, "list", "delete", "getFields")


@method("sale.payment.add", "sale", write=True, cost=0.2)
def payment_add(call: Call) -> dict[str, Any]:
    """Adds a payment to an order; one of a deal or an invoice covers what is left unless `sum` says."""
    allow(call, PAYMENT, "add")
    fields = fields_of(call)
    require(PAYMENT, fields, None)
    order = ORDER.need(call, int(fields["orderId"]))
    values = PAYMENT.read(call, fields, None)
    if order["ownerTypeId"]:
        entity, item = _card(call, order)
        number = payments.create(call, entity, item, values)
    else:
        number = payments.add(call, order, values)
    return {PAYMENT.one: PAYMENT.printed(call, PAYMENT.need(call, number))}


def _card(call: Call, order: Row) -> tuple[Entity, Row]:
    entity = schema_of(call.portal).entity(order["ownerTypeId"])
    return entity, items.owned(call, entity, order["ownerId"])


@method("sale.payment.update", "sale", write=True, cost=0.2)
def payment_update(call: Call) -> dict[str, Any]:
    """Changes a payment, its sum and date among others."""
    allow(call, PAYMENT, "update")
    number, fields = call.integer("id"), fields_of(call)
    before = PAYMENT.need(call, number)
    payments.change(call, before["id"], PAYMENT.read(call, fields, before))
    return {PAYMENT.one: PAYMENT.printed(call, PAYMENT.need(call, before["id"]))}


@method("sale.payment.delete", "sale", write=True, cost=0.1)
def payment_delete(call: Call) -> bool:
    """Deletes a payment."""
    allow(call, PAYMENT, "delete")
    payments.remove(call, PAYMENT.need(call, call.integer("id"))["id"])
    return True


@method("sale.shipment.get", "sale")
def shipment_get(call: Call) -> dict[str, Any]:
    """One shipment with its positions."""
    allow(call, SHIPMENT, "get")
    return {SHIPMENT.one: shipment(call, SHIPMENT.need(call, call.integer("id")))}


@method("sale.shipment.add", "sale", write=True, cost=0.1)
def shipment_add(call: Call) -> dict[str, Any]:
    """Adds a shipment to an order."""
    allow(call, SHIPMENT, "add")
    fields = fields_of(call)
    require(SHIPMENT, fields, None)
    return {SHIPMENT.one: shipment(call, SHIPMENT.insert(call, SHIPMENT.read(call, fields, None)))}


@method("sale.shipment.update", "sale", write=True, cost=0.1)
def shipment_update(call: Call) -> dict[str, Any]:
    """Changes a shipment."""
    allow(call, SHIPMENT, "update")
    number, fields = call.integer("id"), fields_of(call)
    before = SHIPMENT.need(call, number)
    require(SHIPMENT, fields, before)
    return {SHIPMENT.one: shipment(call, SHIPMENT.change(call, before, SHIPMENT.read(call, fields, before)))}


# --- ties of orders and cards -------------------------------------------------------------------

_TIE = columns("*=orderId:integer *=ownerId:integer *=ownerTypeId:integer")
_MANAGER = ("shop", "200040300010")


@method("crm.orderentity.list", "crm")
def order_entities(call: Call) -> Page:
    """Which order belongs to which card, for managers of the shop."""
    rights.require(call, _MANAGER)
    wanted = {key.replace("orderId", "id"): value for key, value in call.mapping("filter").items()}
    order = {str(key).replace("orderId", "id"): value for key, value in call.mapping("order").items()}
    inner = Call(call.portal, call.method, {"filter": wanted, "order": order, "start": call.get("start")}, call.user)
    found = page(inner, ORDER, ("ownerTypeId IS NOT NULL", []), raw=True)
    rows = [{"orderId": r["id"], "ownerId": r["ownerId"], "ownerTypeId": r["ownerTypeId"]} for r in found.rows]
    return Page(selected(call, rows), found.total, found.start, "orderEntity")


@method("crm.orderentity.getFields", "crm")
def order_entity_fields(call: Call) -> dict[str, Any]:
    """The fields of a tie."""
    rights.require(call, _MANAGER)
    return {"orderEntity": {column.name: column.described() for column in _TIE}}


def _tie(call: Call) -> tuple[Row, dict[str, int]]:
    """The order of the call's `fields`, and the three ids."""
    if call.source in ("rest", "act") and not call.portal.is_admin(call.user):
        raise RestError("200040300020", "Access Denied")
    fields = fields_of(call)
    lacking = [column.name for column in _TIE if empty(fields.get(column.name))]
    if lacking:
        raise RestError("0", f"Required fields: {', '.join(lacking)}")
    ids = {column.name: int(fields[column.name]) for column in _TIE}
    order = ORDER.get(call.portal, ids["orderId"])
    if order is None:
        raise RestError("200540400001", "order does not exist")
    return order, ids


@method("crm.orderentity.add", "crm", write=True, cost=0.05)
def order_entity_add(call: Call) -> dict[str, Any]:
    """Ties an order to a card."""
    order, ids = _tie(call)
    if (order["ownerTypeId"], order["ownerId"]) == (ids["ownerTypeId"], ids["ownerId"]):
        raise RestError("201650000001", "Duplicate entry for key [ownerId, ownerTypeId, orderId]")
    _set_owner(call, ids["orderId"], ids["ownerTypeId"], ids["ownerId"])
    return {"dealOrder": ids}


@method("crm.orderentity.deletebyfilter", "crm", write=True, cost=0.05)
def order_entity_delete(call: Call) -> bool:
    """Unties an order and a card."""
    order, ids = _tie(call)
    if (order["ownerTypeId"], order["ownerId"]) != (ids["ownerTypeId"], ids["ownerId"]):
        raise RestError("201640400004", "entity relation is not exists")
    _set_owner(call, ids["orderId"], None, None)
    return True


def _set_owner(call: Call, order: int, entity_type_id: int | None, item: int | None) -> None:
    for table, name in ((ORDER, "id"), (PAYMENT, "orderId")):
        sql = f'UPDATE "{table.sql}" SET ownerTypeId = ?, ownerId = ? WHERE {name} = ?'
        call.portal.store.execute(sql, (entity_type_id, item, order))
