"""What an employee looks at: the home page, lists, boards, cards, tasks, notifications."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from sandbox.methods import im
from sandbox.view import field_frames, panels
from sandbox.view.cards import Card
from sandbox.view.feed import Entry, Feed
from sandbox.view.kinds import DEAL, INVOICE, Kind
from sandbox.view.lists import Lists, Query, query_of
from sandbox.view.payments import payments_of
from sandbox.view.processes import tasks_of
from sandbox.view.screen import Screen
from sandbox.view.spots import Spot
from sandbox.view.tasks import task_card, task_list

# Kinds that bring money.
PAYABLE = (DEAL, INVOICE)
# The number of activities among the types of the CRM (crm/data-types.md).
ACTIVITY = 6


async def home(screen: Screen) -> web.Response:
    """Who to be, and what waits for that person."""
    kinds = [(kind, Lists(screen.employee, screen.names, kind).count(Query())) for kind in screen.names.kinds()]
    tasks = task_list(screen.employee, screen.names, mine=True, page=1)
    notes = im.visible(screen.portal, screen.employee.id)[:5]
    return screen.draw("home.html", counts=kinds, tasks=tasks, notes=notes)


async def listing(screen: Screen) -> web.Response:
    """A list of objects, or a funnel as a board."""
    query = query_of(screen.words)
    lists = Lists(screen.employee, screen.names, screen.kind())
    context: dict[str, Any] = {
        "kind": lists.kind,
        "query": query,
        "owner": _owner(screen, query.of),
    }
    if query.board and lists.kind.has_stages:
        funnels = screen.names.funnels(lists.kind)
        columns, funnel = lists.board(query), lists.funnel_of(query)
        return screen.draw("board.html", **context, columns=columns, funnel=funnel, funnels=funnels)
    return screen.draw("list.html", **context, listing=lists.listing(query))


def _owner(screen: Screen, of: str) -> str:
    """The title of the object whose list this is, "" for the list of everything."""
    kind, _, number = of.partition(":")
    return screen.names.title(int(kind), int(number)) if kind.isdigit() and number.isdigit() else ""


async def card(screen: Screen) -> web.Response:
    """An object's card, with the chosen tab open."""
    kind, number = screen.kind(), screen.number("id")
    shown = Card(screen.employee, screen.names, kind, number)
    tabs = screen.spots.at(kind.placement("DETAIL_TAB"))
    context: dict[str, Any] = {
        "card": shown,
        "kind": kind,
        "tabs": tabs,
        "tab": screen.words.get("tab", ""),
        "opening": None,
    }
    chosen = next((spot for spot in tabs if str(spot.id) == context["tab"]), None)
    if chosen is not None:
        context["opening"] = screen.open_spot(chosen.row, {"ID": str(number)})
        return screen.draw("card.html", **context)
    feed = Feed(screen.employee, screen.names, kind, number)
    offered = screen.spots.at(kind.placement("DETAIL_ACTIVITY"))
    activity = next((spot for spot in offered if spot.drawn and str(spot.id) == screen.words.get("activity")), None)
    told = {"entityTypeId": str(kind.id), "entityId": str(number), "useBuiltInInterface": "Y"}
    main, technical, empty = shown.fields()
    return screen.draw(
        "card.html",
        **context,
        field_frames=field_frames.frames(screen, kind, shown.row),
        points=panels.points_of(shown.row),
        point_kinds=panels.POINTS,
        point_types=panels.TYPES,
        assignments_here=tasks_of(screen.employee, kind.id, number),
        requisites=panels.requisites_of(screen.employee, kind, number),
        chats=panels.chats_of(screen.employee, kind, number),
        products=panels.products_of(screen.employee, kind, shown.row),
        main=main,
        technical=technical,
        empty=empty,
        related=shown.related(),
        payments=payments_of(screen.employee, kind, number) if kind.id in PAYABLE else None,
        activity=activity,
        activity_opening=screen.open_spot(activity.row, {"ID": str(number), **told}) if activity else None,
        deeds=lambda entry: _deeds(screen, kind, number, entry),
        planned=feed.planned(),
        past=feed.past(),
    )


def _deeds(screen: Screen, kind: Kind, number: int, entry: Entry) -> list[Spot]:
    """What applications offer in the menu of a to-do of the timeline (widgets/crm/activity-timeline-menu.md)."""
    context = {"ENTITY_ID": number, "ASSOCIATED_ENTITY_ID": entry.id, "ASSOCIATED_ENTITY_TYPE_ID": ACTIVITY}
    offered = screen.spots.at(kind.placement("ACTIVITY_TIMELINE_MENU"), **context)
    return [*offered, *screen.spots.at("CRM_ACTIVITY_LIST_MENU", ID=entry.id)]


async def new(screen: Screen) -> web.Response:
    """The form of a new object."""
    kind = screen.kind()
    query = query_of(screen.words)
    funnels = screen.names.funnels(kind)
    funnel = query.funnel if query.funnel is not None else next((one.id for one in funnels if one.default), 0)
    return screen.draw(
        "new.html",
        kind=kind,
        fields=screen.names.fields(kind),
        funnels=funnels,
        funnel=funnel,
        stages=screen.names.stages(kind, funnel),
        words=screen.words,
    )


async def tasks(screen: Screen) -> web.Response:
    """Tasks: the employee's own, or all that may be seen."""
    mine, page = screen.words.get("all") != "1", query_of(screen.words).page
    return screen.draw("tasks.html", tasks=task_list(screen.employee, screen.names, mine=mine, page=page), mine=mine)


async def task(screen: Screen) -> web.Response:
    """One task, with the chosen tab of an application open."""
    number = screen.number("id")
    tabs = screen.spots.at("TASK_VIEW_TAB", taskId=number)
    chosen = next((spot for spot in tabs if str(spot.id) == screen.words.get("tab")), None)
    opening = screen.open_spot(chosen.row, {"taskId": str(number)}) if chosen else None
    found = task_card(screen.employee, screen.names, number)
    return screen.draw("task.html", task=found, tabs=tabs, chosen=chosen, opening=opening)


async def notifications(screen: Screen) -> web.Response:
    """The employee's bell."""
    return screen.draw("notifications.html", notes=im.visible(screen.portal, screen.employee.id))


async def outbox(screen: Screen) -> web.Response:
    """What clients of the business received, newest first."""
    rows = screen.portal.store.rows("SELECT * FROM outbox ORDER BY n DESC LIMIT 200")
    return screen.draw("outbox.html", messages=[dict(row) for row in rows])
