"""Robots of applications on the stages of funnels."""

from __future__ import annotations

from typing import Any

from sandbox.automation import placing
from sandbox.kernel.apps import find_app
from sandbox.kernel.portal import Portal


def placed_robots(portal: Portal, entity_type_id: int, funnel: int) -> dict[str, list[dict[str, Any]]]:
    """The robots of a funnel by stage: `name`, `app`, `properties` as (title, value)."""
    found: dict[str, list[dict[str, Any]]] = {}
    for one in placing.robots_of(portal, entity_type_id, funnel):
        app = find_app(portal, one.app)
        titles = {known.id: known.name for known in one.robot.properties} if one.robot else {}
        robot = {
            "name": one.name,
            "app": app.title if app and one.robot else "Приложение удалено",
            "properties": [(titles.get(name, name), str(value)) for name, value in one.properties.items()],
        }
        found.setdefault(one.stage_id, []).append(robot)
    return found
