"""Every table of the product. All rows belong to a portal; all moments are UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored in UTC; SQLite forgets zones, this type does not."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Refuses a naive moment: its zone would be a guess."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Gives the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# SQLite numbers rows by itself only for INTEGER keys.
Id = BigInteger().with_variant(Integer(), "sqlite")


def utcnow() -> datetime:
    """This machine's present moment, aware."""
    return datetime.now(UTC)


class Base(DeclarativeBase):
    """The declarative base."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime(), dict[str, Any]: JSON(), list[Any]: JSON()}


class PortalRow(Base):
    """A Bitrix24 portal on which the app is installed. Secrets are encrypted (`secret_box`)."""

    __tablename__ = "portals"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    member_id: Mapped[str] = mapped_column(String(64), unique=True)
    domain: Mapped[str] = mapped_column(String(255))
    client_endpoint: Mapped[str] = mapped_column(String(255))
    server_endpoint: Mapped[str] = mapped_column(String(255))
    client_id: Mapped[str] = mapped_column(String(128))
    client_secret: Mapped[bytes] = mapped_column(LargeBinary)
    application_token: Mapped[bytes | None] = mapped_column(LargeBinary)
    token_version: Mapped[int] = mapped_column(default=0)
    """grows when the application token is replaced"""
    status: Mapped[str] = mapped_column(String(16), default="installing")
    """installing, installed, uninstalled"""
    presets: Mapped[list[Any]] = mapped_column(default=list)
    language: Mapped[str] = mapped_column(String(8), default="ru")
    time_zone: Mapped[str] = mapped_column(String(64), default="Europe/Moscow")
    time_offset: Mapped[float] = mapped_column(default=0.0)
    """seconds the portal's clock is ahead of ours"""
    scope: Mapped[list[Any]] = mapped_column(default=list)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class CredentialRow(Base):
    """A local application's client id and secret, as its card on some portal shows them.

    Every portal's local application has its own pair; `domain` is only a hint which pair to try
    first when an unknown portal opens the installation page.
    """

    __tablename__ = "credentials"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    client_id: Mapped[str] = mapped_column(String(128), unique=True)
    client_secret: Mapped[bytes] = mapped_column(LargeBinary)
    domain: Mapped[str | None] = mapped_column(String(255))


class TokenRow(Base):
    """One administrator's pair of tokens; `rank` orders them, the first living one is used."""

    __tablename__ = "tokens"
    __table_args__ = (UniqueConstraint("portal_id", "user_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    portal_id: Mapped[int] = mapped_column(ForeignKey("portals.id"))
    user_id: Mapped[int]
    access: Mapped[bytes] = mapped_column(LargeBinary)
    refresh: Mapped[bytes | None] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    rank: Mapped[int] = mapped_column(default=0)
    is_admin: Mapped[bool] = mapped_column(default=True)
    state: Mapped[str] = mapped_column(String(16), default="active")
    """active, dead"""
    dead_reason: Mapped[str | None] = mapped_column(String(255))
    updated_at: Mapped[datetime] = mapped_column(default=utcnow, onupdate=utcnow)


class BindingRow(Base):
    """A logical name and this portal's object, as the manifest prints it."""

    __tablename__ = "bindings"
    __table_args__ = (UniqueConstraint("portal_id", "name"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    portal_id: Mapped[int] = mapped_column(ForeignKey("portals.id"))
    name: Mapped[str] = mapped_column(String(128))
    value: Mapped[dict[str, Any]]


class SettingRow(Base):
    """A portal's own value of a setting; the preset has the default. `value` is `{"value": ...}`."""

    __tablename__ = "settings"
    __table_args__ = (UniqueConstraint("portal_id", "key"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    portal_id: Mapped[int] = mapped_column(ForeignKey("portals.id"))
    key: Mapped[str] = mapped_column(String(128))
    value: Mapped[dict[str, Any]]


class InboxRow(Base):
    """An incoming event that must not be lost. `body` is the verified event without its tokens."""

    __tablename__ = "inbox"
    __table_args__ = (Index("ix_inbox_pending", "portal_id", "state", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    portal_id: Mapped[int]
    event: Mapped[str] = mapped_column(String(64))
    entity_type_id: Mapped[int | None]
    item_id: Mapped[int | None] = mapped_column(BigInteger)
    body: Mapped[dict[str, Any]]
    received_at: Mapped[datetime] = mapped_column(default=utcnow)
    state: Mapped[str] = mapped_column(String(8), default="new")
    """new, done, failed"""
    attempts: Mapped[int] = mapped_column(default=0)


class RobotRunRow(Base):
    """A robot's call: stored once per event token; the business process waits for the answer."""

    __tablename__ = "robot_runs"
    __table_args__ = (UniqueConstraint("portal_id", "token_hash"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    portal_id: Mapped[int]
    token_hash: Mapped[str] = mapped_column(String(64))
    event_token: Mapped[bytes] = mapped_column(LargeBinary)
    code: Mapped[str] = mapped_column(String(128))
    document: Mapped[list[Any]]
    properties: Mapped[dict[str, Any]]
    waits: Mapped[bool] = mapped_column(default=True)
    received_at: Mapped[datetime] = mapped_column(default=utcnow)
    state: Mapped[str] = mapped_column(String(16), default="new")
    """new, acted (result known, answer not yet delivered), answered, failed"""
    attempts: Mapped[int] = mapped_column(default=0)
    result: Mapped[dict[str, Any] | None]


class CursorRow(Base):
    """How far a reading has come (`stagehistory.2`, `updated.company`, `sweep.nightly`)."""

    __tablename__ = "cursors"
    __table_args__ = (UniqueConstraint("portal_id", "name"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    portal_id: Mapped[int]
    name: Mapped[str] = mapped_column(String(64))
    value: Mapped[dict[str, Any]]


class TransitionRow(Base):
    """One record of the portal's stage history."""

    __tablename__ = "transitions"
    __table_args__ = (
        UniqueConstraint("portal_id", "entity_type_id", "record_id"),
        Index("ix_transition_owner", "portal_id", "entity_type_id", "owner_id", "stage_id"),
        Index("ix_transition_moment", "portal_id", "entity_type_id", "moment"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    portal_id: Mapped[int]
    entity_type_id: Mapped[int]
    record_id: Mapped[int] = mapped_column(BigInteger)
    owner_id: Mapped[int] = mapped_column(BigInteger)
    stage_id: Mapped[str] = mapped_column(String(64))
    category_id: Mapped[int | None]
    type_id: Mapped[int]
    moment: Mapped[datetime]


class KnownRow(Base):
    """An object the app has seen, with the links it had: tells what was deleted or moved away."""

    __tablename__ = "known"
    __table_args__ = (UniqueConstraint("portal_id", "entity", "item_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    portal_id: Mapped[int]
    entity: Mapped[str] = mapped_column(String(32))
    item_id: Mapped[int] = mapped_column(BigInteger)
    links: Mapped[dict[str, Any]]
    fingerprint: Mapped[str | None] = mapped_column(String(16))
    """what the object looked like when the handlers last looked at it"""
    seen_at: Mapped[datetime] = mapped_column(default=utcnow)


class KeyRow(Base):
    """A business key of something the app created: reserved before, recorded after."""

    __tablename__ = "keys"
    __table_args__ = (UniqueConstraint("portal_id", "key"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    portal_id: Mapped[int]
    key: Mapped[str] = mapped_column(String(190))
    entity: Mapped[str] = mapped_column(String(32))
    item_id: Mapped[int | None] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(16), default="reserved")
    """reserved, done"""
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    shown: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """a digest of what the thing shows, where it is renewed when that changes"""


class TimerRow(Base):
    """A due moment: look at the subject again then. Derived from facts; may be rebuilt."""

    __tablename__ = "timers"
    __table_args__ = (
        UniqueConstraint("portal_id", "handler", "entity", "item_id"),
        Index("ix_timer_due", "portal_id", "due_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    portal_id: Mapped[int]
    handler: Mapped[str] = mapped_column(String(64))
    entity: Mapped[str] = mapped_column(String(32))
    item_id: Mapped[int] = mapped_column(BigInteger)
    due_at: Mapped[datetime]


class DecisionRow(Base):
    """A decision about a subject: kept when it differs from the one before; `at` is portal time in UTC."""

    __tablename__ = "decisions"
    __table_args__ = (
        Index("ix_decision_subject", "portal_id", "entity", "item_id", "id"),
        Index("ix_decision_last", "portal_id", "rule", "entity", "item_id", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    portal_id: Mapped[int]
    rule: Mapped[str] = mapped_column(String(64))
    version: Mapped[int]
    entity: Mapped[str] = mapped_column(String(32))
    item_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    last_at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(64))
    acts: Mapped[bool] = mapped_column(default=True)
    """whether it wants something done, waits for a moment, or refuses: what people ask about"""
    reason_ru: Mapped[str] = mapped_column(Text)
    reason_en: Mapped[str] = mapped_column(Text)
    facts: Mapped[dict[str, Any]]


class JournalRow(Base):
    """One automatic write: planned before the call, settled after it."""

    __tablename__ = "journal"
    __table_args__ = (
        Index("ix_journal_object", "portal_id", "entity", "item_id", "id"),
        Index("ix_journal_state", "portal_id", "state"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    portal_id: Mapped[int]
    at: Mapped[datetime]
    rule: Mapped[str] = mapped_column(String(64))
    version: Mapped[int]
    cause: Mapped[str] = mapped_column(String(64))
    """what woke the rule: event, timer, sweep, robot, user"""
    kind: Mapped[str] = mapped_column(String(16))
    """the command: set, move, create, task, complete_task, todo, notify, comment"""
    entity: Mapped[str] = mapped_column(String(32))
    item_id: Mapped[int | None] = mapped_column(BigInteger)
    key: Mapped[str | None] = mapped_column(String(190))
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(16), default="planned")
    """planned, done, refused, unknown, undone"""
    error: Mapped[str | None] = mapped_column(Text)
    actor: Mapped[int | None]


class MessageRow(Base):
    """A message to a client: what a rule wanted to say, and what became of it. Written before a channel is
    called. `slot` is the company and its day for messages that count as that day's; it is unique."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("portal_id", "key"),
        UniqueConstraint("portal_id", "slot"),
        Index("ix_messages_company", "portal_id", "company_id"),
        Index("ix_messages_channel", "portal_id", "channel", "channel_ref"),
        Index("ix_messages_state", "portal_id", "state"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    portal_id: Mapped[int]
    key: Mapped[str] = mapped_column(String(128))
    company_id: Mapped[int] = mapped_column(BigInteger)
    slot: Mapped[str | None] = mapped_column(String(64))
    rule: Mapped[str] = mapped_column(String(64))
    purpose: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    about: Mapped[list[Any]]
    """objects it speaks of, as `debt:17`"""
    state: Mapped[str] = mapped_column(String(16))
    """as `rules.client_messages.MessageState`"""
    at: Mapped[datetime]
    """the moment of the state, by the portal's clock"""
    channel: Mapped[str] = mapped_column(String(32), default="")
    channel_ref: Mapped[str] = mapped_column(String(128), default="")
    """the channel's own number of the message"""
    detail: Mapped[str] = mapped_column(String(32), default="")
    """what the channel reported later: delivered, read, failed"""
    tried: Mapped[list[Any]] = mapped_column(default=list)
    """channels that could not reach the client: `{"channel", "ru", "en"}`"""
    reason_ru: Mapped[str] = mapped_column(Text, default="")
    reason_en: Mapped[str] = mapped_column(Text, default="")
    journal_id: Mapped[int | None] = mapped_column(BigInteger)


class ErrorRow(Base):
    """An item of the error inbox. `payload` has its secrets masked."""

    __tablename__ = "errors"
    __table_args__ = (UniqueConstraint("portal_id", "group_key"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    portal_id: Mapped[int]
    group_key: Mapped[str] = mapped_column(String(190))
    kind: Mapped[str] = mapped_column(String(32))
    text_ru: Mapped[str] = mapped_column(Text)
    text_en: Mapped[str] = mapped_column(Text)
    entity: Mapped[str | None] = mapped_column(String(32))
    item_id: Mapped[int | None] = mapped_column(BigInteger)
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(16), default="open")
    """open, retried, skipped, resolved"""
    count: Mapped[int] = mapped_column(default=1)
    first_at: Mapped[datetime] = mapped_column(default=utcnow)
    last_at: Mapped[datetime] = mapped_column(default=utcnow)


class LeaseRow(Base):
    """Who may work on a thing now (`drain`); `fence` grows with every new holder."""

    __tablename__ = "leases"
    __table_args__ = (UniqueConstraint("portal_id", "name"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    portal_id: Mapped[int]
    name: Mapped[str] = mapped_column(String(64))
    holder: Mapped[str] = mapped_column(String(64))
    fence: Mapped[int] = mapped_column(default=1)
    expires_at: Mapped[datetime]


class PaymentRow(Base):
    """Money paid on a deal or an invoice as it was last read (a cache; read again when touched)."""

    __tablename__ = "payments"
    __table_args__ = (UniqueConstraint("portal_id", "entity", "item_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    portal_id: Mapped[int]
    entity: Mapped[str] = mapped_column(String(32))
    item_id: Mapped[int] = mapped_column(BigInteger)
    paid: Mapped[str] = mapped_column(String(32))
    """exact decimal, as text"""
    parts: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    """the payments one by one: [id, exact decimal, day]; None in rows of before they were kept"""
    read_at: Mapped[datetime] = mapped_column(default=utcnow)


class BankPaymentRow(Base):
    """A payment from a bank's file. It is a fact of the company: rules lay it on debts as any other money."""

    __tablename__ = "bank_payments"
    __table_args__ = (
        UniqueConstraint("portal_id", "key"),
        Index("ix_bank_payments_company", "portal_id", "company_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    portal_id: Mapped[int]
    key: Mapped[str] = mapped_column(String(190))
    """payer's account, number, date, amount: what makes it the same payment in another file"""
    company_id: Mapped[int | None] = mapped_column(BigInteger)
    """None while nobody knows whose money it is"""
    number: Mapped[str] = mapped_column(String(64))
    day: Mapped[date]
    amount: Mapped[str] = mapped_column(String(32))
    """exact decimal, as text"""
    currency: Mapped[str] = mapped_column(String(8), default="")
    """empty: the portal's base currency"""
    payer: Mapped[dict[str, Any]]
    """name, inn, account"""
    purpose: Mapped[str] = mapped_column(Text)
    records: Mapped[list[Any]] = mapped_column(default=list)
    """ids of records of the register that the purpose names"""
    file: Mapped[str] = mapped_column(String(255))
    state: Mapped[str] = mapped_column(String(16))
    """counted, confirmed (no double of a payment on the portal), unknown (whose is it?), undone"""
    imported_at: Mapped[datetime] = mapped_column(default=utcnow)
