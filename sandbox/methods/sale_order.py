"""Orders and their positions: `sale.order.*`, `sale.basketitem.*`, `sale.basketproperties.*`."""

from __future__ import annotations

from typing import Any, cast

from sandbox.crm.schema import COMPANY, CONTACT
from sandbox.crm.values import empty
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import Function, method
from sandbox.methods.catalog_prices import PRICE
from sandbox.methods.catalog_structure import MEASURE
from sandbox.methods.sale_property import values_of
from sandbox.plain.table import Row, Table
from sandbox.plain.verbs import allow, fields_of, require, serve
from sandbox.shop.orders import BASKET, BASKET_PROPERTY, ORDER, PAYMENT, SHIPMENT, clients_of, order_of
from sandbox.shop.products import PRODUCT
from sandbox.shop.ties import SHIPMENT_ITEM
from sandbox.shop.trade import bindings_of

serve(ORDER, "list", "delete", "getFields")


def _requisites(call: Call, order: Row) -> Any:
    """The requisite of the card's client; an empty list when there is none."""
    for client in clients_of(call, order):
        if client["entityTypeId"] in (CONTACT, COMPANY):
            sql = "SELECT id FROM crm_requisites WHERE entityTypeId = ? AND entityId = ? ORDER BY id"
            number = call.portal.store.value(sql, (client["entityTypeId"], client["entityId"]))
            if number:
                return {"bankDetailId": 0, "mcBankDetailId": 0, "mcRequisiteId": 0, "requisiteId": number}
    return []


def _printed(call: Call, row: Row) -> dict[str, Any]:
    """An order as `add` and `update` print it."""
    shown = ORDER.printed(call, row)
    return {**shown, "clients": clients_of(call, row), "requisiteLink": _requisites(call, row)}


def _whole(call: Call, row: Row) -> dict[str, Any]:
    """An order with everything that belongs to it."""
    own = {"orderId": row["id"]}
    return {
        **_printed(call, row),
        "basketItems": [_position(call, item) for item in BASKET.where(call.portal, **own)],
        "payments": [PAYMENT.printed(call, payment) for payment in PAYMENT.where(call.portal, **own)],
        "propertyValues": values_of(call, row["id"]),
        "shipments": [shipment(call, entry) for entry in SHIPMENT.where(call.portal, **own)],
        "tradeBindings": bindings_of(call, row["id"]),
    }


def _position(call: Call, row: Row) -> dict[str, Any]:
    """A position inside an order: ids are texts there, and more is said of the product."""
    module = "catalog" if row["productId"] else ""
    provider = "\\Bitrix\\Catalog\\Product\\CatalogProvider" if row["productId"] else ""
    more: dict[str, Any] = {
        **{"barcodeMulti": "N", "dateRefresh": None, "detailPageUrl": "", "discountCoupon": "", "discountName": ""},
        **{"discountValue": "", "fuserId": 1, "lid": "s1", "module": module, "notes": "", "priceTypeId": None},
        **{"productPriceId": None, "productProviderClass": provider, "recommendation": "", "setParentId": ""},
        "subscribe": "N",
    }
    shown = BASKET.printed(call, row)
    return {**shown, **more, "id": str(row["id"]), "orderId": str(row["orderId"]), "type": str(row["type"] or "")}


def shipment(call: Call, row: Row) -> dict[str, Any]:
    """A shipment with its positions."""
    items = [SHIPMENT_ITEM.printed(call, item) for item in SHIPMENT_ITEM.where(call.portal, orderDeliveryId=row["id"])]
    return {**SHIPMENT.printed(call, row), "shipmentItems": items}


@method("sale.order.get", "sale")
def order_get(call: Call) -> dict[str, Any]:
    """One order with its positions, payments, shipments, properties and clients."""
    allow(call, ORDER, "get")
    return {"order": _whole(call, ORDER.need(call, call.integer("id")))}


@method("sale.order.add", "sale", write=True, cost=0.1)
def order_add(call: Call) -> dict[str, Any]:
    """Adds an order."""
    allow(call, ORDER, "add")
    fields = fields_of(call)
    require(ORDER, fields, None)
    row = ORDER.insert(call, ORDER.read(call, fields, None))
    return {"order": _printed(call, ORDER.need(call, row["id"]))}


@method("sale.order.update", "sale", write=True, cost=0.1)
def order_update(call: Call) -> dict[str, Any]:
    """Changes an order."""
    allow(call, ORDER, "update")
    number, fields = call.integer("id"), fields_of(call)
    before = ORDER.need(call, number)
    return {"order": _printed(call, ORDER.change(call, before, ORDER.read(call, fields, before)))}


serve(BASKET, "list", "get", "getFields")
serve(BASKET_PROPERTY, "list", "get")


def _counted(table: Table, call: Call, row: Row) -> Page:
    """A row in its container; changes of positions print a total of one beside it."""
    return Page(cast(list[Any], {table.one: table.printed(call, row)}), 1)


def _check_order(call: Call, fields: dict[str, Any]) -> None:
    """A change cannot move a position to another order, but what it says of the order must be right."""
    if "orderId" not in fields:
        return
    if empty(fields["orderId"]):
        raise RestError(200140400008, "Required fields: fields[ORDER_ID]")
    order = order_of(call, fields["orderId"], RestError(200140400009, "Order not found"))
    if fields.get("currency", order["currency"]) != order["currency"]:
        raise RestError(200140400011, "Currency must be the currency of the order")


def _updater(table: Table) -> Function:
    def updated(call: Call) -> Page:
        """Changes a row."""
        allow(call, table, "update")
        number, fields = call.integer("id"), fields_of(call)
        before = table.need(call, number)
        if table is BASKET:
            _check_order(call, fields)
        return _counted(table, call, table.change(call, before, table.read(call, fields, before)))

    return updated


for _table in (BASKET, BASKET_PROPERTY):
    method(f"{_table.name}.update", "sale", write=True, cost=0.05)(_updater(_table))


@method("sale.basketitem.add", "sale", write=True, cost=0.05)
def position_add(call: Call) -> Page:
    """Adds a position to an order, of the catalogue or of any name."""
    return _add_position(call, fields_of(call))


@method("sale.basketitem.addCatalogProduct", "sale", write=True, cost=0.05)
def catalog_position_add(call: Call) -> Page:
    """Adds a product of the catalogue with its price."""
    fields = fields_of(call)
    row = PRODUCT.get(call.portal, fields.get("productId"))
    if row is None:
        raise RestError(200140400007, "basket item is not saved - bad data")
    return _add_position(call, {**fields, **_of_catalog(call, row, fields)})


def _add_position(call: Call, fields: dict[str, Any]) -> Page:
    allow(call, BASKET, "add")
    if empty(fields.get("orderId")):
        raise RestError(200140400008, "Required fields: fields[ORDER_ID]")
    if empty(fields.get("productId")) and empty(fields.get("name")):
        raise RestError(200140400007, "basket item is not saved - bad data")
    row = PRODUCT.get(call.portal, fields.get("productId") or 0)
    if row is not None:
        fields = {**_of_catalog(call, row, fields), **fields}
    added = BASKET.insert(call, BASKET.read(call, fields, None))
    return _counted(BASKET, call, added)


def _of_catalog(call: Call, product: Row, fields: dict[str, Any]) -> dict[str, Any]:
    """What a position takes over from its product."""
    prices = PRICE.where(call.portal, productId=product["id"], catalogGroupId=1)
    measure = MEASURE.get(call.portal, product["measure"]) or {}
    price = prices[0]["price"] if prices else 0
    return {
        "name": product["name"],
        "price": price,
        "basePrice": price,
        "productXmlId": product["xmlId"],
        "catalogXmlId": "FUTURE-1C-CATALOG",
        "measureCode": str(measure.get("code") or 796),
        "measureName": measure.get("symbol") or "шт",
        "vatIncluded": product["vatIncluded"],
        "weight": product["weight"] or 0,
        "type": None,
    }


@method("sale.basketitem.updateCatalogProduct", "sale", write=True, cost=0.05)
def catalog_position_update(call: Call) -> Page:
    """Changes the quantity of a product's position; the rest belongs to the catalogue."""
    allow(call, BASKET, "update")
    number, fields = call.integer("id"), fields_of(call)
    before = BASKET.need(call, number)
    _check_order(call, fields)
    values = BASKET.read(call, {k: v for k, v in fields.items() if k in ("quantity", "sort", "xmlId")}, before)
    return _counted(BASKET, call, BASKET.change(call, before, values))


@method("sale.basketitem.delete", "sale", write=True, cost=0.05)
def position_delete(call: Call) -> bool:
    """Deletes a position; the order's price follows."""
    allow(call, BASKET, "delete")
    row = BASKET.need(call, call.integer("id"))
    BASKET.remove(call, row)
    return True


@method("sale.basketitem.getFieldsCatalogProduct", "sale")
def catalog_position_fields(call: Call) -> dict[str, Any]:
    """The fields of a product's position: most are the catalogue's to set."""
    allow(call, BASKET, "getFields")
    own = ("quantity", "sort", "xmlId", "orderId", "productId", "currency")
    fields = BASKET.described()
    return {BASKET.one: {name: {**f, "isReadOnly": name not in own} for name, f in fields.items()}}


@method("sale.basketproperties.delete", "sale", write=True, cost=0.05)
def basket_property_delete(call: Call) -> bool:
    """Deletes a property of a position; a missing one is refused with the position's code."""
    allow(call, BASKET_PROPERTY, "delete")
    row = BASKET_PROPERTY.get(call.portal, call.integer("id"))
    if row is None:
        raise BASKET.refuse()
    BASKET_PROPERTY.remove(call, row)
    return True


@method("sale.basketproperties.getFields", "sale")
def basket_property_fields(call: Call) -> dict[str, Any]:
    """The fields of a position's property."""
    allow(call, BASKET_PROPERTY, "getFields")
    return {"basketProperties": BASKET_PROPERTY.described()}


@method("sale.basketproperties.add", "sale", write=True, cost=0.05)
def basket_property_add(call: Call) -> dict[str, Any]:
    """Adds a property to a position."""
    allow(call, BASKET_PROPERTY, "add")
    fields = fields_of(call)
    if empty(fields.get("basketId")):
        raise RestError(200240400004, "basket item id is absent")
    if not str(fields["basketId"]).isdigit():
        raise RestError(200240400005, "basket item id is bad")
    if BASKET.get(call.portal, fields["basketId"]) is None:
        raise RestError(200240400001, "basket item does not exist")
    require(BASKET_PROPERTY, fields, None)
    row = BASKET_PROPERTY.insert(call, BASKET_PROPERTY.read(call, fields, None))
    return {BASKET_PROPERTY.one: BASKET_PROPERTY.printed(call, row)}
