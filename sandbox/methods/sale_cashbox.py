"""Cash registers, their handlers and the results of printing: `sale.cashbox.*` (api-reference/sale/cashbox)."""

from __future__ import annotations

from typing import Any

from sandbox.crm.values import empty
from sandbox.kernel.answers import EmptyObject
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.plain.table import Row
from sandbox.shop import upper
from sandbox.shop.cash import CASHBOX, CHECK, HANDLER, find_check

_SCOPE = "cashbox"
_NAMES = (
    *("ID", "NAME", "OFD", "EMAIL", "DATE_CREATE", "DATE_LAST_CHECK", "NUMBER_KKM", "KKM_ID", "ACTIVE", "SORT"),
    *("USE_OFFLINE", "ENABLED"),
)


def _code(call: Call, code: Any, own: int = 0) -> None:
    if any(row["id"] != own for row in HANDLER.where(call.portal, CODE=str(code))):
        raise RestError("ERROR_HANDLER_ALREADY_EXIST", "Handler already exists!")


def _settings(given: Any) -> None:
    settings = given if isinstance(given, dict) else {}
    for name in ("PRINT_URL", "CHECK_URL", "CONFIG"):
        if empty(settings.get(name)):
            raise upper.failure(f"Parameter SETTINGS[{name}] is not defined")


@method("sale.cashbox.handler.add", _SCOPE, write=True, partial="the handler's addresses are never called")
def handler_add(call: Call) -> int:
    """Adds a handler of registers; returns its id."""
    upper.admin(call)
    given = upper.params(call)
    upper.require(given, "CODE", "NAME", "SETTINGS")
    _settings(given["SETTINGS"])
    _code(call, given["CODE"])
    return upper.added(call, HANDLER, given, "ERROR_HANDLER_ADD")


@method("sale.cashbox.handler.update", _SCOPE, write=True)
def handler_update(call: Call) -> bool:
    """Changes a handler; its code stays."""
    row, given = upper.handler(call, HANDLER), upper.fields(call)
    if not given:
        raise upper.failure("Parameter FIELDS is not defined")
    given.pop("CODE", None)
    HANDLER.change(call, row, upper.stored(call, HANDLER, given, "ERROR_HANDLER_UPDATE"))
    return True


@method("sale.cashbox.handler.delete", _SCOPE, write=True)
def handler_delete(call: Call) -> bool:
    """Deletes a handler without registers."""
    row = upper.handler(call, HANDLER)
    if CASHBOX.where(call.portal, REST_CODE=row["CODE"]):
        raise upper.failure("There are cashboxes with this handler")
    HANDLER.remove(call, row)
    return True


@method("sale.cashbox.handler.list", _SCOPE)
def handler_list(call: Call) -> list[dict[str, Any]]:
    """The handlers; numbers are texts, the sign of FFD is among the settings."""
    upper.admin(call)
    rows = []
    for row in HANDLER.where(call.portal):
        shown = upper.shown(HANDLER, row, ("ID", "NAME", "CODE", "SORT", "SETTINGS"), texts=True)
        shown["SETTINGS"] = {**(shown["SETTINGS"] or {}), "SUPPORTS_FFD105": row["SUPPORTS_FFD105"]}
        rows.append(shown)
    return rows


@method("sale.cashbox.add", _SCOPE, write=True)
def add(call: Call) -> int:
    """Adds a register of a handler; returns its id."""
    upper.admin(call)
    given = upper.params(call)
    upper.require(given, "NAME", "REST_CODE", "EMAIL")
    if not HANDLER.where(call.portal, CODE=str(given["REST_CODE"])):
        raise upper.failure("Parameter REST_CODE has wrong value: handler not found")
    return upper.added(call, CASHBOX, given, "ERROR_CASHBOX_ADD")


def _cashbox(call: Call) -> Row:
    return upper.changeable(call, CASHBOX, "ERROR_CASHBOX_NOT_FOUND", "Cash register not found")


@method("sale.cashbox.update", _SCOPE, write=True)
def update(call: Call) -> bool:
    """Changes a register."""
    row, given = _cashbox(call), upper.fields(call)
    if not given:
        raise upper.failure("Parameter FIELDS is not defined")
    CASHBOX.change(call, row, upper.stored(call, CASHBOX, given, "ERROR_CASHBOX_UPDATE"))
    return True


@method("sale.cashbox.delete", _SCOPE, write=True)
def delete(call: Call) -> bool:
    """Deletes a register."""
    CASHBOX.remove(call, _cashbox(call))
    return True


@method("sale.cashbox.list", _SCOPE)
def listing(call: Call) -> list[dict[str, Any]]:
    """The registers; numbers are texts and dates objects without fields, as documented."""
    upper.admin(call)
    rows = upper.listed(call, CASHBOX, _NAMES, texts=True)
    return [
        {
            name: EmptyObject() if name.startswith("DATE_") and value is not None else value
            for name, value in row.items()
        }
        for row in rows
    ]


@method("sale.cashbox.check.apply", _SCOPE, write=True)
def check_apply(call: Call) -> bool:
    """Takes the result of printing a receipt."""
    upper.admin(call)
    given = upper.params(call)
    upper.require(given, "UUID")
    row = find_check(call, str(given["UUID"]))
    if row is None:
        raise RestError("ERROR_CHECK_NOT_FOUND", "Check not found")
    CHECK.change(call, row, upper.stored(call, CHECK, {"status": "Y", "result": given}))
    return True
