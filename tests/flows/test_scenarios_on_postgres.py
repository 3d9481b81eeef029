"""The scenarios once more on PostgreSQL and Redis, as in production."""

from __future__ import annotations

import pytest

from tests.flows.conditions import TROUBLES, Condition, quiet
from tests.flows.office import Office
from tests.flows.scenarios import SCENARIOS
from tests.harness.world import World

pytestmark = [pytest.mark.flow, pytest.mark.postgres]


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario_and_its_replay(postgres_world: World, name: str) -> None:
    SCENARIOS[name](Condition(postgres_world, Office(postgres_world), quiet, replays=True))


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario_under_trouble(postgres_world: World, name: str, trouble: str) -> None:
    SCENARIOS[name](Condition(postgres_world, Office(postgres_world), TROUBLES[trouble]))
