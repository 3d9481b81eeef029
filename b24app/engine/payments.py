"""Whose money moved: payments name an order, the order names the deal or the invoice.

A payment may change without its owner changing, so payments have events and a reading of their own.
Both need the scope `sale`; without it the owner's own changes and the nightly sweep remain.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from b24app.engine import cursors
from b24app.engine.context import Context
from b24app.engine.history import Entry
from b24app.portal.calls import Call, Done
from b24app.portal.chains import Chain, Listing

EVENTS = ("ONPAYMENTENTITYSAVED", "ONPAYMENTDELETED")
SCOPE = "sale"
CURSOR = "payments"
OVERLAP = timedelta(minutes=2)
"""how long after its moment a payment may become visible"""
PAGE = 50

_SELECT = ("id", "orderId", "paid", "sum", "datePaid")


def recent(context: Context, cursor: Mapping[str, Any] | None) -> Chain:
    """The payments made since the last look (api-reference/sale/payment/sale-payment-list.md)."""
    since = context.watch_since if cursor is None else datetime.fromisoformat(cursor["at"]) - OVERLAP
    params = {"filter": {">=datePaid": since}, "select": list(_SELECT)}
    return Chain(Listing("sale.payment.list", params, "id", "payments"))


def fresh(cursor: Mapping[str, Any] | None, rows: Iterable[Mapping[str, Any]]) -> tuple[list[int], dict[str, str]]:
    """Orders of payments that look different from the last time, and how all of them look now."""
    seen = {} if cursor is None else cursor["seen"]
    looks = {str(row["id"]): f"{row.get('paid')} {row.get('sum')} {row.get('datePaid')}" for row in rows}
    orders = [int(row["orderId"]) for row in rows if seen.get(str(row["id"])) != looks[str(row["id"])]]
    return orders, looks


def owners_of_orders(context: Context, orders: Collection[int]) -> set[Entry]:
    """Deals and invoices of orders (api-reference/crm/universal/order-entity/crm-order-entity-list.md)."""
    wanted = sorted(set(orders))
    select = ["orderId", "ownerId", "ownerTypeId"]
    calls = [
        Call("crm.orderentity.list", {"filter": {"@orderId": wanted[n : n + PAGE]}, "select": select})
        for n in range(0, len(wanted), PAGE)
    ]
    return {(int(row["ownerTypeId"]), int(row["ownerId"])) for row in _rows(context, calls, "orderEntity")}


def owners_of_payments(context: Context, payments: Collection[int]) -> set[Entry]:
    """Deals and invoices of payments that still exist."""
    wanted = sorted(set(payments))
    calls = [
        Call("sale.payment.list", {"filter": {"@id": wanted[n : n + PAGE]}, "select": ["id", "orderId"]})
        for n in range(0, len(wanted), PAGE)
    ]
    return owners_of_orders(context, [int(row["orderId"]) for row in _rows(context, calls, "payments")])


def remember(session: Session, portal_id: int, now: datetime, looks: Mapping[str, str]) -> None:
    """Moves the cursor; what was seen within the overlap is not taken for new at the next look."""
    cursors.save(session, portal_id, {CURSOR: {"at": now.isoformat(), "seen": dict(looks)}})


def _rows(context: Context, calls: list[Call], container: str) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = []
    for outcome in context.gateway.batch(calls) if calls else ():
        if not isinstance(outcome, Done):
            raise outcome.error
        rows += outcome.result[container] if isinstance(outcome.result, Mapping) else outcome.result
    return rows
