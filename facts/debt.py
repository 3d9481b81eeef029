"""The facts about single records of the register: whether their deal and company still exist."""

from __future__ import annotations

from collections.abc import Collection

from b24app.declare import Reader
from facts.calendar import read_calendar
from facts.records import deals_of, record_of
from rules.lost_links import LinkFacts


def load_debts(reader: Reader, ids: Collection[int]) -> dict[int, LinkFacts]:
    """The facts of the records that exist."""
    rows = reader.by_ids("debt", ids)
    deals = deals_of(reader, rows.values(), {})
    companies = reader.by_ids("company", {row["company_id"] for row in rows.values() if row.get("company_id")})
    calendar = read_calendar(reader)
    head = reader.role("sales_head")
    return {
        id: LinkFacts(record_of(reader, row, deals), calendar, head, company_known=row.get("company_id") in companies)
        for id, row in rows.items()
    }
