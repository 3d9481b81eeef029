"""Requisites, bank details, links, templates and addresses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness.sandbox import Sandbox
from tests.sandbox_crmcore.conftest import App, refusal

FIELDS = {"ENTITY_TYPE_ID": 4, "ENTITY_ID": 100, "PRESET_ID": 1, "NAME": "Основной", "RQ_INN": "7702070139"}


@pytest.fixture
def requisite(portal: Sandbox) -> int:
    return int(portal.rest("crm.requisite.add", {"fields": FIELDS}))


@pytest.fixture
def bank(portal: Sandbox, requisite: int) -> int:
    fields = {"ENTITY_ID": requisite, "NAME": "Банк", "RQ_BIK": "044525225"}
    return int(portal.rest("crm.requisite.bankdetail.add", {"fields": fields}))


def test_a_requisite_is_printed_in_strings(portal: Sandbox, requisite: int) -> None:
    got = portal.rest("crm.requisite.get", {"id": requisite})
    assert got["ID"] == str(requisite) and got["ENTITY_ID"] == "100" and got["SORT"] == "500"
    assert got["RQ_INN"] == "7702070139" and got["RQ_KPP"] is None and got["DATE_MODIFY"] == ""
    portal.rest("crm.requisite.update", {"id": requisite, "fields": {"RQ_KPP": "770201001", "ENTITY_ID": 101}})
    got = portal.rest("crm.requisite.get", {"id": requisite})
    assert got["RQ_KPP"] == "770201001" and got["ENTITY_ID"] == "100" and got["DATE_MODIFY"]


def test_select_prints_only_what_is_asked(portal: Sandbox, requisite: int) -> None:
    params = {"select": ["NAME", "RQ_INN"], "filter": {"ID": requisite}}
    assert portal.rest("crm.requisite.list", params) == [{"NAME": "Основной", "RQ_INN": "7702070139"}]
    assert portal.rest("crm.requisite.list", {"filter": {"=%RQ_INN": "77020%", "ID": requisite}})


@pytest.mark.parametrize("name", ["ENTITY_TYPE_ID", "ENTITY_ID", "PRESET_ID"])
def test_a_requisite_needs_an_owner_and_a_template(portal: Sandbox, name: str) -> None:
    fields = {key: value for key, value in FIELDS.items() if key != name}
    expected = ("", f"{name} is not defined or invalid.", 400)
    assert refusal(portal, "crm.requisite.add", {"fields": fields}) == expected


def test_an_owner_that_is_not_there(portal: Sandbox) -> None:
    fields = {**FIELDS, "ENTITY_ID": 999999}
    assert refusal(portal, "crm.requisite.add", {"fields": fields}) == ("", "Entity not found.", 400)


def test_rights_are_those_of_the_owner(portal: Sandbox, requisite: int) -> None:
    for entity_type in (3, 4):
        params = {"user": 21, "entityTypeId": entity_type, "mode": "none"}
        portal.control("act", {"method": "sandbox.crm.access", "params": params})
    assert refusal(portal, "crm.requisite.get", {"id": requisite}, 21)[1] == "Access denied."
    assert refusal(portal, "crm.requisite.list", {}, 21) == (0, "Access denied.", 400)


def test_events_of_requisites_and_bank_details(app: App) -> None:
    app.bind(*(f"onCrm{n}{w}" for n in ("Requisite", "BankDetail") for w in ("Add", "Update", "Delete")))
    owner = app.rest("crm.requisite.add", {"fields": FIELDS})
    detail = app.rest("crm.requisite.bankdetail.add", {"fields": {"ENTITY_ID": owner, "NAME": "Банк"}})
    for _ in range(2):  # the second time nothing changes
        app.rest("crm.requisite.bankdetail.update", {"id": detail, "fields": {"RQ_BIK": "1"}})
        app.rest("crm.requisite.update", {"id": owner, "fields": {"RQ_KPP": "1"}})
    app.rest("crm.requisite.bankdetail.delete", {"id": detail})
    app.rest("crm.requisite.delete", {"id": owner})
    assert sorted(app.heard()) == sorted(
        (f"ONCRM{name}{what}", {"ID": str(number)})
        for name, number in (("REQUISITE", owner), ("BANKDETAIL", detail))
        for what in ("ADD", "UPDATE", "DELETE")
    )


def test_bank_details_go_with_their_requisite(portal: Sandbox, requisite: int, bank: int) -> None:
    got = portal.rest("crm.requisite.bankdetail.get", {"id": bank})
    assert (got["ENTITY_ID"], got["COUNTRY_ID"], got["RQ_BIK"]) == (str(requisite), "1", "044525225")
    portal.rest("crm.requisite.delete", {"id": requisite})
    expected = f"The RequisiteBankDetail with ID '{bank}' is not found"
    assert refusal(portal, "crm.requisite.bankdetail.get", {"id": bank})[1] == expected


def test_requisites_go_with_their_company(portal: Sandbox) -> None:
    company = portal.rest("crm.company.add", {"fields": {"TITLE": "На час"}})
    requisite = portal.rest("crm.requisite.add", {"fields": {**FIELDS, "ENTITY_ID": company}})
    portal.rest("crm.company.delete", {"id": company})
    assert "is not found" in refusal(portal, "crm.requisite.get", {"id": requisite})[1]


def test_user_fields_of_requisites(portal: Sandbox, app: App, requisite: int) -> None:
    app.bind("onCrmRequisiteUserFieldAdd", "onCrmRequisiteUserFieldDelete")
    field = {"ENTITY_ID": "CRM_REQUISITE", "FIELD_NAME": "RATING", "USER_TYPE_ID": "double", "LABEL": "Рейтинг"}
    number = app.rest("crm.requisite.userfield.add", {"fields": field})
    assert refusal(portal, "crm.requisite.userfield.add", {"fields": field})[0] == "ERROR_CORE"
    assert portal.rest("crm.requisite.fields")["UF_CRM_RATING"]["isDynamic"] is True
    portal.rest("crm.requisite.update", {"id": requisite, "fields": {"UF_CRM_RATING": 4.5}})
    params = {"filter": {">UF_CRM_RATING": 4}, "select": ["UF_CRM_RATING"]}
    assert portal.rest("crm.requisite.list", params) == [{"UF_CRM_RATING": "4.5"}]
    app.rest("crm.requisite.userfield.delete", {"id": number})
    assert refusal(portal, "crm.requisite.userfield.get", {"id": number})[0] == "ERROR_NOT_FOUND"
    parts = {"ID": str(number), "ENTITY_ID": "CRM_REQUISITE", "FIELD_NAME": "UF_CRM_RATING"}
    heard = app.heard()
    assert sorted(code for code, _ in heard) == ["ONCRMREQUISITEUSERFIELDADD", "ONCRMREQUISITEUSERFIELDDELETE"]
    assert all(given == parts for _, given in heard)


def _link(item: int, requisite: int = 0, bank: int = 0) -> dict[str, Any]:
    ids = {"REQUISITE_ID": requisite, "BANK_DETAIL_ID": bank, "MC_REQUISITE_ID": 0, "MC_BANK_DETAIL_ID": 0}
    return {"fields": {"ENTITY_TYPE_ID": 2, "ENTITY_ID": item, **ids}}


def test_links_of_a_deal(portal: Sandbox, requisite: int, bank: int) -> None:
    deal = portal.rest("crm.deal.add", {"fields": {"TITLE": "Сделка", "COMPANY_ID": 100}})
    assert refusal(portal, "crm.requisite.link.get", {"entityTypeId": 2, "entityId": deal})[1] == "Not found"
    portal.rest("crm.requisite.link.register", _link(deal, requisite, bank))
    got = portal.rest("crm.requisite.link.get", {"entityTypeId": 2, "entityId": deal})
    assert (got["ENTITY_ID"], got["REQUISITE_ID"], got["MC_REQUISITE_ID"]) == (deal, str(requisite), "0")
    portal.rest("crm.requisite.delete", {"id": requisite})
    rows = portal.rest("crm.requisite.link.list", {"filter": {"ENTITY_TYPE_ID": 2, "ENTITY_ID": deal}})
    assert [(row["REQUISITE_ID"], row["BANK_DETAIL_ID"]) for row in rows] == [("0", "0")]
    assert portal.rest("crm.requisite.link.unregister", {"entityTypeId": 2, "entityId": deal}) is True


def test_a_link_must_fit_the_client(portal: Sandbox, requisite: int, bank: int) -> None:
    other = portal.rest("crm.deal.add", {"fields": {"TITLE": "Чужая", "COMPANY_ID": 101}})
    own = portal.rest("crm.deal.add", {"fields": {"TITLE": "Своя", "COMPANY_ID": 100}})
    second = portal.rest("crm.requisite.add", {"fields": FIELDS})
    method = "crm.requisite.link.register"
    text = f"The Requisite with ID '{requisite}' is not assigned to Company with ID '101'"
    assert refusal(portal, method, _link(other, requisite))[1] == text
    assert refusal(portal, method, _link(own, 999999))[1] == "The Requisite with ID '999999' is not found"
    text = f"The BankDetail with ID '{bank}' is not assigned to Requisite with ID '{second}'"
    assert refusal(portal, method, _link(own, second, bank))[1] == text
    assert refusal(portal, method, _link(999999))[1] == "Entity is not found"


def test_templates_and_their_fields(portal: Sandbox) -> None:
    fields = {"ENTITY_TYPE_ID": 8, "COUNTRY_ID": 1, "NAME": "Филиал"}
    number = portal.rest("crm.requisite.preset.add", {"fields": fields})
    preset = {"ID": number}
    free = portal.rest("crm.requisite.preset.field.availabletoadd", {"preset": preset})
    assert "RQ_INN" in free
    given = {"preset": preset, "fields": {"FIELD_NAME": "RQ_INN", "IN_SHORT_LIST": "Y"}}
    first = portal.rest("crm.requisite.preset.field.add", given)
    text = "The field 'RQ_INN' can not be added."
    assert refusal(portal, "crm.requisite.preset.field.add", given) == ("", text, 400)
    portal.rest("crm.requisite.preset.field.update", {"id": first, "preset": preset, "fields": {"FIELD_TITLE": "ИНН"}})
    expected = {"ID": 1, "FIELD_NAME": "RQ_INN", "FIELD_TITLE": "ИНН", "IN_SHORT_LIST": "Y", "SORT": 510}
    assert portal.rest("crm.requisite.preset.field.list", {"preset": preset}) == [expected]
    portal.rest("crm.requisite.preset.field.delete", {"id": first, "preset": preset})
    assert portal.rest("crm.requisite.preset.field.availabletoadd", {"preset": preset}) == free
    assert portal.rest("crm.requisite.preset.delete", {"id": number}) is True
    assert "is not found" in refusal(portal, "crm.requisite.preset.get", {"id": number})[1]


def test_a_template_in_use_stays(portal: Sandbox, requisite: int) -> None:
    assert "requisites have already been created" in refusal(portal, "crm.requisite.preset.delete", {"id": 1})[1]
    assert [p["NAME"] for p in portal.rest("crm.requisite.preset.list", {"select": ["NAME"]})][:1] == ["Организация"]


def test_addresses_of_a_requisite(app: App, portal: Sandbox, requisite: int) -> None:
    app.bind("onCrmAddressRegister", "onCrmAddressUnregister")
    key = {"TYPE_ID": 6, "ENTITY_TYPE_ID": 8, "ENTITY_ID": requisite}
    assert app.rest("crm.address.add", {"fields": {**key, "CITY": "Тверь"}}) is True
    assert refusal(portal, "crm.address.add", {"fields": key})[1] == "TypeAddress exists"
    app.rest("crm.address.update", {"fields": {**key, "CITY": "Клин"}})
    row = portal.rest("crm.address.list", {"filter": {"ANCHOR_TYPE_ID": 4, "ENTITY_ID": requisite}})[0]
    assert (row["CITY"], row["ANCHOR_ID"], row["TYPE_ID"]) == ("Клин", "100", "6") and row["LOC_ADDR_ID"]
    app.rest("crm.address.delete", {"fields": key})
    assert refusal(portal, "crm.address.update", {"fields": key})[1] == "TypeAddress not found"
    heard = app.heard()
    assert sorted(code for code, _ in heard) == ["ONCRMADDRESSREGISTER"] * 2 + ["ONCRMADDRESSUNREGISTER"]
    anchored = {"TYPE_ID": "6", "ENTITY_TYPE_ID": "8", "ENTITY_ID": str(requisite)}
    assert heard[0][1] == {**anchored, "ANCHOR_ID": "100", "ANCHOR_TYPE_ID": "4"}
