"""Lives a business day by day against a running installation and writes down what the product did, as tables.

    python -m tests.year.simulate [--days 365] [--companies 300] [--out build/year]

Clients and employees act over the portal's control side, so that events reach the app over HTTP. The app works at nine
in the morning, after the day's happenings, and once on days off. Its sweeps of everything run on the first day and
every Sunday at noon, when nothing may be sent; between them events and timers must do. On the last day the nightly
sweep is asked, without writing, whether they did.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from b24app.engine import cursors
from b24app.engine.sweeps import CURSOR
from tests.flows.office import DEAL, Office
from tests.harness.world import World
from tests.year.allowance import Allowance, highest
from tests.year.business import DAY, OPT_OUT, ORDER, PAY, PROMISE, SHIP, VISIT, Business, Happening, Order
from tests.year.check import checks_of, checks_of_work
from tests.year.page import page
from tests.year.shown import did_in
from tests.year.tables import Did, Load, summary, write

FIRST = date(2026, 1, 12)
MORNING, NOON, MIDDAY, EVENING = "09:00:30", "11:00:00", "12:00:00", "20:00:00"
ZONE = "+03:00"
SUNDAY = 6
MEMORY = Path("/dev/shm")
NIGHTLY, HOURLY = "nightly", "hourly_push"
SWEEPS = (NIGHTLY, "morning", HOURLY)
MANAGERS = (11, 12, 14, 15)
OPTIONS = ("--fixture", "demo", "--preset", "food_distribution", "--no-workers")
LIMITS_OFF = ("--sandbox-option", "--rate off", "--sandbox-option", "--operating off")
# No renewal of tokens at every move of the clock.
QUICK = (*LIMITS_OFF, "--sandbox-option", "--token-seconds 315360000")
HOLIDAYS = ((1, range(1, 9)), (2, (23,)), (3, (8, 9)), (5, (1, 9, 11)), (6, (12,)), (11, (4,)))
"""the portal's own list of days off in the fixture"""


class Lasting(World):
    """An installation whose binding does not change: it is asked for with every happening."""

    @cached_property
    def _manifest(self) -> dict[str, dict[str, Any]]:
        manifest: dict[str, dict[str, Any]] = self.kit.manifest()
        return manifest

    def name(self, logical: str) -> dict[str, Any]:
        """An entry of the manifest."""
        return self._manifest[logical]


@dataclass
class Year:
    """One run: the business, its installation, and what came of it."""

    business: Business
    world: World
    loads: list[Load] = field(default_factory=list)
    deals: dict[int, int] = field(default_factory=dict)
    missed: dict[str, int] = field(default_factory=dict)
    """what the nightly sweep would have done on the last evening, by outcome"""
    paid: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.office = Office(self.world)
        kit = self.world.kit
        self.allowance = Allowance(self.world.app.redis, kit.row.member_id)
        # The app's gateway lives in the time of the simulation: its waits cost nothing.
        kit.gateway.line._budget = self.allowance
        self._bucket = (0.0, 0.0)
        self._hit = 0
        self.happenings, self.orders = self.business.story()
        self._set_deferrals()

    def live(self) -> None:
        """Every day of the year."""
        for number in range(self.business.days):
            day = self.business.first + timedelta(days=number)
            if day in self.business.days_off:
                self._work(day, MIDDAY, SWEEPS if day.weekday() == SUNDAY else ())
                continue
            self._work(day, MORNING, SWEEPS if number == 0 else (HOURLY,))
            self._at(day, NOON)
            for happening in self.happenings.get(day, ()):
                self._play(happening)
            self._work(day, NOON)
        self.missed = self._left_to_do(day)

    def _work(self, day: date, clock: str, sweeps: Collection[str] = ()) -> None:
        """The app does what is due; of its sweeps only these."""
        self._at(day, clock)
        moment = datetime.fromisoformat(f"{day}T{clock}{ZONE}")
        self._passed_over([name for name in SWEEPS if name not in sweeps], moment)
        self.allowance.begin(moment.timestamp())
        report = self.world.settle()
        assert report.left == 0, f"{day} {clock}: {report}"
        level, most = highest(*self._bucket, self.allowance.moments)
        if self.allowance.moments:
            self._bucket = level, self.allowance.moments[-1]
        told = len(self.allowance.moments)
        past = self._knocked(moment) - told
        self.loads.append(Load(day, clock, told, report.commands, report.errors, most, self.allowance.lasted, past))

    def _passed_over(self, sweeps: Collection[str], moment: datetime) -> None:
        """The app believes that these sweeps have been made."""
        done = {f"{CURSOR}{name}": {"last": moment.isoformat()} for name in sweeps}
        with self.world.app.database.session() as session:
            cursors.save(session, self.world.kit.row.id, done)

    def _knocked(self, moment: datetime) -> int:
        """How many requests of the app the portal has had from this moment on, and not been asked about before."""
        fresh = self.world.control(f"hits?since={self._hit}")["hits"]
        self._hit = fresh[-1]["n"] if fresh else self._hit
        mine = (one for one in fresh if "/secret" not in one["path"])
        return sum(datetime.fromisoformat(one["at"]) >= moment.replace(second=0) for one in mine)

    def _left_to_do(self, day: date) -> dict[str, int]:
        """What the nightly sweep finds to do in the evening."""
        self._at(day, EVENING)
        report = self.world.kit.engine.sweep(NIGHTLY, dry_run=True)
        return {} if report.commands == 0 else dict(report.outcomes)

    def _at(self, day: date, clock: str) -> None:
        self.world.control("clock", {"now": f"{day}T{clock}{ZONE}", "freeze": True})

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


def days_off(first: date, days: int) -> frozenset[date]:
    """Weekends and the portal's holidays."""
    every = (first + timedelta(days=number) for number in range(-30, days + 60))
    holidays = {(month, day) for month, numbers in HOLIDAYS for day in numbers}
    return frozenset(day for day in every if day.weekday() >= 5 or (day.month, day.day) in holidays)


def simulate(days: int, companies: int, folder: Path) -> tuple[Year, list[Did]]:
    """Runs it in a folder of its own."""
    start = f"{FIRST - DAY}T20:00:00{ZONE}"
    world = Lasting.start(folder, *OPTIONS, "--now", start, *QUICK)
    try:
        year = Year(Business(FIRST, days, companies, days_off(FIRST, days)), world)
        year.live()
        return year, did_in(world)
    finally:
        world.stop()


def orders_of(year: Year) -> dict[int, Order]:
    """The orders that were shipped within the simulated days."""
    end = year.business.first + timedelta(days=year.business.days)
    return {number: order for number, order in year.orders.items() if order.shipped < end}


def page_of(year: Year, did: Sequence[Did]) -> tuple[str, dict[str, list[str]]]:
    """The page about the year, and what was checked with the faults."""
    orders = orders_of(year)
    checks = checks_of(year.business, year.happenings, orders, did) | checks_of_work(year.loads, year.missed)
    return page(year.business, year.happenings, orders, did, year.loads, checks), checks


def main() -> None:
    """Lives the year, writes the tables, prints the summary and what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--companies", type=int, default=300)
    parser.add_argument("--out", type=Path, default=Path("build/year"))
    parser.add_argument("--page", type=Path, help="where the page is copied to: docs/year.md")
    args = parser.parse_args()
    began = time.monotonic()
    # In memory where there is such a folder: the year is not about what a disk survives.
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        year, did = simulate(args.days, args.companies, Path(folder))
    told, checks = page_of(year, did)
    write(args.out, did, year.loads, told)
    if args.page:
        args.page.write_text(told, encoding="utf-8")
    faults = [fault for found in checks.values() for fault in found]
    print(summary(did, year.loads))
    print(f"\n{time.monotonic() - began:.0f} seconds, {len(faults)} faults", *faults[:20], sep="\n")
    raise SystemExit(1 if faults else 0)


if __name__ == "__main__":
    main()
