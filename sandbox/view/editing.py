"""Fields that can be typed in a card: which control a field gets, and what a typed text means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.kernel.errors import RestError
from sandbox.view.employee import Row
from sandbox.view.moments import split_money
from sandbox.view.names import Names

_CONTROLS = {
    "string": "text",
    "text": "area",
    "integer": "number",
    "double": "number",
    "money": "money",
    "boolean": "choice",
    "date": "date",
    "datetime": "datetime-local",
    "enumeration": "choice",
    "crm_status": "choice",
    "user": "choice",
    "employee": "choice",
    "crm_company": "pick",
    "crm_contact": "pick",
    "crm_deal": "pick",
    "crm_lead": "pick",
    "crm_quote": "pick",
    "crm_entity": "number",
    "url": "text",
}
# Stages are moved by the bar above the card; a kind's funnel changes together with them.
_ELSEWHERE = frozenset({"stageId", "categoryId", "contactIds", "companyIds"})


@dataclass(frozen=True, slots=True)
class Editor:
    """The control of a field: `kind` is the template's word for it, `options` are (value, label);
    a `pick` has the type of CRM objects as its only option."""

    kind: str
    value: str
    options: tuple[tuple[str, str], ...] = ()
    currency: str = "RUB"
    step: str = "1"


def editor(names: Names, name: str, field: Row, value: Any) -> Editor | None:
    """The control for a field with this value; None where it cannot be typed here."""
    kind = _CONTROLS.get(str(field.get("type")))
    if kind is None or field.get("isReadOnly") or name in _ELSEWHERE:
        return None
    if field.get("isMultiple"):
        return _several(names, kind, field, value)
    if kind == "pick":
        return Editor(kind, _typed(kind, field, value), ((str(field["type"]).removeprefix("crm_"), ""),))
    if kind == "choice":
        return Editor(kind, _chosen(field, value), tuple(_options(names, field)))
    if kind == "money":
        amount, currency = split_money(value)
        return Editor(kind, amount, currency=currency, step="0.01")
    step = "0.01" if field["type"] == "double" else "1"
    return Editor(kind, _typed(kind, field, value), step=step)


def _several(names: Names, kind: str, field: Row, value: Any) -> Editor | None:
    """The control of a field with many values: a choice of several, or a value in each line."""
    values = "\n".join(str(one) for one in value or []) if isinstance(value, list) else str(value or "")
    if kind == "choice":
        return Editor("many", values, tuple(_options(names, field)))
    return Editor("lines", values) if kind in ("text", "area", "number", "date") else None


def _chosen(field: Row, value: Any) -> str:
    if field["type"] == "boolean":
        return "Y" if str(value) in ("Y", "1", "True") else "N"
    return "" if value in (None, 0, "0") else str(value)


def _options(names: Names, field: Row) -> list[tuple[str, str]]:
    kind, empty = field["type"], ("", "Не выбрано")
    if kind == "boolean":
        return [("Y", "Да"), ("N", "Нет")]
    if kind == "enumeration":
        return [empty, *((str(item["ID"]), str(item["VALUE"])) for item in field.get("items") or [])]
    if kind == "crm_status":
        return [empty, *names.directory(str(field.get("statusType") or "")).items()]
    return [(str(person["id"]), person["name"]) for person in names.users()]


def _typed(kind: str, field: Row, value: Any) -> str:
    if value in (None, "") or (value == 0 and str(field["type"]).startswith("crm_")):
        return ""
    if kind == "date":
        return str(value)[:10]
    return str(value)[:16] if kind == "datetime-local" else str(value)


def value_of(field: Row, form: Mapping[str, Any]) -> Any:
    """What a submitted control means for crm.item.update; an empty one clears the field."""
    if field.get("isReadOnly"):
        raise RestError("READ_ONLY", f"Поле «{field.get('title')}» не изменяется")
    if field.get("isMultiple"):
        given = form.getall("value", []) if hasattr(form, "getall") else [form.get("value")]
        return [line.strip() for one in given for line in str(one or "").splitlines() if line.strip()]
    text = str(form.get("value") or "").strip()
    if field["type"] == "money":
        return f"{text}|{form.get('currency') or 'RUB'}" if text else ""
    return text
