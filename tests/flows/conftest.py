"""One running installation for the whole session; every test starts from the same saved state."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.flows.conditions import Condition, quiet
from tests.flows.office import Office
from tests.harness.postgres import postgres, postgres_programs, redis_server
from tests.harness.world import World

# Hundreds of scenarios in a few minutes are no portal's ordinary day: its limits are switched off here, and a token
# does not expire whenever the clock is moved. Both are tested with the gateway.
OPTIONS = (
    *("--fixture", "F0", "--now", "2026-02-01T09:00:00+03:00", "--no-workers"),
    *("--sandbox-option", "--rate off", "--sandbox-option", "--operating off"),
    *("--sandbox-option", f"--token-seconds {timedelta(days=3650) // timedelta(seconds=1)}"),
)


def installed(data: Path, environment: dict[str, str] | None = None) -> World:
    """`up` with the sandbox, fixture F0 and the preset of the food producer, its state saved."""
    world = World.start(data, *OPTIONS, environment=environment)
    world.control("clock", {"freeze": True})
    world.settle_down()
    world.save()
    return world


@pytest.fixture(scope="session")
def installed_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """On SQLite and the embedded queue server."""
    world = installed(tmp_path_factory.mktemp("world"))
    yield world
    world.stop()


@pytest.fixture
def world(installed_world: World) -> World:
    """The installation, as it was right after it was installed."""
    installed_world.put_back()
    return installed_world


@pytest.fixture(scope="session")
def installed_postgres_world() -> Iterator[World]:
    """On PostgreSQL and Redis."""
    if postgres_programs() is None or shutil.which("redis-server") is None:
        reason = "PostgreSQL and Redis are not installed: the second lane of the flow tests is skipped"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    # Not under pytest's own folder: the user that PostgreSQL runs as may not enter it.
    with tempfile.TemporaryDirectory(prefix="b24app-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with postgres(folder) as database, redis_server(folder) as queue:
            world = installed(folder / "data", {"DATABASE_URL": database, "REDIS_URL": queue})
            yield world
            world.stop()
            world.app.database.engine.dispose()


@pytest.fixture
def postgres_world(installed_postgres_world: World) -> World:
    """The installation on PostgreSQL, as it was right after it was installed."""
    installed_postgres_world.put_back()
    return installed_postgres_world


@pytest.fixture
def play(world: World) -> Condition:
    """A quiet portal on Monday morning; company 100 pays after seven days."""
    office = Office(world)
    office.put_fields("company", 100, deferral_days=7)
    world.at("2026-04-06T11:00:00")
    return Condition(world, office, quiet, replays=True)
