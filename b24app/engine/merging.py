"""Companies that were merged into another one. The portal tells it as a deletion, after everything of the company has
moved to the survivor; what only this app has of it moves here: money from files of banks, and the log of messages with
the days that are taken.

Where it goes is told by the objects that were known to be the deleted company's and belong to another one now. It does
not matter in which order events come, or whether they come at all: an object that came from another company keeps for
some days whose it was, and what has been moved already is not there any more to be moved again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from b24app.declare import Reader, Row
from b24app.engine import bank_money, errors, inbox, known, message_log
from b24app.engine.context import Context
from b24app.engine.errors import Trouble
from b24app.engine.known import Seen
from b24app.engine.lease import Lease
from b24app.store.models import BankPaymentRow, MessageRow
from rules.decision import Money, Ref
from rules.wording import sentence

COMPANY, RECORD, LINK = "company", "debt", "company_id"
FORMER, SINCE = "former_company_id", "former_since"
REMEMBERED = timedelta(days=7)
"""how long an object keeps whose it was: longer than it takes to notice a deletion that no event told of"""
NO_WITNESSES = frozenset({"contact", COMPANY})
"""a person may work at several companies: another main one tells nothing"""


def left_behind(earlier: Mapping[Ref, Seen], rows: Mapping[Ref, Row | None]) -> set[int]:
    """Companies that objects belonged to when, or shortly before, they were last looked at, and do not now."""
    found = set()
    for ref, seen in earlier.items():
        # The portal may have emptied the link before it was filled anew.
        row, before = rows.get(ref), seen.links.get(LINK) or seen.links.get(FORMER)
        if ref.entity not in NO_WITNESSES and row is not None and before and row.get(LINK) != before:
            found.add(int(before))
    return found


def traces(
    session: Session, context: Context, rows: Mapping[Ref, Row | None], now: datetime
) -> dict[Ref, dict[str, Any]]:
    """What is to be remembered of objects besides their links: whose they were until lately."""
    linked = {ref: row for ref, row in rows.items() if row is not None and _is_witness(context, ref)}
    found: dict[Ref, dict[str, Any]] = {}
    for ref, seen in known.load(session, context.portal_id, linked).items():
        before = seen.links.get(LINK)
        if before and before != linked[ref].get(LINK):
            found[ref] = {FORMER: int(before), SINCE: now.isoformat()}
        elif seen.links.get(FORMER) and datetime.fromisoformat(seen.links[SINCE]) > now - REMEMBERED:
            found[ref] = {name: seen.links[name] for name in (FORMER, SINCE)}
    return found


def follow(context: Context, lease: Lease, reader: Reader, companies: Collection[int]) -> set[int]:
    """Moves money and messages of those companies that do not exist any more to where their objects are now; returns
    the companies that have got something. They also wait in the inbox, should this pass not come to its end."""
    gone = set(companies) - reader.by_ids(COMPANY, companies).keys()
    if not gone:
        return set()
    with context.database.session() as session:
        left = _Left(
            bank_money.owned(session, context.portal_id, gone), message_log.owned(session, context.portal_id, gone)
        )
        left.of_deleted(session, context, gone)
    if not left:
        return set()
    homes = _Homes(context, reader, left)
    with context.database.session() as session:
        lease.check(session)
        for payment in left.money:
            _move_payment(session, context, payment, homes)
        for message in left.messages:
            home = homes.of(message.company_id, (message_log.ref_of(word) for word in message.about))
            if home is not None:
                message_log.rehome(session, message, home)
        kind = context.names.entity_type_id(COMPANY)
        inbox.add(session, context.portal_id, {(kind, id) for id in homes.found}, "merge")
    return homes.found


@dataclass
class _Left:
    """What companies that are gone have left with us, and the objects that were theirs."""

    money: list[BankPaymentRow]
    messages: list[MessageRow]
    objects: dict[int, set[Ref]] = field(default_factory=dict)
    former: dict[int, set[Ref]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.money or self.messages)

    def of_deleted(self, session: Session, context: Context, gone: Collection[int]) -> None:
        """Finds the objects, those that were known as theirs and those that had left them shortly before."""
        if self:
            self.objects = known.owned(session, context.portal_id, LINK, gone)
            self.former = known.owned(session, context.portal_id, FORMER, gone)

    def of(self, company: int) -> set[Ref]:
        """The objects that tell where a company's things have gone."""
        of_late, before = (_witnesses(found.get(company, ())) for found in (self.objects, self.former))
        return of_late or before


class _Homes:
    """Where things of companies that are gone belong now."""

    def __init__(self, context: Context, reader: Reader, left: _Left) -> None:
        self._left = left
        self.found: set[int] = set()
        wanted = {ref for found in (left.objects, left.former) for refs in found.values() for ref in refs}
        wanted |= {Ref(RECORD, id) for payment in left.money for id in payment.records}
        wanted |= {message_log.ref_of(word) for message in left.messages for word in message.about}
        self._rows = {
            Ref(entity, id): row
            for entity, ids in known.by_entity(ref for ref in wanted if _is_witness(context, ref)).items()
            for id, row in reader.by_ids(entity, ids).items()
        }

    def of(self, company: int, named: Iterable[Ref]) -> int | None:
        """The one company that took everything over; if there were several, the one that has the objects named."""
        for refs in (self._left.of(company), named):
            homes = {int(self._rows[ref].get(LINK) or 0) for ref in refs if ref in self._rows} - {0, company}
            if len(homes) == 1:
                self.found |= homes
                return min(homes)
        return None


def _move_payment(session: Session, context: Context, payment: BankPaymentRow, homes: _Homes) -> None:
    home = homes.of(payment.company_id or 0, [Ref(RECORD, id) for id in payment.records])
    if home is not None:
        bank_money.rehome(session, payment, home)
        errors.resolve(session, context.portal_id, [bank_money.group(payment.id)])
    elif payment.state in bank_money.LAID:
        bank_money.change(session, context.portal_id, [payment.id], bank_money.UNKNOWN)
        errors.note(session, context.portal_id, [_homeless(payment)])


def _homeless(payment: BankPaymentRow) -> Trouble:
    text = sentence(
        "Платёж из банка {id}: № {number} от {day} на {amount}, плательщик {payer}: компания {company} удалена, "
        "и не видно, какой одной компании достались её сделки и долги. Платёж не учитывается. Повторите, "
        "и мы поищем по ИНН, или назначьте: b24app payments assign {id} КОМПАНИЯ",
        "Payment from a bank {id}: {number} of {day}, {amount}, payer {payer}: the company {company} was deleted, "
        "and it cannot be told which one company has its deals and debts now. The payment does not count. Retry, "
        "and we look for the INN, or assign it: b24app payments assign {id} COMPANY",
        id=payment.id,
        number=payment.number,
        day=payment.day,
        amount=Money(Decimal(payment.amount), payment.currency) if payment.currency else payment.amount,
        payer=payment.payer["name"] or payment.payer["inn"],
        company=payment.company_id or 0,
    )
    payload = {"payment": payment.id, "inn": payment.payer["inn"], "purpose": payment.purpose}
    return Trouble(bank_money.group(payment.id), bank_money.UNKNOWN_PAYER, text, payload=payload)


def _witnesses(refs: Iterable[Ref]) -> set[Ref]:
    return {ref for ref in refs if ref.entity not in NO_WITNESSES}


def _is_witness(context: Context, ref: Ref) -> bool:
    return ref.entity not in NO_WITNESSES and LINK in context.links.get(ref.entity, ())
