"""What an employee looks at: the home page, lists, boards, tasks, notifications."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from sandbox.methods import im
from sandbox.view.lists import Lists, Query, query_of
from sandbox.view.screen import Screen
from sandbox.view.tasks import task_card, task_list


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
