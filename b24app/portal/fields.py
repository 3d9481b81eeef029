"""Fields that every portal has, under our logical names (~/crm/universal/object-fields.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ENTITIES: Mapping[str, int] = {"lead": 1, "deal": 2, "contact": 3, "company": 4, "quote": 7, "invoice": 31}
# Types that have originatorId and originId.
WITH_ORIGIN = frozenset({1, 2, 3, 4})

# Types of fields whose values have logical names of their own: kind of the binding -> type.
VALUE_KINDS: Mapping[str, str] = {"stage": "stage", "lead_stage": "stage", "funnel": "category", "type": "type"}
NAMED_TYPES = frozenset(VALUE_KINDS.values())


WRITTEN_ONLY = "communications"
"""Phones and e-mails: lists do not show them, so that rows never hold them."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of crm.item.*: its name there, its type (a key of `values`, or one of NAMED_TYPES),
    and for an enumeration of the preset its items: name -> the portal's id."""

    rest: str
    type: str
    items: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_user_field(self) -> bool:
        """Whether it was added to the portal; filters spell some values of such fields differently."""
        return self.rest.lower().startswith("uf")


STANDARD: Mapping[str, Field] = {
    "id": Field("id", "integer"),
    "title": Field("title", "string"),
    "name": Field("name", "string"),
    "last_name": Field("lastName", "string"),
    "stage": Field("stageId", "stage"),
    "category": Field("categoryId", "category"),
    "type": Field("typeId", "type"),
    "company_id": Field("companyId", "link"),
    "contact_id": Field("contactId", "link"),
    "contact_ids": Field("contactIds", "links"),
    "company_ids": Field("companyIds", "links"),
    "deal_id": Field("parentId2", "link"),
    "assigned_by_id": Field("assignedById", "link"),
    "created_by": Field("createdBy", "link"),
    "updated_by": Field("updatedBy", "link"),
    "moved_by": Field("movedBy", "link"),
    "created_time": Field("createdTime", "datetime"),
    "updated_time": Field("updatedTime", "datetime"),
    "moved_time": Field("movedTime", "datetime"),
    "opportunity": Field("opportunity", "double"),
    "currency": Field("currencyId", "string"),
    "is_manual_opportunity": Field("isManualOpportunity", "boolean"),
    "origin_id": Field("originId", "string"),
    "originator_id": Field("originatorId", "string"),
    "is_my_company": Field("isMyCompany", "boolean"),
    "closed": Field("closed", "boolean"),
    "webform_id": Field("webformId", "link"),
    "source": Field("sourceId", "string"),
    "comments": Field("comments", "string"),
    "communications": Field("fm", WRITTEN_ONLY),
    "account_number": Field("accountNumber", "string"),
}

_ALWAYS = {
    *("id", "assigned_by_id", "created_by", "updated_by", "created_time", "updated_time"),
    *("origin_id", "originator_id", "webform_id", "source", "comments"),
}
_ON_STAGES = {"title", "stage", "company_id", "contact_id", "contact_ids", "moved_by", "moved_time"}
_WITH_AMOUNT = {"opportunity", "currency", "is_manual_opportunity"}
_USUAL: Mapping[str, set[str]] = {
    "lead": _ALWAYS | _ON_STAGES | _WITH_AMOUNT | {"name", "last_name"},
    "deal": _ALWAYS | _ON_STAGES | _WITH_AMOUNT | {"category", "type", "closed"},
    "contact": _ALWAYS | {"name", "last_name", "type", "company_id", "company_ids"},
    "company": _ALWAYS - {"source"} | {"title", "type", "contact_ids", "is_my_company"},
}
_OF_PROCESSES = (_ALWAYS | _ON_STAGES | _WITH_AMOUNT | {"category", "deal_id"}) - {"origin_id", "originator_id"}
_OF_INVOICES = _OF_PROCESSES | {"account_number"}


def usual_fields(entity: str) -> set[str]:
    """The standard fields that an entity really has, and that are asked for by default."""
    return _OF_INVOICES if entity == "invoice" else _USUAL.get(entity, _OF_PROCESSES)
