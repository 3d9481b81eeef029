"""An order from a form of the CRM stands on the first stage of the funnel of orders, wherever the form has put it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from rules.decision import At, Comment, Decision, Ref, SetFields, Text
from rules.limits import Limits
from rules.wording import sentence

FUNNEL, FIRST = "funnel.active", "stage.active.new"
SOON = timedelta(minutes=1)
LATEST = timedelta(hours=1)
"""how long the stage history may take to show that a deal was created"""


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """A deal as its form left it, or as it became. `stages` are all stages it ever entered, the first one
    at its creation; the app sees none of a deal from before it began to watch the portal."""

    deal: Ref
    form: int | None
    stage: str
    stages: tuple[str, ...]
    closed: bool
    created_by: int | None
    updated_by: int | None
    created_time: datetime

    @property
    def is_untouched(self) -> bool:
        """Whether nobody has moved or edited it since it was created."""
        moved = len(self.stages) != 1 or self.stages[0] != self.stage
        return not moved and self.updated_by in (None, self.created_by)


def order_forms(limits: Limits) -> frozenset[int]:
    """The forms of the setting `forms.orders`."""
    return frozenset(int(word) for word in limits.text("forms.orders").split(",") if word.strip())


def decide(facts: OrderFacts, limits: Limits, now: datetime) -> Decision:
    """Moves the order once, before any human change; what a person has done to it is never undone."""
    if facts.form not in order_forms(limits):
        return Decision("not_a_form", Text("Не заявка из этих форм.", "Not an order from these forms."))
    if facts.stage == FIRST or facts.closed:
        return Decision("in_place", Text("Заявка на месте.", "The order is where it belongs."))
    age = now - facts.created_time
    if age > timedelta(days=limits.integer("clients.new_days")):
        return Decision("old", Text("Заявка давняя.", "The order is old."))
    if not facts.stages and age < LATEST:
        return Decision("waits", Text("История стадий ещё не видна.", "No stage history yet."), (At(now + SOON),))
    if not facts.is_untouched:
        return Decision("touched", Text("Заявку уже изменил человек.", "A person has changed the order already."))
    text = sentence(
        "Заявка из CRM-формы {form} переносится на первую стадию воронки заказов.",
        "The order from the CRM form {form} goes to the first stage of the funnel of orders.",
        form=facts.form,
    )
    comment = Comment(f"form_order:{facts.deal.id}", facts.deal, text)
    return Decision("moved", text, (comment, SetFields(facts.deal, {"category": FUNNEL, "stage": FIRST})))
