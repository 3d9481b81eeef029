"""`b24app settle` in processes that begin with the product already imported: hundreds are started to be killed."""

from __future__ import annotations

import multiprocessing
import os
from multiprocessing.process import BaseProcess
from pathlib import Path

from b24app.__main__ import main
from b24app.discover import discover

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])

# Imports the declarations, once for all forks.
discover()


def start_settling(data: Path, environment: dict[str, str]) -> BaseProcess:
    """Starts the command; kill it with `kill`, and `join` it."""
    process = FORKS.Process(target=_settle, args=(str(data), environment), daemon=True)
    process.start()
    return process


def _settle(data: str, environment: dict[str, str]) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.environ.update(environment)
    raise SystemExit(main(["settle", "--data", data]))
