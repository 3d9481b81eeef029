"""Fields whose type an application brought: the card shows its page in the field (widgets/user-field/index.md)."""

from __future__ import annotations

import json
from typing import Any

from sandbox.crm.schema import schema_of
from sandbox.view.employee import Row
from sandbox.view.kinds import Kind
from sandbox.view.opening import Opening
from sandbox.view.screen import Screen

HEIGHT = 60


def frames(screen: Screen, kind: Kind, row: Row) -> dict[str, tuple[Opening, int]]:
    """The pages of such fields by the field's name, with their height in pixels."""
    rows = screen.portal.store.rows(
        "SELECT t.*, a.id AS number FROM user_field_types t JOIN apps a ON a.client_id = t.app AND a.installed = 1"
    )
    types = {f"rest_{one['number']}_{one['code']}": one for one in rows}
    found: dict[str, tuple[Opening, int]] = {}
    for name, field in screen.names.fields(kind).items():
        known = types.get(str(field.get("type")))
        if known is not None:
            spot = {"app": known["app"], "placement": "USERFIELD_TYPE", "handler": known["handler"]}
            words = {"title": str(field.get("title") or name), "app_title": name, "lang_all": {}}
            opening = screen.open_spot({**spot, **words}, _options(screen, kind, name, field, row))
            found[name] = (opening, _height(known["options"]))
    return found


def _options(screen: Screen, kind: Kind, name: str, field: Row, row: Row) -> dict[str, Any]:
    """PLACEMENT_OPTIONS of userfieldtype-add.md."""
    return {
        "MODE": "edit",
        "ENTITY_ID": schema_of(screen.portal).entity(kind.id).declaration.user_fields,
        "FIELD_NAME": str(field.get("upperName") or name),
        "ENTITY_VALUE_ID": str(row["id"]),
        "VALUE": row.get(name) or None,
        "MULTIPLE": "Y" if field.get("isMultiple") else "N",
        "MANDATORY": "Y" if field.get("isRequired") else "N",
        "XML_ID": None,
        "ENTITY_DATA": {"entityTypeId": kind.id, "entityId": str(row["id"]), "module": "crm"},
    }


def _height(options: str) -> int:
    given = json.loads(options or "{}")
    height = str(given.get("height") or "") if isinstance(given, dict) else ""
    return int(height) if height.isdigit() and int(height) else HEIGHT
