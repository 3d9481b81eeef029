"""What was read for many commands of a batch at once, before each of them asks for its part."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from sandbox.kernel.store import Store


class Ahead:
    """Values by what was read (`key`) and the number of the object.

    They hold only while nothing has been written: any change of data makes all of them void. Each is given
    away once, so nobody can change what another command gets.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._as_of = -1
        self._found: dict[Hashable, dict[int, Any]] = {}

    def put(self, key: Hashable, values: dict[int, Any]) -> None:
        """Keeps what has just been read."""
        if self._as_of != self._store.changes:
            self._found.clear()
            self._as_of = self._store.changes
        self._found[key] = values

    def take(self, key: Hashable, number: int) -> Any:
        """A value that is still true, or None."""
        if not self._found or self._as_of != self._store.changes:
            return None
        return self._found.get(key, {}).pop(number, None)

    def clear(self) -> None:
        """Forgets what nobody has asked for."""
        self._found.clear()
