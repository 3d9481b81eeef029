"""A deal whose company was cleared, or that left the funnels of sales, loses the badge «Должник» (R0.25)."""

from b24app.declare import Handler, Text, Watch
from facts.debtor_badge import FUNNELS
from facts.stray_badge import load_stray_badges
from rules.stray_badge import decide

HANDLER = Handler(
    name="take_stray_badges",
    version=1,
    title=Text("Значок «Должник»: сделки без компании", "The badge “Debtor”: deals without a company"),
    subject="deal",
    watches=(Watch("deal"),),
    needs=(*FUNNELS, "badge.debtor"),
    facts=load_stray_badges,
    decide=decide,
    order=42,
)
