"""Who can be written to at a company, and when somebody there was last in touch: read right before sending."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from b24app.channels.channel import Person
from b24app.channels.heard import last_contacts as heard_from
from b24app.engine import conversations
from b24app.engine.incoming import is_automatic
from b24app.engine.ports import PortalGateway
from b24app.portal.batch import Call, Done, Outcome
from b24app.store.upsert import chunks
from rules.decision import Ref

CONTACT, COMPANY = 3, 4
INCOMING = 1
PAGE = 50
_SHOWN = ["ID", "PHONE", "EMAIL"]


def people_of(gateway: PortalGateway, companies: Collection[int]) -> dict[int, tuple[Person, ...]]:
    """The contacts of each company, the primary one first, then the company itself."""
    ids = sorted(companies)
    links = _done(gateway, [Call("crm.company.contact.items.get", {"id": id}) for id in ids])
    contacts = {id: _in_order(rows) for id, rows in zip(ids, links, strict=True)}
    everybody = sorted({contact for members in contacts.values() for contact in members})
    calls = [
        *(Call("crm.contact.list", _page(part)) for part in chunks(everybody, PAGE)),
        *(Call("crm.company.list", _page(part)) for part in chunks(ids, PAGE)),
    ]
    entities = ["contact" if call.method == "crm.contact.list" else "company" for call in calls]
    found = {
        Ref(entity, int(row["ID"])): row
        for entity, rows in zip(entities, _done(gateway, calls), strict=True)
        for row in rows
    }
    return {
        id: tuple(_people([*(Ref("contact", one) for one in contacts[id]), Ref("company", id)], found)) for id in ids
    }


def last_contacts(
    gateway: PortalGateway, people: Mapping[int, Sequence[Person]], since: datetime
) -> dict[int, datetime]:
    """When clients last called or wrote, if that was at or after `since`: by company. Missed calls count (E.60),
    auto-replies do not (E.59)."""
    ids = sorted(people)
    calls = [Call("crm.activity.list", asked) for id in ids for asked in _incoming_and_chats(people[id], since)]
    answers = _done(gateway, calls)
    incoming, chats = answers[::2], answers[1::2]
    words = conversations.last_words(gateway, [row for rows in chats for row in rows])
    found = {}
    for id, rows, mine in zip(ids, incoming, chats, strict=True):
        moments = [_created(row) for row in rows if not is_automatic(row) and not conversations.is_chat(row)]
        moments += [words[int(row["ID"])] for row in mine if int(row["ID"]) in words]
        if moments and max(moments) >= since.replace(microsecond=0):
            found[id] = max(moments)
    return found


def last_written(
    session: Session, portal_id: int, people: Mapping[int, Sequence[Person]], since: datetime
) -> dict[int, datetime]:
    """The same for those who wrote in a messenger that we are connected with directly: no activity tells of it."""
    heard = heard_from(
        session, portal_id, {phone for members in people.values() for one in members for phone in one.phones}
    )
    found = {}
    for id, members in people.items():
        moments = [heard[phone] for one in members for phone in one.phones if phone in heard]
        if moments and max(moments) >= since:
            found[id] = max(moments)
    return found


def _incoming_and_chats(people: Iterable[Person], since: datetime) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two questions: what has come in, and which conversations have changed, whoever began them."""
    kinds = {"contact": CONTACT, "company": COMPANY}
    owners = [{"OWNER_TYPE_ID": kinds[one.ref.entity], "OWNER_ID": one.ref.id} for one in people]
    moment = since.isoformat(timespec="seconds")
    chat = {"PROVIDER_ID": conversations.PROVIDER}
    page = {
        "select": ["ID", "CREATED", "TYPE_ID", "SUBJECT", "SETTINGS", *conversations.FIELDS],
        "order": {"ID": "DESC"},
        "start": -1,
    }
    return (
        {"filter": {"BINDINGS": owners, "DIRECTION": INCOMING, ">=CREATED": moment}, **page},
        {"filter": {"BINDINGS": owners, ">=LAST_UPDATED": moment, **chat}, **page},
    )


def _created(row: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(row["CREATED"])


def _done(gateway: PortalGateway, calls: Sequence[Call]) -> list[Any]:
    """The results of readings: what cannot be read must not be sent about, so a refusal is raised."""
    outcomes: list[Outcome] = gateway.batch(calls) if calls else []
    for outcome in outcomes:
        if not isinstance(outcome, Done):
            raise outcome.error
    return [outcome.result for outcome in outcomes if isinstance(outcome, Done)]


def _in_order(rows: Iterable[Mapping[str, Any]]) -> list[int]:
    ranked = sorted(rows, key=lambda row: (row.get("IS_PRIMARY") != "Y", int(row.get("SORT") or 0)))
    return [int(row["CONTACT_ID"]) for row in ranked]


def _page(ids: Sequence[int]) -> dict[str, Any]:
    return {"filter": {"@ID": list(ids)}, "select": _SHOWN, "order": {"ID": "ASC"}, "start": -1}


def _people(refs: Iterable[Ref], found: Mapping[Ref, Mapping[str, Any]]) -> Iterator[Person]:
    for ref in refs:
        row = found.get(ref)
        if row is not None:
            yield Person(ref, tuple(_values(row, "PHONE")), tuple(_values(row, "EMAIL")))


def _values(row: Mapping[str, Any], name: str) -> Iterator[str]:
    for entry in row.get(name) or ():
        if value := str(entry.get("VALUE") or "").strip():
            yield value
