"""Whom to visit (R0.23): companies by the days since their last visit, those never visited first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from b24app.declare import Asked, Column, Report, ReportReader, Row, Text
from rules.business_calendar import Calendar
from rules.company_type import OURS

COMPANY = ("title", "type", "assigned_by_id", "is_my_company", "last_visit", "last_order", "debt_overdue")


def rows(reader: ReportReader, asked: Asked) -> Iterator[Mapping[str, Any]]:
    """A line for every company that was not visited for more than `days`, or never."""
    today = Calendar.from_settings(reader.calendar()).local_day(reader.now)
    where = {} if asked.responsible is None else {"assigned_by_id": asked.responsible}
    silent = [
        (row, _days(row.get("last_visit"), today))
        for row in reader.by_filter("company", where, COMPANY)
        if not row.get("is_my_company") and (not row.get("type") or row["type"] in OURS)
    ]
    wanted = [(row, days) for row, days in silent if asked.days is None or days is None or days > asked.days]
    people, planned = reader.people(), _planned(reader, today)
    for row, days in sorted(wanted, key=_longest_first):
        responsible = row.get("assigned_by_id")
        yield {
            "company_id": row["id"],
            "company": row.get("title") or f"#{row['id']}",
            "responsible": people.get(responsible or 0, f"#{responsible}"),
            "last_visit": row.get("last_visit"),
            "days": days,
            "planned": planned.get(row["id"]),
            "last_order": row.get("last_order"),
            "debt_overdue": row["debt_overdue"].amount if row.get("debt_overdue") else None,
        }


def _days(last: date | None, today: date) -> int | None:
    return None if last is None else (today - last).days


def _longest_first(pair: tuple[Row, int | None]) -> tuple[bool, int, int]:
    row, days = pair
    return days is not None, -(days or 0), row["id"]


def _planned(reader: ReportReader, today: date) -> Mapping[int, date]:
    """The next visit that is already in somebody's plan: a visit of a coming day."""
    planned: dict[int, date] = {}
    for row in reader.by_filter("visit", {">date": today}, ("company_id", "date")):
        company, day = row.get("company_id"), row.get("date")
        if company and day:
            planned[company] = min(day, planned.get(company, day))
    return planned


REPORT = Report(
    name="visits_plan",
    title=Text("Кого пора посетить", "Whom to visit"),
    columns=(
        Column("company_id", Text("Номер", "Number"), "number"),
        Column("company", Text("Компания", "Company")),
        Column("responsible", Text("Ответственный", "Responsible")),
        Column("last_visit", Text("Последнее посещение", "Last visit"), "day"),
        Column("days", Text("Дней без посещения", "Days since"), "number"),
        Column("planned", Text("Запланировано", "Planned"), "day"),
        Column("last_order", Text("Последний заказ", "Last order"), "day"),
        Column("debt_overdue", Text("Просрочено", "Overdue"), "money"),
    ),
    needs=(*OURS, "spa.visit", "visit.date", "company.last_visit", "company.last_order", "company.debt_overdue"),
    rows=rows,
)
