"""«Последний заказ» on a company's card: the day of the latest order that counts as a purchase."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from rules.business_calendar import Calendar
from rules.company_type import OURS
from rules.decision import Decision, Ref, SetFields, Text
from rules.limits import Limits
from rules.repeat_sales import Order, last_bought
from rules.wording import sentence


@dataclass(frozen=True, slots=True)
class LastOrderFacts:
    """A company's orders, and what its card tells of it. `type` is a logical name, or the portal's own id."""

    company_id: int
    type: str | None
    is_my_company: bool
    orders: tuple[Order, ...]
    calendar: Calendar


def decide(facts: LastOrderFacts, limits: Limits, now: datetime) -> Decision:
    """The card shows the day. Our own company and companies of types that are not ours are not written to."""
    if facts.is_my_company:
        return Decision("own_company", Text("Это наша компания.", "This is our own company."))
    if facts.type and facts.type not in OURS:
        return Decision("foreign_type", Text("Тип компании чужой.", "The company's type is not one of ours."))
    last = last_bought(facts.orders)
    day = facts.calendar.local_day(last.created_time) if last else None
    return Decision(
        "ordered" if day else "no_orders",
        _reason(day),
        (SetFields(Ref("company", facts.company_id), {"last_order": day}),),
        {"orders": len(facts.orders), "last_order": last.id if last else None},
    )


def _reason(day: date | None) -> Text:
    if day is None:
        return Text("Заказов не было.", "No orders so far.")
    return sentence("Последний заказ {day}.", "The last order was on {day}.", day=day)
