"""A company's card shows when it ordered last."""

from b24app.declare import Handler, Text, Watch
from facts.company import ORDERS
from facts.repeat_sales import load_last_orders
from rules.company_type import OURS
from rules.last_order import decide
from rules.repeat_sales import CANCELLED, PAID

HANDLER = Handler(
    name="keep_last_order",
    version=1,
    title=Text("Дата последнего заказа", "The day of the last order"),
    subject="company",
    watches=(Watch("company"), Watch("deal", "company_id")),
    needs=(*OURS, "funnel.active", PAID, CANCELLED, "company.last_order"),
    facts=load_last_orders,
    decide=decide,
    # Together with the type and the totals: one write of the company.
    order=20,
    asks=(ORDERS,),
)
