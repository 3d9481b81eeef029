"""The page of an object: its general side with all panels, or the tab of an application."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from sandbox.view import field_frames, panels
from sandbox.view.cards import Card
from sandbox.view.feed import Entry, Feed
from sandbox.view.kinds import DEAL, INVOICE, Kind
from sandbox.view.letters import letter_of
from sandbox.view.payments import payments_of
from sandbox.view.processes import tasks_of
from sandbox.view.screen import Screen
from sandbox.view.spots import Spot

# Kinds that bring money.
PAYABLE = (DEAL, INVOICE)
# The number of activities among the types of the CRM (crm/data-types.md).
ACTIVITY = 6


async def card(screen: Screen) -> web.Response:
    """An object's card, with the chosen tab open."""
    kind, number = screen.kind(), screen.number("id")
    shown = Card(screen.employee, screen.names, kind, number)
    tabs = screen.spots.at(kind.placement("DETAIL_TAB"))
    around: dict[str, Any] = {"card": shown, "kind": kind, "tabs": tabs, "tab": screen.words.get("tab", "")}
    chosen = next((spot for spot in tabs if str(spot.id) == around["tab"]), None)
    if chosen is not None:
        return screen.draw("card.html", **around, opening=screen.open_spot(chosen.row, {"ID": str(number)}))
    return screen.draw("card.html", **around, opening=None, **_fields(screen, shown), **_timeline(screen, shown))


def _fields(screen: Screen, shown: Card) -> dict[str, Any]:
    """The left side: fields, and the panels that the kind has."""
    employee, kind, number = screen.employee, shown.kind, shown.id
    main, technical, empty = shown.fields()
    return {
        "main": main,
        "technical": technical,
        "empty": empty,
        "field_frames": field_frames.frames(screen, kind, shown.row),
        "points": panels.points_of(shown.row),
        "point_kinds": panels.POINTS,
        "point_types": panels.TYPES,
        "assignments_here": tasks_of(employee, kind.id, number),
        "requisites": panels.requisites_of(employee, kind, number),
        "chats": panels.chats_of(employee, kind, number),
        "products": panels.products_of(employee, kind, shown.row),
        "payments": payments_of(employee, kind, number) if kind.id in PAYABLE else None,
        "related": shown.related(),
    }


def _timeline(screen: Screen, shown: Card) -> dict[str, Any]:
    """The right side: what is planned and what was, and the activity that an application draws above."""
    kind, number = shown.kind, shown.id
    feed = Feed(screen.employee, screen.names, kind, number)
    offered = screen.spots.at(kind.placement("DETAIL_ACTIVITY"))
    activity = next((spot for spot in offered if spot.drawn and str(spot.id) == screen.words.get("activity")), None)
    told = {"ID": str(number), "entityTypeId": str(kind.id), "entityId": str(number), "useBuiltInInterface": "Y"}
    return {
        "activity": activity,
        "activity_opening": screen.open_spot(activity.row, told) if activity else None,
        "deeds": lambda entry: _deeds(screen, kind, number, entry),
        "letter": letter_of(screen.employee, kind, shown.row),
        "planned": feed.planned(),
        "past": feed.past(),
    }


def _deeds(screen: Screen, kind: Kind, number: int, entry: Entry) -> list[Spot]:
    """What applications offer in the menu of a to-do of the timeline (widgets/crm/activity-timeline-menu.md)."""
    context = {"ENTITY_ID": number, "ASSOCIATED_ENTITY_ID": entry.id, "ASSOCIATED_ENTITY_TYPE_ID": ACTIVITY}
    offered = screen.spots.at(kind.placement("ACTIVITY_TIMELINE_MENU"), **context)
    return [*offered, *screen.spots.at("CRM_ACTIVITY_LIST_MENU", ID=entry.id)]
