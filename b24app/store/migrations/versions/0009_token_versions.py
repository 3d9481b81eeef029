"""The application token has a version: what was proved by a replaced one is not written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change."""
    op.add_column("portals", sa.Column("token_version", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Takes it back."""
    with op.batch_alter_table("portals") as table:
        table.drop_column("token_version")
