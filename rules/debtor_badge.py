"""The badge «Должник» on the open deals of a company, as long as it owes what is overdue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rules.decision import Command, Decision, HideBadge, Money, Ref, ShowBadge, Text
from rules.limits import Limits
from rules.receivables import CompanyFacts, Receivables, assess
from rules.wording import sentence

BADGE = "debtor"
_OVERDUE = Text("Просрочено", "Overdue")
_OLDEST = Text("Самый ранний срок оплаты", "The oldest due day")
_RECORDS = Text("Отгрузок с просрочкой", "Overdue shipments")
_TAB = Text("Открыть компанию: вкладка «Дебиторка»", "Open the company: the tab “Receivables”")


@dataclass(frozen=True, slots=True)
class BoardDeal:
    """A deal as it lies on a board, and whether it carries the badge."""

    id: int
    responsible: int
    closed: bool = False
    badged: bool = False

    @property
    def ref(self) -> Ref:
        """The deal as a target of commands."""
        return Ref("deal", self.id)


@dataclass(frozen=True, slots=True)
class BadgeFacts:
    """A company, and its deals in the funnels of sales."""

    company: CompanyFacts
    deals: tuple[BoardDeal, ...]


def decide(facts: BadgeFacts, limits: Limits, now: datetime) -> Decision:
    """The newest open deals of a debtor carry the badge, up to `debt.badge_deals`; no others do."""
    receivables = assess(facts.company, limits, now)
    owed = Money(receivables.overdue, facts.company.rates.base)
    is_debtor = owed.amount > limits.decimal("debt.min_amount")
    open_deals = sorted((deal for deal in facts.deals if not deal.closed), key=lambda deal: -deal.id)
    marked = open_deals[: limits.integer("debt.badge_deals")] if is_debtor else []
    hidden = [deal for deal in facts.deals if deal.badged and deal not in marked]
    commands: tuple[Command, ...] = (
        *(_show(facts.company, deal, receivables, owed, now) for deal in marked),
        *(HideBadge(badge_key(deal.ref), deal.ref) for deal in hidden),
    )
    told = {"overdue": str(owed), "open_deals": len(open_deals), "marked": len(marked)}
    if not is_debtor:
        reason = Text("Просроченного долга нет: значка нет.", "Nothing is overdue: there is no badge.")
        return Decision("no_debt", reason, commands, told)
    reason = sentence(
        "Просрочено {owed}: значок на открытых сделках ({marked} из {all}).",
        "{owed} is overdue: the badge is on open deals ({marked} of {all}).",
        owed=owed,
        marked=len(marked),
        all=len(open_deals),
    )
    return Decision("marked", reason, commands, told)


def _show(company: CompanyFacts, deal: BoardDeal, receivables: Receivables, owed: Money, now: datetime) -> ShowBadge:
    late = receivables.late(now)
    total, oldest = sentence("{it}", "{it}", it=owed), sentence("{it}", "{it}", it=late[0].terms.due_date)
    count = str(len(late))
    return ShowBadge(
        key=badge_key(deal.ref),
        target=deal.ref,
        badge=BADGE,
        responsible=deal.responsible,
        title=sentence("Должник: просрочено {owed}", "Debtor: {owed} overdue", owed=owed),
        lines=((_OVERDUE, total), (_OLDEST, oldest), (_RECORDS, Text(count, count))),
        link=company.card.ref,
        link_title=_TAB,
    )


def badge_key(deal: Ref) -> str:
    """The business key of the badge on a deal."""
    return f"badge:{BADGE}:{deal}"
