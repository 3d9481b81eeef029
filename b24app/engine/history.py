"""Stage history of the portal: read with a cursor behind the last record seen, complete and in order.

Records are numbered when they are written and become visible when their transaction ends, so a lower
number can appear later: every reading goes back a little and drops what it already has
(api-reference/crm/crm-stage-history-list.md).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from b24app.engine import cursors, inbox, journal
from b24app.engine.context import Context
from b24app.portal.chains import Chain, Listing
from b24app.store.models import TransitionRow
from b24app.store.upsert import chunks, insert_missing
from rules.decision import Ref

METHOD = "crm.stagehistory.list"
PAGE, PAGES = 50, 50
OVERLAP = 49
"""records read again: less than a page, so that a quiet portal costs one command"""
SETTLED = 300.0
"""seconds after which a lower number will not appear any more; what is younger is always read again"""
MOST_AGAIN = 500
"""records read again at most, when very many came within that time"""

Entry = tuple[int, int]
"""entity type and owner's id"""


@dataclass(frozen=True)
class Reading:
    """What one look at the history of one entity type brought."""

    entity_type_id: int
    rows: list[dict[str, Any]]


def chains(context: Context, expected: Collection[Ref] = ()) -> list[tuple[int, Chain]]:
    """The lists to read now: entity type and chain. `expected` are objects that have probably moved:
    long lists are then read in one go."""
    names = context.names
    moved = Counter(names.entity_type_id(ref.entity) for ref in expected)
    kinds = [names.entity_type_id(entity) for entity in context.links if names.has_stages(entity)]
    with context.database.session() as session:
        return [(kind, _chain(session, context, kind, moved[kind])) for kind in kinds]


def store(session: Session, context: Context, readings: Iterable[Reading]) -> set[Entry]:
    """Keeps new records and moves the cursors; returns whose records are new and not our own doing."""
    fresh: list[dict[str, Any]] = []
    for reading in readings:
        rows = [_row(context.portal_id, reading.entity_type_id, row) for row in reading.rows]
        known = _known(session, context.portal_id, reading.entity_type_id, [row["record_id"] for row in rows])
        fresh += [row for row in rows if row["record_id"] not in known]
        if rows:
            last = max(row["record_id"] for row in rows)
            cursors.save(session, context.portal_id, {cursor_of(reading.entity_type_id): {"last": last}})
    insert_missing(session, TransitionRow, fresh, ("portal_id", "entity_type_id", "record_id"))
    return _not_ours(session, context, fresh)


def read(context: Context, expected: Collection[Ref] = ()) -> list[Reading]:
    """Reads what is new for every watched entity type, in one request when it is little."""
    wanted = chains(context, expected)
    if not wanted:
        return []
    found = context.gateway.read_chains([chain for _, chain in wanted])
    return [Reading(kind, rows) for (kind, _), rows in zip(wanted, found, strict=True)]


def catch_up(context: Context, looked_at: Collection[Ref] = ()) -> None:
    """Reads and keeps. Objects with new records that the running pass is not looking at go into the
    inbox: nobody told of them."""
    keep(context, read(context, looked_at), looked_at)


def keep(context: Context, readings: Iterable[Reading], looked_at: Collection[Ref] = ()) -> None:
    """`catch_up` for what is already read."""
    names = context.names
    ours = {(names.entity_type_id(ref.entity), ref.id) for ref in looked_at}
    with context.database.session() as session:
        new = store(session, context, readings)
        inbox.add(session, context.portal_id, new - ours, "history")


def _not_ours(session: Session, context: Context, fresh: Sequence[Mapping[str, Any]]) -> set[Entry]:
    """The owners of records other than those that our own writes have made: after a write everything
    that follows from it was looked at in the same pass."""
    names = context.names
    moves: dict[tuple[Ref, str], Entry] = {}
    for row in fresh:
        entity = names.entity_of(row["entity_type_id"]) or ""
        stage = names.stage_name(entity, row["stage_id"])
        moves[Ref(entity, row["owner_id"]), stage] = (row["entity_type_id"], row["owner_id"])
    ours = journal.stages_written(session, context.portal_id, {ref for ref, _ in moves})
    return {entry for move, entry in moves.items() if move not in ours}


def _chain(session: Session, context: Context, kind: int, moved: int) -> Chain:
    cursor = cursors.get(session, context.portal_id, cursor_of(kind))
    # Shipments of the time before the app are not its business, however far back a reading goes.
    since = {">=CREATED_TIME": context.watch_since.isoformat(timespec="seconds")}
    params: dict[str, Any] = {"entityTypeId": kind, "filter": since}
    if cursor is None:
        return Chain(Listing(METHOD, params, "ID", "items"), pages=_pages(moved))
    floor = _floor(session, context.portal_id, kind, cursor["last"])
    again = session.scalar(
        select(func.count()).where(
            TransitionRow.portal_id == context.portal_id,
            TransitionRow.entity_type_id == kind,
            TransitionRow.record_id > floor,
        )
    )
    return Chain(Listing(METHOD, params, "ID", "items"), after=floor, pages=_pages(moved + (again or 0)))


def _pages(records: int) -> int:
    """Pages that hold so many records and show that there are no more."""
    return min(PAGES, records // PAGE + 1)


def _floor(session: Session, portal_id: int, kind: int, last: int) -> int:
    """The record behind which everything is read again."""
    mine = (TransitionRow.portal_id == portal_id, TransitionRow.entity_type_id == kind)
    newest = session.scalar(select(func.max(TransitionRow.moment)).where(*mine))
    if newest is None:
        return max(0, last - OVERLAP)
    settled = session.scalar(
        select(func.max(TransitionRow.record_id)).where(
            *mine,
            TransitionRow.record_id > last - MOST_AGAIN,
            TransitionRow.moment < datetime.fromtimestamp(newest.timestamp() - SETTLED, newest.tzinfo),
        )
    )
    return max(0, min(last - OVERLAP, max(settled or 0, last - MOST_AGAIN)))


def _row(portal_id: int, kind: int, row: Mapping[str, Any]) -> dict[str, Any]:
    # Leads spell the stage STATUS_ID.
    stage = row.get("STAGE_ID") or row.get("STATUS_ID")
    category = row.get("CATEGORY_ID")
    return {
        "portal_id": portal_id,
        "entity_type_id": kind,
        "record_id": int(row["ID"]),
        "owner_id": int(row["OWNER_ID"]),
        "stage_id": str(stage),
        "category_id": None if category in (None, "") else int(category),
        "type_id": int(row.get("TYPE_ID") or 0),
        "moment": datetime.fromisoformat(str(row["CREATED_TIME"])),
    }


def _known(session: Session, portal_id: int, kind: int, records: list[int]) -> set[int]:
    known: set[int] = set()
    for part in chunks(records):
        known.update(
            session.scalars(
                select(TransitionRow.record_id).where(
                    TransitionRow.portal_id == portal_id,
                    TransitionRow.entity_type_id == kind,
                    TransitionRow.record_id.in_(part),
                )
            )
        )
    return known


def cursor_of(kind: int) -> str:
    """The name of the cursor of an entity type."""
    return f"stagehistory.{kind}"
