"""The facts about clients who got in touch: their open deals, and the latest incoming activities of a deal, its
company, its contacts, and of leads of theirs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from b24app.declare import Reader, Row
from rules.client_contact import ContactFacts, Incoming, OpenDeal
from rules.decision import Ref


def load_contacts_of_deals(reader: Reader, ids: Collection[int]) -> dict[int, ContactFacts]:
    """By deal; closed ones are concerned no more."""
    deals = reader.by_ids("deal", ids)
    return _facts(reader, {id: [] if deal.get("closed") else [deal] for id, deal in deals.items()})


def load_contacts_of_companies(reader: Reader, ids: Collection[int]) -> dict[int, ContactFacts]:
    """By company."""
    return _facts(reader, reader.by_link("deal", "company_id", ids, closed=False))


def load_contacts_of_people(reader: Reader, ids: Collection[int]) -> dict[int, ContactFacts]:
    """By contact, whichever place it has in the deal."""
    return _facts(reader, reader.by_link("deal", "contact_ids", ids, closed=False))


def load_contacts_of_leads(reader: Reader, ids: Collection[int]) -> dict[int, ContactFacts]:
    """By lead: the portal makes one of a form, a chat or a letter even of a client it knows, and what the client
    did stands there alone. The deals are those of the lead's company and contacts."""
    leads = {id: _owners("lead", lead) for id, lead in reader.by_ids("lead", ids).items()}
    clients = {ref for refs in leads.values() for ref in refs}
    deals: dict[Ref, Sequence[Row]] = {}
    for entity, link in (("company", "company_id"), ("contact", "contact_ids")):
        found = reader.by_link("deal", link, [ref.id for ref in clients if ref.entity == entity], closed=False)
        deals |= {Ref(entity, id): rows for id, rows in found.items()}
    of_leads = {id: {deal["id"]: deal for ref in refs for deal in deals.get(ref, ())} for id, refs in leads.items()}
    return _facts(reader, {id: list(mine.values()) for id, mine in of_leads.items()}, beside="lead")


def _facts(reader: Reader, deals: Mapping[int, Sequence[Row]], beside: str = "") -> dict[int, ContactFacts]:
    """`beside`: the subjects are of this entity, and what stands on them counts too."""
    more = {id: [Ref(beside, id)] if beside else [] for id in deals}
    owners = {id: [_owners("deal", deal) + more[id] for deal in rows] for id, rows in deals.items()}
    everybody = {ref for lists in owners.values() for refs in lists for ref in refs}
    since = reader.now - timedelta(hours=reader.limits.integer("trigger.fresh_hours"))
    found = reader.incoming(everybody, since) if everybody else {}
    return {
        id: ContactFacts(
            tuple(
                (OpenDeal(deal["id"], deal["created_time"]), _done(refs, found))
                for deal, refs in zip(rows, owners[id], strict=True)
            )
        )
        for id, rows in deals.items()
    }


def _owners(entity: str, row: Row) -> list[Ref]:
    """Those on whose cards the calls and letters of a deal's or a lead's client may stand."""
    people = row.get("contact_ids") or ([row["contact_id"]] if row.get("contact_id") else [])
    company = [Ref("company", row["company_id"])] if row.get("company_id") else []
    return [Ref(entity, row["id"]), *company, *(Ref("contact", one) for one in people)]


def _done(refs: Sequence[Ref], found: Mapping[Ref, Sequence[Incoming]]) -> tuple[Incoming, ...]:
    return tuple(one for ref in refs for one in found.get(ref, ()))
