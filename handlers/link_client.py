"""A new deal without a company gets its client: by the contact, by phone, e-mail or taxpayer's number."""

from b24app.declare import Handler, Text, Watch
from facts.client_link import load_clients
from rules.client_link import decide

HANDLER = Handler(
    name="link_client",
    version=1,
    title=Text("Клиент новой сделки", "The client of a new deal"),
    subject="deal",
    watches=(Watch("deal"),),
    needs=(
        "funnel.active",
        "funnel.contract",
        "deal.client_phone",
        "deal.client_email",
        "deal.client_inn",
        "deal.client_company",
    ),
    facts=load_clients,
    decide=decide,
    order=6,
)
