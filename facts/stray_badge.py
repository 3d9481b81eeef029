"""The facts about deals whose badge «Должник» no company looks after."""

from __future__ import annotations

from collections.abc import Collection

from b24app.declare import Reader
from facts.debtor_badge import FUNNELS
from rules.debtor_badge import BADGE
from rules.stray_badge import StrayFacts


def load_stray_badges(reader: Reader, ids: Collection[int]) -> dict[int, StrayFacts]:
    """By deal. The companies that deals name are read too: one that was deleted looks after nothing."""
    deals = reader.by_ids("deal", ids)
    companies = reader.by_ids("company", {row["company_id"] for row in deals.values() if row.get("company_id")})
    kept = {id: row.get("company_id") in companies and row.get("category") in FUNNELS for id, row in deals.items()}
    badged = reader.badged(BADGE, "deal", [id for id, looked_after in kept.items() if not looked_after])
    return {id: StrayFacts(id, id in badged, looked_after) for id, looked_after in kept.items()}
