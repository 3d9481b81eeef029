"""Values of fields: read from a request, stored, printed in both spellings of the API."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.crm import moments
from sandbox.crm.fields import Field
from sandbox.kernel.errors import RestError

Printer = Callable[[Any], Any]

_TRUE = frozenset({"Y", "YES", "TRUE", "1", "ON"})


def truth(value: object) -> bool:
    """A yes/no as clients send it: `Y`, `true`, `True`, 1, "1"."""
    return value is True or str(value).strip().upper() in _TRUE


def empty(value: object) -> bool:
    """Whether a client sent no value: null, "" or false (0 is a value)."""
    return value is None or value is False or value == ""


def flag(value: object) -> str:
    """A yes/no as `Y` or `N`."""
    return "Y" if truth(value) else "N"


def invalid(field: Field) -> RestError:
    """The refusal of a value that a field cannot hold."""
    return RestError("CRM_FIELD_ERROR_VALUE_NOT_VALID", f'Неверное значение поля "{field.name}"')


def _whole(value: object) -> int:
    number = float(str(value).strip())
    return int(number)


def _scalar(field: Field, kind: str, value: Any, zone: ZoneInfo) -> Any:
    if kind in ("text", "json"):
        if isinstance(value, (Mapping, list)):
            raise ValueError(value)
        return str(value)
    if kind == "flag":
        return flag(value)
    if kind == "bool":
        return int(truth(value))
    if empty(value):
        return None
    if kind == "int":
        number = _whole(value)
        return None if number == 0 and field.reference else number
    if kind == "float":
        return float(str(value).replace(",", "."))
    return moments.day(value, zone) if kind == "date" else moments.seconds(value, zone)


def _element_kind(field: Field) -> str:
    """How one element of a multiple field is kept inside the JSON array."""
    from_type = {"double": "float", "boolean": "bool", "date": "date", "datetime": "datetime"}
    if field.type in from_type:
        return from_type[field.type]
    whole = ("integer", "user", "enumeration", "employee", "iblock_element", "iblock_section", "crm_contact")
    return "int" if field.type in whole else "text"


def not_iterable(value: Any) -> RestError:
    """A single value where a list is wanted (crm/universal/crm-item-add.md)."""
    kind = {"str": "string", "int": "integer", "float": "double", "bool": "boolean"}.get(type(value).__name__, "")
    return RestError(100, f"Expected iterable value for multiple field, but got `{kind}` instead")


def _many(field: Field, value: Any, zone: ZoneInfo) -> str | None:
    if empty(value):
        return None
    if isinstance(value, Mapping):
        value = list(value.values())
    if not isinstance(value, (list, tuple)):
        raise not_iterable(value)
    kind = _element_kind(field)
    elements = [_scalar(field, kind, element, zone) for element in value if not empty(element)]
    kept = [element for element in elements if element is not None]
    return json.dumps(kept, ensure_ascii=False) if kept else None


def read(field: Field, value: Any, zone: ZoneInfo) -> Any:
    """What a client sent for a field, as it is stored; CRM_FIELD_ERROR_VALUE_NOT_VALID when it cannot be."""
    try:
        if field.multiple:
            return _many(field, value, zone)
        if value is None:
            return None
        return _scalar(field, field.storage, value, zone)
    except (ValueError, TypeError, OverflowError):
        raise invalid(field) from None


def same(before: Any, after: Any) -> bool:
    """Whether a stored value and a new one are the same to a person (no value and "" are)."""
    return before == after or (before in (None, "") and after in (None, ""))


def number(value: float | None) -> float | int | None:
    """A double as PHP's JSON prints it: 10000, not 10000.0."""
    if value is None:
        return None
    return int(value) if value == int(value) else value


def item_printer(field: Field, zone: ZoneInfo) -> Printer | None:
    """How crm.item.* prints a stored value; None when it is printed as it lies."""
    if field.storage == "json":
        return _list_printer(field, zone) if field.multiple else _file_printer
    if field.zero:
        return lambda value: value or 0
    return _plain_printer(field.storage, zone)


def _plain_printer(kind: str, zone: ZoneInfo) -> Printer | None:
    if kind == "float":
        return number
    if kind == "bool":
        return lambda value: "Y" if value else "N"
    if kind == "datetime":
        return moments.printer(zone)
    return moments.date_printer(zone) if kind == "date" else None


def _list_printer(field: Field, zone: ZoneInfo) -> Printer:
    if field.type == "file":
        return lambda value: [_file(entry) for entry in json.loads(value)] if value else []
    each = _plain_printer(_element_kind(field), zone)
    if each is None:
        return lambda value: json.loads(value) if value else []
    return lambda value: [each(element) for element in json.loads(value)] if value else []


def _file_printer(value: str | None) -> Any:
    return _file(json.loads(value)) if value else None


def _file(entry: dict[str, Any]) -> dict[str, Any]:
    """A file field's value: api-reference/crm/universal/object-fields.md, `ufCrm...`."""
    url = f"/bitrix/services/main/ajax.php?action=crm.controller.item.getFile&fileId={entry['id']}"
    return {"id": entry["id"], "url": url, "urlMachine": f"/rest/crm.controller.item.getFile/?fileId={entry['id']}"}


def old_printer(field: Field, zone: ZoneInfo) -> Printer:
    """How crm.deal.* and its kin print a stored value: text, or null."""
    if field.multiple:
        each = _plain_printer(_element_kind(field), zone) or str
        return lambda value: [str(each(element)) for element in json.loads(value)] if value else []
    kind = field.storage
    if field.zero:
        return lambda value: str(value or 0)
    if kind == "float" and not field.user_field:
        return lambda value: None if value is None else f"{value:.2f}"
    if kind == "float":
        return lambda value: None if value is None else str(number(value))
    if kind == "bool":
        return lambda value: None if value is None else str(value)
    if kind == "datetime":
        return lambda value: "" if value is None else moments.iso(value, zone)
    if kind == "date":
        return lambda value: "" if value is None else moments.iso_date(value, zone)
    if kind == "json":
        return _file_printer
    return lambda value: None if value is None else str(value)
