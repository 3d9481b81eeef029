"""The facts about a company's type: those of the company, and how its last repeat sale ended."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from b24app.declare import Linked, Reader, Row
from facts.company import ASKS as COMPANY_ASKS
from facts.company import load_companies
from rules.company_type import TypeFacts

REPEAT_LOST = "stage.repeat.lost"
LEFT = "left"
"""The item «Ушёл» of `deal.no_order_reason`."""
ASKS = (*COMPANY_ASKS, Linked("deal", "company_id", (("category", "funnel.repeat"),)))
"""What is asked about the companies."""


def load_company_types(reader: Reader, ids: Collection[int]) -> dict[int, TypeFacts]:
    """The facts of the companies that exist; what was read for their receivables is not read again."""
    companies = load_companies(reader, ids)
    repeats = reader.by_link("deal", "company_id", companies.keys(), category="funnel.repeat")
    return {id: TypeFacts(company, _left_at(repeats.get(id, []))) for id, company in companies.items()}


def _left_at(repeats: Iterable[Row]) -> datetime | None:
    """When the last repeat deal was closed with «Ушёл»."""
    last = max(repeats, key=lambda deal: (deal["created_time"], deal["id"]), default=None)
    if last is None or last["stage"] != REPEAT_LOST or last.get("no_order_reason") != LEFT:
        return None
    moved: datetime = last.get("moved_time") or last["created_time"]
    return moved
