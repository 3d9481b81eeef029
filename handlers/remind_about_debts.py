"""A client is reminded of a debt before its due day and on it; what was sent is stamped on the records."""

from b24app.declare import Handler, Text
from facts.company import ASKS, NEEDS, WATCHES
from facts.reminders import load_reminders
from rules.reminders import decide

HANDLER = Handler(
    name="remind_about_debts",
    version=1,
    title=Text("Напоминания клиентам об оплате", "Reminders to clients to pay"),
    subject="company",
    watches=WATCHES,
    needs=(
        *NEEDS,
        "stage.debt.waiting",
        "stage.debt.overdue",
        "stage.debt.promised",
        "stage.debt.paid",
        "stage.debt.written_off",
        "company.no_auto_messages",
        "company.message_language",
        "debt.shipment_number",
        "debt.promised_date",
        "debt.broken_date",
        "debt.no_remind_until",
        "debt.dispute",
        "debt.sent_pre",
        "debt.sent_due",
    ),
    facts=load_reminders,
    decide=decide,
    order=30,
    asks=ASKS,
)
