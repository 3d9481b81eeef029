"""Every hour: deals whose next step was taken away without an event."""

from collections.abc import Mapping
from typing import Any

from b24app.declare import Sweep, Text
from rules.limits import Limits
from rules.next_step import push_funnels


def open_deals(limits: Limits) -> Mapping[str, Any] | None:
    """Open deals of the funnels that are pushed."""
    funnels = push_funnels(limits)
    return {"category": funnels, "closed": False} if funnels else None


HOURLY_PUSH = Sweep(
    name="hourly_push",
    title=Text("Сделки без следующего шага, каждый час", "Deals without a next step, every hour"),
    handlers=("plan_next_step",),
    every_minutes=60,
    only=open_deals,
)
