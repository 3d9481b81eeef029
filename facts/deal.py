"""The facts about deals: when they were shipped, the records they have, their company's terms."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal

from b24app.declare import Linked, Reader, Row
from facts.calendar import read_calendar
from facts.records import record_of
from rules.debt_record import CLOSED, WRITTEN_OFF
from rules.decision import Money
from rules.shipment import BEFORE_SHIPMENT, CANCELLED, SHIPPED, DealCard, ShipmentFacts

ASKS = (Linked("debt", "deal_id"),)
"""What is asked about the deals."""


def load_deals(reader: Reader, ids: Collection[int]) -> dict[int, ShipmentFacts]:
    """The facts of the deals that exist. Companies are read only of deals that were shipped."""
    deals = reader.by_ids("deal", ids)
    shipped = reader.first_entries("deal", SHIPPED, deals.keys())
    moved_back = reader.last_entries("deal", BEFORE_SHIPMENT, shipped.keys())
    records = reader.by_link("debt", "deal_id", deals.keys())
    cancelled = reader.last_entries("deal", (CANCELLED,), {*shipped, *(id for id, rows in records.items() if rows)})
    written_off = reader.last_entries("debt", (WRITTEN_OFF,), _open_of_cancelled(deals, records))
    companies = reader.by_ids("company", {deals[id]["company_id"] for id in shipped if deals[id].get("company_id")})
    calendar = read_calendar(reader)
    base, _ = reader.rates()
    facts = {}
    for id, deal in deals.items():
        company = companies.get(deal.get("company_id") or 0)
        facts[id] = ShipmentFacts(
            deal=_card(deal, base),
            records=tuple(record_of(reader, row, deals) for row in records.get(id, [])),
            calendar=calendar,
            responsible=reader.substitute((company or deal).get("assigned_by_id")),
            shipped_at=shipped.get(id),
            moved_back_at=moved_back.get(id),
            cancelled_at=cancelled.get(id),
            company_known=company is not None,
            company_deferral_days=company.get("deferral_days") if company else None,
            written_off_at={
                row["id"]: written_off[row["id"]] for row in records.get(id, []) if row["id"] in written_off
            },
        )
    return facts


def _open_of_cancelled(deals: Mapping[int, Row], records: Mapping[int, list[Row]]) -> set[int]:
    """Open records of cancelled deals: few, and only of them it is asked whether they were written off before."""
    cancelled = (id for id, deal in deals.items() if deal["stage"] == CANCELLED)
    return {row["id"] for id in cancelled for row in records.get(id, []) if row["stage"] not in CLOSED}


def _card(deal: Row, base: str) -> DealCard:
    return DealCard(
        id=deal["id"],
        title=deal.get("title") or f"#{deal['id']}",
        stage=deal["stage"],
        amount=Money(deal.get("opportunity") or Decimal(0), deal.get("currency") or base),
        company_id=deal.get("company_id"),
    )
