"""How a currency is written in each language (api-reference/crm/currency/localizations)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.kernel.store import Store, declare

# The language whose form the currency itself is printed in, and its columns of `crm_currencies`.
OWN = "ru"
COLUMNS = {
    "FORMAT_STRING": "formatString",
    "FULL_NAME": "fullName",
    "DEC_POINT": "decPoint",
    "THOUSANDS_SEP": "thousandsSep",
    "DECIMALS": "decimals",
}
NAMES = (*COLUMNS, "THOUSANDS_VARIANT", "HIDE_ZERO")
_REST = {"THOUSANDS_VARIANT": "B", "HIDE_ZERO": "Y"}
Forms = dict[str, dict[str, Any]]

# A language with the data `null` was taken away.
declare(
    "CREATE TABLE IF NOT EXISTS crm_currency_languages (currency TEXT NOT NULL, language TEXT NOT NULL,"
    " data TEXT NOT NULL, PRIMARY KEY (currency, language))"
)


def of(store: Store, currency: str) -> Forms:
    """The forms of a currency by language."""
    row = store.one("SELECT * FROM crm_currencies WHERE currency = ?", (currency,))
    if row is None:
        return {}
    own = {name: None if row[column] is None else str(row[column]) for name, column in COLUMNS.items()}
    forms: Forms = {OWN: {**own, **_REST}}
    for entry in store.rows("SELECT * FROM crm_currency_languages WHERE currency = ?", (currency,)):
        data = json.loads(entry["data"])
        if data is None:
            forms.pop(entry["language"], None)
        else:
            forms[entry["language"]] = data
    return forms


def put(store: Store, currency: str, given: Any) -> None:
    """Sets the forms in the named languages; what a form does not name stays as it was."""
    if not isinstance(given, Mapping):
        return
    known = of(store, currency)
    for language, form in given.items():
        if not isinstance(form, Mapping):
            continue
        named = {name: None if form[name] is None else str(form[name]) for name in NAMES if name in form}
        empty = {**dict.fromkeys(NAMES), **_REST}
        _write(store, currency, str(language), {**empty, **known.get(str(language), {}), **named})


def _write(store: Store, currency: str, language: str, form: dict[str, Any] | None) -> None:
    text = json.dumps(form, ensure_ascii=False)
    store.execute("INSERT OR REPLACE INTO crm_currency_languages VALUES (?, ?, ?)", (currency, language, text))
    if language == OWN and form is not None:
        kept = {column: form[name] for name, column in COLUMNS.items() if form[name] is not None}
        if kept:
            sets = ", ".join(f"{column} = ?" for column in kept)
            store.execute(f"UPDATE crm_currencies SET {sets} WHERE currency = ?", (*kept.values(), currency))


def drop(store: Store, currency: str, languages: Iterable[Any]) -> None:
    """Takes the forms in these languages away."""
    for language in languages:
        _write(store, currency, str(language), None)


def forget(store: Store, currency: str) -> None:
    """Removes all forms of a deleted currency."""
    store.execute("DELETE FROM crm_currency_languages WHERE currency = ?", (currency,))
