"""A repeat deal that is closed as failed needs «Причина отсутствия заказов»; without it the deal comes back."""

from b24app.declare import Handler, Text, Watch
from facts.repeat_sales import load_repeat_ends
from rules.repeat_ends import decide_reason
from rules.repeat_sales import FUNNEL, NEW, REFUSED, RETURNED

HANDLER = Handler(
    name="send_back_without_reason",
    version=1,
    title=Text("Повторная продажа: отказ только с причиной", "Repeat sale: no refusal without a reason"),
    subject="deal",
    watches=(Watch("deal"),),
    needs=(FUNNEL, NEW, RETURNED, REFUSED, "deal.no_order_reason"),
    facts=load_repeat_ends,
    decide=decide_reason,
    order=28,
)
