"""The life of an application on the portal: added, installed, opened, updated, removed."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import aiohttp

from sandbox.kernel.apps import (
    STATUS,
    App,
    auth_block,
    find_app,
    issue,
    new_secret,
    server_endpoint,
)
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Happening
from sandbox.methods.system import all_scopes
from sandbox.server.delivery import Message
from sandbox.server.forms import encode

if TYPE_CHECKING:
    from sandbox.server.desk import Desk

LANGUAGE = "ru"
# What stays when an application is removed: history, and what people placed on stages (blocked then).
_KEPT = ("robot_runs", "stage_robots", "stage_triggers", "notifications")


class Installation:
    """What an administrator does with applications, and how their pages are opened."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def need(self, body: dict[str, Any]) -> App:
        """The application named by `client_id`."""
        app = find_app(self.desk.portal, str(body["client_id"]))
        if app is None:
            raise RestError("NO_APPLICATION", f"There is no application {body['client_id']}", 404)
        return app

    # --- adding and removing ----------------------------------------------------------------

    async def install(self, body: dict[str, Any]) -> dict[str, Any]:
        """Adds a local application.

        With `callback` (or without an `install_url`) it has no installation page and is installed
        at once; `callback` also posts ONAPPINSTALL with tokens to the install address
        (installation-callback.md). Otherwise its page must be opened and finished.
        """
        portal, user = self.desk.portal, int(body.get("as") or 1)
        if not portal.is_admin(user):
            raise RestError("ACCESS_DENIED", "Only an administrator adds applications", 403)
        scope = body.get("scope") or all_scopes()
        scope = [part.strip() for part in scope.split(",")] if isinstance(scope, str) else list(scope)
        handler, install_url = str(body.get("handler_url") or ""), str(body.get("install_url") or "")
        callback = bool(body.get("callback"))
        known = find_app(portal, str(body.get("client_id") or ""))
        if known is not None:
            self._remove(known)
        row = {
            "client_id": str(body.get("client_id") or f"local.{secrets.token_hex(7)}.{secrets.randbelow(10**8):08d}"),
            "client_secret": str(body.get("client_secret") or secrets.token_hex(25)),
            "handler_url": handler or install_url,
            "install_url": install_url,
            "title": str(body.get("title") or "Local application"),
            "scope": json.dumps(scope),
            "application_token": new_secret(),
            "version": str(body.get("version") or "1"),
            "installed": int(callback or not install_url),
            "installed_by": user,
        }
        portal.store.insert("apps", row)
        app = self.need(row)
        if callback and install_url:
            self._announce(app, install_url)
        return {**_told(app), "ui": bool(install_url) and not callback}

    def _announce(self, app: App, url: str) -> None:
        """ONAPPINSTALL to the install address, with the tokens of whoever installed."""
        token = issue(self.desk.portal, app.client_id, app.installed_by)
        auth = auth_block(self.desk.portal, app, token)
        body = {"event": "ONAPPINSTALL", "data": _installed_data(app), "auth": auth}
        self.desk.delivery.submit(Message(url, body, app.client_id, "install"))

    async def finish(self, body: dict[str, Any]) -> dict[str, Any]:
        """The installation page has called `installFinish`: from now on the application lives."""
        app = self.need(body)
        if not app.installed:
            self.desk.portal.store.execute("UPDATE apps SET installed = 1 WHERE id = ?", (app.id,))
            data = _installed_data(app)
            self.desk.portal.happen(Happening("ONAPPINSTALL", data, app.installed_by, app=app.client_id))
        return {"client_id": app.client_id, "installed": True}

    async def uninstall(self, body: dict[str, Any]) -> dict[str, Any]:
        """Removes an application: ONAPPUNINSTALL without tokens, then all that belongs to it."""
        app = self.need(body)
        data = {"LANGUAGE_ID": LANGUAGE, "CLEAN": int(bool(int(body.get("clean") or 0)))}
        self.desk.portal.happen(Happening("ONAPPUNINSTALL", data, None, app=app.client_id))
        self._remove(app)
        return {"client_id": app.client_id, "installed": False}

    def _remove(self, app: App) -> None:
        """Deletes every row that belongs to the application, of whatever family: all tables with a
        column `app` (settings/app-uninstallation.md). Placed robots stay, blocked."""
        store = self.desk.portal.store
        tables = store.rows(
            "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c ON c.name = 'app'"
            " WHERE m.type = 'table'"
        )
        for table in {row["name"] for row in tables} - set(_KEPT):
            store.execute(f'DELETE FROM "{table}" WHERE app = ?', (app.client_id,))
        store.execute("DELETE FROM apps WHERE id = ?", (app.id,))
        self.desk.dispatch.forget(app.client_id)

    async def update(self, body: dict[str, Any]) -> dict[str, Any]:
        """A new version: new application_token, ONAPPUPDATE, and the event handlers and robots are
        dropped (on-app-update.md, event-bind.md, bizproc-robot-delete.md)."""
        app, store = self.need(body), self.desk.portal.store
        store.execute(
            "UPDATE apps SET version = ?, application_token = ?, handler_url = ?, install_url = ?, scope = ?"
            " WHERE id = ?",
            (
                str(body.get("version") or app.version),
                new_secret(),
                str(body.get("handler_url") or app.handler_url),
                str(body.get("install_url") or app.install_url),
                json.dumps(body.get("scope") or app.scope),
                app.id,
            ),
        )
        updated = self.need(body)
        data = {"VERSION": updated.version, "PREVIOUS_VERSION": app.version, "LANGUAGE_ID": LANGUAGE}
        self.desk.portal.happen(Happening("ONAPPUPDATE", data, app.installed_by, app=app.client_id))
        for table in ("event_handlers", "robots"):
            store.execute(f"DELETE FROM {table} WHERE app = ?", (app.client_id,))
        return _told(updated)

    # --- opening ----------------------------------------------------------------------------

    def frame(self, body: dict[str, Any]) -> dict[str, Any]:
        """What the browser frame would post for `as` a user: `url`, `query` and `fields`.

        Before the installation has finished it is the install page, for administrators only.
        """
        app, user = self.need(body), int(body.get("as") or 1)
        placement = str(body.get("placement") or "DEFAULT").upper()
        page = self._page(app, user, placement, body.get("handler"))
        query = {
            "DOMAIN": self.desk.portal.domain,
            "PROTOCOL": "0",
            "LANG": LANGUAGE,
            "APP_SID": new_secret(),
        }
        fields = self._fields(app, user, placement, body.get("options"))
        joint = "&" if "?" in page else "?"
        return {"url": f"{page}{joint}{urlencode(query)}", "query": query, "fields": fields}

    def _page(self, app: App, user: int, placement: str, handler: Any) -> str:
        portal = self.desk.portal
        if not app.installed:
            if not portal.is_admin(user):
                raise RestError("NOT_INSTALLED", "The application is not fully installed", 403)
            return app.install_url
        if handler or placement == "DEFAULT":
            return str(handler or app.handler_url)
        found = portal.store.value(
            "SELECT handler FROM placements WHERE app = ? AND placement = ? AND user IN (0, ?) ORDER BY id",
            (app.client_id, placement, user),
        )
        if found is None:
            raise RestError("ERROR_PLACEMENT_NOT_FOUND", f"{placement} is not bound by the application", 404)
        return str(found)

    def _fields(self, app: App, user: int, placement: str, options: Any) -> dict[str, str]:
        portal = self.desk.portal
        token = issue(portal, app.client_id, user)
        fields = {
            "AUTH_ID": token.access,
            "AUTH_EXPIRES": str(portal.token_seconds),
            "REFRESH_ID": str(token.refresh),
            "SERVER_ENDPOINT": server_endpoint(portal),
            "APPLICATION_TOKEN": app.application_token,
            "APPLICATION_SCOPE": ",".join(app.scope),
            "member_id": portal.member_id,
            "status": STATUS,
            "PLACEMENT": placement,
        }
        if options is not None:
            printed = json.dumps(options, ensure_ascii=False, separators=(",", ":"))
            fields["PLACEMENT_OPTIONS"] = printed.replace("/", "\\/")
        return fields

    async def open(self, body: dict[str, Any]) -> dict[str, Any]:
        """`frame`; with `deliver` the form is posted here and the page's answer is told too."""
        opened = self.frame(body)
        if not body.get("deliver"):
            return opened
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        async with (
            aiohttp.ClientSession() as session,
            session.post(opened["url"], data=encode(opened["fields"]), headers=headers) as answer,
        ):
            text = await answer.text()
            return {**opened, "status": answer.status, "headers": dict(answer.headers), "body": text}


def _told(app: App) -> dict[str, Any]:
    return {
        "id": app.id,
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "application_token": app.application_token,
        "scope": list(app.scope),
        "version": app.version,
        "installed": app.installed,
    }


def _installed_data(app: App) -> dict[str, Any]:
    return {"VERSION": app.version, "ACTIVE": "Y", "INSTALLED": "Y", "LANGUAGE_ID": LANGUAGE}
