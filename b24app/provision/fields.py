"""User fields: how ours are called, how one is created, and what the binding keeps of it."""

from __future__ import annotations

from typing import Any

from b24app.provision.binding import bound
from b24app.provision.state import PortalField, Survey
from config.preset import UserField
from rules.decision import Text

FIELD_MARK = "COMPANION"
"""Stands in the codes of our fields on objects that are not ours."""


def field_code(owner: str, name: str) -> str:
    """The code of a user field: on our own smart process plain, on other objects with our mark."""
    own = owner.removeprefix("CRM_").isdigit()
    return f"UF_{owner}_{name.upper()}" if own else f"UF_{owner}_{FIELD_MARK}_{name.upper()}"


def new_field(owner: str, code: str, name: str, wanted: UserField, language: str) -> dict[str, Any]:
    """The parameters of userfieldconfig.add. Values of a list carry our names as xmlId."""
    field: dict[str, Any] = {
        "entityId": owner,
        "fieldName": code,
        "userTypeId": wanted.type,
        "xmlId": name,
        "showFilter": "Y",
        "editFormLabel": {"ru": wanted.title.ru, "en": wanted.title.en},
    }
    if wanted.help is not None:
        field["helpMessage"] = {"ru": wanted.help.ru, "en": wanted.help.en}
    if wanted.items:
        field["enum"] = [
            {"value": title.in_language(language), "xmlId": item, "sort": 10 * number}
            for number, (item, title) in enumerate(wanted.items.items(), 1)
        ]
    return {"moduleId": "crm", "field": field}


def bound_field(number: int, found: PortalField, wanted: UserField, survey: Survey) -> dict[str, Any]:
    """The entry of the binding; `item_code` and the ids of a list's values are read, never computed."""
    entry = bound("field", number, found.id, found.code, type=found.type)
    entry["item_code"] = survey.item_codes.get(number, {}).get(found.code)
    if wanted.items:
        ids = {name: _item(found, name, title) for name, title in wanted.items.items()}
        entry["items"] = {name: id for name, id in ids.items() if id is not None}
    return entry


def other_type(found: PortalField, wanted: UserField) -> Text:
    """A field of our code that cannot hold our values."""
    return Text(
        f"Поле «{found.title}» ({found.code}) имеет тип {found.type}, а нужен {wanted.type}: "
        "тип поля изменить нельзя, удалите это поле",
        f"The field “{found.title}” ({found.code}) has the type {found.type} instead of {wanted.type}: "
        "a field's type cannot be changed, remove this field",
    )


def _item(found: PortalField, name: str, title: Text) -> int | None:
    """A value of a list: by our name, else by its text (an administrator may have made it anew)."""
    return found.items.get(name) or found.texts.get(title.ru) or found.texts.get(title.en)
