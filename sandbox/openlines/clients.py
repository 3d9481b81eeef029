"""The client of a conversation in CRM: found by phone or e-mail, created as the line's settings say."""

from __future__ import annotations

from typing import Any

from sandbox.crm import activities, multifields
from sandbox.crm import chats as cards
from sandbox.crm.schema import COMPANY, CONTACT, DEAL, LEAD
from sandbox.kernel.call import Call
from sandbox.kernel.store import Store
from sandbox.messenger import people
from sandbox.messenger.chats import Chat
from sandbox.messenger.people import Person
from sandbox.openlines.connectors import Connector
from sandbox.openlines.lines import Line

KINDS = {"LEAD": LEAD, "DEAL": DEAL, "CONTACT": CONTACT, "COMPANY": COMPANY}
PROVIDER = "IMOPENLINES_SESSION"
_SIMPLE = 2  # CRM without leads
Card = tuple[int, int]


def bound(store: Store, chat: int) -> dict[str, int]:
    """The cards of a chat by kind (`LEAD`, `DEAL`, `CONTACT`, `COMPANY`), 0 for those it has not."""
    known = dict(cards.cards_of(store, chat))
    return {kind: known.get(entity_type_id, 0) for kind, entity_type_id in KINDS.items()}


def bind(call: Call, line: Line, connector: Connector, chat: Chat, session: int, guest: int) -> None:
    """Binds a new client's chat to the cards that are found, or to the ones that are made for it."""
    store = call.portal.store
    person = people.find(store, guest)
    if person is None or cards.cards_of(store, chat.id):
        return
    found = _known(store, person) or _made(call, line, connector, chat, person)
    for entity_type_id, item_id in found:
        cards.bind(store, chat.id, entity_type_id, item_id, connector.id, connector.name)


def _known(store: Store, person: Person) -> list[Card]:
    """The client's cards: a contact with its company and newest open deal, or a company, or a lead."""
    pairs = [(kind, value) for kind, value in (("PHONE", person.phone), ("EMAIL", person.email)) if value]
    for entity_type_id in (CONTACT, COMPANY, LEAD):
        for kind, value in pairs:
            ids = multifields.find(store, kind, value, entity_type_id)
            if ids:
                return _with_deal(store, entity_type_id, ids[0])
    return []


def _with_deal(store: Store, entity_type_id: int, item_id: int) -> list[Card]:
    found = [(entity_type_id, item_id)]
    if entity_type_id == CONTACT:
        company = store.value('SELECT "companyId" FROM crm_3 WHERE id = ?', (item_id,))
        found += [(COMPANY, company)] if company else []
    column = {CONTACT: "contactId", COMPANY: "companyId"}.get(entity_type_id)
    if column:
        sql = f'SELECT id FROM crm_2 WHERE "{column}" = ? AND ifnull("closed", 0) NOT IN (1, \'Y\') ORDER BY id DESC'
        deal = store.value(sql, (item_id,))
        found += [(DEAL, deal)] if deal else []
    return found


def _made(call: Call, line: Line, connector: Connector, chat: Chat, person: Person) -> list[Card]:
    """The cards that `CRM_CREATE` asks for; a CRM without leads gets a contact and a deal instead of a lead."""
    wish = str(line.data["CRM_CREATE"])
    if wish not in ("lead", "deal"):
        return []
    source = "WEB" if connector.id == "livechat" else None
    shared: dict[str, Any] = {"sourceId": source} if source else {}
    if chat.owner:
        shared["assignedById"] = chat.owner
    whose = {"name": person.first, "lastName": person.last, "fm": _addresses(person)}
    if wish == "lead" and int(call.portal.store.setting("crm.mode", 1)) != _SIMPLE:
        return [(LEAD, _add(call, LEAD, {"title": chat.title, **whose, **shared}))]
    contact = _add(call, CONTACT, {**whose, **shared})
    deal: dict[str, Any] = {"title": chat.title, "contactId": contact, **shared}
    if str(line.data["CRM_CREATE_SECOND"]).isdigit():
        deal["categoryId"] = int(line.data["CRM_CREATE_SECOND"])
    return [(CONTACT, contact), (DEAL, _add(call, DEAL, deal))]


def _addresses(person: Person) -> dict[str, dict[str, str]]:
    values = [("PHONE", person.phone), ("EMAIL", person.email)]
    entries = [{"typeId": kind, "valueType": "WORK", "value": value} for kind, value in values if value]
    return {f"n{i}": entry for i, entry in enumerate(entries)}


def _add(call: Call, entity_type_id: int, fields: dict[str, Any]) -> int:
    """Adds a card as the portal does: automation and events follow, without a user's token."""
    params = {"entityTypeId": entity_type_id, "fields": fields}
    user = int(fields.get("assignedById") or call.user)
    made = call.portal.call("crm.item.add", params, user=user, source="system", notes=dict(call.notes))
    return int(made["item"]["id"])


def make_lead(call: Call, line: Line, connector: Connector, chat: Chat, guest: int) -> int:
    """Makes a lead of a conversation on an operator's wish; returns its id."""
    store = call.portal.store
    person = people.find(store, guest)
    fields: dict[str, Any] = {"title": chat.title, "assignedById": call.user}
    if person is not None:
        fields |= {"name": person.first, "lastName": person.last, "fm": _addresses(person)}
    lead = _add(call, LEAD, fields)
    cards.bind(store, chat.id, LEAD, lead, connector.id, connector.name)
    return lead


def reassign(call: Call, chat: int, user: int) -> None:
    """The lead of a handed over conversation goes to its new operator (CRM_TRANSFER_CHANGE)."""
    lead = bound(call.portal.store, chat)["LEAD"]
    if lead:
        params = {"entityTypeId": LEAD, "id": lead, "fields": {"assignedById": user}}
        call.portal.call("crm.item.update", params, user=user, source="system", notes=dict(call.notes))


def note_activity(call: Call, connector: Connector, session: int, guest: int, text: str, operator: int) -> None:
    """Shows the conversation in its cards as one incoming activity; each message of the client renews it."""
    store = call.portal.store
    row = store.one("SELECT chat, line, activity FROM openline_sessions WHERE id = ?", (session,))
    if row is None:
        return
    where = cards.cards_of(store, row["chat"])
    inner = Call(call.portal, call.method, {}, operator or call.user, source="system", notes=dict(call.notes))
    before = activities.get(store, row["activity"]) if row["activity"] else None
    if before is not None:
        now = int(call.portal.clock.timestamp())
        changes = {"description": text, "direction": activities.INCOMING, "completed": "N", "lastUpdated": now}
        activities.change(inner, before, changes)
    elif where:
        person = people.find(store, guest)
        added = _activity(inner, connector, row, session, f"{person.name if person else ''} ({connector.name})", text)
        number = activities.create(inner, {**added, "ownerTypeId": where[0][0], "ownerId": where[0][1]}, where[1:])
        store.execute("UPDATE openline_sessions SET activity = ? WHERE id = ?", (number, session))


def _activity(call: Call, connector: Connector, row: Any, session: int, subject: str, text: str) -> dict[str, Any]:
    now = int(call.portal.clock.timestamp())
    return {
        "typeId": activities.PROVIDED,
        "providerId": PROVIDER,
        "providerTypeId": str(row["line"]),
        "providerGroupId": connector.id,
        "associatedEntityId": session,
        "subject": f"Диалог открытой линии: {subject}",
        "startTime": now,
        "endTime": now,
        "direction": activities.INCOMING,
        "description": text,
        "isIncomingChannel": "Y",
        "responsibleId": call.user,
    }


def complete_activity(call: Call, number: int) -> None:
    """The conversation is over: its activity is done."""
    before = activities.get(call.portal.store, number) if number else None
    if before is not None:
        inner = Call(call.portal, call.method, {}, call.user, source="system", notes=dict(call.notes))
        activities.change(inner, before, {"completed": "Y", "status": activities.DONE})
