"""The clients of calls: found in the CRM by the phone, or made when nobody has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.crm import multifields
from sandbox.crm.schema import COMPANY, CONTACT, DEAL, LEAD
from sandbox.kernel.call import Call
from sandbox.kernel.store import Store

_TYPES = {"CONTACT": CONTACT, "COMPANY": COMPANY, "LEAD": LEAD, "DEAL": DEAL}
SIMPLE_CRM = 2


@dataclass(frozen=True, slots=True)
class Client:
    """A card by the name of its type (`CONTACT`, `COMPANY`, `LEAD`, `DEAL`) and its id."""

    type: str
    id: int

    def printed(self) -> dict[str, Any]:
        """As `CRM_CREATED_ENTITIES` holds it."""
        return {"ENTITY_TYPE": self.type, "ENTITY_ID": self.id}


def card(kind: Any, number: Any) -> tuple[int, int] | None:
    """`("CONTACT", 797)` -> (3, 797); None for what names no card."""
    entity_type_id = _TYPES.get(str(kind or "").upper())
    return (entity_type_id, int(number)) if entity_type_id and str(number or "").isdigit() else None


def named(store: Store, kind: Any, number: Any) -> Client | None:
    """The existing contact, company or lead that a call names."""
    found = card(kind, number)
    if found is None or found[0] == DEAL:
        return None
    exists = store.value(f"SELECT 1 FROM crm_{found[0]} WHERE id = ?", (found[1],))
    return Client(str(kind).upper(), found[1]) if exists else None


def all_by_phone(store: Store, phone: str) -> list[Client]:
    """The clients with a phone: contacts, companies, then leads."""
    return [
        Client(kind, number)
        for kind, entity_type_id in _TYPES.items()
        if entity_type_id != DEAL
        for number in multifields.find(store, "PHONE", phone, entity_type_id)
    ]


def by_phone(store: Store, phone: str) -> Client | None:
    """The first client with a phone."""
    return next(iter(all_by_phone(store, phone)), None)


def create(call: Call, phone: str, user: int, source: str, *, incoming: bool) -> list[Client]:
    """Makes a client for an unknown phone: a lead, or a contact with a deal where the CRM has no leads."""
    title = f"{phone} - {'Входящий' if incoming else 'Исходящий'} звонок"
    common = {"assignedById": user, "sourceId": source or "CALL"}
    fm = {"n0": {"typeId": "PHONE", "valueType": "WORK", "value": phone}}
    if int(call.portal.store.setting("crm.mode", 1)) != SIMPLE_CRM:
        return [Client("LEAD", _add(call, LEAD, {"title": title, "fm": fm, **common}, user))]
    contact = _add(call, CONTACT, {"name": phone, "fm": fm, **common}, user)
    deal = _add(call, DEAL, {"title": title, "contactIds": [contact], **common}, user)
    return [Client("CONTACT", contact), Client("DEAL", deal)]


def _add(call: Call, entity_type_id: int, fields: dict[str, Any], user: int) -> int:
    params = {"entityTypeId": entity_type_id, "fields": fields}
    made = call.portal.run(Call(call.portal, "crm.item.add", params, user, source=call.source))
    return int(made["item"]["id"])


def give(call: Call, kind: str, number: int, user: int) -> None:
    """Makes an employee responsible for a client that a call has created."""
    found = card(kind, number)
    if found is None or not call.portal.store.value(f"SELECT 1 FROM crm_{found[0]} WHERE id = ?", (found[1],)):
        return
    params = {"entityTypeId": found[0], "id": found[1], "fields": {"assignedById": user}}
    call.portal.run(Call(call.portal, "crm.item.update", params, user, source="system"))


def name(store: Store, client: Client) -> str:
    """What people call a client."""
    row = store.one(f"SELECT * FROM crm_{_TYPES[client.type]} WHERE id = ?", (client.id,))
    if row is None:
        return ""
    if client.type == "COMPANY":
        return str(row["title"] or "")
    person = " ".join(part for part in (row["name"], row["lastName"]) if part)
    return person or (str(row["title"] or "") if client.type == "LEAD" else "")


def responsible(store: Store, client: Client) -> int:
    """Whose client it is."""
    return int(store.value(f'SELECT "assignedById" FROM crm_{_TYPES[client.type]} WHERE id = ?', (client.id,)) or 0)
