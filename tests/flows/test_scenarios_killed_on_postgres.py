"""The scenarios with killed workers once more on PostgreSQL and Redis, as in production."""

from __future__ import annotations

import pytest

from tests.flows.conditions import Condition, Killed
from tests.flows.office import Office
from tests.flows.scenarios import SCENARIOS
from tests.harness.world import World

pytestmark = [pytest.mark.flow, pytest.mark.postgres]


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario_with_killed_workers(postgres_world: World, name: str) -> None:
    SCENARIOS[name](Condition(postgres_world, Office(postgres_world), Killed()))
