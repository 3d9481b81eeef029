"""Reconciliation: finds what no event told of, by stage history, `updatedTime` and counts, in two
requests when little happened. What it finds goes into the durable inbox together with the moved cursors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from b24app.engine import cursors, deletions, history, inbox, known, payments
from b24app.engine.context import Context
from b24app.portal.chains import Chain, Listing

OVERLAP = timedelta(minutes=2)
"""how long after its `updatedTime` a change may become visible"""

CURSOR = "updated."
LIST = "crm.item.list"


def poll(context: Context, counting: bool = True) -> int:
    """One look; returns how many changed objects it put into the inbox. Without `counting` it does not
    look for deletions."""
    now = context.gateway.now()
    staged = history.chains(context)
    entities = sorted(context.links)
    with context.database.session() as session:
        updated = [_updated(session, context, entity) for entity in entities]
        paid_until = cursors.get(session, context.portal_id, payments.CURSOR)
    paid = [payments.recent(context, paid_until)] if context.reads_payments else []
    answers = context.gateway.read_chains([*(chain for _, chain in staged), *updated, *paid])
    readings = [history.Reading(kind, rows) for (kind, _), rows in zip(staged, answers, strict=False)]
    changed = dict(zip(entities, answers[len(staged) :], strict=False))
    orders, looks = payments.fresh(paid_until, answers[-1]) if paid else ([], {})
    owners = payments.owners_of_orders(context, orders)
    census = deletions.count(context, now) if counting else deletions.Census(set(), {})
    with context.database.session() as session:
        found = history.store(session, context, readings)
        for entity, rows in changed.items():
            found |= _unknown(session, context, entity, rows)
        found |= owners | census.gone
        inbox.add(session, context.portal_id, found, "poll")
        census.save(session, context.portal_id)
        if paid:
            payments.remember(session, context.portal_id, now, looks)
        # The clock asks the oldest of them when the last look was: one that nobody watches now would mislead it.
        unwatched = cursors.load(session, context.portal_id, CURSOR).keys() - set(entities)
        cursors.drop(session, context.portal_id, [f"{CURSOR}{entity}" for entity in unwatched])
        cursors.save(session, context.portal_id, {f"{CURSOR}{entity}": {"at": now.isoformat()} for entity in entities})
    return len(found)


def _updated(session: Session, context: Context, entity: str) -> Chain:
    cursor = cursors.get(session, context.portal_id, f"{CURSOR}{entity}")
    since = context.watch_since if cursor is None else datetime.fromisoformat(cursor["at"]) - OVERLAP
    names = context.names
    params = {
        "entityTypeId": names.entity_type_id(entity),
        "filter": names.filter(entity, {">=updated_time": since}),
        "select": names.select(entity, None),
    }
    return Chain(Listing(LIST, params))


def _unknown(session: Session, context: Context, entity: str, rows: Iterable[Mapping[str, Any]]) -> set[history.Entry]:
    """The objects that look different from what the handlers last looked at."""
    logical = {row["id"]: row for row in (context.names.from_rest(entity, raw) for raw in rows)}
    seen = known.fingerprints(session, context.portal_id, entity, logical.keys())
    kind = context.names.entity_type_id(entity)
    return {(kind, id) for id, row in logical.items() if seen.get(id) != known.fingerprint(row)}
