"""messages to clients."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from b24app.store.models import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "messages",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("portal_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("slot", sa.String(length=64), nullable=True),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("about", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("channel_ref", sa.String(length=128), nullable=False),
        sa.Column("detail", sa.String(length=32), nullable=False),
        sa.Column("tried", sa.JSON(), nullable=False),
        sa.Column("reason_ru", sa.Text(), nullable=False),
        sa.Column("reason_en", sa.Text(), nullable=False),
        sa.Column("journal_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("portal_id", "key"),
        sa.UniqueConstraint("portal_id", "slot"),
    )
    op.create_index("ix_messages_company", "messages", ["portal_id", "company_id"])
    op.create_index("ix_messages_channel", "messages", ["portal_id", "channel", "channel_ref"])


def downgrade() -> None:
    """Takes it back."""
    op.drop_table("messages")
