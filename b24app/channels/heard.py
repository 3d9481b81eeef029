"""What vendors have told, kept until it is worked off, and when clients last wrote."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from b24app.channels.recipients import e164
from b24app.channels.reports import Contact, Heard, Report
from b24app.store.correspondence import ClientContactRow, ReportRow
from b24app.store.models import utcnow
from b24app.store.upsert import chunks, insert_missing


def keep(session: Session, portal_id: int, channel: str, heard: Heard) -> bool:
    """Stores a webhook; told again it changes nothing. True when somebody has to work it off."""
    _keep_reports(session, portal_id, channel, heard.reports)
    _keep_contacts(session, portal_id, heard.contacts)
    return bool(heard.reports)


def last_contacts(session: Session, portal_id: int, phones: Collection[str]) -> dict[str, datetime]:
    """When somebody last wrote in a messenger, by the phones as they were given; those who never did are absent."""
    numbers = {phone: number for phone in phones if (number := e164(phone))}
    found: dict[str, datetime] = {}
    for part in chunks(sorted(set(numbers.values()))):
        rows = session.scalars(
            select(ClientContactRow).where(ClientContactRow.portal_id == portal_id, ClientContactRow.phone.in_(part))
        )
        found.update((row.phone, row.at) for row in rows)
    return {phone: found[number] for phone, number in numbers.items() if number in found}


def _keep_reports(session: Session, portal_id: int, channel: str, reports: Sequence[Report]) -> None:
    rows = [
        {
            "portal_id": portal_id,
            "channel": channel,
            "message": one.message,
            "status": one.status,
            "reason": one.reason,
            "at": one.at,
        }
        for one in reports
    ]
    insert_missing(session, ReportRow, rows, ["portal_id", "channel", "message", "status"])


def _keep_contacts(session: Session, portal_id: int, contacts: Sequence[Contact]) -> None:
    latest: dict[str, datetime] = {}
    for one in contacts:
        latest[one.phone] = max(one.at, latest.get(one.phone, one.at))
    rows = [{"portal_id": portal_id, "phone": phone, "at": at} for phone, at in sorted(latest.items())]
    insert_missing(session, ClientContactRow, rows, ["portal_id", "phone"])
    # In one order everywhere: two webhooks at once must not wait for each other.
    for phone, at in sorted(latest.items()):
        mine = (ClientContactRow.portal_id == portal_id, ClientContactRow.phone == phone)
        row = session.scalars(select(ClientContactRow).where(*mine).with_for_update()).one()
        row.at, row.received_at = max(row.at, at), utcnow()
