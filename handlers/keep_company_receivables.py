"""A company's debts: payments laid on records, stages, the two totals and the advance, call tasks."""

from b24app.declare import Handler, Text, Watch
from facts.company import load_companies
from rules.company_receivables import decide

HANDLER = Handler(
    name="keep_company_receivables",
    version=1,
    title=Text("Задолженность компании: оплаты, сроки, суммы", "A company's receivables: payments, due days, totals"),
    subject="company",
    watches=(
        Watch("company"),
        Watch("debt", "company_id", through="deal_id"),
        Watch("deal", "company_id"),
        Watch("invoice", "company_id"),
    ),
    needs=(
        "funnel.active",
        "spa.debt",
        "stage.debt.waiting",
        "stage.debt.overdue",
        "stage.debt.promised",
        "stage.debt.paid",
        "stage.debt.written_off",
        "company.deferral_days",
        "company.debt_in_period",
        "company.debt_overdue",
        "company.advance",
        "debt.amount",
        "debt.paid",
        "debt.credited",
        "debt.outstanding",
        "debt.shipment_date",
        "debt.deferral_days",
        "debt.due_date",
        "debt.app_key",
        "debt.deal_removed",
        "debt.promised_date",
        "debt.broken_date",
        "debt.broken_promises",
    ),
    facts=load_companies,
    decide=decide,
    order=20,
)
