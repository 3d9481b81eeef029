"""What applications put into the interface: pages in spots, robots on stages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sandbox.kernel.apps import App, find_app
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal
from sandbox.view.opening import Opening
from sandbox.view.screen import Screen


def need_app(portal: Portal, client_id: str) -> App:
    """An application of the portal by its client id."""
    app = find_app(portal, client_id)
    if app is None:
        raise RestError("NOT_FOUND", "Такого приложения на портале нет", 404)
    return app


def open_spot(screen: Screen, row: Mapping[str, Any], options: Mapping[str, Any]) -> Opening:
    """Opens a page bound to a spot; the context tells, as everywhere, from which page it is opened."""
    context = {**options, "URI": screen.http.path_qs}
    return screen.opener.placement(need_app(screen.portal, str(row["app"])), row, context)


def placed_robots(portal: Portal, entity_type_id: int, funnel: int) -> dict[str, list[dict[str, Any]]]:
    """The robots of a funnel by stage: `name`, `app`, `properties` as (title, value)."""
    rows = portal.store.rows(
        "SELECT p.stage_id, p.code, p.properties, r.fields, a.title FROM placed_robots p"
        " LEFT JOIN robots r ON r.code = p.code AND r.kind = 'robot' LEFT JOIN apps a ON a.client_id = r.app"
        " WHERE p.entity_type_id = ? AND p.category_id = ? ORDER BY p.id",
        (entity_type_id, funnel),
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        fields = json.loads(row["fields"] or "{}")
        robot = {
            "name": _localized(fields.get("NAME")) or row["code"],
            "app": row["title"] or "Приложение удалено",
            "properties": _properties(fields.get("PROPERTIES") or {}, json.loads(row["properties"])),
        }
        found.setdefault(row["stage_id"], []).append(robot)
    return found


def _properties(declared: Mapping[str, Any], values: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(_localized(declared.get(name, {}).get("Name")) or name, str(value)) for name, value in values.items()]


def _localized(value: Any) -> str:
    """A text that may be a map of languages."""
    if isinstance(value, Mapping):
        return str(value.get("ru") or value.get("en") or next(iter(value.values()), ""))
    return str(value or "")
