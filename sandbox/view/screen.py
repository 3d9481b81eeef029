"""One request of the employee's view: who asks, how the answer is drawn, what is said on the next page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sandbox.kernel.apps import all_apps
from sandbox.kernel.portal import Portal
from sandbox.view import counters, moments
from sandbox.view.addresses import uri
from sandbox.view.employee import employee_of
from sandbox.view.kinds import Kind
from sandbox.view.markup import formatted
from sandbox.view.names import Names
from sandbox.view.opening import Frame, Opener, Opening
from sandbox.view.spots import Spots

COOKIE = "as"
SAID = "said"
FOLDER = Path(__file__).parent


def environment(portal: Portal) -> Environment:
    """The templates, with everything escaped and the printers of dates and sums."""
    env = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters["moment"] = lambda value: moments.moment(value, portal.clock.zone) if value else ""
    env.filters["day"] = lambda value: moments.day(value) if value else ""
    env.filters["bb"] = lambda text: formatted(text, portal.domain)
    env.filters["script"] = _script
    env.globals["icon"] = getattr(env.get_template("icons.html").module, "icon")  # noqa: B009 - a macro
    return env


def _script(value: Any) -> Markup:
    """A value as JSON inside a script element: no tag can be closed from within."""
    text = json.dumps(value, ensure_ascii=False)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704


class Screen:
    """What one request of one employee works with."""

    def __init__(self, portal: Portal, env: Environment, frame: Frame, http: web.Request) -> None:
        self.portal = portal
        self.http = http
        self.employee = employee_of(portal, http.cookies.get(COOKIE))
        self.names = Names(self.employee)
        self.opener = Opener(self.employee, frame)
        self.spots = Spots(portal, self.employee.id)
        self._env = env

    @property
    def words(self) -> dict[str, str]:
        """The query of the address."""
        return dict(self.http.query)

    def number(self, name: str) -> int:
        """A number in the path."""
        return int(self.http.match_info[name])

    def kind(self) -> Kind:
        """The kind in the path: by its word (`company`, `deals`), or by its number."""
        word = self.http.match_info.get("word", "")
        for kind in self.names.kinds():
            if word and word in (kind.slug, kind.plural):
                return kind
        return self.names.kind(self.number("type"))

    async def form(self) -> dict[str, str]:
        """The submitted form."""
        return {name: str(value) for name, value in (await self.http.post()).items()}

    @property
    def bare(self) -> bool:
        """Whether the page is shown inside a slider, without the navigation."""
        return self.words.get("IFRAME") == "Y"

    def open_spot(self, row: Mapping[str, Any], options: Mapping[str, Any]) -> Opening:
        """Opens a page bound to a spot; the context tells, as everywhere, from which page it is opened
        (a context with a `URI` of its own keeps it)."""
        page = self.came_from() if self.bare else self.http.path_qs
        return self.opener.placement(row, {"URI": uri(self.names, page), **options})

    def background(self) -> list[Opening]:
        """The invisible pages that stand behind every page (universal/background-worker.md)."""
        spots = [] if self.bare else self.spots.at("PAGE_BACKGROUND_WORKER")
        return [self.open_spot(spot.row, {"ID": "PAGE_BACKGROUND_WORKER"}) for spot in spots]

    def draw(self, template: str, status: int = 200, **context: Any) -> web.Response:
        """The page; what was said by the last action is shown once."""
        said = self._said()
        text = self._env.get_template(template).render(
            {**self._around(), "said": said, "screen": self, "names": self.names, **context}
        )
        response = web.Response(text=text, status=status, content_type="text/html", charset="utf-8")
        if said:
            response.del_cookie(SAID)
        return response

    def _around(self) -> dict[str, Any]:
        """What every page shows around its content."""
        return {
            "me": self.employee,
            "my_name": self.names.user(self.employee.id),
            "kinds": self.names.kinds(),
            "people": self.names.users(),
            "now": self.portal.now(),
            "path": self.http.path,
            "bare": self.bare,
            "installed": [app for app in all_apps(self.portal) if app.installed],
            "assignments": counters.assignments(self.portal, self.employee.id),
            "unread_chats": counters.messages(self.portal, self.employee.id),
            "unread": counters.notifications(self.portal, self.employee.id),
        }

    def _said(self) -> dict[str, Any] | None:
        try:
            said = json.loads(unquote(self.http.cookies.get(SAID, "")))
        except ValueError:
            return None
        return said if isinstance(said, dict) and "text" in said else None

    def back(self, to: str = "", text: str = "", *, bad: bool = False) -> web.Response:
        """Sends the browser on after an action, with a message for the next page; a script that
        asked for JSON gets the message itself."""
        if "application/json" in self.http.headers.get("Accept", ""):
            return web.json_response({"error": text} if bad else {"text": text}, status=409 if bad else 200)
        response = web.Response(status=303, headers={"Location": to or self.came_from()})
        if text:
            said = quote(json.dumps({"text": text, "bad": bad}, ensure_ascii=False))
            response.set_cookie(SAID, said, max_age=60, samesite="Lax")
        return response

    def done(self, to: str, text: str) -> web.Response:
        """After an action in a slider: it closes, and the page below shows the message; elsewhere as `back`."""
        response = self.back(to, text)
        if not self.bare or response.status != 303:
            return response
        closing = web.Response(text=self._env.get_template("done.html").render(), content_type="text/html")
        closing.cookies.update(response.cookies)
        return closing

    def came_from(self) -> str:
        """The page of this view that led here, "/" when none did."""
        parts = urlsplit(self.http.headers.get("Referer", ""))
        if parts.netloc != self.http.host or not parts.path.startswith("/"):
            return "/"
        return parts._replace(scheme="", netloc="").geturl().replace("//", "/")
