"""A portal in a process of its own for what HTTP adds, and one in memory for what the methods do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox import fixtures
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Happening, Portal
from sandbox.kernel.registry import load_families
from sandbox.kernel.store import Store
from sandbox.server.answer import dumps, result_of
from tests.harness.sandbox import Sandbox

load_families()


@pytest.fixture(scope="module")
def portal() -> Iterator[Sandbox]:
    """A portal with the people and clients of fixture F0, without limits."""
    with Sandbox("--rate", "off", "--operating", "off", fixture="F0") as sandbox:
        yield sandbox


class Desk:
    """A portal in memory: calls that read like REST, and the events that were sent."""

    def __init__(self) -> None:
        self.portal = Portal(Store())
        fixtures.load(self.portal, "F0")
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.portal.on_event = self._note

    def _note(self, happening: Happening) -> None:
        self.events.append((happening.code, happening.data))

    def __call__(self, method: str, user: int = 1, **params: Any) -> Any:
        """The `result` of a call as a client reads it."""
        return json.loads(dumps(result_of(self.portal.call(method, params, user=user, source="rest"))))

    def refused(self, method: str, user: int = 1, **params: Any) -> tuple[Any, str]:
        """Code and text of a call that must be refused."""
        with pytest.raises(RestError) as caught:
            self(method, user, **params)
        return caught.value.code, caught.value.description


@pytest.fixture
def desk() -> Desk:
    """A fresh portal with fixture F0."""
    return Desk()
