"""Opening an application's page in a frame: the form, the name of the window, the answers to the page.

api-reference/widgets/index.md, settings/app-installation/installation-finish.md
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sandbox.kernel.apps import App, find_app
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal
from sandbox.kernel.store import declare
from sandbox.view.employee import Employee
from sandbox.view.interfaces import interface_of
from sandbox.view.spots import title_of

# What the portal's server side tells about a page to open: `url`, `query`, `fields` (see
# `sandbox.server.installation`).
Frame = Callable[[dict[str, Any]], dict[str, Any]]
# Who has launched which application once (bx24-install.md).
declare("CREATE TABLE IF NOT EXISTS launches (app TEXT NOT NULL, user INTEGER NOT NULL, PRIMARY KEY (app, user))")
TOKENS = ("AUTH_ID", "AUTH_EXPIRES", "REFRESH_ID")


@dataclass(frozen=True, slots=True)
class Opening:
    """One page of an application about to be shown: the form is posted to `action` into a frame
    called `window`; `host` is what frame-host.js needs to answer the page."""

    title: str
    action: str
    form: dict[str, str]
    window: str
    host: dict[str, Any]


def need_app(portal: Portal, client_id: str) -> App:
    """An application of the portal by its client id."""
    app = find_app(portal, client_id)
    if app is None:
        raise RestError("NOT_FOUND", "Такого приложения на портале нет", 404)
    return app


class Opener:
    """Opens pages of applications for one employee."""

    def __init__(self, employee: Employee, frame: Frame) -> None:
        self.employee = employee
        self._frame = frame

    def page(self, app: App, options: Mapping[str, Any] | None = None) -> Opening:
        """The application's own page; until the installation is finished, its installation page."""
        return self._opening(app, "DEFAULT", None, options, app.title)

    def placement(self, row: Mapping[str, Any], options: Mapping[str, Any]) -> Opening:
        """A page that an application bound to a spot of the interface."""
        app = need_app(self.employee.portal, str(row["app"]))
        return self._opening(app, str(row["placement"]), str(row["handler"]), options, title_of(row))

    def _opening(
        self, app: App, placement: str, handler: str | None, options: Mapping[str, Any] | None, title: str
    ) -> Opening:
        asked = {"client_id": app.client_id, "as": self.employee.id, "placement": placement, "handler": handler}
        opened = self._frame({**asked, "options": dict(options) if options is not None else None})
        query, fields = opened["query"], opened["fields"]
        host = {
            "sid": query["APP_SID"],
            "app": app.client_id,
            "origin": _origin(opened["url"]),
            "interface": interface_of(placement, drawn=(options or {}).get("useBuiltInInterface") == "Y").printed(),
            "data": {**self._about(app), **{name: query[name] for name in ("DOMAIN", "PROTOCOL", "LANG")}}
            | {name: fields[name] for name in TOKENS}
            | {"PLACEMENT": placement, "PLACEMENT_OPTIONS": dict(options or {})},
        }
        window = f"{query['DOMAIN']}|{query['PROTOCOL']}|{query['APP_SID']}"
        return Opening(title, opened["url"], fields, window, host)

    def _about(self, app: App) -> dict[str, Any]:
        """The part of the answer to `getInitData` that is the same for every page (types of the JS SDK)."""
        return {
            "PATH": "/rest",
            "MEMBER_ID": self.employee.portal.member_id,
            "IS_ADMIN": self.employee.is_admin,
            "APP_OPTIONS": self._kept("app.option.get", app),
            "USER_OPTIONS": self._kept("user.option.get", app),
            "INSTALL": not app.installed,
            "FIRST_RUN": not self._launched(app),
        }

    def _launched(self, app: App) -> bool:
        sql = "SELECT 1 FROM launches WHERE app = ? AND user = ?"
        return self.employee.portal.store.value(sql, (app.client_id, self.employee.id)) is not None

    def launched(self, app: App) -> None:
        """The employee has launched the application for the first time."""
        row = (app.client_id, self.employee.id)
        self.employee.portal.store.execute("INSERT OR IGNORE INTO launches VALUES (?, ?)", row)

    def _kept(self, method: str, app: App) -> Any:
        try:
            return self.employee.ask(method, app=app.client_id) or {}
        except RestError:
            return {}

    def tokens(self, app: App) -> dict[str, str]:
        """A new pair of tokens, the answer to `refreshAuth`."""
        fields = self._frame({"client_id": app.client_id, "as": self.employee.id})["fields"]
        return {name: fields[name] for name in TOKENS}


def _origin(address: str) -> str:
    """The origin of an address: only messages from it are answered."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
