"""References to cards as texts: `D_501`, `CO_100`, `T80_6`, and the type names of the timeline."""

from __future__ import annotations

import re
from typing import Any

from sandbox.crm import access
from sandbox.crm.declarations import SYSTEM, entity_type_of
from sandbox.crm.schema import Schema, schema_of
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.store import Store

_REFERENCE = re.compile(r"([A-Z]+[0-9a-f]*)_(\d+)")


def parse(reference: str) -> tuple[int, int] | None:
    """`D_501` -> (2, 501); None for a text that names no card."""
    match = _REFERENCE.fullmatch(reference)
    entity_type_id = entity_type_of(match[1]) if match else None
    return (entity_type_id, int(match[2])) if match and entity_type_id is not None else None


def print_reference(entity_type_id: int, item_id: int) -> str:
    """(2, 501) -> `D_501`."""
    letter = SYSTEM[entity_type_id].letter if entity_type_id in SYSTEM else f"T{entity_type_id:x}"
    return f"{letter}_{item_id}"


def type_of_name(name: str) -> int:
    """`deal` -> 2, `dynamic_128` -> 128 (crm-timeline-comment-add.md)."""
    low = name.strip().lower()
    if low.startswith("dynamic_") and low[8:].isdigit():
        return int(low[8:])
    for entity_type_id, declaration in SYSTEM.items():
        if declaration.code.lower() == low:
            return entity_type_id
    raise RestError("OWNER_NOT_FOUND", "Owner not found")


def name_of_type(entity_type_id: int) -> str:
    """2 -> `deal`, 128 -> `dynamic_128`."""
    return SYSTEM[entity_type_id].code.lower() if entity_type_id in SYSTEM else f"dynamic_{entity_type_id}"


def exists(schema: Schema, store: Store, entity_type_id: int, item_id: Any) -> bool:
    """Whether a card is there."""
    if entity_type_id not in schema.all_types():
        return False
    table = schema.entity(entity_type_id).table
    return store.value(f'SELECT 1 FROM "{table}" WHERE id = ?', (int(item_id),)) is not None


def require(call: Call, card: tuple[int, int], absent: RestError, denied: RestError) -> None:
    """Refuses with `absent` when a card is not there, with `denied` when the caller may not touch it."""
    schema, store = schema_of(call.portal), call.portal.store
    if not exists(schema, store, *card):
        raise absent
    if not permitted(call, card):
        raise denied


def permitted(call: Call, card: tuple[int, int]) -> bool:
    """Whether the caller may touch a card, which may be gone by now."""
    schema, store = schema_of(call.portal), call.portal.store
    if not schema.access or card[0] not in schema.all_types():
        return True
    entity = schema.entity(card[0])
    responsible = store.value(f'SELECT "assignedById" FROM "{entity.table}" WHERE id = ?', (card[1],))
    return access.allowed(call, entity, responsible)


def narrowed(call: Call, links: str, link_id: str) -> tuple[str, list[Any]]:
    """The condition that `id` belongs to a record bound, in the table `links`, to a card the caller may see."""
    schema = schema_of(call.portal)
    modes = {t: access.mode_of(call, schema.entity(t)) for t in schema.all_types()} if schema.access else {}
    closed = {t: mode for t, mode in modes.items() if mode != "all"}
    if not closed:
        return "1", []
    open_ones = f"entityTypeId NOT IN ({', '.join(str(t) for t in closed)})"
    own = [t for t, mode in closed.items() if mode == "own"]
    parts = [
        f'entityTypeId = {t} AND entityId IN (SELECT id FROM "{schema.entity(t).table}" WHERE "assignedById" = ?)'
        for t in own
    ]
    test = " OR ".join([open_ones, *(f"({part})" for part in parts)])
    return f"id IN (SELECT {link_id} FROM {links} WHERE {test})", [call.user] * len(own)


def touched(schema: Schema, store: Store, entity_type_id: int, item_id: int, user: int, now: int) -> None:
    """Something happened in a card's timeline: its last activity is now."""
    if entity_type_id in schema.all_types():
        table = schema.entity(entity_type_id).table
        store.execute(
            f'UPDATE "{table}" SET "lastActivityTime" = ?, "lastActivityBy" = ? WHERE id = ?', (now, user, item_id)
        )
