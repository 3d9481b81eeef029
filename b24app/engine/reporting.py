"""Reports of messengers meet the messages they are about: the log of messages to clients, and what the portal sends
through us. A message that did not arrive wakes its company."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, func, select
from sqlalchemy.orm import Session

from b24app.channels.reports import DELIVERED, FAILED, READ
from b24app.engine import inbox, message_log
from b24app.engine.context import Context
from b24app.store.correspondence import CarriedRow, ReportRow
from b24app.store.models import MessageRow, utcnow
from rules.client_messages import MessageState
from rules.decision import Ref, Text
from rules.wording import sentence

AT_ONCE = 500
PATIENCE = timedelta(hours=1)
"""how long a report waits for its message: the answer that tells the number of a message may come after it"""
_RANK = {"": 0, FAILED: 1, DELIVERED: 2, READ: 3}
"""statuses come in any order; a message that was read was delivered, whatever is said later"""
_STATUS = {FAILED: "undelivered", DELIVERED: "delivered", READ: "delivered"}
_FAILURES: Mapping[str, Text] = {
    "noaccount": Text("по номеру нет WhatsApp", "the number has no WhatsApp"),
    "badcontact": Text("по номеру нет WhatsApp", "the number has no WhatsApp"),
    "yellowcard": Text("WhatsApp ограничил отправку с нашего номера", "WhatsApp has restricted our number"),
}
_UNREACHABLE = ("noaccount", "badcontact", "24hoursexceeded")
"""words for messages that the client has certainly not got: another channel may have them"""


def apply_reports(context: Context) -> int:
    """Works off what waits; returns how many messages have changed."""
    changed, now = 0, context.gateway.now()
    with context.database.session() as session:
        for report, row in session.execute(_about(context.portal_id, MessageRow).limit(AT_ONCE)):
            changed += _tell_log(context, session, report, row, now)
            report.state = "done"
        for report, row in session.execute(_about(context.portal_id, CarriedRow).limit(AT_ONCE)):
            changed += _tell_sender(report, row)
            report.state = "done"
        # What people write from their phones is reported, too; it is no message of ours.
        strange = (ReportRow.portal_id == context.portal_id, ReportRow.state == "new")
        session.execute(delete(ReportRow).where(*strange, ReportRow.received_at < utcnow() - PATIENCE))
    return changed


def count_reports(session: Session, portal_id: int) -> int:
    """How many reports could be applied now."""
    queries = (_about(portal_id, model).subquery() for model in (MessageRow, CarriedRow))
    return sum(session.scalar(select(func.count()).select_from(query)) or 0 for query in queries)


def _about(portal_id: int, model: type[MessageRow] | type[CarriedRow]) -> Any:
    """New reports with the messages they are about."""
    same = (model.portal_id == ReportRow.portal_id, model.channel == ReportRow.channel)
    joined = select(ReportRow, model).join(model, and_(*same, model.channel_ref == ReportRow.message))
    return joined.where(ReportRow.portal_id == portal_id, ReportRow.state == "new").order_by(ReportRow.id)


def _tell_log(context: Context, session: Session, report: ReportRow, row: MessageRow, now: datetime) -> bool:
    """Whether a message to a client has another state or detail now."""
    if _RANK[report.status] <= _RANK.get(row.detail, 0):
        return False
    row.detail = report.status
    if report.status == FAILED:
        reason = _failure(report)
        row.reason_ru, row.reason_en = reason.ru, reason.en
        if _is_for_another(context, report, row):
            message_log.come_back(session, row, reason, now)
        else:
            row.state, row.at = MessageState.FAILED, now
        inbox.add(session, context.portal_id, set(_objects(context, row)), "message failed")
    elif row.state != MessageState.SENT:
        # It was thought lost or failed: rules look again at what has arrived after all.
        row.state, row.reason_ru, row.reason_en = MessageState.SENT, "", ""
        inbox.add(session, context.portal_id, set(_objects(context, row)), "message delivered")
    return True


def _is_for_another(context: Context, report: ReportRow, row: MessageRow) -> bool:
    """Whether the client has certainly not got a message, and another channel may reach him."""
    tried = {row.channel, *(one["channel"] for one in row.tried)}
    left = [channel for channel in context.channels if channel.code not in tried]
    return row.state == MessageState.SENT and _code(report) in _UNREACHABLE and bool(left)


def _tell_sender(report: ReportRow, row: CarriedRow) -> bool:
    status = _STATUS[report.status]
    if status == row.status or row.status == "delivered":
        return False
    row.status = status
    return True


def _objects(context: Context, row: MessageRow) -> Iterator[tuple[int, int]]:
    """The company and what the message speaks of, as the inbox names them."""
    for word in (f"company:{row.company_id}", *row.about):
        entity, _, id = str(word).partition(":")
        ref = Ref(entity, int(id))
        if context.watches.watched(ref.entity):
            yield context.names.entity_type_id(ref.entity), ref.id


def _code(report: ReportRow) -> str:
    return report.reason.replace("_", "").lower()


def _failure(report: ReportRow) -> Text:
    reason = _FAILURES.get(_code(report), Text(report.reason, report.reason))
    if not reason.en:
        return Text("Сообщение не доставлено", "The message was not delivered")
    return sentence("Сообщение не доставлено: {why}", "The message was not delivered: {why}", why=reason)
