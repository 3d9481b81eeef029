"""Pages of applications in frames: the application's own, those in spots, and what the frames ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from sandbox.kernel.apps import all_apps
from sandbox.kernel.errors import RestError
from sandbox.methods import placement
from sandbox.view.automation import need_app, open_spot
from sandbox.view.screen import Screen


async def apps(screen: Screen) -> web.Response:
    """The local applications of the portal."""
    return screen.draw("apps.html", apps=all_apps(screen.portal))


async def app(screen: Screen) -> web.Response:
    """An application's page; before the installation is finished it is the installation page, and
    only for administrators (installation-finish.md)."""
    found = need_app(screen.portal, screen.http.match_info["client"])
    if not found.installed and not screen.employee.is_admin:
        return screen.draw("not_installed.html", app=found)
    opening = screen.opener.page(found, _parameters(screen.words) or None)
    return screen.draw("app.html", app=found, opening=opening)


def _parameters(words: Mapping[str, str]) -> dict[str, str]:
    """`params[k]=v` of an application's link (universal/app-url.md)."""
    return {
        name[len("params[") : -1]: value
        for name, value in words.items()
        if name.startswith("params[") and name.endswith("]")
    }


async def spot(screen: Screen) -> web.Response:
    """A page bound to a spot that opens on its own: the menu, the toolbar of a list or a card."""
    for row in placement.visible(screen.portal, screen.employee.id):
        if row["id"] == screen.number("id"):
            number = screen.words.get("ID", "")
            options: dict[str, Any] = {"ID": number} if number else {}
            found = need_app(screen.portal, str(row["app"]))
            return screen.draw("app.html", app=found, opening=open_spot(screen, row, options))
    raise RestError("NOT_FOUND", "Такой страницы нет", 404)


async def refresh(screen: Screen) -> web.Response:
    """New tokens for the page of an application that is open now."""
    found = need_app(screen.portal, str((await screen.form()).get("app")))
    return web.json_response(screen.opener.tokens(found))
