"""A running sandbox with fixture F0 for the tests of chats, open lines, disk and lists."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harness.receiver import Receiver
from tests.harness.sandbox import Sandbox
from tests.sandbox_core.conftest import App

START = "2026-04-06T11:00:00+03:00"


@pytest.fixture(scope="session")
def _shared() -> Iterator[tuple[Sandbox, int]]:
    with Sandbox("--rate", "off", "--operating", "off", "--now", START, fixture="F0") as sandbox:
        yield sandbox, sandbox.control("snapshot", {})["id"]


@pytest.fixture
def sandbox(_shared: tuple[Sandbox, int]) -> Sandbox:
    """The shared process, put back to its first state."""
    sandbox, pristine = _shared
    sandbox.control("delivery/flush", {})
    sandbox.control("restore", {"id": pristine})
    return sandbox


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def app(sandbox: Sandbox, receiver: Receiver) -> App:
    """An application without an installation page, whose handler is `receiver`."""
    scope = ["disk", "entity", "im", "log", "imbot", "imconnector", "imopenlines", "pull", "sonet_group", "user", "crm"]
    wanted = {"client_id": "local.1", "client_secret": "s3", "handler_url": receiver.url(), "scope": scope}
    told = sandbox.control("install", wanted)
    fields = sandbox.control("open", {"client_id": "local.1"})["fields"]
    return App(sandbox, "local.1", "s3", fields["AUTH_ID"], fields["REFRESH_ID"], told["application_token"])
