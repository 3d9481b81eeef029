"""The facts about new deals without a company: what is known of the client, and who in the CRM has the same."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from b24app.declare import Reader, Ref, Row
from facts.calendar import read_calendar
from rules.client_link import Candidate, ClientFacts, Given, Named, OwnContact
from rules.contact_data import Communication, emails, inn, phones

FUNNELS = ("funnel.active", "funnel.contract")
TOGETHER = timedelta(minutes=10)
"""a contact that is hardly older than the deal came with it"""

REACHED = ("phone", "email")
TYPED = (*REACHED, "inn")
"""the deal's own fields `client_*` by which a client can be known"""
Thing = tuple[str, str]
"""a kind (`phone`, `email`, `inn`) and a value in the form of `rules.contact_data`"""


def load_clients(reader: Reader, ids: Collection[int]) -> dict[int, ClientFacts]:
    """The facts of the deals that exist. Nothing is read for deals that have a company or are not new."""
    deals = reader.by_ids("deal", ids)
    concerned = {id: deal for id, deal in deals.items() if _is_concerned(reader, deal)}
    own = _own_contacts(reader, concerned)
    calendar = read_calendar(reader)
    facts = {
        id: ClientFacts(Ref("deal", id), reader.substitute(deal.get("assigned_by_id")), calendar, None)
        for id, deal in deals.items()
    }
    given = _given(reader, concerned, own)
    for id, deal in concerned.items():
        facts[id] = replace(facts[id], given=given[id], by_form=_is_by_form(deal), contacts=tuple(own[id]))
    sought = [one for one in facts.values() if one.given and not any(c.company_id for c in one.contacts)]
    if sought:
        facts.update(_with_candidates(reader, sought))
    return facts


def _is_concerned(reader: Reader, deal: Row) -> bool:
    if deal.get("company_id") or deal.get("closed") or not reader.limits.flag("clients.link"):
        return False
    if reader.now - deal["created_time"] > timedelta(days=reader.limits.integer("clients.new_days")):
        return False
    return bool(deal.get("webform_id")) or deal.get("category") in FUNNELS


def _is_by_form(deal: Row) -> bool:
    """Made by a form of the CRM, or with the fields filled that such forms fill: by a site's own script, by hand."""
    return bool(deal.get("webform_id")) or any(deal.get(f"client_{kind}") for kind in TYPED)


def _own_contacts(reader: Reader, deals: Mapping[int, Row]) -> dict[int, list[OwnContact]]:
    people = {id: _contact_ids(deal) for id, deal in deals.items()}
    rows = reader.by_ids("contact", {one for ids in people.values() for one in ids})
    return {id: [_own(rows[one], deals[id]) for one in ids if one in rows] for id, ids in people.items()}


def _contact_ids(deal: Row) -> tuple[int, ...]:
    """The deal's contacts, the primary one first."""
    first = [deal["contact_id"]] if deal.get("contact_id") else []
    return tuple(dict.fromkeys((*first, *(deal.get("contact_ids") or ()))))


def _own(row: Row, deal: Row) -> OwnContact:
    is_fresh = row["created_time"] >= deal["created_time"] - TOGETHER
    return OwnContact(row["id"], _name(row), row.get("company_id"), is_fresh)


def _given(reader: Reader, deals: Mapping[int, Row], own: Mapping[int, list[OwnContact]]) -> dict[int, Given]:
    """The fields of the deal that a form fills, then what its contacts hold."""
    unlinked = {one.id for people in own.values() if not any(c.company_id for c in people) for one in people}
    held = reader.communications("contact", unlinked)
    region = reader.limits.text("clients.region")
    given = {}
    for id, deal in deals.items():
        typed = [Communication(kind, deal.get(f"client_{kind}") or "") for kind in REACHED]
        typed += [entry for contact in own[id] for entry in held.get(contact.id, ())]
        things = _things(typed, region)
        phones, mails = (tuple(value for kind, value in things if kind == wanted) for wanted in REACHED)
        given[id] = Given(phones, mails, inn(deal.get("client_inn")), (deal.get("client_company") or "").strip())
    return given


def _things(typed: Iterable[Communication], region: str) -> tuple[Thing, ...]:
    """The different phones and e-mails among what was typed."""
    found: dict[Thing, None] = {}
    for entry in typed:
        values = phones(entry.value, region) if entry.kind == "phone" else ()
        values = emails(entry.value) if entry.kind == "email" else values
        found.update(dict.fromkeys((entry.kind, value) for value in values))
    return tuple(found)


@dataclass(frozen=True)
class _Directory:
    """The cards that the portal has found, by what they were found by, and what they really hold."""

    found: Mapping[Thing, Sequence[Ref]]
    contacts: Mapping[int, Row]
    companies: Mapping[int, Row]
    held: Mapping[Ref, tuple[Thing, ...]]

    def candidates(self, given: Given, own: Collection[int]) -> tuple[Candidate, ...]:
        """Who holds something of what was given; not the deal's own contacts, nor the portal's owner."""
        cards = [ref for thing in given.things for ref in self.found.get(thing, ()) if self._holds(ref, thing)]
        others = (ref for ref in dict.fromkeys(cards) if ref.entity != "contact" or ref.id not in own)
        found = map(self._candidate, others)
        return tuple(dict.fromkeys(one for one in found if one is not None))

    def _holds(self, ref: Ref, thing: Thing) -> bool:
        return thing[0] == "inn" or thing in self.held.get(ref, ())

    def _candidate(self, ref: Ref) -> Candidate | None:
        contact = self.contacts.get(ref.id) if ref.entity == "contact" else None
        company_id = contact.get("company_id") if contact else ref.id
        company = self.companies.get(company_id or 0) if ref.entity == "company" or contact else None
        if (contact is None and company is None) or (company is not None and company.get("is_my_company")):
            return None
        return Candidate(
            Named(company["id"], company.get("title") or f"#{company['id']}") if company else None,
            Named(contact["id"], _name(contact)) if contact else None,
        )


def _with_candidates(reader: Reader, sought: Sequence[ClientFacts]) -> dict[int, ClientFacts]:
    directory = _look_up(reader, [one.given for one in sought if one.given])
    facts = {
        one.deal.id: replace(one, candidates=directory.candidates(one.given, [own.id for own in one.contacts]))
        for one in sought
        if one.given
    }
    new = {id: one.given.keys for id, one in facts.items() if one.by_form and one.given and not one.candidates}
    companies = reader.by_keys("company", {keys[0] for keys in new.values()})
    contacts = reader.by_keys("contact", {keys[1] for keys in new.values()})
    for id, (company, contact) in new.items():
        facts[id] = replace(facts[id], made_company=companies.get(company), made_contact=contacts.get(contact))
    return facts


def _look_up(reader: Reader, given: Sequence[Given]) -> _Directory:
    things = {thing for one in given for thing in one.things}
    found: dict[Thing, Sequence[Ref]] = {}
    for kind in sorted({kind for kind, _ in things}):
        holders = reader.holders(kind, {value for other, value in things if other == kind})
        found.update(((kind, value), refs) for value, refs in holders.items())
    cards = {ref for refs in found.values() for ref in refs}
    contacts = reader.by_ids("contact", {ref.id for ref in cards if ref.entity == "contact"})
    employers = {row["company_id"] for row in contacts.values() if row.get("company_id")}
    companies = reader.by_ids("company", {ref.id for ref in cards if ref.entity == "company"} | employers)
    hinted = {ref for (kind, _), refs in found.items() if kind in REACHED for ref in refs}
    return _Directory(found, contacts, companies, _held(reader, hinted))


def _held(reader: Reader, refs: Collection[Ref]) -> dict[Ref, tuple[Thing, ...]]:
    """What the found cards really hold, in the form in which equal ones are equal."""
    region = reader.limits.text("clients.region")
    return {
        Ref(entity, id): _things(typed, region)
        for entity in ("contact", "company")
        for id, typed in reader.communications(entity, {ref.id for ref in refs if ref.entity == entity}).items()
    }


def _name(contact: Row) -> str:
    return " ".join(part for part in (contact.get("name"), contact.get("last_name")) if part) or f"#{contact['id']}"
