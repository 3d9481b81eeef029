"""Properties of orders and shipments with their groups, variants, ties and values: `sale.property*`,
`sale.shipmentproperty*`."""

from __future__ import annotations

from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import Function, method
from sandbox.plain.columns import columns
from sandbox.plain.table import Row, Table
from sandbox.plain.verbs import allow, fields_of, require, serve
from sandbox.shop.orders import ORDER, SHIPMENT, tell
from sandbox.shop.properties import (
    GROUP,
    PROPERTY,
    SHIPMENT_PROPERTY,
    SPECIFIC,
    check_sent,
    fields_by_type,
    set_values,
    values_table,
)

serve(GROUP)


def _adder(table: Table) -> Function:
    def added(call: Call) -> dict[str, Any]:
        """Adds a property."""
        allow(call, table, "add")
        fields = fields_of(call)
        check_sent(fields)
        require(table, fields, None)
        return {table.one: table.printed(call, table.insert(call, table.read(call, fields, None)))}

    return added


def _updater(table: Table) -> Function:
    def updated(call: Call) -> dict[str, Any]:
        """Changes a property."""
        allow(call, table, "update")
        number, fields = call.integer("id"), fields_of(call)
        before = table.need(call, number)
        check_sent({**fields, "type": fields.get("type") or before["type"]} if _flags(fields) else {})
        if fields.get("propsGroupId") and GROUP.get(call.portal, fields["propsGroupId"]) is None:
            raise RestError(200850000003, "property group does not exist")
        require(table, fields, before)
        return {table.one: table.printed(call, table.change(call, before, table.read(call, fields, before)))}

    return updated


def _flags(fields: Row) -> bool:
    return any(fields.get(name) == "Y" for name in ("multiple", "isLocation", "isLocation4tax", "isProfileName"))


def _deleter(table: Table) -> Function:
    def deleted(call: Call) -> bool:
        """Deletes a property without values."""
        allow(call, table, "delete")
        row = table.need(call, call.integer("id"))
        used = (
            VALUE.where(call.portal, orderPropsId=row["id"])
            if table is PROPERTY
            else SHIPMENT_VALUE.where(call.portal, shipmentPropsId=row["id"])
        )
        if used:
            raise RestError(200850000004, "Property has values")
        table.remove(call, row)
        return True

    return deleted


def _by_type(table: Table) -> Function:
    def described(call: Call) -> dict[str, Any]:
        """The fields of a property of one type."""
        allow(call, table, "getFields")
        kind = str(call.need("type"))
        if kind not in SPECIFIC:
            raise RestError(0, "Property type is wrong")
        return {table.one: fields_by_type(table, kind)}

    return described


for _table in (PROPERTY, SHIPMENT_PROPERTY):
    serve(_table, "list", "get")
    method(f"{_table.name}.delete", "sale", write=True, cost=0.05)(_deleter(_table))
    method(f"{_table.name}.add", "sale", write=True, cost=0.05)(_adder(_table))
    method(f"{_table.name}.update", "sale", write=True, cost=0.05)(_updater(_table))
    method(f"{_table.name}.getFieldsByType", "sale")(_by_type(_table))


def _variant_rules(call: Call, values: Row, before: Row | None) -> None:
    row = {**(before or {}), **values}
    if PROPERTY.get(call.portal, row["orderPropsId"]) is None:
        raise RestError(201550000003, "property does not exist")


VARIANT = serve(
    Table(
        "sale.propertyvariant",
        "propertyVariant",
        "propertyVariants",
        columns("description:string -id:integer *name:string *=orderPropsId:integer sort:integer *value:string"),
        absent=(201540400001, "property variant is not exists"),
        required_on_update=("name", "value"),
        empties={"value": ("ERROR_NO_VALUE", "Value is empty"), "name": ("ERROR_NO_NAME", "Name is empty")},
        defaults={"sort": 100, "description": ""},
        check=_variant_rules,
    )
)


def _relation_rules(call: Call, values: Row, before: Row | None) -> None:
    if PROPERTY.get(call.portal, values["propertyId"]) is None:
        raise RestError(201650000002, "property does not exist")
    if RELATION.where(call.portal, **{name: values[name] for name in ("entityId", "entityType", "propertyId")}):
        raise RestError(201650000001, "Duplicate entry for key [entityId, entityType, propertyId]")


RELATION = serve(
    Table(
        "sale.propertyRelation",
        "propertyRelation",
        "propertyRelations",
        columns("*=entityId:integer *=entityType:string *=propertyId:integer"),
        absent=(201640400004, "property relation is not exists"),
        denied={"deleteByFilter": 200040300010},
        check=_relation_rules,
        hidden=columns("-id:integer"),
    ),
    "list",
    "add",
    "deleteByFilter",
    "getFields",
)


def _saved(call: Call, row: Row, what: str) -> None:
    tell(call, "ONPROPERTYVALUEENTITYSAVED", row["id"])


VALUE = serve(values_table("sale.propertyvalue", "orderId", "orderPropsId", _saved), "list", "getFields")
SHIPMENT_VALUE = serve(
    values_table("sale.shipmentpropertyvalue", "shipmentId", "shipmentPropsId"), "list", "delete", "getFields"
)


def values_of(call: Call, order: int) -> list[dict[str, Any]]:
    """The values of an order's properties as the order prints them."""
    return [_without(VALUE.printed(call, row), "orderId") for row in VALUE.where(call.portal, orderId=order)]


def _without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


@method("sale.propertyvalue.delete", "sale", write=True, cost=0.05)
def value_delete(call: Call) -> bool:
    """Deletes a value."""
    allow(call, VALUE, "delete")
    row = VALUE.need(call, call.integer("id"))
    VALUE.remove(call, row)
    tell(call, "ONPROPERTYVALUEDELETED", row["id"])
    return True


@method("sale.propertyvalue.get", "sale")
def value_get(call: Call) -> dict[str, Any]:
    """One value."""
    allow(call, VALUE, "get")
    row = VALUE.printed(call, VALUE.need(call, call.integer("id")))
    return {VALUE.one: _without(row, "orderId", "orderPropsXmlId")}


@method("sale.shipmentpropertyvalue.get", "sale")
def shipment_value_get(call: Call) -> dict[str, Any]:
    """One value of a shipment."""
    allow(call, SHIPMENT_VALUE, "get")
    row = SHIPMENT_VALUE.printed(call, SHIPMENT_VALUE.need(call, call.integer("id")))
    return {SHIPMENT_VALUE.one: _without(row, "shipmentId", "shipmentPropsXmlId")}


def _entries(holder: Any) -> list[dict[str, Any]]:
    values = holder.get("propertyValues") if isinstance(holder, dict) else None
    found = values.values() if isinstance(values, dict) else values or []
    return [entry for entry in found if isinstance(entry, dict)]


@method("sale.propertyvalue.modify", "sale", write=True, cost=0.05)
def value_modify(call: Call) -> dict[str, Any]:
    """Sets values of an order's properties; the others stay."""
    allow(call, VALUE, "update")
    order = fields_of(call).get("order") or {}
    if not isinstance(order, dict) or not order.get("id") or not _entries(order):
        raise RestError(0, "Required fields: order.id, order.propertyValues")
    row = ORDER.get(call.portal, order["id"])
    if row is None:
        raise RestError(0, "Unable to load order")
    rows = set_values(call, VALUE, PROPERTY, "orderId", row["id"], _entries(order))
    return {VALUE.many: [_without(VALUE.printed(call, value), "orderId") for value in rows]}


@method("sale.shipmentpropertyvalue.modify", "sale", write=True, cost=0.05)
def shipment_value_modify(call: Call) -> dict[str, Any]:
    """Sets values of a shipment's properties; the others stay."""
    allow(call, SHIPMENT_VALUE, "update")
    shipment = fields_of(call).get("shipment") or {}
    if not isinstance(shipment, dict) or not str(shipment.get("id") or "").isdigit():
        raise RestError(201040400006, "Shipment id is wrong")
    row = SHIPMENT.get(call.portal, shipment["id"])
    if row is None:
        raise RestError(201040400007, "Shipment does not exist")
    for entry in _entries(shipment):
        if SHIPMENT_PROPERTY.get(call.portal, entry.get("shipmentPropsId")) is None:
            raise RestError(201040400008, "Order is not saved: property does not exist")
    rows = set_values(call, SHIPMENT_VALUE, SHIPMENT_PROPERTY, "shipmentId", row["id"], _entries(shipment))
    hidden = ("shipmentId", "shipmentPropsId", "shipmentPropsXmlId")
    return {SHIPMENT_VALUE.many: [_without(SHIPMENT_VALUE.printed(call, value), *hidden) for value in rows]}
