"""One running installation for the whole session; every test starts from the same saved state."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harness.world import World


@pytest.fixture(scope="session")
def installed_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """`up` with the sandbox, fixture F0 and the preset of the food producer."""
    data = tmp_path_factory.mktemp("world")
    options = (
        "--fixture",
        "F0",
        "--now",
        "2026-02-01T09:00:00+03:00",
        "--no-workers",
        "--sandbox-option",
        "--rate off",
    )
    world = World.start(data, *options)
    world.control("clock", {"freeze": True})
    world.settle()
    world.save()
    yield world
    world.stop()


@pytest.fixture
def world(installed_world: World) -> World:
    """The installation, as it was right after it was installed."""
    installed_world.put_back()
    return installed_world
