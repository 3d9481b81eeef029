"""The record of decisions: what is said again makes no row, and a long history does not make the look slower."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import event, select, text

from b24app.declare import Handler
from b24app.engine import decisions
from b24app.engine.decide import Decided
from b24app.store.database import Database
from b24app.store.models import DecisionRow
from rules.decision import Decision, Ref, Text

NOW = datetime(2026, 4, 6, 8, tzinfo=UTC)
RULE = Handler("keep", 1, Text("Х", "X"), "company", (), (), lambda reader, ids: {}, lambda *facts: say(""))
COMPANIES = range(1, 31)


def say(reason: str) -> Decision:
    return Decision("owes", Text(reason, reason), facts={"debt": reason})


def store(database: Database, reason: str, now: datetime) -> None:
    with database.session() as session:
        decided = [Decided(RULE, Ref("company", id), say(reason), "event") for id in COMPANIES]
        decisions.store(session, 1, decided, now)


def test_a_row_is_added_when_something_has_changed(database: Database) -> None:
    for number, reason in enumerate(["a", "a", "b", "b", "a"]):
        store(database, reason, NOW + timedelta(hours=number))
    with database.session() as session:
        rows = session.scalars(select(DecisionRow).where(DecisionRow.item_id == 7).order_by(DecisionRow.id)).all()
    assert [row.reason_en for row in rows] == ["a", "b", "a"]
    assert [row.last_at for row in rows] == [NOW + timedelta(hours=hour) for hour in (1, 3, 4)]


def test_the_last_decisions_are_found_in_an_index(database: Database) -> None:
    """Of the history, which is never thrown away, no row is read but the last."""
    store(database, "a", NOW)
    asked: list[tuple[str, Any]] = []
    event.listen(database.engine, "before_cursor_execute", lambda *said: asked.append((said[2], said[3])))
    store(database, "a", NOW + timedelta(hours=1))
    statement, parameters = next(one for one in asked if "max(decisions.id)" in one[0])
    with database.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    told = [str(row[-1]) for row in plan]
    assert any("COVERING INDEX ix_decision_last" in line for line in told), told
    assert not any(line.startswith("SCAN decisions") for line in told), told


def test_the_migrations_make_the_index(tmp_path: Any) -> None:
    database = Database(f"sqlite:///{tmp_path}/migrated.db")
    database.upgrade()
    with database.engine.connect() as connection:
        made = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'index'")).scalars().all()
    assert "ix_decision_last" in made
