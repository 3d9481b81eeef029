"""What a demonstration needs of the sandbox portal: a working hour to begin in, and a debtor worth opening."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal

from sqlalchemy import select

from b24app.installed import InstalledPortal
from b24app.store.models import MessageRow
from facts.calendar import official_days
from rules.client_messages import MessageState

COUNTRY = "RU"
"""the sandbox portal's"""
MORNING = time(11)
EARLIEST, LATEST = time(9, 30), time(17)
"""hours of a workday at which a demonstration may begin as it is"""
SATURDAY = 5


def working_moment(now: datetime) -> datetime:
    """The moment itself in the hours in which clients are written to, else the last workday's morning: what is
    shown on a Sunday shall not be an app that is silent."""
    if _is_workday(now) and EARLIEST <= now.time() <= LATEST:
        return now
    morning = now.replace(hour=MORNING.hour, minute=0, second=0, microsecond=0)
    while morning > now or not _is_workday(morning):
        morning -= timedelta(days=1)
    return morning


def _is_workday(moment: datetime) -> bool:
    off, _ = official_days(COUNTRY, moment.year)
    return moment.weekday() < SATURDAY and moment.date() not in off


def debtor(portal: InstalledPortal) -> int | None:
    """The company with the largest overdue debt, if possible one that has been reminded."""
    if not portal.names.has("type.debtor"):
        return None
    with portal.ground.database.session() as session:
        asked = select(MessageRow.company_id).where(
            MessageRow.portal_id == portal.id, MessageRow.state == MessageState.SENT.value
        )
        reminded = set(session.scalars(asked))
    rows = portal.items.by_filter("company", {"type": "type.debtor"}, ["id", "debt_overdue"])
    sums = {int(row["id"]): row["debt_overdue"].amount if row.get("debt_overdue") else Decimal(0) for row in rows}
    return max(sums, key=lambda company: (company in reminded, sums[company]), default=None)
