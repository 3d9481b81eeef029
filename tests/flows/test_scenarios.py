"""Every acceptance scenario of the first business, delivered twice, and under every trouble but a killed worker."""

from __future__ import annotations

import pytest

from tests.flows.conditions import TROUBLES, Condition, quiet
from tests.flows.office import Office
from tests.flows.scenarios import SCENARIOS
from tests.harness.world import World

pytestmark = pytest.mark.flow


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario_and_its_replay(world: World, name: str) -> None:
    SCENARIOS[name](Condition(world, Office(world), quiet, replays=True))


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario_under_trouble(world: World, name: str, trouble: str) -> None:
    SCENARIOS[name](Condition(world, Office(world), TROUBLES[trouble]))
