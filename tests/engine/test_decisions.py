"""The record of decisions: what is said again makes no row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

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
