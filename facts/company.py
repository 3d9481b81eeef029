"""The facts about companies: register, payments, active deals. Shared by every rule about a company."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from b24app.declare import Linked, Reader, Row, Watch
from facts.calendar import read_calendar
from facts.records import deals_of, made_for_deal, money_of, record_of
from rules.business_calendar import Calendar
from rules.decision import Money, Ref
from rules.double_payments import BankPayment, PaidDocument, doubles
from rules.receivables import ActiveDeal, CompanyCard, CompanyFacts, Payment, Rates

WATCHES = (
    Watch("company"),
    Watch("debt", "company_id", through="deal_id"),
    Watch("deal", "company_id"),
    Watch("invoice", "company_id"),
)
"""whose changes concern these facts"""

NEEDS = (
    "spa.debt",
    "company.deferral_days",
    "debt.amount",
    "debt.paid",
    "debt.credited",
    "debt.outstanding",
    "debt.shipment_date",
    "debt.deferral_days",
    "debt.due_date",
    "debt.app_key",
)
"""what a portal must have for them to be read"""

ORDERS = Linked("deal", "company_id", (("category", "funnel.active"),))
ASKS = (Linked("debt", "company_id"), ORDERS, Linked("invoice", "company_id"))
"""what is asked about the companies, see `Handler.asks`"""

ByCompany = Mapping[int, list[Row]]
"""Rows by the id of their company."""


@dataclass(frozen=True, slots=True)
class Book:
    """What was read of all the companies at once."""

    records: ByCompany
    deals: ByCompany
    invoices: ByCompany
    deals_by_id: Mapping[int, Row]
    paid_on_deals: Mapping[int, Decimal]
    paid_on_invoices: Mapping[int, Decimal]
    from_banks: Mapping[int, Sequence[BankPayment]]


def load_companies(reader: Reader, ids: Collection[int]) -> dict[int, CompanyFacts]:
    """The facts of the companies that exist. Payments are read only where a record can take them: a
    payment for a deal that has not been shipped waits for that shipment, it is no advance."""
    companies = reader.by_ids("company", ids)
    calendar = read_calendar(reader)
    book = _read_book(reader, companies.keys(), calendar)
    rates = Rates(*reader.rates())
    doubled = {id: _doubled(reader, id, book, rates.base) for id in companies}
    return {
        id: CompanyFacts(
            card=_card(reader, row, rates.base),
            records=tuple(record_of(reader, record, book.deals_by_id) for record in book.records.get(id, [])),
            payments=tuple(_payments(id, book, doubled[id], rates.base)),
            deals=tuple(ActiveDeal(deal["id"], deal["stage"], deal["created_time"]) for deal in book.deals.get(id, [])),
            rates=rates,
            calendar=calendar,
            sales_head=reader.role("sales_head"),
            doubled=tuple(doubled[id].items()),
        )
        for id, row in companies.items()
    }


def _read_book(reader: Reader, ids: Collection[int], calendar: Calendar) -> Book:
    records = reader.by_link("debt", "company_id", ids)
    deals = reader.by_link(ORDERS.entity, ORDERS.link, ids, **dict(ORDERS.where))
    rows = [row for members in records.values() for row in members]
    deals_by_id = deals_of(reader, rows, {deal["id"]: deal for members in deals.values() for deal in members})
    shipped = {row["deal_id"] for row in rows if row.get("deal_id") in deals_by_id}
    invoices = _payable(reader.by_link("invoice", "company_id", ids), shipped, _counted_from(reader), calendar)
    return Book(
        records=records,
        deals=deals,
        invoices=invoices,
        deals_by_id=deals_by_id,
        paid_on_deals=reader.payments("deal", shipped),
        paid_on_invoices=reader.payments("invoice", [row["id"] for rows in invoices.values() for row in rows]),
        from_banks=reader.bank_payments(ids),
    )


def _counted_from(reader: Reader) -> date | None:
    """The day since which invoices without a deal count (`debt.payments_since`): on a portal with a long
    history of paid invoices everything before the register would turn into advances."""
    text = reader.limits.text("debt.payments_since")
    return date.fromisoformat(text) if text else None


def _payable(invoices: ByCompany, shipped: Collection[int], since: date | None, calendar: Calendar) -> ByCompany:
    """Invoices whose money can go to a record: for a shipped deal, or for no deal at all."""

    def counts(invoice: Row) -> bool:
        if invoice.get("deal_id"):
            return invoice["deal_id"] in shipped
        return since is None or calendar.local_day(invoice["created_time"]) >= since

    return {id: [row for row in rows if counts(row)] for id, rows in invoices.items()}


def _payments(company_id: int, book: Book, doubled: Collection[BankPayment], base: str) -> Iterable[Payment]:
    deals = _paid_deals(company_id, book)
    for deal in sorted(deals):
        amount = book.paid_on_deals[deal]
        if amount:
            yield Payment(Money(amount, book.deals_by_id[deal].get("currency") or base), deal)
    for invoice in book.invoices.get(company_id, []):
        amount = book.paid_on_invoices.get(invoice["id"], Decimal(0))
        if amount:
            deal_id = invoice.get("deal_id")
            yield Payment(Money(amount, invoice.get("currency") or base), deal_id if deal_id in deals else None)
    for payment in book.from_banks.get(company_id, ()):
        if payment not in doubled:
            yield Payment(payment.amount, records=payment.records, from_bank=True, document=payment.id)


def _paid_deals(company_id: int, book: Book) -> set[int]:
    return {row["deal_id"] for row in book.records.get(company_id, []) if row.get("deal_id") in book.paid_on_deals}


def _doubled(reader: Reader, company_id: int, book: Book, base: str) -> Mapping[BankPayment, PaidDocument]:
    """Money of a bank's file that seems to be on the portal as well. Only companies with such money are
    compared; their payments have been read already."""
    payments = book.from_banks.get(company_id, ())
    if not payments:
        return {}
    deals = [book.deals_by_id[id] for id in sorted(_paid_deals(company_id, book))]
    owners = {"deal": deals, "invoice": book.invoices.get(company_id, [])}
    documents = [
        PaidDocument(
            id=one.id,
            owner=Ref(entity, row["id"]),
            amount=Money(one.amount, row.get("currency") or base),
            day=one.day,
            deal_id=row["id"] if entity == "deal" else row.get("deal_id"),
        )
        for entity, rows in owners.items()
        for row in rows
        for one in reader.paid_documents(entity, [row["id"]])[row["id"]]
    ]
    of_deals = {row["id"]: made_for_deal(row) for row in book.records.get(company_id, [])}
    return doubles(payments, documents, reader.limits.integer("debt.same_payment_days"), of_deals)


def _card(reader: Reader, row: Row, base: str) -> CompanyCard:
    return CompanyCard(
        id=row["id"],
        title=row.get("title") or f"#{row['id']}",
        responsible=reader.substitute(row.get("assigned_by_id")),
        type=row.get("type") or None,
        computed_type=f"type.{row['computed_type']}" if row.get("computed_type") else None,
        type_locked=bool(row.get("type_locked")),
        is_my_company=bool(row.get("is_my_company")),
        no_auto_messages=bool(row.get("no_auto_messages")),
        message_language=row.get("message_language") or None,
        deferral_days=row.get("deferral_days"),
        debt_in_period=money_of(row, "debt_in_period", base),
        debt_overdue=money_of(row, "debt_overdue", base),
        advance=money_of(row, "advance", base),
    )
