"""Copies of a portal's whole state: in memory for a portal in memory, in files beside one in a folder."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sandbox.kernel.errors import RestError
from sandbox.kernel.store import Store


class Snapshots:
    """The numbered copies of one store. Those in files outlive the process."""

    def __init__(self, store: Store, folder: Path | None) -> None:
        self._store = store
        self._folder = folder
        self._kept: dict[int, sqlite3.Connection] = {}

    def take(self) -> dict[str, int | str]:
        """Copies the present state; `file` is there for a portal in a folder, `--snapshot` starts from it."""
        if self._folder is None:
            number = len(self._kept) + 1
            self._kept[number] = self._store.snapshot()
            return {"id": number}
        self._folder.mkdir(exist_ok=True)
        number = 1 + max((int(path.stem) for path in self._folder.glob("*.sqlite")), default=0)
        path = self._folder / f"{number}.sqlite"
        self._store.snapshot(path).close()
        return {"id": number, "file": str(path.resolve())}

    def put_back(self, number: int) -> None:
        """Makes a copy the present state; a number that was never given is refused."""
        copy = self._copy(number)
        self._store.restore(copy)
        if number not in self._kept:
            copy.close()

    def _copy(self, number: int) -> sqlite3.Connection:
        if number in self._kept:
            return self._kept[number]
        path = self._folder / f"{number}.sqlite" if self._folder else None
        if path is None or not path.exists():
            raise RestError("NO_SNAPSHOT", f"There is no snapshot {number}", 404)
        return sqlite3.connect(path)
