"""A deal that enters «Отгружено» gets its record in the receivables register."""

from b24app.declare import Handler, Text, Watch
from facts.deal import ASKS, load_deals
from rules.shipment import BEFORE_SHIPMENT, CANCELLED, SHIPPED, decide

HANDLER = Handler(
    name="create_debt_at_shipment",
    version=1,
    title=Text("Запись в реестре задолженности при отгрузке", "A record of the receivables register at shipment"),
    subject="deal",
    watches=(Watch("deal"), Watch("debt", "deal_id")),
    needs=(
        SHIPPED,
        CANCELLED,
        *BEFORE_SHIPMENT,
        "spa.debt",
        "stage.debt.waiting",
        "stage.debt.overdue",
        "stage.debt.paid",
        "stage.debt.written_off",
        "company.deferral_days",
        "debt.amount",
        "debt.paid",
        "debt.credited",
        "debt.outstanding",
        "debt.shipment_date",
        "debt.deferral_days",
        "debt.due_date",
        "debt.app_key",
    ),
    facts=load_deals,
    decide=decide,
    order=10,
    asks=ASKS,
)
