"""Why clients do not order (R0.18): the reasons with which repeat deals were closed in a period."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from b24app.declare import Asked, Column, Report, ReportReader, Text
from rules.business_calendar import Calendar
from rules.repeat_sales import DUPLICATE, FUNNEL, RETURNED
from rules.win_back import NO_REASON

FIELDS = ("company_id", "moved_time", "stage", "closed", "no_order_reason", "assigned_by_id")
NOT_GIVEN = Text("Не указана", "Not given")


def rows(reader: ReportReader, asked: Asked) -> Iterator[Mapping[str, Any]]:
    """A line for every reason, the commonest first."""
    calendar = Calendar.from_settings(reader.calendar())
    where: dict[str, Any] = {"category": FUNNEL, "closed": True}
    if asked.begin is not None:
        where[">=moved_time"] = calendar.start_of_day(asked.begin)
    if asked.end is not None:
        where["<moved_time"] = calendar.start_of_day(asked.end + timedelta(days=1))
    if asked.responsible is not None:
        where["assigned_by_id"] = asked.responsible
    companies: dict[str | int, list[int | None]] = defaultdict(list)
    for row in reader.by_filter("deal", where, FIELDS):
        if row["stage"] != RETURNED and row.get("no_order_reason") != DUPLICATE:
            companies[row.get("no_order_reason") or NO_REASON].append(row.get("company_id"))
    total = sum(map(len, companies.values()))
    titles = {**reader.item_titles("deal", "no_order_reason"), NO_REASON: NOT_GIVEN.in_language(reader.language)}
    for reason, members in sorted(companies.items(), key=lambda pair: (-len(pair[1]), str(pair[0]))):
        yield {
            "reason": titles.get(reason, str(reason)),
            "deals": len(members),
            "companies": len(set(members) - {None}),
            "share": (Decimal(100) * len(members) / total).quantize(Decimal("0.1")),
        }


REPORT = Report(
    name="no_order_reasons",
    title=Text("Почему клиенты не заказывают", "Why clients do not order"),
    columns=(
        Column("reason", Text("Причина", "Reason")),
        Column("deals", Text("Отказов", "Refusals"), "number"),
        Column("companies", Text("Компаний", "Companies"), "number"),
        Column("share", Text("Доля, %", "Share, %"), "percent"),
    ),
    needs=(FUNNEL, RETURNED, "deal.no_order_reason"),
    rows=rows,
    period=3,
)
