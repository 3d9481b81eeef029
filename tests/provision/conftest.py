"""A sandbox portal with the application added, and the real gateway to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pytest

from b24app.portal.budget import Unlimited
from b24app.portal.credentials import FixedAccess
from b24app.portal.gateway import Gateway
from b24app.portal.line import Line
from b24app.portal.operating import Operating
from tests.harness.sandbox import Sandbox

PUBLIC_URL = "https://app.example"
CLIENT = {"client_id": "local.provision", "client_secret": "secret-of-the-app"}


@dataclass
class World:
    """The sandbox, its control side, and a gateway that acts as the application."""

    sandbox: Sandbox
    gateway: Gateway

    def writes(self, since: int) -> list[str]:
        """Methods of the writing commands after a call number."""
        return [call["method"] for call in self.sandbox.control(f"calls?since={since}") if call["write"]]

    def last_call(self) -> int:
        """The number of the last call."""
        calls = self.sandbox.control("calls?since=0")
        return int(calls[-1]["n"]) if calls else 0


def application_token(sandbox: Sandbox, user: int = 1) -> str:
    """Adds the application and signs an administrator in."""
    sandbox.control("install", {**CLIENT, "handler_url": f"{PUBLIC_URL}/app", "as": 1})
    query = {"client_id": CLIENT["client_id"], "user": user}
    answer = sandbox.http.get(f"{sandbox.url}/oauth/authorize/", params=query, allow_redirects=False)
    code = parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]
    grant = {"grant_type": "authorization_code", "code": code, **CLIENT}
    return str(sandbox.http.get(f"{sandbox.url}/oauth/token/", params=grant).json()["access_token"])


@pytest.fixture(scope="session")
def portal() -> Iterator[Sandbox]:
    """One sandbox process for all tests of the folder."""
    with Sandbox("--rate", "off", "--operating", "off") as sandbox:
        yield sandbox


@pytest.fixture
def world(portal: Sandbox) -> Iterator[World]:
    """An empty portal with the application; everything is taken back afterwards."""
    snapshot = portal.control("snapshot", {})["id"]
    token = application_token(portal)
    line = Line(FixedAccess(f"{portal.url}/rest/", token), Unlimited(), Operating(None, "test"), sleep=lambda _: None)
    yield World(portal, Gateway(line))
    portal.control("faults", method="DELETE")
    portal.control("restore", {"id": snapshot})
