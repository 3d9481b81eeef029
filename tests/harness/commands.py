"""Commands of the product in processes that begin with everything imported: hundreds are run, and many killed."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

from b24app.__main__ import main
from b24app.discover import discover

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])

# Imports the declarations, once for all forks.
discover()


@dataclass(frozen=True)
class Done:
    """What a command came to."""

    returncode: int
    stdout: str
    stderr: str


def start(arguments: Sequence[str], environment: dict[str, str], stdout: str = "", stderr: str = "") -> BaseProcess:
    """Starts `b24app` with arguments; its output goes into files, or nowhere. `kill` it, and `join` it."""
    outputs = (stdout or os.devnull, stderr or os.devnull)
    process = FORKS.Process(target=_run, args=(list(arguments), environment, *outputs), daemon=True)
    process.start()
    return process


def run(arguments: Sequence[str], environment: dict[str, str], timeout: float = 120) -> Done:
    """Runs `b24app` with arguments to its end."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, name) for name in ("out", "err")]
        process = start(arguments, environment, *map(str, files))
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"{arguments} is not done after {timeout} seconds")
        return Done(process.exitcode, *(file.read_text() for file in files))


def _run(arguments: list[str], environment: dict[str, str], stdout: str, stderr: str) -> None:
    for number, name in ((1, stdout), (2, stderr)):
        file = os.open(name, os.O_WRONLY | os.O_CREAT, 0o600)
        os.dup2(file, number)
    os.environ.update(environment)
    raise SystemExit(main(arguments))
