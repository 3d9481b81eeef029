"""Cards and tiles of a debtor's open deals carry the badge «Должник» until the debt is paid (R0.25)."""

from b24app.declare import Handler, Text
from facts.company import NEEDS, WATCHES
from facts.debtor_badge import ASKS, FUNNELS, load_badges
from rules.debtor_badge import decide

HANDLER = Handler(
    name="mark_deals_of_debtors",
    version=1,
    title=Text("Значок «Должник» на открытых сделках", "The badge “Debtor” on open deals"),
    subject="company",
    watches=WATCHES,
    needs=(
        *NEEDS,
        *FUNNELS,
        "badge.debtor",
    ),
    facts=load_badges,
    decide=decide,
    order=40,
    asks=ASKS,
)
