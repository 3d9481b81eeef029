"""A sandbox process with fixture F0, and an application that writes down what it is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.harness.receiver import Receiver
from tests.harness.sandbox import Refused, Sandbox


@pytest.fixture(scope="module")
def portal() -> Iterator[Sandbox]:
    """One process for the tests of a file; the tests make what they need under ids of their own."""
    with Sandbox("--rate", "off", "--operating", "off", fixture="F0") as sandbox:
        yield sandbox


class App:
    """An installed application of an administrator: calls with its token, hears events."""

    def __init__(self, portal: Sandbox, receiver: Receiver) -> None:
        self.portal = portal
        self.receiver = receiver
        told = portal.control("install", {"handler_url": receiver.url("/app"), "title": "App"})
        self.token = self._sign_in(str(told["client_id"]), str(told["client_secret"]))

    def _sign_in(self, client_id: str, client_secret: str) -> str:
        query = {"client_id": client_id, "user": "1"}
        page = requests.get(f"{self.portal.url}/oauth/authorize/", query, allow_redirects=False, timeout=30)
        code = page.headers["Location"].partition("code=")[2].partition("&")[0]
        grant = {"grant_type": "authorization_code", "client_id": client_id, "client_secret": client_secret}
        answer = requests.get(f"{self.portal.url}/oauth/token/", {**grant, "code": code}, timeout=30)
        return str(answer.json()["access_token"])

    def rest(self, method: str, params: dict[str, Any] | None = None) -> Any:
        """Calls as the application; refusals are raised."""
        return self.portal.rest(method, params, token=self.token)

    def bind(self, *codes: str) -> None:
        """Subscribes to events."""
        for code in codes:
            self.rest("event.bind", {"event": code, "handler": self.receiver.url("/event")})

    def heard(self) -> list[tuple[str, dict[str, str]]]:
        """The events since the last time: the code and the parts of `data[FIELDS]`."""
        self.portal.control("delivery/flush", {})
        hits, self.receiver.received[:] = list(self.receiver.received), []
        forms = [hit.form for hit in hits]
        return [
            (form["event"], {k[13:-1]: v for k, v in form.items() if k.startswith("data[FIELDS][")}) for form in forms
        ]


@pytest.fixture
def app(portal: Sandbox) -> Iterator[App]:
    """An application of this test alone."""
    with Receiver() as receiver:
        yield App(portal, receiver)


def refusal(portal: Sandbox, method: str, params: dict[str, Any], user: int = 1) -> tuple[Any, str, int]:
    """Code, text and status of a refused call."""
    with pytest.raises(Refused) as caught:
        portal.rest(method, params, user=user)
    return caught.value.code, str(caught.value.body["error_description"]), caught.value.status
