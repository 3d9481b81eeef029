"""The facts about a deal's next step. Activities are read only of open deals in the funnels that are pushed."""

from __future__ import annotations

from collections.abc import Collection

from b24app.declare import Planned, Reader, Ref
from facts.calendar import read_calendar
from rules.next_step import NextStepFacts, push_funnels


def load_next_steps(reader: Reader, ids: Collection[int]) -> dict[int, NextStepFacts]:
    """The facts of the deals that exist."""
    deals = reader.by_ids("deal", ids)
    funnels = push_funnels(reader.limits)
    pushed = [id for id, deal in deals.items() if deal.get("category") in funnels and not deal.get("closed")]
    plans: dict[int, Planned] = reader.planned("deal", pushed) if pushed else {}
    calendar = read_calendar(reader)
    return {
        id: NextStepFacts(
            deal=Ref("deal", id),
            created_time=deal["created_time"],
            responsible=reader.substitute(deal.get("assigned_by_id")),
            calendar=calendar,
            planned=plans[id].titles if id in plans else None,
            newest=plans[id].newest if id in plans else 0,
        )
        for id, deal in deals.items()
    }
