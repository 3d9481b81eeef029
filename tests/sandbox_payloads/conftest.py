"""The sandbox that a module of this folder replays on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harness.receiver import Receiver
from tests.harness.sandbox import Sandbox
from tests.sandbox_payloads.stage import Stage


@pytest.fixture(scope="module")
def _stage() -> Iterator[Stage]:
    with Receiver() as receiver, Sandbox("--rate", "off", "--operating", "off", fixture="F0") as sandbox:
        yield Stage(sandbox, receiver).prepare()


@pytest.fixture
def stage(_stage: Stage) -> Stage:
    """The module's sandbox in its first state."""
    _stage.clear()
    return _stage
