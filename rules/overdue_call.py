"""The manager's call: one task for a company and a day on which records of it fell due.

A debt that comes later on the day (E.50), or comes back, is added to the task and opens it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from rules.business_calendar import ONE_DAY, Calendar
from rules.debt_record import CLOSED, OVERDUE, PROMISED, DebtRecord
from rules.decision import CompleteTask, CreateTask, Ref, Text
from rules.deferral import overdue_from
from rules.limits import Limits
from rules.receivables import AssessedRecord, CompanyFacts, Receivables, is_small
from rules.wording import joined, sentence, sums


@dataclass(frozen=True, slots=True)
class Calls:
    """What should be true of the call tasks, and when to look again."""

    commands: tuple[CreateTask | CompleteTask, ...]
    later: tuple[datetime, ...] = ()


def calls_for(facts: CompanyFacts, receivables: Receivables, limits: Limits, now: datetime) -> Calls:
    """The task of every day that is worth a call, from the hour of `send_window` on.

    Money that comes in before that hour makes a task needless (E.05); a task whose records
    are all paid, promised, or have moved to another day, is completed.
    """
    commands: list[CreateTask | CompleteTask] = []
    later: list[datetime] = []
    days = _by_call_day(receivables.records, facts.calendar)
    for day, members in sorted(days.items()):
        begins = _begins(day, facts.calendar, limits)
        to_call = [item for item in members if _is_worth_a_call(item, facts, limits, now)]
        if to_call and now >= begins:
            commands.append(_task(facts, day, to_call, now))
        elif to_call:
            later.append(begins)
        elif now >= begins and _was_worth_a_call(members, facts, limits, now, begins):
            commands.append(CompleteTask(_key(facts, day), _done_comment(members)))
    commands += _abandoned(facts, receivables.records, days, limits, now)
    return Calls(tuple(commands), tuple(later))


def call_day(record: DebtRecord, due: date, late_from: datetime, broken: date | None, calendar: Calendar) -> date:
    """The workday on which the manager calls about a record: the first one since it is overdue, since
    it was entered (E.50), or since a promise to pay was broken, whichever was the latest."""
    known_from = max(due, calendar.local_day(late_from), calendar.local_day(record.created_time))
    if broken is not None:
        known_from = max(known_from, broken + ONE_DAY)
    return calendar.this_or_next_workday(known_from)


def _begins(day: date, calendar: Calendar, limits: Limits) -> datetime:
    """When people may be asked to call on a day: the beginning of `send_window` (`09:00-18:00`)."""
    start, _, _ = limits.text("send_window").partition("-")
    return calendar.moment(day, time.fromisoformat(start.strip()))


def _by_call_day(records: Iterable[AssessedRecord], calendar: Calendar) -> dict[date, list[AssessedRecord]]:
    days: dict[date, list[AssessedRecord]] = {}
    for item in records:
        if not item.record.is_return:
            terms = item.terms
            day = call_day(item.record, terms.due_date, terms.overdue_from, item.broken_date, calendar)
            days.setdefault(day, []).append(item)
    return days


def _is_worth_a_call(item: AssessedRecord, facts: CompanyFacts, limits: Limits, now: datetime) -> bool:
    """Overdue by the calendar and by its stage (a promise or a claim is in somebody's hands already),
    and more than small change."""
    return item.stage == OVERDUE and now >= item.terms.overdue_from and not is_small(item, facts.rates, limits)


def _was_worth_a_call(
    members: Iterable[AssessedRecord], facts: CompanyFacts, limits: Limits, now: datetime, begins: datetime
) -> bool:
    """Whether a task may exist whose records are done with: some was closed or promised after the task's
    hour, and none waits for a call. Records paid in time never had a task, and are not asked about."""
    closed_late = False
    for item in members:
        waits = item.is_open and item.stage != PROMISED
        if waits and not is_small(item, facts.rates, limits):
            return False
        closed_at = now if item.stage != item.record.stage else item.record.moved_time
        closed_late |= waits or (closed_at is not None and closed_at >= begins)
    return closed_late


def _abandoned(
    facts: CompanyFacts,
    records: Iterable[AssessedRecord],
    days: Mapping[date, object],
    limits: Limits,
    now: datetime,
) -> list[CompleteTask]:
    """Tasks of days that a changed deferral (E.06) or a broken promise has just emptied."""
    left = set()
    for item in records:
        record, before = item.record, item.record.due_date
        moved = before != item.terms.due_date or record.broken_date != item.broken_date
        if before is None or not moved or record.stage in CLOSED:
            continue
        late_from = overdue_from(before, facts.calendar, limits)
        left.add(call_day(record, before, late_from, record.broken_date, facts.calendar))
    comment = Text("День звонка изменился.", "The day of the call has changed.")
    empty = (day for day in sorted(left) if day not in days and now >= _begins(day, facts.calendar, limits))
    return [CompleteTask(_key(facts, day), comment) for day in empty]


def _task(facts: CompanyFacts, day: date, members: list[AssessedRecord], now: datetime) -> CreateTask:
    responsible = {item.responsible for item in members}
    return CreateTask(
        key=_key(facts, day),
        title=sentence(
            "Позвонить: просрочка {company}, {total}",
            "Call: {company} is overdue, {total}",
            company=facts.card.title,
            total=sums(item.outstanding for item in members),
        ),
        responsible=responsible.pop() if len(responsible) == 1 else facts.card.responsible,
        deadline=facts.calendar.closest_end_of_work(now),
        bind=_bound_to(facts, members),
        description=joined((_line(item) for item in members), "\n"),
        covers_until=max(_known_since(item, now) for item in members),
    )


def _known_since(item: AssessedRecord, now: datetime) -> datetime:
    """Since when there is something to call about: a paid debt that is open again is news like a new one."""
    return now if item.record.stage in CLOSED else item.record.created_time


def _bound_to(facts: CompanyFacts, members: Iterable[AssessedRecord]) -> tuple[Ref, ...]:
    records = [item.record for item in members]
    deals = dict.fromkeys(Ref("deal", record.deal_id) for record in records if record.deal_id)
    return (facts.card.ref, *deals, *(record.ref for record in records))


def _line(item: AssessedRecord) -> Text:
    return sentence(
        "{title}: отгрузка {shipped} на {amount}, срок оплаты {due}, осталось {outstanding}",
        "{title}: shipped {shipped}, {amount}, due {due}, outstanding {outstanding}",
        title=item.record.title,
        shipped=item.terms.shipment_date,
        amount=item.amount,
        due=item.terms.due_date,
        outstanding=item.outstanding,
    )


def _done_comment(members: Iterable[AssessedRecord]) -> Text:
    """Why nobody has to call any more."""
    promised = [item for item in members if item.stage == PROMISED]
    if promised:
        total = sums(item.outstanding for item in promised)
        return sentence("Клиент обещал оплатить: {total}.", "The client has promised to pay {total}.", total=total)
    return sentence(
        "Долг закрыт: {total}.", "The debt is settled: {total}.", total=sums(item.amount for item in members)
    )


def _key(facts: CompanyFacts, day: date) -> str:
    return f"overdue:company:{facts.card.id}:{day.isoformat()}"
