"""The portal's automation is told when a client gets in touch, on whichever card the call or the letter stands."""

from b24app.declare import Handler, Text, Watch
from facts.client_contact import (
    load_contacts_of_companies,
    load_contacts_of_deals,
    load_contacts_of_leads,
    load_contacts_of_people,
)
from rules.client_contact import decide

EVENTS = ("ONCRMACTIVITYADD", "ONCRMACTIVITYUPDATE")
"""a chat is one activity that is changed with every message"""
NEEDS = ("trigger.client_contacted",)
ORDER = 55

OF_DEALS = Handler(
    name="tell_client_contact",
    version=1,
    title=Text("Триггер «Клиент обратился»: сделки", "Trigger “Client got in touch”: deals"),
    subject="deal",
    watches=(Watch("deal", on=EVENTS, itself=False),),
    needs=NEEDS,
    facts=load_contacts_of_deals,
    decide=decide,
    order=ORDER,
)
OF_COMPANIES = Handler(
    name="tell_client_contact_of_company",
    version=1,
    title=Text("Триггер «Клиент обратился»: компании", "Trigger “Client got in touch”: companies"),
    subject="company",
    watches=(Watch("company", on=EVENTS, itself=False),),
    needs=NEEDS,
    facts=load_contacts_of_companies,
    decide=decide,
    order=ORDER,
)
OF_PEOPLE = Handler(
    name="tell_client_contact_of_person",
    version=1,
    title=Text("Триггер «Клиент обратился»: контакты", "Trigger “Client got in touch”: contacts"),
    subject="contact",
    watches=(Watch("contact", on=EVENTS, itself=False),),
    needs=NEEDS,
    facts=load_contacts_of_people,
    decide=decide,
    order=ORDER,
)
OF_LEADS = Handler(
    name="tell_client_contact_of_lead",
    version=1,
    title=Text("Триггер «Клиент обратился»: лиды", "Trigger “Client got in touch”: leads"),
    subject="lead",
    watches=(Watch("lead", on=EVENTS, itself=False),),
    needs=NEEDS,
    facts=load_contacts_of_leads,
    decide=decide,
    order=ORDER,
)
