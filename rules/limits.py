"""The settings a rule reads, by their keys (`debt.deferral_default`), with types checked on reading."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any


class Limits(Mapping[str, Any]):
    """A frozen map of settings: the preset's values with the portal's own on top."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = MappingProxyType(dict(values))

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def integer(self, key: str) -> int:
        """A whole number."""
        return int(self._values[key])

    def decimal(self, key: str) -> Decimal:
        """A number with a fraction, exact."""
        return Decimal(str(self._values[key]))

    def text(self, key: str) -> str:
        """A word (`next_workday`)."""
        return str(self._values[key])

    def flag(self, key: str) -> bool:
        """A yes or no."""
        return bool(self._values[key])

    def dates(self, key: str) -> frozenset[date]:
        """Days (`2026-05-02, 2026-05-08`)."""
        return frozenset(map(date.fromisoformat, str(self._values[key]).replace(",", " ").split()))
