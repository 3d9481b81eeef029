"""The manager who did not write down how a visit ended is reminded of it, once."""

from b24app.declare import Handler, Text, Watch
from facts.visit import load_visits
from rules.visits import decide_reminder

HANDLER = Handler(
    name="remind_visit_result",
    version=1,
    title=Text("Посещения без результата", "Visits without a result"),
    subject="visit",
    watches=(Watch("visit"),),
    needs=("spa.visit", "visit.date", "visit.result"),
    facts=load_visits,
    decide=decide_reminder,
    order=40,
)
