"""Triggers: what moves a card to the stage they stand on."""

from __future__ import annotations

from functools import partial
from typing import Any

from sandbox.automation import cards
from sandbox.automation.conditions import holds
from sandbox.automation.documents import entity_type_of
from sandbox.automation.placing import PlacedTrigger, TriggerKind, triggers_of
from sandbox.crm import items
from sandbox.crm.schema import COMPANY, CONTACT, Entity, schema_of
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal
from sandbox.kernel.store import declare

declare(
    "CREATE TABLE IF NOT EXISTS triggers (id INTEGER PRIMARY KEY, app TEXT NOT NULL, code TEXT NOT NULL,"
    " name TEXT NOT NULL, UNIQUE (app, code))"
)
# Object types by the words of crm/data-types.md#object_type.
_NAMES = {"LEAD": 1, "DEAL": 2, "QUOTE": 7, "SMART_INVOICE": 31}


def type_of_name(portal: Portal, name: str) -> int | None:
    """The object type that a word such as DEAL or DYNAMIC_128 means; None for those without automation."""
    number = _NAMES.get(name)
    if number is None and name.startswith("DYNAMIC_"):
        number = entity_type_of(["crm", r"Bitrix\Crm\Integration\BizProc\Document\Dynamic", name])
    return number if number is not None and has_automation(portal, number) else None


def has_automation(portal: Portal, entity_type_id: int) -> bool:
    """Whether cards of this type go through stages, and so robots and triggers stand there."""
    if entity_type_id in (CONTACT, COMPANY):
        return False
    try:
        return bool(schema_of(portal).entity(entity_type_id).has_stages)
    except RestError:
        return False


def fire(portal: Portal, kind: TriggerKind, app: str, code: str, entity_type_id: int, item_id: int) -> bool:
    """Moves a card by the triggers with this code; says whether it was moved.

    Of several the one on the earliest stage counts (crm-automation-trigger.md); a trigger moves a
    card back only where it was told it may, and only while its conditions hold. The move is the
    automation's own: its events carry no tokens.
    """
    entity = schema_of(portal).entity(entity_type_id)
    row = items.stored(portal.store, entity, item_id)
    if row is None:
        return False
    standing = [
        one
        for one in triggers_of(portal, entity_type_id)
        if one.kind == kind and one.app == app and (not code or one.code == code)
    ]
    shown = cards.card(portal, entity_type_id, item_id) or {}
    found = [
        place
        for one in standing
        if holds(one.conditions, partial(cards.value_of, shown)) and (place := _place(entity, row, one)) is not None
    ]
    if not found:
        return False
    _, stage = min(found)
    params = {"entityTypeId": entity_type_id, "id": item_id, "fields": {"stageId": stage}}
    portal.call("crm.item.update", params, source="robot")
    return True


def _place(entity: Entity, row: dict[str, Any], trigger: PlacedTrigger) -> tuple[int, str] | None:
    """(position, code) of the stage that a trigger moves this card to, None when it does not."""
    category = int(row.get("categoryId") or 0)
    codes = [stage.code for stage in entity.stages(category)]
    if trigger.stage_id not in codes or trigger.stage_id == row["stageId"]:
        return None
    position = codes.index(trigger.stage_id)
    backwards = row["stageId"] in codes and position < codes.index(row["stageId"])
    if backwards and not trigger.allow_backwards:
        return None
    return position, trigger.stage_id
