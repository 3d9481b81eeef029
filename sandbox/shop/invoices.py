"""Invoices as they were before smart invoices: their rows, statuses, repetition and user fields."""

from __future__ import annotations

import json

from sandbox.crm.schema import schema_of
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import events
from sandbox.plain.columns import columns
from sandbox.plain.table import Row, Table
from sandbox.shop.orders import now_of
from sandbox.shop.registers import PERSON_TYPE

INVOICE_EVENT = "ONCRMINVOICE"
events("crm", *(INVOICE_EVENT + what for what in ("ADD", "UPDATE", "DELETE", "SETSTATUS")))
events("crm", *(f"{INVOICE_EVENT}RECURRING{what}" for what in ("ADD", "UPDATE", "DELETE", "EXPOSE")))
events("crm", *(f"{INVOICE_EVENT}USERFIELD{what}" for what in ("ADD", "UPDATE", "DELETE", "SETENUMVALUES")))

_FIELDS = (
    "ACCOUNT_NUMBER:string COMMENTS:string CREATED_BY:integer CURRENCY:string DATE_BILL:date DATE_INSERT:datetime"
    " DATE_MARKED:datetime DATE_PAY_BEFORE:date DATE_STATUS:datetime DATE_UPDATE:datetime EMP_STATUS_ID:integer"
    " IS_RECURRING:char *ORDER_TOPIC:string *PAY_SYSTEM_ID:integer PAY_VOUCHER_DATE:date PAY_VOUCHER_NUM:string"
    " PAYED:char *PERSON_TYPE_ID:integer PRICE:double REASON_MARKED:string RESPONSIBLE_ID:integer STATUS_ID:char"
    " TAX_VALUE:double USER_DESCRIPTION:string XML_ID:string UF_DEAL_ID:integer UF_QUOTE_ID:integer"
    " UF_COMPANY_ID:integer UF_CONTACT_ID:integer UF_MYCOMPANY_ID:integer PR_LOCATION:integer"
    " INVOICE_PROPERTIES:map PRODUCT_ROWS:list"
)


def _price(text: str | None) -> float:
    """The sum of an invoice's rows."""
    rows = json.loads(text or "[]") or []
    entries = rows.values() if isinstance(rows, dict) else rows
    return round(sum(float(row.get("PRICE") or 0) * float(row.get("QUANTITY") or 1) for row in entries), 2)


def _rules(call: Call, values: Row, before: Row | None) -> None:
    if values.get("PERSON_TYPE_ID") and PERSON_TYPE.get(call.portal, values["PERSON_TYPE_ID"]) is None:
        raise RestError("", "Person type is not found.")
    if values.get("STATUS_ID") and not STATUS.where(call.portal, STATUS_ID=values["STATUS_ID"]):
        raise RestError("", "Invoice status is not found.")
    if "PRODUCT_ROWS" in values:
        values["PRICE"] = _price(values["PRODUCT_ROWS"])
    if before is None:
        values.setdefault("CURRENCY", schema_of(call.portal).base_currency)
    if "STATUS_ID" in values and values["STATUS_ID"] != (before or {}).get("STATUS_ID"):
        values |= {"DATE_STATUS": now_of(call), "EMP_STATUS_ID": call.user}
        values["PAYED"] = "Y" if values["STATUS_ID"] == "P" else "N"


def _saved(call: Call, row: Row, what: str) -> None:
    if not row["ACCOUNT_NUMBER"]:
        sql = f'UPDATE "{INVOICE.sql}" SET ACCOUNT_NUMBER = ? WHERE id = ?'
        call.portal.store.execute(sql, (str(row["id"]), row["id"]))


INVOICE = Table(
    "crm.invoice",
    "invoice",
    "invoices",
    columns(_FIELDS),
    defaults={"STATUS_ID": "N", "PAYED": "N", "IS_RECURRING": "N", "PRICE": 0, "TAX_VALUE": 0, "PRODUCT_ROWS": "[]"},
    births={"DATE_INSERT": "now", "CREATED_BY": "user", "RESPONSIBLE_ID": "user"},
    stamps={"DATE_UPDATE": "now"},
    check=_rules,
    saved=_saved,
    also=(INVOICE_EVENT,),
    hidden=columns("-id:integer"),
)

STATUS = Table(
    "crm.invoice.status",
    "status",
    "statuses",
    columns(
        "ENTITY_ID:string *STATUS_ID:string *NAME:string NAME_INIT:string SORT:integer SYSTEM:char",
    ),
    defaults={"ENTITY_ID": "INVOICE_STATUS", "SYSTEM": "N", "SORT": 100, "NAME_INIT": ""},
    seeds=(
        {"STATUS_ID": "N", "NAME": "Новый", "NAME_INIT": "Новый", "SORT": 10, "SYSTEM": "Y"},
        {"STATUS_ID": "S", "NAME": "Отправлен клиенту", "SORT": 20},
        {"STATUS_ID": "P", "NAME": "Оплачен", "NAME_INIT": "Оплачен", "SORT": 30, "SYSTEM": "Y"},
        {"STATUS_ID": "D", "NAME": "Не оплачен", "NAME_INIT": "Не оплачен", "SORT": 40, "SYSTEM": "Y"},
    ),
    hidden=columns("-id:integer"),
)

RECURRING = Table(
    "crm.invoice.recurring",
    "recurring",
    "recurrings",
    columns(
        "*=INVOICE_ID:integer ACTIVE:char -NEXT_EXECUTION:date -LAST_EXECUTION:date -COUNTER_REPEAT:integer"
        " START_DATE:date SEND_BILL:char EMAIL_ID:integer IS_LIMIT:char LIMIT_REPEAT:integer LIMIT_DATE:date PARAMS:map"
    ),
    defaults={"ACTIVE": "Y", "COUNTER_REPEAT": 0, "SEND_BILL": "N", "IS_LIMIT": "N", "PARAMS": "{}"},
    hidden=columns("-id:integer"),
)

USER_FIELD = Table(
    "crm.invoice.userfield",
    "field",
    "fields",
    columns(
        "ENTITY_ID:string *=FIELD_NAME:string *=USER_TYPE_ID:string XML_ID:string SORT:integer =MULTIPLE:char"
        " MANDATORY:char SHOW_FILTER:char SHOW_IN_LIST:char EDIT_IN_LIST:char IS_SEARCHABLE:char SETTINGS:map LIST:list"
    ),
    defaults={
        **dict.fromkeys(("MULTIPLE", "MANDATORY", "SHOW_FILTER", "IS_SEARCHABLE"), "N"),
        **dict.fromkeys(("SHOW_IN_LIST", "EDIT_IN_LIST"), "Y"),
        **{"ENTITY_ID": "ORDER", "SORT": 100},
    },
    hidden=columns("-id:integer"),
)
