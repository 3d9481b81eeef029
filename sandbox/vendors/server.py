"""The messenger's port: both services, and a control side like the portal's.

GET  /sandbox/state                 the accounts, the clock, how many messages there are
GET  /sandbox/outbox?since=N        what clients received, the portal's own list
GET  /sandbox/calls?since=N         requests to the services: {"n","at","vendor","verb","path","status"}
GET  /sandbox/webhooks?since=N      webhooks that were sent, and their answers
GET  /sandbox/messages              messages of all chats
POST /sandbox/account               {"vendor", ...}: changes keys
POST /sandbox/deliver               {"id" | "to", "status": delivered|read|failed|noAccount, "reason", "times"}
POST /sandbox/incoming              {"vendor", "from", "text", "name", "echo"}: a client writes
POST /sandbox/faults, DELETE        see `faults.py`
POST /sandbox/clock                 the portal's clock
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.kernel.errors import RestError
from sandbox.server.control import Control, action
from sandbox.server.journal import Log
from sandbox.vendors import green_api, wazzup
from sandbox.vendors.account import VENDORS, Accounts, Message, Vendor, digits
from sandbox.vendors.faults import Faults
from sandbox.vendors.webhooks import Webhooks

if TYPE_CHECKING:
    from sandbox.server.desk import Desk

Body = dict[str, Any]
STATUSES = ("sent", "delivered", "read", "failed", "noAccount")
_TOKEN = re.compile(r"(/waInstance\d+/\w+/)[^/?]+")


class Messenger:
    """The services of one business, next to its portal."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._clock = desk.portal.clock
        self.accounts = Accounts(desk.portal)
        self.webhooks = Webhooks(self._clock)
        self.faults = Faults()
        self.calls = Log("at", "vendor", "verb", "path", "status")

    def build(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application(middlewares=[self._logged])
        parts = (self.accounts, self.webhooks, self.faults)
        app.add_routes([*wazzup.Wazzup(*parts).routes(), *green_api.GreenApi(*parts).routes()])
        control = Control(self._desk)
        posts = {
            "account": self.account,
            "deliver": self.deliver,
            "incoming": self.incoming,
            "faults": self.add_fault,
            "clock": control.clock,
        }
        app.add_routes([web.post(f"/sandbox/{name}", action(handler)) for name, handler in posts.items()])
        app.add_routes(
            [
                web.get("/sandbox/state", self.state),
                web.get("/sandbox/outbox", control.outbox),
                web.get("/sandbox/messages", self.messages),
                web.get("/sandbox/calls", self.call_log),
                web.get("/sandbox/webhooks", self.webhook_log),
                web.delete("/sandbox/faults", self.clear_faults),
            ]
        )
        return app

    @web.middleware
    async def _logged(self, request: web.Request, handler: Any) -> web.StreamResponse:
        answer: web.StreamResponse = await handler(request)
        if not request.path.startswith("/sandbox/"):
            vendor = "wazzup" if request.path.startswith("/v3/") else "green_api"
            path = _TOKEN.sub(r"\1***", request.path)
            self.calls.add(self._clock.timestamp(), vendor, request.method, path, answer.status)
        return answer

    async def state(self, http: web.Request) -> web.Response:
        """The accounts without their keys, and how many messages went each way."""
        shown = {vendor: {"webhook": self.accounts.of(vendor)["webhook"]} for vendor in VENDORS}
        count = len(self.accounts.messages())
        return web.json_response({"now": self._clock.iso(), "accounts": shown, "messages": count})

    async def account(self, body: Body) -> Any:
        """Changes the keys of an account."""
        vendor = _vendor(body)
        return self.accounts.change(vendor, **{key: value for key, value in body.items() if key != "vendor"})

    async def deliver(self, body: Body) -> Any:
        """Tells the CRM what became of a message; `times` tells it again and again."""
        status, message = str(body.get("status") or "delivered"), self._message(body)
        if status not in STATUSES:
            raise RestError("BAD_STATUS", f"status must be one of {', '.join(STATUSES)}")
        self.accounts.set_status(message, status)
        account, at, reason = self.accounts.of(message.vendor), self._clock.timestamp(), str(body.get("reason") or "")
        if message.vendor == "wazzup":
            told = wazzup.status_body(message, status, at, reason)
        else:
            told = green_api.status_body(message, status, at, reason, account["instance"])
        return await self._tell(message, told, int(body.get("times", 1)))

    def _message(self, body: Body) -> Message:
        if body.get("id"):
            found = self.accounts.messages("id = ?", (str(body["id"]),))
        else:
            found = self.accounts.messages("incoming = 0 AND chat = ?", (digits(body.get("to")),))
        if not found:
            raise RestError("NO_MESSAGE", "There is no such message", 404)
        return found[-1]

    async def incoming(self, body: Body) -> Any:
        """A client writes, or an operator does from the phone (`echo`)."""
        vendor, name = _vendor(body), str(body.get("name") or "Покупатель")
        message = self.accounts.receive(vendor, digits(body["from"]), str(body.get("text") or "Здравствуйте"))
        account = self.accounts.of(vendor)
        if vendor == "wazzup":
            told = wazzup.incoming_body(message, account["channel_id"], name, echo=bool(body.get("echo")))
        else:
            told = green_api.incoming_body(message, account["instance"], name)
        return await self._tell(message, told, int(body.get("times", 1)))

    async def _tell(self, message: Message, body: Body, times: int) -> Body:
        url = self.accounts.of(message.vendor)["webhook"]
        statuses = [await self.webhooks.post(message.vendor, url, body) for _ in range(times if url else 0)]
        return {"id": message.id, "statuses": statuses}

    async def add_fault(self, body: Body) -> Any:
        """Injects a fault."""
        self.faults.add(body)
        return {"active": len(self.faults.active)}

    async def clear_faults(self, http: web.Request) -> web.Response:
        """Removes all faults."""
        self.faults.active.clear()
        return web.json_response({"active": 0})

    async def messages(self, http: web.Request) -> web.Response:
        """Messages of all chats, the oldest first."""
        return web.json_response([message.as_data() for message in self.accounts.messages()])

    async def call_log(self, http: web.Request) -> web.Response:
        """Requests to the services; tokens in addresses are masked."""
        return web.json_response(self._printed(self.calls, http))

    async def webhook_log(self, http: web.Request) -> web.Response:
        """Webhooks that were sent."""
        return web.json_response(self._printed(self.webhooks.log, http))

    def _printed(self, log: Log, http: web.Request) -> list[Body]:
        since = http.query.get("since", "0")
        rows = log.since(int(since) if since.isdigit() else 0)
        return [{**row, "at": self._clock.iso_at(row["at"])} for row in rows]


def _vendor(body: Body) -> Vendor:
    named = body.get("vendor", "wazzup")
    for vendor in VENDORS:
        if vendor == named:
            return vendor
    raise RestError("BAD_VENDOR", f"vendor must be one of {', '.join(VENDORS)}")
