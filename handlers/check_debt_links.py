"""A record of the register that lost its deal or its company is told to a person."""

from b24app.declare import Handler, Text, Watch
from facts.debt import load_debts
from rules.lost_links import decide

HANDLER = Handler(
    name="check_debt_links",
    version=1,
    title=Text("Долги без сделки или компании", "Debts without a deal or a company"),
    subject="debt",
    watches=(Watch("debt"),),
    needs=("spa.debt", "debt.amount", "debt.app_key", "debt.deal_removed", "stage.debt.paid", "stage.debt.written_off"),
    facts=load_debts,
    decide=decide,
    order=40,
)
