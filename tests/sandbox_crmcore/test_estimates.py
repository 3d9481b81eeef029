"""Estimates (crm.quote.*), contacts and rows of cards by the old methods, currencies."""

from __future__ import annotations

from tests.harness.sandbox import Sandbox
from tests.sandbox_crmcore.conftest import App, refusal


def test_an_estimate_lives_in_both_spellings(app: App, portal: Sandbox) -> None:
    app.bind("onCrmQuoteAdd", "onCrmQuoteUpdate", "onCrmQuoteDelete")
    number = app.rest("crm.quote.add", {"fields": {"TITLE": "Мебель", "COMPANY_ID": 100, "CONTACT_IDS": [200, 201]}})
    got = portal.rest("crm.quote.get", {"id": number})
    assert (got["STATUS_ID"], got["QUOTE_NUMBER"], got["CLOSED"]) == ("DRAFT", str(number), "N")
    item = portal.rest("crm.item.get", {"entityTypeId": 7, "id": number})["item"]
    assert (item["title"], item["stageId"], item["contactIds"]) == ("Мебель", "DRAFT", [200, 201])
    for _ in range(2):  # the second time nothing changes
        app.rest("crm.quote.update", {"id": number, "fields": {"STATUS_ID": "APPROVED"}})
    assert portal.rest("crm.quote.list", {"filter": {"ID": number}, "select": ["CLOSED"]})[0]["CLOSED"] == "Y"
    app.rest("crm.quote.delete", {"id": number})
    assert refusal(portal, "crm.quote.delete", {"id": number}) == ("ERROR_CORE", "Element not found", 400)
    told = [(f"ONCRMQUOTE{what}", {"ID": str(number)}) for what in ("ADD", "UPDATE", "DELETE")]
    assert sorted(app.heard()) == sorted(told)


def test_a_deal_and_an_invoice_forget_a_deleted_estimate(portal: Sandbox) -> None:
    quote = portal.rest("crm.quote.add", {"fields": {"TITLE": "На день"}})
    deal = portal.rest("crm.item.add", {"entityTypeId": 2, "fields": {"title": "Д", "quoteId": quote}})["item"]
    invoice = portal.rest("crm.item.add", {"entityTypeId": 31, "fields": {"title": "С", "parentId7": quote}})["item"]
    assert (deal["quoteId"], invoice["parentId7"]) == (quote, quote)
    portal.rest("crm.quote.delete", {"id": quote})
    assert portal.rest("crm.item.get", {"entityTypeId": 2, "id": deal["id"]})["item"]["quoteId"] is None
    assert portal.rest("crm.item.get", {"entityTypeId": 31, "id": invoice["id"]})["item"]["parentId7"] is None


def test_user_fields_of_estimates(app: App, portal: Sandbox) -> None:
    app.bind("onCrmQuoteUserFieldAdd", "onCrmQuoteUserFieldSetEnumValues")
    values = [{"VALUE": "Да", "XML_ID": "yes"}]
    fields = {"FIELD_NAME": "AGREED", "USER_TYPE_ID": "enumeration", "LIST": values}
    number = app.rest("crm.quote.userfield.add", {"fields": fields})
    quote = portal.rest("crm.quote.add", {"fields": {"TITLE": "С полем"}})
    chosen = portal.rest("crm.quote.userfield.get", {"id": number})["LIST"][0]["ID"]
    portal.rest("crm.quote.update", {"id": quote, "fields": {"UF_CRM_AGREED": chosen}})
    assert portal.rest("crm.quote.get", {"id": quote})["UF_CRM_AGREED"] == chosen
    again = {"id": number, "fields": {"LIST": [{"VALUE": "Нет", "XML_ID": "yes"}]}}
    text = "List item with value XML_ID=yes already exists."
    assert refusal(portal, "crm.quote.userfield.update", again) == ("ERROR_CORE", text, 400)
    app.rest("crm.quote.userfield.update", {"id": number, "fields": {"LIST": [{"VALUE": "Нет", "XML_ID": "no"}]}})
    assert sorted(code for code, _ in app.heard()) == ["ONCRMQUOTEUSERFIELDADD", "ONCRMQUOTEUSERFIELDSETENUMVALUES"]
    portal.rest("crm.quote.userfield.delete", {"id": number})


def test_contacts_of_an_estimate(portal: Sandbox) -> None:
    quote = portal.rest("crm.quote.add", {"fields": {"TITLE": "С контактами"}})
    portal.rest("crm.quote.contact.add", {"id": quote, "fields": {"CONTACT_ID": 200}})
    portal.rest("crm.quote.contact.add", {"id": quote, "fields": {"CONTACT_ID": 201, "IS_PRIMARY": "Y"}})
    assert [row["CONTACT_ID"] for row in portal.rest("crm.quote.contact.items.get", {"id": quote})] == [201, 200]
    assert portal.rest("crm.quote.contact.fields")["CONTACT_ID"]["isRequired"] is True
    portal.rest("crm.quote.contact.items.delete", {"id": quote})
    assert portal.rest("crm.quote.contact.items.get", {"id": quote}) == []


def test_rows_make_the_sum_of_an_estimate(portal: Sandbox) -> None:
    quote = portal.rest("crm.quote.add", {"fields": {"TITLE": "С товарами"}})
    rows = [{"PRODUCT_NAME": "Стул", "PRICE": 1500.5, "QUANTITY": 2}]
    portal.rest("crm.quote.productrows.set", {"id": quote, "rows": rows})
    assert portal.rest("crm.quote.get", {"id": quote})["OPPORTUNITY"] == "3001.00"
    row = portal.rest("crm.quote.productrows.get", {"id": quote})[0]
    assert (row["OWNER_TYPE"], row["PRICE_ACCOUNT"], row["ORIGINAL_PRODUCT_NAME"]) == ("Q", "1500.50", "Стул")
    names = list(row)
    assert (names[0], names[4:7], names[-2:]) == (
        "ID",
        ["PRODUCT_NAME", "ORIGINAL_PRODUCT_NAME", "PRODUCT_DESCRIPTION"],
        ["DATE_RESERVE_END", "RESERVE_QUANTITY"],
    )
    free = portal.rest("crm.item.productrow.getAvailableForPayment", {"ownerType": "Q", "ownerId": quote})
    assert [entry["productName"] for entry in free["productRows"]] == ["Стул"]
    text = "The parameter id is invalid or not defined."
    assert refusal(portal, "crm.quote.productrows.get", {"id": 0}) == ("", text, 400)


def test_another_base_currency_counts_the_others_in_itself(portal: Sandbox) -> None:
    portal.rest("crm.currency.base.set", {"id": "USD"})
    assert portal.rest("crm.currency.base.get") == "USD"
    rates = {row["CURRENCY"]: (row["AMOUNT"], row["BASE"]) for row in portal.rest("crm.currency.list")}
    assert rates["USD"] == ("1.0000", "Y") and rates["EUR"] == ("1.1250", "N")
    assert refusal(portal, "crm.currency.delete", {"id": "USD"})[1] == "Cannot delete base currency."
    portal.rest("crm.currency.base.set", {"id": "RUB"})


def test_a_currency_with_its_languages(app: App, portal: Sandbox) -> None:
    app.bind("onCrmCurrencyAdd", "onCrmCurrencyUpdate", "onCrmCurrencyDelete")
    form = {"FULL_NAME": "Тенге", "FORMAT_STRING": "# ₸", "DECIMALS": 2}
    fields = {"CURRENCY": "KZT", "AMOUNT_CNT": 100, "AMOUNT": 17.5, "LANG": {"ru": form}}
    assert app.rest("crm.currency.add", {"fields": fields}) == "KZT"
    got = portal.rest("crm.currency.get", {"id": "KZT"})
    assert (got["FULL_NAME"], got["FORMAT_STRING"], got["AMOUNT"]) == ("Тенге", "# ₸", "17.5000")
    portal.rest("crm.currency.localizations.set", {"id": "KZT", "localizations": {"en": {"FULL_NAME": "Tenge"}}})
    assert portal.rest("crm.currency.localizations.get", {"id": "KZT"})["en"]["FULL_NAME"] == "Tenge"
    portal.rest("crm.currency.localizations.delete", {"id": "KZT", "lids": ["en"]})
    assert set(portal.rest("crm.currency.localizations.get", {"id": "KZT"})) == {"ru"}
    app.rest("crm.currency.update", {"id": "KZT", "fields": {"AMOUNT": 18}})
    app.rest("crm.currency.delete", {"id": "KZT"})
    told = [(f"ONCRMCURRENCY{what}", {"ID": "KZT"}) for what in ("ADD", "UPDATE", "DELETE")]
    assert sorted(app.heard()) == sorted(told)
    text = "The parameter id is invalid or not defined."
    assert refusal(portal, "crm.currency.localizations.get", {"id": "KZT"})[1] == text


def test_settings_are_for_administrators(portal: Sandbox) -> None:
    fields = {"CURRENCY": "CNY", "AMOUNT_CNT": 1, "AMOUNT": 11}
    assert refusal(portal, "crm.currency.add", {"fields": fields}, 11) == ("", "Access denied.", 400)
    field = {"FIELD_NAME": "X", "USER_TYPE_ID": "string"}
    assert refusal(portal, "crm.deal.userfield.add", {"fields": field}, 11)[1] == "Access denied."


def test_types_of_user_fields_that_an_application_brings(app: App, portal: Sandbox) -> None:
    given = {"USER_TYPE_ID": "map", "HANDLER": app.receiver.url("/map"), "TITLE": "Карта"}
    assert app.rest("userfieldtype.add", given) is True
    listed = app.rest("userfieldtype.list")
    assert [(row["USER_TYPE_ID"], row["TITLE"]) for row in listed] == [("map", "Карта")]
    types = [row["ID"] for row in portal.rest("crm.userfield.types") if row["ID"].startswith("rest_")]
    number = app.rest("crm.deal.userfield.add", {"fields": {"FIELD_NAME": "PLACE", "USER_TYPE_ID": "map"}})
    assert portal.rest("crm.deal.userfield.get", {"id": number})["USER_TYPE_ID"] in types
    portal.rest("crm.deal.userfield.delete", {"id": number})
    app.rest("userfieldtype.delete", {"USER_TYPE_ID": "map"})
    assert app.rest("userfieldtype.list") == []


def test_traces_are_bound_to_cards(portal: Sandbox) -> None:
    entities = [{"TYPE": "CONTACT", "ID": 200}]
    number = portal.rest("crm.tracking.trace.add", {"TRACE": '{"tags": {}}', "ENTITIES": entities})
    assert number > 0
    assert refusal(portal, "crm.tracking.trace.add", {"TRACE": "{"})[0] == "ERROR_CORE"
    wrong = {"TRACE": "{}", "ENTITIES": [{"TYPE": "BOAT", "ID": 1}]}
    assert "Allowed types: COMPANY,CONTACT,DEAL,LEAD,QUOTE" in refusal(portal, "crm.tracking.trace.add", wrong)[1]
    assert portal.rest("crm.tracking.trace.delete", {"id": number}) is None
