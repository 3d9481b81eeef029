"""What the portal's dialogs offer to choose: employees, access rights, CRM objects; JSON for the page's script.

sdk/bx24-js-sdk/system-dialogues/
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from sandbox.kernel.errors import RestError
from sandbox.view.addresses import uri
from sandbox.view.employee import Row
from sandbox.view.kinds import Kind
from sandbox.view.lists import FOUND_BY
from sandbox.view.names import full_name, title_of
from sandbox.view.screen import Screen
from sandbox.view.spots import context_of

OFFERED = 20
_CODES = {"lead": "L", "contact": "C", "company": "CO", "deal": "D", "quote": "Q"}


async def people(screen: Screen) -> web.Response:
    """Employees, and the rights that access can be given by."""
    rows = screen.employee.structure("user.get", {"FILTER": {"ACTIVE": True}})
    users = sorted((_user(row) for row in rows), key=lambda user: user["name"])
    return web.json_response({"users": users, "rights": [*_everybody(), *_departments(screen), *_persons(users)]})


def _user(row: Row) -> Row:
    """A chosen employee with the keys the JS SDK knows."""
    return {
        "id": str(row["ID"]),
        "name": full_name(row),
        "photo": str(row.get("PERSONAL_PHOTO") or ""),
        "position": str(row.get("WORK_POSITION") or ""),
        "url": f"/company/personal/user/{row['ID']}/",
        "sub": False,
        "sup": False,
    }


def _everybody() -> list[Row]:
    return [{"id": "AU", "name": "Все авторизованные пользователи", "kind": "Все"}]


def _departments(screen: Screen) -> list[Row]:
    found: list[Row] = []
    for row in screen.employee.structure("department.get"):
        found.append({"id": f"D{row['ID']}", "name": str(row["NAME"]), "kind": "Отделы"})
        found.append({"id": f"DR{row['ID']}", "name": f"{row['NAME']} с подотделами", "kind": "Отделы"})
    return found


def _persons(users: list[Row]) -> list[Row]:
    return [{"id": f"U{user['id']}", "name": user["name"], "kind": "Сотрудники"} for user in users]


async def searchers(screen: Screen) -> web.Response:
    """Applications that look for clients outside of the portal."""
    return web.json_response([{"id": one.id, "title": one.title} for one in screen.spots.at("CRM_DETAIL_SEARCH")])


async def searcher(screen: Screen) -> web.Response:
    """The invisible page of such an application, told what is looked for."""
    row = screen.spots.find(screen.number("id"))
    if row is None:
        raise RestError("NOT_FOUND", "Такой страницы нет", 404)
    options = {"URI": uri(screen.names, screen.came_from()), **context_of(screen.words)}
    return screen.draw("searcher.html", opening=screen.open_spot(row, options))


async def crm(screen: Screen) -> web.Response:
    """CRM objects of the asked types whose title has the text; those in `with` (`deal:5,deal:7`)
    come first and are chosen."""
    words = screen.words
    kept = [part.split(":") for part in words.get("with", "").split(",") if ":" in part]
    groups = []
    for slug in words.get("types", "").split(","):
        kind = next((one for one in screen.names.kinds() if one.slug and one.slug == slug), None)
        if kind is not None and slug in _CODES:
            chosen = [int(number) for name, number in kept if name == slug and number.isdigit()]
            groups.append({"title": kind.many, "items": _objects(screen, kind, words.get("q", ""), chosen)})
    return web.json_response(groups)


def _objects(screen: Screen, kind: Kind, text: str, chosen: list[int]) -> list[Row]:
    wanted: Row = {f"%{FOUND_BY.get(kind.id, 'title')}": text} if text else {}
    asked = {"entityTypeId": kind.id, "order": {"id": "DESC"}}
    before = screen.employee.glance("crm.item.list", {**asked, "filter": {"@id": chosen}}) if chosen else []
    found = screen.employee.glance("crm.item.list", {**asked, "filter": wanted})
    others = [row for row in found if row["id"] not in chosen][:OFFERED]
    return [_object(kind, row, on=True) for row in before] + [_object(kind, row, on=False) for row in others]


def _object(kind: Kind, row: Row, *, on: bool) -> dict[str, Any]:
    """A chosen object as bx24-select-crm.md prints it."""
    return {
        "id": f"{_CODES[kind.slug]}_{row['id']}",
        "type": kind.slug,
        "place": kind.slug,
        "title": title_of(row),
        "desc": "",
        "url": f"/crm/{kind.slug}/show/{row['id']}/",
        "chosen": on,
    }
