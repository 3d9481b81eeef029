"""Which payment of a bank paid which records, as people ask it. Money of a company is laid on records as a whole
(`allocation`), so this only tells the result payment by payment: it adds up to what the records were credited."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from rules.decision import Money
from rules.receivables import AssessedRecord, CompanyFacts, Payment, Receivables

ZERO = Decimal(0)


@dataclass(slots=True)
class Spread:
    """Money, the records it went to, and what nobody has taken."""

    payment: Payment
    rest: Decimal
    laid: dict[int, Decimal] = field(default_factory=dict)

    def give(self, item: AssessedRecord, open_: dict[int, Decimal]) -> None:
        """Takes from the rest what the record still lacks of what it was credited."""
        part = min(self.rest, open_[item.record.id])
        if part > ZERO:
            self.laid[item.record.id] = self.laid.get(item.record.id, ZERO) + part
            self.rest -= part
            open_[item.record.id] -= part


def spread(facts: CompanyFacts, receivables: Receivables) -> list[Spread]:
    """All payments of the company, and its returns, in order: what is named first, then the oldest due day."""
    claims = [item for item in receivables.records if not item.record.is_return and item.credited.amount > ZERO]
    claims.sort(key=lambda item: (item.terms.due_date, item.record.id))
    open_ = {item.record.id: item.credited.amount for item in claims}
    money = [Spread(payment, payment.amount.amount) for payment in (*facts.payments, *_returns(receivables))]
    # As `allocation` does it: records that are named, deals that are named, then everything else.
    _lay(money, claims, open_, lambda one, item: item.record.id in one.records)
    _lay(money, claims, open_, lambda one, item: one.deal_id is not None and one.deal_id == item.record.deal_id)
    # Other money came for its deals mostly: banks' goes to what is left.
    _lay([one for one in money if not one.payment.document], claims, open_, lambda one, item: True)
    _lay(money, claims, open_, lambda one, item: True)
    return money


def _returns(receivables: Receivables) -> Iterable[Payment]:
    for item in receivables.records:
        if item.record.is_return and item.credited.amount < ZERO:
            yield Payment(Money(-item.credited.amount, item.credited.currency), item.record.deal_id)


def _lay(
    money: Iterable[Spread],
    claims: Iterable[AssessedRecord],
    open_: dict[int, Decimal],
    fits: Callable[[Payment, AssessedRecord], bool],
) -> None:
    claims = list(claims)
    for one in money:
        for item in claims:
            if item.credited.currency == one.payment.amount.currency and fits(one.payment, item):
                one.give(item, open_)
