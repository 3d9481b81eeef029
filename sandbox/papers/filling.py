"""What a document's placeholders become: its number, the card's fields, and the values that were sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sandbox.crm.schema import schema_of
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.papers import docx, numbers
from sandbox.papers.faces import CRM, Face
from sandbox.papers.tables import TEMPLATE
from sandbox.plain import files
from sandbox.plain.table import Row

_SPECIAL = ("DocumentNumber", "DocumentTitle")
_GROUP = ["Документ"]


def card(call: Call, entity_type_id: int | None, item: int | None) -> Row | None:
    """The row of the card behind a document; None when there is no such card."""
    if not entity_type_id or not item:
        return None
    try:
        entity = schema_of(call.portal).entity(entity_type_id)
    except RestError:
        return None
    row = call.portal.store.one(f'SELECT * FROM "{entity.table}" WHERE id = ?', (item,))
    return dict(row) if row else None


def _of_card(call: Call, row: Row | None) -> dict[str, Any]:
    """The card's fields by their names in templates: `title` is Title."""
    if row is None:
        return {}
    named = {name[:1].upper() + name[1:]: value for name, value in row.items() if not isinstance(value, bytes)}
    company = call.portal.store.value("SELECT title FROM crm_4 WHERE id = ?", (row.get("companyId"),))
    return {**named, "ClientName": company, "CompanyTitle": company}


def values_for(call: Call, document: Row, sent: Mapping[str, Any]) -> dict[str, Any]:
    """All values of a document."""
    row = card(call, document.get("entityTypeId"), document.get("entityId"))
    today = f"{call.portal.now():%d.%m.%Y}"
    own = {"DocumentNumber": document["number"], "DocumentTitle": document["title"], "DocumentCreateTime": today}
    return {**_of_card(call, row), **own, **sent}


def render(call: Call, template: Row, values: Mapping[str, Any]) -> int:
    """Fills the template's file; returns the id of the new one."""
    found = files.content(call.portal.store, template["fileId"])
    name, content = found if found else ("document.docx", b"")
    return int(files.keep(call.portal.store, name, docx.filled(content, values))["id"])


def described(call: Call, face: Face, template: Row, names: list[str], sent: Mapping[str, Any], title: str) -> Row:
    """The fields of a template or a document, as `getfields` print them."""
    number = str(sent.get("DocumentNumber") or numbers.coming(call, template["numeratorId"]))
    fields: dict[str, Any] = {
        "DocumentNumber": {
            "title": "Номер",
            "value": number,
            "required": "Y",
            "group": _GROUP,
            "chain": "this.DOCUMENT.DOCUMENT_NUMBER",
            "default": number,
        }
    }
    for name in names:
        if name not in _SPECIAL:
            fields[name] = {"value": sent.get(name, ""), "default": ""}
    if face is CRM:
        fields |= _my_company(call)
    fields["DocumentTitle"] = {
        "title": "Название документа",
        "value": title,
        "group": _GROUP,
        "chain": [{}, "getTitle"],
        "required": "Y",
        "default": title,
    }
    return fields


def _my_company(call: Call) -> dict[str, Any]:
    """The portal's own companies, to choose one."""
    group = [*_GROUP, "Моя компания"]
    rows = call.portal.store.rows("SELECT id, title FROM crm_4 WHERE \"isMyCompany\" = 'Y' ORDER BY id LIMIT 10")
    choice = [{"value": str(row["id"]), "title": row["title"], "selected": i == 0} for i, row in enumerate(rows)]
    chain = "this.SOURCE.MY_COMPANY.UF_LOGO"
    logo = {"title": "Логотип", "value": None, "type": "IMAGE", "group": group, "chain": chain, "default": None}
    return {"MyCompanyUfLogo": logo, "MY_COMPANY": {"title": "Моя компания", "value": choice, "group": group}}


def title_of(template: Row, number: str) -> str:
    """How a document is called unless somebody says otherwise."""
    return f"{template['name']} {number}"


def template_of(call: Call, document: Row) -> Row:
    """The template that a document was made from."""
    return TEMPLATE.need(call, document["templateId"])


def stored(text: str | None) -> dict[str, Any]:
    """The values that were sent for a document."""
    found = json.loads(text or "{}")
    return found if isinstance(found, dict) else {}
