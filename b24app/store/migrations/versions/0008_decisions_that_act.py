"""Decisions are marked that want something done or hold something back: the others are only counted for people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change; what was decided before is shown as it was."""
    op.add_column("decisions", sa.Column("acts", sa.Boolean(), nullable=False, server_default=sa.true()))


def downgrade() -> None:
    """Takes it back."""
    with op.batch_alter_table("decisions") as table:
        table.drop_column("acts")
