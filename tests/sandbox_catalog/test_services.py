"""Pay systems, cash registers and delivery services that applications bring."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox_catalog.conftest import Desk

SETTINGS = {"CODES": {"KEY": {"NAME": "Key"}}}
URLS = {"PRINT_URL": "http://x/p", "CHECK_URL": "http://x/c", "CONFIG": {"AUTH": {"LABEL": "a", "ITEMS": {}}}}


def test_pay_system_pays(desk: Desk) -> None:
    handler = desk("sale.paysystem.handler.add", NAME="H", CODE="h1", SETTINGS=SETTINGS)
    params: dict[str, Any] = {
        "NAME": "Карта",
        "PERSON_TYPE_ID": 3,
        "BX_REST_HANDLER": "h1",
        "SETTINGS": {"KEY": {"VALUE": "k"}},
    }
    system = desk("sale.paysystem.add", **params)
    listed = desk("sale.paysystem.list", SELECT=["ID", "NAME", "ACTION_FILE"], FILTER={"ID": system})
    assert listed == [{"ID": system, "NAME": "Карта", "ACTION_FILE": "h1"}]
    assert desk("sale.paysystem.settings.get", ID=system, PERSON_TYPE_ID=3) == {"KEY": "k"}
    assert desk.refused("sale.paysystem.handler.delete", ID=handler)[0] == "ERROR_PAY_SYSTEM_DELETE"
    deal = desk("crm.item.add", entityTypeId=2, fields={"title": "d", "opportunity": 10})["item"]["id"]
    payment = desk("crm.item.payment.add", entityTypeId=2, entityId=deal)
    assert desk("sale.paysystem.pay.payment", PAYMENT_ID=payment, PAY_SYSTEM_ID=system) is True
    paid = desk("crm.item.payment.get", id=payment)
    assert (paid["paid"], paid["paySystemName"]) == ("Y", "Карта")


def test_payments_are_for_those_who_may_work_with_the_card(desk: Desk) -> None:
    fields = {"title": "d", "opportunity": 10, "assignedById": 11}
    deal = desk("crm.item.add", entityTypeId=2, fields=fields)["item"]["id"]
    asked = {"PAYMENT_ID": desk("crm.item.payment.add", entityTypeId=2, entityId=deal), "PAY_SYSTEM_ID": 6}
    desk.portal.call("sandbox.crm.access", {"user": 12, "entityTypeId": 2, "mode": "none"})
    for method in ("sale.paysystem.pay.payment", "sale.paysystem.settings.payment.get"):
        assert desk.refused(method, user=12, **asked)[0] == "ACCESS_DENIED"
    assert not desk("sale.paysystem.settings.payment.get", user=11, **asked)
    assert desk("sale.paysystem.pay.payment", user=11, **asked) is True


def test_settings_have_what_the_handler_declares(desk: Desk) -> None:
    codes = {
        "MODE": {"NAME": "Режим", "DEFAULT": {"PROVIDER_KEY": "VALUE", "PROVIDER_VALUE": "TEST"}},
        "SUM": {"NAME": "Сумма", "DEFAULT": {"PROVIDER_KEY": "PAYMENT", "PROVIDER_VALUE": "SUM"}},
        "KEY": {"NAME": "Ключ"},
    }
    desk("sale.paysystem.handler.add", NAME="H", CODE="h2", SETTINGS={**SETTINGS, "CODES": codes})
    system = desk("sale.paysystem.add", NAME="Карта", PERSON_TYPE_ID=3, BX_REST_HANDLER="h2")
    asked = {"ID": system, "PERSON_TYPE_ID": 3}
    assert desk("sale.paysystem.settings.get", **asked) == {"MODE": "TEST", "SUM": None, "KEY": None}
    changed = {"MODE": {"TYPE": "VALUE", "VALUE": "REGULAR"}}
    assert desk("sale.paysystem.settings.update", **asked, SETTINGS=changed) is True
    assert desk("sale.paysystem.settings.get", **asked)["MODE"] == "REGULAR"


def test_delivery_has_a_child_for_every_profile(desk: Desk) -> None:
    profiles = [{"NAME": "Такси", "CODE": "TAXI"}]
    handler: dict[str, Any] = {
        "NAME": "U",
        "CODE": "u",
        "SETTINGS": {"CALCULATE_URL": "http://x"},
        "PROFILES": profiles,
    }
    number = desk("sale.delivery.handler.add", **handler)
    config = [{"CODE": "A", "VALUE": "1"}]
    made = desk("sale.delivery.add", REST_CODE="u", NAME="Такси", CURRENCY="RUB", CONFIG=config)
    parent = made["parent"]["ID"]
    assert [child["PARENT_ID"] for child in made["profiles"]] == [parent]
    desk("sale.delivery.config.update", ID=parent, CONFIG=[{"CODE": "B", "VALUE": "2"}])
    assert desk("sale.delivery.config.get", ID=parent) == [*config, {"CODE": "B", "VALUE": "2"}]
    extra = desk("sale.delivery.extra.service.add", DELIVERY_ID=parent, TYPE="checkbox", NAME="До двери", PRICE=99.99)
    assert desk("sale.delivery.extra.service.get", DELIVERY_ID=parent)[0]["ID"] == str(extra)
    assert desk.refused("sale.delivery.handler.delete", ID=number)[0] == "ERROR_HANDLER_DELETE"
    assert desk("sale.delivery.delete", ID=parent) is True
    assert len(desk("sale.delivery.getlist", FILTER={"PARENT_ID": parent})) == 0


def test_cash_register(desk: Desk) -> None:
    desk("sale.cashbox.handler.add", CODE="c1", NAME="Касса", SETTINGS=URLS, SUPPORTS_FFD105="Y")
    assert desk("sale.cashbox.handler.list")[0]["SETTINGS"]["SUPPORTS_FFD105"] == "Y"
    number = desk("sale.cashbox.add", NAME="Касса", REST_CODE="c1", EMAIL="a@example.com")
    row = desk("sale.cashbox.list", FILTER={"=NAME": "Касса"})[0]
    assert (row["ID"], row["SORT"], row["DATE_LAST_CHECK"]) == (str(number), "100", None)
    deal = desk("crm.item.add", entityTypeId=2, fields={"title": "d", "opportunity": 10})["item"]["id"]
    desk("crm.item.payment.pay", id=desk("crm.item.payment.add", entityTypeId=2, entityId=deal))
    assert desk("sale.cashbox.check.apply", UUID="check|example.com|1", FISCAL_DOC_NUMBER="5") is True
    assert desk("sale.cashbox.delete", ID=number) is True


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("paysystem.add", {}, "ERROR_CHECK_FAILURE"),
        ("paysystem.add", {"NAME": "x", "PERSON_TYPE_ID": 3, "BX_REST_HANDLER": "no"}, "ERROR_HANDLER_NOT_FOUND"),
        ("paysystem.update", {"ID": 1, "FIELDS": {"PERSON_TYPE_ID": 99}}, "ERROR_PERSON_TYPE_NOT_FOUND"),
        ("paysystem.delete", {"ID": 99}, "ERROR_PAY_SYSTEM_NOT_FOUND"),
        ("paysystem.settings.get", {"ID": 99, "PERSON_TYPE_ID": 1}, "ERROR_CHECK_FAILURE"),
        ("paysystem.settings.invoice.get", {"INVOICE_ID": 99, "PAY_SYSTEM_ID": 1}, "ERROR_INTERNAL_INVOICE_NOT_FOUND"),
        ("cashbox.check.apply", {"UUID": "x"}, "ERROR_CHECK_NOT_FOUND"),
        ("cashbox.list", {"SELECT": ["COLOR"]}, ""),
        ("cashbox.handler.delete", {"ID": 99}, "ERROR_HANDLER_NOT_FOUND"),
        ("delivery.add", {"REST_CODE": "no", "NAME": "x", "CURRENCY": "RUB"}, "ERROR_HANDLER_NOT_FOUND"),
        (
            "delivery.extra.service.add",
            {"DELIVERY_ID": 99, "TYPE": "checkbox", "NAME": "x"},
            "ERROR_DELIVERY_NOT_FOUND",
        ),
        ("delivery.request.update", {}, "DELIVERY_ID_NOT_SPECIFIED"),
        ("delivery.request.update", {"DELIVERY_ID": 1, "REQUEST_ID": "x"}, "REQUEST_NOT_FOUND"),
    ],
)
def test_refusals(desk: Desk, method: str, params: dict[str, Any], code: str) -> None:
    assert desk.refused(f"sale.{method}", **params)[0] == code
    assert desk.refused(f"sale.{method}", user=11, **params)[0] in ("ACCESS_DENIED", code)
