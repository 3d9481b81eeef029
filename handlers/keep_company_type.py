"""A company's type follows its deals and debts: prospect, client, debtor, lost."""

from b24app.declare import Handler, Text
from facts.company import NEEDS, WATCHES
from facts.company_type import ASKS, REPEAT_LOST, load_company_types
from rules.company_type import OURS, decide

HANDLER = Handler(
    name="keep_company_type",
    version=1,
    title=Text("Тип компании", "The company's type"),
    subject="company",
    watches=WATCHES,
    needs=(
        *NEEDS,
        *OURS,
        "funnel.active",
        "stage.active.cancelled",
        "funnel.repeat",
        REPEAT_LOST,
        "deal.no_order_reason",
        "company.type_locked",
        "company.computed_type",
    ),
    facts=load_company_types,
    decide=decide,
    order=20,
    asks=ASKS,
)
