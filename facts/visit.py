"""The facts about visits: all of a company's at once, and single ones with the company they are about."""

from __future__ import annotations

from collections.abc import Collection

from b24app.declare import Linked, Reader, Row
from facts.calendar import read_calendar
from rules.visits import CompanyVisits, Visit, VisitFacts

ASKS_OF_COMPANIES = (Linked("visit", "company_id"),)


def load_company_visits(reader: Reader, ids: Collection[int]) -> dict[int, CompanyVisits]:
    """The companies that exist, with their visits."""
    companies = reader.by_ids("company", ids)
    visits = reader.by_link("visit", "company_id", companies.keys())
    calendar = read_calendar(reader)
    return {
        id: CompanyVisits(id, row.get("last_visit"), tuple(map(_visit, visits.get(id, []))), calendar)
        for id, row in companies.items()
    }


def load_visits(reader: Reader, ids: Collection[int]) -> dict[int, VisitFacts]:
    """The visits that exist. The companies are read only of those that somebody may have to be reminded of."""
    rows = reader.by_ids("visit", ids)
    unfilled = {row["company_id"] for row in rows.values() if not _visit(row).has_result and row.get("company_id")}
    companies = reader.by_ids("company", unfilled)
    calendar = read_calendar(reader)
    return {
        id: VisitFacts(
            visit=_visit(row),
            company=_title(row, companies.get(row.get("company_id") or 0)),
            manager=reader.substitute(row.get("created_by")),
            calendar=calendar,
        )
        for id, row in rows.items()
    }


def _visit(row: Row) -> Visit:
    return Visit(row["id"], row.get("date"), bool(row.get("result")))


def _title(visit: Row, company: Row | None) -> str:
    return str((company or visit).get("title") or f"#{visit['id']}")
