"""Addresses of a real portal and of this view: applications write the former, pages tell them in `URI`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

from aiohttp import web

from sandbox.kernel.errors import RestError
from sandbox.view.kinds import SYSTEM, Kind
from sandbox.view.names import Names

if TYPE_CHECKING:
    from sandbox.view.screen import Screen

_NUMBER = r"\d+"
_CARDS = "|".join(kind.slug for kind in SYSTEM)

# The real portal's addresses that lead to pages of this view.
PORTAL = (
    f"/crm/{{word:{_CARDS}}}/details/{{id:{_NUMBER}}}/",
    f"/crm/{{word:{_CARDS}}}/show/{{id:{_NUMBER}}}/",
    f"/crm/type/{{type:{_NUMBER}}}/details/{{id:{_NUMBER}}}/",
    f"/crm/{{word:{_CARDS}}}/{{page:list|kanban|automation}}/",
    f"/crm/{{word:{_CARDS}}}/{{page:kanban/category|automation}}/{{funnel:{_NUMBER}}}/",
    f"/crm/type/{{type:{_NUMBER}}}/{{page:list|kanban|automation}}/category/{{funnel:{_NUMBER}}}/",
    f"/company/personal/user/{{user:{_NUMBER}}}/tasks/task/view/{{task:{_NUMBER}}}/",
    f"/company/personal/user/{{user:{_NUMBER}}}/tasks/",
)


async def follow(screen: Screen) -> web.Response:
    """Follows an address as the real portal spells it."""
    target = _target(screen)
    joint = "&" if "?" in target else "?"
    query = screen.http.query_string
    raise web.HTTPFound(f"{target}{joint}{query}" if query else target)


def _target(screen: Screen) -> str:
    info = screen.http.match_info
    if "task" in info:
        return f"/task/{info['task']}"
    if "user" in info:
        return "/tasks"
    return _of_kind(screen, _kind(screen))


def _kind(screen: Screen) -> Kind:
    info = screen.http.match_info
    found = {kind.slug: kind for kind in screen.names.kinds() if kind.slug}.get(info.get("word", ""))
    if found is None and "type" not in info:
        raise RestError("NOT_FOUND", "Такой страницы нет", 404)
    return found or screen.names.kind(int(info["type"]))


def _of_kind(screen: Screen, kind: Kind) -> str:
    info = screen.http.match_info
    if "id" in info:
        return kind.card(info["id"])
    words = {"funnel": info["funnel"]} if info.get("funnel") else {}
    page = info["page"].partition("/")[0]
    if page == "kanban":
        words["view"] = "board"
    base = f"/robots/{kind.id}" if page == "automation" else kind.list
    return f"{base}?{urlencode(words)}" if words else base


def uri(names: Names, address: str) -> str:
    """A page of this view by its address on a real portal, the `URI` of PLACEMENT_OPTIONS."""
    parts = urlsplit(address)
    words = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    for pattern, spell in _SPELLED:
        match = pattern.fullmatch(parts.path)
        if match:
            slider = "?IFRAME=Y&IFRAME_TYPE=SIDE_SLIDER" if words.get("IFRAME") == "Y" else ""
            return spell(names, match, words) + slider
    return parts.path


_Spell = Callable[[Names, "re.Match[str]", dict[str, str]], str]


def _card(names: Names, match: re.Match[str], words: dict[str, str]) -> str:
    return f"{_section(names, match)}/details/{match['id']}/"


def _list(names: Names, match: re.Match[str], words: dict[str, str]) -> str:
    section, page = _section(names, match), "kanban" if words.get("view") == "board" else "list"
    return f"{section}/{page}/category/{words.get('funnel', 0)}/" if "/type/" in section else f"{section}/{page}/"


def _robots(names: Names, match: re.Match[str], words: dict[str, str]) -> str:
    section, funnel = _section(names, match), words.get("funnel", "0")
    return f"{section}/automation/{'category/' if '/type/' in section else ''}{funnel}/"


def _section(names: Names, match: re.Match[str]) -> str:
    found = match.groupdict()
    for kind in names.kinds():
        if found.get("word") in (kind.slug, kind.plural) or str(kind.id) == found.get("type"):
            return f"/crm/{kind.slug}" if kind.slug and kind.in_crm else f"/crm/type/{kind.id}"
    return ""


def _tasks(names: Names, match: re.Match[str], words: dict[str, str]) -> str:
    home = f"/company/personal/user/{names.employee.id}/tasks/"
    return f"{home}task/view/{match['id']}/" if "id" in match.groupdict() else home


_SPELLED: tuple[tuple[re.Pattern[str], _Spell], ...] = (
    (re.compile(r"/item/(?P<type>\d+)/(?P<id>\d+)"), _card),
    (re.compile(r"/list/(?P<type>\d+)"), _list),
    (re.compile(r"/robots/(?P<type>\d+)"), _robots),
    (re.compile(r"/task/(?P<id>\d+)"), _tasks),
    (re.compile(r"/tasks"), _tasks),
    (re.compile(rf"/(?P<word>{_CARDS})/(?P<id>\d+)"), _card),
    (re.compile(rf"/(?P<word>{'|'.join(kind.plural for kind in SYSTEM)})"), _list),
)
