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
    """One look, in one request unless somebody is missing."""
    with context.database.session() as session:
        states = cursors.load(session, context.portal_id, COUNT)
        known_gone = cursors.load(session, context.portal_id, TOLD)
    census = Census(set(), {})
    entities = sorted(context.links)
    answers = _ask(context, {entity: states.get(entity, {}) for entity in entities})
    for entity in entities:
        state, answer = states.get(entity, {}), answers[entity]
        explained = [id for id in known_gone.get(entity, {"ids": []})["ids"] if id <= state.get("upto", 0)]
        missing = state["count"] - answer.present - len(explained) if "count" in state else 0
        if missing > 0:
            if _read_lately(state, now):
                continue
            census.gone.update(_gone(context, entity))
        census.cursors[f"{TOLD}{entity}"] = {"ids": []}
        census.cursors[f"{COUNT}{entity}"] = _next_state(state, answer, now if missing > 0 else None)
    return census


@dataclass(frozen=True)
class _Answer:
    present: int
    """objects up to the id the last count went to"""
    following: int
    """objects up to the id that was the highest at the last look"""
    newest: int


def _ask(context: Context, states: Mapping[str, Mapping[str, Any]]) -> dict[str, _Answer]:
    calls = []
    for entity, state in states.items():
        kind = context.names.entity_type_id(entity)
        for upto in (state.get("upto", 0), state.get("next", 0)):
            params = {"entityTypeId": kind, "select": ["id"], "filter": {"<=id": upto}, "start": 0}
            calls.append(Call(LIST, params))
        calls.append(Call(LIST, {"entityTypeId": kind, "select": ["id"], "order": {"id": "DESC"}, "start": -1}))
    outcomes = iter(context.gateway.batch(calls))
    return {entity: _answer(next(outcomes), next(outcomes), next(outcomes)) for entity in states}


def _answer(*outcomes: Any) -> _Answer:
    for outcome in outcomes:
        if not isinstance(outcome, Done):
            raise outcome.error
    present, following, newest = outcomes
    items = newest.result["items"] if newest.result else []
    return _Answer(present.total or 0, following.total or 0, int(items[0]["id"]) if items else 0)


def _next_state(state: Mapping[str, Any], answer: _Answer, read_at: datetime | None) -> dict[str, Any]:
    """Counting goes on up to the id that was the highest at the last look: by now it is counted."""
    following: dict[str, Any] = {"next": answer.newest}
    if "next" in state:
        following |= {"upto": state["next"], "count": answer.following}
    at = read_at.isoformat() if read_at else state.get("read_at")
    return following | ({"read_at": at} if at else {})


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
