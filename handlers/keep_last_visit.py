"""A company's card shows when it was visited last."""

from b24app.declare import Handler, Text, Watch
from facts.visit import ASKS_OF_COMPANIES, load_company_visits
from rules.visits import decide_last_visit

HANDLER = Handler(
    name="keep_last_visit",
    version=1,
    title=Text("Дата крайнего посещения", "The day of the last visit"),
    subject="company",
    watches=(Watch("company"), Watch("visit", "company_id")),
    needs=("spa.visit", "visit.date", "visit.result", "company.last_visit"),
    facts=load_company_visits,
    decide=decide_last_visit,
    order=20,
    asks=ASKS_OF_COMPANIES,
)
