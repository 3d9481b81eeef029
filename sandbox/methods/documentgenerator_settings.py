"""Regions and roles of the document generator: `documentgenerator.region.*`, `documentgenerator.role.*`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sandbox.crm.values import empty
from sandbox.kernel import features
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.papers.faces import BARE
from sandbox.papers.tables import REGION, ROLE, TEMPLATE
from sandbox.plain.table import Row
from sandbox.plain.verbs import fields_of, page

_SCOPE = "documentgenerator"
# Regions that every portal knows: code, name, language.
_BUILT_IN = (
    ("ru", "Россия", "ru"),
    ("by", "Беларусь", "ru"),
    ("kz", "Казахстан", "ru"),
    ("de", "Германия", "de"),
    ("uk", "Великобритания", "en"),
    ("br", "Бразилия", "br"),
    ("sp", "Испания", "la"),
    ("mx", "Мексика", "la"),
    ("pl", "Польша", "pl"),
    ("fr", "Франция", "fr"),
)
_ROLE_CLASS = "Bitrix\\DocumentGenerator\\Model\\Role All parameters in the constructor must have real class type"


def _region(call: Call, row: Row, *, full: bool = True) -> dict[str, Any]:
    shown = {**REGION.printed(call, row), "id": str(row["id"])}
    if not full:
        del shown["phrases"]
    return shown


@method("documentgenerator.region.list", _SCOPE)
def region_list(call: Call) -> dict[str, Any]:
    """The built-in regions and the portal's own, by their codes."""
    BARE.require_templates(call)
    known: dict[str, Any] = {
        code: {"code": code, "title": title, "languageId": language} for code, title, language in _BUILT_IN
    }
    own = {str(row["id"]): {**_region(call, row, full=False), "code": str(row["id"])} for row in _regions(call)}
    return {"regions": {**known, **own}}


def _regions(call: Call) -> list[Row]:
    return REGION.where(call.portal)


@method("documentgenerator.region.get", _SCOPE)
def region_get(call: Call) -> dict[str, Any]:
    """One region of the portal's own."""
    BARE.require_templates(call)
    return {"region": _region(call, REGION.need(call, call.integer("id")))}


@method("documentgenerator.region.add", _SCOPE, write=True)
def region_add(call: Call) -> dict[str, Any]:
    """Adds a region."""
    BARE.require_templates(call)
    fields = fields_of(call)
    if empty(fields.get("title")):
        raise RestError("BX_EMPTY_REQUIRED", 'Required field "TITLE" is not filled')
    return {"region": _region(call, REGION.insert(call, REGION.read(call, fields, None)))}


@method("documentgenerator.region.update", _SCOPE, write=True)
def region_update(call: Call) -> dict[str, Any]:
    """Changes a region; phrases that are not named stay."""
    BARE.require_templates(call)
    number, fields = call.integer("id"), fields_of(call)
    before = REGION.need(call, number)
    if isinstance(fields.get("phrases"), Mapping):
        fields["phrases"] = {**json.loads(before["phrases"] or "{}"), **fields["phrases"]}
    return {"region": _region(call, REGION.change(call, before, REGION.read(call, fields, before)))}


@method("documentgenerator.region.delete", _SCOPE, write=True)
def region_delete(call: Call) -> None:
    """Deletes a region without templates; the answer is null."""
    BARE.require_templates(call)
    number = call.integer("id")
    if TEMPLATE.where(call.portal, region=str(number), isDeleted="N"):
        raise RestError("BX_ERROR", "There are templates linked to this region")
    row = REGION.get(call.portal, number)
    if row is not None:
        REGION.remove(call, row)


def _require_settings(call: Call) -> None:
    if call.source in ("rest", "act") and not call.portal.is_admin(call.user):
        raise RestError("0", "You do not have permissions to modify settings")
    if not features.has(call.portal, "document_roles"):
        raise RestError("DOCGEN_ACCESS_ERROR", "Your plan does not support this operation", 403)


def _role(call: Call) -> Row:
    if empty(call.get("id")):
        raise RestError("100", _ROLE_CLASS)
    row = ROLE.get(call.portal, call.integer("id"))
    if row is None:
        raise RestError("100", "Could not construct parameter {role}")
    return row


def _lower(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key).lower(): _lower(inner) for key, inner in value.items()}
    return value


def _shown(call: Call, row: Row) -> dict[str, Any]:
    printed = ROLE.printed(call, row)
    return {**printed, "permissions": printed["permissions"] or {}}


def _values(call: Call, fields: dict[str, Any], before: Row | None) -> Row:
    if "permissions" in fields:
        fields["permissions"] = _lower(fields["permissions"])
    return ROLE.read(call, fields, before)


@method("documentgenerator.role.list", _SCOPE)
def role_list(call: Call) -> Page:
    """A page of roles without their permissions."""
    _require_settings(call)
    found = page(call, ROLE, raw=True)
    rows = [{name: row[name] for name in ("id", "name", "code")} for row in found.rows]
    return Page(rows, found.total, found.start, "roles")


@method("documentgenerator.role.get", _SCOPE)
def role_get(call: Call) -> dict[str, Any]:
    """One role."""
    _require_settings(call)
    return {"role": _shown(call, _role(call))}


@method("documentgenerator.role.add", _SCOPE, write=True)
def role_add(call: Call) -> dict[str, Any]:
    """Adds a role."""
    _require_settings(call)
    fields = fields_of(call)
    if empty(fields.get("name")):
        raise RestError("BX_EMPTY_REQUIRED", 'Required field "NAME" is not filled')
    return {"role": _shown(call, ROLE.insert(call, _values(call, fields, None)))}


@method("documentgenerator.role.update", _SCOPE, write=True)
def role_update(call: Call) -> dict[str, Any]:
    """Changes a role."""
    _require_settings(call)
    before, fields = _role(call), fields_of(call)
    return {"role": _shown(call, ROLE.change(call, before, _values(call, fields, before)))}


@method("documentgenerator.role.delete", _SCOPE, write=True)
def role_delete(call: Call) -> None:
    """Deletes a role; the answer is null."""
    _require_settings(call)
    ROLE.remove(call, _role(call))


@method(
    "documentgenerator.role.fillaccesses",
    _SCOPE,
    write=True,
    partial="the accesses are kept, rights do not follow them",
)
def role_fill(call: Call) -> None:
    """Sets who has which role; the answer is null."""
    _require_settings(call)
    entries = [entry for entry in call.listing("accesses") if isinstance(entry, Mapping)]
    for entry in entries:
        for name, label in (("roleId", "ROLE_ID"), ("accessCode", "ACCESS_CODE")):
            if empty(entry.get(name)):
                raise RestError("BX_EMPTY_REQUIRED", f'Required field "{label}" is not filled')
    call.portal.store.set_setting("documentgenerator.accesses", [dict(entry) for entry in entries])
