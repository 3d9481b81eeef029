"""The portal's automation is told when a debt becomes overdue and when it is paid."""

from b24app.declare import Handler, Text, Watch
from facts.debt_trigger import load_staged_records
from rules.debt_triggers import decide

HANDLER = Handler(
    name="fire_debt_triggers",
    version=1,
    title=Text("Триггеры «Долг просрочен» и «Долг погашен»", "Triggers “Debt overdue” and “Debt settled”"),
    subject="debt",
    watches=(Watch("debt"),),
    needs=("spa.debt", "stage.debt.overdue", "stage.debt.paid", "trigger.debt_overdue", "trigger.debt_paid"),
    facts=load_staged_records,
    decide=decide,
    order=50,
)
