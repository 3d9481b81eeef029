"""The log of messages to clients: a row before a channel is called, its state ever after."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, or_, select, update
from sqlalchemy.orm import Session

from b24app.channels.reports import FAILED
from b24app.engine import journal, timers
from b24app.store.models import JournalRow, MessageRow
from b24app.store.upsert import chunks, insert_missing
from rules.client_messages import GONE_OUT, ClientMessage, MessageState
from rules.decision import Ref, SendMessage, Text

REMEMBERED = timedelta(days=400)
"""how far back rules see what was sent: a due day and its reminders lie within"""

_SHOWN = (
    MessageRow.company_id,
    MessageRow.key,
    MessageRow.purpose,
    MessageRow.state,
    MessageRow.at,
    MessageRow.channel,
    MessageRow.about,
    MessageRow.reason_ru,
    MessageRow.reason_en,
    MessageRow.text,
    MessageRow.subject,
    MessageRow.detail,
)
"""what rules see of a message: objects of whole rows take five times as long"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row as the sending sees it."""

    id: int
    key: str
    company: int
    state: MessageState
    slot: str | None
    tried: tuple[tuple[str, Text], ...] = ()
    """channels that cannot reach the client, and why"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A message that is about to be handed over. `slot` is the company's day."""

    rule: str
    message: SendMessage
    slot: str
    journal_id: int | None = None


def of_companies(
    session: Session, portal_id: int, companies: Collection[int], now: datetime
) -> dict[int, list[ClientMessage]]:
    """What was sent or wanted, by company, the oldest first."""
    found: dict[int, list[ClientMessage]] = {id: [] for id in companies}
    for part in chunks(sorted(companies)):
        rows = session.execute(
            select(*_SHOWN)
            .where(MessageRow.portal_id == portal_id, MessageRow.company_id.in_(part), MessageRow.at > now - REMEMBERED)
            .order_by(MessageRow.at, MessageRow.id)
        )
        for row in rows:
            found[row.company_id].append(_shown(row))
    return found


def by_keys(session: Session, portal_id: int, keys: Collection[str]) -> dict[str, Entry]:
    """The rows of these keys."""
    found: dict[str, Entry] = {}
    for part in chunks(sorted(set(keys))):
        rows = session.scalars(select(MessageRow).where(MessageRow.portal_id == portal_id, MessageRow.key.in_(part)))
        found.update((row.key, _entry(row)) for row in rows)
    return found


def taken_slots(session: Session, portal_id: int, slots: Collection[str]) -> dict[str, str]:
    """Days of companies that have their message: slot -> key."""
    found: dict[str, str] = {}
    for part in chunks(sorted(set(slots))):
        rows = session.execute(
            select(MessageRow.slot, MessageRow.key).where(MessageRow.portal_id == portal_id, MessageRow.slot.in_(part))
        )
        found.update((row.slot, row.key) for row in rows)
    return found


def sent_since(session: Session, portal_id: int, since: datetime) -> dict[str, int]:
    """How many messages each rule has sent since a moment."""
    rows = session.execute(
        select(MessageRow.rule, func.count())
        .where(MessageRow.portal_id == portal_id, MessageRow.at > since, MessageRow.state.in_(GONE_OUT))
        .group_by(MessageRow.rule)
    )
    return {row[0]: row[1] for row in rows}


def hold(session: Session, portal_id: int, rule: str, message: SendMessage, reason: Text, now: datetime) -> None:
    """Notes that a message waits; one that waits already gets the new reason."""
    row = {**_row(portal_id, rule, message, now), "state": MessageState.WAITING}
    row |= {"reason_ru": reason.ru, "reason_en": reason.en}
    insert_missing(session, MessageRow, [row], ["portal_id", "key"])
    values = {"reason_ru": reason.ru, "reason_en": reason.en, "text": message.text, "subject": message.subject}
    mine = (MessageRow.portal_id == portal_id, MessageRow.key == message.key)
    session.execute(update(MessageRow).where(*mine, MessageRow.state == MessageState.WAITING).values(**values))


def drop(
    session: Session, portal_id: int, looked: Mapping[str, Collection[int]], wanted: Collection[str], now: datetime
) -> list[timers.Key]:
    """Forgets messages that waited and that their rule, which has just looked at these companies, does not want. One
    that came back has failed then; returns the timers of their subjects, whose rules have to look again."""
    failed: list[timers.Key] = []
    waiting = select(MessageRow).where(MessageRow.portal_id == portal_id, MessageRow.state == MessageState.WAITING)
    for row in session.scalars(waiting.where(MessageRow.rule.in_(looked))):
        if row.company_id not in looked[row.rule] or row.key in wanted:
            continue
        if row.detail == FAILED:
            row.state, row.at = MessageState.FAILED, now
            failed.append((row.rule, "company", row.company_id))
        else:
            session.delete(row)
    return failed


def come_back(session: Session, row: MessageRow, reason: Text, now: datetime) -> None:
    """A channel that took a message cannot reach the client: the message waits for the next one. It keeps its day, and
    what the first channel may still tell of it."""
    row.tried = [*row.tried, {"channel": row.channel, "ru": reason.ru, "en": reason.en}]
    row.state, row.at = MessageState.WAITING, now
    if row.journal_id is not None:
        journal.settle(session, [row.journal_id], journal.REFUSED, error=reason.en)
    timers.settle(session, row.portal_id, {(row.rule, "company", row.company_id): now}, now)


def reserve(session: Session, portal_id: int, attempts: Sequence[Attempt], now: datetime) -> dict[str, int]:
    """Takes the keys and the days of messages: key -> row. From now on, and until their outcome is written, they
    count as sent. A key or a day that is taken already is left out."""
    rows = [
        {
            **_row(portal_id, one.rule, one.message, now),
            "state": MessageState.WAITING,
            "slot": None,
        }
        for one in attempts
    ]
    insert_missing(session, MessageRow, rows, ["portal_id", "key"])
    standing = by_keys(session, portal_id, [one.message.key for one in attempts])
    taken = taken_slots(session, portal_id, [one.slot for one in attempts])
    mine: dict[str, int] = {}
    for one in attempts:
        entry = standing[one.message.key]
        if entry.state != MessageState.WAITING or taken.get(one.slot, one.message.key) != one.message.key:
            continue
        values = {"text": one.message.text, "subject": one.message.subject, "slot": one.slot, "at": now}
        values |= {"state": MessageState.UNKNOWN, "reason_ru": "", "reason_en": "", "journal_id": one.journal_id}
        values |= {"channel": "", "channel_ref": ""}
        session.execute(update(MessageRow).where(MessageRow.id == entry.id).values(**values))
        taken[one.slot] = one.message.key
        mine[one.message.key] = entry.id
    return mine


def settle(
    session: Session,
    id: int,
    now: datetime,
    *,
    state: MessageState | None = None,
    reason: Text | None = None,
    **values: Any,
) -> None:
    """What became of a message. A state in which the client got nothing gives the day back; what an earlier channel
    reported of it says nothing about the one that has it now."""
    if state is MessageState.SENT:
        values = {"detail": "", **values}
    if state is not None:
        values |= {"state": state} | ({} if state in GONE_OUT else {"slot": None})
    if reason is not None:
        values |= {"reason_ru": reason.ru, "reason_en": reason.en}
    session.execute(update(MessageRow).where(MessageRow.id == id).values(at=now, **values))


def unknown(session: Session, portal_id: int) -> list[MessageRow]:
    """Messages whose answer was lost, the oldest first."""
    query = select(MessageRow).where(MessageRow.portal_id == portal_id, MessageRow.state == MessageState.UNKNOWN)
    return list(session.scalars(query.order_by(MessageRow.at, MessageRow.id)))


def listed(
    session: Session,
    portal_id: int,
    *,
    company: int | None = None,
    since: datetime | None = None,
    state: MessageState | None = None,
    limit: int = 200,
) -> list[MessageRow]:
    """The newest messages that fit, the oldest first."""
    query = select(MessageRow).where(MessageRow.portal_id == portal_id)
    if company is not None:
        query = query.where(MessageRow.company_id == company)
    if since is not None:
        query = query.where(MessageRow.at >= since)
    if state is not None:
        query = query.where(MessageRow.state == state)
    newest = query.order_by(MessageRow.at.desc(), MessageRow.id.desc()).limit(limit)
    return list(reversed(session.scalars(newest).all()))


def owned(session: Session, portal_id: int, companies: Collection[int]) -> list[MessageRow]:
    """Every message to companies."""
    found: list[MessageRow] = []
    for part in chunks(sorted(companies)):
        query = select(MessageRow).where(MessageRow.portal_id == portal_id, MessageRow.company_id.in_(part))
        found += session.scalars(query.order_by(MessageRow.id))
    return found


def rehome(session: Session, message: MessageRow, company: int) -> None:
    """A message's company was merged into this one, and so are the days that have their message. A day on which both
    had one is taken anyway."""
    values: dict[str, Any] = {"company_id": company}
    if message.slot is not None:
        slot = f"{company}:{message.slot.partition(':')[2]}"
        if not taken_slots(session, message.portal_id, [slot]):
            values["slot"] = slot
    session.execute(update(MessageRow).where(MessageRow.id == message.id).values(**values))
    if message.journal_id is not None:
        session.execute(update(JournalRow).where(JournalRow.id == message.journal_id).values(item_id=company))


def forget_texts(session: Session, portal_id: int, before: datetime) -> None:
    """Forgets what old messages said, in the journal too. That there was one, to whom, when and by which channel
    stays; one that waits or whose answer was lost still needs its words."""
    settled = MessageRow.state.not_in((MessageState.WAITING, MessageState.UNKNOWN))
    spoken = or_(MessageRow.text != "", MessageRow.subject != "")
    old = (MessageRow.portal_id == portal_id, MessageRow.at < before, settled, spoken)
    for rows in chunks(session.execute(select(MessageRow.id, MessageRow.key, MessageRow.company_id).where(*old)).all()):
        mine = (JournalRow.portal_id == portal_id, JournalRow.entity == "company", JournalRow.kind == "message")
        companies = {row.company_id for row in rows}
        told = select(JournalRow).where(
            *mine, JournalRow.item_id.in_(companies), JournalRow.key.in_(r.key for r in rows)
        )
        for entry in session.scalars(told):
            entry.after = {name: value for name, value in entry.after.items() if name != "text"}
        session.execute(update(MessageRow).where(MessageRow.id.in_(row.id for row in rows)).values(text="", subject=""))


def message_of(row: MessageRow) -> SendMessage:
    """The message of a row, as its rule wanted it."""
    return SendMessage(
        key=row.key,
        company=Ref("company", row.company_id),
        purpose=row.purpose,
        text=row.text,
        subject=row.subject,
        about=tuple(ref_of(word) for word in row.about),
    )


def _row(portal_id: int, rule: str, message: SendMessage, now: datetime) -> dict[str, Any]:
    return {
        "portal_id": portal_id,
        "key": message.key,
        "company_id": message.company.id,
        "rule": rule,
        "purpose": message.purpose,
        "subject": message.subject,
        "text": message.text,
        "about": [str(ref) for ref in message.about],
        "at": now,
    }


def _entry(row: MessageRow) -> Entry:
    tried = tuple((one["channel"], Text(one["ru"], one["en"])) for one in row.tried)
    return Entry(row.id, row.key, row.company_id, MessageState(row.state), row.slot, tried)


def _shown(row: Row[Any]) -> ClientMessage:
    return ClientMessage(
        key=row.key,
        purpose=row.purpose,
        state=MessageState(row.state),
        at=row.at,
        channel=row.channel,
        about=tuple(ref_of(word) for word in row.about),
        reason=Text(row.reason_ru, row.reason_en),
        text=row.text,
        subject=row.subject,
        came_back=row.state == MessageState.WAITING and row.detail == FAILED,
    )


def ref_of(word: str) -> Ref:
    """An object as a row names it: `debt:17`."""
    entity, _, id = word.partition(":")
    return Ref(entity, int(id))
