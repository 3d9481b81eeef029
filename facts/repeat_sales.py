"""The facts about repeat sales: a company's orders and repeat deals, and whose turn it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from b24app.declare import Linked, Reader, Row
from facts.calendar import read_calendar
from facts.company import ASKS as COMPANY_ASKS
from facts.company import NEEDS as COMPANY_NEEDS
from facts.company import ORDERS, load_companies
from rules.bulk_start import EXISTING, Start, chosen
from rules.company_type import OURS
from rules.last_order import LastOrderFacts
from rules.repeat_ends import EndFacts
from rules.repeat_sales import (
    CANCELLED,
    FUNNEL,
    KEY,
    NEW,
    PAID,
    REFUSED,
    RETURNED,
    Order,
    RepeatDeal,
    RepeatFacts,
    is_in_line,
)

CREATING = "create_repeat_deal"
"""The handler whose switching on divides old from new."""
STAGES = NEW.rpartition(".")[0] + "."
NEEDS = (
    *COMPANY_NEEDS,
    *OURS,
    "funnel.active",
    PAID,
    CANCELLED,
    FUNNEL,
    NEW,
    RETURNED,
    REFUSED,
    "deal.no_order_reason",
    "deal.last_order",
)
"""What these facts are read from."""
ASKS = (*COMPANY_ASKS, Linked("deal", "company_id", (("category", FUNNEL),)))
"""What is asked about the companies."""


def load_repeat_sales(reader: Reader, ids: Collection[int]) -> dict[int, RepeatFacts]:
    """The facts of the companies that exist; what was read for their receivables is not read again."""
    companies = load_companies(reader, ids)
    cards = reader.by_ids("company", companies.keys())
    orders = _orders(reader, companies.keys())
    repeats = reader.by_link("deal", "company_id", companies.keys(), category=FUNNEL)
    start = Start(reader.switched_on(CREATING))
    facts = {
        id: RepeatFacts(
            company=company,
            orders=orders.get(id, ()),
            repeats=tuple(_repeat(reader, row) for row in repeats.get(id, [])),
            start=start,
            # The portal lists a company's contacts with the primary one first.
            contact_id=next(iter(cards[id].get("contact_ids") or []), None),
            language=reader.language,
        )
        for id, company in companies.items()
    }
    return {**facts, **_with_room(reader, facts, start)}


def load_last_orders(reader: Reader, ids: Collection[int]) -> dict[int, LastOrderFacts]:
    """The companies that exist, with their orders."""
    companies = reader.by_ids("company", ids)
    orders = _orders(reader, companies.keys())
    calendar = read_calendar(reader)
    return {
        id: LastOrderFacts(id, row.get("type"), bool(row.get("is_my_company")), orders.get(id, ()), calendar)
        for id, row in companies.items()
    }


def load_repeat_ends(reader: Reader, ids: Collection[int]) -> dict[int, EndFacts]:
    """The facts of those deals that are repeat deals; the others are nobody's business here."""
    deals = {id: row for id, row in reader.by_ids("deal", ids).items() if row.get("category") == FUNNEL}
    stages = reader.open_stages("deal", deals.keys())
    calendar = read_calendar(reader)
    since = reader.switched_on("send_back_without_reason")
    return {
        id: EndFacts(_repeat(reader, row), calendar, _last_of(stages.get(id, ())), since) for id, row in deals.items()
    }


def _with_room(reader: Reader, facts: Mapping[int, RepeatFacts], start: Start) -> dict[int, RepeatFacts]:
    """The old companies that today's share reaches, where old ones are taken at all."""
    if reader.limits.text("repeat.start") != EXISTING:
        return {}
    waiting = [id for id, one in facts.items() if is_in_line(one, reader.limits, reader.now)]
    if not waiting:
        return {}
    made = reader.created_since("deal", _midnight(reader), category=FUNNEL)
    room = replace(start, has_room=True)
    per_day = reader.limits.integer("repeat.daily_cap")
    return {id: replace(facts[id], start=room) for id in chosen(waiting, per_day, made)}


def _midnight(reader: Reader) -> datetime:
    calendar = read_calendar(reader)
    return calendar.start_of_day(calendar.local_day(reader.now))


def _last_of(stages: Collection[str]) -> str | None:
    """The last stage of this funnel; a deal may have come from another one."""
    mine = [stage for stage in stages if stage.startswith(STAGES) or not stage.startswith("stage.")]
    return mine[-1] if mine else None


def _orders(reader: Reader, ids: Collection[int]) -> dict[int, tuple[Order, ...]]:
    rows = reader.by_link(ORDERS.entity, ORDERS.link, ids, **dict(ORDERS.where))
    return {id: tuple(map(_order, members)) for id, members in rows.items()}


def _order(row: Row) -> Order:
    return Order(row["id"], _title(row), row["stage"], row["created_time"], bool(row.get("closed")))


def _repeat(reader: Reader, row: Row) -> RepeatDeal:
    return RepeatDeal(
        id=row["id"],
        title=_title(row),
        stage=row["stage"],
        created_time=row["created_time"],
        responsible=reader.substitute(row.get("assigned_by_id")),
        reason=row.get("no_order_reason"),
        closed=bool(row.get("closed")),
        moved_time=row.get("moved_time"),
        made_by_app=str(row.get("origin_id") or "").startswith(KEY),
    )


def _title(row: Row) -> str:
    return row.get("title") or f"#{row['id']}"
