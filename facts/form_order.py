"""The facts about orders from forms: where they stand, and whether a person has touched them."""

from __future__ import annotations

from collections.abc import Collection

from b24app.declare import Reader, Ref
from rules.form_order import OrderFacts


def load_orders(reader: Reader, ids: Collection[int]) -> dict[int, OrderFacts]:
    """The facts of the deals that exist; the stage history is what the app has read anyway."""
    deals = reader.by_ids("deal", ids)
    history = reader.transitions("deal", [id for id, deal in deals.items() if deal.get("webform_id")])
    return {
        id: OrderFacts(
            deal=Ref("deal", id),
            form=deal.get("webform_id"),
            stage=deal["stage"],
            stages=tuple(entry.stage for entry in history.get(id, ())),
            closed=bool(deal.get("closed")),
            created_by=deal.get("created_by"),
            updated_by=deal.get("updated_by"),
            created_time=deal["created_time"],
        )
        for id, deal in deals.items()
    }
