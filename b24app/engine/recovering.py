"""Finds out about messages that a dead worker, or a lost answer, left open: never sent again before their channel
has told what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from b24app.channels.channel import BulkChannel, Letter, NotHere, Taken
from b24app.engine import addressees, errors, journal, message_log, timers
from b24app.engine.context import Context
from b24app.engine.errors import Trouble
from b24app.engine.lease import Lease
from b24app.errors import PortalRefused, Transient
from b24app.store.models import MessageRow
from rules.client_messages import NOTHING, MessageState
from rules.decision import Ref
from rules.wording import sentence

LOST = "lost"
"""detail of a message about which its channel cannot tell"""


def left_open(session: Session, portal_id: int) -> list[MessageRow]:
    """Messages whose answer a dead worker, or a lost connection, left open, and that can be found out about."""
    return [row for row in message_log.unknown(session, portal_id) if row.detail != LOST]


def recover(context: Context, lease: Lease, rows: Sequence[MessageRow]) -> None:
    """Finds out about messages that were left open."""
    channels = {channel.code: channel for channel in context.channels} if rows else {}
    troubles = []
    for row in rows:
        with context.database.session() as session:
            lease.check(session)
        message = message_log.message_of(row)
        people = addressees.people_of(context.gateway, [row.company_id]).get(row.company_id, ())
        letter = Letter(row.key, row.company_id, row.text, row.subject, message.about, people)
        found = find(channels.get(row.channel), letter, row)
        trouble = recovered(context, row, found, context.gateway.now())
        troubles += [trouble] if trouble is not None else []
    if troubles:
        with context.database.session() as session:
            errors.note(session, context.portal_id, troubles)


def find(channel: BulkChannel | None, letter: Letter, row: MessageRow) -> Taken | NotHere | None:
    """What became of a letter. One that was given to no channel yet did certainly not leave."""
    if not row.channel:
        return NotHere(NOTHING)
    try:
        return channel.find(letter, row.at) if channel is not None else None
    except (Transient, PortalRefused):
        return None


def recovered(context: Context, row: MessageRow, found: Taken | NotHere | None, now: datetime) -> Trouble | None:
    """Writes down what was found out; a trouble when nobody can tell."""
    with context.database.session() as session:
        match found:
            case Taken(id=id):
                message_log.settle(session, row.id, row.at, state=MessageState.SENT, channel_ref=id)
                _settle_journal(session, row, journal.DONE)
            case NotHere(reason=reason):
                message_log.settle(session, row.id, now, state=MessageState.WAITING, reason=reason)
                _settle_journal(session, row, journal.REFUSED)
            case None:
                message_log.settle(session, row.id, row.at, detail=LOST)
        timers.settle(session, context.portal_id, {(row.rule, "company", row.company_id): now}, now)
    if found is not None:
        return None
    text = sentence(
        "Не удалось узнать, ушло ли сообщение клиенту ({company}, канал {channel}). Второй раз оно не отправляется: "
        "проверьте переписку.",
        "It is not known whether a message reached the client ({company}, channel {channel}). It is not sent again: "
        "please look at the conversation.",
        company=Ref("company", row.company_id),
        channel=row.channel,
    )
    return Trouble(f"message:{row.key}", "message", text, Ref("company", row.company_id), row.rule)


def _settle_journal(session: Session, row: MessageRow, state: str) -> None:
    if row.journal_id is not None:
        journal.settle(session, [row.journal_id], state)
