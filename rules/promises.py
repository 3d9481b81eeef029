"""A promise to pay: the record waits for its day, and is overdue again on the workday after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from rules.business_calendar import ONE_DAY, Calendar
from rules.debt_record import OVERDUE, PROMISED, WAITING, DebtRecord, Terms
from rules.decision import Comment, Money
from rules.wording import sentence


@dataclass(frozen=True, slots=True)
class Promise:
    """What a record's promise means now: the stage the record should stand on, the promised day if it is
    broken, the moment at which it will be if it is not."""

    stage: str = ""
    broken: date | None = None
    breaks_at: datetime | None = None


NO_PROMISE = Promise()


def promise_of(record: DebtRecord, stage: str, terms: Terms, calendar: Calendar, now: datetime) -> Promise:
    """Moves an overdue record to «Обещал оплатить», and back when the day has passed (`stage` is what it
    would be without a promise). The promised day counts in full, and money sent on it may take a weekend to arrive.

    A broken promise is remembered on the record (`broken_date`, `broken_promises`) and the promised day
    cleared, in one write: so it is counted once.
    """
    promised = record.promised_date
    if promised is None or stage not in (OVERDUE, PROMISED):
        return Promise(stage)
    breaks_at = calendar.start_of_day(calendar.this_or_next_workday(promised + ONE_DAY))
    if now < breaks_at:
        return Promise(PROMISED, breaks_at=breaks_at)
    return Promise(OVERDUE if now >= terms.overdue_from else WAITING, broken=promised)


def broken_comment(record: DebtRecord, broken: date, outstanding: Money) -> Comment:
    """What stays readable on the card when the promised day is cleared."""
    count = record.broken_promises + 1
    text = sentence(
        "Обещание оплатить {day} нарушено, всего нарушено обещаний: {count}. Осталось {outstanding}.",
        "The promise to pay by {day} is broken, broken promises so far: {count}. {outstanding} outstanding.",
        day=broken,
        count=count,
        outstanding=outstanding,
    )
    return Comment(f"promise:debt:{record.id}:{broken.isoformat()}:{count}", record.ref, text)
