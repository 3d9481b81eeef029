"""What applications put into the interface: pages in spots, robots on stages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.automation import placing
from sandbox.kernel.apps import App, find_app
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal
from sandbox.view.addresses import uri
from sandbox.view.opening import Opening
from sandbox.view.screen import Screen


def need_app(portal: Portal, client_id: str) -> App:
    """An application of the portal by its client id."""
    app = find_app(portal, client_id)
    if app is None:
        raise RestError("NOT_FOUND", "Такого приложения на портале нет", 404)
    return app


def open_spot(screen: Screen, row: Mapping[str, Any], options: Mapping[str, Any]) -> Opening:
    """Opens a page bound to a spot; the context tells, as everywhere, from which page it is opened
    (a context of its own `URI` keeps it)."""
    context = {"URI": uri(screen.names, screen.came_from() if screen.bare else screen.http.path_qs), **options}
    return screen.opener.placement(need_app(screen.portal, str(row["app"])), row, context)


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
