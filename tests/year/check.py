"""What must hold for a simulated year, computed from the business's own story and not from the product's rules."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time, timedelta

from tests.year.business import OPT_OUT, PAY, PROMISE, Business, Happening, Order
from tests.year.tables import Did

OPENS, CLOSES = time(9), time(18)
PRE_DAYS = 2
CALL = "Позвонить"


def faults_of(
    business: Business, happenings: Mapping[date, Sequence[Happening]], orders: Mapping[int, Order], did: Sequence[Did]
) -> list[str]:
    """Every rule that is broken, in words; none when all is well."""
    check = _Check(business, happenings, orders, did)
    return [*check.messages(), *check.reminders(), *check.calls()]


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
        self.sent = [one for one in did if one.kind == "message"]
        calls = (one for one in did if one.kind == "task" and one.text.startswith(CALL))
        # The first look at the register calls about every old debt, of whatever day.
        self.tasks = [one for one in calls if one.day >= business.first]
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
        """Each order that is unpaid on the morning of its two days is reminded of on that very day; one that is paid
        is not spoken of any more."""
        days = {(one.company, one.day) for one in self.sent}
        for order in self.orders.values():
            due = self.due(order)
            for kind, day in (("before", self.workday_back(due - timedelta(days=PRE_DAYS))), ("due", due)):
                if not order.shipped <= day < self.end or (kind == "before" and day == order.shipped):
                    continue
                wanted = self.owed(order, day) > 0 and not self._silent(order, day)
                if wanted and (order.company, day) not in days:
                    yield f"{day} company {order.company}: no message ({kind}) about order {order.number}"

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

    def owed(self, order: Order, morning: date) -> int:
        """What is unpaid on the morning of a day: payments come at eleven."""
        return order.amount - sum(amount for day, amount in self.payments[order.number] if day < morning)

    def _silent(self, order: Order, morning: date) -> bool:
        out = self.opted_out.get(order.company)
        promised = any(told < morning <= until for told, until in self.promises[order.number])
        return promised or (out is not None and out < morning)
