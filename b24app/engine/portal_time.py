"""How far the portal's clock is ahead of this machine's, and its time zone. People compare everything with the
portal's, so what is noted without an answer of the portal at hand is dated by it too."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import available_timezones

from sqlalchemy import select
from sqlalchemy.orm import Session

from b24app.store.database import Database
from b24app.store.models import PortalRow, SettingRow, utcnow

TIME_ZONE = "tz"
"""the setting with the zone of whose midnight a day begins; unless it is set, the administrator's profile tells"""
NOTICEABLE = 1.0
"""seconds: a smaller change is only the time that requests take"""


def keep_offset(database: Database, portal_id: int, now: datetime) -> None:
    """Remembers it; `now` is the portal's moment."""
    offset = (now - utcnow()).total_seconds()
    with database.session() as session:
        row = session.get(PortalRow, portal_id)
        if row is not None and abs(row.time_offset - offset) > NOTICEABLE:
            row.time_offset = offset


def portal_now(session: Session, portal_id: int) -> datetime:
    """The portal's moment without asking it; this machine's for a portal that was never asked."""
    offset = session.scalar(select(PortalRow.time_offset).where(PortalRow.id == portal_id))
    return utcnow() + timedelta(seconds=offset or 0)


def is_time_zone(name: str) -> bool:
    """Whether a profile's time zone is one: it may be empty, and old boxes know names of their own."""
    return name in available_timezones()


def has_own_zone(session: Session, portal_id: int) -> bool:
    """Whether an administrator has set the time zone: then nothing that is found replaces it."""
    query = select(SettingRow.key).where(SettingRow.portal_id == portal_id, SettingRow.key == TIME_ZONE)
    return session.scalar(query) is not None
