"""A shared Valkey, a shared sandbox, and gateways that do not really sleep."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from redis import Redis

from b24app.portal.budget import Unlimited
from b24app.portal.credentials import FixedAccess
from b24app.portal.gateway import Gateway
from b24app.portal.line import Line
from b24app.portal.operating import Operating
from tests.gateway.fakes import ENDPOINT, FakePortal
from tests.harness.sandbox import Sandbox
from tests.harness.valkey import Valkey


@pytest.fixture(scope="session")
def valkey() -> Iterator[Valkey]:
    """One server for all tests of the session."""
    with Valkey() as server:
        yield server


@pytest.fixture
def store(valkey: Valkey) -> Redis:
    """An empty Redis."""
    client = valkey.client()
    client.flushall()
    return client


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox portal without limits."""
    with Sandbox("--rate", "off") as box:
        yield box


@pytest.fixture
def sandbox_gateway(sandbox: Sandbox) -> Gateway:
    """A gateway to the sandbox by the administrator's webhook."""
    return Gateway(Line(FixedAccess(f"{sandbox.url}/rest/1/secret/"), Unlimited(), Operating(None, "sandbox")))


@pytest.fixture
def portal() -> FakePortal:
    """A portal in memory."""
    return FakePortal()


@pytest.fixture
def gateway(portal: FakePortal) -> Gateway:
    """A gateway to the portal in memory; it notes its pauses in `portal.slept`."""
    credentials = FixedAccess(ENDPOINT, "token")
    line = Line(
        credentials, Unlimited(), Operating(None, "fake"), transport=portal.transport(), sleep=portal.slept.append
    )
    return Gateway(line)
