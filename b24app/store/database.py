"""The database: engine, sessions, and bringing the schema up to date."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session, sessionmaker

_EACH = "AUTOCOMMIT"


class Database:
    """Opens sessions on SQLite (the default) or PostgreSQL."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(url)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A transaction: committed at the end of the block, rolled back on an exception."""
        with self._sessions() as session, session.begin():
            yield session

    def committing(self) -> Connection:
        """A connection of its own, outside the pool, on which every statement is a transaction."""
        connection = self.engine.connect().execution_options(isolation_level=_EACH)
        connection.detach()
        return connection

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A look that takes no lock: on SQLite each transaction takes the writer's, and strangers must not."""
        with closing(self.committing()) as connection, Session(connection, expire_on_commit=False) as session:
            yield session

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.engine.dialect.name == "sqlite"

    def upgrade(self) -> None:
        """Runs the migrations that are missing."""
        # Only this needs Alembic; every short-lived process would wait for its import.
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.set_main_option("sqlalchemy.url", self.url.replace("%", "%%"))
        command.upgrade(config, "head")


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    if not parsed.drivername.startswith("sqlite"):
        return create_engine(parsed, pool_pre_ping=True)
    engine = create_engine(parsed, connect_args={"timeout": 30})
    event.listen(engine, "connect", _tune_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _tune_sqlite(connection: object, _record: object) -> None:
    # The driver's own transaction handling is switched off so that BEGIN IMMEDIATE below is ours.
    connection.isolation_level = None  # type: ignore[attr-defined]
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA busy_timeout=30000")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    # A deferred transaction that turns into a writing one fails at once when another writer is in;
    # an immediate one waits its turn.
    if connection.get_execution_options().get("isolation_level") != _EACH:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
