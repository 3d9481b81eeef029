"""What a gateway has sent and met, counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock


@dataclass
class GatewayStats:
    """`requests` are HTTP requests, `commands` calls and commands of batches, `writes` those of them
    that change data; `busy` requests refused by the portal's limits, `refused` commands refused for
    good, `unknown` writes whose answer was lost, `retries` repeated requests."""

    requests: int = 0
    commands: int = 0
    writes: int = 0
    busy: int = 0
    refused: int = 0
    unknown: int = 0
    retries: int = 0
    _lock: Lock = field(default_factory=Lock, repr=False, compare=False)

    def add(self, **counts: int) -> None:
        """Adds to the named counters."""
        with self._lock:
            for name, count in counts.items():
                setattr(self, name, getattr(self, name) + count)
