"""How repeat deals end: with a new order, as a duplicate, or refused with the client's reason (R0.18, R0.20)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from rules.business_calendar import Calendar
from rules.decision import (
    Command,
    Comment,
    CompleteTask,
    Decision,
    MoveStage,
    Notify,
    SetFields,
    Text,
)
from rules.limits import Limits
from rules.repeat_sales import (
    DUPLICATE,
    NEW,
    REFUSED,
    RETURNED,
    Order,
    RepeatDeal,
    RepeatFacts,
    is_answered,
    task_key,
)
from rules.wording import link, sentence


@dataclass(frozen=True, slots=True)
class EndFacts:
    """A repeat deal by itself: where it stood while it was open, and since when reasons are asked for."""

    repeat: RepeatDeal
    calendar: Calendar
    stood_on: str | None
    since: datetime


def decide(facts: RepeatFacts, limits: Limits, now: datetime) -> Decision:
    """A new order closes the company's repeat deal as success (E.22); of two open ones the older stays
    (E.13); the task of a closed one is completed. What stood open before the rule was switched on and
    has nothing new about it is left alone."""
    commands: list[Command] = []
    outcome, reason = "nothing", Text("Закрывать нечего.", "Nothing to close.")
    for number, repeat in enumerate(facts.open_repeats):
        order = is_answered(repeat, facts.orders)
        if number and repeat.created_time >= facts.start.since:
            outcome, reason = "duplicate", _duplicate_text(facts.open_repeats[0])
            commands += _close_duplicate(repeat, reason)
        elif not number and order is not None and _is_news(repeat, order, facts):
            outcome, reason = "returned", _returned_text(order)
            commands += _close_returned(repeat, order, reason)
    commands += _finished_task(facts)
    return Decision(outcome, reason, tuple(commands), {"open_repeat_deals": [one.id for one in facts.open_repeats]})


def decide_reason(facts: EndFacts, limits: Limits, now: datetime) -> Decision:
    """A repeat deal that was closed as failed without a reason goes back to the stage it came from."""
    repeat = facts.repeat
    if not repeat.is_refused:
        return Decision("not_refused", Text("Сделка не закрыта отказом.", "The deal is not refused."))
    if repeat.reason:
        return Decision("has_reason", Text("Причина указана.", "The reason is given."))
    if repeat.ended_at < facts.since:
        return Decision("before_start", Text("Закрыта до включения правила.", "Closed before the rule was on."))
    text = _back_text(facts)
    key = f"{task_key(repeat)}:no_reason:{repeat.ended_at.isoformat()}"
    commands = (
        Comment(key, repeat.ref, text),
        Notify(f"{key}:told", repeat.responsible, text),
        MoveStage(repeat.ref, facts.stood_on or NEW),
    )
    return Decision("sent_back", text, commands)


def _is_news(repeat: RepeatDeal, order: Order, facts: RepeatFacts) -> bool:
    return max(repeat.created_time, order.created_time) >= facts.start.since


# The move comes last: a stop half way leaves an open deal, and the next look does the rest.


def _close_returned(repeat: RepeatDeal, order: Order, reason: Text) -> Iterator[Command]:
    yield CompleteTask(task_key(repeat), reason)
    yield Comment(f"{task_key(repeat)}:returned", repeat.ref, reason)
    yield MoveStage(repeat.ref, RETURNED)


def _close_duplicate(repeat: RepeatDeal, reason: Text) -> Iterator[Command]:
    yield CompleteTask(task_key(repeat), reason)
    yield Comment(f"{task_key(repeat)}:duplicate", repeat.ref, reason)
    yield SetFields(repeat.ref, {"no_order_reason": DUPLICATE})
    yield MoveStage(repeat.ref, REFUSED)


def _finished_task(facts: RepeatFacts) -> Iterator[Command]:
    """The task of the deal that was closed last, by whomever. One refused without a reason comes back."""
    ended = [one for one in facts.repeats if not one.is_open and not (one.is_refused and not one.reason)]
    last = max(ended, key=lambda one: (one.ended_at, one.id), default=None)
    if last is not None and last.ended_at >= facts.start.since:
        yield CompleteTask(task_key(last), Text("Повторная продажа закрыта.", "The repeat deal is closed."))


def _returned_text(order: Order) -> Text:
    return sentence("Клиент вернулся: {order}", "The client is back: {order}", order=link(order.ref, order.title))


def _duplicate_text(older: RepeatDeal) -> Text:
    return sentence(
        "Дубль: по этой компании уже идёт повторная продажа {older}",
        "Duplicate: the company has a repeat deal already, {older}",
        older=link(older.ref, older.title),
    )


def _back_text(facts: EndFacts) -> Text:
    moment = facts.repeat.ended_at.astimezone(facts.calendar.time_zone)
    return sentence(
        "{deal}: закрыта {moment} без причины и возвращена. "
        "Заполните «Причина отсутствия заказов» и закройте сделку снова.",
        "{deal}: closed {moment} without a reason and sent back. Fill in why there are no orders and close it again.",
        deal=link(facts.repeat.ref, facts.repeat.title),
        moment=moment.strftime("%d.%m.%Y %H:%M"),
    )
