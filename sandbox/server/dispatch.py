"""From a happening of the portal to the messages that applications get about it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from typing import Any

from sandbox.kernel import behaviour, outgoing
from sandbox.kernel.apps import App, Token, auth_block, find_app, is_active, issue
from sandbox.kernel.portal import Happening, Portal
from sandbox.methods.event_offline import keep_offline
from sandbox.server.delivery import Delivery, Message

# An access token of an event is given again to the same user while it has at least this long to live.
REUSE_SECONDS = 3000.0
# These events give long-term access: they carry a refresh token (api-reference/events/index.md).
WITH_REFRESH = ("ONAPPINSTALL", "ONAPPUPDATE", "ONOFFLINEEVENT")
DEFAULT_PING_SECONDS = 1.0


class Dispatch:
    """Finds the subscriptions of each happening; one of an application whose installation has not
    finished gets nothing (settings/app-installation/installation-finish.md)."""

    def __init__(self, portal: Portal, delivery: Delivery) -> None:
        self._portal = portal
        self._delivery = delivery
        self._tokens: dict[tuple[str, int], Token] = {}
        self._pinged: dict[int, tuple[float, float]] = {}
        self._just_pinged: set[int] = set()
        portal.on_event = self.event
        portal.store.on_restore.append(self._tokens.clear)

    def event(self, happening: Happening) -> None:
        """Queues the messages of one happening."""
        rows = self._portal.store.rows(
            "SELECT h.* FROM event_handlers h JOIN apps a ON a.client_id = h.app"
            " WHERE h.event = ? AND a.installed = 1 ORDER BY h.id",
            (happening.code,),
        )
        for row in rows:
            if happening.app in (None, row["app"]):
                self._handle(row, happening)
        if happening.app is None:
            self._webhooks(happening)

    def _webhooks(self, happening: Happening) -> None:
        """Outgoing webhooks are told the same, without tokens and application data."""
        for row in outgoing.listening(self._portal, happening.code):
            auth = auth_block(self._portal, outgoing.identity(row), None)
            body: dict[str, Any] = {"event": happening.code, "event_handler_id": row["id"], "data": happening.data}
            self._delivery.submit(Message(row["handler"], {**body, "auth": auth}, ""))

    def _handle(self, row: sqlite3.Row, happening: Happening) -> None:
        if not row["offline"]:
            self._online(row, happening)
            return
        if row["auth_connector"] and row["auth_connector"] == happening.auth_connector:
            return  # the application's own change, marked with its source key
        keep_offline(self._portal, row["app"], happening, row["auth_connector"])
        self._ping(row["app"])

    def _online(self, row: sqlite3.Row, happening: Happening) -> None:
        app = find_app(self._portal, row["app"])
        if app is None:
            return
        actor = row["auth_type"] or happening.actor
        auth = auth_block(self._portal, app, self.token(app, actor, happening.code in WITH_REFRESH))
        body: dict[str, Any] = {"event": happening.code, "event_handler_id": row["id"], "data": happening.data}
        self._delivery.submit(Message(row["handler"], {**body, "auth": auth}, app.client_id))

    def token(self, app: App, user: int | None, refresh: bool = False) -> Token | None:
        """A token of the user for the application; none without an active user."""
        if user is None or not is_active(self._portal, user):
            return None
        if refresh:
            return issue(self._portal, app.client_id, user)
        known = self._tokens.get((app.client_id, user))
        if known is None or not 0 < REUSE_SECONDS < known.expires - self._portal.clock.timestamp() <= 3600:
            known = self._tokens[app.client_id, user] = issue(self._portal, app.client_id, user, refresh=False)
        return known

    def forget(self, client_id: str) -> None:
        """An application was removed: its tokens are dead."""
        for key in [key for key in self._tokens if key[0] == client_id]:
            del self._tokens[key]

    def _ping(self, client_id: str) -> None:
        """ONOFFLINEEVENT, not oftener than each handler asked for (on-offline-event.md)."""
        rows = self._portal.store.rows(
            "SELECT * FROM event_handlers WHERE event = 'ONOFFLINEEVENT' AND app = ? AND offline = 0", (client_id,)
        )
        app = find_app(self._portal, client_id)
        for row in rows:
            if app is not None and self._may_ping(row):
                self._online(row, Happening("ONOFFLINEEVENT", {}, row["auth_type"] or app.installed_by, app=client_id))

    def _may_ping(self, row: sqlite3.Row) -> bool:
        """Whether the handler's `minTimeout` is over, by the portal's clock or by the real one (that of
        a test may stand still); 0 means once for everything that happens at a time."""
        asked = json.loads(row["options"] or "{}").get("minTimeout")
        pause = DEFAULT_PING_SECONDS if asked in (None, "") else float(asked)
        if behaviour.on(self._portal, "offline_min_timeout_ignored"):
            return True
        number, now = int(row["id"]), (time.monotonic(), self._portal.clock.timestamp())
        if pause <= 0:
            return self._once(number)
        last = self._pinged.get(number)
        if last is not None and all(moment - before < pause for moment, before in zip(now, last, strict=True)):
            return False
        self._pinged[number] = now
        return True

    def _once(self, number: int) -> bool:
        """True for the first time in a turn of the event loop, which is one call of the portal."""
        if number in self._just_pinged:
            return False
        self._just_pinged.add(number)
        asyncio.get_running_loop().call_soon(self._just_pinged.discard, number)
        return True
