"""Messages that employees and robots of the portal send through our provider (messageservice.sender.add).

A row is there before a channel is called. What a channel did not answer about is asked about by our key before
anything is sent again; where nobody can tell, it stays unknown, and a person is told. The portal learns the status of
every message (api-reference/messageservice/messageservice-message-status-update.md).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from b24app.channels.channel import Letter, NotHere, NotNow, Outcome, Person, Taken
from b24app.engine import errors, lease
from b24app.engine.context import Context
from b24app.engine.errors import Trouble
from b24app.engine.reporting import apply_reports, count_reports
from b24app.errors import AppError, PortalRefused, Transient
from b24app.portal.batch import Call, Done
from b24app.store.correspondence import CarriedRow
from b24app.store.models import utcnow
from rules.decision import Ref, Text
from rules.wording import sentence

LEASE = "messages"
NEW, SENDING, TAKEN, FAILED, UNKNOWN = "new", "sending", "taken", "failed", "unknown"
OPEN = (NEW, SENDING)
SENT_STATUS, FAILED_STATUS = "sent", "failed"
AT_ONCE = 200
PATIENCE = timedelta(hours=2)
"""how long a messenger that is busy is tried; a code or a notice is of no use later"""
ASK_AGAIN = timedelta(seconds=20)
"""pause before a channel is asked about a lost answer; Wazzup24 knows for less than a minute"""
DOUBT = timedelta(minutes=5)
"""how long a channel is asked"""

NO_MESSENGER = Text(
    "Мессенджер не подключён: заполните настройки channel.* (docs/channels.ru.md)",
    "No messenger is connected: fill in the settings channel.* (docs/channels.md)",
)
NOBODY_KNOWS = Text("Мессенджер не ответил, ушло ли сообщение", "The messenger did not tell whether the message went")


class Carrying:
    """Works off the messages of one portal."""

    def __init__(self, context: Context, patience: float = 0.0) -> None:
        self._context = context
        self._patience = patience

    def work(self) -> int:
        """Applies reports, sends what is due, tells the portal; returns how many messages have moved on."""
        context = self._context
        with lease.held(context.database, context.portal_id, LEASE, self._patience, context.gateway) as mine:
            moved = apply_reports(context)
            for row in self._due():
                mine.renew()
                moved += self._carry(row)
            return moved + self._tell()

    def _due(self) -> list[CarriedRow]:
        with self._context.database.session() as session:
            query = select(CarriedRow).where(*_due_now(self._context.portal_id, self._context.gateway.now()))
            return list(session.scalars(query.order_by(CarriedRow.id).limit(AT_ONCE)))

    def _carry(self, row: CarriedRow) -> int:
        """Takes one message as far as it goes now."""
        letter = self._letter(row)
        if row.state == SENDING and not self._found_out(row, letter):
            return 0
        if row.state not in OPEN:
            return 1
        reason = Text(row.reason, row.reason) if row.reason else NO_MESSENGER
        for channel in self._context.carriers:
            if channel.code in row.tried:
                continue
            now = self._context.gateway.now()
            self._save(row, state=SENDING, channel=channel.code, at=now, due_at=now + ASK_AGAIN)
            outcome = channel.send(letter)
            if not isinstance(outcome, NotHere):
                return self._settle(row, outcome)
            reason = outcome.reason
            told = reason.in_language(self._context.language)
            self._save(row, state=NEW, channel="", tried=[*row.tried, channel.code], reason=told)
        self._fail(row, reason)
        return 1

    def _found_out(self, row: CarriedRow, letter: Letter) -> bool:
        """Whether it is known what became of a message whose answer was lost."""
        now = self._context.gateway.now()
        since = row.at or now
        channel = next((one for one in self._context.carriers if one.code == row.channel), None)
        found = channel.find(letter, since) if channel is not None else None
        match found:
            case Taken(id=id):
                self._save(row, state=TAKEN, channel_ref=id, status=SENT_STATUS, letter=None)
            case NotHere(reason=reason):
                told = reason.in_language(self._context.language)
                self._save(row, state=NEW, reason=told)
            case None if channel is not None and now - since < DOUBT:
                self._save(row, due_at=now + ASK_AGAIN)
                return False
            case None:
                self._save(row, state=UNKNOWN, letter=None)
                self._note(row, NOBODY_KNOWS)
        return True

    def _settle(self, row: CarriedRow, outcome: Outcome) -> int:
        match outcome:
            case Taken(id=id):
                self._save(row, state=TAKEN, channel_ref=id, status=SENT_STATUS, letter=None)
                return 1
            case NotNow(reason=reason, retry_after=seconds):
                if utcnow() > row.received_at + PATIENCE:
                    self._fail(row, reason)
                    return 1
                later = self._context.gateway.now() + timedelta(seconds=seconds)
                self._save(row, state=NEW, channel="", due_at=later)
        return 0

    def _fail(self, row: CarriedRow, reason: Text) -> None:
        told = reason.in_language(self._context.language)
        self._save(row, state=FAILED, status=FAILED_STATUS, reason=told, letter=None)
        self._note(row, reason)

    def _tell(self) -> int:
        """Tells the portal what it does not know yet; saying it twice is harmless."""
        context = self._context
        with context.database.session() as session:
            query = select(CarriedRow).where(_untold(context.portal_id)).order_by(CarriedRow.id).limit(AT_ONCE)
            rows = list(session.scalars(query))
        outcomes = context.gateway.batch([_status_call(row) for row in rows]) if rows else []
        trouble: AppError | None = None
        for row, outcome in zip(rows, outcomes, strict=True):
            # What the portal refuses (it does not know the message any more) will not be taken later either.
            if isinstance(outcome, Done) or isinstance(outcome.error, PortalRefused):
                self._save(row, told=row.status)
            else:
                trouble = trouble or outcome.error
        if isinstance(trouble, Transient):
            raise trouble
        return len(rows)

    def _letter(self, row: CarriedRow) -> Letter:
        kept = json.loads(self._context.open_token(row.letter or b""))
        person = Person(Ref("contact", 0), phones=(str(kept["to"]),))
        return Letter(f"carried:{row.message_id}", 0, str(kept["text"]), "", people=(person,))

    def _save(self, row: CarriedRow, **values: object) -> None:
        with self._context.database.session() as session:
            stored = session.get_one(CarriedRow, row.id)
            for name, value in values.items():
                setattr(stored, name, value)
                setattr(row, name, value)

    def _note(self, row: CarriedRow, reason: Text) -> None:
        text = sentence(
            "Сообщение из карточки или от робота не отправлено: {why}",
            "A message of a card or an automation rule was not sent: {why}",
            why=reason,
        )
        trouble = Trouble(f"carried:{reason.en}", "message", text, payload={"message_id": row.message_id})
        with self._context.database.session() as session:
            errors.note(session, self._context.portal_id, [trouble])


def count_waiting(session: Session, portal_id: int, now: datetime) -> int:
    """How much there is to do now."""
    due = select(func.count()).where(*_due_now(portal_id, now))
    untold = select(func.count()).where(_untold(portal_id))
    waiting = (session.scalar(due) or 0) + (session.scalar(untold) or 0)
    return waiting + count_reports(session, portal_id)


def _due_now(portal_id: int, now: datetime) -> Sequence[ColumnElement[bool]]:
    soon = or_(CarriedRow.due_at.is_(None), CarriedRow.due_at <= now)
    return CarriedRow.portal_id == portal_id, CarriedRow.state.in_(OPEN), soon


def _untold(portal_id: int) -> ColumnElement[bool]:
    return (CarriedRow.portal_id == portal_id) & (CarriedRow.status != CarriedRow.told)


def _status_call(row: CarriedRow) -> Call:
    params = {"CODE": row.code, "MESSAGE_ID": row.message_id, "STATUS": row.status}
    return Call("messageservice.message.status.update", params, write=True)
