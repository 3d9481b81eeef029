"""What a portal holds now, as provisioning sees it: funnels, stages, smart processes, fields, bindings of the app."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

CORE_TYPES: Mapping[str, int] = {"lead": 1, "deal": 2, "contact": 3, "company": 4}
"""Entities that every portal has (api-reference/crm/data-types.md)."""

DEAL = CORE_TYPES["deal"]
COMPANY = CORE_TYPES["company"]
COMPANY_TYPES = "COMPANY_TYPE"

Semantics = Literal["process", "success", "failure"]


@dataclass(frozen=True, slots=True)
class PortalStage:
    """An entry of a directory: a stage (`code` is its STATUS_ID with the prefix) or a company type.

    `row` is the number crm.status.update wants.
    """

    row: int
    directory: str
    code: str
    title: str
    sort: int
    semantics: Semantics
    system: bool


@dataclass(frozen=True, slots=True)
class PortalFunnel:
    """A funnel (crm.category.list); the deals' first one has the id 0."""

    id: int
    title: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class PortalType:
    """A smart process. `id` names its fields (`CRM_7`), `entity_type_id` its items."""

    id: int
    entity_type_id: int
    title: str
    has_stages: bool
    has_client: bool


@dataclass(frozen=True, slots=True)
class PortalField:
    """A user field. `items` are the values of an enumeration: their xmlId (ours) and text -> their id."""

    id: int
    entity: str
    code: str
    type: str
    title: str
    items: Mapping[str, int] = field(default_factory=dict)
    texts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PortalPlacement:
    """A page the app has bound inside the portal; `titles` by language."""

    place: str
    handler: str
    titles: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Survey:
    """The portal at a moment. None stands for what the portal did not tell (no right, no permission).

    `refused` are the methods it did not answer, with the error's code; `audit` holds counts and
    features for the administrator's report.
    """

    at: datetime
    funnels: Mapping[int, tuple[PortalFunnel, ...]]
    stages: Mapping[str, tuple[PortalStage, ...]]
    types: tuple[PortalType, ...]
    fields: Mapping[str, Mapping[str, PortalField]]
    item_codes: Mapping[int, Mapping[str, str]]
    options: Mapping[str, Any] | None
    events: frozenset[str] | None
    bound_events: tuple[tuple[str, str], ...] | None
    placements: tuple[PortalPlacement, ...] | None
    robots: frozenset[str] | None
    senders: frozenset[str] | None
    triggers: Mapping[str, str] | None
    """the app's triggers: code -> name"""
    badges: Mapping[str, Mapping[str, Any]] | None
    """badges of all applications: code -> `title`, `value`, `type`"""
    refused: Mapping[str, str]
    audit: Mapping[str, Any]

    def type_of(self, entity_type_id: int) -> PortalType | None:
        """A smart process by the number of its items' type."""
        return next((one for one in self.types if one.entity_type_id == entity_type_id), None)

    def funnel(self, entity_type_id: int, id: int) -> PortalFunnel | None:
        """A funnel by its id."""
        return next((one for one in self.funnels.get(entity_type_id, ()) if one.id == id), None)

    def directory(self, entity_type_id: int, funnel: int) -> str:
        """The directory that holds a funnel's stages (api-reference/crm/status/index.md)."""
        if entity_type_id == DEAL:
            return f"DEAL_STAGE_{funnel}" if funnel else "DEAL_STAGE"
        return f"DYNAMIC_{entity_type_id}_STAGE_{funnel}"

    def prefix(self, entity_type_id: int, funnel: int) -> str:
        """What the portal puts before the codes of a funnel's stages."""
        if entity_type_id == DEAL:
            return f"C{funnel}:" if funnel else ""
        return f"DT{entity_type_id}_{funnel}:"

    def default_funnel(self, entity_type_id: int) -> PortalFunnel | None:
        """The funnel items go to when none is named.

        A smart process whose funnels are switched off may refuse to list the one it has; then the
        name of its stages' directory tells it.
        """
        hidden = f"DYNAMIC_{entity_type_id}_STAGE_"
        ids = sorted(int(name.removeprefix(hidden)) for name in self.stages if name.startswith(hidden))
        funnels = self.funnels.get(entity_type_id) or tuple(PortalFunnel(id, "", False) for id in ids)
        return next((one for one in funnels if one.is_default), funnels[0] if funnels else None)

    def field_owner(self, entity_type_id: int) -> str:
        """How user fields name their owner: `CRM_COMPANY`, `CRM_7`."""
        for entity, number in CORE_TYPES.items():
            if number == entity_type_id:
                return f"CRM_{entity.upper()}"
        found = self.type_of(entity_type_id)
        return f"CRM_{found.id}" if found else ""
