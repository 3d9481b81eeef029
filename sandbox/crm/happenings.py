"""The events of CRM items, and the automation that a stage entry starts."""

from __future__ import annotations

from typing import Literal

from sandbox.crm.schema import COMPANY, CONTACT, DEAL, LEAD, QUOTE, Entity
from sandbox.kernel.call import Call
from sandbox.kernel.registry import events

What = Literal["ADD", "UPDATE", "DELETE"]

_OBJECTS = {LEAD: "LEAD", DEAL: "DEAL", CONTACT: "CONTACT", COMPANY: "COMPANY", QUOTE: "QUOTE"}

events("crm", *(f"ONCRM{name}{what}" for name in _OBJECTS.values() for what in ("ADD", "UPDATE", "DELETE")))
events("crm", "ONCRMDEALMOVETOCATEGORY", *(f"ONCRMDYNAMICITEM{what}" for what in ("ADD", "UPDATE", "DELETE")))


def item(call: Call, entity: Entity, item_id: int, what: What) -> None:
    """Says that an item was added, changed or deleted.

    Smart processes and invoices have one event for all types and one with the type in its name
    (api-reference/crm/universal/events/index.md); an application binds the one it wants.
    """
    if what != "DELETE":
        call.portal.on_item_saved(call, entity.id, item_id, created=what == "ADD")
    name = _OBJECTS.get(entity.id)
    if name is not None:
        call.portal.emit(f"ONCRM{name}{what}", {"FIELDS": {"ID": item_id}}, call)
        return
    data = {"FIELDS": {"ID": item_id, "ENTITY_TYPE_ID": entity.id}}
    call.portal.emit(f"ONCRMDYNAMICITEM{what}", data, call)
    call.portal.emit(f"ONCRMDYNAMICITEM{what}_{entity.id}", data, call)


def moved_to_category(call: Call, item_id: int, category: int, stage: str) -> None:
    """A deal went to another funnel; no ONCRMDEALUPDATE is sent for that."""
    data = {"FIELDS": {"ID": item_id, "CATEGORY_ID": category, "STAGE_ID": stage}}
    call.portal.emit("ONCRMDEALMOVETOCATEGORY", data, call)


def entered(call: Call, entity: Entity, item_id: int, category: int, stage: str) -> None:
    """Starts the automation of a stage once the command is committed; imports start none."""
    if call.notes.get("import"):
        return
    call.portal.on_stage_entry(call, entity.id, item_id, category, stage)
