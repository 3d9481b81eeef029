"""Delivery services, their handlers, services and requests: `sale.delivery.*` (api-reference/sale/delivery)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sandbox.crm.values import empty
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.plain import files
from sandbox.plain.columns import columns
from sandbox.plain.table import Row, Table
from sandbox.shop import upper
from sandbox.shop.orders import SHIPMENT
from sandbox.shop.registers import DELIVERY

_SCOPE = "sale|delivery"
_NAMES = ("NAME", "ACTIVE", "DESCRIPTION", "CURRENCY", "ID", "PARENT_ID", "SORT", "LOGOTYPE")
_LISTED = ("NAME", "ACTIVE", "DESCRIPTION", "CURRENCY", "ID", "PARENT_ID", "SORT")
_NO_DELIVERY = ("ERROR_DELIVERY_NOT_FOUND", "Delivery not found")

HANDLER = Table(
    "sale.delivery.handler",
    "handler",
    "handlers",
    columns("NAME:string CODE:string SORT:integer DESCRIPTION:string SETTINGS:map PROFILES:list"),
    defaults={"SORT": 100, "DESCRIPTION": "", "SETTINGS": "{}", "PROFILES": "[]"},
    hidden=columns("-id:integer app:string"),
)
EXTRA = Table(
    "sale.delivery.extra.service",
    "service",
    "services",
    columns(
        "CODE:string NAME:string DESCRIPTION:string ACTIVE:string SORT:integer TYPE:string PRICE:double ITEMS:list",
    ),
    defaults={"CODE": "", "DESCRIPTION": "", "ACTIVE": "Y", "SORT": 100},
    hidden=columns("-id:integer DELIVERY_ID:integer"),
)


def _elements(value: Any) -> list[dict[str, Any]]:
    found = value.values() if isinstance(value, Mapping) else value or []
    return [dict(entry) for entry in found if isinstance(entry, Mapping)]


# --- handlers -----------------------------------------------------------------------------------


def _check_handler(call: Call, given: dict[str, Any], own: int = 0) -> None:
    if "CODE" in given and any(row["id"] != own for row in HANDLER.where(call.portal, CODE=str(given["CODE"]))):
        raise RestError("ERROR_HANDLER_ALREADY_EXIST", "Handler already exists")
    settings = given.get("SETTINGS")
    if settings is not None and (not isinstance(settings, dict) or empty(settings.get("CALCULATE_URL"))):
        raise upper.failure("Parameter SETTINGS[CALCULATE_URL] is not defined")
    for profile in _elements(given.get("PROFILES")):
        if empty(profile.get("NAME")) or empty(profile.get("CODE")):
            raise upper.failure("Parameter PROFILES[CODE] is not defined")


@method("sale.delivery.handler.add", _SCOPE, write=True, partial="the handler's addresses are never called")
def handler_add(call: Call) -> int:
    """Adds a handler; returns its id."""
    upper.admin(call)
    given = upper.params(call)
    upper.require(given, "CODE", "NAME", "SETTINGS", "PROFILES")
    _check_handler(call, given)
    return upper.added(call, HANDLER, given, "ERROR_HANDLER_ADD")


@method("sale.delivery.handler.update", _SCOPE, write=True)
def handler_update(call: Call) -> bool:
    """Changes a handler."""
    row, given = upper.handler(call, HANDLER), upper.params(call)
    _check_handler(call, given, row["id"])
    HANDLER.change(call, row, upper.stored(call, HANDLER, given, "ERROR_HANDLER_UPDATE"))
    return True


@method("sale.delivery.handler.delete", _SCOPE, write=True)
def handler_delete(call: Call) -> bool:
    """Deletes a handler without services."""
    row = upper.handler(call, HANDLER)
    if DELIVERY.where(call.portal, handlerId=row["id"]):
        raise RestError("ERROR_HANDLER_DELETE", "There are delivery services with this handler")
    HANDLER.remove(call, row)
    return True


@method("sale.delivery.handler.list", _SCOPE)
def handler_list(call: Call) -> list[dict[str, Any]]:
    """The handlers; numbers are texts."""
    upper.admin(call)
    names = ("ID", "NAME", "CODE", "SORT", "DESCRIPTION", "SETTINGS", "PROFILES")
    return upper.listed(call, HANDLER, names, texts=True)


# --- services -----------------------------------------------------------------------------------


def _logo(call: Call, given: dict[str, Any]) -> Row:
    if empty(given.get("LOGOTYPE")):
        return {}
    content = files.decoded(str(given["LOGOTYPE"]))
    return {"LOGOTYPE": files.keep(call.portal.store, "logo.png", content)["id"]}


def _values(call: Call, given: dict[str, Any], error: str) -> Row:
    kept = ("NAME", "CURRENCY", "DESCRIPTION", "SORT", "ACTIVE")
    return {
        **upper.stored(call, DELIVERY, {name: given[name] for name in kept if name in given}, error),
        **_logo(call, given),
    }


def _text(value: Any) -> Any:
    """Numbers among the values of settings are kept as texts."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _config(value: Any) -> str:
    entries = _elements(value)
    for entry in entries:
        if empty(entry.get("CODE")):
            raise upper.failure("Parameter CONFIG[CODE] is not defined")
    return json.dumps(
        [{"CODE": entry["CODE"], "VALUE": _text(entry.get("VALUE"))} for entry in entries], ensure_ascii=False
    )


@method("sale.delivery.add", _SCOPE, write=True)
def add(call: Call) -> dict[str, Any]:
    """Adds a service of a handler with a child for every profile."""
    upper.admin(call)
    given = upper.params(call)
    upper.require(given, "REST_CODE", "NAME", "CURRENCY")
    handlers = HANDLER.where(call.portal, CODE=str(given["REST_CODE"]))
    if not handlers:
        raise RestError("ERROR_HANDLER_NOT_FOUND", "Handler not found")
    common = {"handlerId": handlers[0]["id"], "config": _config(given.get("CONFIG"))}
    parent = DELIVERY.insert(call, {**_values(call, given, "ERROR_DELIVERY_ADD"), **common})
    shared = {name: parent[name] for name in ("ACTIVE", "CURRENCY", "SORT")}
    profiles = []
    for profile in json.loads(handlers[0]["PROFILES"] or "[]"):
        own = {"NAME": profile["NAME"], "DESCRIPTION": profile.get("DESCRIPTION") or "", "profile": profile["CODE"]}
        profiles.append(DELIVERY.insert(call, {**shared, **common, **own, "PARENT_ID": parent["id"]}))
    return {
        "parent": upper.shown(DELIVERY, parent, _NAMES, texts=False),
        "profiles": [upper.shown(DELIVERY, profile, _NAMES, texts=False) for profile in profiles],
    }


def _delivery(call: Call, name: str = "ID") -> Row:
    upper.admin(call)
    return upper.found(call, DELIVERY, *_NO_DELIVERY, name)


@method("sale.delivery.update", _SCOPE, write=True)
def update(call: Call) -> bool:
    """Changes a service; the fields may stand beside ID or under FIELDS."""
    row = _delivery(call)
    given = {**upper.params(call), **upper.fields(call)}
    DELIVERY.change(call, row, _values(call, given, "ERROR_DELIVERY_UPDATE"))
    return True


@method("sale.delivery.delete", _SCOPE, write=True)
def delete(call: Call) -> bool:
    """Deletes a service with its profiles."""
    row = _delivery(call)
    if call.portal.store.value(f'SELECT 1 FROM "{SHIPMENT.sql}" WHERE deliveryId = ?', (row["id"],)):
        raise RestError("ERROR_DELIVERY_DELETE", "There are shipments by this delivery service")
    for child in DELIVERY.where(call.portal, PARENT_ID=row["id"]):
        DELIVERY.remove(call, child)
    DELIVERY.remove(call, row)
    return True


@method("sale.delivery.getlist", _SCOPE)
def listing(call: Call) -> list[dict[str, Any]]:
    """The services and their profiles."""
    upper.admin(call)
    return upper.listed(call, DELIVERY, _LISTED, code="ERROR_CHECK_FAILURE")


@method("sale.delivery.config.get", _SCOPE)
def config_get(call: Call) -> list[dict[str, Any]]:
    """The values of a service's settings."""
    found: list[dict[str, Any]] = json.loads(_delivery(call)["config"] or "[]")
    return found


@method("sale.delivery.config.update", _SCOPE, write=True)
def config_update(call: Call) -> bool:
    """Changes settings; those that are not named stay."""
    row = _delivery(call)
    merged = {entry["CODE"]: entry for entry in json.loads(row["config"] or "[]")}
    handler = HANDLER.get(call.portal, row["handlerId"])
    declared = json.loads(handler["SETTINGS"]).get("CONFIG") if handler else None
    codes = {entry.get("CODE") for entry in _elements(declared)}
    if declared and any(entry.get("CODE") not in codes for entry in _elements(call.get("CONFIG"))):
        raise RestError("ERROR_DELIVERY_CONFIG_UPDATE", "There is no such setting")
    merged |= {entry["CODE"]: entry for entry in json.loads(_config(call.get("CONFIG")))}
    DELIVERY.change(call, row, {"config": json.dumps(list(merged.values()), ensure_ascii=False)})
    return True


# --- extra services -----------------------------------------------------------------------------


@method("sale.delivery.extra.service.add", _SCOPE, write=True)
def extra_add(call: Call) -> int:
    """Adds an extra service to a delivery; returns its id."""
    upper.admin(call)
    given = upper.params(call)
    upper.require(given, "DELIVERY_ID", "TYPE", "NAME")
    if given["TYPE"] not in ("enum", "checkbox", "quantity"):
        raise upper.failure("Parameter TYPE has wrong value")
    if given["TYPE"] == "enum":
        upper.require(given, "ITEMS")
    _delivery(call, "DELIVERY_ID")
    return int(EXTRA.insert(call, upper.stored(call, EXTRA, given, "ERROR_EXTRA_SERVICE_ADD"))["id"])


def _extra(call: Call) -> Row:
    upper.admin(call)
    return upper.found(call, EXTRA, "ERROR_EXTRA_SERVICE_NOT_FOUND", "Extra service not found")


@method("sale.delivery.extra.service.get", _SCOPE)
def extra_get(call: Call) -> list[dict[str, Any]]:
    """The extra services of a delivery."""
    rows = EXTRA.where(call.portal, DELIVERY_ID=_delivery(call, "DELIVERY_ID")["id"])
    return [_extra_shown(row) for row in rows]


def _extra_shown(row: Row) -> dict[str, Any]:
    names = ("ID", "CODE", "NAME", "DESCRIPTION", "ACTIVE", "SORT", "TYPE")
    shown = upper.shown(EXTRA, row, names, texts=True)
    if row["TYPE"] == "enum":
        return {**shown, "ITEMS": json.loads(row["ITEMS"] or "[]")}
    return {**shown, "PRICE": row["PRICE"]}


@method("sale.delivery.extra.service.update", _SCOPE, write=True)
def extra_update(call: Call) -> bool:
    """Changes an extra service; its delivery and type stay."""
    row, given = _extra(call), upper.params(call)
    kept = {name: value for name, value in given.items() if name not in ("DELIVERY_ID", "TYPE", "ID")}
    EXTRA.change(call, row, upper.stored(call, EXTRA, kept, "ERROR_EXTRA_SERVICE_UPDATE"))
    return True


@method("sale.delivery.extra.service.delete", _SCOPE, write=True)
def extra_delete(call: Call) -> bool:
    """Deletes an extra service."""
    EXTRA.remove(call, _extra(call))
    return True
