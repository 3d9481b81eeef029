"""Currencies and the CRM's mode: `crm.currency.*`, `crm.settings.mode.get`."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.crm import localizations, moments
from sandbox.crm.access import require_crm, require_settings
from sandbox.crm.records import described, parse
from sandbox.crm.schema import schema_of, touch
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import events, method
from sandbox.kernel.rows import ordered

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
    require_crm(call)
    printed = [_printed(call, row) for row in _rows(call)]
    for name, direction in reversed(call.mapping("order").items()):
        printed = ordered(printed, name, str(direction))
    return Page(printed, 0)


@method("crm.currency.get", "crm")
def get(call: Call) -> dict[str, Any]:
    """One currency by its code, with its form in every language."""
    rows = _rows(call, "currency = ?", str(call.get("id") or ""))
    if not rows:
        raise RestError("", "Not found", 400)
    return {**_printed(call, rows[0]), "LANG": localizations.of(call.portal.store, rows[0]["currency"])}


@method("crm.currency.base.get", "crm")
def base_get(call: Call) -> str:
    """The code of the base currency."""
    return schema_of(call.portal).base_currency


@method("crm.currency.base.set", "crm", write=True)
def base_set(call: Call) -> bool:
    """Makes another currency the base one: its rate becomes 1, the others are counted in it."""
    require_settings(call)
    _make_base(call, str(get(call)["CURRENCY"]))
    return True


def _make_base(call: Call, code: str) -> None:
    rates = schema_of(call.portal).rates
    for other, rate in rates.items():
        call.portal.store.execute(
            "UPDATE crm_currencies SET amountCnt = 1, amount = ?, base = ? WHERE currency = ?",
            (f"{rate / rates[code]:.4f}", "Y" if other == code else "N", other),
        )
    touch(call.portal)


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


def _fields(call: Call) -> dict[str, Any]:
    return {key.upper(): value for key, value in call.mapping("fields").items()}


@method("crm.currency.add", "crm", write=True)
def add(call: Call) -> str:
    """Adds a currency and returns its code."""
    require_settings(call)
    schema_of(call.portal)
    fields = _fields(call)
    code = str(fields.get("CURRENCY") or "").upper()
    if len(code) != 3 or _rows(call, "currency = ?", code):
        raise RestError("", "Неверный код валюты", 400)
    for name in ("AMOUNT_CNT", "AMOUNT"):
        if fields.get(name) in (None, ""):
            raise RestError("ERROR_CORE", f'Undefined array key "{name}"', 400)
    defaults = {"amountCnt": 1, "sort": 100, "fullName": code, "formatString": f"# {code}"}
    call.portal.store.insert("crm_currencies", {**defaults, **_values(call), "currency": code, "base": "N"})
    _settle(call, code, fields)
    _changed(call, code, "ADD")
    return code


def _settle(call: Call, code: str, fields: dict[str, Any]) -> None:
    """What `fields` hold besides columns: the languages, and whether this is the base currency now."""
    touch(call.portal)
    localizations.put(call.portal.store, code, fields.get("LANG"))
    if fields.get("BASE") == "Y":
        _make_base(call, code)


@method("crm.currency.update", "crm", write=True)
def update(call: Call) -> bool:
    """Changes a currency, its rate above all."""
    require_settings(call)
    code = str(get(call)["CURRENCY"])
    values = _values(call)
    sets = ", ".join(f"{name} = ?" for name in values)
    call.portal.store.execute(f"UPDATE crm_currencies SET {sets} WHERE currency = ?", (*values.values(), code))
    _settle(call, code, _fields(call))
    _changed(call, code, "UPDATE")
    return True


@method("crm.currency.delete", "crm", write=True)
def delete(call: Call) -> bool:
    """Deletes a currency that is not the base one."""
    require_settings(call)
    code = str(call.get("id") or "")
    if len(code) != 3:
        raise RestError("", "Currency identifier must consist of 3 characters", 400)
    if get(call)["BASE"] == "Y":
        raise RestError("", "Cannot delete base currency.", 400)
    call.portal.store.execute("DELETE FROM crm_currencies WHERE currency = ?", (code,))
    localizations.forget(call.portal.store, code)
    _changed(call, code, "DELETE")
    return True


def _changed(call: Call, code: str, what: str) -> None:
    touch(call.portal)
    call.portal.emit(f"ONCRMCURRENCY{what}", {"FIELDS": {"ID": code}}, call)


_FIELDS = parse(
    """
CURRENCY        string          | Валюта
AMOUNT_CNT      int             | Номинал
AMOUNT          double          | Курс
BASE            char ro         | Базовая валюта
SORT            int             | Сортировка
DATE_UPDATE     datetime ro     | Дата изменения
LID             string ro       | Сайт
FORMAT_STRING   string ro       | Шаблон форматирования валюты
FULL_NAME       string ro       | Название
DEC_POINT       string ro       | Десятичная точка при выводе
THOUSANDS_SEP   string ro       | Свой разделитель тысяч при выводе
DECIMALS        int ro          | Количество десятичных знаков
LANG            currency_localization multi | Языковая привязка
"""
)


@method("crm.currency.fields", "crm")
def fields(call: Call) -> dict[str, Any]:
    """The fields of a currency."""
    require_crm(call)
    return {name: described(field) for name, field in _FIELDS.items()}


@method("crm.settings.mode.get", "crm")
def mode_get(call: Call) -> int:
    """1: classic CRM with leads, 2: simple CRM without them (setting `crm.mode`)."""
    return int(call.portal.store.setting("crm.mode", 1))
