"""Durable appends with group commit: rows of concurrent requests share one transaction.

A request returns only after its row is on disk; under load one synchronous commit serves them all.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from sqlalchemy import Connection, Executable, Table, bindparam, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from b24app.errors import Forged, SystemUnavailable
from b24app.store.database import Database
from b24app.store.models import Base, InboxRow, PortalRow, RobotRunRow
from rules.decision import Text

PATIENCE = 20.0
"""seconds a request waits for its commit before it answers 503"""
GROUP = 500
"""rows in one transaction at most"""

INBOX: Table = Base.metadata.tables[InboxRow.__tablename__]
ROBOT_RUNS: Table = Base.metadata.tables[RobotRunRow.__tablename__]
_PORTALS: Table = Base.metadata.tables[PortalRow.__tablename__]

# Statements are made once: making and compiling them costs more than running them.
_LIVING = select(_PORTALS.c.id).where(
    _PORTALS.c.id.in_(bindparam("ids", expanding=True)), _PORTALS.c.status != "uninstalled"
)
_ONCE = ["portal_id", "token_hash"]
_INSERTS: Mapping[tuple[str, bool], Executable] = {
    (INBOX.name, True): insert(INBOX),
    (INBOX.name, False): insert(INBOX),
    (ROBOT_RUNS.name, True): sqlite.insert(ROBOT_RUNS).on_conflict_do_nothing(index_elements=_ONCE),
    (ROBOT_RUNS.name, False): postgresql.insert(ROBOT_RUNS).on_conflict_do_nothing(index_elements=_ONCE),
}

_Item = tuple[Table, dict[str, Any], Future[None]]


class Writer:
    """One thread a process that inserts what requests hand in.

    `committed(table, portal_ids)` is called after each commit, from the writer's thread; it must be quick.
    """

    def __init__(self, database: Database, committed: Callable[[Table, Collection[int]], None]) -> None:
        self._database = database
        self._committed = committed
        self._queue: SimpleQueue[_Item] = SimpleQueue()
        self._start_lock = threading.Lock()
        self._process = 0

    def put(self, table: Table, row: dict[str, Any]) -> None:
        """Returns when the row (of INBOX or ROBOT_RUNS) is durable; a robot run stored before counts as stored.

        Forged if the portal was removed meanwhile, SystemUnavailable if the database does not answer in time.
        """
        if self._process != os.getpid():
            self._start()
        done: Future[None] = Future()
        self._queue.put((table, row, done))
        try:
            done.result(PATIENCE)
        except TimeoutError:
            raise SystemUnavailable(Text("База данных не отвечает", "The database does not answer")) from None

    def _start(self) -> None:
        """The thread starts with the first row, after gunicorn's fork: threads do not survive one."""
        with self._start_lock:
            if self._process != os.getpid():
                self._queue = SimpleQueue()
                threading.Thread(target=self._run, args=(self._queue,), name="inbox-writer", daemon=True).start()
                self._process = os.getpid()

    def _run(self, queue: SimpleQueue[_Item]) -> None:
        turn = _turn_file(self._database)
        while True:
            first = queue.get()
            with _turn(turn):
                self._write(_group(first, queue))

    def _write(self, items: list[_Item]) -> None:
        try:
            with self._database.engine.begin() as connection:
                living = self._insert(connection, items)
        except BaseException as error:  # noqa: BLE001 - it belongs to the waiting requests, each raises it
            for _, _, done in items:
                done.set_exception(error)
            return
        for _, row, done in items:
            if row["portal_id"] in living:
                done.set_result(None)
            else:
                done.set_exception(Forged("the application was removed from this portal"))
        for table in {table for table, _, _ in items}:
            self._committed(table, {row["portal_id"] for kind, row, _ in items if kind is table} & living)

    def _insert(self, connection: Connection, items: list[_Item]) -> set[int]:
        """Inserts the rows of portals that still have the app, and returns these portals: one transaction
        checks and inserts, so nothing of a removed portal can slip in after it was wiped."""
        living = set(connection.scalars(_LIVING, {"ids": list({row["portal_id"] for _, row, _ in items})}))
        for table in (INBOX, ROBOT_RUNS):
            rows = [row for kind, row, _ in items if kind is table and row["portal_id"] in living]
            if rows:
                connection.execute(_INSERTS[table.name, self._database.is_sqlite], rows)
        return living


def _group(first: _Item, queue: SimpleQueue[_Item]) -> list[_Item]:
    """The row that woke the writer and whatever else has gathered since the last commit."""
    items = [first]
    while len(items) < GROUP:
        try:
            items.append(queue.get_nowait())
        except Empty:
            break
    return items


def _turn_file(database: Database) -> Path | None:
    """Where writers of several processes queue up for an SQLite file; None where the database does that."""
    path = database.engine.url.database
    return Path(f"{path}.turn") if database.is_sqlite and path else None


@contextmanager
def _turn(path: Path | None) -> Iterator[None]:
    """Waits for this process's turn to write.

    SQLite itself polls for its lock with growing pauses: two busy processes then starve each other for
    tenths of a second. A file lock wakes the next one at once.
    """
    if path is None:
        yield
        return
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
