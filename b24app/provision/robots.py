"""A robot's registration (bizproc.robot.add), made from the pydantic models that also parse its calls."""

from __future__ import annotations

import enum
import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from b24app.declare import Robot
from b24app.errors import PresetError
from rules.decision import Text

_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "bool"),
    (int, "int"),
    (float, "double"),
    (Decimal, "double"),
    (datetime, "datetime"),
    (date, "date"),
    (str, "string"),
)

_DOCUMENTS: Mapping[str, tuple[str, str]] = {
    "lead": ("CCrmDocumentLead", "LEAD"),
    "deal": ("CCrmDocumentDeal", "DEAL"),
    "contact": ("CCrmDocumentContact", "CONTACT"),
    "company": ("CCrmDocumentCompany", "COMPANY"),
    "invoice": ("Bitrix\\Crm\\Integration\\BizProc\\Document\\SmartInvoice", "SMART_INVOICE"),
}
_DYNAMIC = "Bitrix\\Crm\\Integration\\BizProc\\Document\\Dynamic"


def registration(
    robot: Robot, entity_type_id: Callable[[str], int | None], handler: str, language: str
) -> dict[str, Any] | None:
    """The parameters of bizproc.robot.add without CODE, which are also the FIELDS of bizproc.robot.update.

    `entity_type_id` gives the number of a smart process, None while it does not exist: then there
    is nothing to register yet and the answer is None.
    """
    documents = []
    for entity in robot.documents:
        document = _document(entity, entity_type_id)
        if document is None:
            return None
        documents.append(document)
    return {
        "HANDLER": handler,
        "USE_SUBSCRIPTION": "Y",
        "NAME": _languages(robot.name),
        "DESCRIPTION": _languages(robot.description),
        "PROPERTIES": _properties(robot, robot.properties, language),
        "RETURN_PROPERTIES": _properties(robot, robot.returns, language),
        "DOCUMENT_TYPE": documents[0],
        "FILTER": {"INCLUDE": documents},
    }


def fingerprint(params: Mapping[str, Any]) -> str:
    """Tells whether a registration has changed: the portal lists only the codes of robots."""
    text = json.dumps(params, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _document(entity: str, entity_type_id: Callable[[str], int | None]) -> list[str] | None:
    if entity in _DOCUMENTS:
        return ["crm", *_DOCUMENTS[entity]]
    number = entity_type_id(entity)
    return None if number is None else ["crm", _DYNAMIC, f"DYNAMIC_{number}"]


def _properties(robot: Robot, model: type[BaseModel], language: str) -> dict[str, Any]:
    return {name: _property(f"{robot.code}.{name}", field, language) for name, field in model.model_fields.items()}


def _property(place: str, field: FieldInfo, language: str) -> dict[str, Any]:
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    label: Any = extra.get("label")
    if not isinstance(label, Text):
        raise PresetError(f'{place}: a property needs json_schema_extra={{"label": Text(...)}}')
    plain, multiple, optional = _plain(field.annotation)
    entry: dict[str, Any] = {
        "Name": _languages(label),
        "Type": extra.get("type") or _type(place, plain),
        "Required": "Y" if field.is_required() and not optional else "N",
        "Multiple": "Y" if multiple else "N",
    }
    description: Any = extra.get("description")
    if isinstance(description, Text):
        entry["Description"] = _languages(description)
    choices = _choices(plain)
    if choices:
        titles: Any = extra.get("options", {})
        entry["Options"] = {one: _title(titles.get(one), one, language) for one in choices}
    if field.default is not PydanticUndefined and field.default is not None:
        entry["Default"] = _default(field.default)
    return entry


def _plain(annotation: Any) -> tuple[Any, bool, bool]:
    """The type itself, whether there may be several values, and whether none is allowed."""
    arguments = get_args(annotation)
    if NoneType in arguments:
        rest = [one for one in arguments if one is not NoneType]
        plain, multiple, _ = _plain(rest[0])
        return plain, multiple, True
    if get_origin(annotation) in (list, tuple, set, frozenset):
        return arguments[0], True, False
    return annotation, False, False


def _type(place: str, plain: Any) -> str:
    if _choices(plain):
        return "select"
    for python, portal in _TYPES:
        if plain is python:
            return portal
    raise PresetError(f"{place}: the type {plain} has no counterpart among the types of robot properties")


def _choices(plain: Any) -> tuple[str, ...]:
    if get_origin(plain) is Literal:
        return tuple(map(str, get_args(plain)))
    if isinstance(plain, type) and issubclass(plain, enum.Enum):
        return tuple(str(one.value) for one in plain)
    return ()


def _title(title: Any, choice: str, language: str) -> str:
    return title.in_language(language) if isinstance(title, Text) else choice


def _default(value: Any) -> Any:
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, enum.Enum):
        return str(value.value)
    return value if isinstance(value, int | float) else str(value)


def _languages(text: Text) -> dict[str, str]:
    return {"ru": text.ru, "en": text.en}
