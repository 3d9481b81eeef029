"""Whose money moved: payments name an order, the order names the deal or the invoice.

A payment may change without its owner changing, so payments have events and a reading of their own.
Both need the scope `sale`; without it the owner's own changes and the nightly sweep remain.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from b24app.declare import Paid
from b24app.engine import cursors
from b24app.engine.context import Context
from b24app.engine.history import Entry
from b24app.errors import PortalRefused
from b24app.portal.calls import Call, Done
from b24app.portal.chains import Chain, Listing
from b24app.portal.items import paid_of
from b24app.store.models import PaymentRow
from b24app.store.upsert import chunks

DELETED = "ONPAYMENTDELETED"
EVENTS = ("ONPAYMENTENTITYSAVED", DELETED)
PAYABLE = ("deal", "invoice")
SCOPE = "sale"
CURSOR = "payments"
OVERLAP = timedelta(minutes=2)
"""how long after its moment a payment may become visible"""
PAGE = 50
FEW = 20
ORDERS, PAYMENTS = "crm.orderentity.list", "sale.payment.list"
_ORDER_KEYS = ("orderId", "orderEntity")

_SELECT = ("id", "orderId", "paid", "sum", "datePaid")


def recent(context: Context, cursor: Mapping[str, Any] | None) -> Chain:
    """The payments made since the last look (api-reference/sale/payment/sale-payment-list.md)."""
    since = context.watch_since if cursor is None else datetime.fromisoformat(cursor["at"]) - OVERLAP
    params = {"filter": {">=datePaid": since}, "select": list(_SELECT)}
    return Chain(Listing(PAYMENTS, params, "id", "payments"))


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
        Call(ORDERS, {"filter": {"@orderId": wanted[n : n + PAGE]}, "select": select})
        for n in range(0, len(wanted), PAGE)
    ]
    return {(int(row["ownerTypeId"]), int(row["ownerId"])) for row in _rows(context, calls, "orderEntity")}


def owners_of_payments(context: Context, payments: Collection[int]) -> set[Entry]:
    """Deals and invoices of payments that still exist."""
    wanted = sorted(set(payments))
    calls = [
        Call(PAYMENTS, {"filter": {"@id": wanted[n : n + PAGE]}, "select": ["id", "orderId"]})
        for n in range(0, len(wanted), PAGE)
    ]
    return owners_of_orders(context, [int(row["orderId"]) for row in _rows(context, calls, "payments")])


def owners_of_vanished(context: Context) -> set[Entry]:
    """Deals and invoices on which less or more is paid than when they were last read: a payment that was
    deleted cannot be asked whose it was."""
    with context.database.session() as session:
        rows = session.execute(
            select(PaymentRow.entity, PaymentRow.item_id, PaymentRow.paid).where(
                PaymentRow.portal_id == context.portal_id, PaymentRow.paid != "0"
            )
        ).all()
    owners: set[Entry] = set()
    for entity in PAYABLE:
        stored = {row.item_id: Decimal(row.paid) for row in rows if row.entity == entity}
        paid = paid_on(context, entity, stored) if stored else {}
        owners |= {(context.names.entity_type_id(entity), id) for id in paid if total(paid[id]) != stored[id]}
    return owners


def paid_on(context: Context, entity: str, ids: Collection[int]) -> dict[int, list[Paid]]:
    """The paid payments of deals or invoices. Those of many are read through their orders, fifty
    owners to a command; few, or without the rights of the shop, by the method that answers for one."""
    if len(ids) <= FEW or not context.reads_payments:
        return context.items.paid(entity, ids)
    try:
        owners = _orders_of(context, entity, ids)
    except PortalRefused:
        return context.items.paid(entity, ids)
    found: dict[int, list[Paid]] = {id: [] for id in ids}
    for row in _of_orders(context, sorted(owners)):
        found[owners[int(row["orderId"])]].append(paid_of(row))
    return found


def total(paid: Iterable[Paid]) -> Decimal:
    """Several payments together."""
    return sum((one.amount for one in paid), Decimal())


def _orders_of(context: Context, entity: str, ids: Collection[int]) -> dict[int, int]:
    """Orders of owners: order -> owner."""
    kind = context.names.entity_type_id(entity)
    select = ["orderId", "ownerId", "ownerTypeId"]
    chains = [
        Chain(Listing(ORDERS, {"filter": {"ownerTypeId": kind, "@ownerId": part}, "select": select}, *_ORDER_KEYS))
        for part in chunks(sorted(ids), PAGE)
    ]
    rows = (row for found in context.gateway.read_chains(chains) for row in found)
    return {int(row["orderId"]): int(row["ownerId"]) for row in rows}


def _of_orders(context: Context, orders: Collection[int]) -> Iterator[Mapping[str, Any]]:
    """The paid payments of orders."""
    chains = [
        Chain(Listing(PAYMENTS, {"filter": {"orderId": part, "paid": "Y"}, "select": list(_SELECT)}, "id", "payments"))
        for part in chunks(orders, PAGE)
    ]
    return (row for found in context.gateway.read_chains(chains) for row in found)


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
