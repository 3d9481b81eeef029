"""A PostgreSQL cluster and a Redis server of our own, for the second lane of the flow tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

TRIES = 5
PATIENCE, SETTLED = 30.0, 0.3
"""seconds"""


def postgres_programs() -> Path | None:
    """The folder of initdb and postgres, None where PostgreSQL is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    program = shutil.which("initdb")
    return Path(program).parent if program else None


def free_port() -> int:
    """A port nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Runs a fresh cluster in the folder; the URL of an empty database."""
    programs = postgres_programs()
    assert programs is not None
    data = folder / "cluster"
    # PostgreSQL refuses to run as root; its package made the user `postgres`.
    prefix = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    if prefix:
        for path in (folder, *folder.parents):
            if path.owner() == "root" and str(path).startswith("/tmp/"):
                path.chmod(path.stat().st_mode | 0o055)
        data.mkdir()
        shutil.chown(data, "postgres", "postgres")
    subprocess.run(
        [*prefix, programs / "initdb", "-D", data, "-U", "app", "--auth=trust", "-E", "UTF8", "--no-sync"],
        check=True,
        capture_output=True,
    )
    command: list[str | Path] = [
        *prefix,
        programs / "postgres",
        "-D",
        data,
        "-k",
        data,
        "-c",
        "listen_addresses=127.0.0.1",
        "-p",
    ]
    server, port = _listening(command)
    try:
        yield f"postgresql://app@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([*prefix, programs / "pg_ctl", "-D", data, "stop", "-m", "immediate"], capture_output=True)
        server.wait(20)


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """Runs a Redis server; its URL."""
    command = ["redis-server", "--bind", "127.0.0.1", "--dir", str(folder), "--save", "", "--port"]
    server, port = _listening(command)
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(20)


def _listening(command: Sequence[str | Path]) -> tuple[subprocess.Popen[bytes], int]:
    """Starts a server whose port is its last argument, and waits for it. Between looking for a free port and using
    it another program may take it: then the server ends, and another port is tried."""
    for _ in range(TRIES):
        port = free_port()
        quiet = subprocess.DEVNULL
        server = subprocess.Popen([*command, str(port)], stdout=quiet, stderr=quiet)
        if _answers(server, port):
            return server, port
        server.kill()
        server.wait(20)
    raise RuntimeError(f"{command[0]} does not listen")


def _answers(server: subprocess.Popen[bytes], port: int) -> bool:
    deadline = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                # A server that could not have its port is about to end.
                time.sleep(SETTLED)
                return server.poll() is None
        time.sleep(0.1)
    return False
