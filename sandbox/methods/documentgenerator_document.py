"""Documents of templates: `crm.documentgenerator.document.*`, `documentgenerator.document.*`."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.crm import access
from sandbox.crm.schema import schema_of
from sandbox.crm.values import empty, truth
from sandbox.kernel import features
from sandbox.kernel.call import Attachment, Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import Function, events, method
from sandbox.methods.documentgenerator_template import DOCX, lacking, placeholders_of, sent_fields, template_of
from sandbox.papers import docx, faces, filling, numbers
from sandbox.papers.faces import BARE, CRM, FACES, Face
from sandbox.papers.tables import DOCUMENT, TEMPLATE
from sandbox.plain import files
from sandbox.plain.rights import may
from sandbox.plain.table import Row
from sandbox.plain.verbs import page

_EVENT = "ONCRMDOCUMENTGENERATORDOCUMENT"
_CLASS = "Bitrix\\DocumentGenerator\\Document constructor must be is public"
_NO_CONVERTER = "the PDF is one line of text and the picture one point: nothing converts documents here"
# A picture of one transparent point.
_POINT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABpfZFQAAAAABJRU5ErkJggg=="
)
events("crm", *(_EVENT + what for what in ("ADD", "UPDATE", "DELETE")))


def _tell(call: Call, row: Row, what: str) -> None:
    """Documents of cards send events; all ids in them are texts."""
    if row["moduleId"] == CRM.module:
        ids = {"ID": str(row["id"]), "ENTITY_TYPE_ID": str(row["entityTypeId"]), "ENTITY_ID": str(row["entityId"])}
        call.portal.emit(_EVENT + what, {"FIELDS": ids}, call)


def _denied() -> RestError:
    return RestError("DOCGEN_ACCESS_ERROR", "Access denied")


def _may_see(call: Call, entity_type_id: int | None, item: int | None) -> bool:
    """Whether the caller may see a card; one that is not there hides nothing."""
    row = filling.card(call, entity_type_id, item)
    if row is None or not entity_type_id:
        return True
    entity = schema_of(call.portal).entity(entity_type_id)
    return access.allowed(call, entity, row.get("assignedById"))


def _require_view(call: Call, face: Face) -> None:
    """Documents of no card belong to administrators, others to those who may work with documents."""
    if face is CRM and not may(call, "documents"):
        raise face.refuse("You do not have permissions to view documents")
    if face is BARE and call.source in ("rest", "act") and not call.portal.is_admin(call.user):
        raise RestError("0", "You do not have permissions to view documents")


def _document(call: Call, face: Face) -> Row:
    _require_view(call, face)
    if empty(call.get("id")):
        raise RestError("100", _CLASS)
    row = DOCUMENT.get(call.portal, call.integer("id"))
    if row is None:
        raise DOCUMENT.refuse()
    if row["moduleId"] != face.module:
        raise face.refuse("Document not found")
    if not _may_see(call, row["entityTypeId"], row["entityId"]):
        raise _denied()
    return row


def _values(call: Call) -> dict[str, Any]:
    return call.mapping("values")


def _target(call: Call, face: Face) -> Row:
    """What a new document is about: a card, or a value of the application."""
    if face is BARE:
        if empty(call.get("value")):
            raise RestError("0", 'Empty required parameter "value"')
        return {"value": str(call.get("value"))}
    kind = call.integer("entityTypeId", 0)
    _check_provider(call, kind)
    if empty(call.get("entityId")):
        raise RestError("0", 'Empty required parameter "value"')
    return {"entityTypeId": kind, "entityId": call.integer("entityId")}


def _check_provider(call: Call, kind: int) -> None:
    try:
        schema_of(call.portal).entity(kind)
    except RestError:
        raise RestError("0", "No provider for entityTypeId") from None


def _template(call: Call, face: Face) -> Row:
    """The template of a new document; one of the other face is forbidden, with the status of the bare page."""
    try:
        return template_of(call, face, "templateId")
    except RestError as refusal:
        if face is BARE and refusal.code == "DOCGEN_ACCESS_ERROR":
            raise RestError(refusal.code, refusal.description, 403) from None
        raise


def _add(face: Face) -> Function:
    def added(call: Call) -> dict[str, Any]:
        """Makes a document of a template."""
        _require_view(call, face)
        template = _template(call, face)
        if template["isDeleted"] == "Y":
            raise RestError("0", "Cannot create document on deleted template")
        target, sent = _target(call, face), _values(call)
        if not features.has(call.portal, "documents"):
            raise RestError("DOCGEN_LIMIT_ERROR", "Maximum count of documents has been reached")
        if face is CRM and not _may_see(call, target["entityTypeId"], target["entityId"]):
            raise _denied()
        number = str(sent.get("DocumentNumber") or numbers.take(call, template["numeratorId"]))
        title = str(sent.get("DocumentTitle") or filling.title_of(template, number))
        row = {"number": number, "title": title, "templateId": template["id"], "moduleId": face.module, **target}
        row["fileId"] = filling.render(call, template, filling.values_for(call, row, sent))
        row["values"] = json.dumps(sent, ensure_ascii=False)
        row["stampsEnabled"] = "Y" if truth(call.get("stampsEnabled")) else "N"
        made = DOCUMENT.insert(call, row)
        _tell(call, made, "ADD")
        return {"document": faces.document(call, face, made, new=True)}

    return added


def _update(face: Face) -> Function:
    def updated(call: Call) -> dict[str, Any]:
        """Fills a document anew."""
        row = _document(call, face)
        template, sent = filling.template_of(call, row), {**filling.stored(row["values"]), **_values(call)}
        number = str(sent.get("DocumentNumber") or row["number"])
        changes: Row = {"number": number, "title": str(sent.get("DocumentTitle") or row["title"])}
        changes["fileId"] = filling.render(call, template, filling.values_for(call, {**row, **changes}, sent))
        changes["values"] = json.dumps(sent, ensure_ascii=False)
        if call.get("stampsEnabled") is not None:
            changes["stampsEnabled"] = "Y" if truth(call.get("stampsEnabled")) else "N"
        changes |= {"updateTime": int(call.portal.clock.timestamp()), "updatedBy": call.user}
        changed = DOCUMENT.change(call, row, changes)
        _tell(call, changed, "UPDATE")
        return {"document": {**faces.document(call, face, changed), "updatedBy": call.user}}

    return updated


def _get(face: Face) -> Function:
    def got(call: Call) -> dict[str, Any]:
        """One document."""
        return {"document": faces.document(call, face, _document(call, face))}

    return got


def _list(face: Face) -> Function:
    def listed(call: Call) -> Page:
        """A page of documents; `select` leaves nothing out, as documented."""
        _require_view(call, face)
        wanted = call.mapping("filter")
        kind, item = wanted.get("entityTypeId"), wanted.get("entityId")
        if str(kind).isdigit() and str(item).isdigit() and not _may_see(call, int(kind or 0), int(item or 0)):
            raise RestError("ACCESS_DENIED", "Access denied")
        found = page(call, DOCUMENT, ("moduleId = ?", [face.module]), raw=True)
        rows = [faces.listed_document(call, face, row) for row in found.rows]
        return Page(rows, found.total, found.start, "documents")

    return listed


def _delete(face: Face) -> Function:
    def deleted(call: Call) -> None:
        """Deletes a document; the answer is null."""
        row = _document(call, face)
        DOCUMENT.remove(call, row)
        _tell(call, row, "DELETE")

    return deleted


def _public(face: Face) -> Function:
    def opened(call: Call) -> dict[str, Any]:
        """Opens or closes the address for those without an account."""
        row = _document(call, face)
        status = truth(call.get("status", 1))
        hash_ = (row["publicHash"] or secrets.token_urlsafe(4)[:5]) if status else None
        moment = int(call.portal.clock.timestamp()) if status else None
        changed = DOCUMENT.change(call, row, {"publicHash": hash_, "publicTime": moment})
        return {"publicUrl": faces.public_url(call, changed)}

    return opened


def _document_fields(face: Face) -> Function:
    def described(call: Call) -> dict[str, Any]:
        """The fields of a document with their values."""
        row = _document(call, face)
        template = filling.template_of(call, row)
        sent = {"DocumentNumber": row["number"], **filling.stored(row["values"]), **_values(call)}
        names = list(dict.fromkeys([*placeholders_of(call, template), *sent]))
        return {"documentFields": filling.described(call, face, template, names, sent, row["title"])}

    return described


def _template_fields(face: Face) -> Function:
    def described(call: Call) -> dict[str, Any]:
        """The fields of a template, for a card or for nothing yet."""
        if face is CRM and call.source in ("rest", "act") and not call.portal.is_admin(call.user):
            raise _denied()
        face.require_templates(call)
        template = template_of(call, face)
        if template["isDeleted"] == "Y":
            raise face.refuse("Cannot get fields from deleted template")
        sent = _values(call)
        names = list(dict.fromkeys([*placeholders_of(call, template), *sent]))
        number = str(sent.get("DocumentNumber") or numbers.coming(call, template["numeratorId"]))
        title = filling.title_of(template, number)
        return {"templateFields": filling.described(call, face, template, names, sent, title)}

    return described


@method("crm.documentgenerator.document.upload", "crm", write=True, cost=0.1)
def upload(call: Call) -> dict[str, Any]:
    """Adds a finished file as a document of a card, under a template that nobody sees."""
    _require_view(call, CRM)
    fields = sent_fields(call)
    lacking(fields, "entityTypeId", "fileContent", "region", "entityId")
    kind, item = str(fields["entityTypeId"]), str(fields["entityId"])
    if not kind.isdigit():
        raise RestError("0", 'Wrong "entityTypeId" field value')
    _check_provider(call, int(kind))
    if not item.isdigit():
        raise RestError("0", 'Wrong "entityId" field value')
    contents = {
        column: _kept(call, name, fields.get(field))
        for column, field, name in (
            ("fileId", "fileContent", "document.docx"),
            ("pdfId", "pdfContent", "document.pdf"),
            ("imageId", "imageContent", "document.png"),
        )
    }
    template = _hidden_template(call, str(fields["region"]), contents["fileId"])
    number = str(fields.get("number") or numbers.take(call, template["numeratorId"]))
    title = str(fields.get("title") or filling.title_of(template, number))
    row = {"number": number, "title": title, "templateId": template["id"], "moduleId": CRM.module}
    made = DOCUMENT.insert(call, {**row, **contents, "entityTypeId": int(kind), "entityId": int(item)})
    _tell(call, made, "ADD")
    return {"document": faces.document(call, CRM, made)}


def _kept(call: Call, name: str, value: Any) -> int | None:
    """The id of an uploaded file: base64 alone, or with its name before it."""
    if empty(value):
        return None
    if isinstance(value, list | Mapping):
        entry = files.upload(call.portal.store, value)
        return int(entry["id"]) if entry else None
    return int(files.keep(call.portal.store, name, files.decoded(str(value)))["id"])


def _hidden_template(call: Call, region: str, file: int | None) -> Row:
    found = TEMPLATE.where(call.portal, moduleId=CRM.module, code="REST_UPLOAD")
    if found:
        return found[0]
    values = {"name": "Документ", "code": "REST_UPLOAD", "region": region, "numeratorId": 1, "fileId": file}
    return TEMPLATE.insert(call, {**values, "moduleId": CRM.module, "isDeleted": "Y"})


def _download(face: Face, column: str, made: Callable[[str], bytes], name: str, kind: str) -> Function:
    def downloaded(call: Call) -> Attachment:
        """The document as a file, as PDF or as a picture."""
        row = DOCUMENT.get(call.portal, faces.number_in(call))
        if row is None or row["moduleId"] != face.module:
            raise DOCUMENT.refuse()
        if not _may_see(call, row["entityTypeId"], row["entityId"]):
            raise _denied()
        found = files.content(call.portal.store, row[column])
        content = found[1] if found else made(str(row["title"]))
        return Attachment(f"{row['title']}.{name}", content, kind)

    return downloaded


_MADE: dict[str, Callable[[Face], Function]] = {
    "document.list": _list,
    "document.get": _get,
    "document.add": _add,
    "document.update": _update,
    "document.delete": _delete,
    "document.enablepublicurl": _public,
    "document.getfields": _document_fields,
    "template.getfields": _template_fields,
}
for _face in FACES:
    for _verb, _make in _MADE.items():
        _write = _verb.rpartition(".")[2] in ("add", "update", "delete", "enablepublicurl")
        method(f"{_face.stem}.{_verb}", _face.scope, write=_write, cost=0.1 if _write else 0.01)(_make(_face))
    _files: tuple[tuple[str, str, Callable[[str], bytes], str, str], ...] = (
        (_face.file_action, "fileId", docx.page, "docx", DOCX),
        (_face.pdf_action, "pdfId", docx.page, "pdf", "application/pdf"),
        (_face.image_action, "imageId", lambda title: _POINT, "png", "image/png"),
    )
    for _action, _column, _content, _name, _kind in _files:
        _gap = "" if _name == "docx" else _NO_CONVERTER
        method(_action, _face.scope, batch=False, partial=_gap)(_download(_face, _column, _content, _name, _kind))
method("documentgenerator.api.document.showpdf", BARE.scope, batch=False, partial=_NO_CONVERTER)(
    _download(BARE, "pdfId", docx.page, "pdf", "application/pdf")
)
