"""Visits to clients: the day of the last one on the company's card, and the reminder to fill in a result."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from rules.business_calendar import ONE_DAY, Calendar
from rules.decision import At, CreateTodo, Decision, Ref, SetFields, Text
from rules.limits import Limits
from rules.send_window import SendWindow
from rules.wording import sentence


@dataclass(frozen=True, slots=True)
class Visit:
    """A record of the register. `has_result`: somebody chose how it ended, so it took place."""

    id: int
    day: date | None
    has_result: bool

    @property
    def ref(self) -> Ref:
        """The record itself."""
        return Ref("visit", self.id)


@dataclass(frozen=True, slots=True)
class CompanyVisits:
    """A company with all its visits."""

    company_id: int
    last_visit: date | None
    visits: tuple[Visit, ...]
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class VisitFacts:
    """One visit, and who answers for it: the employee who entered it, or his deputy."""

    visit: Visit
    company: str
    manager: int
    calendar: Calendar


def decide_last_visit(facts: CompanyVisits, limits: Limits, now: datetime) -> Decision:
    """The company's «Дата крайнего посещения» is the latest day, up to today, of a visit with a result.

    A later day is a plan: it counts from its own first moment on.
    """
    today = facts.calendar.local_day(now)
    days = sorted(_days_with_result(facts.visits))
    last = max((day for day in days if day <= today), default=None)
    planned = next((day for day in days if day > today), None)
    wake = (At(facts.calendar.start_of_day(planned)),) if planned else ()
    shown = {"last_visit": str(last), "visits": len(facts.visits)}
    return Decision(
        "visited" if last else "not_visited",
        _last_visit_reason(last),
        (SetFields(Ref("company", facts.company_id), {"last_visit": last}), *wake),
        shown,
    )


def decide_reminder(facts: VisitFacts, limits: Limits, now: datetime) -> Decision:
    """A visit whose day has passed and that has no result gives one to-do to its manager, at the first
    hour of work after that day. Visits of long ago are history, nobody will fill them in any more."""
    day = facts.visit.day
    if facts.visit.has_result or day is None:
        text = Text("Результат заполнен.", "The result is there.") if day else Text("Нет даты.", "No date.")
        return Decision("nothing", text)
    if facts.calendar.local_day(now) > day + timedelta(days=limits.integer("visit.remind_days")):
        return Decision("old", Text("Посещение слишком давнее для напоминания.", "Too long ago for a reminder."))
    begins = SendWindow.of(facts.calendar, limits).opening(day + ONE_DAY)
    if now < begins:
        return Decision("waits", Text("День посещения не прошёл.", "The day is not over."), (At(begins),))
    return Decision("remind", Text("Нет результата посещения.", "The visit has no result."), (_todo(facts, now),))


def _todo(facts: VisitFacts, now: datetime) -> CreateTodo:
    return CreateTodo(
        key=f"visit_result:{facts.visit.id}",
        target=facts.visit.ref,
        title=sentence(
            "Заполните результат посещения {day}: {company}",
            "Fill in the result of the visit of {day}: {company}",
            day=facts.visit.day,
            company=facts.company,
        ),
        responsible=facts.manager,
        deadline=facts.calendar.closest_end_of_work(now),
    )


def _days_with_result(visits: Iterable[Visit]) -> Iterable[date]:
    return (visit.day for visit in visits if visit.has_result and visit.day is not None)


def _last_visit_reason(last: date | None) -> Text:
    if last is None:
        return Text("Посещений с результатом не было.", "There was no visit with a result.")
    return sentence("Последнее посещение с результатом: {day}.", "The last visit with a result: {day}.", day=last)
