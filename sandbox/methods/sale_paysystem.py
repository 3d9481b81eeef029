"""Pay systems and their handlers: `sale.paysystem.*` (api-reference/pay-system)."""

from __future__ import annotations

import json
from typing import Any

from sandbox.crm import access, payments
from sandbox.crm.schema import DEAL, INVOICE, schema_of
from sandbox.crm.values import empty
from sandbox.kernel import features
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError, access_denied
from sandbox.kernel.registry import method
from sandbox.plain import files
from sandbox.plain.columns import columns
from sandbox.plain.table import Row, Table
from sandbox.shop import upper
from sandbox.shop.invoices import INVOICE as OLD_INVOICE
from sandbox.shop.orders import ORDER, PAYMENT
from sandbox.shop.registers import PAY_SYSTEM, PERSON_TYPE

_SCOPE = "pay_system"
_NAMES = (*(column.name for column in PAY_SYSTEM.columns), "ID")
_NO_SYSTEM = "Pay system not found"

HANDLER = Table(
    "sale.paysystem.handler",
    "handler",
    "handlers",
    columns("NAME:string CODE:string SORT:integer SETTINGS:map"),
    defaults={"SORT": 100, "SETTINGS": "{}"},
    hidden=columns("-id:integer app:string"),
)


def _handler_code(call: Call, code: Any, refusal: tuple[str, str], own: int = 0) -> None:
    if any(row["id"] != own for row in HANDLER.where(call.portal, CODE=str(code))):
        raise RestError(*refusal)


@method("sale.paysystem.handler.add", _SCOPE, write=True)
def handler_add(call: Call) -> int:
    """Adds a handler; returns its id."""
    upper.admin(call)
    given = upper.params(call)
    upper.require(given, "NAME", "CODE", "SETTINGS")
    if not isinstance(given["SETTINGS"], dict) or empty(given["SETTINGS"].get("CODES")):
        raise upper.failure("Parameter SETTINGS[CODES] is not defined")
    _handler_code(call, given["CODE"], ("ERROR_HANDLER_ALREADY_EXIST", "Handler already exists!"))
    return upper.added(call, HANDLER, given, "ERROR_HANDLER_ADD")


@method("sale.paysystem.handler.update", _SCOPE, write=True)
def handler_update(call: Call) -> bool:
    """Changes a handler."""
    row, given = upper.handler(call, HANDLER), upper.fields(call)
    if not given:
        raise upper.failure("Parameter FIELDS is not defined")
    if "CODE" in given:
        unexpected = ("ERROR_UNEXPECTED_ANSWER", "Server returned an unexpected response")
        _handler_code(call, given["CODE"], unexpected, row["id"])
    HANDLER.change(call, row, upper.stored(call, HANDLER, given, "ERROR_HANDLER_UPDATE"))
    return True


@method("sale.paysystem.handler.delete", _SCOPE, write=True)
def handler_delete(call: Call) -> bool:
    """Deletes a handler without pay systems."""
    if empty(call.get("ID")):
        raise RestError("ERROR_PAY_SYSTEM_DELETE", "Parameter ID is not defined")
    row = upper.handler(call, HANDLER)
    if PAY_SYSTEM.where(call.portal, handler=row["CODE"]):
        raise RestError("ERROR_PAY_SYSTEM_DELETE", "There are pay systems with this handler")
    HANDLER.remove(call, row)
    return True


@method("sale.paysystem.handler.list", _SCOPE)
def handler_list(call: Call) -> list[dict[str, Any]]:
    """The handlers; numbers are texts."""
    upper.admin(call)
    return upper.listed(call, HANDLER, ("ID", "NAME", "CODE", "SORT", "SETTINGS"), texts=True)


def _check(call: Call, given: dict[str, Any]) -> None:
    code = given.get("BX_REST_HANDLER")
    if code is not None and not HANDLER.where(call.portal, CODE=str(code)):
        raise RestError("ERROR_HANDLER_NOT_FOUND", "Handler not found")
    person = given.get("PERSON_TYPE_ID")
    if person is not None and PERSON_TYPE.get(call.portal, person) is None:
        raise RestError("ERROR_PERSON_TYPE_NOT_FOUND", "Person type not found")


def _values(call: Call, given: dict[str, Any], error: str) -> Row:
    kept = {name: value for name, value in given.items() if name not in ("SETTINGS", "LOGOTYPE")}
    values = upper.stored(call, PAY_SYSTEM, kept, error)
    if "NAME" in values:
        values["PSA_NAME"] = values["NAME"]
    if "BX_REST_HANDLER" in given:
        values |= {"ACTION_FILE": str(given["BX_REST_HANDLER"]), "handler": str(given["BX_REST_HANDLER"])}
    if not empty(given.get("LOGOTYPE")):
        content = files.decoded(str(given["LOGOTYPE"]))
        values["LOGOTYPE"] = files.keep(call.portal.store, "logo.png", content)["id"]
    return values


@method("sale.paysystem.add", _SCOPE, write=True)
def add(call: Call) -> int:
    """Adds a pay system of a handler; returns its id."""
    upper.admin(call)
    given = upper.params(call)
    upper.require(given, "NAME", "PERSON_TYPE_ID", "BX_REST_HANDLER")
    _check(call, given)
    values = _values(call, given, "ERROR_PAY_SYSTEM_ADD")
    settings = json.dumps(given.get("SETTINGS") or {}, ensure_ascii=False)
    return int(PAY_SYSTEM.insert(call, {**values, "settings": settings, "app": call.app})["id"])


def _system(call: Call, name: str = "ID") -> Row:
    upper.admin(call)
    code = "ERROR_PAY_SYSTEM_NOT_FOUND" if name == "ID" else "ERROR_CHECK_FAILURE"
    return upper.found(call, PAY_SYSTEM, code, _NO_SYSTEM, name)


@method("sale.paysystem.update", _SCOPE, write=True)
def update(call: Call) -> bool:
    """Changes a pay system."""
    row, given = _system(call), upper.fields(call)
    upper.own(call, row)
    _check(call, given)
    PAY_SYSTEM.change(call, row, _values(call, given, "ERROR_PAY_SYSTEM_UPDATE"))
    return True


@method("sale.paysystem.delete", _SCOPE, write=True)
def delete(call: Call) -> bool:
    """Deletes a pay system."""
    row = _system(call)
    upper.own(call, row)
    PAY_SYSTEM.remove(call, row)
    return True


@method("sale.paysystem.list", _SCOPE)
def listing(call: Call) -> list[dict[str, Any]]:
    """The pay systems."""
    upper.admin(call)
    # The page asks for TARIF and shows TARIFF.
    return upper.listed(call, PAY_SYSTEM, _NAMES, code="ERROR_CHECK_FAILURE", aliases={"TARIF": "TARIFF"})


def _defaults(call: Call, row: Row) -> dict[str, Any]:
    """The parameters that the handler of a pay system declares, with their own values."""
    handlers = HANDLER.where(call.portal, CODE=row["handler"])
    settings = json.loads(handlers[0]["SETTINGS"] or "{}") if handlers else {}
    codes = settings.get("CODES")
    values: dict[str, Any] = {}
    for code, declared in codes.items() if isinstance(codes, dict) else ():
        own = declared.get("DEFAULT") if isinstance(declared, dict) else None
        plain = own if isinstance(own, dict) and own.get("PROVIDER_KEY") == "VALUE" else {}
        values[code] = plain.get("PROVIDER_VALUE")
    return values


def _settings(call: Call, row: Row) -> dict[str, Any]:
    """The values of a pay system's settings; what was never set has the value that its handler declares."""
    given = json.loads(row["settings"] or "{}")
    return _defaults(call, row) | {
        code: entry.get("VALUE") if isinstance(entry, dict) else entry
        for code, entry in (given.items() if isinstance(given, dict) else ())
    }


@method("sale.paysystem.settings.get", _SCOPE)
def settings_get(call: Call) -> dict[str, Any]:
    """The settings of a pay system for a type of payer."""
    upper.admin(call)
    upper.require(upper.params(call), "ID", "PERSON_TYPE_ID")
    return _settings(call, upper.found(call, PAY_SYSTEM, "ERROR_CHECK_FAILURE", _NO_SYSTEM))


@method("sale.paysystem.settings.update", _SCOPE, write=True)
def settings_update(call: Call) -> bool:
    """Changes settings; those that are not named stay."""
    upper.admin(call)
    row = upper.found(call, PAY_SYSTEM, "ERROR_CHECK_FAILURE", _NO_SYSTEM)
    given = call.mapping("SETTINGS")
    if not given:
        raise RestError("ERROR_HANDLER_NOT_FOUND", "Settings are not defined")
    merged = {**json.loads(row["settings"] or "{}"), **given}
    PAY_SYSTEM.change(call, row, {"settings": json.dumps(merged, ensure_ascii=False)})
    return True


def _allow(call: Call, entity_type_id: int, responsible: int | None) -> None:
    """Refuses someone without the right to the cards that are paid for."""
    if not access.allowed(call, schema_of(call.portal).entity(entity_type_id), responsible):
        raise access_denied()


def _allow_order(call: Call, order: Row) -> None:
    """The same for an order: one without a card belongs to those who work with deals."""
    _allow(call, order["ownerTypeId"] or DEAL, order["responsibleId"])


@method("sale.paysystem.settings.payment.get", _SCOPE)
def settings_payment(call: Call) -> dict[str, Any]:
    """The settings of a pay system for one payment."""
    upper.require(upper.params(call), "PAYMENT_ID", "PAY_SYSTEM_ID")
    row = upper.found(call, PAY_SYSTEM, "ERROR_CHECK_FAILURE", _NO_SYSTEM, "PAY_SYSTEM_ID")
    payment = PAYMENT.get(call.portal, call.get("PAYMENT_ID"))
    order = ORDER.get(call.portal, payment["orderId"]) if payment else None
    if order is None:
        raise RestError("ERROR_INTERNAL_ORDER_NOT_FOUND", "Order not found")
    _allow_order(call, order)
    return _settings(call, row)


def _of_invoice(call: Call, unknown: str = "ERROR_CHECK_FAILURE") -> tuple[Row, int]:
    """The pay system that a call names by its id (refused with `unknown`) or handler, and the invoice."""
    given = upper.params(call)
    upper.require(given, "INVOICE_ID")
    if not empty(given.get("BX_REST_HANDLER")):
        rows = PAY_SYSTEM.where(call.portal, handler=str(given["BX_REST_HANDLER"]))
        row = rows[0] if rows else None
    else:
        row = PAY_SYSTEM.get(call.portal, given.get("PAY_SYSTEM_ID"))
        if row is None:
            raise RestError(unknown, _NO_SYSTEM)
    if row is None:
        raise upper.failure(_NO_SYSTEM)
    return row, int(given["INVOICE_ID"]) if str(given["INVOICE_ID"]).isdigit() else 0


def _require_invoice(call: Call, number: int) -> None:
    """Refuses an invoice, of the oldest kind or of today's, that is not there or not for the caller."""
    old = OLD_INVOICE.get(call.portal, number)
    row = old or call.portal.store.one(f"SELECT assignedById FROM crm_{INVOICE} WHERE id = ?", (number,))
    if row is None:
        raise RestError("ERROR_INTERNAL_INVOICE_NOT_FOUND", "Invoice not found")
    _allow(call, INVOICE, row["RESPONSIBLE_ID" if old else "assignedById"])


@method("sale.paysystem.settings.invoice.get", _SCOPE)
def settings_invoice(call: Call) -> dict[str, Any]:
    """The settings of a pay system for one invoice."""
    row, number = _of_invoice(call)
    _require_invoice(call, number)
    return _settings(call, row)


@method("sale.paysystem.pay.payment", _SCOPE, write=True, cost=0.2)
def pay_payment(call: Call) -> bool:
    """Marks a payment of an order paid through a pay system."""
    upper.require(upper.params(call), "PAYMENT_ID", "PAY_SYSTEM_ID")
    system = upper.found(call, PAY_SYSTEM, "ERROR_CHECK_FAILURE", _NO_SYSTEM, "PAY_SYSTEM_ID")
    payment = upper.found(call, PAYMENT, "ERROR_PROCESS_REQUEST_RESULT", "Payment not found", "PAYMENT_ID")
    _allow_order(call, ORDER.need(call, payment["orderId"]))
    payments.change(call, payment["id"], {"paySystemId": system["id"], "paid": "Y"})
    return True


@method("sale.paysystem.pay.invoice", _SCOPE, write=True, cost=0.2)
def pay_invoice(call: Call) -> bool:
    """Marks an invoice of the oldest kind, or the payments of one of today's, paid through a pay system."""
    system, number = _of_invoice(call, "ERROR_PROCESS_REQUEST_RESULT")
    refusal = ("ERROR_PAY_INVOICE_NOT_SUPPORTED", "Invoice payments are not supported on the account")
    features.require(call.portal, "invoice_payments", *refusal)
    _require_invoice(call, number)
    old = OLD_INVOICE.get(call.portal, number)
    if old is not None:
        OLD_INVOICE.change(call, old, {"STATUS_ID": "P", "PAY_SYSTEM_ID": system["id"]})
        return True
    for payment in payments.of(call.portal.store, INVOICE, number):
        payments.change(call, payment["id"], {"paySystemId": system["id"], "paid": "Y"})
    return True
