"""Throws away what has served its time: events that were worked off, robots' calls that were answered."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from b24app.engine import message_log
from b24app.store.correspondence import CarriedRow, ClientContactRow, ReportRow
from b24app.store.models import ErrorRow, InboxRow, RobotRunRow, utcnow
from rules.limits import Limits

KEEP_TEXTS = "messages.keep_text_days"
"""how long the words of messages to clients are kept"""
KEEP_EVENTS = timedelta(days=14)
KEEP_ROBOTS = timedelta(days=90)
"""long enough that a repeated call is known, and that somebody can ask what was answered"""
KEEP_RESOLVED = timedelta(days=180)
KEEP_CORRESPONDENCE = timedelta(days=90)
"""reports, what was carried for the portal (its texts are gone before), and phones of those who wrote to us"""


def tidy(session: Session, portal_id: int, limits: Limits, at: datetime) -> None:
    """Called after a sweep of the day. Journal and decisions are kept: people ask about them. `at` is the
    portal's clock, by which messages and errors are dated."""
    if KEEP_TEXTS in limits:
        message_log.forget_texts(session, portal_id, at - timedelta(days=limits.integer(KEEP_TEXTS)))
    now = utcnow()
    session.execute(
        delete(InboxRow).where(
            InboxRow.portal_id == portal_id, InboxRow.state == "done", InboxRow.received_at < now - KEEP_EVENTS
        )
    )
    session.execute(
        delete(RobotRunRow).where(
            RobotRunRow.portal_id == portal_id,
            RobotRunRow.state.in_(("answered", "failed")),
            RobotRunRow.received_at < now - KEEP_ROBOTS,
        )
    )
    session.execute(
        delete(ErrorRow).where(
            ErrorRow.portal_id == portal_id, ErrorRow.state == "resolved", ErrorRow.last_at < at - KEEP_RESOLVED
        )
    )
    old = now - KEEP_CORRESPONDENCE
    for kept in (ReportRow, CarriedRow, ClientContactRow):
        session.execute(delete(kept).where(kept.portal_id == portal_id, kept.received_at < old))
