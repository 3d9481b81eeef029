"""correspondence through messengers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from b24app.store.models import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "hooks",
        sa.Column("id", _ID, nullable=False),
        sa.Column("portal_id", sa.Integer(), nullable=False),
        sa.Column("vendor", sa.String(length=32), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("portal_id", "vendor"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_table(
        "delivery_reports",
        sa.Column("id", _ID, nullable=False),
        sa.Column("portal_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("message", sa.String(length=128), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("received_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("portal_id", "channel", "message", "status"),
    )
    op.create_index("ix_reports_new", "delivery_reports", ["portal_id", "state", "id"])
    op.create_table(
        "client_contacts",
        sa.Column("id", _ID, nullable=False),
        sa.Column("portal_id", sa.Integer(), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("received_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("portal_id", "phone"),
    )
    op.create_table(
        "carried_messages",
        sa.Column("id", _ID, nullable=False),
        sa.Column("portal_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(length=128), nullable=False),
        sa.Column("code", sa.String(length=128), nullable=False),
        sa.Column("letter", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("channel_ref", sa.String(length=128), nullable=False),
        sa.Column("tried", sa.JSON(), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("due_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("told", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("received_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("portal_id", "message_id"),
    )
    op.create_index("ix_carried_due", "carried_messages", ["portal_id", "due_at"])
    op.create_index("ix_carried_channel", "carried_messages", ["portal_id", "channel", "channel_ref"])


def downgrade() -> None:
    """Takes it back."""
    for table in ("carried_messages", "client_contacts", "delivery_reports", "hooks"):
        op.drop_table(table)
