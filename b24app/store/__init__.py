"""SQLAlchemy models, sessions and Alembic migrations."""

# Every table is known as soon as any of them is used: removal of a portal's data goes through all of them.
from b24app.store import correspondence as correspondence
