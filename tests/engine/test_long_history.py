"""What is asked at every turn is found by indexes: decisions, journal, messages and stage history only grow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from b24app.declare import Handler
from b24app.engine import decisions, history, journal, message_log
from b24app.engine.decide import Decided
from b24app.store.database import Database
from b24app.store.models import TransitionRow
from rules.decision import Decision, Ref, Text

NOW = datetime(2026, 4, 6, 8, tzinfo=UTC)
GROWING = ("decisions", "journal", "messages", "transitions")


def say(*facts: Any) -> Decision:
    return Decision("owes", Text("а", "a"))


RULE = Handler("keep", 1, Text("Х", "X"), "company", (), (), lambda reader, ids: {}, say)
DECIDED = [Decided(RULE, Ref("company", id), say(), "event") for id in range(1, 31)]


def moved(session: Session) -> None:
    row = TransitionRow(portal_id=1, entity_type_id=2, record_id=1, owner_id=1, stage_id="NEW", type_id=1, moment=NOW)
    session.merge(row)
    session.flush()
    history._floor(session, 1, 2, 1000)


@pytest.fixture
def migrated(tmp_path: Path) -> Database:
    """The migrations make the indexes, not only the models."""
    database = Database(f"sqlite:///{tmp_path}/migrated.db")
    database.upgrade()
    return database


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (lambda session: decisions.store(session, 1, DECIDED, NOW), "COVERING INDEX ix_decision_last"),
        (lambda session: journal.close_abandoned(session, 1), "ix_journal_state"),
        (lambda session: message_log.unknown(session, 1), "ix_messages_state"),
        (lambda session: message_log.drop(session, 1, {"keep": {1}}, [], NOW), "ix_messages_state"),
        (moved, "ix_transition_moment"),
    ],
)
def test_no_table_that_grows_is_read_as_a_whole(
    migrated: Database, ask: Callable[[Session], object], index: str
) -> None:
    asked: list[tuple[str, Any]] = []
    event.listen(migrated.engine, "before_cursor_execute", lambda *said: asked.append((said[2], said[3])))
    with migrated.session() as session:
        ask(session)
    plans = [line for one in list(asked) for line in plan_of(migrated, *one)]
    assert any(index in line for line in plans), plans
    assert not any(line.startswith(f"SCAN {table}") for line in plans for table in GROWING), plans


def plan_of(database: Database, statement: str, parameters: Any) -> list[str]:
    if not statement.startswith(("SELECT", "UPDATE")):
        return []
    with database.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return [str(row[-1]) for row in plan]
