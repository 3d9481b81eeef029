"""Cards as automation reads them: the values that crm.item.get prints, by any spelling of a field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.crm import reading
from sandbox.crm.schema import schema_of
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal


def card(portal: Portal, entity_type_id: int, item_id: int) -> dict[str, Any] | None:
    """The fields of a card, None when it is not there (any more)."""
    call = Call(portal, "crm.item.get", {}, source="robot")
    try:
        entity = schema_of(portal).entity(entity_type_id)
        fields = reading.one(call, entity, item_id)
    except RestError:
        return None
    # Some old names are no spelling of the new ones: DATE_CREATE is createdTime.
    return fields | {old: fields[field.name] for old, field in entity.old.items() if field.name in fields}


def value_of(fields: Mapping[str, Any], name: str) -> Any:
    """A field named as in crm.item.* (`assignedById`) or as in the old methods (`ASSIGNED_BY_ID`)."""
    if name in fields:
        return fields[name]
    wanted = name.replace("_", "").lower()
    return next((value for known, value in fields.items() if known.replace("_", "").lower() == wanted), None)
