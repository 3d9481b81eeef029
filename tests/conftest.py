"""How the tests are spread over processes: files stay together but for the longest, and the slow ones come first."""

from __future__ import annotations

from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

SLOWEST_FIRST = ("flows", "gateway", "web", "jobs", "conformance", "year", "engine", "provision")
SCENARIOS = "test_scenarios"
"""Files whose name begins so are spread test by test: each puts its portal back into the first state by itself."""


class Spread(LoadScopeScheduling):
    """What has to run in one process."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return nodeid if Path(file).name.startswith(SCENARIOS) else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling:
    """Used instead of the modes of pytest-xdist."""
    return Spread(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Folders of slow tests come first, so that the quick ones fill the gaps at the end."""
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    folder = item.path.relative_to(Path(__file__).parent).parts[0]
    return SLOWEST_FIRST.index(folder) if folder in SLOWEST_FIRST else len(SLOWEST_FIRST)
