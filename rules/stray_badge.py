"""The badge «Должник» on a deal that no debtor stands behind any more: its company was cleared, or its funnel left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rules.debtor_badge import badge_key
from rules.decision import Decision, HideBadge, Ref, Text
from rules.limits import Limits


@dataclass(frozen=True, slots=True)
class StrayFacts:
    """A deal: whether it carries the badge, and whether its company's rule looks after it."""

    deal: int
    badged: bool
    looked_after: bool


def decide(facts: StrayFacts, limits: Limits, now: datetime) -> Decision:
    """A deal of a company in a funnel of sales is left to the rule of that company."""
    if facts.looked_after or not facts.badged:
        return Decision("kept", Text("Значок снимать не с чего.", "There is no badge to take away."))
    reason = Text(
        "Значок «Должник» снят: у сделки больше нет компании, или она не в воронках продаж.",
        "The badge “Debtor” is taken away: the deal has no company any more, or has left the funnels of sales.",
    )
    deal = Ref("deal", facts.deal)
    return Decision("hidden", reason, (HideBadge(badge_key(deal), deal),))
