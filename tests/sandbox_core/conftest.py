"""A running sandbox for the tests of its core."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harness.sandbox import Sandbox


@pytest.fixture(scope="session")
def _shared() -> Iterator[Sandbox]:
    with Sandbox("--rate", "off", "--now", "2026-04-06T11:00:00+03:00") as sandbox:
        sandbox.pristine = sandbox.control("snapshot", {})["id"]
        yield sandbox


@pytest.fixture
def sandbox(_shared: Sandbox) -> Sandbox:
    """The shared process, put back to its first state; logs are read from `since`."""
    _shared.control("restore", {"id": _shared.pristine})
    _shared.control("faults", method="DELETE")
    return _shared
