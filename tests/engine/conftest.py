"""A fresh database for every test."""

from __future__ import annotations

from pathlib import Path

import pytest

from b24app.store.database import Database
from b24app.store.models import Base


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """SQLite in a file, with all tables."""
    database = Database(f"sqlite:///{tmp_path}/app.db")
    Base.metadata.create_all(database.engine)
    return database
