"""Starts worker processes, lets them go at the same moment, and collects what they print."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def killed_worker(task: dict[str, Any]) -> Iterator[subprocess.Popen[str]]:
    """A worker that goes at once; it is dead after the block."""
    words = [sys.executable, "-m", "tests.gateway.worker", json.dumps(task)]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as worker:
        try:
            assert worker.stdin is not None
            worker.stdin.write("go\n")
            worker.stdin.flush()
            yield worker
        finally:
            worker.kill()


def run_workers(tasks: list[dict[str, Any]], timeout: float = 180) -> list[dict[str, Any]]:
    """One process for each task; their reports in the same order."""
    words = [[sys.executable, "-m", "tests.gateway.worker", json.dumps(task)] for task in tasks]
    pipe = subprocess.PIPE
    workers = [subprocess.Popen(line, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) for line in words]
    try:
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "ready\n"
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write("go\n")
            worker.stdin.flush()
        return [json.loads(worker.communicate(timeout=timeout)[0]) for worker in workers]
    finally:
        for worker in workers:
            if worker.poll() is None:
                worker.kill()
                worker.wait()
