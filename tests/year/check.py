"""What must hold for a simulated year, computed from the business's own story and not from the product's rules."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta

from tests.year.allowance import SIZE
from tests.year.business import OPT_OUT, PAY, PROMISE, Business, Happening, Order
from tests.year.tables import MESSAGE, Did, Load

OPENS, CLOSES = time(9), time(18)
PAID_AT = time(11)
PRE_DAYS = 2
_LINE = re.compile(r"отгрузка от (\d\d\.\d\d\.\d{4}): ([\d\s]+(?:,\d+)?)\s₽, срок (\d\d\.\d\d\.\d{4})")
"""a shipment in a message; those with a number are older than the simulation"""


def checks_of(
    business: Business, happenings: Mapping[date, Sequence[Happening]], orders: Mapping[int, Order], did: Sequence[Did]
) -> dict[str, list[str]]:
    """What is checked, with every rule that is broken, in words; none when all is well."""
    check = _Check(business, happenings, orders, did)
    return {
        "A client gets one message a day at most, on workdays between nine and six, and none after opting out": [
            *check.messages()
        ],
        "Who owes on the morning two days before the due day, or on it, is reminded that very day": [
            *check.reminders()
        ],
        "Every shipment a message names was made that day, is due that day, and that much of it is unpaid": [
            *check.sums()
        ],
        "An order unpaid on its due day brings one call a day for its client, on that very day": [*check.calls()],
    }


def checks_of_work(loads: Sequence[Load], missed: Mapping[str, int]) -> dict[str, list[str]]:
    """The same about requests, troubles, and what events and timers have missed."""
    over = [load for load in loads if load.bucket > SIZE]
    past = [load for load in loads if load.unseen]
    troubles = [load for load in loads if load.errors]
    return {
        "No request over the portal's allowance": [f"{one.day} {one.clock}: {one.bucket:.0f}" for one in over],
        "No request past the app's budget": [f"{one.day} {one.clock}: {one.unseen}" for one in past],
        "No entry in the error inbox": [f"{one.day} {one.clock}: {one.errors}" for one in troubles],
        "On the last evening the nightly sweep finds nothing to do": [f"{name}: {n}" for name, n in missed.items()],
    }


class _Check:
    def __init__(
        self,
        business: Business,
        happenings: Mapping[date, Sequence[Happening]],
        orders: Mapping[int, Order],
        did: Sequence[Did],
    ) -> None:
        self.business = business
        self.orders = orders
        self.sent = [one for one in did if one.kind == MESSAGE]
        # The first look at the register calls about every old debt, of whatever day.
        self.tasks = [one for one in did if one.is_call and one.day >= business.first]
        self.end = business.first + timedelta(days=business.days)
        self.payments: dict[int, list[tuple[date, int]]] = defaultdict(list)
        self.promises: dict[int, list[tuple[date, date]]] = defaultdict(list)
        self.opted_out: dict[int, date] = {}
        for day in sorted(happenings):
            for one in happenings[day]:
                if one.kind == PAY:
                    self.payments[one.order].append((day, one.amount))
                elif one.kind == PROMISE and one.until is not None:
                    self.promises[one.order].append((day, one.until))
                elif one.kind == OPT_OUT:
                    self.opted_out[one.company] = day

    def messages(self) -> Iterator[str]:
        """One a day, within hours, never to who does not want them, never about nothing."""
        for (company, day), count in Counter((one.company, one.day) for one in self.sent).items():
            if count > 1:
                yield f"{day} company {company}: {count} messages on one day"
        for one in self.sent:
            if one.day in self.business.days_off or not OPENS <= one.moment.time() < CLOSES:
                yield f"{one.at} company {one.company}: outside the hours"
            if one.company in self.opted_out and one.day > self.opted_out[one.company]:
                yield f"{one.at} company {one.company}: written to after it had opted out"

    def reminders(self) -> Iterator[str]:
        """Each order that is unpaid on the morning of its two days is reminded of on that very day."""
        days = {(one.company, one.day) for one in self.sent}
        for order in self.orders.values():
            due = self.due(order)
            for kind, day in (("before", self.workday_back(due - timedelta(days=PRE_DAYS))), ("due", due)):
                if not order.shipped <= day < self.end or (kind == "before" and day == order.shipped):
                    continue
                wanted = self.owed(order, day) > 0 and not self._silent(order, day)
                if wanted and (order.company, day) not in days:
                    yield f"{day} company {order.company}: no message ({kind}) about order {order.number}"

    def sums(self) -> Iterator[str]:
        """What a message says of a shipment is so; one that is paid is not spoken of any more."""
        shipped: dict[tuple[int, date], list[Order]] = defaultdict(list)
        for order in self.orders.values():
            shipped[order.company, order.shipped].append(order)
        for one in self.sent:
            for made, amount, due in _LINE.findall(one.text):
                mine = shipped[one.company, _day(made)]
                said = float(re.sub(r"\s", "", amount).replace(",", "."))
                owed = [self.owed(order, one.day, one.moment.time()) for order in mine if self.due(order) == _day(due)]
                if said not in owed:
                    yield f"{one.at} company {one.company}: says {said:g} of {made}, due {due}; owed are {owed}"

    def calls(self) -> Iterator[str]:
        """One call for a company and a day on which something fell due unpaid."""
        made = Counter((one.company, one.day) for one in self.tasks)
        for (company, day), count in made.items():
            if count > 1:
                yield f"{day} company {company}: {count} calls on one day"
        for order in self.orders.values():
            due = self.due(order)
            if due < self.end and self.owed(order, due) > 0 and not made[order.company, due]:
                yield f"{due} company {order.company}: no call about order {order.number}"

    def due(self, order: Order) -> date:
        """The due day, moved off a day off."""
        return self.business.workday(order.due)

    def workday_back(self, day: date) -> date:
        """The day itself, or the last workday before it."""
        while day in self.business.days_off:
            day -= timedelta(days=1)
        return day

    def owed(self, order: Order, day: date, at: time = OPENS) -> int:
        """What is unpaid at a time of a day: payments come at eleven."""
        last = day if at >= PAID_AT else day - timedelta(days=1)
        return order.amount - sum(amount for paid, amount in self.payments[order.number] if paid <= last)

    def _silent(self, order: Order, morning: date) -> bool:
        out = self.opted_out.get(order.company)
        promised = any(told < morning <= until for told, until in self.promises[order.number])
        return promised or (out is not None and out < morning)


def _day(text: str) -> date:
    return datetime.strptime(text, "%d.%m.%Y").date()
