"""Whatever happens to debts, clients are written to at most once a day, in working hours, about what they still owe;
and an outage changes nothing but what is too late to be sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from facts.calendar import read_calendar
from rules.client_messages import GONE_OUT, MessageState
from rules.debt_record import CLOSED
from rules.decision import Complain, SendMessage
from rules.send_window import SendWindow
from rules.wording import money_ru
from tests.rules.small_portal import SmallPortal, at, each, rub

STAGES_WRITTEN_ABOUT = ("stage.debt.waiting", "stage.debt.overdue")
MONDAY = "2026-04-06 10:00"


class WatchedPortal(SmallPortal):
    """Looks at every message in the moment it goes out."""

    def _send(self, message: SendMessage) -> bool:
        went = super()._send(message)
        if went and message.company.id not in self.unreachable:
            self.check_window()
            self.check_day(message)
            self.check_content(message)
        return went

    def check_window(self) -> None:
        calendar = read_calendar(self)
        assert SendWindow.of(calendar, self.limits).is_open(self.now), f"outside the window: {self.now}"

    def check_day(self, message: SendMessage) -> None:
        days = [one.at.date() for one in self.outbox[message.company.id] if one.state in GONE_OUT]
        assert len(days) == len(set(days)), f"two on a day: {days}"

    def check_content(self, message: SendMessage) -> None:
        assert not self.rows["company"][message.company.id].get("no_auto_messages")
        rows = [self.rows["debt"][ref.id] for ref in message.about if ref.entity == "debt"]
        for row in rows:
            assert row["stage"] in STAGES_WRITTEN_ABOUT and row["outstanding"].amount > 0, row
            assert not row.get("dispute") and (row.get("no_remind_until") or date.min) <= self.now.date()
        total = sum((row["outstanding"].amount for row in rows), Decimal(0))
        assert money_ru(rub(str(total))) in message.text


def sums_agree(portal: SmallPortal) -> None:
    """The two totals of every company are what its open records add up to."""
    for company in each(portal, "company"):
        rows = [row for row in each(portal, "debt") if row["company_id"] == company["id"]]
        owed = sum((row["outstanding"].amount for row in rows if row["stage"] not in CLOSED), Decimal(0))
        totals = sum(((company.get(name) or rub(0)).amount for name in ("debt_in_period", "debt_overdue")), Decimal(0))
        assert totals == owed


PICK = st.integers(0, 20)
AMOUNTS = st.sampled_from([100, 250, 1000])


class Correspondence(RuleBasedStateMachine):
    """Two companies, their shipments, payments and people's wishes; the app is sometimes not there."""

    @initialize(
        days_off=st.lists(st.dates(date(2026, 4, 6), date(2026, 5, 20)), max_size=6),
        apply=st.sampled_from(["snapshot", "apply_open"]),
        pre=st.sampled_from(["previous", "next", "none"]),
        due=st.sampled_from(["next_workday", "none"]),
    )
    def start(self, days_off: list[date], apply: str, pre: str, due: str) -> None:
        self.portal = WatchedPortal(at(MONDAY))
        self.portal.settings = {
            "calendar.days_off": " ".join(day.isoformat() for day in days_off),
            "debt.on_deferral_change": apply,
            "debt.weekend_pre": pre,
            "debt.weekend_due": due,
        }
        self.portal.company(100)
        self.portal.company(101, deferral_days=3)
        self.ids = 0

    def has(self, entity: str) -> bool:
        return bool(self.portal.rows.get(entity))

    def pick(self, entity: str, number: int) -> int:
        ids = sorted(self.portal.rows[entity])
        return ids[number % len(ids)]

    def edit(self, entity: str, number: int, **values: Any) -> None:
        self.portal.edit(entity, self.pick(entity, number), **values)
        self.portal.look()

    @rule(company=st.sampled_from([100, 101]), amount=AMOUNTS)
    def ship(self, company: int, amount: int) -> None:
        self.ids += 1
        self.portal.deal(500 + self.ids, amount, company_id=company)
        self.portal.move("deal", 500 + self.ids, "stage.active.shipped")
        self.portal.look()

    @precondition(lambda self: self.has("deal"))
    @rule(number=PICK, part=st.sampled_from([0, 50, 100, 250, 1000]))
    def pay(self, number: int, part: int) -> None:
        self.portal.pay("deal", self.pick("deal", number), part)
        self.portal.look()

    @rule(company=st.sampled_from([0, 1]), days=st.sampled_from([0, 1, 2, 5, 10]))
    def change_the_deferral(self, company: int, days: int) -> None:
        self.edit("company", company, deferral_days=days)

    @rule(company=st.sampled_from([0, 1]), refuses=st.booleans())
    def opt_out(self, company: int, refuses: bool) -> None:
        self.edit("company", company, no_auto_messages=refuses)

    @precondition(lambda self: self.has("debt"))
    @rule(number=PICK, days=st.integers(-1, 6), field=st.sampled_from(["promised_date", "no_remind_until"]))
    def pause(self, number: int, days: int, field: str) -> None:
        self.edit("debt", number, **{field: self.portal.now.date() + timedelta(days=days)})

    @precondition(lambda self: self.has("debt"))
    @rule(number=PICK, dispute=st.booleans())
    def quarrel(self, number: int, dispute: bool) -> None:
        self.edit("debt", number, dispute=dispute)

    @precondition(lambda self: self.has("debt"))
    @rule(number=PICK, stage=st.sampled_from(["waiting", "overdue", "claim", "court", "paid"]))
    def move(self, number: int, stage: str) -> None:
        self.portal.move("debt", self.pick("debt", number), f"stage.debt.{stage}")
        self.portal.look()

    @rule(silent=st.booleans())
    def change_of_channels(self, silent: bool) -> None:
        self.portal.unreachable = frozenset({100} if silent else ())

    @rule(hours=st.sampled_from([1, 8, 24, 24 * 4]))
    def time_passes(self, hours: int) -> None:
        self.portal.run_until(f"{self.portal.now + timedelta(hours=hours):%Y-%m-%d %H:%M}")
        sums_agree(self.portal)

    @rule(hours=st.sampled_from([3, 20, 24 * 3]))
    def nobody_is_there(self, hours: int) -> None:
        self.portal.now += timedelta(hours=hours)
        self.portal.look()
        sums_agree(self.portal)

    @rule()
    def the_log_is_lost(self) -> None:
        self.portal.outbox = {
            company: [one for one in log if one.at.date() == self.portal.now.date()]
            for company, log in self.portal.outbox.items()
        }


TestCorrespondence = Correspondence.TestCase
TestCorrespondence.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)


# ------------------------------------------------------------------ an outage


@dataclass(frozen=True)
class Event:
    """A deal is shipped, or what is paid on it becomes an amount."""

    hour: int
    deal: int
    paid: int | None = None


DEALS = {501: 100, 502: 250, 503: 1000}
HOURS = st.integers(0, 24 * 25)
SHIPMENTS = st.fixed_dictionaries(dict.fromkeys(DEALS, HOURS))
PAYMENTS = st.lists(st.builds(Event, HOURS, st.sampled_from(list(DEALS)), st.sampled_from([0, 50, 100])), max_size=6)


def story(deferral: int, days_off: Iterable[date], events: Iterable[Event], gap: tuple[int, int]) -> WatchedPortal:
    """What a portal looks like after seven weeks in which the app was not there between two hours."""
    portal = WatchedPortal(at(MONDAY))
    portal.settings = {"calendar.days_off": " ".join(day.isoformat() for day in days_off)}
    portal.company(deferral_days=deferral)
    moments = {*(event.hour for event in events), *gap, 24 * 50}
    for hour in sorted(moments):
        moment = at(MONDAY) + timedelta(hours=hour)
        away = gap[0] < hour < gap[1]
        if not away and hour != gap[1]:
            portal.run_until(f"{moment:%Y-%m-%d %H:%M}")
        portal.now = moment
        for event in (one for one in events if one.hour == hour):
            happen(portal, event)
        if not away:
            portal.look()
    return portal


def happen(portal: SmallPortal, event: Event) -> None:
    if event.paid is not None:
        portal.pay("deal", event.deal, min(event.paid, DEALS[event.deal]))
        return
    portal.deal(event.deal, DEALS[event.deal])
    portal.move("deal", event.deal, "stage.active.shipped")


def state(portal: SmallPortal) -> dict[Any, Any]:
    """What people see in the end; the moments of catching up differ, and so do the days of messages."""
    fields = ("stage", "amount", "paid", "credited", "outstanding", "shipment_date", "due_date", "deferral_days")
    debts = {row["deal_id"]: [row.get(name) for name in fields] for row in each(portal, "debt")}
    company = portal.rows["company"][100]
    return {**debts, "company": [company.get(n) for n in ("debt_in_period", "debt_overdue", "advance", "type")]}


def reminded(portal: SmallPortal) -> set[tuple[int, str]]:
    """Deals and kinds of reminders that were sent about them."""
    found = set()
    for row in each(portal, "debt"):
        found |= {(row["deal_id"], name) for name in ("sent_pre", "sent_due") if row.get(name)}
    return found


def listed(portal: SmallPortal) -> set[tuple[int, str]]:
    """Deals and kinds of reminders that were listed as missed."""
    deals = {str(row["id"]): row["deal_id"] for row in each(portal, "debt")}
    keys = [one.key.split(":") for one in portal.made(Complain) if one.key.startswith("missed")]
    return {(deals[key[3]], key[1].replace("debt", "sent")) for key in keys}


@settings(max_examples=60, deadline=None)
@given(
    deferral=st.integers(0, 12),
    days_off=st.lists(st.dates(date(2026, 4, 6), date(2026, 5, 20)), max_size=5),
    shipments=SHIPMENTS,
    payments=PAYMENTS,
    begins=st.integers(1, 24 * 20),
    lasts=st.integers(1, 24 * 8),
)
def test_an_outage_changes_nothing_but_late_messages(
    deferral: int, days_off: list[date], shipments: dict[int, int], payments: list[Event], begins: int, lasts: int
) -> None:
    events = [Event(hour, deal) for deal, hour in shipments.items()]
    events += [one for one in payments if one.hour > shipments[one.deal]]
    gap = (begins, begins + lasts)
    there, away = story(deferral, days_off, events, (0, 0)), story(deferral, days_off, events, gap)
    assert state(away) == state(there)
    sums_agree(away)
    untouched = {
        deal
        for deal, hour in shipments.items()
        if not begins <= hour <= gap[1] and not any(one.deal == deal and one.hour >= begins for one in payments)
    }
    lost = {one for one in reminded(there) - reminded(away) if one[0] in untouched}
    assert lost <= listed(away), (lost, listed(away))


def test_messages_held_back_for_days_go_out_once() -> None:
    portal = WatchedPortal(at(MONDAY))
    portal.company()
    portal.deal(501, 100)
    portal.move("deal", 501, "stage.active.shipped")
    portal.holds = True
    portal.look()
    portal.run_until("2026-04-15 12:00")
    portal.holds = False
    portal.run_until("2026-04-30 12:00")
    gone: list[datetime] = [one.at for one in portal.outbox[100] if one.state is MessageState.SENT]
    assert gone == [at("2026-04-16 09:00")]
