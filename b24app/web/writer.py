"""Durable appends with group commit: rows of concurrent requests share one transaction.

A request returns only after its row is on disk; under load one synchronous commit serves them all.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any

from sqlalchemy import Insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from b24app.errors import Forged, SystemUnavailable
from b24app.store.database import Database
from b24app.store.models import InboxRow, PortalRow, RobotRunRow
from rules.decision import Text

PATIENCE = 20.0
"""seconds a request waits for its commit before it answers 503"""
GROUP = 500
"""rows in one transaction at most"""

Table = type[InboxRow] | type[RobotRunRow]
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
        self._thread: threading.Thread | None = None
        self._process = 0

    def put(self, table: Table, row: dict[str, Any]) -> None:
        """Returns when the row is durable. A robot run that is stored already counts as stored.

        Forged if the portal was removed meanwhile, SystemUnavailable if the database does not answer in time.
        """
        self._ensure_started()
        done: Future[None] = Future()
        self._queue.put((table, row, done))
        try:
            done.result(PATIENCE)
        except TimeoutError:
            raise SystemUnavailable(Text("База данных не отвечает", "The database does not answer")) from None

    def _ensure_started(self) -> None:
        """The thread starts with the first row, after gunicorn's fork: threads do not survive one."""
        if self._process == os.getpid():
            return
        with self._start_lock:
            if self._process != os.getpid():
                self._queue = SimpleQueue()
                self._thread = threading.Thread(target=self._run, name="inbox-writer", daemon=True)
                self._thread.start()
                self._process = os.getpid()

    def _run(self) -> None:
        queue = self._queue
        while True:
            self._write(_group(queue))

    def _write(self, items: list[_Item]) -> None:
        try:
            with self._database.session() as session:
                living = _living(session, {row["portal_id"] for _, row, _ in items})
                for table in (InboxRow, RobotRunRow):
                    rows = [row for kind, row, _ in items if kind is table and row["portal_id"] in living]
                    if rows:
                        session.execute(self._insert(table), rows)
        except BaseException as error:  # noqa: BLE001 - it belongs to the waiting requests, each raises it
            for _, _, done in items:
                done.set_exception(error)
            return
        for _, row, done in items:
            if row["portal_id"] in living:
                done.set_result(None)
            else:
                done.set_exception(Forged("the application was removed from this portal"))
        for table in {kind for kind, _, _ in items}:
            self._committed(table, {row["portal_id"] for kind, row, _ in items if kind is table} & living)

    def _insert(self, table: Table) -> Insert:
        dialect = sqlite if self._database.is_sqlite else postgresql
        statement: Any = dialect.insert(table)
        if table is RobotRunRow:
            statement = statement.on_conflict_do_nothing(index_elements=["portal_id", "token_hash"])
        return statement  # type: ignore[no-any-return]


def _group(queue: SimpleQueue[_Item]) -> list[_Item]:
    """Waits for a row, then takes whatever else has gathered during the last commit."""
    items = [queue.get()]
    while len(items) < GROUP:
        try:
            items.append(queue.get_nowait())
        except Empty:
            break
    return items


def _living(session: Session, portal_ids: Sequence[int] | set[int]) -> set[int]:
    """Portals that still have the app: the check and the insert are one transaction."""
    query = select(PortalRow.id).where(PortalRow.id.in_(portal_ids), PortalRow.status != "uninstalled")
    return set(session.scalars(query))
