"""Payments and their orders as the shop module sees them: `sale.payment.*`, `crm.orderentity.*`."""

from __future__ import annotations

from typing import Any

from sandbox.crm import items, listing, moments, payments
from sandbox.crm.schema import schema_of
from sandbox.crm.values import empty, flag, number
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError, missing
from sandbox.kernel.registry import method

_COLUMNS = {
    "id": ("id", "int"),
    "orderId": ("orderId", "int"),
    "accountNumber": ("accountNumber", "text"),
    "sum": ("sum", "float"),
    "currency": ("currency", "text"),
    "paid": ("paid", "flag"),
    "datePaid": ("datePaid", "datetime"),
    "dateBill": ("dateBill", "datetime"),
    "empPaidId": ("empPaidId", "int"),
    "paySystemId": ("paySystemId", "int"),
    "responsibleId": ("responsibleId", "int"),
    "companyId": ("companyId", "int"),
    "xmlId": ("xmlId", "text"),
    "id1c": ("id1c", "text"),
    "payVoucherNum": ("payVoucherNum", "text"),
    "payVoucherDate": ("payVoucherDate", "datetime"),
    "comments": ("comments", "text"),
}
_SOURCE = listing.Source("sale_payments", listing.operands(_COLUMNS), error=0)
# What a payment also prints and this portal does not keep.
_FIXED: dict[str, Any] = {
    "isReturn": "N",
    "marked": "N",
    "externalPayment": "N",
    "updated1c": "N",
    **dict.fromkeys(("dateMarked", "datePayBefore", "dateResponsibleId", "empMarkedId", "empReturnId")),
    **dict.fromkeys(("payReturnDate", "psInvoiceId", "psResponseDate", "psSum")),
    **dict.fromkeys(("payReturnComment", "payReturnNum", "paySystemXmlId", "psCurrency", "psStatus"), ""),
    **dict.fromkeys(("psStatusCode", "psStatusDescription", "psStatusMessage", "reasonMarked", "version1c"), ""),
}
_READ_ONLY = ("id", "orderId", "accountNumber", "currency")
_ORDERS = {"orderId": ("id", "int"), "ownerId": ("ownerId", "int"), "ownerTypeId": ("ownerTypeId", "int")}
_ENTITIES = listing.Source("sale_orders", listing.operands(_ORDERS), error=0)


def find_payments(call: Call, extra: tuple[str, list[Any]] = ("1", [])) -> listing.Found:
    """Payments by the call's `filter` and `order`, and a further condition."""
    return listing.find(call, _SOURCE, call.mapping("filter"), call.mapping("order"), extra=extra)


def _require_admin(call: Call) -> None:
    if call.source in ("rest", "act") and not call.portal.is_admin(call.user):
        raise RestError(200040300020, "Access Denied", 400)


def _printed(call: Call, row: Any) -> dict[str, Any]:
    printed: dict[str, Any] = {}
    for name, (column, kind) in _COLUMNS.items():
        value = row[column]
        if kind == "datetime" and value is not None:
            value = moments.iso(value, call.portal.clock.zone)
        printed[name] = number(value) if kind == "float" else value
    system = row["paySystemId"]
    return {
        **printed,
        "paySystemName": payments.PAY_SYSTEMS.get(system, ""),
        "paySystemIsCash": "Y" if system == 6 else "N",
        **_FIXED,
    }


def _fields(call: Call) -> dict[str, Any]:
    """The settable fields of a payment as they are stored."""
    if call.get("fields") is None:
        raise missing("fields")
    values: dict[str, Any] = {}
    for name, value in call.mapping("fields").items():
        kind = _COLUMNS.get(name, ("", ""))[1]
        if not kind or name in _READ_ONLY:
            continue
        try:
            values[name] = _stored(call, kind, value)
        except (TypeError, ValueError):
            raise RestError(0, f"Invalid value of field {name}") from None
    return values


def _stored(call: Call, kind: str, value: Any) -> Any:
    if kind == "flag":
        return flag(value)
    if kind == "text":
        return str(value or "")
    if empty(value):
        return None
    if kind == "datetime":
        return moments.seconds(value, call.portal.clock.zone)
    return int(value) if kind == "int" else float(value)


def _row(call: Call) -> Any:
    row = call.portal.store.one("SELECT * FROM sale_payments WHERE id = ?", (call.integer("id"),))
    if row is None:
        raise RestError(200640400001, "payment does not exist", 400)
    return row


@method("sale.payment.list", "sale")
def payment_list(call: Call) -> Page:
    """A page of payments."""
    _require_admin(call)
    found = find_payments(call)
    chosen = [str(name) for name in call.listing("select")]
    printed = [_printed(call, row) for row in found.rows]
    if chosen and "*" not in chosen:
        printed = [{name: row[name] for name in chosen if name in row} for row in printed]
    return Page(printed, found.total, found.start, "payments")


@method("sale.payment.get", "sale")
def payment_get(call: Call) -> dict[str, Any]:
    """One payment."""
    _require_admin(call)
    return {"payment": _printed(call, _row(call))}


@method("sale.payment.add", "sale", write=True, cost=0.2)
def payment_add(call: Call) -> dict[str, Any]:
    """Adds a payment to an order; `sum` may be a part of it."""
    _require_admin(call)
    values, fields = _fields(call), call.mapping("fields")
    for name in ("orderId", "paySystemId"):
        if empty(fields.get(name)):
            raise RestError(0, f"Required fields: {name}")
    order = call.portal.store.one("SELECT * FROM sale_orders WHERE id = ?", (int(fields["orderId"]),))
    if order is None:
        raise RestError(200540400001, "order does not exist", 400)
    entity = schema_of(call.portal).entity(order["ownerTypeId"])
    item = items.owned(call, entity, order["ownerId"])
    number_ = payments.create(call, entity, item, values)
    row = call.portal.store.one("SELECT * FROM sale_payments WHERE id = ?", (number_,))
    return {"payment": _printed(call, row)}


@method("sale.payment.update", "sale", write=True, cost=0.2)
def payment_update(call: Call) -> dict[str, Any]:
    """Changes a payment, its sum and date among others."""
    _require_admin(call)
    row = _row(call)
    payments.change(call, row["id"], _fields(call))
    return {"payment": _printed(call, _row(call))}


@method("sale.payment.delete", "sale", write=True, cost=0.1)
def payment_delete(call: Call) -> bool:
    """Deletes a payment."""
    _require_admin(call)
    payments.remove(call, _row(call)["id"])
    return True


@method("crm.orderentity.list", "crm")
def order_entities(call: Call) -> Page:
    """Which order belongs to which card."""
    found = listing.find(call, _ENTITIES, call.mapping("filter"), call.mapping("order"))
    rows = [{"orderId": r["id"], "ownerId": r["ownerId"], "ownerTypeId": r["ownerTypeId"]} for r in found.rows]
    chosen = [str(name) for name in call.listing("select")]
    if chosen and "*" not in chosen:
        rows = [{name: row[name] for name in chosen if name in row} for row in rows]
    return Page(rows, found.total, found.start, "orderEntity")
