"""The facts for signals about debts; other records of a deal are read only where a record has just been paid."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from b24app.declare import Reader, Ref, Row
from rules.debt_record import PAID
from rules.debt_triggers import StagedRecord, is_fresh


def load_staged_records(reader: Reader, ids: Collection[int]) -> dict[int, StagedRecord]:
    """The records that exist."""
    rows = reader.by_ids("debt", ids)
    paid = {
        row["deal_id"]
        for row in rows.values()
        if row["stage"] == PAID and row.get("deal_id") and is_fresh(_since(row), reader.limits, reader.now)
    }
    others = reader.by_link("debt", "deal_id", paid) if paid else {}
    return {
        id: StagedRecord(
            ref=Ref("debt", id),
            stage=row["stage"],
            since=_since(row),
            deal=Ref("deal", row["deal_id"]) if row.get("deal_id") else None,
            siblings=tuple(one["stage"] for one in others.get(row.get("deal_id") or 0, ()) if one["id"] != id),
        )
        for id, row in rows.items()
    }


def _since(row: Row) -> datetime:
    """When the record came to its stage."""
    since: datetime = row.get("moved_time") or row["created_time"]
    return since
