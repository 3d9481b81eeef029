"""A company that has not ordered for long gets a deal in «Контроль повторных продаж», and its manager a task."""

from b24app.declare import Handler, Text, Watch
from facts.repeat_sales import ASKS, CREATING, NEEDS, load_repeat_sales
from rules.repeat_sales import decide

HANDLER = Handler(
    name=CREATING,
    version=1,
    title=Text("Повторная продажа: сделка и задача", "Repeat sale: the deal and the task"),
    subject="company",
    watches=(
        Watch("company"),
        Watch("debt", "company_id", through="deal_id"),
        Watch("deal", "company_id"),
        Watch("invoice", "company_id"),
    ),
    needs=NEEDS,
    facts=load_repeat_sales,
    decide=decide,
    # After the deals that a new order has just closed.
    order=32,
    asks=ASKS,
)
