"""What the purpose of a payment may name: open records of the register by the numbers people write."""

from __future__ import annotations

from collections.abc import Collection

from b24app.declare import Reader, Row
from facts.records import deals_of
from rules.debt_record import CLOSED
from rules.payment_purpose import Numbered, named_numbers


def load_numbered_records(reader: Reader, companies: Collection[int]) -> dict[int, list[Numbered]]:
    """The open records of companies with the numbers of their shipment, order and invoices."""
    linked = reader.by_link("debt", "company_id", companies)
    records = {id: [row for row in rows if row["stage"] not in CLOSED] for id, rows in linked.items()}
    deals = deals_of(reader, [row for rows in records.values() for row in rows], {})
    numbers: dict[int, set[str]] = {id: _numbers_of_deal(deal) for id, deal in deals.items()}
    for invoices in reader.by_link("invoice", "company_id", companies).values():
        for invoice in invoices:
            numbers.setdefault(invoice.get("deal_id") or 0, set()).update(_numbers_of_invoice(invoice))
    return {id: [_numbered(row, numbers) for row in rows] for id, rows in records.items()}


def _numbered(row: Row, numbers: dict[int, set[str]]) -> Numbered:
    deal = row.get("deal_id")
    own = {str(row["shipment_number"])} if row.get("shipment_number") else set()
    named = {*named_numbers(row.get("title") or ""), *own, *(numbers.get(deal, set()) if deal else ())}
    return Numbered(row["id"], frozenset(named), deal)


def _numbers_of_deal(deal: Row) -> set[str]:
    """The order's number, the one that the title names («Заказ 501»), and the deal's own."""
    order = {str(deal["order_number"])} if deal.get("order_number") else set()
    return {str(deal["id"]), *named_numbers(deal.get("title") or ""), *order}


def _numbers_of_invoice(invoice: Row) -> set[str]:
    number = {str(invoice["account_number"])} if invoice.get("account_number") else set()
    return {*named_numbers(invoice.get("title") or ""), *number}
