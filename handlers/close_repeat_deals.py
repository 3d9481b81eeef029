"""A repeat deal ends with the client's new order; the newer of two open ones is closed as a duplicate."""

from b24app.declare import Handler, Text, Watch
from facts.repeat_sales import ASKS, NEEDS, load_repeat_sales
from rules.repeat_ends import decide

HANDLER = Handler(
    name="close_repeat_deals",
    version=1,
    title=Text("Повторная продажа: клиент вернулся, дубли", "Repeat sale: the client is back, duplicates"),
    subject="company",
    watches=(Watch("company"), Watch("deal", "company_id")),
    needs=NEEDS,
    facts=load_repeat_sales,
    decide=decide,
    order=30,
    asks=ASKS,
)
