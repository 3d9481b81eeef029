"""A client is reminded of a debt before its due day and on it; what was sent is stamped on the records."""

from b24app.declare import Handler, Text, Watch
from facts.reminders import load_reminders
from rules.reminders import decide

HANDLER = Handler(
    name="remind_about_debts",
    version=1,
    title=Text("Напоминания клиентам об оплате", "Reminders to clients to pay"),
    subject="company",
    watches=(
        Watch("company"),
        Watch("debt", "company_id", through="deal_id"),
        Watch("deal", "company_id"),
        Watch("invoice", "company_id"),
    ),
    needs=(
        "spa.debt",
        "stage.debt.waiting",
        "stage.debt.overdue",
        "stage.debt.promised",
        "stage.debt.paid",
        "stage.debt.written_off",
        "company.deferral_days",
        "company.no_auto_messages",
        "company.message_language",
        "debt.shipment_number",
        "debt.amount",
        "debt.paid",
        "debt.credited",
        "debt.outstanding",
        "debt.shipment_date",
        "debt.deferral_days",
        "debt.due_date",
        "debt.promised_date",
        "debt.broken_date",
        "debt.no_remind_until",
        "debt.dispute",
        "debt.sent_pre",
        "debt.sent_due",
        "debt.app_key",
    ),
    facts=load_reminders,
    decide=decide,
    order=30,
)
