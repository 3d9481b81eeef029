"""Currencies and the CRM's mode: `crm.currency.*`, `crm.settings.mode.get`, `crm.enum.ownertype`."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.crm import moments
from sandbox.crm.declarations import SYSTEM
from sandbox.crm.schema import schema_of, touch
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import events, method

events("crm", "ONCRMCURRENCYADD", "ONCRMCURRENCYUPDATE", "ONCRMCURRENCYDELETE")

_NAMES = {
    "CURRENCY": "currency",
    "AMOUNT_CNT": "amountCnt",
    "AMOUNT": "amount",
    "SORT": "sort",
    "BASE": "base",
    "FULL_NAME": "fullName",
    "FORMAT_STRING": "formatString",
    "DEC_POINT": "decPoint",
    "THOUSANDS_SEP": "thousandsSep",
    "DECIMALS": "decimals",
    "DATE_UPDATE": "dateUpdate",
}


def _printed(call: Call, row: Any) -> dict[str, Any]:
    printed = {name: None if row[column] is None else str(row[column]) for name, column in _NAMES.items()}
    moment = row["dateUpdate"] or 0
    return {**printed, "LID": "ru", "DATE_UPDATE": moments.iso(moment, call.portal.clock.zone)}


def _rows(call: Call, where: str = "1", *args: object) -> list[Any]:
    schema_of(call.portal)
    return call.portal.store.rows(f"SELECT * FROM crm_currencies WHERE {where} ORDER BY sort, currency", args)


@method("crm.currency.list", "crm")
def listing(call: Call) -> Page:
    """All currencies; AMOUNT units of the base currency make AMOUNT_CNT of this one. `total` is 0, as documented."""
    return Page([_printed(call, row) for row in _rows(call)], 0)


@method("crm.currency.get", "crm")
def get(call: Call) -> dict[str, Any]:
    """One currency by its code."""
    rows = _rows(call, "currency = ?", str(call.get("id") or ""))
    if not rows:
        raise RestError("", "Not found", 400)
    return _printed(call, rows[0])


@method("crm.currency.base.get", "crm")
def base_get(call: Call) -> str:
    """The code of the base currency."""
    return schema_of(call.portal).base_currency


def _values(call: Call) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in call.mapping("fields").items():
        column = _NAMES.get(key.upper())
        if column and key.upper() not in ("CURRENCY", "BASE", "DATE_UPDATE"):
            values[column] = value
    if "amount" in values:
        try:
            values["amount"] = f"{Decimal(str(values['amount'])):.4f}"
        except InvalidOperation:
            raise RestError("", "Неверный курс валюты", 400) from None
    return {**values, "dateUpdate": int(call.portal.clock.timestamp())}


def _require_admin(call: Call) -> None:
    if call.source in ("rest", "act") and not call.portal.is_admin(call.user):
        raise RestError("", "Access denied.", 400)


@method("crm.currency.add", "crm", write=True)
def add(call: Call) -> str:
    """Adds a currency and returns its code."""
    _require_admin(call)
    schema_of(call.portal)
    fields = {key.upper(): value for key, value in call.mapping("fields").items()}
    code = str(fields.get("CURRENCY") or "").upper()
    if len(code) != 3 or _rows(call, "currency = ?", code):
        raise RestError("", "Неверный код валюты", 400)
    defaults = {"amountCnt": 1, "amount": "1.0000", "sort": 100, "fullName": code, "formatString": f"# {code}"}
    call.portal.store.insert("crm_currencies", {**defaults, **_values(call), "currency": code, "base": "N"})
    _changed(call, code, "ADD")
    return code


@method("crm.currency.update", "crm", write=True)
def update(call: Call) -> bool:
    """Changes a currency, its rate above all."""
    _require_admin(call)
    code = str(get(call)["CURRENCY"])
    values = _values(call)
    sets = ", ".join(f"{name} = ?" for name in values)
    call.portal.store.execute(f"UPDATE crm_currencies SET {sets} WHERE currency = ?", (*values.values(), code))
    _changed(call, code, "UPDATE")
    return True


def _changed(call: Call, code: str, what: str) -> None:
    touch(call.portal)
    call.portal.emit(f"ONCRMCURRENCY{what}", {"FIELDS": {"ID": code}}, call)


@method("crm.currency.fields", "crm")
def fields(call: Call) -> dict[str, Any]:
    """The fields of a currency."""
    kinds = {"AMOUNT": "double", "AMOUNT_CNT": "integer", "SORT": "integer", "DECIMALS": "integer", "BASE": "char"}
    return {
        name: {
            "type": kinds.get(name, "datetime" if name == "DATE_UPDATE" else "string"),
            "isRequired": name == "CURRENCY",
            "isReadOnly": name in ("DATE_UPDATE", "BASE"),
            "isImmutable": name == "CURRENCY",
            "isMultiple": False,
            "isDynamic": False,
            "title": name,
        }
        for name in _NAMES
    }


@method("crm.settings.mode.get", "crm")
def mode_get(call: Call) -> int:
    """1: classic CRM with leads, 2: simple CRM without them (setting `crm.mode`)."""
    return int(call.portal.store.setting("crm.mode", 1))


@method("crm.enum.ownertype", "crm")
def owner_types(call: Call) -> list[dict[str, Any]]:
    """The object types with their names and abbreviations."""
    rows = [
        {"ID": number, "NAME": d.title, "SYMBOL_CODE": d.code, "SYMBOL_CODE_SHORT": d.letter}
        for number, d in SYSTEM.items()
    ]
    for number, row in schema_of(call.portal).types.items():
        code = f"DYNAMIC_{number}"
        rows.append({"ID": number, "NAME": row["title"], "SYMBOL_CODE": code, "SYMBOL_CODE_SHORT": f"T{number:x}"})
    return rows
