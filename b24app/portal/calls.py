"""The words of asking a portal: a call, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from b24app.errors import AppError, OutcomeUnknown


@dataclass(frozen=True, slots=True)
class Call:
    """One command: a method and its parameters in REST spelling."""

    method: str
    params: Mapping[str, Any] = field(default_factory=dict)
    write: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """The command was executed; lists also say `total` and where the next page starts."""

    result: Any
    total: int | None = None
    next: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The command was certainly not executed."""

    error: AppError


@dataclass(frozen=True, slots=True)
class Lost:
    """The writing command may or may not have been executed."""

    error: OutcomeUnknown


Outcome = Done | Refused | Lost
