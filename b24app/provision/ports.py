"""What provisioning needs of a gateway (`b24app.portal.gateway` fits)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from b24app.portal.batch import Call, Outcome


class Portal(Protocol):
    """Sends commands to one portal."""

    def call(
        self, method: str, params: Mapping[str, Any] | None = None, *, write: bool = False, interactive: bool = False
    ) -> Any:
        """One command's `result`."""

    def batch(self, calls: Sequence[Call], *, interactive: bool = False) -> list[Outcome]:
        """Commands of any number, their outcomes in the same order."""

    def now(self) -> datetime:
        """The portal's time."""
