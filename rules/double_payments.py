"""The same money told twice: by a bank's file and by a payment that a person entered on the portal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from rules.decision import Complain, Money, Ref
from rules.wording import sentence


@dataclass(frozen=True, slots=True)
class BankPayment:
    """A payment of a bank's file that belongs to a company. `records` are the records of the register that
    its purpose names; `confirmed`: a person has said that it is no repetition."""

    id: int
    number: str
    day: date
    amount: Money
    payer: str = ""
    records: tuple[int, ...] = ()
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class PaidDocument:
    """A paid payment document of a deal or an invoice; `deal_id` is that deal, or the one of the invoice."""

    id: int
    owner: Ref
    amount: Money
    day: date | None
    deal_id: int | None = None


def doubles(
    bank: Iterable[BankPayment],
    documents: Iterable[PaidDocument],
    days: int,
    deals: Mapping[int, int | None] = MappingProxyType({}),
) -> Mapping[BankPayment, PaidDocument]:
    """Which payments of the bank look like a document of the portal: the same amount, at most so many days
    apart, the closest first. Each document can be the double of one payment only. `deals` are the deals of
    the records that payments may name: money for another shipment than the document's is other money."""
    pairs = [
        (abs((payment.day - document.day).days), document.id, payment.id, payment, document)
        for payment in bank
        for document in documents
        if not payment.confirmed and document.day is not None and document.amount == payment.amount
        if _may_be_for_the_same(payment, document, deals)
    ]
    found: dict[BankPayment, PaidDocument] = {}
    for apart, _, _, payment, document in sorted(pairs, key=lambda pair: pair[:3]):
        if apart <= days and payment not in found and document not in found.values():
            found[payment] = document
    return found


def _may_be_for_the_same(payment: BankPayment, document: PaidDocument, deals: Mapping[int, int | None]) -> bool:
    """Whether the payment may be for what the document is for. One that names no record there is, and a document
    without a deal, may be for anything."""
    named = {deals[record] for record in payment.records if record in deals}
    return not named or document.deal_id is None or document.deal_id in named


def question(company: Ref, payment: BankPayment, document: PaidDocument) -> Complain:
    """What a person is asked; until then the money counts once."""
    text = sentence(
        "Деньги внесены дважды? Из банка: платёж № {number} от {day} на {amount} (запись {id}); на портале: оплата "
        "{document} от {paid}, {owner}. Пока засчитана только оплата на портале. Это разные деньги: b24app payments "
        "confirm {id}. Одни и те же: b24app payments undo {id}.",
        "Entered twice? From the bank: payment {number} of {day}, {amount} (entry {id}); on the portal: payment "
        "{document} of {paid}, {owner}. Only the one on the portal counts so far. They are different: b24app payments "
        "confirm {id}. They are the same: b24app payments undo {id}.",
        number=payment.number,
        day=payment.day,
        amount=payment.amount,
        id=payment.id,
        document=document.id,
        paid=document.day,
        owner=document.owner,
    )
    return Complain(f"double:{payment.id}", text, company)
