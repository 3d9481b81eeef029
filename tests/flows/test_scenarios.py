"""Every acceptance scenario of the first business, delivered twice, and under every trouble."""

from __future__ import annotations

import pytest

from tests.flows.conditions import TROUBLES, Condition, killed, quiet
from tests.flows.office import Office
from tests.flows.scenarios import SCENARIOS
from tests.harness.world import World

pytestmark = pytest.mark.flow
KILLED = ("A0-01", "A0-09", "A0-11")


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario_and_its_replay(world: World, name: str) -> None:
    SCENARIOS[name](Condition(world, Office(world), quiet, replays=True))


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario_under_trouble(world: World, name: str, trouble: str) -> None:
    SCENARIOS[name](Condition(world, Office(world), TROUBLES[trouble]))


@pytest.mark.parametrize("name", [name for name in SCENARIOS if name.startswith(KILLED)])
def test_scenario_with_killed_workers(world: World, name: str) -> None:
    SCENARIOS[name](Condition(world, Office(world), killed))
