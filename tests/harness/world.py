"""A running installation for flow tests: `b24app up --sandbox --no-workers`, driven over HTTP.

Events arrive at the web process over HTTP, the engine talks to the sandbox over HTTP; only the call of
`settle` is made in this process, to save the start of an interpreter for every step.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import redis
import requests
from sqlalchemy import delete, insert, select

from b24app import bootstrap
from b24app.store.models import Base, InboxRow, PortalRow
from config.settings import load_settings
from tests.harness import commands

PLAN = {"B24APP_PLAN": "box"}
BOX = {**os.environ, **PLAN}
"""a portal without a bucket: the flow tests are about effects, the gateway's tests about limits"""
HURRY = 25.0
"""how many times shorter the pauses between two tries are in tests"""


def free_port_base() -> int:
    """A base such that the six ports of `up` are free now."""
    for base in range(20_000 + os.getpid() % 1_200 * 10, 60_000, 10):
        if all(_is_free(base + n) for n in range(6)):
            return base
    raise RuntimeError("no free ports")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@dataclass
class World:
    """One installation with its portal. Amounts come back as Decimal, ids as int."""

    data: Path
    base: int
    process: subprocess.Popen[str]
    app: Any = None
    seen_events: int = 0
    _hits: int = 0
    _last_call: int = 0
    _saved: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    _snapshot: str = ""

    @classmethod
    def start(cls, data: Path, *options: str, environment: dict[str, str] | None = None) -> World:
        """Runs `up` and waits for its `ready` line."""
        base = free_port_base()
        command = [sys.executable, "-m", "b24app", "up", "--sandbox", "--port-base", str(base), "--data", str(data)]
        env = BOX | (environment or {})
        process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True, env=env)
        line = process.stdout.readline() if process.stdout else ""
        if '"ready"' not in line:
            process.kill()
            logs = "\n".join(f"--- {p.name}\n{p.read_text()[-3000:]}" for p in (data / "logs").glob("*.log"))
            raise RuntimeError(f"up did not start: {line}\n{logs}")
        world = cls(data, base, process)
        world.reconnect()
        return world

    def reconnect(self) -> None:
        """Builds the application of this process anew (as a restarted worker would)."""
        self.app = bootstrap.build(load_settings(self.data, PLAN), sleep=lambda seconds: time.sleep(seconds / HURRY))

    def stop(self) -> None:
        """Stops everything by the supervisor's own process id."""
        self.process.terminate()
        self.process.wait(30)

    # the portal's control side

    @property
    def portal_url(self) -> str:
        """Address of the sandbox portal."""
        return f"http://127.0.0.1:{self.base + 1}"

    @property
    def web_url(self) -> str:
        """Address of the app."""
        return f"http://127.0.0.1:{self.base}"

    @property
    def messenger_url(self) -> str:
        """Address of the sandbox's messenger."""
        return f"http://127.0.0.1:{self.base + 4}"

    def messenger(self, path: str, body: Any = None, verb: str = "") -> Any:
        """A call of the messenger's control side."""
        return self._control(self.messenger_url, path, body, verb)

    def control(self, path: str, body: Any = None, verb: str = "") -> Any:
        """A call of the portal's control side."""
        return self._control(self.portal_url, path, body, verb)

    @staticmethod
    def _control(url: str, path: str, body: Any, verb: str) -> Any:
        verb = verb or ("GET" if body is None else "POST")
        answer = requests.request(verb, f"{url}/sandbox/{path}", json=body, timeout=120)
        assert answer.ok, f"{path}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.text else None

    def rest(self, method: str, params: dict[str, Any] | None = None, user: int = 1) -> Any:
        """A REST call through the user's incoming webhook; `result` of the answer."""
        secret = "secret" if user == 1 else f"secret{user}"
        answer = requests.post(f"{self.portal_url}/rest/{user}/{secret}/{method}", json=params or {}, timeout=60)
        body = json.loads(answer.text, parse_float=Decimal)
        assert "result" in body, f"{method}: {answer.text[:500]}"
        return body["result"]

    def act(self, method: str, params: dict[str, Any], as_: int | str = 11) -> Any:
        """Does what an employee would do; events follow."""
        return self.control("act", {"as": as_, "method": method, "params": params})

    def fixture(self, *objects: dict[str, Any]) -> None:
        """Silently puts objects into the portal."""
        self.control("fixture", {"objects": list(objects)})

    def at(self, moment: str) -> None:
        """Sets the portal's clock (Moscow time)."""
        self.control("clock", {"now": moment if "+" in moment else f"{moment}+03:00"})

    def writes_since(self, number: int) -> list[dict[str, Any]]:
        """Writing commands of the app since a call number."""
        return [c for c in self.control(f"calls?since={number}") if c["write"] and c["app"]]

    def last_call(self) -> int:
        """The number of the last call, for `writes_since`."""
        self._last_call = self._newest("calls", self._last_call)
        return self._last_call

    def _newest(self, log: str, after: int) -> int:
        """The number of a log's last line. Whole logs are long after some hundred tests."""
        lines = self.control(f"{log}?since={after}")
        return int(lines[-1]["n"]) if lines else after

    # the product

    def flush(self) -> None:
        """Delivers the events that wait."""
        self.control("delivery/flush", {})

    def settle(self) -> Any:
        """Delivers events and does everything that is due now."""
        self.flush()
        return self.kit.engine.settle(timeout=60)

    def settle_down(self) -> None:
        """`settle` until not even an event of an own write is on its way."""
        for _ in range(20):
            self.settle()
            if not self.inbox():
                return
        raise AssertionError(f"events keep coming: {[(row.event, row.body) for row in self.inbox()]}")

    def inbox(self) -> list[InboxRow]:
        """What came in and waits."""
        with self.app.database.session() as session:
            return list(session.scalars(select(InboxRow).where(InboxRow.state == "new").order_by(InboxRow.id)))

    def start_settling(self) -> BaseProcess:
        """`b24app settle` in a process of its own, which may be killed."""
        return commands.start(["settle", "--data", str(self.data)], PLAN)

    def hits(self) -> int:
        """How many HTTP requests the portal has had."""
        for hit in self.control(f"hits?since={self._hits}")["hits"]:
            self._hits = max(self._hits, int(hit["n"]))
        return self._hits

    @property
    def kit(self) -> Any:
        """The product's objects for the installed portal."""
        return self.app.only_portal()

    def name(self, logical: str) -> dict[str, Any]:
        """An entry of the manifest."""
        entry: dict[str, Any] = self.kit.manifest()[logical]
        return entry

    def cli(self, *arguments: str, check: bool = True) -> str:
        """Runs a command of the product in its own process; its stdout."""
        done = commands.run([*arguments, "--data", str(self.data)], PLAN)
        assert not check or done.returncode == 0, f"{arguments}: {done.returncode} {done.stderr[-2000:]}"
        return done.stdout

    def replay_events(self) -> None:
        """Delivers once more every event that was sent to the app since the last replay."""
        fresh = self.control(f"events?since={self.seen_events}")
        self.seen_events = int(fresh[-1]["n"]) if fresh else self.seen_events
        for sent in fresh:
            answer = requests.post(sent["url"], data=self.event_form(sent["event"], sent["data"]), timeout=30)
            assert answer.status_code == 200, answer.text

    def event_form(self, event: str, data: dict[str, Any], **auth: str) -> dict[str, str]:
        """The form of an event as the portal's queue sends it, without tokens."""
        with self.app.database.session() as session:
            portal = session.scalars(select(PortalRow)).one()
        token = self.app.secret_box.open(portal.application_token)
        form = {"event": event, "event_handler_id": "1", "ts": str(int(time.time()))}
        form |= {
            f"auth[{k}]": v for k, v in ({"member_id": portal.member_id, "application_token": token} | auth).items()
        }
        return form | dict(_flat("data", data))

    # saving and putting back

    def save(self) -> None:
        """Remembers the state of the portal and of the product's database."""
        self._snapshot = self.control("snapshot", {})["id"]
        with self.app.database.session() as session:
            self._saved = {
                t.name: [dict(r._mapping) for r in session.execute(select(t))] for t in Base.metadata.sorted_tables
            }

    def put_back(self) -> None:
        """Returns to the remembered state, with an empty queue server and no faults."""
        self.control("faults", verb="DELETE")
        self.messenger("faults", verb="DELETE")
        self.control("delivery", {"drop": 0, "duplicate": 0, "shuffle": False, "delay": 0, "pause": False})
        # An event of the test before that is still on its way would arrive in this one.
        self.flush()
        self.control("restore", {"id": self._snapshot})
        self.wipe_queue_server()
        self.seen_events = self._newest("events", self.seen_events)
        with self.app.database.session() as session:
            for table in reversed(Base.metadata.sorted_tables):
                session.execute(delete(table))
            for table in Base.metadata.sorted_tables:
                if self._saved[table.name]:
                    session.execute(insert(table), self._saved[table.name])
        self.reconnect()

    def wipe_queue_server(self) -> None:
        """Empties Redis, as after a crash of the queue server."""
        redis.Redis.from_url(self.app.settings.redis_url).flushall()

    @contextmanager
    def faults(self, **fault: Any) -> Iterator[None]:
        """Faults of the portal for a while."""
        self.control("faults", fault)
        try:
            yield
        finally:
            self.control("faults", verb="DELETE")


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{prefix}[{key}]", inner)
    else:
        yield prefix, str(value)


def wait_for(condition: Any, timeout: float = 120.0, message: str = "nothing happened") -> None:
    """Polls until the condition holds."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, message
        time.sleep(0.1)


def local(moment: str) -> datetime:
    """A moment of Moscow time."""
    return datetime.fromisoformat(f"{moment}+03:00")
