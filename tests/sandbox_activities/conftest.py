"""A running sandbox with fixture F0, an installed application, and short ways to call both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.harness.receiver import Received, Receiver
from tests.harness.sandbox import Refused, Sandbox

START = "2026-04-06T11:00:00+03:00"
COMPANY, CONTACT, DEAL, LEAD = 4, 3, 2, 1


@pytest.fixture(scope="session")
def _shared() -> Iterator[tuple[Sandbox, int]]:
    with Sandbox("--rate", "off", "--operating", "off", "--now", START, fixture="F0") as sandbox:
        yield sandbox, sandbox.control("snapshot", {})["id"]


@pytest.fixture
def sandbox(_shared: tuple[Sandbox, int]) -> Sandbox:
    """The shared process, put back to its first state."""
    sandbox, pristine = _shared
    sandbox.control("restore", {"id": pristine})
    return sandbox


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@dataclass
class Desk:
    """The portal called by webhook, and by an application for its administrator."""

    sandbox: Sandbox
    receiver: Receiver
    token: str
    seen: int = 0

    def call(self, method: str, user: int = 1, **params: Any) -> Any:
        """By the webhook of a user."""
        return self.sandbox.rest(method, params, user)

    def app(self, method: str, **params: Any) -> Any:
        """By the application."""
        return self.sandbox.rest(method, params, token=self.token)

    def body(self, method: str, **params: Any) -> dict[str, Any]:
        """The whole body of a webhook call."""
        return dict(self.sandbox.raw(method, params).json())

    def refused(self, method: str, user: int = 1, **params: Any) -> tuple[Any, str, int]:
        """Code, text and status of a webhook call that must be refused."""
        return self._refusal(method, params, user=user)

    def app_refused(self, method: str, **params: Any) -> tuple[Any, str, int]:
        """Code, text and status of an application's call that must be refused."""
        return self._refusal(method, params, token=self.token)

    def _refusal(self, method: str, params: dict[str, Any], **who: Any) -> tuple[Any, str, int]:
        with pytest.raises(Refused) as caught:
            self.sandbox.rest(method, params, **who)
        body = caught.value.body
        return body["error"], body["error_description"], caught.value.status

    def add(self, entity_type_id: int, **fields: Any) -> int:
        """Adds a card, returns its id."""
        made = self.call("crm.item.add", entityTypeId=entity_type_id, fields=fields)
        return int(made["item"]["id"])

    def listen(self, *events: str) -> None:
        """Binds the application to events."""
        for event in events:
            self.app("event.bind", event=event, handler=self.receiver.url("/events"))

    def heard(self, count: int) -> list[dict[str, str]]:
        """The next `count` forms the application was sent."""
        self.sandbox.control("delivery/flush", {})
        received: list[Received] = self.receiver.wait(self.seen + count)
        forms = [one.form for one in received[self.seen :]]
        self.seen = len(received)
        return forms


@pytest.fixture
def desk(sandbox: Sandbox, receiver: Receiver) -> Desk:
    """The portal with an application whose handler is `receiver`."""
    sandbox.control("install", {"client_id": "local.7", "client_secret": "s7", "handler_url": receiver.url()})
    fields = sandbox.control("open", {"client_id": "local.7"})["fields"]
    return Desk(sandbox, receiver, fields["AUTH_ID"])


def data_of(form: dict[str, str]) -> dict[str, str]:
    """The flat `data` of an event's form."""
    return {key[5:-1]: value for key, value in form.items() if key.startswith("data[")}
