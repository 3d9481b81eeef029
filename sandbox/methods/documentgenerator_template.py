"""Templates and numerators of documents: `crm.documentgenerator.template.*`, `.numerator.*` and their bare twins."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, cast

from sandbox.crm.values import empty
from sandbox.disk import objects as drive
from sandbox.kernel.call import Attachment, Call, Page
from sandbox.kernel.errors import RestError, missing
from sandbox.kernel.registry import Function, method
from sandbox.papers import docx, faces
from sandbox.papers.faces import CRM, FACES, Face
from sandbox.papers.tables import NUMERATOR, TEMPLATE, settings_of
from sandbox.plain import files
from sandbox.plain.rights import may
from sandbox.plain.table import Row
from sandbox.plain.verbs import page

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
# Printed whatever `select` names.
_ALWAYS = ("id", "download", "downloadMachine")
_NUMERATOR_CLASS = "Bitrix\\Main\\Numerator\\Numerator constructor must be is public"
_TEMPLATE_CLASS = "Bitrix\\DocumentGenerator\\Template constructor must be is public"


def sent_fields(call: Call) -> dict[str, Any]:
    """The `fields` of a call; their absence and anything but an array are error 100."""
    given = call.get("fields")
    if given is None:
        raise missing("fields")
    if not isinstance(given, Mapping | list):
        raise RestError(
            "100", f"Invalid value {{{given}}} to match with parameter {{fields}}. Should be value of type array."
        )
    return call.mapping("fields")


def lacking(fields: Mapping[str, Any], *names: str) -> None:
    """Refuses fields without those that are required."""
    absent = [name for name in names if empty(fields.get(name))]
    if absent:
        raise RestError("0", f"Empty required fields: {', '.join(absent)}")


# --- templates ----------------------------------------------------------------------------------


def template_of(call: Call, face: Face, name: str = "id") -> Row:
    """The template that a call names."""
    if empty(call.get(name)):
        raise RestError("100", _TEMPLATE_CLASS)
    row = TEMPLATE.get(call.portal, call.integer(name))
    if row is None:
        raise TEMPLATE.refuse()
    if row["moduleId"] != face.module:
        raise RestError("DOCGEN_ACCESS_ERROR", "Access denied")
    return row


def _file(call: Call, fields: Mapping[str, Any]) -> int | None:
    """The id of the kept template: uploaded with its name or bare, or taken from Drive; None when none came."""
    sent = fields.get("file")
    if isinstance(sent, str) and sent:
        return int(files.keep(call.portal.store, "template.docx", files.decoded(sent))["id"])
    if not empty(sent):
        entry = files.upload(call.portal.store, sent)
        return int(entry["id"]) if entry else None
    number = str(fields.get("fileId") or "")
    found = drive.get(call.portal.store, int(number)) if number.isdigit() else None
    if found is None or found.type != "file":
        return None
    return int(files.keep(call.portal.store, found.name, drive.body_of(call.portal.store, found.content))["id"])


def _values(call: Call, fields: Mapping[str, Any], before: Row | None) -> Row:
    kept = {name: value for name, value in fields.items() if name not in ("fileId", "moduleId", "isDeleted")}
    for name in ("users", "entityTypeId"):
        if isinstance(kept.get(name), Mapping):
            kept[name] = list(kept[name].values())
    return TEMPLATE.read(call, kept, before)


def _template_list(face: Face) -> Function:
    def listed(call: Call) -> Page:
        """A page of templates, as a map by their ids."""
        if face is CRM and not may(call, "documents"):
            raise face.refuse("You do not have permissions to modify templates")
        if call.source in ("rest", "act") and not call.portal.is_admin(call.user):
            code = "DOCGEN_ACCESS_ERROR" if face is CRM else "0"
            text = "Access denied" if face is CRM else "You do not have permissions to modify templates"
            raise RestError(code, text)
        found = page(call, TEMPLATE, ("moduleId = ? AND isDeleted = 'N'", [face.module]), raw=True)
        shown = {str(row["id"]): faces.listed_template(call, face, row) for row in found.rows}
        chosen = [str(name) for name in call.listing("select")]
        if chosen and "*" not in chosen:
            shown = {key: {n: v for n, v in row.items() if n in (*chosen, *_ALWAYS)} for key, row in shown.items()}
        return Page(cast(list[Any], shown), found.total, found.start, "templates")

    return listed


def _template_get(face: Face) -> Function:
    def got(call: Call) -> dict[str, Any]:
        """One template."""
        face.require_templates(call)
        return {"template": faces.template(call, face, template_of(call, face))}

    return got


def _template_add(face: Face) -> Function:
    def added(call: Call) -> dict[str, Any]:
        """Adds a template from an uploaded docx."""
        face.require_templates(call)
        fields = sent_fields(call)
        required = (
            ("name", "numeratorId", "region", "entityTypeId") if face is CRM else ("name", "numeratorId", "region")
        )
        lacking(fields, *required)
        file = _file(call, fields)
        if file is None:
            raise RestError("0", "Missing file content")
        values = {**_values(call, fields, None), "fileId": file, "moduleId": face.module}
        return {"template": faces.template(call, face, TEMPLATE.insert(call, values))}

    return added


def _template_update(face: Face) -> Function:
    def updated(call: Call) -> dict[str, Any]:
        """Changes a template, its file too."""
        face.require_templates(call)
        fields, before = sent_fields(call), template_of(call, face)
        values, file = _values(call, fields, before), _file(call, fields)
        if file is not None:
            values["fileId"] = file
        return {"template": faces.template(call, face, TEMPLATE.change(call, before, values))}

    return updated


def _template_delete(face: Face) -> Function:
    def deleted(call: Call) -> None:
        """Takes a template out of use; documents made from it keep it. The answer is null."""
        face.require_templates(call)
        TEMPLATE.change(call, template_of(call, face), {"isDeleted": "Y"})

    return deleted


def _template_download(face: Face) -> Function:
    def downloaded(call: Call) -> Attachment:
        """The file of a template."""
        row = TEMPLATE.get(call.portal, faces.number_in(call))
        found = files.content(call.portal.store, row["fileId"]) if row else None
        if row is None or found is None or row["moduleId"] != face.module:
            raise TEMPLATE.refuse()
        return Attachment(found[0], found[1], DOCX)

    return downloaded


# --- numerators ---------------------------------------------------------------------------------


def _numerator(call: Call) -> Row:
    if empty(call.get("id")):
        raise RestError("100", _NUMERATOR_CLASS)
    row = NUMERATOR.get(call.portal, call.integer("id"))
    if row is None:
        raise RestError("100", "Could not construct parameter {numerator}")
    if row["type"] not in (None, "rest"):
        raise RestError("DOCGEN_ACCESS_ERROR", "Access denied")
    return row


def _own_numerator(call: Call) -> Row:
    row = _numerator(call)
    if row["type"] != "rest":
        raise RestError("DOCGEN_ACCESS_ERROR", "Access denied")
    return row


def _printed(row: Row, *, new: bool = False) -> dict[str, Any]:
    return {
        "id": row["id"] if new else str(row["id"]),
        "name": row["name"],
        "template": row["template"],
        "code": row["code"],
        "settings": settings_of(json.loads(row["settings"] or "{}")),
    }


def _numerator_list(face: Face) -> Function:
    def listed(call: Call) -> Page:
        """A page of numerators, the portal's own among them."""
        face.require_templates(call)
        found = page(call, NUMERATOR, ("type IS NULL OR type = 'rest'", []), raw=True)
        rows = [{name: value for name, value in _printed(row).items() if name != "code"} for row in found.rows]
        return Page(rows, found.total, found.start, "numerators")

    return listed


def _numerator_get(face: Face) -> Function:
    def got(call: Call) -> dict[str, Any]:
        """One numerator."""
        face.require_templates(call)
        return {"numerator": _printed(_numerator(call))}

    return got


def _numbering(fields: Mapping[str, Any]) -> Row:
    kept = {name: str(fields[name]) for name in ("name", "template") if name in fields}
    if "settings" in fields:
        return {**kept, "settings": json.dumps(settings_of(fields["settings"]), ensure_ascii=False)}
    return dict(kept)


def _numerator_add(face: Face) -> Function:
    def added(call: Call) -> dict[str, Any]:
        """Adds a numerator."""
        face.require_templates(call)
        fields = sent_fields(call)
        lacking(fields, "name", "template")
        row = NUMERATOR.insert(call, {**_numbering(fields), "type": "rest"})
        return {"numerator": _printed(row, new=True)}

    return added


def _numerator_update(face: Face) -> Function:
    def updated(call: Call) -> dict[str, Any]:
        """Changes a numerator; it is printed without a container."""
        face.require_templates(call)
        fields, before = sent_fields(call), _own_numerator(call)
        return _printed(NUMERATOR.change(call, before, _numbering(fields)))

    return updated


def _numerator_delete(face: Face) -> Function:
    def deleted(call: Call) -> None:
        """Deletes a numerator; the answer is null."""
        face.require_templates(call)
        NUMERATOR.remove(call, _own_numerator(call))

    return deleted


def placeholders_of(call: Call, template: Row) -> list[str]:
    """The names in the braces of a template's file."""
    found = files.content(call.portal.store, template["fileId"])
    return docx.placeholders(found[1]) if found else []


_MADE: dict[str, Callable[[Face], Function]] = {
    "template.list": _template_list,
    "template.get": _template_get,
    "template.add": _template_add,
    "template.update": _template_update,
    "template.delete": _template_delete,
    "numerator.list": _numerator_list,
    "numerator.get": _numerator_get,
    "numerator.add": _numerator_add,
    "numerator.update": _numerator_update,
    "numerator.delete": _numerator_delete,
}
for _face in FACES:
    for _verb, _make in _MADE.items():
        _write = _verb.rpartition(".")[2] in ("add", "update", "delete")
        method(f"{_face.stem}.{_verb}", _face.scope, write=_write, cost=0.05 if _write else 0.01)(_make(_face))
    method(_face.template_action, _face.scope, batch=False)(_template_download(_face))
