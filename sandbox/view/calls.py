"""The call card: what an employee sees while an application's call goes on (widgets/telephony/call-card.md)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from sandbox.crm.schema import schema_of
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal
from sandbox.view.screen import Screen

_DIRECTIONS = {1: "outgoing", 2: "incoming", 3: "incoming", 4: "callback"}


def current(portal: Portal, user: int) -> Mapping[str, Any] | None:
    """The newest call that is shown to the employee and goes on, None when there is none."""
    rows = portal.store.rows("SELECT * FROM phone_calls WHERE open = 1 ORDER BY id DESC")
    return next((dict(row) for row in rows if user in json.loads(row["shown"])), None)


def status(portal: Portal, call: Mapping[str, Any]) -> dict[str, Any]:
    """A call as `getStatus` and the events of the card print it (call-card/get-status.md)."""
    line = str(call["line"] or "")
    name = portal.store.value("SELECT name FROM phone_lines WHERE number = ?", (line,)) if line else ""
    return {
        "CALL_ID": call["callId"],
        "PHONE_NUMBER": call["phone"],
        "LINE_NUMBER": line,
        "LINE_NAME": str(name or ""),
        "CRM_ENTITY_TYPE": str(call["crmType"] or ""),
        "CRM_ENTITY_ID": int(call["crmId"] or 0),
        "CRM_ACTIVITY_ID": "",
        "CRM_BINDINGS": _bindings(call),
        "CALL_DIRECTION": _DIRECTIONS.get(int(call["type"]), "incoming"),
        "CALL_STATE": "idle",
        "CALL_LIST_MODE": bool(call["listId"]),
    }


def _bindings(call: Mapping[str, Any]) -> list[dict[str, Any]]:
    own = [{"ENTITY_TYPE": call["crmType"], "ENTITY_ID": int(call["crmId"])}] if call["crmId"] else []
    made = [
        {"ENTITY_TYPE": one["ENTITY_TYPE"], "ENTITY_ID": int(one["ENTITY_ID"])} for one in json.loads(call["created"])
    ]
    return [*own, *(one for one in made if one not in own)]


async def card(screen: Screen) -> web.Response:
    """The call that goes on, for the page's script: `{}` when there is none."""
    call = current(screen.portal, screen.employee.id)
    if call is None:
        return web.json_response({})
    told = status(screen.portal, call)
    tabs = [{"title": spot.title, "href": f"/call/{spot.id}"} for spot in screen.spots.at("CALL_CARD")]
    return web.json_response({"status": told, "tabs": tabs, "client": _client(screen, told)})


def _client(screen: Screen, told: Mapping[str, Any]) -> dict[str, str]:
    """Who calls: the title and the address of the card, the number when nobody is known."""
    kind = next((one for one in screen.names.kinds() if one.code == told["CRM_ENTITY_TYPE"]), None)
    number = int(told["CRM_ENTITY_ID"])
    if kind is None or not number or kind.id not in schema_of(screen.portal).all_types():
        return {"title": str(told["PHONE_NUMBER"]), "href": ""}
    return {"title": screen.names.title(kind.id, number), "href": kind.card(number)}


async def tab(screen: Screen) -> web.Response:
    """An application's page in the call card."""
    row, call = screen.spots.find(screen.number("id")), current(screen.portal, screen.employee.id)
    if row is None or call is None:
        raise RestError("NOT_FOUND", "Звонка нет", 404)
    told = status(screen.portal, call)
    options = {
        **told,
        "CRM_ENTITY_ID": str(told["CRM_ENTITY_ID"]),
        "CRM_ACTIVITY_ID": "undefined",
        "CRM_BINDINGS": [{**one, "ENTITY_ID": str(one["ENTITY_ID"])} for one in told["CRM_BINDINGS"]],
        "CALL_LIST_MODE": "true" if told["CALL_LIST_MODE"] else "false",
    }
    return screen.draw("call_tab.html", opening=screen.open_spot(row, options))
