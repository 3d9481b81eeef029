"""Lives a business day by day against a running installation and writes down what the product did, as tables.

    python -m tests.year.simulate [--days 365] [--companies 300] [--out build/year]

Clients and employees act over the portal's control side, so that events reach the app over HTTP. The app works at nine
in the morning, after the day's happenings, and once on days off.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.flows.office import DEAL, Office
from tests.harness.world import World
from tests.year.business import DAY, OPT_OUT, ORDER, PAY, PROMISE, SHIP, VISIT, Business, Happening, Order
from tests.year.check import faults_of
from tests.year.tables import Did, Load, summary, write

FIRST = date(2026, 1, 12)
MORNING, NOON = "09:00:30", "11:00:00"
MANAGERS = (11, 12, 14, 15)
OPTIONS = ("--fixture", "demo", "--preset", "food_distribution", "--no-workers")
QUICK = ("--sandbox-option", "--rate off", "--sandbox-option", "--operating off")
HOLIDAYS = ((1, range(1, 9)), (2, (23,)), (3, (8, 9)), (5, (1, 9, 11)), (6, (12,)), (11, (4,)))
"""the portal's own list of days off in the fixture"""


@dataclass
class Year:
    """One run: the business, its installation, and what came of it."""

    business: Business
    world: World
    loads: list[Load] = field(default_factory=list)
    deals: dict[int, int] = field(default_factory=dict)
    paid: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.office = Office(self.world)
        self.happenings, self.orders = self.business.story()
        self._set_deferrals()

    def live(self) -> None:
        """Every day of the year."""
        for number in range(self.business.days):
            day = self.business.first + timedelta(days=number)
            if day in self.business.days_off:
                self._work(day, "12:00:00")
                continue
            self._work(day, MORNING)
            self._at(day, NOON)
            for happening in self.happenings.get(day, ()):
                self._play(happening)
            self._work(day, NOON)

    def did(self) -> list[Did]:
        """Messages to clients and tasks for employees, in the order of time."""
        return sorted([*self._messages(), *self._tasks()], key=lambda one: (one.moment, one.company, one.kind))

    def _work(self, day: date, clock: str) -> None:
        self._at(day, clock)
        report = self.world.settle()
        assert report.left == 0, f"{day} {clock}: {report}"
        self.loads.append(Load(day, clock, report.calls, report.commands, report.errors))

    def _at(self, day: date, clock: str) -> None:
        self.world.control("clock", {"now": f"{day}T{clock}+03:00", "freeze": True})

    def _play(self, one: Happening) -> None:
        office, manager = self.office, MANAGERS[(one.company - 1001) % len(MANAGERS)]
        if one.kind == ORDER:
            self.deals[one.order] = office.add_deal("stage.active.packing", one.company, one.amount, manager)
        elif one.kind == SHIP:
            office.move_deal(self.deals[one.order], "stage.active.shipped", manager)
        elif one.kind == PAY:
            self._pay(one, manager)
        elif one.kind == PROMISE and self._owes(one.order):
            for debt in office.debts(one.company):
                if debt["deal"] == self.deals[one.order]:
                    office.edit("debt", debt["id"], manager, promised_date=one.until)
        elif one.kind == OPT_OUT:
            office.edit("company", one.company, manager, no_auto_messages=True)
        elif one.kind == VISIT:
            fields = {office.code("visit", "date"): one.day.isoformat(), "companyId": one.company, "title": "Визит"}
            self.world.act("crm.item.add", {"entityTypeId": office.entity_type("visit"), "fields": fields}, manager)

    def _pay(self, one: Happening, manager: int) -> None:
        if one.amount:
            self.office.pay(DEAL, self.deals[one.order], one.amount)
            self.paid[one.order] = self.paid.get(one.order, 0) + one.amount
        if not self._owes(one.order):
            self.office.move_deal(self.deals[one.order], "stage.active.paid", manager)

    def _owes(self, order: int) -> bool:
        return self.paid.get(order, 0) < self.orders[order].amount

    def _set_deferrals(self) -> None:
        for number in range(self.business.companies):
            company = 1001 + number
            self.office.put_fields("company", company, deferral_days=self.business.deferral(company))

    def _messages(self) -> Iterator[Did]:
        owners = self._owners()
        for one in self.world.control("outbox?since=0"):
            yield Did(one["at"], "message", owners.get(str(one["to"]), 0), one["channel"], one["text"])

    def _owners(self) -> dict[str, int]:
        """Companies by what a message is addressed to: a chat or a mailbox."""
        owners = {str(3000 + number): 1001 + number for number in range(0, 300, 3)}
        start: int | None = 0
        while start is not None:
            rows = self.world.rest("crm.contact.list", {"select": ["ID", "EMAIL"], "start": start})
            owners |= {mail["VALUE"]: int(row["ID"]) - 4000 for row in rows for mail in row.get("EMAIL") or ()}
            start = start + 50 if len(rows) == 50 else None
        return owners

    def _tasks(self) -> Iterator[Did]:
        start: int | None = 0
        while start is not None:
            select = ["ID", "TITLE", "RESPONSIBLE_ID", "DEADLINE", "CREATED_DATE", "UF_CRM_TASK"]
            rows = self.world.rest("tasks.task.list", {"select": select, "start": start})["tasks"]
            for row in rows:
                yield Did(row["createdDate"], "task", _company(row), str(row["responsibleId"]), row["title"])
            start = start + 50 if len(rows) == 50 else None


def _company(task: dict[str, Any]) -> int:
    bound = [str(word) for word in task.get("ufCrmTask") or () if str(word).startswith("CO_")]
    return int(bound[0].removeprefix("CO_")) if bound else 0


def days_off(first: date, days: int) -> frozenset[date]:
    """Weekends and the portal's holidays."""
    every = (first + timedelta(days=number) for number in range(-30, days + 60))
    holidays = {(month, day) for month, numbers in HOLIDAYS for day in numbers}
    return frozenset(day for day in every if day.weekday() >= 5 or (day.month, day.day) in holidays)


def simulate(days: int, companies: int, folder: Path) -> tuple[Year, list[Did]]:
    """Runs it in a folder of its own."""
    start = f"{FIRST - DAY}T20:00:00+03:00"
    world = World.start(folder, *OPTIONS, "--now", start, *QUICK)
    try:
        year = Year(Business(FIRST, days, companies, days_off(FIRST, days)), world)
        year.live()
        return year, year.did()
    finally:
        world.stop()


def orders_of(year: Year) -> dict[int, Order]:
    """The orders that were shipped within the simulated days."""
    end = year.business.first + timedelta(days=year.business.days)
    return {number: order for number, order in year.orders.items() if order.shipped < end}


def main() -> None:
    """Lives the year, writes the tables, prints the summary and what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--companies", type=int, default=300)
    parser.add_argument("--out", type=Path, default=Path("build/year"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        year, did = simulate(args.days, args.companies, Path(folder))
    faults = faults_of(year.business, year.happenings, orders_of(year), did)
    write(args.out, did, year.loads, faults)
    print(summary(did, year.loads))
    print(f"\n{len(faults)} faults", *faults[:20], sep="\n")
    raise SystemExit(1 if faults else 0)


if __name__ == "__main__":
    main()
