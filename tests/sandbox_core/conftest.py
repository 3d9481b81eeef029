"""A running sandbox for the tests of its core."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.harness.receiver import Receiver
from tests.harness.sandbox import Sandbox

START = "2026-04-06T11:00:00+03:00"


@pytest.fixture(scope="session")
def _shared() -> Iterator[tuple[Sandbox, int]]:
    with Sandbox("--rate", "off", "--now", START) as sandbox:
        yield sandbox, sandbox.control("snapshot", {})["id"]


@pytest.fixture
def sandbox(_shared: tuple[Sandbox, int]) -> Sandbox:
    """The shared process, put back to its first state; the logs keep what earlier tests did."""
    sandbox, pristine = _shared
    sandbox.control("faults", method="DELETE")
    sandbox.control("delivery", {"drop": 0, "duplicate": 0, "shuffle": False, "delay": 0, "pause": False, "seed": 0})
    sandbox.control("delivery/flush", {})
    sandbox.control("restore", {"id": pristine})
    return sandbox


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@dataclass
class App:
    """An installed application and its administrator's tokens."""

    sandbox: Sandbox
    client_id: str
    client_secret: str
    token: str
    refresh: str
    application_token: str

    def rest(self, method: str, params: dict[str, Any] | None = None, **options: Any) -> Any:
        return self.sandbox.rest(method, params, token=options.pop("token", self.token), **options)


@pytest.fixture
def app(sandbox: Sandbox, receiver: Receiver) -> App:
    """An application without an installation page, whose handler is `receiver`."""
    told = sandbox.control("install", {"client_id": "local.1", "client_secret": "s3", "handler_url": receiver.url()})
    fields = sandbox.control("open", {"client_id": "local.1"})["fields"]
    return App(sandbox, "local.1", "s3", fields["AUTH_ID"], fields["REFRESH_ID"], told["application_token"])
