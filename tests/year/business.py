"""What three hundred clients of a food producer do in a year: order, get their goods, pay in time, late, in part or
after a promise. Drawn once from a seed; the portal and the product know nothing of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

DAY = timedelta(days=1)
FIRST_COMPANY = 1001
ORDER, SHIP, PAY, PROMISE, OPT_OUT, VISIT = "order", "ship", "pay", "promise", "opt_out", "visit"
DEFERRALS = (7, 7, 10, 14, 14, 21)

# How clients pay: days from the due day to the payment, share of the sum, and how many of a hundred do so.
_HABITS = (
    ("ahead", -5, 1.0, 20),
    ("on the eve", -1, 1.0, 22),
    ("on the due day", 0, 1.0, 12),
    ("a day late", 1, 1.0, 12),
    ("a week late", 7, 1.0, 14),
    ("half, then the rest", -1, 0.5, 8),
    ("promises and pays", 4, 1.0, 6),
    ("promises and breaks it", 12, 1.0, 3),
    ("never", None, 0.0, 3),
)


@dataclass(frozen=True, slots=True)
class Happening:
    """Something a client or an employee does on a day. `order` numbers the orders of the year from 1."""

    day: date
    kind: str
    company: int
    order: int = 0
    amount: int = 0
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """An order with its terms; `due` is the nominal day, before it is moved off a day off."""

    number: int
    company: int
    amount: int
    shipped: date
    days: int
    habit: str

    @property
    def due(self) -> date:
        """The nominal due day."""
        return self.shipped + timedelta(days=self.days)


@dataclass(frozen=True)
class Business:
    """The year of all clients."""

    first: date
    days: int
    companies: int
    days_off: frozenset[date]
    seed: int = 2026

    def deferral(self, company: int) -> int:
        """Days of credit of a company."""
        return DEFERRALS[company % len(DEFERRALS)]

    def story(self) -> tuple[dict[date, list[Happening]], dict[int, Order]]:
        """What happens on each day, and the orders by number."""
        by_day: dict[date, list[Happening]] = defaultdict(list)
        orders: dict[int, Order] = {}
        for company in range(FIRST_COMPANY, FIRST_COMPANY + self.companies):
            random = Random(f"{self.seed}:{company}")
            for happening in self._life(company, random, orders):
                by_day[happening.day].append(happening)
        return by_day, orders

    def workday(self, day: date) -> date:
        """The day itself, or the first workday after it."""
        while day in self.days_off:
            day += DAY
        return day

    def _life(self, company: int, random: Random, orders: dict[int, Order]) -> Iterator[Happening]:
        end = self.first + timedelta(days=self.days)
        pause = random.choice((9, 12, 20, 30, 45))
        day = self.workday(self.first + timedelta(days=random.randint(0, 20)))
        while day < end:
            number, amount = len(orders) + 1, random.randint(20, 400) * 500
            shipped = self.workday(day + DAY)
            habit, late, share, _ = random.choices(_HABITS, [habit[3] for habit in _HABITS])[0]
            orders[number] = order = Order(number, company, amount, shipped, self.deferral(company), habit)
            yield Happening(day, ORDER, company, number, amount)
            yield Happening(shipped, SHIP, company, number, amount)
            yield from self._payments(order, late, share)
            # Every sixth pause is a long one: a client who has forgotten us, or whom we have.
            gap = pause if random.random() > 1 / 6 else pause + random.choice((20, 50, 90))
            day = self.workday(day + timedelta(days=max(2, gap + random.randint(-3, 3))))
        if random.random() < 0.04:
            yield Happening(self.workday(self.first + timedelta(days=random.randint(30, 200))), OPT_OUT, company)
        for _ in range(random.randint(0, 3)):
            day = self.first + timedelta(days=random.randint(5, max(5, self.days - 5)))
            yield Happening(self.workday(day), VISIT, company)

    def _payments(self, order: Order, late: int | None, share: float) -> Iterator[Happening]:
        if late is None:
            return
        due = self.workday(order.due)
        paid = self.workday(max(due + timedelta(days=late), order.shipped))
        part = int(order.amount * share)
        if order.habit.startswith("promises"):
            told = self.workday(due + 2 * DAY)
            yield Happening(told, PROMISE, order.company, order.number, until=self.workday(due + timedelta(days=5)))
        yield Happening(paid, PAY, order.company, order.number, part)
        if part < order.amount:
            rest = self.workday(due + timedelta(days=6))
            yield Happening(rest, PAY, order.company, order.number, order.amount - part)
