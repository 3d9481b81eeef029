"""SQLAlchemy models, sessions and Alembic migrations."""
