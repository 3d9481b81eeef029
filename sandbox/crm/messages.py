"""Messages to clients through the senders that applications register (api-reference/messageservice)."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.crm import activities, bindings
from sandbox.crm.schema import COMPANY, CONTACT, schema_of
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.outbox import Channel, deliver
from sandbox.kernel.portal import Invocation, Portal
from sandbox.kernel.store import declare

declare(
    """
    CREATE TABLE IF NOT EXISTS message_senders (id INTEGER PRIMARY KEY, app TEXT NOT NULL, code TEXT NOT NULL,
        type TEXT NOT NULL, handler TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL, UNIQUE (app, code));
    CREATE TABLE IF NOT EXISTS messages (id INTEGER PRIMARY KEY, messageId TEXT NOT NULL UNIQUE, app TEXT NOT NULL,
        code TEXT NOT NULL, author INTEGER NOT NULL, phone TEXT NOT NULL, body TEXT NOT NULL, status TEXT NOT NULL,
        at TEXT NOT NULL);
    """
)

QUEUED = "queued"
STATUSES = (QUEUED, "sent", "delivered", "undelivered", "failed")
_PROVIDER = "CRM_SMS"
Card = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Text:
    """A message to be sent: through which sender, to which phone, what; `cards` it belongs to.

    `workflow` is the process that sends it and `document` the one it works on; without them an
    employee sends it from a card.
    """

    code: str
    to: str
    body: str
    cards: Sequence[Card] = ()
    workflow: str = ""
    document: Sequence[str] = ()
    channel: Channel = "sms"


def sender(portal: Portal, code: str) -> Any:
    """A registered sender by its code, or None."""
    return portal.store.one("SELECT * FROM message_senders WHERE code = ? ORDER BY id", (code,))


def send(call: Call, text: Text) -> str:
    """Hands a message to the application of its sender and shows it in the cards; returns its identifier.

    The application is told after the command; the client's side of it is a row of the outbox.
    """
    found = sender(call.portal, text.code)
    if found is None:
        raise RestError("NO_SENDER", f"No application has a sender {text.code}", 404)
    message = secrets.token_hex(16)
    row = {
        "messageId": message,
        "app": found["app"],
        "code": found["code"],
        "author": call.user,
        "phone": text.to,
        "body": text.body,
        "status": QUEUED,
        "at": call.portal.clock.iso(),
    }
    number = call.portal.store.insert("messages", row)
    cards = [card for card in text.cards if bindings.exists(schema_of(call.portal), call.portal.store, *card)]
    if cards:
        _show(call, text, cards, number)
    body = _form(text, cards, found, message)
    call.portal.invoke(Invocation(0, found["app"], found["handler"], call.user, body))
    deliver(call, text.channel, text.to, text.body)
    return message


def _form(text: Text, cards: list[Card], found: Any, message: str) -> dict[str, Any]:
    """What the handler gets, without `ts` and `auth` (messageservice-sender-add.md)."""
    if text.document:
        kind = [*text.document[:2], text.document[2].rpartition("_")[0]]
        origin: dict[str, Any] = {
            "module_id": "bizproc",
            "workflow_id": text.workflow,
            "document_id": list(text.document),
            "document_type": kind,
        }
    else:
        shown = [{"OWNER_TYPE_ID": card[0], "OWNER_ID": card[1]} for card in cards]
        origin = {"module_id": "crm", "bindings": shown}
    return {
        **origin,
        "properties": {"phone_number": text.to, "message_text": text.body},
        "type": found["type"],
        "code": found["code"],
        "message_id": message,
        "message_to": text.to,
        "message_body": text.body,
    }


def _show(call: Call, text: Text, cards: list[Card], number: int) -> None:
    """A message is an activity of the cards."""
    now, owner = int(call.portal.clock.timestamp()), cards[0]
    communication = {"TYPE": "PHONE", "VALUE": text.to, "ENTITY_TYPE_ID": owner[0], "ENTITY_ID": owner[1]}
    row = {
        "ownerTypeId": owner[0],
        "ownerId": owner[1],
        "typeId": activities.PROVIDED,
        "providerId": _PROVIDER,
        "providerTypeId": "SMS",
        "associatedEntityId": number,
        "subject": "SMS-сообщение",
        "description": text.body,
        "startTime": now,
        "endTime": now,
        "completed": "Y",
        "status": activities.DONE,
        "direction": activities.OUTGOING,
        "communications": json.dumps([communication], ensure_ascii=False),
    }
    activities.create(call, row, cards)


def phone_of(portal: Portal, card: Card) -> str:
    """The phone that messages about a card go to: its own, else its contact's, else its company's."""
    store, schema = portal.store, schema_of(portal)
    row = store.one(f'SELECT * FROM "{schema.entity(card[0]).table}" WHERE id = ?', (card[1],))
    if row is None:
        return ""
    columns = dict(row)
    others = [(CONTACT, columns.get("contactId")), (COMPANY, columns.get("companyId"))]
    for entity_type_id, item_id in (card, *others):
        found = store.value(
            "SELECT value FROM crm_multifields WHERE entityTypeId = ? AND entityId = ? AND typeId = 'PHONE'"
            " ORDER BY id",
            (entity_type_id, item_id),
        )
        if found:
            return str(found)
    return ""
