"""User fields by the old methods: `crm.deal.userfield.*` and its kin (crm/deals/user-defined-fields)."""

from __future__ import annotations

import re
from typing import Any

from sandbox.crm import userfields
from sandbox.crm.query import PAGE
from sandbox.crm.reading import offset
from sandbox.crm.schema import Entity, UserField, schema_of
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.methods.crm_old import NAMES, fields_of, number, refused, translated

_CONFIG = {
    "XML_ID": "xmlId",
    "SORT": "sort",
    "MULTIPLE": "multiple",
    "MANDATORY": "mandatory",
    "SHOW_FILTER": "showFilter",
    "SHOW_IN_LIST": "showInList",
    "EDIT_IN_LIST": "editInList",
    "IS_SEARCHABLE": "isSearchable",
    "SETTINGS": "settings",
    "LIST": "enum",
    "EDIT_FORM_LABEL": "editFormLabel",
    "LIST_COLUMN_LABEL": "listColumnLabel",
    "LIST_FILTER_LABEL": "listFilterLabel",
    "ERROR_MESSAGE": "errorMessage",
    "HELP_MESSAGE": "helpMessage",
}


def _require_admin(call: Call) -> None:
    if call.source in ("rest", "act") and not call.portal.is_admin(call.user):
        raise refused("Access denied.")


def _config(fields: dict[str, Any]) -> dict[str, Any]:
    config = {name: fields[old] for old, name in _CONFIG.items() if old in fields}
    if fields.get("LABEL"):
        for name in userfields.LABELS:
            config.setdefault(name, fields["LABEL"])
    return config


def _name(given: str) -> str:
    """`MANAGER_NOTE`, `UF_MANAGER_NOTE` and `UF_CRM_MANAGER_NOTE` are one name."""
    upper = given.upper()
    full = upper if upper.startswith("UF_CRM_") else f"UF_CRM_{upper.removeprefix('UF_')}"
    if not re.fullmatch(r"[A-Z0-9_]+", full) or len(full) > 50:
        raise RestError("ERROR_CORE", "Имя поля содержит недопустимые символы или слишком длинное", 403)
    return full


def add(call: Call, entity: Entity) -> int:
    """Creates a user field; returns its id."""
    _require_admin(call)
    fields = {key.upper(): value for key, value in fields_of(call).items()}
    for name in ("USER_TYPE_ID", "FIELD_NAME"):
        if not fields.get(name):
            raise refused(f"The '{name}' field is not found.")
    name = _name(str(fields["FIELD_NAME"]))
    return userfields.create(call, entity.declaration.user_fields, name, str(fields["USER_TYPE_ID"]), _config(fields))


def _found(call: Call, entity: Entity) -> UserField:
    field = userfields.find(call.portal, number(call))
    if field is None or field.entity != entity.declaration.user_fields:
        raise refused("Not found")
    return field


def get(call: Call, entity: Entity) -> dict[str, Any]:
    """One field with labels in all languages."""
    return userfields.describe_old(call.portal, _found(call, entity))


def listing(call: Call, entity: Entity) -> Page:
    """The fields that pass an exact filter; with LANG labels are texts in that language."""
    wanted = {key.upper(): str(value) for key, value in call.mapping("filter").items()}
    language = wanted.pop("LANG", None)
    known = schema_of(call.portal).user_fields.get(entity.declaration.user_fields, [])
    printed = [userfields.describe_old(call.portal, field, language=language) for field in known]
    passed = [row for row in printed if all(str(row.get(name)) == value for name, value in wanted.items())]
    start = max(offset(call), 0)
    return Page(passed[start : start + PAGE], len(passed), start)


def update(call: Call, entity: Entity) -> bool:
    """Changes a field."""
    _require_admin(call)
    fields = {key.upper(): value for key, value in fields_of(call).items()}
    userfields.change(call, _found(call, entity), _config(fields))
    return True


def delete(call: Call, entity: Entity) -> bool:
    """Deletes a field with its values."""
    _require_admin(call)
    userfields.remove(call, _found(call, entity))
    return True


for _entity_name, _entity_type_id in NAMES.items():
    for _verb, _writer in (("add", add), ("update", update), ("delete", delete)):
        method(f"crm.{_entity_name}.userfield.{_verb}", "crm", write=True)(translated(_writer, _entity_type_id))
    method(f"crm.{_entity_name}.userfield.get", "crm")(translated(get, _entity_type_id))
    method(f"crm.{_entity_name}.userfield.list", "crm")(translated(listing, _entity_type_id))
