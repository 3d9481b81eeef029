"""The frozen twins: crm.deal.* and its kin."""

from __future__ import annotations

import pytest

from tests.sandbox_crm.conftest import Desk


def test_a_deal_in_upper_case(desk: Desk) -> None:
    fields = {
        "TITLE": "Заказ",
        "COMPANY_ID": 100,
        "OPPORTUNITY": 1500,
        "STAGE_ID": "EXECUTING",
        "BEGINDATE": "2026-04-06",
    }
    number = desk.call("crm.deal.add", fields=fields)
    deal = desk.call("crm.deal.get", id=number)
    assert (deal["ID"], deal["OPPORTUNITY"], deal["COMPANY_ID"], deal["CLOSED"]) == (str(number), "1500.00", "100", "N")
    assert (deal["BEGINDATE"], deal["LEAD_ID"]) == ("2026-04-06T03:00:00+03:00", None)
    assert desk.call("crm.deal.update", id=number, fields={"TITLE": "Другой", "CATEGORY_ID": 7}) is True
    assert desk.item(2, number)["title"] == "Другой"
    assert desk.call("crm.deal.delete", id=number) is True
    refusal = desk.refusal("crm.deal.get", id=number)
    assert (refusal.code, refusal.status, refusal.description) == ("", 400, "Not found")
    assert desk.refusal("crm.deal.get", id="x").description == "ID is not defined or invalid."
    assert desk.refusal("crm.deal.add", fields="x").code == ""
    assert desk.refusal("crm.company.delete", id=77).description == "Company is not found"
    assert desk.codes() == ["ONCRMDEALADD", "ONCRMDEALUPDATE", "ONCRMDEALDELETE"]


def test_lists_of_the_old_methods(desk: Desk) -> None:
    ids = [desk.call("crm.deal.add", fields={"TITLE": f"Сделка {i}", "OPPORTUNITY": i}) for i in range(1, 4)]
    page = desk.page("crm.deal.list", filter={">OPPORTUNITY": 1, "NONSENSE": 1}, select=["TITLE"], order={"ID": "DESC"})
    assert page.rows == [{"ID": str(ids[2]), "TITLE": "Сделка 3"}, {"ID": str(ids[1]), "TITLE": "Сделка 2"}]
    assert (page.total, page.container) == (2, None)
    contacts = desk.call("crm.contact.list", filter={"PHONE": "+79990000001"}, select=["ID", "NAME", "PHONE", "EMAIL"])
    assert [(c["ID"], c["PHONE"][0]["VALUE"], c["EMAIL"][0]["TYPE_ID"]) for c in contacts] == [
        ("200", "+79990000001", "EMAIL")
    ]
    assert desk.call("crm.company.list", filter={"%TITLE": "роМ"}, select=["ID"]) == [{"ID": "100"}]
    assert desk.refusal("crm.deal.list", filter="x").description == "Parameter 'filter' must be array."


def test_leads_call_the_stage_a_status(desk: Desk) -> None:
    number = desk.call(
        "crm.lead.add", fields={"TITLE": "Заявка", "STATUS_ID": "IN_PROCESS", "PHONE": [{"VALUE": "8 999"}]}
    )
    lead = desk.call("crm.lead.get", id=number)
    assert (lead["STATUS_ID"], lead["STATUS_SEMANTIC_ID"], lead["HAS_PHONE"]) == ("IN_PROCESS", "P", "Y")
    assert lead["PHONE"][0]["VALUE_TYPE"] == "WORK"
    history = desk.call("crm.stagehistory.list", entityTypeId=1)
    assert (history[0]["STATUS_ID"], "CATEGORY_ID" in history[0]) == ("IN_PROCESS", False)


def test_links_of_cards(desk: Desk) -> None:
    deal = desk.add(2)
    items = [{"CONTACT_ID": 200, "SORT": 20}, {"CONTACT_ID": 201, "IS_PRIMARY": "Y"}]
    assert desk.call("crm.deal.contact.items.set", id=deal, items=items) is True
    assert desk.item(2, deal)["contactIds"] == [201, 200]
    rows = desk.call("crm.deal.contact.items.get", id=deal)
    assert rows[0] == {"CONTACT_ID": 201, "SORT": 10, "ROLE_ID": 0, "IS_PRIMARY": "Y"}
    assert desk.call("crm.deal.contact.delete", id=deal, fields={"CONTACT_ID": 201}) is True
    assert desk.item(2, deal)["contactId"] == 200
    assert desk.call("crm.contact.company.items.set", id=200, items=[{"COMPANY_ID": 101}]) is True
    assert desk.item(4, 101)["contactIds"] == [200, 201]
    assert desk.refusal("crm.deal.contact.items.get", id=99).code == ""


def test_old_user_fields(desk: Desk) -> None:
    fields = {"FIELD_NAME": "note", "USER_TYPE_ID": "string", "LABEL": "Заметка", "MULTIPLE": "Y"}
    number = desk.call("crm.deal.userfield.add", fields=fields)
    field = desk.call("crm.deal.userfield.get", id=number)
    assert (field["FIELD_NAME"], field["MULTIPLE"], field["EDIT_FORM_LABEL"]["ru"]) == ("UF_CRM_NOTE", "Y", "Заметка")
    deal = desk.call("crm.deal.add", fields={"UF_CRM_NOTE": ["a", "b"]})
    assert desk.call("crm.deal.get", id=deal)["UF_CRM_NOTE"] == ["a", "b"]
    assert desk.call("crm.deal.userfield.list", filter={"FIELD_NAME": "UF_CRM_NOTE"})[0]["ID"] == str(number)
    assert desk.refusal("crm.deal.userfield.add", fields={**fields, "FIELD_NAME": "ё"}).code == "ERROR_CORE"
    assert desk.call("crm.deal.userfield.update", id=number, fields={"MANDATORY": "Y"}) is True
    assert desk.call("crm.deal.userfield.delete", id=number) is True


@pytest.mark.parametrize("name", ["lead", "deal", "contact", "company"])
def test_fields_of_the_old_methods(desk: Desk, name: str) -> None:
    fields = desk.call(f"crm.{name}.fields")
    assert fields["ID"] == {
        "type": "integer",
        "isRequired": False,
        "isReadOnly": True,
        "isImmutable": False,
        "isMultiple": False,
        "isDynamic": False,
        "title": "ID",
    }


def test_duplicates_by_phone(desk: Desk) -> None:
    found = desk.call("crm.duplicate.findbycomm", type="PHONE", values=["8 (999) 000-00-01"])
    assert found == {"CONTACT": [200]}
    assert desk.call("crm.duplicate.findbycomm", type="EMAIL", values=["none@none.ru"]) == []
    assert desk.refusal("crm.duplicate.findbycomm", values=["1"]).code == "Communication type is not defined"
