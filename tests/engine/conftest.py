"""A fresh database for every test; a sandbox with the preset for those that need a portal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from b24app.store.database import Database
from b24app.store.models import Base
from tests.engine.ground import Ground, provision
from tests.harness.sandbox import Sandbox


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """SQLite in a file, with all tables."""
    database = Database(f"sqlite:///{tmp_path}/app.db")
    Base.metadata.create_all(database.engine)
    return database


@pytest.fixture(scope="session")
def provisioned() -> Iterator[tuple[Sandbox, dict[str, dict[str, Any]], str]]:
    """A portal F0 with the food preset, its binding, and the snapshot of that state."""
    options = ("--rate", "off", "--operating", "off", "--now", "2026-04-01T09:00:00+03:00")
    with Sandbox(*options, fixture="F0") as sandbox:
        binding = provision(sandbox)
        sandbox.control("clock", {"freeze": True})
        yield sandbox, binding, sandbox.control("snapshot", {})["id"]


@pytest.fixture
def ground(provisioned: tuple[Sandbox, dict[str, dict[str, Any]], str], database: Database) -> Ground:
    """The portal as provisioned, and an engine that has seen nothing yet."""
    sandbox, binding, snapshot = provisioned
    sandbox.control("faults", method="DELETE")
    sandbox.control("restore", {"id": snapshot})
    ground = Ground(sandbox, binding, database)
    # «Отсрочка» of the fixture F0 (acceptance.md).
    for company, days in ((100, 7), (101, 14), (102, 10)):
        field = binding["company.deferral_days"]["item_code"]
        params = {"entityTypeId": 4, "id": company, "fields": {field: days}}
        sandbox.control("fixture", {"objects": [{"method": "crm.item.update", "params": params}]})
    return ground
