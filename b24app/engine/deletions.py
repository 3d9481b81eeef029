"""Deletions that no event told of: the number of objects up to an id can only shrink, and when it has
shrunk by more than we know of, the ids that are left tell who is gone.

`updatedTime` cannot show it, and a deleted deal may leave a debt behind (E.10).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from b24app.engine import cursors, known
from b24app.engine.context import Context
from b24app.engine.history import Entry
from b24app.portal.batch import Call, Done
from rules.decision import Ref

COUNT = "count."
TOLD = "gone."
LIST = "crm.item.list"
LARGE = 25_000
"""objects whose ids are worth more than ten requests: they are read at most once an hour"""
SELDOM = timedelta(hours=1)
MOST_TOLD = 5000


@dataclass(frozen=True)
class Census:
    """What one look found: objects that are gone, and where the counting goes on."""

    gone: set[Entry]
    cursors: dict[str, dict[str, Any]]

    def save(self, session: Session, portal_id: int) -> None:
        """Moves the cursors; what was told of before is accounted for."""
        cursors.save(session, portal_id, self.cursors)


def told(session: Session, portal_id: int, gone: Iterable[Ref]) -> None:
    """Notes deletions that events or readings have told of."""
    for entity, ids in known.by_entity(gone).items():
        name = f"{TOLD}{entity}"
        before = cursors.get(session, portal_id, name) or {"ids": []}
        cursors.save(session, portal_id, {name: {"ids": sorted({*before["ids"], *ids})[-MOST_TOLD:]}})


def count(context: Context, now: datetime) -> Census:
    """One look: a command for each entity, and one more when new objects have become known."""
    with context.database.session() as session:
        states = cursors.load(session, context.portal_id, COUNT)
        known_gone = cursors.load(session, context.portal_id, TOLD)
        newest = {entity: known.newest(session, context.portal_id, entity) for entity in sorted(context.links)}
    counts = _ask(context, {(entity, id) for entity in newest for id in (_upto(states, entity), newest[entity]) if id})
    census = Census(set(), {})
    for entity, id in newest.items():
        state = states.get(entity, {"upto": 0, "count": 0})
        explained = [one for one in known_gone.get(entity, {"ids": []})["ids"] if one <= state["upto"]]
        missing = state["count"] - counts.get((entity, state["upto"]), 0) - len(explained)
        if missing > 0 and _read_lately(state, now):
            continue
        if missing > 0:
            census.gone.update(_gone(context, entity))
            state = {**state, "read_at": now.isoformat()}
        census.cursors[f"{TOLD}{entity}"] = {"ids": []}
        census.cursors[f"{COUNT}{entity}"] = {**state, "upto": id, "count": counts.get((entity, id), 0)}
    return census


def _upto(states: Mapping[str, Mapping[str, Any]], entity: str) -> int:
    return int(states[entity]["upto"]) if entity in states else 0


def _ask(context: Context, questions: Collection[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """How many objects of an entity there are up to an id."""
    asked = sorted(questions)
    calls = [
        Call(
            LIST,
            {
                "entityTypeId": context.names.entity_type_id(entity),
                "select": ["id"],
                "filter": {"<=id": upto},
                "start": 0,
            },
        )
        for entity, upto in asked
    ]
    counts = {}
    for question, outcome in zip(asked, context.gateway.batch(calls) if calls else (), strict=True):
        if not isinstance(outcome, Done):
            raise outcome.error
        counts[question] = outcome.total or 0
    return counts


def _read_lately(state: Mapping[str, Any], now: datetime) -> bool:
    """Whether the ids of many objects were read so recently that the next look may wait."""
    at = state.get("read_at")
    return state["count"] > LARGE and at is not None and now < datetime.fromisoformat(at) + SELDOM


def _gone(context: Context, entity: str) -> Collection[Entry]:
    """Known objects that the portal does not have any more."""
    kind = context.names.entity_type_id(entity)
    present = {row["id"] for row in context.items.by_filter(entity, {}, ["id"])}
    with context.database.session() as session:
        seen = known.all_links(session, context.portal_id, entity)
    return {(kind, id) for id in seen if id not in present}
