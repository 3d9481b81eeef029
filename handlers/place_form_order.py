"""An order from a CRM form comes to the first stage of the funnel of orders."""

from b24app.declare import Handler, Text, Watch
from facts.form_order import load_orders
from rules.form_order import FIRST, FUNNEL, decide

HANDLER = Handler(
    name="place_form_order",
    version=1,
    title=Text("Заявки из CRM-форм", "Orders from CRM forms"),
    subject="deal",
    watches=(Watch("deal"),),
    needs=(FUNNEL, FIRST),
    facts=load_orders,
    decide=decide,
    order=5,
)
