"""Cash registers, their handlers, and the receipts of paid payments."""

from __future__ import annotations

from sandbox.kernel.call import Call
from sandbox.plain.columns import columns
from sandbox.plain.table import Row, Table

HANDLER = Table(
    "sale.cashbox.handler",
    "handler",
    "handlers",
    columns("NAME:string CODE:string SORT:integer SUPPORTS_FFD105:string SETTINGS:map"),
    defaults={"SORT": 100, "SUPPORTS_FFD105": "N", "SETTINGS": "{}"},
    hidden=columns("-id:integer app:string"),
)
CASHBOX = Table(
    "sale.cashbox",
    "cashbox",
    "cashboxes",
    columns(
        "NAME:string OFD:string EMAIL:string DATE_CREATE:datetime DATE_LAST_CHECK:datetime NUMBER_KKM:string"
        " KKM_ID:string ACTIVE:string SORT:integer USE_OFFLINE:string ENABLED:string"
    ),
    defaults={"ACTIVE": "Y", "SORT": 100, "USE_OFFLINE": "N", "ENABLED": "Y", "NUMBER_KKM": "", "OFD": ""},
    births={"DATE_CREATE": "now"},
    hidden=columns("-id:integer app:string REST_CODE:string SETTINGS:map OFD_SETTINGS:map"),
)
CHECK = Table(
    "sale.cashbox.check",
    "check",
    "checks",
    columns("-id:integer uuid:string cashboxId:integer paymentId:integer status:string result:map"),
)


def print_check(call: Call, payment: int) -> None:
    """A payment was paid: the first working register gets a receipt to print, and answers by its `uuid`.

    The portal would post the receipt to the handler of the register; here it waits for the answer.
    """
    working = CASHBOX.where(call.portal, ACTIVE="Y")
    if working:
        row = CHECK.insert(call, {"cashboxId": working[0]["id"], "paymentId": payment, "status": "P"})
        CHECK.change(call, row, {"uuid": f"check|{call.portal.domain}|{row['id']}"})


def find_check(call: Call, uuid: str) -> Row | None:
    """The receipt with this `uuid`; the address of the portal in it does not matter."""
    kind, _, rest = uuid.partition("|")
    number = rest.rpartition("|")[2]
    return CHECK.get(call.portal, int(number)) if kind == "check" and number.isdigit() else None
