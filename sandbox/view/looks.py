"""The look that applications give their records in the timeline (activities/configurable/structure)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from sandbox.kernel.portal import Portal
from sandbox.methods import activity_configurable
from sandbox.view.screen import Screen
from sandbox.view.spots import LANGUAGE


@dataclass(frozen=True, slots=True)
class Action:
    """What a click does: `event` is told to the application, `href` is opened (in a slider, if `slider`)."""

    event: str = ""
    href: str = ""
    slider: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A block of content; `kind` as the layout names it."""

    kind: str
    text: str = ""
    title: str = ""
    bold: bool = False
    action: Action | None = None
    inner: list[Block] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Look:
    """A record's look: tags are (text, tone), buttons (text, action, whether it is the main one)."""

    tags: list[tuple[str, str]]
    blocks: list[Block]
    buttons: list[tuple[str, Action, bool]]


def look_of(portal: Portal, activity: int) -> Look | None:
    """The look of an activity, None for one that has none of its own."""
    row = portal.store.one("SELECT app, layout FROM crm_configurable WHERE activityId = ?", (activity,))
    if row is None:
        return None
    layout, app = json.loads(row["layout"]), str(row["app"])
    header, body, footer = (layout.get(part) or {} for part in ("header", "body", "footer"))
    return Look(
        [(words(tag.get("title")), str(tag.get("type") or "")) for tag in _each(header.get("tags"))],
        [_block(app, one) for one in _each(body.get("blocks"))],
        [
            (words(one.get("title")), _action(app, one.get("action")), one.get("type") == "primary")
            for one in _each(footer.get("buttons"))
        ],
    )


def words(value: Any) -> str:
    """A text, or one of several languages."""
    if isinstance(value, Mapping):
        return str(value.get(LANGUAGE) or value.get("en") or next(iter(value.values()), ""))
    return str(value or "")


def _each(parts: Any) -> list[Mapping[str, Any]]:
    return [one for one in parts.values() if isinstance(one, Mapping)] if isinstance(parts, Mapping) else []


def _block(app: str, block: Mapping[str, Any]) -> Block:
    kind, given = str(block.get("type") or "text"), block.get("properties") or {}
    inner = [given["block"]] if isinstance(given.get("block"), Mapping) else _each(given.get("blocks"))
    return Block(
        kind,
        words(given.get("value") or given.get("text")),
        words(given.get("title")),
        bool(given.get("bold")),
        _action(app, given["action"]) if given.get("action") else None,
        [_block(app, one) for one in inner],
    )


def _action(app: str, action: Any) -> Action:
    given = action if isinstance(action, Mapping) else {}
    if given.get("type") == "restEvent":
        return Action(event=str(given.get("id") or ""))
    if given.get("type") == "openRestApp":
        params = given.get("actionParams") or {}
        query = urlencode({f"params[{name}]": value for name, value in params.items()}) if params else ""
        return Action(href=f"/app/{app}" + (f"?{query}" if query else ""), slider=True)
    address = str(given.get("uri") or "")
    own = address.startswith("/") and not address.startswith("//")
    return Action(href=address if own or address.startswith(("http://", "https://")) else "", slider=own)


async def press(screen: Screen) -> web.Response:
    """The employee clicks what an application put into the timeline."""
    action = (await screen.form()).get("action", "")
    screen.employee.ask("crm.activity.get", {"id": screen.number("id")})
    activity_configurable.press(screen.portal, screen.number("id"), action, screen.employee.id)
    return screen.back(text="Приложение узнало о нажатии")
