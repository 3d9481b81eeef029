"""Reminders of debts to a client: one message a day about everything that is worth one, and what is left to people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from rules.business_calendar import Calendar
from rules.client_messages import ClientMessage, MessageState
from rules.decision import At, Command, Comment, Complain, CreateTodo, Decision, Ref, SendMessage, SetFields, Text
from rules.limits import Limits
from rules.opt_out import refusal
from rules.receivables import AssessedRecord, CompanyCard, CompanyFacts, assess
from rules.reminder_log import DUE, PRE, STAMPS, Told, days_held, days_taken, latest_trouble, told_about, unstamped
from rules.reminder_plan import NOT_YET, Circumstances, Reminder, State, due_opening, plan, pre_day
from rules.send_window import SendWindow
from rules.templates import MissingValueError, compose, language_of
from rules.wording import joined, sentence, sums

PRIORITIES = {DUE: 10, PRE: 20}
LISTED_FOR = timedelta(days=14)
"""how long a reminder that was missed stays in the list"""
LONG_AGO = datetime.min.replace(tzinfo=UTC)
MENTIONED = 5
"""records, and sentences, that a reason speaks of; the facts of explain have all of them"""
NO_REASON = Text("", "")
CHANNELS = {"openline": Text("в чат", "in the chat"), "email": Text("письмом", "by e-mail")}
"""how people call the channels; a messenger goes by its own name"""
KINDS = {PRE: Text("до срока", "before the due day"), DUE: Text("в срок", "on the due day")}


@dataclass(frozen=True, slots=True)
class ReminderFacts:
    """A company's debts, what it was written so far, and the portal's language."""

    company: CompanyFacts
    messages: Sequence[ClientMessage]
    language: str
    since: datetime = LONG_AGO
    """when the reminders were switched on"""


def decide(facts: ReminderFacts, limits: Limits, now: datetime) -> Decision:
    """What should be true of the reminders to a company; what was sent is told by the log and by stamps."""
    company = facts.company
    around = _circumstances(facts, limits, now)
    owed = [item for item in assess(company, limits, now).records if item.is_open and not item.record.is_return]
    told = {item.record.id: _told(item, facts, around) for item in owed}
    card = company.card
    forbidden = refusal(card.id, is_ours=card.is_my_company, opted_out=card.no_auto_messages, limits=limits)
    reminders = [] if forbidden else [one for item in owed for one in plan(item, told[item.record.id], around)]
    to_send = [one for one in reminders if one.state is State.NOW]
    commands: tuple[Command, ...] = (
        *_stamps(owed, told, around),
        *(_message(facts, to_send, limits, around) if to_send else ()),
        *(_listed(one) for one in reminders if _is_listed(one, facts.since, around)),
        *_trouble(facts),
        *([] if forbidden else _next_look(owed, reminders, around)),
    )
    if forbidden:
        return Decision("refused", forbidden, commands)
    reason = _reason(reminders, facts.company.calendar)
    return Decision(_outcome(reminders), reason, commands, _summary(reminders))


def _circumstances(facts: ReminderFacts, limits: Limits, now: datetime) -> Circumstances:
    calendar = facts.company.calendar
    return Circumstances(
        calendar=calendar,
        window=SendWindow.of(calendar, limits),
        rates=facts.company.rates,
        limits=limits,
        now=now,
        taken=days_taken(facts.messages, calendar),
        held=days_held(facts.messages, calendar),
    )


def _told(item: AssessedRecord, facts: ReminderFacts, around: Circumstances) -> dict[str, Told]:
    due_day = around.calendar.local_day(due_opening(item, around.window, around.calendar))
    return told_about(item, due_day, facts.messages, around.calendar)


def _stamps(
    owed: Iterable[AssessedRecord], told: Mapping[int, Mapping[str, Told]], around: Circumstances
) -> Iterator[Comment | SetFields]:
    """What went out is told in the record's timeline, then stamped: the stamp ends the telling."""
    for item in owed:
        fields: dict[str, datetime] = {}
        for kind, moment, channel in unstamped(item.record, told[item.record.id], around.calendar):
            fields[STAMPS[kind]] = moment
            yield _sent_comment(item, kind, around.calendar.local_day(moment), channel)
        if fields:
            yield SetFields(item.record.ref, fields)


def _sent_comment(item: AssessedRecord, kind: str, day: date, channel: str) -> Comment:
    text = sentence(
        "Клиенту отправлено напоминание {kind}: {day}, {channel}.",
        "The client was sent the reminder {kind}: {day}, {channel}.",
        kind=KINDS[kind],
        day=day,
        channel=CHANNELS.get(channel, channel),
    )
    return Comment(f"reminded:{kind}:debt:{item.record.id}:{day.isoformat()}", item.record.ref, text)


def _message(
    facts: ReminderFacts, reminders: Sequence[Reminder], limits: Limits, around: Circumstances
) -> Iterator[SendMessage | Complain]:
    """One message about all records of today; its key is the company and the day."""
    card, items = facts.company.card, [one.item for one in reminders]
    purpose = DUE if any(one.kind == DUE for one in reminders) else PRE
    language = language_of(card.message_language, facts.language)
    try:
        letter = compose(limits, purpose, language, _values(card, items), [_line_values(item) for item in items])
    except MissingValueError as error:
        yield _unfilled(card, purpose, language, error.field)
        return
    deals = dict.fromkeys(Ref("deal", item.record.deal_id) for item in items if item.record.deal_id)
    yield SendMessage(
        key=f"debts:company:{card.id}:{around.today.isoformat()}",
        company=card.ref,
        purpose=purpose,
        text=letter.text,
        subject=letter.subject,
        about=(*deals, *(item.record.ref for item in items)),
        priority=PRIORITIES[purpose],
    )


def _values(card: CompanyCard, items: Sequence[AssessedRecord]) -> dict[str, Any]:
    numbers = [item.record.shipment_number for item in items]
    return {
        "company": card.title,
        "total": sums(item.outstanding for item in items),
        "count": len(items),
        "due_date": min(item.terms.due_date for item in items),
        "shipment_number": ", ".join(number for number in numbers if number) if all(numbers) else None,
    }


def _line_values(item: AssessedRecord) -> dict[str, Any]:
    number, shipped = item.record.shipment_number, item.terms.shipment_date
    named = sentence("№ {number} от {day}", "No. {number} of {day}", number=number, day=shipped)
    return {
        "shipment": named if number else sentence("от {day}", "of {day}", day=shipped),
        "shipment_number": number,
        "shipment_date": shipped,
        "title": item.record.title,
        "amount": item.amount,
        "paid": item.paid,
        "outstanding": item.outstanding,
        "due_date": item.terms.due_date,
    }


def _unfilled(card: CompanyCard, purpose: str, language: str, field: str) -> Complain:
    text = sentence(
        "Сообщение компании «{company}» не отправлено: в тексте {setting} есть поле {{{field}}}, а значения нет. "
        "Заполните его или уберите поле из текста.",
        "The message to «{company}» was not sent: {setting} has the field {{{field}}}, which has no value. "
        "Fill it in, or take the field out of the text.",
        company=card.title,
        setting=f"template.{purpose}.{language}",
        field=field,
    )
    return Complain(f"unfilled:{purpose}:company:{card.id}:{field}", text, card.ref)


def _is_listed(one: Reminder, since: datetime, around: Circumstances) -> bool:
    """What was due before the app came is nobody's omission, and what is long past helps nobody."""
    if one.state is not State.MISSED or one.planned is None or one.planned < around.calendar.local_day(since):
        return False
    return around.today - one.planned <= LISTED_FOR


def _listed(one: Reminder) -> Complain:
    record = one.item.record
    text = sentence(
        "«{title}»: напоминание клиенту {kind} {why}.",
        "«{title}»: the reminder to the client {kind} {why}.",
        title=record.title,
        kind=KINDS[one.kind],
        why=one.reason,
    )
    return Complain(f"missed:{one.kind}:debt:{record.id}:{one.planned}", text, record.ref)


def _trouble(facts: ReminderFacts) -> Iterator[CreateTodo]:
    """The manager is told once that nobody could be reached; again only after a message that went out."""
    found = latest_trouble(facts.messages)
    if found is None:
        return
    last, first = found
    card, calendar = facts.company.card, facts.company.calendar
    failed = Text("Сообщение не доставлено", "A message was not delivered")
    no_channel = Text("Нет канала", "No channel")
    title = sentence(
        "{what}: «{company}» не получила напоминание об оплате. Проверьте телефон и e-mail, свяжитесь с клиентом.",
        "{what}: «{company}» has not got the reminder to pay. Check phone and e-mail, and contact the client.",
        what=failed if last.state is MessageState.FAILED else no_channel,
        company=card.title,
    )
    deadline = calendar.closest_end_of_work(first.at)
    yield CreateTodo(f"no_channel:{first.key}", card.ref, title, card.responsible, deadline)


def _next_look(owed: Iterable[AssessedRecord], reminders: Iterable[Reminder], around: Circumstances) -> Iterator[At]:
    moments = {moment for item in owed for moment in _moments(item, around)}
    moments |= {one.moment for one in reminders if one.moment is not None}
    if any(one.state is State.NOW for one in reminders):
        moments.add(around.window.next_opening(around.now))
    ahead = [moment for moment in moments if moment > around.now]
    if ahead:
        yield At(min(ahead))


def _moments(item: AssessedRecord, around: Circumstances) -> Iterator[datetime]:
    """The moments at which something about the reminders of a record may change."""
    window, record = around.window, item.record
    yield due_opening(item, window, around.calendar)
    yield window.opening(pre_day(item, around.calendar, around.limits))
    if record.no_remind_until is not None:
        yield window.opening(record.no_remind_until)
    if record.promised_date is not None:
        yield window.opening(record.promised_date + timedelta(days=1))


def _outcome(reminders: Sequence[Reminder]) -> str:
    for state in (State.NOW, State.LATER, State.SENT, State.MISSED):
        if any(one.state is state for one in reminders):
            return state.value
    return "quiet"


def _reason(reminders: Sequence[Reminder], calendar: Calendar) -> Text:
    """One short sentence a record; records of which the same is to be said share it."""
    if not reminders:
        return Text("Напоминать не о чем: открытых долгов нет.", "Nothing to remind of: no open debts.")
    told: dict[Text, list[str]] = {}
    for one in _most_telling(reminders):
        told.setdefault(_in_words(one, calendar), []).append(one.item.record.title)
    lines = [
        sentence("{records}: {words}.", "{records}: {words}.", records=_named(titles), words=words)
        for words, titles in told.items()
    ]
    return joined([*lines[:MENTIONED], *([Text("…", "…")] if len(lines) > MENTIONED else [])], " ")


def _most_telling(reminders: Iterable[Reminder]) -> list[Reminder]:
    """Of the reminders about a record the one that goes next; when none does, what became of the last one."""
    by_record: dict[int, list[Reminder]] = {}
    for one in reminders:
        by_record.setdefault(one.item.record.id, []).append(one)
    order = (State.NOW, State.LATER)
    return [
        next((one for state in order for one in mine if one.state is state), mine[-1]) for mine in by_record.values()
    ]


def _in_words(one: Reminder, calendar: Calendar) -> Text:
    if one.state is State.NOW:
        return Text("напоминаем сейчас", "the client is reminded now")
    if one.state is State.SENT:
        return sentence("напомнили {day}", "reminded on {day}", day=one.planned)
    if one.state is State.LATER and one.moment is not None:
        why = NO_REASON if one.reason == NOT_YET else sentence(", {why}", ", {why}", why=one.reason)
        day = calendar.local_day(one.moment)
        return sentence("напомним {day}{why}", "a reminder on {day}{why}", day=day, why=why)
    if one.state is State.OFF:
        return sentence("не напоминаем, {why}", "no reminder, {why}", why=one.reason)
    return one.reason


def _named(titles: Sequence[str]) -> Text:
    names = ", ".join(f"«{title}»" for title in titles[:MENTIONED])
    more = len(titles) - MENTIONED
    return (
        sentence("{names} и ещё {more}", "{names} and {more} more", names=names, more=more)
        if more > 0
        else Text(names, names)
    )


def _summary(reminders: Iterable[Reminder]) -> Mapping[str, Any]:
    return {
        "reminders": [
            {
                "record": one.item.record.id,
                "kind": one.kind,
                "state": one.state.value,
                "day": one.planned.isoformat() if one.planned else None,
            }
            for one in reminders
        ]
    }
