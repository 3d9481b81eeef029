"""What a request wants an item to be: its `fields`, read once and sorted by where they are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.crm import files, values
from sandbox.crm.fields import Field
from sandbox.crm.links import ids_in
from sandbox.crm.multifields import KINDS
from sandbox.crm.schema import CONTACT, Entity
from sandbox.kernel.call import Call


@dataclass(slots=True)
class Draft:
    """Columns with stored values, the links to replace (None: leave), and multifields to apply."""

    columns: dict[str, Any] = field(default_factory=dict)
    contacts: list[int] | None = None
    companies: list[int] | None = None
    multifields: list[Any] = field(default_factory=list)


def of_item(call: Call, entity: Entity, fields: Mapping[str, Any], *, original: bool) -> Draft:
    """Reads `fields` of crm.item.*; unknown and read-only keys are ignored, as the vendor's page says.

    Silent fixtures and imports may set the columns that are otherwise the portal's own (createdTime, movedTime, ...).
    """
    draft, spelled = Draft(), entity.spelled(original)
    silent = bool(call.notes.get("silent") or call.notes.get("import"))
    for key, value in fields.items():
        known = spelled.get(key)
        if known is not None and (not known.read_only or silent):
            _take(call, draft, entity, known, value)
        elif key == "fm" and entity.has_multifields:
            draft.multifields.append(value)
    return draft


def of_old(call: Call, entity: Entity, fields: Mapping[str, Any]) -> Draft:
    """Reads `fields` of crm.deal.* and its kin: upper-case names, phones and e-mails by their kinds."""
    draft = Draft()
    silent = bool(call.notes.get("silent"))
    for key, value in fields.items():
        name = key.upper()
        known = entity.old.get(name)
        if known is not None and (not known.read_only or silent):
            _take(call, draft, entity, known, value)
        elif name in KINDS and entity.has_multifields:
            draft.multifields.append(_typed(name, value))
        elif name == "CONTACT_IDS" and "contactIds" in entity.fields:
            draft.contacts = ids_in(value)
        elif name == "COMPANY_IDS" and entity.id == CONTACT:
            draft.companies = ids_in(value)
    return draft


def _typed(kind: str, value: Any) -> list[dict[str, Any]]:
    """`PHONE: [{VALUE, VALUE_TYPE, ID?}]` as entries of `fm`."""
    entries = list(value.values()) if isinstance(value, Mapping) else value if isinstance(value, list) else [value]
    result = []
    for entry in entries:
        if isinstance(entry, Mapping):
            result.append({"typeId": kind, **{str(k).lower(): v for k, v in entry.items()}})
        elif entry:
            result.append({"typeId": kind, "value": entry})
    return result


def _take(call: Call, draft: Draft, entity: Entity, known: Field, value: Any) -> None:
    if known.name == "contactIds":
        if value and not isinstance(value, (list, tuple, Mapping)):
            raise values.not_iterable(value)
        draft.contacts = ids_in(value)
    elif known.name == "companyIds":
        draft.companies = ids_in(value)
    elif known.name == "contactId" and draft.contacts is None:
        draft.contacts = ids_in(value)
    elif known.name == "companyId" and entity.id == CONTACT and draft.companies is None:
        draft.companies = ids_in(value)
    elif known.type == "file":
        draft.columns[known.column] = files.read(call.portal.store, known, value)
    elif known.column and known.column != "id" and known.name != "contactId":
        draft.columns[known.column] = values.read(known, value, call.portal.clock.zone)
