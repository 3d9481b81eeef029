"""What vendors tell in their webhooks -> reports about our messages, and contacts of clients; pure.

Bodies are read with patience: a vendor repeats what it was not thanked for, so what cannot be understood is left
out and the rest is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from b24app.channels.recipients import e164

DELIVERED, READ, FAILED = "delivered", "read", "failed"
PHONE_CHATS = ("whatsapp", "viber", "max")
"""kinds of chats of Wazzup24 whose number is a phone"""
LONGEST = 128
MOST = 1000
"""entries of one webhook that are looked at"""


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a message; `reason` is the vendor's word for a failure."""

    message: str
    status: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """A client has written."""

    phone: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Heard:
    """Everything a webhook tells that matters to us."""

    reports: tuple[Report, ...] = ()
    contacts: tuple[Contact, ...] = ()


def heard_from_wazzup(body: Any, now: datetime) -> Heard:
    """`{"messages": [...], "statuses": [...]}`; what an operator wrote is told as an echo and is no contact."""
    reports = (_wazzup_report(one, now) for one in _entries(body, "statuses"))
    contacts = (_wazzup_contact(one, now) for one in _entries(body, "messages"))
    return Heard(tuple(one for one in reports if one), tuple(one for one in contacts if one))


def heard_from_green_api(body: Any, now: datetime) -> Heard:
    """One notification: `outgoingMessageStatus`, `incomingMessageReceived`, others."""
    if not isinstance(body, Mapping):
        return Heard()
    at = _unix(body.get("timestamp"), now)
    match body.get("typeWebhook"):
        case "outgoingMessageStatus":
            status = _GREEN_STATUSES.get(str(body.get("status")))
            message = _word(body.get("idMessage"))
            told = _word(body.get("status")) if status == FAILED else ""
            return Heard(reports=(Report(message, status, at, told[:64]),)) if status and message else Heard()
        case "incomingMessageReceived":
            sender = body.get("senderData")
            chat = _word(sender.get("chatId")) if isinstance(sender, Mapping) else ""
            phone = _phone(chat.removesuffix("@c.us")) if chat.endswith("@c.us") else ""
            return Heard(contacts=(Contact(phone, at),)) if phone else Heard()
    return Heard()


PARSERS: Mapping[str, Callable[[Any, datetime], Heard]] = {
    "wazzup": heard_from_wazzup,
    "green_api": heard_from_green_api,
}

_WAZZUP_STATUSES = {"delivered": DELIVERED, "read": READ, "error": FAILED}
_GREEN_STATUSES = {
    "delivered": DELIVERED,
    "read": READ,
    "failed": FAILED,
    "noAccount": FAILED,
    "notInGroup": FAILED,
    "yellowCard": FAILED,
}


def _wazzup_report(one: Mapping[str, Any], now: datetime) -> Report | None:
    status, message = _WAZZUP_STATUSES.get(str(one.get("status"))), _word(one.get("messageId"))
    if not status or not message:
        return None
    error = one.get("error")
    reason = _word(error.get("error")) if status == FAILED and isinstance(error, Mapping) else ""
    return Report(message, status, _iso(one.get("timestamp"), now), reason[:64])


def _wazzup_contact(one: Mapping[str, Any], now: datetime) -> Contact | None:
    if one.get("isEcho") or one.get("status") != "inbound":
        return None
    contact = one.get("contact")
    known = _word(contact.get("phone")) if isinstance(contact, Mapping) else ""
    phone = _phone(_word(one.get("chatId")) if one.get("chatType") in PHONE_CHATS else known)
    return Contact(phone, _iso(one.get("dateTime"), now)) if phone else None


def _entries(body: Any, name: str) -> Iterator[Mapping[str, Any]]:
    rows = body.get(name) if isinstance(body, Mapping) else None
    for row in rows[:MOST] if isinstance(rows, list) else ():
        if isinstance(row, Mapping):
            yield row


def _word(value: Any) -> str:
    """A short printable text; "" for anything else. PostgreSQL takes no zero character."""
    return value if isinstance(value, str) and 0 < len(value) <= LONGEST and value.isprintable() else ""


def _phone(digits: str) -> str:
    return e164(f"+{digits.removeprefix('+')}") if digits.removeprefix("+").isascii() and digits else ""


def _iso(text: Any, now: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else now
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return now


def _unix(value: Any, now: datetime) -> datetime:
    known = isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**33
    return datetime.fromtimestamp(value, UTC) if known else now
