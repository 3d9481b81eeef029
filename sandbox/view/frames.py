"""Pages of applications in frames: the application's own, those in spots, and what the frames ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from sandbox.kernel.apps import App, all_apps
from sandbox.kernel.errors import RestError
from sandbox.view.addresses import uri
from sandbox.view.opening import Opening, need_app
from sandbox.view.screen import Screen
from sandbox.view.spots import context_of, title_of

# What a page opened in a slider of its own is told besides its parameters.
_SLIDER = {"IFRAME": "Y", "IFRAME_TYPE": "SIDE_SLIDER"}


async def apps(screen: Screen) -> web.Response:
    """The local applications of the portal."""
    return screen.draw("apps.html", apps=all_apps(screen.portal))


async def app(screen: Screen) -> web.Response:
    """An application's page; before the installation is finished it is the installation page, and
    only for administrators (installation-finish.md)."""
    found = need_app(screen.portal, screen.http.match_info["client"])
    if not found.installed and not screen.employee.is_admin:
        return screen.draw("not_installed.html", app=found)
    return _page(screen, found, _own(screen, found))


async def linked(screen: Screen) -> web.Response:
    """An application opened by a link in a message: the page it bound for that, else its own
    (universal/app-url.md)."""
    found = need_app(screen.portal, screen.http.match_info["client"])
    for one in screen.spots.at("REST_APP_URI"):
        if one.row["app"] == found.client_id:
            options = {"URI": uri(screen.names, screen.came_from()), **_parameters(screen.words)}
            return _page(screen, found, screen.open_spot(one.row, options))
    return await app(screen)


def _own(screen: Screen, found: App) -> Opening:
    options = _parameters(screen.words)
    return screen.opener.page(found, {**options, **_SLIDER} if screen.bare else options or None)


def _page(screen: Screen, found: App, opening: Opening) -> web.Response:
    heading = screen.words.get("params[bx24_title]", "")
    return screen.draw("app.html", app=found, opening=opening, heading=heading or opening.title)


def _parameters(words: Mapping[str, str]) -> dict[str, str]:
    """`params[k]=v` of an application's link (universal/app-url.md)."""
    return {
        name[len("params[") : -1]: value
        for name, value in words.items()
        if name.startswith("params[") and name.endswith("]")
    }


async def spot(screen: Screen) -> web.Response:
    """A page bound to a spot that opens on its own; the words of the link are its context."""
    row = screen.spots.find(screen.number("id"))
    if row is None:
        raise RestError("NOT_FOUND", "Такой страницы нет", 404)
    options: dict[str, Any] = {"URI": uri(screen.names, screen.came_from()), **context_of(screen.words)}
    found = need_app(screen.portal, str(row["app"]))
    return screen.draw("app.html", app=found, opening=screen.open_spot(row, options), heading=title_of(row))


async def refresh(screen: Screen) -> web.Response:
    """New tokens for the page of an application that is open now."""
    found = need_app(screen.portal, str((await screen.form()).get("app")))
    return web.json_response(screen.opener.tokens(found))


async def started(screen: Screen) -> web.Response:
    """The page has noted that this employee launches the application for the first time."""
    screen.opener.launched(need_app(screen.portal, str((await screen.form()).get("app"))))
    return web.json_response({"result": True})
