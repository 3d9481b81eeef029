"""what is not finished is found by indexes, however much is."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change."""
    op.create_index("ix_journal_state", "journal", ["portal_id", "state"])
    op.create_index("ix_messages_state", "messages", ["portal_id", "state"])
    op.create_index("ix_transition_moment", "transitions", ["portal_id", "entity_type_id", "moment"])


def downgrade() -> None:
    """Takes it back."""
    op.drop_index("ix_transition_moment", "transitions")
    op.drop_index("ix_messages_state", "messages")
    op.drop_index("ix_journal_state", "journal")
