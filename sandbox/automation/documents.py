"""Documents as automation names them: `["crm", "CCrmDocumentDeal", "DEAL_777"]` (bizproc-workflow-start.md)."""

from __future__ import annotations

import re

DYNAMIC = r"Bitrix\Crm\Integration\BizProc\Document\Dynamic"
_CRM = {
    1: ("CCrmDocumentLead", "LEAD"),
    2: ("CCrmDocumentDeal", "DEAL"),
    3: ("CCrmDocumentContact", "CONTACT"),
    4: ("CCrmDocumentCompany", "COMPANY"),
    7: (r"Bitrix\Crm\Integration\BizProc\Document\Quote", "QUOTE"),
    31: (r"Bitrix\Crm\Integration\BizProc\Document\SmartInvoice", "SMART_INVOICE"),
}
_BY_PREFIX = {prefix: (number, entity) for number, (entity, prefix) in _CRM.items()}
# The other modules whose documents a workflow may run on, with the form of their document types.
_OTHERS = {
    ("lists", "BizprocDocument"): re.compile(r"^iblock_\d+$"),
    ("lists", r"Bitrix\Lists\BizprocDocumentLists"): re.compile(r"^iblock_\d+$"),
    ("disk", r"Bitrix\Disk\BizProcDocument"): re.compile(r"^STORAGE_\d+$"),
}
_DYNAMIC_TYPE = re.compile(r"^DYNAMIC_(\d+)$")


def _named(entity_type_id: int) -> tuple[str, str]:
    return _CRM.get(entity_type_id, (DYNAMIC, f"DYNAMIC_{entity_type_id}"))


def document_of(entity_type_id: int, item_id: int) -> list[str]:
    """The document id of a CRM item."""
    name, prefix = _named(entity_type_id)
    return ["crm", name, f"{prefix}_{item_id}"]


def document_type(entity_type_id: int) -> list[str]:
    """The document type of a CRM object type: `["crm", "CCrmDocumentDeal", "DEAL"]`."""
    name, prefix = _named(entity_type_id)
    return ["crm", name, prefix]


def type_of(document: list[str]) -> list[str] | None:
    """The type of a document id, None when its three parts do not belong together.

    The type of a list element or a file is not in its id; only module and entity are known then.
    """
    module, entity, name = document
    if (module, entity) in _OTHERS:
        return [module, entity, ""] if name.isdigit() else None
    prefix, _, number = name.rpartition("_")
    known = entity_type_of([module, entity, prefix])
    return [module, entity, prefix] if number.isdigit() and known is not None else None


def is_type(value: list[str]) -> bool:
    """Whether three words are a document type."""
    form = _OTHERS.get((value[0], value[1]))
    if form is not None:
        return form.match(value[2]) is not None
    return entity_type_of(value) is not None


def entity_type_of(document: list[str]) -> int | None:
    """The CRM object type of a document type, None for those of other modules."""
    module, entity, name = document
    if module != "crm":
        return None
    dynamic = _DYNAMIC_TYPE.match(name)
    if dynamic is not None:
        return int(dynamic.group(1)) if entity == DYNAMIC else None
    number, expected = _BY_PREFIX.get(name, (None, None))
    return number if expected == entity else None


def item_of(document: list[str]) -> tuple[int, int] | None:
    """(object type, id) of a CRM document id, None for documents of other modules."""
    prefix, _, number = document[2].rpartition("_")
    entity_type_id = entity_type_of([document[0], document[1], prefix])
    return (entity_type_id, int(number)) if entity_type_id is not None and number.isdigit() else None
