"""A running portal with an application, a deal on the first stage, and short ways to build templates."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.harness.receiver import Receiver
from tests.harness.sandbox import Sandbox

START = "2026-04-06T11:00:00+03:00"
DEAL_TYPE = ["crm", "CCrmDocumentDeal", "DEAL"]


@pytest.fixture(scope="session")
def _shared() -> Iterator[tuple[Sandbox, int]]:
    with Sandbox("--rate", "off", "--now", START) as sandbox:
        sandbox.control("clock", {"freeze": True})
        for number in (2, 3):
            person = {"NAME": f"User {number}", "EMAIL": f"u{number}@example.com", "UF_DEPARTMENT": [1]}
            sandbox.control("fixture", {"objects": [{"method": "user.add", "params": person, "id": number}]})
        yield sandbox, sandbox.control("snapshot", {})["id"]


@pytest.fixture
def sandbox(_shared: tuple[Sandbox, int]) -> Sandbox:
    """The shared process, put back to its first state."""
    sandbox, pristine = _shared
    sandbox.control("delivery", {"drop": 0, "duplicate": 0, "shuffle": False, "delay": 0, "pause": False})
    sandbox.control("delivery/flush", {})
    sandbox.control("restore", {"id": pristine})
    return sandbox


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@dataclass
class App:
    """An installed application with its administrator's token."""

    sandbox: Sandbox
    receiver: Receiver
    token: str

    def rest(self, method: str, params: dict[str, Any] | None = None) -> Any:
        return self.sandbox.rest(method, params, token=self.token)

    def robot(self, code: str, kind: str = "robot", **fields: Any) -> None:
        """Registers a robot (or an action) whose handler is the receiver."""
        given = {"CODE": code, "HANDLER": self.receiver.url("/robot"), "NAME": code, "AUTH_USER_ID": 1, **fields}
        assert self.rest(f"bizproc.{kind}.add", given) is True

    def forms(self, path: str = "/robot") -> list[dict[str, str]]:
        """What came to an address of the application so far; calls of robots in the order of their
        start, because the queue promises no order of arrival."""
        self.sandbox.control("delivery/flush", {})
        order = {run["token"]: run["run"] for run in self.sandbox.control("runs")}
        came = [one.form for one in self.receiver.received if one.path == path]
        return sorted(came, key=lambda form: order.get(form.get("event_token"), 0))

    def template(self, *children: dict[str, Any], **parts: Any) -> int:
        """Adds a template for deals and returns its number."""
        fields = {"DOCUMENT_TYPE": DEAL_TYPE, "NAME": "Process", "TEMPLATE_DATA": bpt(*children, **parts)}
        if "auto" in parts:
            fields["AUTO_EXECUTE"] = parts["auto"]
        return int(self.rest("bizproc.workflow.template.add", fields))

    def deal(self, **fields: Any) -> int:
        """Adds a deal and returns its number."""
        item = self.sandbox.rest("crm.item.add", {"entityTypeId": 2, "fields": {"title": "Deal", **fields}})
        return int(item["item"]["id"])

    def card(self, number: int) -> dict[str, Any]:
        """A deal as crm.item.get prints it."""
        found: dict[str, Any] = self.sandbox.rest("crm.item.get", {"entityTypeId": 2, "id": number})["item"]
        return found

    def move(self, number: int, stage: str) -> None:
        """An employee moves a deal."""
        self.sandbox.rest("crm.item.update", {"entityTypeId": 2, "id": number, "fields": {"stageId": stage}})

    def start(self, template: int, deal: int, **parameters: Any) -> str:
        """Starts a process on a deal."""
        params = {"TEMPLATE_ID": template, "DOCUMENT_ID": document(deal), "PARAMETERS": parameters}
        return str(self.sandbox.rest("bizproc.workflow.start", params))


@pytest.fixture
def app(sandbox: Sandbox, receiver: Receiver) -> App:
    sandbox.control("install", {"client_id": "local.1", "client_secret": "s", "handler_url": receiver.url()})
    fields = sandbox.control("open", {"client_id": "local.1"})["fields"]
    return App(sandbox, receiver, fields["AUTH_ID"])


def document(deal: int) -> list[str]:
    """The document id of a deal."""
    return ["crm", "CCrmDocumentDeal", f"DEAL_{deal}"]


def step(kind: str, *children: dict[str, Any], name: str = "", **properties: Any) -> dict[str, Any]:
    """One activity of a template."""
    named = {"Name": name} if name else {}
    return {"Type": kind, **named, "Properties": properties, "Children": list(children)}


def tree(*children: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """The parts of a template file."""
    return {
        "VERSION": 2,
        "TEMPLATE": [step("SequentialWorkflowActivity", *children)],
        "PARAMETERS": parts.get("parameters", {}),
        "VARIABLES": parts.get("variables", {}),
        "CONSTANTS": {},
    }


def bpt(*children: dict[str, Any], **parts: Any) -> list[str]:
    """A template file as REST takes it: name and base64."""
    return ["process.bpt", base64.b64encode(json.dumps(tree(*children, **parts)).encode()).decode()]
