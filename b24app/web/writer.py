"""Durable appends with group commit: rows of concurrent requests share one transaction.

A request returns only after its row is on disk; under load one synchronous commit serves them all.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Executable, Table, bindparam, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from b24app.errors import Forged, SystemUnavailable
from b24app.store.database import Database
from b24app.store.models import Base, InboxRow, PortalRow, RobotRunRow, UtcDateTime, utcnow
from b24app.web.portals import KnownPortal
from rules.decision import Text

logger = logging.getLogger(__name__)

PATIENCE = 20.0
"""seconds a request waits for its commit before it answers 503"""
_SILENT = Text("База данных не отвечает", "The database does not answer")
_REFUSED = Text("База данных не приняла эту запись", "The database did not take this row")

INBOX: Table = Base.metadata.tables[InboxRow.__tablename__]
ROBOT_RUNS: Table = Base.metadata.tables[RobotRunRow.__tablename__]
_PORTALS: Table = Base.metadata.tables[PortalRow.__tablename__]

# A group of events is one statement with one parameter, a JSON list: the driver gives up the interpreter
# once a statement, and waiting for it again among busy threads costs more than the insert itself.
# The join leaves out what a process believed too long: portals that were removed since it last read them, and
# events proved by an application token that has been replaced.
_COLUMNS = "portal_id, event, entity_type_id, item_id, body, received_at, state, attempts"
_EVENTS_SQLITE = text(
    f"INSERT INTO inbox ({_COLUMNS}) "
    "SELECT portals.id, value ->> 'event', value ->> 'entity_type_id', value ->> 'item_id', value -> 'body', "
    ":now, 'new', 0 FROM json_each(:rows) JOIN portals ON portals.id = value ->> 'portal_id' "
    "AND portals.status <> 'uninstalled' AND portals.token_version = value ->> 'token_version' "
    "ORDER BY json_each.key"
)
_EVENTS_POSTGRES = text(
    f"INSERT INTO inbox ({_COLUMNS}) "
    "SELECT portals.id, event, entity_type_id, item_id, body, :now, 'new', 0 "
    "FROM json_to_recordset(CAST(:rows AS json)) AS r (portal_id bigint, event varchar, entity_type_id integer, "
    "item_id bigint, body json, token_version integer) JOIN portals ON portals.id = r.portal_id "
    "AND portals.status <> 'uninstalled' AND portals.token_version = r.token_version"
)
_EVENTS = {
    True: _EVENTS_SQLITE.bindparams(bindparam("now", type_=UtcDateTime())),
    False: _EVENTS_POSTGRES.bindparams(bindparam("now", type_=UtcDateTime())),
}
_LIVING = select(_PORTALS.c.id, _PORTALS.c.token_version).where(
    _PORTALS.c.id.in_(bindparam("ids", expanding=True)), _PORTALS.c.status != "uninstalled"
)
_ONCE = ["portal_id", "token_hash"]
_ROBOTS: Mapping[bool, Executable] = {
    True: sqlite.insert(ROBOT_RUNS).on_conflict_do_nothing(index_elements=_ONCE),
    False: postgresql.insert(ROBOT_RUNS).on_conflict_do_nothing(index_elements=_ONCE),
}


_Row = dict[str, Any]
_Proof = tuple[int, int]
"""a portal's id and the version of the application token that proved the call"""


@dataclass(frozen=True, slots=True)
class _Item:
    """A row on its way."""

    table: Table
    row: _Row
    proof: _Proof


_Insert = Callable[[list[_Item]], set[_Proof]]


class _Group:
    """Rows that share a transaction, and what became of it.

    `done` is held until the commit. Waiters take it and give it on, one after another: waking all of them
    at once makes them fight for the interpreter, which costs more than the commit.
    """

    def __init__(self) -> None:
        self.rows: list[_Item] = []
        self.living: set[_Proof] = set()
        self.error: BaseException | None = None
        self.refused: dict[int, Exception] = {}
        self.done = threading.Lock()
        self.done.acquire()

    def wait(self, number: int, proof: _Proof) -> None:
        """Returns when the row is durable; Forged or SystemUnavailable when it is not."""
        if not self.done.acquire(timeout=PATIENCE):
            raise SystemUnavailable(_SILENT)
        self.done.release()
        if self.error is not None:
            raise SystemUnavailable(_SILENT) from self.error
        if number in self.refused:
            raise SystemUnavailable(_REFUSED) from self.refused[number]
        if proof not in self.living:
            raise Forged("the application was removed from this portal, or its application token was replaced")


class Writer:
    """Inserts what the requests of this process hand in.

    The request whose row opens a group commits it for all: while the group before is being committed it
    waits, and others join. `committed(table, portal_ids)` is called after each commit; it must be quick.
    """

    def __init__(self, database: Database, committed: Callable[[Table, Collection[int]], None]) -> None:
        self._database = database
        self._committed = committed
        self._gate = threading.Lock()
        self._open = _Group()
        self._turn = threading.Lock()
        self._others_turn = _turn_among_processes(database)
        self._kept: Connection | None = None

    def put(self, table: Table, portal: KnownPortal, row: _Row) -> None:
        """Returns when the row (of INBOX or ROBOT_RUNS) is durable; a robot run stored before counts as stored.

        `portal` is the one that proved the call. Forged if it was removed or its token replaced since this process
        read it, SystemUnavailable if the database fails or is too slow.
        """
        proof = (portal.id, portal.token_version)
        item = _Item(table, {"portal_id": portal.id, **row}, proof)
        with self._gate:
            group = self._open
            number = len(group.rows)
            group.rows.append(item)
        if number == 0:
            with self._turn:
                self._commit(group)
        group.wait(number, proof)

    def _commit(self, group: _Group) -> None:
        try:
            with self._others_turn():
                self._close(group)
                self._write(group)
        except BaseException as error:  # noqa: BLE001 - it belongs to the waiting requests, each raises it
            self._close(group)
            group.error = error
        group.done.release()
        for table in {item.table for item in group.rows}:
            living = {item.proof for item in group.rows if item.table is table} & group.living
            self._committed(table, {portal_id for portal_id, _ in living})

    def _close(self, group: _Group) -> None:
        """Whoever comes from now on joins the next group."""
        with self._gate:
            if self._open is group:
                self._open = _Group()

    def _write(self, group: _Group) -> None:
        """Inserts the rows of portals that still have the app, and notes these portals."""
        for table, insert in ((INBOX, self._write_events), (ROBOT_RUNS, self._write_robots)):
            rows = {number: item for number, item in enumerate(group.rows) if item.table is table}
            if rows:
                self._write_kind(group, rows, insert)

    def _write_kind(self, group: _Group, rows: Mapping[int, _Item], insert: _Insert) -> None:
        """All at once; row by row when the database takes offence at one: the others have nothing to do with it."""
        try:
            group.living |= insert(list(rows.values()))
            return
        except (OperationalError, InterfaceError):
            raise  # the database itself: it would fail again for every row
        except Exception as error:  # noqa: BLE001 - whose fault it is shows below
            logger.warning("%d rows are stored one by one: %s", len(rows), _said(error))
        for number, item in rows.items():
            try:
                group.living |= insert([item])
            except (OperationalError, InterfaceError):
                raise
            except Exception as error:  # noqa: BLE001 - it belongs to the waiting request, which raises it
                logger.error("a row of portal %s was not stored: %s", item.row["portal_id"], _said(error))
                group.refused[number] = error

    def _write_events(self, events: Sequence[_Item]) -> set[_Proof]:
        """One statement, which is its own transaction; a dropped connection is replaced once."""
        try:
            return self._insert_events(events)
        except DBAPIError as error:
            kept, self._kept = self._kept, None
            if kept is not None:
                kept.close()
            if not error.connection_invalidated:
                raise
            return self._insert_events(events)

    def _insert_events(self, events: Sequence[_Item]) -> set[_Proof]:
        # One connection is kept: taking one from the pool and giving it back costs as much as the insert.
        if self._kept is None:
            self._kept = self._database.committing()
        asked = {event.proof for event in events}
        rows = json.dumps([{**event.row, "token_version": event.proof[1]} for event in events], ensure_ascii=False)
        with self._kept.begin():
            done = self._kept.execute(_EVENTS[self._database.is_sqlite], {"rows": rows, "now": utcnow()})
            return asked if done.rowcount == len(events) else _living(self._kept, asked)

    def _write_robots(self, runs: Sequence[_Item]) -> set[_Proof]:
        with self._database.engine.begin() as connection:
            living = _living(connection, {run.proof for run in runs})
            stored = [run.row for run in runs if run.proof in living]
            if stored:
                connection.execute(_ROBOTS[self._database.is_sqlite], stored)
        return living


def _living(connection: Connection, asked: Collection[_Proof]) -> set[_Proof]:
    """Which of these still prove something."""
    found = connection.execute(_LIVING, {"ids": list({portal_id for portal_id, _ in asked})})
    return {(portal_id, version) for portal_id, version in found} & set(asked)


def _said(error: Exception) -> str:
    """The database's own words, without the rows that the rest of the message quotes."""
    return f"{type(error).__name__}: {getattr(error, 'orig', error)}".partition("\n")[0]


def _turn_among_processes(database: Database) -> Callable[[], AbstractContextManager[None]]:
    """Waits until no other process writes to an SQLite file; PostgreSQL sees to that itself.

    SQLite polls for its lock with growing pauses: two busy processes then starve each other for tenths of
    a second. A file lock wakes the next one at once.
    """
    path = database.engine.url.database
    if not database.is_sqlite or not path:
        return nullcontext
    files: dict[int, int] = {}

    @contextmanager
    def turn() -> Iterator[None]:
        # A lock belongs to the opened file, which a forked process would share with its parent.
        file = files.get(os.getpid())
        if file is None:
            file = files[os.getpid()] = os.open(f"{path}.turn", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)

    return turn
