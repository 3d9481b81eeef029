"""Wazzup24, API v3, as a CRM meets it.

wazzup24.ru/help/api-ru/otpravka-soobshhenij, wazzup24.ru/help/webhooks-2, wazzup24.com/help/api-en/common-errors.
"""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from sandbox.vendors.account import Accounts, Message, Vendor, digits
from sandbox.vendors.faults import HTTP, Faults, happen
from sandbox.vendors.webhooks import Webhooks, body_of

VENDOR: Vendor = "wazzup"
REPEAT_SECONDS = 60.0
"""How long a crmMessageId is remembered; the same one is sent again afterwards."""
LIMIT_SECONDS = 5.0
CHAT_TYPES = ("whatsapp", "whatsgroup", "instagram", "telegram", "viber", "avito", "vk")
_REFUSALS = {"bad_contact": "BAD_CONTACT", "window_closed": "24_HOURS_EXCEEDED", "chat_not_found": "chatNotFound"}
# Both spellings stand in the documentation and are met in life.
_REPEATED = (
    {"error": "repeatedCrmMessageId", "description": "You have already sent message with the same crmMessageId"},
    {"error": "REPEATED_CRM_MESSAGE_ID"},
)
# How the statuses of the control side are called here; the rest have the same names.
_FAILURES = {"failed": "error", "noAccount": "error"}


class Wazzup:
    """The endpoints under /v3."""

    def __init__(self, accounts: Accounts, webhooks: Webhooks, faults: Faults) -> None:
        self._accounts = accounts
        self._webhooks = webhooks
        self._faults = faults
        self._moments: deque[float] = deque()
        self._repeats = 0

    def routes(self) -> list[web.RouteDef]:
        """The routes of the service."""
        return [
            web.post("/v3/message", self.message),
            web.patch("/v3/webhooks", self.subscribe),
            web.get("/v3/webhooks", self.subscription),
            web.get("/v3/channels", self.channels),
        ]

    async def message(self, http: web.Request) -> web.StreamResponse:
        """`POST /v3/message`: 201 says accepted, not delivered."""
        refused = self._unauthorized(http) or self._too_many()
        if refused is not None:
            return refused
        body = await body_of(http)
        if body is None:
            return _error("INVALID_DATA", "The body is no JSON object")
        kind = self._faults.strike(VENDOR, http.path, digits(body.get("chatId")))
        if kind in _REFUSALS:
            return _error(_REFUSALS[kind])

        async def serve() -> web.StreamResponse:
            return self._take(body)

        return await (happen(kind, http, serve) if kind in HTTP else serve())

    def _take(self, body: dict[str, Any]) -> web.StreamResponse:
        chat, text, crm = digits(body.get("chatId")), body.get("text"), str(body.get("crmMessageId") or "")
        if body.get("channelId") != self._accounts.of(VENDOR)["channel_id"]:
            return _error("CHANNEL_NOT_FOUND", "Channel not found")
        if body.get("chatType") not in CHAT_TYPES or chat != body.get("chatId"):
            return _error("INVALID_DATA", "chatType or chatId is wrong")
        if bool(text) == bool(body.get("contentUri")):
            return _error("INVALID_DATA", "Either text or contentUri is expected")
        if not 10 <= len(chat) <= 15:
            return _error("BAD_CONTACT")
        if crm and self._is_repeated(crm):
            self._repeats += 1
            return web.json_response(_REPEATED[self._repeats % 2], status=400)
        message = self._accounts.accept(VENDOR, chat, str(text or body["contentUri"]), crm)
        return web.json_response({"messageId": message.id, "chatId": chat}, status=201)

    def _is_repeated(self, crm: str) -> bool:
        since = self._accounts.portal.clock.timestamp() - REPEAT_SECONDS
        return bool(self._accounts.messages("vendor = ? AND crm = ? AND at > ?", (VENDOR, crm, since)))

    async def subscribe(self, http: web.Request) -> web.StreamResponse:
        """`PATCH /v3/webhooks`: the address is tried with `{"test": true}` and kept when it answers 200."""
        if (refused := self._unauthorized(http)) is not None:
            return refused
        body = await body_of(http) or {}
        address = str(body.get("webhooksUri") or "")
        if address and await self._webhooks.post(VENDOR, address, {"test": True}) != 200:
            return _error("testPostNotPassed", "The address did not answer 200")
        wanted = dict(body.get("subscriptions") or self._accounts.of(VENDOR).get("subscriptions") or {})
        self._accounts.change(VENDOR, webhook=address, subscriptions=wanted)
        return web.json_response({"ok": True})

    async def subscription(self, http: web.Request) -> web.StreamResponse:
        """`GET /v3/webhooks`."""
        refused, account = self._unauthorized(http), self._accounts.of(VENDOR)
        told = {"webhooksUri": account["webhook"], "subscriptions": account.get("subscriptions") or {}}
        return refused or web.json_response(told)

    async def channels(self, http: web.Request) -> web.StreamResponse:
        """`GET /v3/channels`."""
        channel = {"channelId": self._accounts.of(VENDOR)["channel_id"], "transport": "whatsapp", "state": "active"}
        return self._unauthorized(http) or web.json_response([channel])

    def _unauthorized(self, http: web.Request) -> web.Response | None:
        known = http.headers.get("Authorization") == f"Bearer {self._accounts.of(VENDOR)['api_key']}"
        return None if known else web.json_response({}, status=401)

    def _too_many(self) -> web.Response | None:
        # Real seconds: the portal's clock may stand still.
        now, moments = self._webhooks.real(), self._moments
        while moments and now - moments[0] >= LIMIT_SECONDS:
            moments.popleft()
        moments.append(now)
        return web.json_response({}, status=429) if len(moments) > self._accounts.of(VENDOR)["limit"] else None


def status_body(message: Message, status: str, at: float, reason: str) -> dict[str, Any]:
    """The webhook about the fate of a message."""
    told: dict[str, Any] = {"messageId": message.id, "timestamp": _moment(at), "status": _FAILURES.get(status, status)}
    if status in _FAILURES:
        told["error"] = {"error": reason or "BAD_CONTACT", "description": ""}
    return {"statuses": [told]}


def incoming_body(message: Message, channel: str, name: str, *, echo: bool) -> dict[str, Any]:
    """The webhook about a message of a client, or of an operator who wrote from the phone (`echo`)."""
    told = {
        "messageId": message.id,
        "channelId": channel,
        "chatType": "whatsapp",
        "chatId": message.chat,
        "dateTime": _moment(message.at),
        "type": "text",
        "status": "sent" if echo else "inbound",
        "text": message.text,
        "isEcho": echo,
    }
    return {"messages": [told if echo else {**told, "contact": {"name": name}}]}


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _error(code: str, description: str = "") -> web.Response:
    return web.json_response({"error": code, "description": description}, status=400)
