"""Green-API, as a CRM meets it: the token is a part of the address, and a message has no key of ours.

green-api.com/docs/api/sending/SendMessage, .../journals/LastOutgoingMessages, .../account/SetSettings,
.../receiving/notifications-format.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from sandbox.vendors.account import Accounts, Message, Vendor, digits
from sandbox.vendors.faults import HTTP, Faults, happen
from sandbox.vendors.webhooks import Webhooks, body_of

VENDOR: Vendor = "green_api"
JOURNAL_MINUTES = 1440
LONGEST_TEXT = 20_000


class GreenApi:
    """The endpoints under /waInstance{id}."""

    def __init__(self, accounts: Accounts, webhooks: Webhooks, faults: Faults) -> None:
        self._accounts = accounts
        self._webhooks = webhooks
        self._faults = faults

    def routes(self) -> list[web.RouteDef]:
        """The routes of the service."""
        place = "/waInstance{instance:\\d+}/{method}/{token}"
        return [web.post(place, self.post), web.get(place, self.get)]

    async def post(self, http: web.Request) -> web.StreamResponse:
        """Methods that change something."""
        if (refused := self._unauthorized(http)) is not None:
            return refused
        body = await body_of(http)
        if body is None:
            return self._invalid(http, "the body is no JSON object")
        match http.match_info["method"]:
            case "sendMessage":
                return await self._send(http, body)
            case "setSettings":
                return self._set(body)
        return web.json_response({"message": "Not found"}, status=404)

    async def get(self, http: web.Request) -> web.StreamResponse:
        """Methods that read."""
        if (refused := self._unauthorized(http)) is not None:
            return refused
        kind = self._faults.strike(VENDOR, http.path, "")

        async def serve() -> web.StreamResponse:
            return self._read(http)

        return await (happen(kind, http, serve) if kind in HTTP else serve())

    async def _send(self, http: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        kind = self._faults.strike(VENDOR, http.path, digits(body.get("chatId")))
        if kind == "quota":
            status = {"method": "sendMessage", "used": 3, "total": 3, "description": "CORRESPONDENTS_QUOTE_EXCEEDED"}
            return web.json_response({"invokeStatus": status}, status=466)
        if kind in ("bad_contact", "chat_not_found"):
            return self._invalid(http, "'chatId' is wrong")

        async def serve() -> web.StreamResponse:
            return self._take(http, body)

        return await (happen(kind, http, serve) if kind in HTTP else serve())

    def _take(self, http: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        chat, text = str(body.get("chatId") or ""), str(body.get("message") or "")
        number = digits(chat)
        if chat != f"{number}@c.us" or not number:
            return self._invalid(http, "'chatId' must be in format 'phone_number@c.us'")
        if not text or len(text) > LONGEST_TEXT:
            return self._invalid(http, "'message' length must be from 1 to 20000")
        return web.json_response({"idMessage": self._accounts.accept(VENDOR, number, text).id})

    def _set(self, body: dict[str, Any]) -> web.StreamResponse:
        settings = {**self._accounts.of(VENDOR)["settings"], **body}
        self._accounts.change(VENDOR, settings=settings, webhook=str(settings.get("webhookUrl") or ""))
        return web.json_response({"saveSettings": True})

    def _read(self, http: web.Request) -> web.StreamResponse:
        account = self._accounts.of(VENDOR)
        match http.match_info["method"]:
            case "lastOutgoingMessages":
                return web.json_response(self._journal(int(http.query.get("minutes") or JOURNAL_MINUTES)))
            case "showMessagesQueue":
                return web.json_response([])
            case "getStateInstance":
                return web.json_response({"stateInstance": "authorized"})
            case "getSettings":
                return web.json_response({**account["settings"], "webhookUrl": account["webhook"]})
        return web.json_response({"message": "Not found"}, status=404)

    def _journal(self, minutes: int) -> list[dict[str, Any]]:
        since = self._accounts.portal.clock.timestamp() - minutes * 60
        found = self._accounts.messages("vendor = ? AND incoming = 0 AND at >= ?", (VENDOR, since))
        return [
            {
                "type": "outgoing",
                "idMessage": one.id,
                "timestamp": int(one.at),
                "typeMessage": "textMessage",
                "chatId": f"{one.chat}@c.us",
                "textMessage": one.text,
                "statusMessage": one.status,
                "sendByApi": True,
            }
            for one in reversed(found)
        ]

    def _unauthorized(self, http: web.Request) -> web.Response | None:
        account = self._accounts.of(VENDOR)
        known = (http.match_info["instance"], http.match_info["token"]) == (account["instance"], account["token"])
        return None if known else web.json_response({"message": "Unauthorized"}, status=401)

    def _invalid(self, http: web.Request, what: str) -> web.Response:
        told = {"statusCode": 400, "path": http.path, "message": f"Validation failed. Details: {what}"}
        return web.json_response(told, status=400)


def status_body(message: Message, status: str, at: float, reason: str, instance: str) -> dict[str, Any]:
    """The webhook about the fate of a message."""
    return {
        "typeWebhook": "outgoingMessageStatus",
        "chatId": f"{message.chat}@c.us",
        "instanceData": _instance(instance),
        "timestamp": int(at),
        "idMessage": message.id,
        "status": status,
        **({"description": reason} if status in ("failed", "noAccount") else {}),
        "sendByApi": True,
    }


def incoming_body(message: Message, instance: str, name: str) -> dict[str, Any]:
    """The webhook about a message of a client."""
    chat = f"{message.chat}@c.us"
    sender = {"chatId": chat, "sender": chat, "chatName": name, "senderName": name, "senderContactName": ""}
    return {
        "typeWebhook": "incomingMessageReceived",
        "instanceData": _instance(instance),
        "timestamp": int(message.at),
        "idMessage": message.id,
        "senderData": sender,
        "messageData": {"typeMessage": "textMessage", "textMessageData": {"textMessage": message.text}},
    }


def _instance(number: str) -> dict[str, Any]:
    return {"idInstance": int(number), "wid": "79990000000@c.us", "typeInstance": "whatsapp"}
