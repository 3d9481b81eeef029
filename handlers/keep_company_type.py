"""A company's type follows its deals and debts: prospect, client, debtor, lost."""

from b24app.declare import Handler, Text, Watch
from facts.company_type import REPEAT_LOST, load_company_types
from rules.company_type import OURS, decide

HANDLER = Handler(
    name="keep_company_type",
    version=1,
    title=Text("Тип компании", "The company's type"),
    subject="company",
    watches=(
        Watch("company"),
        Watch("debt", "company_id", through="deal_id"),
        Watch("deal", "company_id"),
        Watch("invoice", "company_id"),
    ),
    needs=(
        *OURS,
        "funnel.active",
        "stage.active.cancelled",
        "funnel.repeat",
        REPEAT_LOST,
        "deal.no_order_reason",
        "spa.debt",
        "company.type_locked",
        "company.computed_type",
        "company.deferral_days",
        "debt.amount",
        "debt.paid",
        "debt.credited",
        "debt.outstanding",
        "debt.shipment_date",
        "debt.deferral_days",
        "debt.due_date",
        "debt.app_key",
    ),
    facts=load_company_types,
    decide=decide,
    order=20,
)
