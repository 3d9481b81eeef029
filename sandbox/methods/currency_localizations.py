"""The languages of currencies: `crm.currency.localizations.*` (api-reference/crm/currency/localizations)."""

from __future__ import annotations

from typing import Any

from sandbox.crm import localizations
from sandbox.crm.access import require_crm, require_settings
from sandbox.crm.records import described, parse, refused
from sandbox.crm.schema import schema_of
from sandbox.kernel.call import Call
from sandbox.kernel.registry import method

_FIELDS = parse(
    """
FULL_NAME         string  | Название
FORMAT_STRING     string  | Шаблон форматирования валюты
DEC_POINT         string  | Десятичная точка при выводе
THOUSANDS_VARIANT string  | Разделитель тысяч при выводе
THOUSANDS_SEP     string  | Свой разделитель тысяч при выводе
DECIMALS          int     | Количество десятичных знаков
HIDE_ZERO         char    | Не показывать незначащие нули
"""
)


def _currency(call: Call) -> str:
    schema_of(call.portal)
    code = str(call.get("id") or "")
    if not code or not call.portal.store.value("SELECT 1 FROM crm_currencies WHERE currency = ?", (code,)):
        raise refused("The parameter id is invalid or not defined.")
    return code


@method("crm.currency.localizations.get", "crm")
def get(call: Call) -> dict[str, Any]:
    """The forms of a currency by language."""
    return localizations.of(call.portal.store, _currency(call))


@method("crm.currency.localizations.set", "crm", write=True)
def put(call: Call) -> bool:
    """Sets the forms in the named languages."""
    require_settings(call)
    code = _currency(call)
    given = call.get("localizations")
    if not isinstance(given, dict):
        raise refused("The parameter localizations must be array.")
    localizations.put(call.portal.store, code, given)
    return True


@method("crm.currency.localizations.delete", "crm", write=True)
def delete(call: Call) -> bool:
    """Takes the forms in the named languages away."""
    require_settings(call)
    localizations.drop(call.portal.store, _currency(call), call.listing("lids"))
    return True


@method("crm.currency.localizations.fields", "crm")
def fields(call: Call) -> dict[str, Any]:
    """The fields of a form."""
    require_crm(call)
    return {name: described(field) for name, field in _FIELDS.items()}
