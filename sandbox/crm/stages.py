"""Funnels and stages of items: what a change of stage brings with it, and its history."""

from __future__ import annotations

from typing import Any

from sandbox.crm.schema import DEAL, LEAD, QUOTE, Entity, Status
from sandbox.crm.values import invalid
from sandbox.kernel.store import Store

CREATED, MOVED, FINISHED, FUNNEL_CHANGED = 1, 2, 3, 5


def category_of(entity: Entity, wanted: Any, current: int | None = None) -> int:
    """The funnel an item shall be in; a funnel that does not exist is a wrong value."""
    if wanted is None:
        return entity.schema.default_category(entity.id) if current is None else current
    if not any(category.id == wanted for category in entity.schema.categories(entity.id)):
        raise invalid(entity.fields["categoryId"])
    return int(wanted)


def stage_of(entity: Entity, category: int, wanted: str | None) -> Status | None:
    """The stage by its code, or the funnel's first one; a stage of another funnel is a wrong value."""
    if not entity.has_stages:
        return None
    if not wanted:
        return first(entity, category)
    found = entity.stage(category, wanted)
    if found is None:
        raise invalid(entity.fields["stageId"])
    return found


def first(entity: Entity, category: int) -> Status | None:
    """The first stage of a funnel."""
    stages = entity.stages(category)
    return stages[0] if stages else None


def settled(entity: Entity, stage: Status, *, today: str, now: int, creating: bool = False) -> dict[str, Any]:
    """The columns that follow from being in a stage: its group, closed or not, when it was finished."""
    final = stage.semantics in ("S", "F")
    columns: dict[str, Any] = {"stageId": stage.code}
    if entity.id in (LEAD, DEAL):
        columns["stageSemanticId"] = stage.group
    if entity.id == LEAD:
        columns["dateClosed"] = now if final else None
    if entity.id in (DEAL, QUOTE):
        columns["closed"] = "Y" if final else "N"
    if entity.id == DEAL:
        columns["isNew"] = "Y" if stage.sort == entity.stages(stage.category or 0)[0].sort else "N"
        if final and not creating:
            columns["closedate"] = today
    return columns


def record(
    store: Store, entity: Entity, item_id: int, kind: int, stage: Status, category: int | None, moment: int
) -> None:
    """Writes a line of stage history (crm-stage-history-list.md)."""
    store.execute(
        f'INSERT INTO "{entity.history}" (typeId, ownerId, createdTime, categoryId, semantics, stageId)'
        " VALUES (?, ?, ?, ?, ?, ?)",
        (kind, item_id, moment, category, stage.group, stage.code),
    )


def kind_of_move(stage: Status, *, funnel_changed: bool) -> int:
    """The record type of a move: 5 to another funnel, 3 to a final stage, 2 otherwise."""
    if funnel_changed:
        return FUNNEL_CHANGED
    return FINISHED if stage.semantics in ("S", "F") else MOVED
