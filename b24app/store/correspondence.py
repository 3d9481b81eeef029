"""Tables of the correspondence through messengers: what vendors report, who wrote to us, what the portal sends
through us. Messages that rules want are in `models.MessageRow`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from b24app.store.models import Base, Id, utcnow


class HookRow(Base):
    """The secret part of the address at which a vendor tells us things; found by its hash."""

    __tablename__ = "hooks"
    __table_args__ = (UniqueConstraint("portal_id", "vendor"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    portal_id: Mapped[int]
    vendor: Mapped[str] = mapped_column(String(32))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    token: Mapped[bytes] = mapped_column(LargeBinary)


class ReportRow(Base):
    """What a vendor says became of a message, once for a message and a status."""

    __tablename__ = "delivery_reports"
    __table_args__ = (
        UniqueConstraint("portal_id", "channel", "message", "status"),
        Index("ix_reports_new", "portal_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    portal_id: Mapped[int]
    channel: Mapped[str] = mapped_column(String(32))
    message: Mapped[str] = mapped_column(String(128))
    """the vendor's number of the message"""
    status: Mapped[str] = mapped_column(String(16))
    """delivered, read, failed"""
    reason: Mapped[str] = mapped_column(String(64), default="")
    """the vendor's word for a failure"""
    at: Mapped[datetime]
    received_at: Mapped[datetime] = mapped_column(default=utcnow)
    state: Mapped[str] = mapped_column(String(8), default="new")
    """new, done; a report may overtake the answer that tells the number of its message"""


class ClientContactRow(Base):
    """When somebody with this phone last wrote to us in a messenger."""

    __tablename__ = "client_contacts"
    __table_args__ = (UniqueConstraint("portal_id", "phone"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    portal_id: Mapped[int]
    phone: Mapped[str] = mapped_column(String(20))
    """E.164: `+79990000001`"""
    at: Mapped[datetime]
    """as the vendor tells it"""
    received_at: Mapped[datetime] = mapped_column(default=utcnow)


class CarriedRow(Base):
    """A message that an employee or a robot sends through our provider (messageservice.sender.add).

    `letter` is the phone and the text, sealed; it is thrown away when nothing more has to be sent.
    """

    __tablename__ = "carried_messages"
    __table_args__ = (
        UniqueConstraint("portal_id", "message_id"),
        Index("ix_carried_due", "portal_id", "due_at"),
        Index("ix_carried_channel", "portal_id", "channel", "channel_ref"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    portal_id: Mapped[int]
    message_id: Mapped[str] = mapped_column(String(128))
    """the portal's number of the message: our key"""
    code: Mapped[str] = mapped_column(String(128))
    letter: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(16), default="new")
    """new, sending (handed to a channel, no answer yet), taken, failed, unknown"""
    channel: Mapped[str] = mapped_column(String(32), default="")
    channel_ref: Mapped[str] = mapped_column(String(128), default="")
    tried: Mapped[list[Any]] = mapped_column(default=list)
    """codes of channels that could not reach the client"""
    at: Mapped[datetime | None]
    """when it was handed to the channel, by the portal's clock"""
    due_at: Mapped[datetime | None]
    """when to look at it again, by the portal's clock; none: now, while it is new or sending"""
    status: Mapped[str] = mapped_column(String(16), default="")
    """what the portal has to know: sent, delivered, undelivered, failed"""
    told: Mapped[str] = mapped_column(String(16), default="")
    """what it was told"""
    reason: Mapped[str] = mapped_column(Text, default="")
    received_at: Mapped[datetime] = mapped_column(default=utcnow)
