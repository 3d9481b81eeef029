"""The page about a simulated year: figures by month, what was checked, and one client's year in full."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from tests.year.allowance import DRAIN, SIZE
from tests.year.business import OPT_OUT, ORDER, PAY, PROMISE, SHIP, VISIT, Business, Happening, Order
from tests.year.tables import Did, Load, summary, table

WORDS = {ORDER: "orders for", SHIP: "gets goods for", PAY: "pays", PROMISE: "promises to pay until"}
WORDS |= {OPT_OUT: "wants no messages", VISIT: "a visit is planned"}
TELLING = ("half, then the rest", "promises and pays", "promises and breaks it", "a week late", "on the due day")
LONGEST_TEXT = 260
WHOLE = 365
AGAIN = ".venv/bin/python -m tests.year.simulate --page docs/year.md"


def page(
    business: Business,
    happenings: Mapping[date, Sequence[Happening]],
    orders: Mapping[int, Order],
    did: Sequence[Did],
    loads: Sequence[Load],
    checks: Mapping[str, Sequence[str]],
) -> str:
    """All of it, as Markdown."""
    last = business.first + timedelta(days=business.days - 1)
    client = telling_client(orders)
    short = business.days < WHOLE
    parts = [
        "# A year of the demo business",
        f"Written by `make year`: {business.companies} companies of the demo, {len(orders)} orders, every day from"
        f" {business.first} to {last}. What clients and employees do is drawn from a seed ([business.py]"
        "(../tests/year/business.py)); they do it on the sandbox portal, the app hears of it by events, works at nine,"
        " at eleven after the day's happenings, and at noon on days off. Sweeps of everything run on the first day and"
        " on Sundays: between them events and timers must do.",
        *([f"This page covers the first {business.days} days only; `{AGAIN}` lives all of it."] if short else []),
        "`make year` writes into `build/year`: `done.csv`, a line for every"
        " message, task and to-do with the app's reason; `load.csv`, a line for every piece of work; and this page.",
        "## By month",
        summary(did, loads),
        _budget(loads),
        "## What was checked",
        "Against the story of the business, which knows nothing of the app's rules"
        " ([check.py](../tests/year/check.py)):",
        table(["check", "faults"], [(name, len(faults)) for name, faults in checks.items()]),
        *[f"- {fault}" for faults in checks.values() for fault in faults[:20]],
        f"## The year of one client: company {client}",
        "What the client did, and what the app did about it.",
        table(["day", "who", "what", "why"], _life(client, business, happenings, orders, did)),
    ]
    return "\n\n".join(parts) + "\n"


def telling_client(orders: Mapping[int, Order]) -> int:
    """The client who paid in the most different ways, with the fewest orders."""
    habits: dict[int, list[str]] = {}
    for order in orders.values():
        habits.setdefault(order.company, []).append(order.habit)

    def tells(company: int) -> tuple[int, int, int]:
        mine = habits[company]
        return len(set(mine) & set(TELLING)), -len(mine), -company

    return max(habits, key=tells)


def _budget(loads: Sequence[Load]) -> str:
    most = max(loads, key=lambda load: load.calls)
    return (
        f"A portal drains {DRAIN:.0f} requests a second and refuses above {SIZE:.0f} in its bucket: it was never fuller"
        f" than {max(load.bucket for load in loads):.0f}. The most requests for one moment were {most.calls}, on"
        f" {most.day} at {most.clock}; they took turns for {most.seconds:.0f} seconds."
    )


def _life(
    company: int,
    business: Business,
    happenings: Mapping[date, Sequence[Happening]],
    orders: Mapping[int, Order],
    did: Sequence[Did],
) -> Iterator[tuple[str, str, str, str]]:
    rows: list[tuple[str, str, str, str]] = []
    end = business.first + timedelta(days=business.days)
    for day, todays in happenings.items():
        mine = [one for one in todays if one.company == company and day < end]
        rows += [(f"{day} {day:%a} 11:00", "client", _happened(one, business, orders), "") for one in mine]
    for one in did:
        if one.company == company:
            text = one.text if len(one.text) <= LONGEST_TEXT else f"{one.text[:LONGEST_TEXT]}..."
            rows.append((f"{one.moment:%Y-%m-%d %a %H:%M}", "app", f"{one.kind} ({one.how}): {text}", one.why))
    yield from sorted(rows, key=lambda row: (row[0][:10], row[0][-5:], row[1] == "app"))


def _happened(one: Happening, business: Business, orders: Mapping[int, Order]) -> str:
    words = [WORDS[one.kind]]
    words += [f"{one.amount:,} ₽".replace(",", " ")] if one.amount else []
    words += [str(one.until)] if one.until else []
    words += [f"(order {one.order})"] if one.order else []
    if one.kind == SHIP and one.order in orders:
        words.append(f"due {business.workday(orders[one.order].due)}")
    return " ".join(words)
