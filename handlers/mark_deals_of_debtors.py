"""Cards and tiles of a debtor's open deals carry the badge «Должник» until the debt is paid (R0.25)."""

from b24app.declare import Handler, Text, Watch
from facts.debtor_badge import FUNNELS, load_badges
from rules.debtor_badge import decide

HANDLER = Handler(
    name="mark_deals_of_debtors",
    version=1,
    title=Text("Значок «Должник» на открытых сделках", "The badge “Debtor” on open deals"),
    subject="company",
    watches=(
        Watch("company"),
        Watch("debt", "company_id", through="deal_id"),
        Watch("deal", "company_id"),
        Watch("invoice", "company_id"),
    ),
    needs=(
        *FUNNELS,
        "badge.debtor",
        "spa.debt",
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
    facts=load_badges,
    decide=decide,
    order=40,
)
