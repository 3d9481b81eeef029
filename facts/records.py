"""Rows of the register as records: their deals, and who answers for them now."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from b24app.declare import Reader, Row
from rules.debt_record import DebtRecord
from rules.decision import Money
from rules.shipment import CANCELLED

SHIPMENT_KEY = re.compile(r"shipment:deal:(\d+)")


def made_for_deal(row: Row) -> int | None:
    """The deal a record belongs to: the one it is linked with, else the one its key names. The portal may
    clear the link when the deal is removed; the key stays."""
    linked: int | None = row.get("deal_id")
    named = SHIPMENT_KEY.fullmatch(row.get("app_key") or "")
    return linked or (int(named[1]) if named else None)


def deals_of(reader: Reader, rows: Iterable[Row], known: Mapping[int, Row]) -> dict[int, Row]:
    """The living deals of records, those known already not asked again."""
    wanted = {deal for row in rows if not row.get("deal_removed") and (deal := made_for_deal(row))}
    return {**known, **reader.by_ids("deal", wanted - known.keys())}


def record_of(reader: Reader, row: Row, deals: Mapping[int, Row]) -> DebtRecord:
    """A row as the rules read it; `deals` are the living ones."""
    base, _ = reader.rates()
    deal_id = made_for_deal(row)
    removed = bool(row.get("deal_removed"))
    deal = deals.get(deal_id) if deal_id else None
    return DebtRecord(
        id=row["id"],
        title=row.get("title") or f"#{row['id']}",
        stage=row["stage"],
        responsible=reader.substitute(row.get("assigned_by_id")),
        created_time=row["created_time"],
        moved_time=row.get("moved_time"),
        company_id=row.get("company_id"),
        deal_id=row.get("deal_id"),
        amount=money_of(row, "amount", base),
        paid=money_of(row, "paid", base),
        credited=money_of(row, "credited", base),
        outstanding=money_of(row, "outstanding", base),
        deferral_days=row.get("deferral_days"),
        shipment_date=row.get("shipment_date"),
        due_date=row.get("due_date"),
        deal_cancelled=deal is not None and deal["stage"] == CANCELLED,
        deal_gone=deal_id is not None and deal is None and not removed,
        deal_removed=removed,
        shipment_number=row.get("shipment_number") or None,
        promised_date=row.get("promised_date"),
        broken_date=row.get("broken_date"),
        broken_promises=int(row.get("broken_promises") or 0),
        no_remind_until=row.get("no_remind_until"),
        dispute=bool(row.get("dispute")),
        sent_pre=row.get("sent_pre"),
        sent_due=row.get("sent_due"),
        unassigned=not row.get("app_key") and row.get("assigned_by_id") == row.get("created_by"),
    )


def money_of(row: Row, name: str, base: str) -> Money | None:
    """A money field; an amount without a currency, as scripts enter it, is in the base one."""
    money: Money | None = row.get(name)
    return money if money is None or money.currency else Money(money.amount, base)
