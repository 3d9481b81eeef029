"""How the tests are spread over processes: files stay together unless marked `anywhere`, the longest first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

SLOWEST_FIRST = ("flows", "gateway", "web", "jobs", "conformance", "year", "engine", "provision")


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Names the group of every test, before pytest-xdist looks (hence the wrapper); a group runs in one process."""
    items.sort(key=_rank)
    for item in items:
        group = item.nodeid if item.get_closest_marker("anywhere") else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))
    yield


def _rank(item: pytest.Item) -> int:
    folder = item.path.relative_to(Path(__file__).parent).parts[0]
    return SLOWEST_FIRST.index(folder) if folder in SLOWEST_FIRST else len(SLOWEST_FIRST)
