"""Money from files of banks: the table, its states, and what of it is a fact of a company."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from b24app.errors import PresetError
from b24app.store.models import BankPaymentRow
from b24app.store.upsert import chunks, insert_missing
from rules.bank_payment import BankDocument
from rules.decision import Money, Text
from rules.double_payments import BankPayment

COUNTED, CONFIRMED, UNKNOWN, UNDONE = "counted", "confirmed", "unknown", "undone"
LAID = (COUNTED, CONFIRMED)
"""states of money that is laid on debts"""

UNKNOWN_PAYER = "bank_payment"
"""the kind of entries of the error inbox about money whose company nobody knows"""

UNIQUE = ("portal_id", "key")
_LONGEST_KEY, _LONGEST_NUMBER = 190, 64


def of_companies(
    session: Session, portal_id: int, companies: Collection[int], base: str
) -> dict[int, list[BankPayment]]:
    """The counted payments of companies, the oldest first; amounts without a currency are in the base one."""
    found: dict[int, list[BankPayment]] = {}
    for part in chunks(sorted(set(companies))):
        rows = session.scalars(
            select(BankPaymentRow)
            .where(
                BankPaymentRow.portal_id == portal_id,
                BankPaymentRow.company_id.in_(part),
                BankPaymentRow.state.in_(LAID),
            )
            .order_by(BankPaymentRow.day, BankPaymentRow.id)
        )
        for row in rows:
            found.setdefault(row.company_id or 0, []).append(payment_of(row, base))
    return found


def payment_of(row: BankPaymentRow, base: str) -> BankPayment:
    """A stored payment as rules read it."""
    money = Money(Decimal(row.amount), row.currency or base)
    confirmed = row.state == CONFIRMED
    return BankPayment(row.id, row.number, row.day, money, row.payer["name"], tuple(row.records), confirmed)


def known(session: Session, portal_id: int, keys: Iterable[str]) -> dict[str, BankPaymentRow]:
    """Stored payments by their keys."""
    found: dict[str, BankPaymentRow] = {}
    for part in chunks(sorted(set(keys))):
        rows = session.scalars(
            select(BankPaymentRow).where(BankPaymentRow.portal_id == portal_id, BankPaymentRow.key.in_(part))
        )
        found.update((row.key, row) for row in rows)
    return found


def key_of(document: BankDocument) -> str:
    """A document's key as it fits into the table."""
    return document.key[:_LONGEST_KEY]


def row_of(
    portal_id: int, document: BankDocument, company: int | None, records: Sequence[int], file: str
) -> dict[str, Any]:
    """A document as a row; one whose company nobody knows waits."""
    payer = document.payer
    return {
        "portal_id": portal_id,
        "key": key_of(document),
        "company_id": company,
        "number": document.number[:_LONGEST_NUMBER],
        "day": document.received or document.day,
        "amount": str(document.amount),
        "currency": document.currency or "",
        "payer": {"name": payer.name, "inn": payer.inn, "account": payer.account},
        "purpose": document.purpose,
        "records": sorted(records),
        "file": file[:255],
        "state": UNKNOWN if company is None else COUNTED,
    }


def add(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Stores payments; those that are there already stay as they are."""
    insert_missing(session, BankPaymentRow, rows, UNIQUE)


def waiting(session: Session, portal_id: int) -> list[BankPaymentRow]:
    """Payments whose company nobody knows yet."""
    return _all(session, portal_id, (UNKNOWN,))


def listed(session: Session, portal_id: int, states: Collection[str], limit: int = 500) -> list[BankPaymentRow]:
    """The newest payments in these states, the newest last."""
    return _all(session, portal_id, states)[-limit:]


def belongs(session: Session, id: int, company: int, records: Sequence[int] = ()) -> None:
    """A payment is found to be of a company."""
    values = {"company_id": company, "state": COUNTED, "records": sorted(records)}
    session.execute(update(BankPaymentRow).where(BankPaymentRow.id == id).values(**values))


def owned(session: Session, portal_id: int, companies: Collection[int]) -> list[BankPaymentRow]:
    """Every payment of companies, whatever its state is."""
    found: list[BankPaymentRow] = []
    for part in chunks(sorted(companies)):
        query = select(BankPaymentRow).where(BankPaymentRow.portal_id == portal_id, BankPaymentRow.company_id.in_(part))
        found += session.scalars(query.order_by(BankPaymentRow.id))
    return found


def rehome(session: Session, payment: BankPaymentRow, company: int) -> None:
    """A payment's company was merged into this one; the money counts again if nobody knew whose it was."""
    state = COUNTED if payment.state == UNKNOWN else payment.state
    changed = update(BankPaymentRow).where(BankPaymentRow.id == payment.id)
    session.execute(changed.values(company_id=company, state=state))


def group(id: int) -> str:
    """What names a payment in the error inbox."""
    return f"bank:{id}"


def change(session: Session, portal_id: int, ids: Collection[int], state: str) -> list[BankPaymentRow]:
    """Puts payments into a state; an unknown number is refused before any is changed."""
    query = select(BankPaymentRow).where(BankPaymentRow.portal_id == portal_id, BankPaymentRow.id.in_(ids))
    rows = {row.id: row for row in session.scalars(query)}
    missing = ", ".join(str(id) for id in sorted(set(ids) - rows.keys()))
    if missing:
        raise PresetError(Text(f"Нет платежей из банка: {missing}", f"No payments from a bank: {missing}"))
    for row in rows.values():
        row.state = UNKNOWN if state == COUNTED and row.company_id is None else state
    return [rows[id] for id in sorted(rows)]


def _all(session: Session, portal_id: int, states: Collection[str]) -> list[BankPaymentRow]:
    query = select(BankPaymentRow).where(BankPaymentRow.portal_id == portal_id, BankPaymentRow.state.in_(states))
    return list(session.scalars(query.order_by(BankPaymentRow.day, BankPaymentRow.id)))
