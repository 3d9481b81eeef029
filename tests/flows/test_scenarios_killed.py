"""Every acceptance scenario of the first business with workers that are killed on their way."""

from __future__ import annotations

import pytest

from tests.flows.conditions import Condition, Killed
from tests.flows.office import Office
from tests.flows.scenarios import SCENARIOS
from tests.harness.world import World

pytestmark = pytest.mark.flow


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario_with_killed_workers(world: World, name: str) -> None:
    SCENARIOS[name](Condition(world, Office(world), Killed()))
