"""the last decision of a rule about a subject is found by an index of its own."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change."""
    op.create_index("ix_decision_last", "decisions", ["portal_id", "rule", "entity", "item_id", "id"])


def downgrade() -> None:
    """Takes it back."""
    op.drop_index("ix_decision_last", "decisions")
