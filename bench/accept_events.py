"""Events accepted a second, durably, and the time of the slowest hundredth, beside a Flask view that does nothing.

    python bench/accept_events.py [--rounds 5] [--seconds 2] [--workers 2] [--threads 32] [--connections 32]
                                  [--database URL]

Both applications run under the same gunicorn (gthread, same workers and threads); the load comes from a
process of its own over kept-alive connections, each waiting for its answer before it sends the next event.
Rounds of both take turns, so that whatever else the machine does falls on both alike; the figures are over
all rounds. Every accepted event is counted again in the database at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response

from b24app.store.database import Database
from b24app.store.models import PortalRow
from b24app.store.secret_box import SecretBox
from b24app.web import create_app

ROOT = Path(__file__).resolve().parents[1]
SECRET_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
MEMBER = "a223c6b3710f85df22e9377d6c4f7553"
TOKEN = "51856fefc120afa4b628cc82d3935cce"
START_SECONDS = 30.0


def empty_app() -> Flask:
    """A view that does nothing at the same address."""
    app = Flask("empty")

    @app.post("/events")
    def nothing() -> Response:
        return Response(status=200)

    return app


def product_app() -> Flask:
    """The real application; the queue is absent, as the inbox does not need it."""
    settings = SimpleNamespace(public_url="http://127.0.0.1", auth_hosts=("https://oauth.example",), secret_keys=("k",))
    services: Any = SimpleNamespace(
        settings=settings,
        database=Database(os.environ["BENCH_DATABASE"]),
        secret_box=SecretBox([SECRET_KEY]),
        wake_drain=lambda portal_id: None,
        wake_robots=lambda portal_id: None,
    )
    return create_app(services)


def event_request(number: int) -> bytes:
    """One event as the portal's queue posts it."""
    form = {
        "event": "ONCRMDEALUPDATE",
        "event_handler_id": "5",
        "data[FIELDS][ID]": str(number),
        "ts": "1714649632",
        "auth[access_token]": "s6p6eclrvim6da22ft9ch94ekreb52lv",
        "auth[expires_in]": "3600",
        "auth[scope]": "crm",
        "auth[domain]": "portal.bitrix24.ru",
        "auth[server_endpoint]": "https://oauth.bitrix.info/rest/",
        "auth[status]": "L",
        "auth[client_endpoint]": "https://portal.bitrix24.ru/rest/",
        "auth[member_id]": MEMBER,
        "auth[application_token]": TOKEN,
    }
    body = urlencode(form).encode()
    head = (
        "POST /events HTTP/1.1\r\nHost: app\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def load(port: int, connections: int, seconds: float) -> dict[str, Any]:
    """Sends events on every connection until the time is over; answers and their times in milliseconds."""
    times: list[float] = []
    refused = 0
    end = time.perf_counter() + seconds

    async def sender(number: int) -> None:
        nonlocal refused
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < end:
            number += connections
            started = time.perf_counter()
            writer.write(event_request(number))
            head = await reader.readuntil(b"\r\n\r\n")
            times.append((time.perf_counter() - started) * 1000)
            refused += not head.startswith(b"HTTP/1.1 200")
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(sender(number) for number in range(connections)))
    return {"answers": len(times), "refused": refused, "seconds": time.perf_counter() - started, "times": times}


@dataclass(frozen=True)
class Figures:
    """What one run measured."""

    name: str
    per_second: float
    p50: float
    p99: float
    answers: int
    refused: int

    def line(self) -> str:
        """One line of the printed table."""
        return (
            f"{self.name:<28}{self.per_second:>8.0f} /s   p50 {self.p50:>6.1f} ms   p99 {self.p99:>6.1f} ms"
            f"   answers {self.answers}   refused {self.refused}"
        )


def measure(options: argparse.Namespace, database: str) -> tuple[Figures, Figures]:
    """Runs both applications and loads them in turns; the first round of each is warm-up."""
    with (
        served("empty_app", options, {}) as empty,
        served("product_app", options, {"BENCH_DATABASE": database}) as ours,
    ):
        ports = {"view that does nothing": empty, "POST /events, durable": ours}
        results: dict[str, list[dict[str, Any]]] = {name: [] for name in ports}
        for _ in range(options.rounds + 1):
            for name, port in ports.items():
                results[name].append(run_load(port, options))
    first, second = (figures(name, rounds[1:]) for name, rounds in results.items())
    return first, second


def figures(name: str, rounds: list[dict[str, Any]]) -> Figures:
    """The figures of several rounds together."""
    times = sorted(time for result in rounds for time in result["times"])
    seconds = sum(result["seconds"] for result in rounds)
    refused = sum(result["refused"] for result in rounds)
    middle, slow = times[len(times) // 2], times[int(len(times) * 0.99)]
    return Figures(name, len(times) / seconds, middle, slow, len(times), refused)


def run_load(port: int, options: argparse.Namespace) -> dict[str, Any]:
    """The load generator as a process of its own."""
    words = [sys.executable, __file__, "--load", str(port), "--connections", str(options.connections)]
    done = subprocess.run([*words, "--seconds", str(options.seconds)], capture_output=True, check=True, cwd=ROOT)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@contextmanager
def served(factory: str, options: argparse.Namespace, environment: dict[str, str]) -> Iterator[int]:
    """Gunicorn on a free port, stopped by its own process id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "gunicorn", "-c", "b24app/web/gunicorn.conf.py", f"bench.accept_events:{factory}()"]
    settings = {
        "B24APP_BIND": f"127.0.0.1:{port}",
        "B24APP_WEB_WORKERS": str(options.workers),
        "B24APP_WEB_THREADS": str(options.threads),
    }
    process = subprocess.Popen([*words, "--log-level", "error"], cwd=ROOT, env=os.environ | settings | environment)
    try:
        _wait(process, port)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/events", timeout=2)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("gunicorn did not start")


def prepare(url: str) -> None:
    """A database with one installed portal."""
    database = Database(url)
    database.upgrade()
    box = SecretBox([SECRET_KEY])
    with database.session() as session:
        session.add(
            PortalRow(
                member_id=MEMBER,
                domain="portal.bitrix24.ru",
                client_endpoint="https://portal.bitrix24.ru/rest/",
                server_endpoint="https://oauth.bitrix.info/rest/",
                client_id="local.1",
                client_secret=box.seal("secret"),
                application_token=box.seal(TOKEN),
                status="installed",
                presets=[],
            )
        )
    database.engine.dispose()


def stored(url: str) -> int:
    """How many events the database holds."""
    database = Database(url)
    with database.engine.connect() as connection:
        count = connection.exec_driver_sql("SELECT count(*) FROM inbox").scalar_one()
    database.engine.dispose()
    return int(count)


def main() -> None:
    """Measures both applications and prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of one round")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=32)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--database", help="an empty PostgreSQL; SQLite in a temporary directory by default")
    parser.add_argument("--load", type=int, metavar="PORT", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.load:
        print(json.dumps(asyncio.run(load(options.load, options.connections, options.seconds))))
        return
    with tempfile.TemporaryDirectory() as directory:
        url = options.database or f"sqlite:///{directory}/app.sqlite"
        prepare(url)
        empty, product = measure(options, url)
        print(empty.line())
        print(product.line())
        print(f"share of the empty view: {product.per_second / empty.per_second:.2f}   rows stored: {stored(url)}")


if __name__ == "__main__":
    main()
