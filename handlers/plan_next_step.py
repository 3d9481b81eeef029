"""A deal of a push funnel about which nothing is planned gets a to-do that asks for it."""

from b24app.declare import Handler, Text, Watch
from facts.next_step import load_next_steps
from rules.next_step import decide

HANDLER = Handler(
    name="plan_next_step",
    version=1,
    title=Text("Следующий шаг по сделке", "The next step of a deal"),
    subject="deal",
    watches=(Watch("deal", on=("ONCRMACTIVITYADD", "ONCRMACTIVITYUPDATE", "ONCRMACTIVITYDELETE")),),
    needs=("deal.no_next_step",),
    facts=load_next_steps,
    decide=decide,
    order=60,
)
