"""The documentation as data (`documented.json.gz`, made by `collect.py`)."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.kernel.registry import METHODS, load_families
from sandbox.kernel.v3 import METHODS_V3

HERE = Path(__file__).parent


@cache
def everything() -> dict[str, Any]:
    """All of it: `methods`, `events`, `others` and `system`."""
    found: dict[str, Any] = json.loads(gzip.decompress((HERE / "documented.json.gz").read_bytes()))
    return found


def methods() -> dict[str, dict[str, Any]]:
    """The documented methods by name; those of REST 3.0 end in `@3`."""
    found: dict[str, dict[str, Any]] = everything()["methods"]
    return found


def implemented() -> list[str]:
    """The documented methods that the sandbox has."""
    load_families()
    return [name for name in methods() if _has(name)]


def _has(name: str) -> bool:
    if name.endswith("@3"):
        return name[:-2].lower() in METHODS_V3
    return name.lower() in METHODS
