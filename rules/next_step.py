"""Never a deal without a next step: where nothing is planned, a to-do asks to plan something."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from rules.business_calendar import Calendar
from rules.decision import At, CreateTodo, Decision, Ref, SetFields, Text
from rules.limits import Limits

TITLE = Text("Запланируйте следующий шаг", "Plan the next step")


@dataclass(frozen=True, slots=True)
class NextStepFacts:
    """A deal and the titles of what is planned about it: None for a deal that nobody has to push (closed,
    or in another funnel). `newest` is the id of the newest activity it ever had, 0 for none."""

    deal: Ref
    created_time: datetime
    responsible: int
    calendar: Calendar
    planned: tuple[str, ...] | None
    newest: int = 0


def push_funnels(limits: Limits) -> tuple[str, ...]:
    """The funnels of the setting `push.funnels`, by their logical names."""
    return tuple(name.strip() for name in limits.text("push.funnels").split(",") if name.strip())


def decide(facts: NextStepFacts, limits: Limits, now: datetime) -> Decision:
    """One to-do for a deal about which nothing is planned; as long as the to-do is open there is no second.

    «Нет следующего шага» is set until something else is planned. A new deal has `push.grace` minutes.
    """
    if facts.planned is None:
        return _decision("not_pushed", Text("Закрыта или в другой воронке.", "Closed, or in another funnel."), facts)
    if any(title.strip() not in (TITLE.ru, TITLE.en) for title in facts.planned):
        return _decision("planned", Text("Следующий шаг запланирован.", "The next step is planned."), facts)
    if facts.planned:
        return _decision("asked", Text("Дело с просьбой открыто.", "The to-do that asks for it is open."), facts, True)
    first_look = facts.created_time + timedelta(minutes=limits.integer("push.grace"))
    if facts.newest == 0 and now < first_look:
        return _decision("new", Text("Сделка только что создана.", "The deal is new."), facts, False, At(first_look))
    reason = Text("Ничего не запланировано.", "Nothing is planned.")
    return _decision("no_next_step", reason, facts, True, _todo(facts, limits, now))


def _decision(
    outcome: str, reason: Text, facts: NextStepFacts, missing: bool = False, *more: CreateTodo | At
) -> Decision:
    flag = SetFields(facts.deal, {"no_next_step": missing})
    return Decision(outcome, reason, (*more, flag), {"planned": list(facts.planned or ())})


def _todo(facts: NextStepFacts, limits: Limits, now: datetime) -> CreateTodo:
    """The key names the gap: behind which activity it opened, and the hour, because somebody who deletes the
    to-do instead of planning anything is asked again."""
    day = facts.calendar.add_workdays(facts.calendar.local_day(now), 1)
    return CreateTodo(
        key=f"next_step:{facts.deal}:{facts.newest}:{now.astimezone(UTC):%Y-%m-%dT%H}",
        target=facts.deal,
        title=TITLE,
        responsible=facts.responsible,
        deadline=facts.calendar.moment(day, time.fromisoformat(limits.text("push.deadline"))),
    )
