"""Items of smart processes and what surrounds them: spellings, parents, the recycle bin, imports, simple CRM."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness.sandbox import Refused, Sandbox
from tests.sandbox_crmcore.conftest import App, refusal


@pytest.fixture(scope="module")
def kind(portal: Sandbox) -> dict[str, Any]:
    """A smart process under deals, with products and a recycle bin."""
    switches = ("isStagesEnabled", "isCategoriesEnabled", "isLinkWithProductsEnabled", "isRecyclebinEnabled")
    relations = {"parent": [{"entityTypeId": 2, "isChildrenListEnabled": "true"}]}
    fields = {"title": "Объект", "isClientEnabled": "Y", **dict.fromkeys(switches, "Y"), "relations": relations}
    made: dict[str, Any] = portal.rest("crm.type.add", {"fields": fields})["type"]
    field = {"entityId": f"CRM_{made['id']}", "fieldName": f"UF_CRM_{made['id']}_HEIGHT", "userTypeId": "double"}
    portal.rest("userfieldconfig.add", {"moduleId": "crm", "field": field})
    return made


def test_the_type_is_named_by_its_entity_type_everywhere_but_in_crm_type(portal: Sandbox, kind: dict[str, Any]) -> None:
    assert kind["id"] != kind["entityTypeId"]
    assert portal.rest("crm.type.get", {"id": kind["id"]})["type"]["entityTypeId"] == kind["entityTypeId"]
    assert refusal(portal, "crm.type.get", {"id": kind["entityTypeId"]})[0] == 0
    assert refusal(portal, "crm.item.fields", {"entityTypeId": 999})[0] == "NOT_FOUND"


def test_user_fields_in_both_spellings(portal: Sandbox, kind: dict[str, Any]) -> None:
    own, original = f"ufCrm{kind['id']}Height", f"UF_CRM_{kind['id']}_HEIGHT"
    place = {"entityTypeId": kind["entityTypeId"]}
    added = portal.rest("crm.item.add", {**place, "fields": {"title": "А", own: 12.5}})["item"]
    got = portal.rest("crm.item.get", {**place, "id": added["id"], "useOriginalUfNames": "Y"})["item"]
    assert added[own] == 12.5 and original not in added
    assert got[original] == 12.5 and own not in got
    assert original in portal.rest("crm.item.fields", {**place, "useOriginalUfNames": "Y"})["fields"]
    found = portal.rest("crm.item.list", {**place, "filter": {f">{original}": 12}, "useOriginalUfNames": "Y"})["items"]
    assert [item["id"] for item in found] == [added["id"]]
    unknown = portal.rest("crm.item.update", {**place, "id": added["id"], "fields": {original: 1}})["item"]
    assert unknown[own] == 12.5, "a name of the other spelling is an unknown one"


def test_a_parent_is_a_field(portal: Sandbox, kind: dict[str, Any]) -> None:
    place = {"entityTypeId": kind["entityTypeId"]}
    deal = portal.rest("crm.deal.add", {"fields": {"TITLE": "Родитель"}})
    child = portal.rest("crm.item.add", {**place, "fields": {"title": "Ребёнок", "parentId2": deal}})["item"]
    assert child["parentId2"] == deal
    found = portal.rest("crm.item.list", {**place, "filter": {"parentId2": deal}})["items"]
    assert [item["id"] for item in found] == [child["id"]]
    portal.rest("crm.deal.delete", {"id": deal})
    assert portal.rest("crm.item.get", {**place, "id": child["id"]})["item"]["parentId2"] is None


def test_rows_of_a_smart_process(portal: Sandbox, kind: dict[str, Any]) -> None:
    item = portal.rest("crm.item.add", {"entityTypeId": kind["entityTypeId"], "fields": {"title": "С товаром"}})["item"]
    owner = {"ownerType": f"T{kind['entityTypeId']:x}", "ownerId": item["id"]}
    rows = [{"productName": "Труба", "price": 100, "quantity": 3}]
    portal.rest("crm.item.productrow.set", {**owner, "productRows": rows})
    got = portal.rest("crm.item.get", {"entityTypeId": kind["entityTypeId"], "id": item["id"]})["item"]
    assert got["opportunity"] == 300
    assert portal.rest("crm.item.productrow.fields")["fields"]["ownerType"]["isImmutable"] is True


def _restored(portal: Sandbox, entity_type: int, number: int) -> int:
    params = {"entityTypeId": entity_type, "id": number}
    return int(portal.control("act", {"as": 11, "method": "sandbox.crm.restore", "params": params})["result"])


def test_a_deleted_contact_comes_back_anew(app: App, portal: Sandbox) -> None:
    phone = [{"VALUE": "+79991112233", "VALUE_TYPE": "WORK"}]
    fields = {"NAME": "Вера", "PHONE": phone, "COMPANY_IDS": [100, 101]}
    number = portal.rest("crm.contact.add", {"fields": fields})
    before = portal.rest("crm.contact.get", {"id": number})
    portal.rest("crm.contact.delete", {"id": number})
    app.bind("onCrmContactAdd")
    again = _restored(portal, 3, number)
    after = portal.rest("crm.contact.get", {"id": again})
    assert again != number and after["DATE_CREATE"] == before["DATE_CREATE"]
    assert (after["NAME"], after["PHONE"][0]["VALUE"], after["COMPANY_ID"]) == ("Вера", "+79991112233", "100")
    assert app.heard() == [("ONCRMCONTACTADD", {"ID": str(again)})]
    with pytest.raises(Refused):
        _restored(portal, 3, number)


def test_an_item_comes_back_with_its_stage_and_rows(portal: Sandbox, kind: dict[str, Any]) -> None:
    place = {"entityTypeId": kind["entityTypeId"]}
    stages = portal.rest("crm.item.add", {**place, "fields": {"title": "Б"}})["item"]["stageId"]
    later = stages.replace(":NEW", ":CLIENT")
    item = portal.rest("crm.item.add", {**place, "fields": {"title": "В", "stageId": later, "contactIds": [200]}})[
        "item"
    ]
    portal.rest("crm.item.delete", {**place, "id": item["id"]})
    bin_ = portal.control("act", {"method": "sandbox.crm.bin", "params": {}})["result"]
    assert (bin_[0]["entityId"], bin_[0]["title"]) == (item["id"], "В")
    again = portal.rest("crm.item.get", {**place, "id": _restored(portal, kind["entityTypeId"], item["id"])})["item"]
    assert (again["title"], again["stageId"], again["contactIds"]) == ("В", later, [200])


def test_a_process_without_a_bin_loses_its_items(portal: Sandbox) -> None:
    made = portal.rest("crm.type.add", {"fields": {"title": "Без корзины"}})["type"]
    item = portal.rest("crm.item.add", {"entityTypeId": made["entityTypeId"], "fields": {"title": "Г"}})["item"]
    portal.rest("crm.item.delete", {"entityTypeId": made["entityTypeId"], "id": item["id"]})
    with pytest.raises(Refused):
        _restored(portal, made["entityTypeId"], item["id"])


def test_the_bin_is_not_for_rest(portal: Sandbox) -> None:
    assert refusal(portal, "sandbox.crm.bin", {})[0] == "ERROR_METHOD_NOT_FOUND"


def test_an_import_keeps_times_and_starts_nothing(portal: Sandbox, kind: dict[str, Any]) -> None:
    place = {"entityTypeId": kind["entityTypeId"]}
    fields = {"title": "Старый", "createdTime": "2020-01-02T03:04:05+03:00", "createdBy": 11}
    made = portal.rest("crm.item.import", {**place, "fields": fields})["item"]["id"]
    got = portal.rest("crm.item.get", {**place, "id": made})["item"]
    assert (got["createdTime"], got["createdBy"]) == ("2020-01-02T03:04:05+03:00", 11)
    data = [{"title": "1"}, {"title": "2", "opened": "Y", "contactIds": "x"}]
    several = portal.rest("crm.item.batchImport", {**place, "data": data})["items"]
    assert several[0]["item"]["id"] > made and several[1]["error"] == 100
    assert refusal(portal, "crm.item.batchImport", {**place, "data": [{}] * 21})[0] == "MAX_IMPORT_BATCH_SIZE_EXCEEDED"


def test_nothing_new_is_no_update(app: App, portal: Sandbox) -> None:
    deal = portal.rest("crm.deal.add", {"fields": {"TITLE": "Та же", "COMMENTS": "к"}})
    before = portal.rest("crm.deal.get", {"id": deal})
    app.bind("onCrmDealUpdate")
    portal.control("clock", {"advance": "PT1M"})
    app.rest("crm.deal.update", {"id": deal, "fields": {"TITLE": "Та же", "NO_SUCH_FIELD": 1}})
    app.rest("crm.item.update", {"entityTypeId": 2, "id": deal, "fields": {"comments": "к", "nope": 2}})
    assert app.heard() == []
    assert portal.rest("crm.deal.get", {"id": deal})["DATE_MODIFY"] == before["DATE_MODIFY"]


def test_a_lead_with_a_client_is_a_repeated_one(portal: Sandbox) -> None:
    fresh = portal.rest("crm.lead.add", {"fields": {"TITLE": "Новый"}})
    known = portal.rest(
        "crm.lead.add", {"fields": {"TITLE": "Повторный", "COMPANY_ID": 100, "IS_RETURN_CUSTOMER": "N"}}
    )
    assert portal.rest("crm.lead.get", {"id": fresh})["IS_RETURN_CUSTOMER"] == "N"
    assert portal.rest("crm.lead.get", {"id": known})["IS_RETURN_CUSTOMER"] == "Y"
    portal.rest("crm.lead.update", {"id": fresh, "fields": {"CONTACT_IDS": [200]}})
    assert portal.rest("crm.lead.get", {"id": fresh})["IS_RETURN_CUSTOMER"] == "Y"


def test_in_simple_crm_a_lead_becomes_a_deal() -> None:
    with Sandbox("--rate", "off", fixture="F0") as portal:
        portal.control("act", {"method": "sandbox.crm.mode", "params": {"mode": 2}})
        assert portal.rest("crm.settings.mode.get") == 2
        phone = [{"VALUE": "+79990001122", "VALUE_TYPE": "WORK"}]
        fields = {"TITLE": "Заявка", "NAME": "Пётр", "PHONE": phone, "OPPORTUNITY": 50, "COMPANY_TITLE": "Пётр и Ко"}
        lead = portal.rest("crm.lead.add", {"fields": fields})
        assert refusal(portal, "crm.lead.get", {"id": lead}) == ("", "Not found", 400)
        deal = portal.rest("crm.deal.list", {"filter": {"LEAD_ID": lead}})[0]
        contact = portal.rest("crm.contact.get", {"id": deal["CONTACT_ID"]})
        assert (deal["TITLE"], deal["OPPORTUNITY"], contact["PHONE"][0]["VALUE"]) == (
            *("Заявка", "50.00"),
            "+79990001122",
        )
        assert portal.rest("crm.company.get", {"id": deal["COMPANY_ID"]})["TITLE"] == "Пётр и Ко"
        portal.control("act", {"method": "sandbox.crm.mode", "params": {"mode": 1}})
        lead = portal.rest("crm.lead.add", {"fields": {"TITLE": "Лид"}})
        assert portal.rest("crm.lead.get", {"id": lead})["STATUS_ID"] == "NEW"
