"""A portal in a process of its own, called over HTTP as any client does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harness.sandbox import Sandbox


@pytest.fixture(scope="module")
def portal() -> Iterator[Sandbox]:
    """A portal with the people and clients of fixture F0, without limits."""
    with Sandbox("--rate", "off", "--operating", "off", fixture="F0") as sandbox:
        yield sandbox
