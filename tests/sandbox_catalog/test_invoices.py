"""Invoices by their oldest methods."""

from __future__ import annotations

from typing import Any

from tests.sandbox_catalog.conftest import Desk

FIELDS = {
    **{"ORDER_TOPIC": "Счёт", "PERSON_TYPE_ID": 4, "PAY_SYSTEM_ID": 1, "STATUS_ID": "N", "UF_COMPANY_ID": 100},
    "PRODUCT_ROWS": [{"PRODUCT_NAME": "Стол", "PRICE": 100, "QUANTITY": 2}],
}


def told(desk: Desk, word: str) -> list[tuple[str, dict[str, Any]]]:
    """The events of invoices whose code holds a word."""
    return [(code, data["FIELDS"]) for code, data in desk.events if code.startswith("ONCRMINVOICE") and word in code]


def test_invoice_lives(desk: Desk) -> None:
    number = desk("crm.invoice.add", fields=FIELDS)
    row = desk("crm.invoice.get", id=number)
    assert (row["ID"], row["PRICE"], row["PAYED"], row["ACCOUNT_NUMBER"]) == (str(number), "200", "N", str(number))
    assert desk("crm.invoice.update", id=number, fields={"STATUS_ID": "P"}) == number
    listed = desk("crm.invoice.list", filter={"UF_COMPANY_ID": 100, "PAYED": "Y"}, select=["ID", "PRICE"])
    assert listed == [{"ID": str(number), "PRICE": "200"}]
    assert told(desk, "SETSTATUS") == [("ONCRMINVOICESETSTATUS", {"ID": number})]
    assert desk("crm.invoice.delete", id=number) is True
    assert desk.refused("crm.invoice.get", id=number) == ("", "Not found")
    assert desk.refused("crm.invoice.add", fields={**FIELDS, "STATUS_ID": "Z"})[0] == ""


def test_invoice_repeats(desk: Desk) -> None:
    template = desk("crm.invoice.add", fields={**FIELDS, "IS_RECURRING": "Y"})
    number = desk("crm.invoice.recurring.add", fields={"INVOICE_ID": template, "PARAMS": {"PERIOD": "day"}})
    made = desk("crm.invoice.recurring.expose", id=number)["INVOICE_ID"]
    assert desk("crm.invoice.get", id=made)["PRICE"] == "200"
    assert desk("crm.invoice.recurring.get", id=number)["COUNTER_REPEAT"] == "1"
    ids = {"ID": number, "RECURRING_INVOICE_ID": template}
    assert told(desk, "RECURRINGEXPOSE") == [("ONCRMINVOICERECURRINGEXPOSE", {**ids, "INVOICE_ID": made})]
    assert desk.refused("crm.invoice.recurring.add", fields={"INVOICE_ID": made})[0] == ""


def test_statuses_and_user_fields(desk: Desk) -> None:
    number = desk("crm.invoice.status.add", fields={"NAME": "Согласован", "SORT": 15})
    assert desk("crm.invoice.status.get", id=number)["STATUS_ID"] == "A"
    assert desk.refused("crm.invoice.status.delete", id=1)[1] == "CRM System Status can not be deleted."
    assert desk("crm.invoice.status.delete", id=number) is True
    field = desk("crm.invoice.userfield.add", fields={"FIELD_NAME": "NOTE", "USER_TYPE_ID": "string"})
    assert desk("crm.invoice.userfield.get", id=field)["FIELD_NAME"] == "UF_CRM_NOTE"
    assert desk("crm.invoice.userfield.delete", id=field) is True
    assert [code for code, _ in told(desk, "USERFIELD")] == [
        "ONCRMINVOICEUSERFIELDADD",
        "ONCRMINVOICEUSERFIELDDELETE",
    ]


def test_invoice_is_paid_through_a_pay_system(desk: Desk) -> None:
    number = desk("crm.invoice.add", fields=FIELDS)
    assert desk("sale.paysystem.pay.invoice", INVOICE_ID=number, PAY_SYSTEM_ID=6) is True
    assert desk("crm.invoice.get", id=number)["PAYED"] == "Y"
    assert desk.refused("sale.paysystem.pay.invoice", INVOICE_ID=99, PAY_SYSTEM_ID=6)[0] == (
        "ERROR_INTERNAL_INVOICE_NOT_FOUND"
    )
