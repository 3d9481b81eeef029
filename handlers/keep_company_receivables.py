"""A company's debts: payments laid on records, stages, the two totals and the advance, call tasks."""

from b24app.declare import Handler, Text
from facts.company import ASKS, NEEDS, WATCHES, load_companies
from rules.company_receivables import decide

HANDLER = Handler(
    name="keep_company_receivables",
    version=1,
    title=Text("Задолженность компании: оплаты, сроки, суммы", "A company's receivables: payments, due days, totals"),
    subject="company",
    watches=WATCHES,
    needs=(
        *NEEDS,
        "funnel.active",
        "stage.debt.waiting",
        "stage.debt.overdue",
        "stage.debt.promised",
        "stage.debt.paid",
        "stage.debt.written_off",
        "company.debt_in_period",
        "company.debt_overdue",
        "company.advance",
        "debt.deal_removed",
        "debt.promised_date",
        "debt.broken_date",
        "debt.broken_promises",
    ),
    facts=load_companies,
    decide=decide,
    order=20,
    asks=ASKS,
)
