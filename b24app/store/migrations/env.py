"""Alembic's entry: runs the migrations on the database of `Database.upgrade`."""

from __future__ import annotations

from alembic import context

from b24app.store.database import Database
from b24app.store.models import Base

database = Database(context.config.get_main_option("sqlalchemy.url") or "")
with database.engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
