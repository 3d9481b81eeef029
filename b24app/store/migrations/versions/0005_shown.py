"""what is shown by things that may be renewed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change."""
    with op.batch_alter_table("keys") as table:
        table.add_column(sa.Column("shown", sa.String(length=64), nullable=False, server_default=""))


def downgrade() -> None:
    """Takes it back."""
    with op.batch_alter_table("keys") as table:
        table.drop_column("shown")
