"""An employee's own page, and pages that gather what applications bring: analytics, the contact centre."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from sandbox.kernel.errors import RestError
from sandbox.openlines import connectors, lines
from sandbox.view.names import full_name
from sandbox.view.screen import Screen
from sandbox.view.tasks import task_list

NOT_FOUND = RestError("NOT_FOUND", "Такой страницы нет", 404)


async def employee(screen: Screen) -> web.Response:
    """Who works here: post, departments, how to write."""
    number = screen.number("user")
    rows = screen.employee.structure("user.get", {"FILTER": {"ID": number}})
    if not rows:
        raise NOT_FOUND
    row = rows[0]
    departments = {str(one["ID"]): str(one["NAME"]) for one in screen.employee.structure("department.get")}
    own = row.get("UF_DEPARTMENT") or []
    return screen.draw(
        "employee.html",
        person=row,
        number=number,
        name=full_name(row),
        departments=[departments[str(one)] for one in own if str(one) in departments],
        tasks=task_list(screen.employee, screen.names, mine=True, page=1) if number == screen.employee.id else None,
    )


async def analytics(screen: Screen) -> web.Response:
    """The reports that applications put into analytics."""
    reports = screen.spots.any(("CRM_ANALYTICS_MENU", "TELEPHONY_ANALYTICS_MENU"))
    chosen = next(
        (one for one in reports if str(one.id) == screen.words.get("report")), reports[0] if reports else None
    )
    opening = screen.open_spot(chosen.row, {}) if chosen else None
    return screen.draw("analytics.html", reports=reports, chosen=chosen, opening=opening)


async def contact_center(screen: Screen) -> web.Response:
    """Open lines with the channels connected to them, and the tiles of applications."""
    store = screen.portal.store
    names = connectors.names(store)
    rows = [
        {
            "id": line.id,
            "name": line.name,
            "active": line.active,
            "operators": [screen.names.user(user) for user in lines.operators(store, line)],
            "channels": _channels(screen, line.id, names),
        }
        for line in lines.every(store)
    ]
    return screen.draw("contact_center.html", lines=rows)


def _channels(screen: Screen, line: int, names: dict[str, str]) -> list[dict[str, Any]]:
    """The channels switched on for a line, and those of applications; `own` ones have a settings page."""
    found = []
    for code, name in names.items():
        known, (on, _) = connectors.find(screen.portal.store, code), connectors.state(screen.portal.store, code, line)
        own = known is not None and bool(known.app)
        if on or own:
            found.append({"code": code, "name": name, "on": on, "own": own})
    return found


async def connector(screen: Screen) -> web.Response:
    """The settings page of an application's channel for a line (setting-connector.md)."""
    code, line = screen.words.get("ID", ""), screen.words.get("LINE", "")
    row = screen.portal.store.one("SELECT * FROM im_connectors WHERE id = ?", (code.lower(),))
    if row is None or not line.isdigit():
        raise NOT_FOUND
    spot: dict[str, Any] = {"app": row["app"], "placement": "SETTING_CONNECTOR", "handler": row["handler"]}
    spot |= {"title": row["name"], "app_title": row["name"], "lang_all": {}}
    active, data = connectors.state(screen.portal.store, code, int(line))
    options = {
        "CONNECTOR": code,
        "LINE": line,
        "STATUS": active and bool(data),
        "ACTIVE_STATUS": active,
        "CONNECTION_STATUS": bool(data),
        "REGISTER_STATUS": bool(data),
        "ERROR_STATUS": False,
        "URI": f"/contact_center/connector/?ID={code}&IFRAME=Y&IFRAME_TYPE=SIDE_SLIDER",
    }
    return screen.draw("app.html", opening=screen.open_spot(spot, options), heading=row["name"], app=None)
