"""How the tests are spread over processes: files stay together, but for the flow tests, and the longest come first."""

from __future__ import annotations

from pathlib import Path

import pytest

SLOWEST_FIRST = ("flows", "gateway", "web", "jobs", "conformance", "year", "engine", "provision")
SHARED_BY_ALL = {"world", "play", "postgres_world"}
"""fixtures that put one running installation back into its first state: their tests may go anywhere"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Names the group of every test for pytest-xdist; a group runs in one process."""
    items.sort(key=_rank)
    for item in items:
        anywhere = SHARED_BY_ALL.intersection(getattr(item, "fixturenames", ()))
        item.add_marker(pytest.mark.xdist_group(item.nodeid if anywhere else str(item.path)))


def _rank(item: pytest.Item) -> int:
    folder = item.path.relative_to(Path(__file__).parent).parts[0]
    return SLOWEST_FIRST.index(folder) if folder in SLOWEST_FIRST else len(SLOWEST_FIRST)
