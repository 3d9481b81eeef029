"""The authorization server and the portal's consent page (settings/oauth/)."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from sandbox.kernel.apps import (
    CODE_SECONDS,
    STATUS,
    App,
    Token,
    client_endpoint,
    find_app,
    is_active,
    issue,
    server_endpoint,
)
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.server import access
from sandbox.server.answer import Stopwatch, json_response
from sandbox.server.requests import body_params, read

if TYPE_CHECKING:
    from sandbox.server.desk import Desk


def _refusal(code: str, text: str) -> RestError:
    return RestError(code, text, 400)


class OAuth:
    """Gives and renews tokens."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def routes(self) -> list[web.RouteDef]:
        """The routes of both servers."""
        return [
            web.route("*", "/oauth/token{slash:/?}", self.token),
            web.get("/oauth/authorize{slash:/?}", self.authorize),
            web.route("*", "/oauth/rest/{tail:.*}", self.rest),
            # The same for clients that are told one address for the portal and the authorization server;
            # clients of the portal call its methods without the slash at the end.
            web.route("*", "/rest/app.info/", self.rest),
        ]

    async def token(self, http: web.Request) -> web.Response:
        """`/oauth/token/`, by GET and by form POST."""
        if self.desk.options.latency_ms:
            await asyncio.sleep(self.desk.options.latency_ms / 1000)
        given = dict(http.query)
        if http.can_read_body:
            given.update(await body_params(http))
        grant, client = str(given.get("grant_type") or ""), str(given.get("client_id") or "")
        try:
            struck = self.desk.faults.token_server()
            if struck is not None:
                raise struck
            body = self._answer(*self._granted(given))
            status, code = 200, None
        except RestError as error:
            body, status, code = error.body(), error.status, error.code
        self.desk.journal.oauth.add(self.desk.portal.clock.timestamp(), grant, client, status, code)
        return json_response(body, status)

    def _granted(self, given: Mapping[str, Any]) -> tuple[App, Token]:
        names = {"authorization_code": "code", "refresh_token": "refresh_token"}
        secret_name = names.get(str(given.get("grant_type")))
        if secret_name is None or not given.get(secret_name) or not given.get("client_id"):
            raise _refusal("invalid_request", "Invalid request")
        app = find_app(self.desk.portal, str(given["client_id"]))
        if app is None:
            # Answered with status 200: the official SDK's own tests.
            raise RestError("wrong_client", "Wrong client", 200)
        if not secrets.compare_digest(app.client_secret, str(given.get("client_secret") or "")):
            raise _refusal("invalid_client", "Invalid client")
        if set(str(given.get("scope") or "").replace(",", " ").split()) - set(app.scope):
            raise _refusal("invalid_scope", "Invalid scope")
        user = (self._by_code if secret_name == "code" else self._by_refresh)(app, str(given[secret_name]))  # noqa: S105
        if user is None or not is_active(self.desk.portal, user):
            raise _refusal("invalid_grant", "Invalid grant")
        return app, issue(self.desk.portal, app.client_id, user)

    def _by_code(self, app: App, code: str) -> int | None:
        store, now = self.desk.portal.store, self.desk.portal.clock.timestamp()
        row = store.one("SELECT * FROM codes WHERE code = ? AND app = ?", (code, app.client_id))
        store.execute("DELETE FROM codes WHERE code = ?", (code,))
        return int(row["user"]) if row is not None and row["expires"] > now else None

    def _by_refresh(self, app: App, refresh: str) -> int | None:
        """Each refresh token works once."""
        store, now = self.desk.portal.store, self.desk.portal.clock.timestamp()
        row = store.one("SELECT * FROM tokens WHERE refresh = ? AND app = ?", (refresh, app.client_id))
        if row is None or row["used"] or row["refresh_expires"] <= now:
            return None
        store.execute("UPDATE tokens SET used = 1 WHERE refresh = ?", (refresh,))
        return int(row["user"])

    def _answer(self, app: App, token: Token) -> dict[str, Any]:
        portal = self.desk.portal
        return {
            "access_token": token.access,
            "client_endpoint": client_endpoint(portal),
            "domain": urlsplit(server_endpoint(portal)).netloc,
            "expires": int(token.expires),
            "expires_in": portal.token_seconds,
            "member_id": portal.member_id,
            "refresh_token": token.refresh,
            "scope": ",".join(app.scope),
            "server_endpoint": server_endpoint(portal),
            "status": STATUS,
            "user_id": token.user,
        }

    async def authorize(self, http: web.Request) -> web.Response:
        """The portal's consent page. There is no session here, so `user` in the query (or the
        employee's view's cookie `as`) says who is signed in; user 1 without it."""
        portal = self.desk.portal
        app = find_app(portal, http.query.get("client_id", ""))
        user = int(http.query.get("user") or http.cookies.get("as") or 1)
        if app is None or not app.installed or not is_active(portal, user):
            return web.Response(text="The application is not installed", status=400)
        code = secrets.token_hex(16)
        expires = portal.clock.timestamp() + CODE_SECONDS
        portal.store.execute("INSERT INTO codes VALUES (?, ?, ?, ?)", (code, app.client_id, user, expires))
        query = {
            "code": code,
            "state": http.query.get("state", ""),
            "domain": portal.domain,
            "member_id": portal.member_id,
            "scope": ",".join(app.scope),
            "server_domain": urlsplit(server_endpoint(portal)).netloc,
        }
        joint = "&" if "?" in app.handler_url else "?"
        return web.Response(status=302, headers={"Location": f"{app.handler_url}{joint}{urlencode(query)}"})

    async def rest(self, http: web.Request) -> web.Response:
        """The authorization server's own REST: `app.info`, the trusted source of an app's status."""
        watch = Stopwatch(self.desk.portal.clock)
        try:
            request = await read(http)
            caller = access.by_token(self.desk.portal, request.token)
            if request.method != "app.info":
                raise RestError("ERROR_METHOD_NOT_FOUND", "Method not found!", 404)
            call = Call(self.desk.portal, "app.info", {}, caller.user, caller.app, scope=caller.scope)
            info = {**self.desk.portal.run(call), **self._installed(str(caller.app), str(request.token))}
            return json_response({"result": info, "time": watch.block(0.0, 0.0)})
        except RestError as error:
            return json_response(error.body(), error.status)

    def _installed(self, client_id: str, access_token: str) -> dict[str, Any]:
        """What the authorization server adds to `app.info`, as official SDKs read it."""
        portal, app = self.desk.portal, find_app(self.desk.portal, client_id)
        row = portal.store.one("SELECT user, expires FROM tokens WHERE access = ?", (access_token,))
        if app is None or row is None:
            return {}
        scope = ",".join(app.scope)
        install = {
            "installed": app.installed,
            "version": app.version,
            "status": STATUS,
            "scope": scope,
            "domain": portal.domain,
            "uri": f"http://{portal.domain}",
            "client_endpoint": client_endpoint(portal),
            "member_id": portal.member_id,
            "member_type": "",
        }
        expires = portal.clock.iso_at(row["expires"])
        return {"client_id": client_id, "scope": scope, "expires": expires, "install": install, "user_id": row["user"]}
