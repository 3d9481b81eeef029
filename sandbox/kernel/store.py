"""The portal's memory: one SQLite database, in a file or in memory.

SQLite gives what a portal of a million deals needs: indexes for filters and counts, a file that
survives a restart, and a copy of the whole state for snapshots. There is one connection and one
thread; the server runs every command on the event loop, so no locks are needed.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

_DECLARED: list[str] = []


def declare(ddl: str) -> None:
    """A family of methods names its tables (`CREATE TABLE IF NOT EXISTS ...`) when it is imported."""
    _DECLARED.append(ddl)


declare("CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL)")


class Store:
    """The SQLite connection with the small helpers that the families use."""

    def __init__(self, path: str | Path = ":memory:") -> None:
        self.path = str(path)
        self.db = sqlite3.connect(self.path, isolation_level=None, cached_statements=2000, check_same_thread=False)
        self.db.row_factory = sqlite3.Row
        self.db.create_function("ulower", 1, lambda s: s.lower() if isinstance(s, str) else s, deterministic=True)
        if self.path != ":memory:":
            self.db.execute("PRAGMA journal_mode=WAL")
        # The portal is a stand-in, not the product: a lost second after a power cut is acceptable.
        self.db.execute("PRAGMA synchronous=OFF")
        self.db.execute("PRAGMA cache_size=-262144")
        self.settings: dict[str, Any] = {}
        self._returns = 0
        self._steady: dict[tuple[str, tuple[Any, ...]], Any] = {}
        self._steady_at = -1
        self.on_restore: list[Callable[[], None]] = []
        self.create()

    def create(self) -> None:
        """Creates the declared tables that are missing and reads the settings."""
        for ddl in _DECLARED:
            self.db.executescript(ddl)
        self._read_settings()

    def _read_settings(self) -> None:
        self.settings = {r["name"]: json.loads(r["value"]) for r in self.rows("SELECT name, value FROM settings")}

    def execute(self, sql: str, args: Sequence[Any] | dict[str, Any] = ()) -> sqlite3.Cursor:
        """Runs one statement."""
        return self.db.execute(sql, args)

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Runs one statement for many rows."""
        self.db.executemany(sql, rows)

    def rows(self, sql: str, args: Sequence[Any] | dict[str, Any] = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        return self.db.execute(sql, args).fetchall()

    def tuples(self, sql: str, args: Sequence[Any] | dict[str, Any] = ()) -> list[tuple[Any, ...]]:
        """The same without the names of the columns: for many rows, a sixth of the time is in them."""
        cursor = self.db.cursor()
        cursor.row_factory = None
        return cursor.execute(sql, args).fetchall()

    def one(self, sql: str, args: Sequence[Any] | dict[str, Any] = ()) -> sqlite3.Row | None:
        """The first row of a query, or None."""
        row: sqlite3.Row | None = self.db.execute(sql, args).fetchone()
        return row

    def value(self, sql: str, args: Sequence[Any] | dict[str, Any] = ()) -> Any:
        """The first column of the first row, or None."""
        row = self.db.execute(sql, args).fetchone()
        return None if row is None else row[0]

    def steady(self, sql: str, args: tuple[Any, ...] = ()) -> Any:
        """The same as `value`, remembered until something is written: for what every request asks."""
        if self._steady_at != self.changes:
            self._steady.clear()
            self._steady_at = self.changes
        key = (sql, args)
        if key not in self._steady:
            self._steady[key] = self.value(sql, args)
        return self._steady[key]

    def insert(self, table: str, row: dict[str, Any]) -> int:
        """Inserts a row and returns its rowid."""
        names = ", ".join(f'"{k}"' for k in row)
        marks = ", ".join("?" * len(row))
        cursor = self.db.execute(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', tuple(row.values()))
        return int(cursor.lastrowid or 0)

    def roll_back(self, point: str) -> None:
        """Takes back what was done since the savepoint."""
        self.db.execute(f"ROLLBACK TO {point}")
        self._returns += 1
        self._read_settings()

    @property
    def changes(self) -> int:
        """A number that grows with every change of data, going back to an earlier state included."""
        return self.db.total_changes + self._returns

    def setting(self, name: str, default: Any = None) -> Any:
        """A named setting of the portal (JSON value), kept in the database and cached."""
        return self.settings.get(name, default)

    def set_setting(self, name: str, value: Any) -> None:
        """Stores a named setting."""
        self.settings[name] = value
        self.db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, json.dumps(value)))

    def snapshot(self, path: str | Path = ":memory:") -> sqlite3.Connection:
        """A copy of the whole state, in memory or in a new file."""
        copy = sqlite3.connect(path, check_same_thread=False)
        copy.execute("PRAGMA synchronous=OFF")
        self.db.backup(copy)
        return copy

    def restore(self, copy: sqlite3.Connection) -> None:
        """Puts a copy back, whole; `on_restore` lets those who keep a cache forget it."""
        copy.backup(self.db)
        self._returns += 1
        self.create()
        for forget in self.on_restore:
            forget()
