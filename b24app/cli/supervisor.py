"""Runs the processes of one installation in the foreground and stops them together."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from b24app.errors import SystemUnavailable
from rules.decision import Text

STOP_PATIENCE = 10.0
"""seconds a process has to finish what it does before it is killed"""
SHORT_LIFE = 10.0
"""seconds; a process that dies sooner is started again after growing pauses"""
LONGEST_PAUSE = 30.0
CHILDREN_FILE = "children.json"


@dataclass
class Child:
    """One process, the first of a group of its own; whether it is started again when it dies."""

    name: str
    command: Sequence[str]
    restart: bool = False
    process: subprocess.Popen[bytes] | None = None
    born: float = 0.0
    short_lives: int = 0
    again_at: float | None = None

    @property
    def is_alive(self) -> bool:
        """Whether its first process runs."""
        return self.process is not None and self.process.poll() is None


@dataclass
class Supervisor:
    """Starts children in order, restarts those that may die, stops all in the opposite order.

    `data/children.json` names their process groups, so that a supervisor which was killed leaves nothing
    behind that the next one could not stop.
    """

    data: Path
    environment: Mapping[str, str]
    say: Callable[[str], None]
    children: list[Child] = field(default_factory=list)

    def start(self, name: str, arguments: Sequence[str], *, restart: bool = False) -> Child:
        """Starts `python -m <arguments>`; its output goes to `logs/<name>.log`."""
        child = Child(name, [sys.executable, "-m", *arguments], restart)
        self.children.append(child)
        self._launch(child)
        return child

    def wait_until(self, child: Child, ready: Callable[[], bool], timeout: float = 60.0) -> None:
        """Waits until the child answers; its death or silence is told with the path of its log."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline and child.is_alive:
            if ready():
                return
            time.sleep(0.05)
        log = self._log(child)
        raise SystemUnavailable(
            Text(f"Процесс «{child.name}» не запустился, смотрите {log}", f"{child.name} did not start, see {log}")
        )

    def watch(self) -> None:
        """Stays until interrupted; brings back children that may be restarted."""
        while True:
            for child in self.children:
                if child.restart and not child.is_alive:
                    self._bring_back(child)
            time.sleep(0.3)

    def stop(self) -> None:
        """Stops every child with all that it started, the last started first."""
        for child in reversed(self.children):
            if child.process is None:
                continue
            _signal_group(child.process.pid, signal.SIGTERM)
            try:
                child.process.wait(STOP_PATIENCE)
            except subprocess.TimeoutExpired:
                _signal_group(child.process.pid, signal.SIGKILL)
                child.process.wait()
        self._children_file.unlink(missing_ok=True)

    def stop_leftovers(self) -> None:
        """Stops what a killed supervisor of the same data left running. Call it under the lock of `up`."""
        if not self._children_file.exists():
            return
        groups = set(json.loads(self._children_file.read_text()).values())
        running = groups & set(_our_groups())
        for group in running:
            _signal_group(group, signal.SIGTERM)
        deadline = time.monotonic() + STOP_PATIENCE
        while running & set(_our_groups()) and time.monotonic() < deadline:
            time.sleep(0.1)
        for group in running & set(_our_groups()):
            _signal_group(group, signal.SIGKILL)
        self._children_file.unlink()

    @property
    def _children_file(self) -> Path:
        return self.data / CHILDREN_FILE

    def _log(self, child: Child) -> Path:
        return self.data / "logs" / f"{child.name}.log"

    def _bring_back(self, child: Child) -> None:
        """Starts a dead child again: at once, or after a pause when it keeps dying."""
        now = time.monotonic()
        if child.again_at is None:
            child.short_lives = child.short_lives + 1 if now - child.born < SHORT_LIFE else 0
            pause = min(2.0**child.short_lives, LONGEST_PAUSE) if child.short_lives else 0.0
            child.again_at = now + pause
            self.say(f"Процесс «{child.name}» остановился, запускаю снова / {child.name} stopped, starting it again")
        if now >= child.again_at:
            child.again_at = None
            if child.process is not None:
                # What it had started may still live and hold its port.
                _signal_group(child.process.pid, signal.SIGTERM)
            self._launch(child)

    def _launch(self, child: Child) -> None:
        path = self._log(child)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as log:
            # A session of its own: Ctrl-C reaches only us, and we stop the children in order.
            child.process = subprocess.Popen(  # noqa: S603 - our own command lines
                child.command,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )
        child.born = time.monotonic()
        groups = {one.name: one.process.pid for one in self.children if one.process is not None}
        self._children_file.write_text(json.dumps(groups))


def _signal_group(group: int, number: signal.Signals) -> None:
    """Signals a child and what it started; a group that is gone is fine."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _our_groups() -> Iterator[int]:
    """Groups of running processes whose programs lie in our virtual environment."""
    try:
        listing = subprocess.run(["ps", "-A", "-o", "pgid=,command="], capture_output=True, text=True)  # noqa: S607
    except FileNotFoundError:  # a machine without ps: a busy port tells the rest
        return
    for line in listing.stdout.splitlines():
        group, _, command = line.strip().partition(" ")
        if sys.prefix in command:
            yield int(group)


def answers(url: str) -> bool:
    """Whether something answers at an HTTP address of this machine."""
    with contextlib.suppress(URLError, OSError), urlopen(url, timeout=5):  # noqa: S310 - our own loopback addresses
        return True
    return False
