"""A sandbox with its messenger, and a CRM that listens to webhooks."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from tests.harness.sandbox import Sandbox

START = "2026-04-06T11:00:00+03:00"
CHANNEL = "9a2c1b1e-0000-4000-8000-000000000001"


@dataclass
class Crm:
    """Answers every POST with `status` and keeps its JSON."""

    status: int = 200
    heard: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def crm() -> Iterator[Crm]:
    crm = Crm()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            crm.heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(crm.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    crm.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield crm
    server.shutdown()
    server.server_close()


@dataclass
class Messenger:
    """The services at their port."""

    sandbox: Sandbox
    url: str

    def control(self, path: str, body: dict[str, Any] | None = None, verb: str = "") -> Any:
        answer = requests.request(
            verb or ("GET" if body is None else "POST"), f"{self.url}/sandbox/{path}", json=body, timeout=30
        )
        return answer.json()

    def wazzup(self, **changes: Any) -> requests.Response:
        body = {"channelId": CHANNEL, "chatType": "whatsapp", "chatId": "79990000001", "text": "Добрый день"}
        headers = {"Authorization": f"Bearer {changes.pop('key', 'wazzup-key')}"}
        body = {name: value for name, value in (body | changes).items() if value is not None}
        return requests.post(f"{self.url}/v3/message", json=body, headers=headers, timeout=30)

    def green(self, method: str, body: dict[str, Any] | None = None, token: str = "green-token") -> requests.Response:
        url = f"{self.url}/waInstance7103000000/{method}/{token}"
        return requests.get(url, timeout=30) if body is None else requests.post(url, json=body, timeout=30)


@pytest.fixture(scope="session")
def _shared() -> Iterator[tuple[Sandbox, int]]:
    with Sandbox("--rate", "off", "--now", START, "--messenger-port", "0") as sandbox:
        sandbox.control("clock", {"freeze": True})
        yield sandbox, sandbox.control("snapshot", {})["id"]


@pytest.fixture
def messenger(_shared: tuple[Sandbox, int]) -> Messenger:
    sandbox, pristine = _shared
    sandbox.control("restore", {"id": pristine})
    messenger = Messenger(sandbox, sandbox.ready["messenger"])
    messenger.control("faults", verb="DELETE")
    return messenger
