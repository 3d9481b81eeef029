"""Repeat sales (R0.18-R0.20): a client who has not ordered for long gets a deal and a manager's call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from rules.bulk_start import Start, Turn
from rules.business_calendar import Calendar
from rules.decision import (
    At,
    Command,
    Comment,
    Create,
    CreateTask,
    Decision,
    Money,
    Ref,
    Text,
)
from rules.limits import Limits
from rules.receivables import CompanyFacts, assess
from rules.wording import joined, sentence

NEW, RETURNED, REFUSED = "stage.repeat.new", "stage.repeat.returned", "stage.repeat.lost"
PAID, CANCELLED = "stage.active.paid", "stage.active.cancelled"
FUNNEL = "funnel.repeat"
SOURCE = "RC_GENERATOR"
"""The portal's own source «Генератор продаж» (crm.status.list, SOURCE)."""
DUPLICATE = "duplicate"
"""The item «Дубль» of `deal.no_order_reason`."""
KEY = "repeat:"


@dataclass(frozen=True, slots=True)
class Order:
    """A deal of the funnel «Активная клиентская база»."""

    id: int
    title: str
    stage: str
    created_time: datetime
    closed: bool = False

    @property
    def ref(self) -> Ref:
        """The deal as a target of commands."""
        return Ref("deal", self.id)

    @property
    def is_open(self) -> bool:
        """Whether somebody still works on it."""
        return not self.closed and self.stage not in (PAID, CANCELLED)

    @property
    def is_bought(self) -> bool:
        """A failed deal is no purchase (E.20), whichever of the failed stages it stands on."""
        return self.is_open or self.stage == PAID


@dataclass(frozen=True, slots=True)
class RepeatDeal:
    """A deal of the funnel «Контроль повторных продаж». `reason` is why there are no orders."""

    id: int
    title: str
    stage: str
    created_time: datetime
    responsible: int
    reason: str | int | None = None
    closed: bool = False
    moved_time: datetime | None = None
    made_by_app: bool = False

    @property
    def ref(self) -> Ref:
        """The deal as a target of commands."""
        return Ref("deal", self.id)

    @property
    def is_open(self) -> bool:
        """Whether the manager still works on it."""
        return not self.closed and self.stage not in (RETURNED, REFUSED)

    @property
    def is_refused(self) -> bool:
        """Closed as failed."""
        return not self.is_open and self.stage != RETURNED

    @property
    def is_duplicate(self) -> bool:
        """Closed only because there was another one: says nothing about the client."""
        return self.is_refused and self.reason == DUPLICATE

    @property
    def ended_at(self) -> datetime:
        """When it came to the stage on which it stands."""
        return self.moved_time or self.created_time


@dataclass(frozen=True, slots=True)
class RepeatFacts:
    """A company, its orders and its repeat deals."""

    company: CompanyFacts
    orders: tuple[Order, ...]
    repeats: tuple[RepeatDeal, ...]
    start: Start
    contact_id: int | None = None
    language: str = "ru"

    @property
    def open_repeats(self) -> list[RepeatDeal]:
        """The repeat deals that are being worked on, the oldest first."""
        return sorted((one for one in self.repeats if one.is_open), key=lambda one: (one.created_time, one.id))

    @property
    def last_bought(self) -> Order | None:
        """The latest order that counts as a purchase."""
        return last_bought(self.orders)


@dataclass(frozen=True, slots=True)
class Due:
    """From when on a repeat deal is due, and why not sooner."""

    moment: datetime
    reason: Text


def last_bought(orders: Iterable[Order]) -> Order | None:
    """The latest order that counts as a purchase."""
    bought = (order for order in orders if order.is_bought)
    return max(bought, key=lambda order: (order.created_time, order.id), default=None)


def task_key(repeat: RepeatDeal) -> str:
    """The business key of the manager's task."""
    return f"{KEY}deal:{repeat.id}"


def decide(facts: RepeatFacts, limits: Limits, now: datetime) -> Decision:
    """One deal for a company that has not ordered for long, and the task of the open one."""
    summary = _summary(facts)
    held = _held_back(facts, limits, now)
    if facts.open_repeats:
        return _open(facts, limits, now, summary)
    if held is not None:
        outcome, reason = held
        return Decision(outcome, reason, (), summary)
    due = due_from(facts, limits)
    if due is None or now < due.moment:
        return _not_yet(due, summary)
    turn = facts.start.turn(due.moment, limits.text("repeat.start"))
    if turn is not Turn.NOW:
        return Decision(turn.value, _turned_away(turn, facts, limits), (), summary)
    return Decision("created", due.reason, (_new_deal(facts),), summary)


def is_in_line(facts: RepeatFacts, limits: Limits, now: datetime) -> bool:
    """Whether only the day's share keeps an old company from its deal."""
    return decide(facts, limits, now).outcome == Turn.QUEUED.value


def due_from(facts: RepeatFacts, limits: Limits) -> Due | None:
    """The morning of the first day that is more than `repeat.days` after the last order, later when the
    client has just been asked; None for a company that never ordered."""
    calendar, last = facts.company.calendar, facts.last_bought
    if last is None:
        return None
    day = calendar.local_day(last.created_time)
    silent = day + timedelta(days=limits.integer("repeat.days") + 1)
    reason = sentence(
        "Последний заказ {day}: с тех пор тишина.", "The last order was on {day}: silence since.", day=day
    )
    asked = _last_asked(facts, last, calendar)
    if asked is not None:
        rested = asked + timedelta(days=limits.integer("repeat.cooldown") + 1)
        if rested > silent:
            return Due(_morning(rested, calendar, limits), _asked_text(asked, rested))
    return Due(_morning(silent, calendar, limits), reason)


def is_answered(repeat: RepeatDeal, orders: Iterable[Order]) -> Order | None:
    """The order that a repeat deal has led to: the first one made after it; or one that came into the
    funnel otherwise, where there was none when the app made the deal."""
    bought = sorted((one for one in orders if one.is_bought), key=lambda one: (one.created_time, one.id))
    later = [one for one in bought if one.created_time > repeat.created_time]
    moved_in = [one for one in bought if one.is_open] if repeat.made_by_app else []
    return next(iter([*later, *moved_in]), None)


def _last_asked(facts: RepeatFacts, last: Order, calendar: Calendar) -> date | None:
    """The day the client was last asked in vain: refused, or said to come back and did not order."""
    ends = [one.ended_at for one in facts.repeats if one.is_refused and not one.is_duplicate]
    ends += [one.ended_at for one in facts.repeats if _came_to_nothing(one, last)]
    return max(map(calendar.local_day, ends), default=None)


def _came_to_nothing(repeat: RepeatDeal, last: Order) -> bool:
    return repeat.stage == RETURNED and last.created_time <= repeat.created_time


def _held_back(facts: RepeatFacts, limits: Limits, now: datetime) -> tuple[str, Text] | None:
    """Why a company gets no repeat deal, whatever the day."""
    card = facts.company.card
    if card.is_my_company:
        return "own_company", Text("Это наша компания.", "This is our own company.")
    if any(order.is_open for order in facts.orders):
        return "has_order", Text("Есть открытый заказ.", "There is an open order.")
    if facts.last_bought is None:
        return "no_orders", Text("Заказов не было: это ещё не клиент.", "No orders so far: not a client yet.")
    if _is_stopped(facts, limits):
        return "stopped", Text("Компания в стоп-листе повторных продаж.", "The company is on the stop list.")
    if limits.flag("repeat.skip_debtors") and _debt(facts, limits, now) is not None:
        return "debtor", Text("Должникам повторные продажи не предлагаем.", "Debtors get no repeat sales.")
    return None


def _is_stopped(facts: RepeatFacts, limits: Limits) -> bool:
    """Whether `repeat.stop_list` names the company by its number or its type."""
    card = facts.company.card
    listed = {word.strip() for word in limits.text("repeat.stop_list").split(",")}
    return bool(listed & {str(card.id), (card.type or "").removeprefix("type.")} - {""})


def _debt(facts: RepeatFacts, limits: Limits, now: datetime) -> Money | None:
    """What the company owes too late, when that makes it a debtor."""
    overdue = assess(facts.company, limits, now).overdue
    return Money(overdue, facts.company.rates.base) if overdue > limits.decimal("debt.min_amount") else None


def _morning(day: date, calendar: Calendar, limits: Limits) -> datetime:
    return calendar.moment(day, time.fromisoformat(limits.text("repeat.time")))


def _asked_text(asked: date, rested: date) -> Text:
    return sentence(
        "С клиентом говорили {asked}, снова спросим не раньше {rested}.",
        "The client was asked on {asked}; the next time not before {rested}.",
        asked=asked,
        rested=rested,
    )


def _not_yet(due: Due | None, summary: dict[str, object]) -> Decision:
    assert due is not None  # noqa: S101 - a company without orders is held back
    return Decision("not_yet", due.reason, (At(due.moment),), {**summary, "due": due.moment.isoformat()})


def _turned_away(turn: Turn, facts: RepeatFacts, limits: Limits) -> Text:
    if turn is Turn.QUEUED:
        return sentence(
            "Давно не заказывал, ждёт очереди: за день создаётся не больше {cap} повторных продаж.",
            "No orders for long, in line: at most {cap} repeat deals are made a day.",
            cap=limits.integer("repeat.daily_cap"),
        )
    return sentence(
        "Давно не заказывал, но срок прошёл до включения правила {day}: берём только новых.",
        "No orders for long, but that was so before the rule was switched on, {day}: only new ones are taken.",
        day=facts.company.calendar.local_day(facts.start.since),
    )


def _new_deal(facts: RepeatFacts) -> Create:
    card, last = facts.company.card, facts.last_bought
    assert last is not None  # noqa: S101 - a company without orders is held back
    title = sentence("Повторная продажа: {company}", "Repeat sale: {company}", company=card.title)
    day = facts.company.calendar.local_day(last.created_time)
    fields = {
        "title": title.in_language(facts.language),
        "category": FUNNEL,
        "stage": NEW,
        "company_id": card.id,
        "contact_id": facts.contact_id,
        "assigned_by_id": card.responsible,
        "source": SOURCE,
        "last_order": day,
    }
    wanted = {name: value for name, value in fields.items() if value is not None}
    return Create("deal", _occasion(facts, last, day), wanted)


def _occasion(facts: RepeatFacts, last: Order, day: date) -> str:
    """The key of the occasion: the company and the day of its last order, and after a talk that led to
    nothing the deal of that talk too."""
    earlier = [one.id for one in facts.repeats if one.created_time > last.created_time and not one.is_duplicate]
    after = f":{max(earlier)}" if earlier else ""
    return f"{KEY}company:{facts.company.card.id}:{day.isoformat()}{after}"


def _open(facts: RepeatFacts, limits: Limits, now: datetime, summary: dict[str, object]) -> Decision:
    commands = tuple(command for one in facts.open_repeats for command in _care(one, facts, limits, now))
    ids = ", ".join(str(one.id) for one in facts.open_repeats)
    reason = sentence("Повторная продажа уже идёт: {ids}.", "A repeat deal is open already: {ids}.", ids=ids)
    return Decision("open", reason, commands, summary)


def _care(repeat: RepeatDeal, facts: RepeatFacts, limits: Limits, now: datetime) -> Iterator[Command]:
    """The task of an open deal, and the warning about a debtor. Deals that people had before the rule was
    switched on are left alone."""
    if not repeat.made_by_app and repeat.created_time < facts.start.since:
        return
    calendar = facts.company.calendar
    debt = _debt(facts, limits, now)
    warning = _warning(debt) if debt is not None else Text("", "")
    yield CreateTask(
        key=task_key(repeat),
        title=Text("Связаться с клиентом, узнать, как дела", "Contact the client and ask how things are"),
        responsible=repeat.responsible,
        deadline=calendar.end_of_work(calendar.add_workdays(calendar.local_day(now), 1)),
        bind=(facts.company.card.ref, repeat.ref),
        description=joined((text for text in (_request(facts), warning) if text.ru), "\n"),
    )
    if debt is not None:
        yield Comment(f"{task_key(repeat)}:debtor", repeat.ref, warning)


def _request(facts: RepeatFacts) -> Text:
    last = facts.last_bought
    return sentence(
        "Клиент «{company}» давно не заказывал, последний заказ: {day}. Узнайте причину и договоритесь о новом. "
        "Если клиент отказался, закройте сделку с причиной отсутствия заказов.",
        "«{company}» has not ordered for long, the last order: {day}. Ask why and agree on a new one. "
        "If the client refuses, close the deal with the reason.",
        company=facts.company.card.title,
        day=facts.company.calendar.local_day(last.created_time) if last else "—",
    )


def _warning(debt: Money) -> Text:
    return sentence(
        "Внимание, Должник: просрочено {debt}. Сначала договоритесь об оплате.",
        "Mind, a debtor: {debt} overdue. Agree on the payment first.",
        debt=debt,
    )


def _summary(facts: RepeatFacts) -> dict[str, object]:
    last = facts.last_bought
    return {
        "orders": len(facts.orders),
        "last_order": last.created_time.isoformat() if last else None,
        "open_repeat_deals": [one.id for one in facts.open_repeats],
        "repeat_deals": len(facts.repeats),
    }
