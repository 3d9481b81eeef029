"""Workgroups and projects: the list, a group's page, its tasks, and applications' pages there (widgets/workgroups)."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from sandbox.kernel.errors import RestError
from sandbox.view.employee import Row
from sandbox.view.lists import query_of
from sandbox.view.screen import Screen
from sandbox.view.tasks import task_list

_ROLES = {"A": "Владелец", "E": "Модератор", "K": "Участник", "Z": "Приглашён", "T": "Просит принять"}


async def listing(screen: Screen) -> web.Response:
    """The groups that the employee sees."""
    return screen.draw("groups.html", groups=screen.employee.glance("sonet_group.get", {"ORDER": {"NAME": "ASC"}}))


def _group(screen: Screen) -> Row:
    found = screen.employee.glance("sonet_group.get", {"FILTER": {"ID": screen.number("id")}})
    if not found:
        raise RestError("NOT_FOUND", "Такой группы нет", 404)
    return found[0]


async def group(screen: Screen) -> web.Response:
    """A group with its members, or an application's tab in it."""
    shown = _group(screen)
    number = screen.number("id")
    tabs = screen.spots.at("SONET_GROUP_DETAIL_TAB", GROUP_ID=number)
    chosen = next((spot for spot in tabs if str(spot.id) == screen.words.get("tab")), None)
    members = screen.employee.glance("sonet_group.user.get", {"ID": number})
    context: dict[str, Any] = {
        "group": shown,
        "tabs": tabs,
        "chosen": chosen,
        "opening": screen.open_spot(chosen.row, {"GROUP_ID": str(number)}) if chosen else None,
        "members": [(int(row["USER_ID"]), _ROLES.get(str(row["ROLE"]), str(row["ROLE"]))) for row in members],
    }
    return screen.draw("group.html", **context, tasks=None)


async def tasks(screen: Screen) -> web.Response:
    """The tasks of a group."""
    page = query_of(screen.words).page
    found = task_list(screen.employee, screen.names, mine=False, page=page, group=screen.number("id"))
    return screen.draw("group.html", group=_group(screen), tabs=[], chosen=None, opening=None, members=[], tasks=found)


async def add(screen: Screen) -> web.Response:
    """Creates a group; its creator owns it."""
    name = (await screen.form()).get("name", "").strip()
    number = screen.employee.ask("sonet_group.create", {"NAME": name, "VISIBLE": "Y", "OPENED": "Y"})
    return screen.back(f"/workgroups/group/{number}/", "Группа создана")
