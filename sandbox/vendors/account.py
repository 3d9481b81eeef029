"""The accounts of the business at both services, and the messages that went through them.

They live in the portal's store: a snapshot of the portal holds them, and the portal's clock is theirs.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.kernel.portal import Portal
from sandbox.kernel.store import declare

declare(
    """
    CREATE TABLE IF NOT EXISTS vendor_messages (n INTEGER PRIMARY KEY, vendor TEXT NOT NULL, id TEXT NOT NULL UNIQUE,
        chat TEXT NOT NULL, text TEXT NOT NULL, crm TEXT NOT NULL, status TEXT NOT NULL, at REAL NOT NULL,
        incoming INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS vendor_messages_crm ON vendor_messages (crm);
    """
)

Vendor = Literal["wazzup", "green_api"]
VENDORS: tuple[Vendor, ...] = ("wazzup", "green_api")
SENT = "sent"

# What a new sandbox has; POST /sandbox/account changes it.
_NEW: dict[Vendor, dict[str, Any]] = {
    "wazzup": {
        "api_key": "wazzup-key",
        "channel_id": "9a2c1b1e-0000-4000-8000-000000000001",
        "webhook": "",
        "limit": 500,
    },
    "green_api": {"instance": "7103000000", "token": "green-token", "webhook": "", "settings": {}},
}


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a chat. `chat` holds digits only, `crm` the key that the CRM gave it, `at` Unix seconds."""

    vendor: Vendor
    id: str
    chat: str
    text: str
    crm: str
    status: str
    at: float
    incoming: bool

    def as_data(self) -> dict[str, Any]:
        """The message as JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


class Accounts:
    """Both accounts of one business."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal

    def of(self, vendor: Vendor) -> dict[str, Any]:
        """Keys and settings of an account."""
        return {**_NEW[vendor], **(self.portal.store.setting(f"vendors.{vendor}") or {})}

    def change(self, vendor: Vendor, **values: Any) -> dict[str, Any]:
        """Changes an account and returns it."""
        changed = {**self.of(vendor), **values}
        self.portal.store.set_setting(f"vendors.{vendor}", changed)
        return changed

    def accept(self, vendor: Vendor, chat: str, text: str, crm: str = "") -> Message:
        """Takes a message to a client; it reaches the phone at once."""
        message = self._keep(vendor, chat, text, crm, SENT, incoming=False)
        portal = self.portal
        row = {"at": portal.clock.iso(), "channel": "whatsapp", "to": f"+{chat}", "text": text, "method": vendor}
        portal.store.insert("outbox", row)
        return message

    def receive(self, vendor: Vendor, chat: str, text: str) -> Message:
        """A client has written."""
        return self._keep(vendor, chat, text, "", "inbound", incoming=True)

    def _keep(self, vendor: Vendor, chat: str, text: str, crm: str, status: str, *, incoming: bool) -> Message:
        id = str(uuid.uuid4()) if vendor == "wazzup" else secrets.token_hex(10).upper()
        message = Message(vendor, id, chat, text, crm, status, self.portal.clock.timestamp(), incoming)
        self.portal.store.insert("vendor_messages", message.as_data())
        return message

    def messages(self, where: str = "", args: tuple[Any, ...] = ()) -> list[Message]:
        """Messages that match an SQL condition, the oldest first."""
        condition = f"WHERE {where}" if where else ""
        rows = self.portal.store.rows(f"SELECT * FROM vendor_messages {condition} ORDER BY n", args)
        return [Message(**{name: row[name] for name in Message.__slots__}) for row in rows]

    def set_status(self, message: Message, status: str) -> None:
        """What became of a message."""
        self.portal.store.execute("UPDATE vendor_messages SET status = ? WHERE id = ?", (status, message.id))


def digits(text: Any) -> str:
    """The digits of a chat id or a phone."""
    return "".join(sign for sign in str(text or "") if sign.isdigit())
