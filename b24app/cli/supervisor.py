"""Runs the processes of one installation in the foreground and stops them together."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from b24app.errors import SystemUnavailable
from rules.decision import Text

STOP_PATIENCE = 10.0
"""seconds a process has to finish what it does before it is killed"""


@dataclass
class Child:
    """One process: its command line, and whether it is started again when it dies."""

    name: str
    command: Sequence[str]
    restart: bool = False
    process: subprocess.Popen[bytes] | None = None


@dataclass
class Supervisor:
    """Starts children in order, restarts those that may die, stops all in the opposite order."""

    logs: Path
    environment: Mapping[str, str]
    children: list[Child] = field(default_factory=list)
    _stopping: bool = False

    def start(self, name: str, arguments: Sequence[str], *, restart: bool = False) -> Child:
        """Starts `python -m <arguments>`; its output goes to `logs/<name>.log`."""
        child = Child(name, [sys.executable, "-m", *arguments], restart)
        self._launch(child)
        self.children.append(child)
        return child

    def wait_until(self, child: Child, ready: Callable[[], bool], timeout: float = 60.0) -> None:
        """Waits until the child answers; its death or silence is told with the path of its log."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if ready():
                return
            if child.process is not None and child.process.poll() is not None:
                break
            time.sleep(0.05)
        log = self.logs / f"{child.name}.log"
        raise SystemUnavailable(
            Text(f"Процесс «{child.name}» не запустился, смотрите {log}", f"{child.name} did not start, see {log}")
        )

    def watch(self) -> None:
        """Stays until interrupted; brings back children that may be restarted."""
        signal.signal(signal.SIGTERM, lambda *_: self._interrupt())
        while not self._stopping:
            for child in self.children:
                if child.restart and child.process is not None and child.process.poll() is not None:
                    self._launch(child)
            time.sleep(0.3)

    def stop(self) -> None:
        """Stops every child by its own process id, the last started first."""
        for child in reversed(self.children):
            if child.process is None or child.process.poll() is not None:
                continue
            child.process.send_signal(signal.SIGTERM)
            try:
                child.process.wait(STOP_PATIENCE)
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()

    def _interrupt(self) -> None:
        self._stopping = True

    def _launch(self, child: Child) -> None:
        self.logs.mkdir(parents=True, exist_ok=True)
        with (self.logs / f"{child.name}.log").open("ab") as log:
            # A session of its own: Ctrl-C reaches only us, and we stop the children in order.
            child.process = subprocess.Popen(  # noqa: S603 - our own command lines
                child.command,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )


def answers(url: str) -> bool:
    """Whether something answers at an HTTP address of this machine."""
    with contextlib.suppress(URLError, OSError), urlopen(url, timeout=5):  # noqa: S310 - our own loopback addresses
        return True
    return False
