"""Two clients that were not written here, unmodified, against the sandbox; each script checks and counts by itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.sandbox import Sandbox

CLIENTS = Path(__file__).parent / "clients"
PORTALS = {"as quick as it can": ("--rate", "off"), "with limits and some way off": ("--latency-ms", "10")}
PATIENCE = 300


@pytest.mark.parametrize("portal", PORTALS)
@pytest.mark.parametrize("client", ["fast_bitrix24", "b24pysdk"])
def test_every_check_passes(client: str, portal: str) -> None:
    with Sandbox(*PORTALS[portal], fixture="empty") as sandbox:
        done = subprocess.run(
            [sys.executable, CLIENTS / f"check_{client}.py"],
            env={**os.environ, "PORTAL_URL": f"{sandbox.url}/rest/1/secret/"},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    lines = done.stdout.splitlines()
    assert [line for line in lines if line.startswith("FAIL")] == []
    assert done.returncode == 0, done.stderr[-2000:]
    assert sum(line.startswith("ok ") for line in lines) > 20
