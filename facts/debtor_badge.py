"""The facts for the badge «Должник»: a company's receivables and its deals in the funnels of sales."""

from __future__ import annotations

from collections.abc import Collection

from b24app.declare import Linked, Reader
from facts.company import ASKS as COMPANY_ASKS
from facts.company import load_companies
from rules.debtor_badge import BADGE, BadgeFacts, BoardDeal

FUNNELS = ("funnel.active", "funnel.contract", "funnel.repeat")
ASKS = (*COMPANY_ASKS, *(Linked("deal", "company_id", (("category", name),)) for name in FUNNELS))
"""What is asked about the companies."""


def load_badges(reader: Reader, ids: Collection[int]) -> dict[int, BadgeFacts]:
    """The facts of the companies that exist; what was read for their receivables is not read again."""
    companies = load_companies(reader, ids)
    by_funnel = [reader.by_link("deal", "company_id", companies.keys(), category=name) for name in FUNNELS]
    deals = {id: [row for funnel in by_funnel for row in funnel.get(id, [])] for id in companies}
    badged = reader.badged(BADGE, "deal", [row["id"] for rows in deals.values() for row in rows])
    return {
        id: BadgeFacts(
            company,
            tuple(
                BoardDeal(
                    row["id"],
                    reader.substitute(row.get("assigned_by_id")),
                    bool(row.get("closed")),
                    row["id"] in badged,
                )
                for row in deals[id]
            ),
        )
        for id, company in companies.items()
    }
