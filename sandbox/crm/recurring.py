"""Deals made again and again from a template: the order of repetition and what it makes."""

from __future__ import annotations

import calendar
import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from sandbox.crm import items, links, rows
from sandbox.crm.drafts import Draft
from sandbox.crm.records import Row, Table, described, parse
from sandbox.crm.schema import DEAL, schema_of
from sandbox.kernel.call import Call

# crm/deals/recurring-deals/crm-deal-recurring-fields.md
SETTINGS = Table(
    "crm_recurring_deals",
    "Recurring deal",
    """
ID              integer ro       | ID
DEAL_ID         integer req imm  | ID регулярной сделки
BASED_ID        integer ro       | Создано на основе
ACTIVE          char             | Активность
NEXT_EXECUTION  datetime ro      | Дата следующего выполнения
LAST_EXECUTION  datetime ro      | Дата последнего выполнения
COUNTER_REPEAT  integer ro       | Количество выполнений
START_DATE      date             | Дата начала расчёта
CATEGORY_ID     char             | Воронка новой сделки
IS_LIMIT        char             | Тип ограничения выполнений
LIMIT_REPEAT    integer          | Ограничение по количеству выполнений
LIMIT_DATE      date             | Ограничение по дате
PARAMS          recurring_params | Параметры
""",
    indexes=("DEAL_ID", "BASED_ID"),
)
_PARAMS = parse(
    """
MODE                           string  | Режим повторения
SINGLE_BEFORE_START_DATE_TYPE  string  | Тип смещения до даты расчёта
SINGLE_BEFORE_START_DATE_VALUE integer | Смещение до даты расчёта
MULTIPLE_TYPE                  string  | Тип периода
MULTIPLE_INTERVAL              integer | Интервал повторения
OFFSET_BEGINDATE_TYPE          string  | Тип смещения даты начала
OFFSET_BEGINDATE_VALUE         integer | Смещение даты начала
OFFSET_CLOSEDATE_TYPE          string  | Тип смещения даты завершения
OFFSET_CLOSEDATE_VALUE         integer | Смещение даты завершения
"""
)
_PERIODS = ("day", "week", "month", "year")
# Portals make repeated deals in the small hours.
_HOUR = time(1, 0)
# What a copy of a deal does not take over.
_OWN = frozenset(
    {
        *("id", "createdTime", "updatedTime", "createdBy", "updatedBy", "movedBy", "movedTime", "lastActivityBy"),
        *("lastActivityTime", "closed", "stageId", "stageSemanticId", "isNew", "isRecurring", "begindate", "closedate"),
    }
)


def definition() -> dict[str, Any]:
    """The fields of `PARAMS`."""
    return {name: described(field) for name, field in _PARAMS.items()}


def _params(given: Any, before: Mapping[str, Any]) -> Row:
    """`PARAMS` with every key: numbers as numbers, periods as words or null."""
    named = given if isinstance(given, Mapping) else {}
    merged = {**before, **{str(key).upper(): value for key, value in named.items()}}
    result: Row = {}
    for name in _PARAMS:
        value = merged.get(name)
        if name.endswith(("VALUE", "INTERVAL")):
            text = str(value or "0")
            result[name] = int(text) if text.lstrip("-").isdigit() else 0
        elif name.endswith("TYPE"):
            result[name] = value if value in _PERIODS else None
        else:
            result[name] = "single" if value == "single" else "multiple"
    return result


def completed(call: Call, row: Row, fields: Mapping[str, Any], before: Row | None = None) -> Row:
    """The columns of an order of repetition with what follows from them: limits, parameters, the next date."""
    known = before or {"ACTIVE": "Y", "IS_LIMIT": "N", "START_DATE": call.portal.now().date().isoformat()}
    full = {**known, **{name: value for name, value in row.items() if value is not None}}
    if full["IS_LIMIT"] not in ("N", "D", "T"):
        full["IS_LIMIT"] = "N"
    earlier = json.loads(known["PARAMS"]) if before else {}
    params = _params(fields.get("PARAMS"), earlier)
    full["PARAMS"] = json.dumps(params)
    full["NEXT_EXECUTION"] = _next(call, full, params)
    return {name: value for name, value in full.items() if name not in ("ID", "DEAL_ID", "BASED_ID")}


def _moved(day: date, period: str | None, count: int) -> date:
    """A day moved by a number of days, weeks, months or years; the 31st becomes the month's last day."""
    if period in ("day", "week", None):
        return day + timedelta(days=count * (7 if period == "week" else 1))
    months = day.year * 12 + day.month - 1 + count * (12 if period == "year" else 1)
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _next(call: Call, row: Row, params: Row) -> int | None:
    """When the next deal is due (Unix seconds); None when no more is."""
    if row["ACTIVE"] != "Y" or (row["IS_LIMIT"] == "T" and _made(row) >= int(row.get("LIMIT_REPEAT") or 0)):
        return None
    today, start = call.portal.now().date(), date.fromisoformat(row["START_DATE"])
    if params["MODE"] == "single":
        day = _moved(start, params["SINGLE_BEFORE_START_DATE_TYPE"], -params["SINGLE_BEFORE_START_DATE_VALUE"])
        return None if row.get("LAST_EXECUTION") else _moment(call, max(day, today))
    steps, day = 0, start
    while day < today or (day == today and _made(row)):
        steps += 1
        day = _moved(start, params["MULTIPLE_TYPE"], steps * max(1, params["MULTIPLE_INTERVAL"]))
    over = row["IS_LIMIT"] == "D" and row.get("LIMIT_DATE") and day > date.fromisoformat(row["LIMIT_DATE"])
    return None if over else _moment(call, day)


def _made(row: Row) -> int:
    return int(row.get("COUNTER_REPEAT") or 0)


def _moment(call: Call, day: date) -> int:
    return int(datetime.combine(day, _HOUR, call.portal.clock.zone).timestamp())


def template(call: Call, number: int) -> Row:
    """The template of a deal and the deal it was made of; a deal that is a template already serves as it is."""
    entity = schema_of(call.portal).entity(DEAL)
    if (items.stored(call.portal.store, entity, number) or {}).get("isRecurring") == "Y":
        return {"DEAL_ID": number, "BASED_ID": None}
    return {"DEAL_ID": copy(call, number, {"isRecurring": "Y"}), "BASED_ID": number}


def copy(call: Call, number: int, more: Row) -> int:
    """A new deal with the fields, contacts and rows of another one; returns its id.

    No automation runs for a template.
    """
    store, entity = call.portal.store, schema_of(call.portal).entity(DEAL)
    source = items.stored(store, entity, number) or {}
    columns = {name: value for name, value in source.items() if name not in _OWN and value is not None}
    contacts = links.contacts_of(store, DEAL, [number]).get(number, [])
    template = more.get("isRecurring") == "Y"
    quiet = call.notes.get("import")
    call.notes["import"] = quiet or template
    made = items.create(call, entity, Draft(columns={**columns, **more}, contacts=contacts))
    call.notes["import"] = quiet
    kept = [{name: row[name] for name in rows.COLUMNS} for row in rows.of(store, DEAL, number)]
    rows.replace(store, DEAL, made, kept)
    return made


def expose(call: Call, row: Row) -> int:
    """Makes a deal of the template, and counts the next date; returns the deal's id."""
    params = json.loads(row["PARAMS"])
    begin = _moved(call.portal.now().date(), params["OFFSET_BEGINDATE_TYPE"], params["OFFSET_BEGINDATE_VALUE"])
    close = _moved(begin, params["OFFSET_CLOSEDATE_TYPE"], params["OFFSET_CLOSEDATE_VALUE"])
    more: Row = {"begindate": begin.isoformat(), "closedate": close.isoformat()}
    category = str(row["CATEGORY_ID"] or "")
    if any(str(known.id) == category for known in schema_of(call.portal).categories(DEAL)):
        more["categoryId"] = int(category)
    number = copy(call, row["DEAL_ID"], more)
    now = int(call.portal.clock.timestamp())
    after = {**row, "COUNTER_REPEAT": _made(row) + 1, "LAST_EXECUTION": now}
    after["NEXT_EXECUTION"] = _next(call, after, params)
    SETTINGS.change(call, row, {n: after[n] for n in ("COUNTER_REPEAT", "LAST_EXECUTION", "NEXT_EXECUTION")})
    return number
