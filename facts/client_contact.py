"""The facts about clients who got in touch: their open deals, and the latest incoming activities of a deal, its
company and its contacts."""

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


def _facts(reader: Reader, deals: Mapping[int, Sequence[Row]]) -> dict[int, ContactFacts]:
    owners = {id: [_owners(deal) for deal in rows] for id, rows in deals.items()}
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


def _owners(deal: Row) -> list[Ref]:
    """Those on whose cards the client's calls and letters may stand."""
    people = deal.get("contact_ids") or ([deal["contact_id"]] if deal.get("contact_id") else [])
    company = [Ref("company", deal["company_id"])] if deal.get("company_id") else []
    return [Ref("deal", deal["id"]), *company, *(Ref("contact", one) for one in people)]


def _done(refs: Sequence[Ref], found: Mapping[Ref, Sequence[Incoming]]) -> tuple[Incoming, ...]:
    return tuple(one for ref in refs for one in found.get(ref, ()))
