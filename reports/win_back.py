"""Win-back by months (R0.26): repeat deals made, clients reached and returned, revenue, reasons of refusal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from b24app.declare import Asked, Column, Report, ReportReader, Row, Text
from rules.business_calendar import Calendar
from rules.decision import Money
from rules.receivables import Rates
from rules.repeat_sales import DUPLICATE, FUNNEL, NEW, PAID, REFUSED, RETURNED
from rules.win_back import NO_REASON, Purchase, Talk, by_month

TALK = ("company_id", "created_time", "stage", "closed", "no_order_reason", "assigned_by_id")
ORDER = ("company_id", "created_time", "stage", "closed", "opportunity", "currency")
NOT_GIVEN = Text("Не указана", "Not given")


def rows(reader: ReportReader, asked: Asked) -> Iterator[Mapping[str, Any]]:
    """A line for every month of the period."""
    calendar = Calendar.from_settings(reader.calendar())
    today = calendar.local_day(reader.now)
    begin, end = asked.begin or today.replace(day=1), asked.end or today
    since = calendar.start_of_day(begin)
    deals = [
        row
        for row in reader.by_filter("deal", {"category": FUNNEL, ">=created_time": since}, TALK)
        if row.get("company_id") and row.get("no_order_reason") != DUPLICATE
    ]
    if asked.responsible is not None:
        deals = [row for row in deals if row.get("assigned_by_id") == asked.responsible]
    stages = reader.stages("deal", [row["id"] for row in deals])
    talks = [_talk(row, stages.get(row["id"], ())) for row in deals]
    where = {"category": "funnel.active", ">=created_time": since}
    orders = reader.by_link("deal", "company_id", {talk.company_id for talk in talks}, where, ORDER)
    purchases = list(_purchases(orders, Rates(*reader.rates())))
    titles = {**reader.item_titles("deal", "no_order_reason"), NO_REASON: NOT_GIVEN.in_language(reader.language)}
    for month in by_month(talks, purchases, calendar, begin, end, reader.limits.integer("repeat.return_days")):
        yield {
            "month": month.first,
            "generated": month.generated,
            "contacted": month.contacted,
            "returned": month.returned,
            "share": month.share,
            "revenue": month.revenue,
            "refused": month.refused,
            "open": month.open,
            "reasons": {titles.get(reason, str(reason)): number for reason, number in month.reasons.most_common()},
        }


def _talk(row: Row, stages: Any) -> Talk:
    closed = bool(row.get("closed")) or row["stage"] in (RETURNED, REFUSED)
    refused = closed and row["stage"] != RETURNED
    # The app itself moves a deal to «Клиент вернулся»; any other stage behind the first is a person's word.
    talked = any(stage not in (NEW, RETURNED) for stage in (*stages, row["stage"]))
    reason = row.get("no_order_reason") or NO_REASON
    return Talk(row["id"], row["company_id"], row["created_time"], talked, refused, not closed, reason)


def _purchases(orders: Mapping[int, Any], rates: Rates) -> Iterator[Purchase]:
    for company, deals in orders.items():
        for row in deals:
            if row.get("closed") and row["stage"] != PAID:
                continue
            money = Money(row.get("opportunity") or Decimal(0), row.get("currency") or rates.base)
            amount = rates.to_base(money) if rates.knows(money.currency) else Decimal(0)
            yield Purchase(company, row["created_time"], amount)


REPORT = Report(
    name="win_back",
    title=Text("Возврат клиентов по месяцам", "Clients won back by month"),
    columns=(
        Column("month", Text("Месяц", "Month"), "month"),
        Column("generated", Text("Создано повторных продаж", "Repeat deals made"), "number"),
        Column("contacted", Text("Связались", "Contacted"), "number"),
        Column("returned", Text("Вернулись", "Returned"), "number"),
        Column("share", Text("Вернулись, %", "Returned, %"), "percent"),
        Column("revenue", Text("Выручка вернувшихся", "Revenue of the returned"), "money"),
        Column("refused", Text("Отказались", "Refused"), "number"),
        Column("open", Text("В работе", "Open"), "number"),
        Column("reasons", Text("Причины отказов", "Reasons of refusal"), "counts"),
    ),
    needs=("funnel.active", PAID, FUNNEL, NEW, RETURNED, REFUSED, "deal.no_order_reason"),
    rows=rows,
    period=3,
)
