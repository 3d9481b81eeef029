"""Payments from a bank's file: what each would do, and storing them so that the ordinary rules lay them.

A preview writes nothing. Applying stores the payments, names their companies in the durable inbox in the
same transaction, and the next pass does the rest: a crash in between loses nothing, and the same file, or
one that overlaps it, adds nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from b24app.declare import Reader
from b24app.engine import bank_clients, bank_money, errors, inbox
from b24app.engine.bank_clients import Client
from b24app.engine.context import Context
from b24app.engine.errors import Trouble
from b24app.engine.work import reader_of, rows_of
from b24app.errors import PresetError
from b24app.store.models import BankPaymentRow, ErrorRow
from facts.bank import load_numbered_records
from facts.company import load_companies
from rules.bank_payment import BankDocument, Party, Statement
from rules.decision import Money, Text
from rules.double_payments import BankPayment, PaidDocument
from rules.payment_purpose import Named, Numbered, records_named
from rules.receivables import CompanyFacts, Payment, assess
from rules.wording import sentence

NEW, KNOWN, REPEATED, UNDONE, UNKNOWN = "new", "known", "repeated", "undone", "unknown"
"""what a document is: not seen yet; stored; twice in this file; taken back by a person; of nobody we know"""

BAD_ROW = "bank_row"
"""the kind of entries of the error inbox about what cannot be read of a file"""


@dataclass(frozen=True, slots=True)
class Laid:
    """A part of a payment on a record."""

    record: int
    title: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Line:
    """What becomes of one document. `records` are those its purpose names, `laid` where the money goes,
    `advance` what nobody takes, `double` the payment on the portal that it may repeat."""

    document: BankDocument
    state: str
    company: int | None = None
    title: str = ""
    reason: Text | None = None
    records: tuple[int, ...] = ()
    deals: tuple[int, ...] = ()
    laid: tuple[Laid, ...] = ()
    advance: Money | None = None
    double: PaidDocument | None = None


@dataclass(frozen=True, slots=True)
class Import:
    """What a file holds, document by document; `outgoing` are those that we paid."""

    file: str
    lines: tuple[Line, ...]
    outgoing: int
    statement: Statement
    found_again: int = 0
    """payments of earlier files whose company is known now"""


@dataclass
class _Supposing:
    """A reader that also sees payments which are not stored yet."""

    reader: Reader
    supposed: Mapping[int, Sequence[BankPayment]] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.reader, name)

    def bank_payments(self, companies: Collection[int]) -> Mapping[int, Sequence[BankPayment]]:
        """The stored ones and the supposed ones."""
        stored = self.reader.bank_payments(companies)
        return {id: (*stored.get(id, ()), *self.supposed.get(id, ())) for id in companies}


def preview(context: Context, statement: Statement, file: str) -> Import:
    """What applying the file would do; nothing is written."""
    reader = reader_of(context, context.gateway.now(), rows_of(context))
    clients = bank_clients.find(context, reader, {one.payer for one in statement.documents})
    incoming = [one for one in statement.documents if not _is_outgoing(one, clients)]
    stored = _stored(context, incoming)
    lines = _with_records(reader, _lines(incoming, clients, stored, _titles(reader, stored.values())))
    outgoing = len(statement.documents) - len(incoming)
    return Import(file, tuple(_laid_out(context, reader, lines)), outgoing, statement)


def apply(context: Context, statement: Statement, file: str) -> Import:
    """Stores what is new. The companies concerned wait in the inbox then."""
    found = preview(context, statement, file)
    rows = [
        bank_money.row_of(context.portal_id, line.document, line.company, line.records, file)
        for line in found.lines
        if line.state in (NEW, UNKNOWN)
    ]
    with context.database.session() as session:
        bank_money.add(session, rows)
        _name(session, context, (line.company for line in found.lines if line.state == NEW))
        _note_rejected(session, context, found)
    again = match_again(context)
    return replace(found, found_again=again)


def match_again(context: Context) -> int:
    """Looks for the companies of payments that nobody could be found for; returns how many were found.
    Those that are left stand in the error inbox."""
    with context.database.session() as session:
        rows = bank_money.waiting(session, context.portal_id)
    if not rows:
        return 0
    reader = reader_of(context, context.gateway.now(), rows_of(context))
    payers = {row.id: Party(**row.payer) for row in rows}
    clients = bank_clients.find(context, reader, set(payers.values()))
    owners = {row.id: clients[payers[row.id]] for row in rows}
    numbered = load_numbered_records(reader, {one.company for one in owners.values() if one.company})
    found = [row for row in rows if owners[row.id].company]
    with context.database.session() as session:
        for row in found:
            company = owners[row.id].company or 0
            bank_money.belongs(session, row.id, company, sorted(_named(row.purpose, company, numbered).records))
        _name(session, context, (owners[row.id].company for row in found))
        errors.resolve(session, context.portal_id, [bank_money.group(row.id) for row in found])
        base, _ = reader.rates()
        lost = [_unknown_payer(row, owners[row.id], base) for row in rows if not owners[row.id].company]
        errors.note(session, context.portal_id, _not_told_yet(session, context, lost))
    return len(found)


def assign(context: Context, id: int, company: int) -> None:
    """A person knows whose money it is: somebody paid for a client, or the requisites are not filled in."""
    reader = reader_of(context, context.gateway.now(), rows_of(context))
    if company not in reader.by_ids("company", [company]):
        raise PresetError(Text(f"Нет компании {company}", f"No company {company}"))
    numbered = load_numbered_records(reader, [company])
    with context.database.session() as session:
        (row,) = bank_money.change(session, context.portal_id, [id], bank_money.COUNTED)
        before = row.company_id
        bank_money.belongs(session, id, company, sorted(_named(row.purpose, company, numbered).records))
        _name(session, context, (before, company))
        errors.resolve(session, context.portal_id, [bank_money.group(id)])


def change(context: Context, ids: Collection[int], state: str) -> list[BankPaymentRow]:
    """Takes payments back, counts them again, or confirms that they are no repetitions."""
    with context.database.session() as session:
        rows = bank_money.change(session, context.portal_id, ids, state)
        _name(session, context, (row.company_id for row in rows))
        if state == bank_money.UNDONE:
            errors.resolve(session, context.portal_id, [bank_money.group(row.id) for row in rows])
    return rows


# --- one file -----------------------------------------------------------------------------------------


def _is_outgoing(document: BankDocument, clients: Mapping[Party, Client]) -> bool:
    return clients[document.payer].ours if document.outgoing is None else document.outgoing


def _stored(context: Context, documents: Iterable[BankDocument]) -> dict[str, BankPaymentRow]:
    with context.database.session() as session:
        return bank_money.known(session, context.portal_id, [bank_money.key_of(one) for one in documents])


def _titles(reader: Reader, stored: Iterable[BankPaymentRow]) -> dict[int, str]:
    """The companies of stored payments: a person may have assigned one that the payer's requisites do not tell."""
    companies = reader.by_ids("company", {row.company_id for row in stored if row.company_id})
    return {id: row.get("title") or "" for id, row in companies.items()}


def _lines(
    documents: Iterable[BankDocument],
    clients: Mapping[Party, Client],
    stored: Mapping[str, BankPaymentRow],
    titles: Mapping[int, str],
) -> list[Line]:
    lines: list[Line] = []
    seen: set[str] = set()
    for document in documents:
        key = bank_money.key_of(document)
        client, row = clients[document.payer], stored.get(key)
        if key in seen:
            lines.append(Line(document, REPEATED))
        elif row is not None and row.state != bank_money.UNKNOWN:
            state = UNDONE if row.state == bank_money.UNDONE else KNOWN
            lines.append(Line(document, state, row.company_id, titles.get(row.company_id or 0, "")))
        elif client.company is None:
            lines.append(Line(document, UNKNOWN, reason=client.reason))
        else:
            lines.append(Line(document, NEW, client.company, client.title))
        seen.add(key)
    return lines


def _with_records(reader: Reader, lines: list[Line]) -> list[Line]:
    """The records that the purposes of new payments name."""
    numbered = load_numbered_records(reader, {line.company for line in lines if line.state == NEW and line.company})
    return [_with_named(line, numbered) if line.state == NEW else line for line in lines]


def _with_named(line: Line, numbered: Mapping[int, Sequence[Numbered]]) -> Line:
    named = _named(line.document.purpose, line.company or 0, numbered)
    groups = {one.record: one.group for one in numbered.get(line.company or 0, ())}
    deals = {groups[id] for id in named.records} - {None}
    reason = line.reason
    if named.ambiguous:
        reason = sentence(
            "номера {numbers} подходят к нескольким сделкам, разнесено по сроку",
            "the numbers {numbers} fit several deals, laid by due day",
            numbers=", ".join(named.ambiguous),
        )
    return replace(line, records=tuple(sorted(named.records)), deals=tuple(sorted(filter(None, deals))), reason=reason)


def _named(purpose: str, company: int, numbered: Mapping[int, Sequence[Numbered]]) -> Named:
    return records_named(purpose, numbered.get(company, ()))


def _laid_out(context: Context, reader: Reader, lines: list[Line]) -> Iterable[Line]:
    """Where the money of every new payment would go, in the file's order."""
    base, _ = reader.rates()
    supposed = {n: _supposed(n, line, base) for n, line in enumerate(lines) if line.state == NEW}
    by_company: dict[int, list[BankPayment]] = {}
    for n, payment in supposed.items():
        by_company.setdefault(lines[n].company or 0, []).append(payment)
    before = load_companies(reader, by_company.keys())
    after = load_companies(cast(Reader, _Supposing(reader, by_company)), by_company.keys())
    present = dict(before)
    for n, line in enumerate(lines):
        company = line.company or 0
        if n not in supposed or company not in before:
            yield line
            continue
        double = dict(after[company].doubled).get(supposed[n])
        if double is not None:
            yield replace(line, double=double)
            continue
        money = Payment(supposed[n].amount, records=supposed[n].records, from_bank=True)
        paid = replace(present[company], payments=(*present[company].payments, money))
        yield _laid(context, reader, line, supposed[n].amount, present[company], paid)
        present[company] = paid


def _supposed(place: int, line: Line, base: str) -> BankPayment:
    """A payment as it will be stored; its number is not known yet."""
    document = line.document
    money = Money(document.amount, document.currency or base)
    day = document.received or document.day
    return BankPayment(-1 - place, document.number, day, money, document.payer.name, line.records)


def _laid(
    context: Context, reader: Reader, line: Line, money: Money, before: CompanyFacts, after: CompanyFacts
) -> Line:
    was = {item.record.id: item for item in assess(before, context.limits, reader.now).records}
    laid: list[Laid] = []
    left = money.amount
    for item in assess(after, context.limits, reader.now).records:
        more = item.credited.amount - was[item.record.id].credited.amount
        if more:
            laid.append(Laid(item.record.id, item.record.title, Money(more, item.credited.currency)))
            left -= more
    return replace(line, laid=tuple(laid), advance=Money(left, money.currency) if left > Decimal(0) else None)


# --- what is written ----------------------------------------------------------------------------------


def _name(session: Session, context: Context, companies: Iterable[int | None]) -> None:
    """The companies are looked at again."""
    kind = context.names.entity_type_id("company")
    inbox.add(session, context.portal_id, {(kind, id) for id in companies if id}, "bank")


def _unknown_payer(row: BankPaymentRow, client: Client, base: str) -> Trouble:
    money = Money(Decimal(row.amount), row.currency or base)
    text = sentence(
        "Платёж из банка {id}: № {number} от {day} на {amount}, плательщик {payer}: {reason}. "
        "Назначить: b24app payments assign {id} КОМПАНИЯ",
        "Payment from a bank {id}: {number} of {day}, {amount}, payer {payer}: {reason}. "
        "To assign: b24app payments assign {id} COMPANY",
        id=row.id,
        number=row.number,
        day=row.day,
        amount=money,
        payer=row.payer["name"] or row.payer["inn"],
        reason=client.reason or Text("это наша собственная компания", "it is our own company"),
    )
    payload = {"payment": row.id, "file": row.file, "inn": row.payer["inn"], "purpose": row.purpose}
    return Trouble(bank_money.group(row.id), bank_money.UNKNOWN_PAYER, text, payload=payload)


def _not_told_yet(session: Session, context: Context, troubles: Sequence[Trouble]) -> list[Trouble]:
    """Without those that stand in the inbox as they are: an import is no repetition of the trouble."""
    query = select(ErrorRow.group_key, ErrorRow.text_ru).where(
        ErrorRow.portal_id == context.portal_id,
        ErrorRow.kind == bank_money.UNKNOWN_PAYER,
        ErrorRow.state.in_((errors.OPEN, errors.SKIPPED)),
    )
    standing = {row.group_key: row.text_ru for row in session.execute(query)}
    return [one for one in troubles if standing.get(one.key) != one.text.ru]


def _note_rejected(session: Session, context: Context, found: Import) -> None:
    """What cannot be read in the file; a corrected file of the same name ends it."""
    troubles = [
        Trouble(
            f"bank_row:{found.file}:{one.line}",
            BAD_ROW,
            sentence(
                "Файл банка {file}, строка {line}: {reason}. Платёж не взят.",
                "Bank file {file}, line {line}: {reason}. The payment was not taken.",
                file=found.file,
                line=one.line,
                reason=one.reason,
            ),
            payload={"file": found.file, "line": one.line},
        )
        for one in found.statement.rejected
    ]
    errors.note(session, context.portal_id, troubles)
    standing = session.scalars(
        select(ErrorRow.group_key).where(
            ErrorRow.portal_id == context.portal_id,
            ErrorRow.kind == BAD_ROW,
            ErrorRow.group_key.startswith(f"bank_row:{found.file}:", autoescape=True),
        )
    )
    errors.resolve(session, context.portal_id, set(standing) - {one.key for one in troubles})
