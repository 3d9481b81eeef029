"""Smart processes, funnels, stages and user fields."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.crm.fields import item_name
from tests.sandbox_crm.conftest import Desk


def make_type(desk: Desk, **fields: Any) -> dict[str, Any]:
    flags = {"isStagesEnabled": "Y", "isCategoriesEnabled": "Y", "isClientEnabled": "Y", "isAutomationEnabled": "Y"}
    parents = [{"entityTypeId": 2, "isChildrenListEnabled": "true"}]
    values = {"title": "Долги", **flags, "relations": {"parent": parents}, **fields}
    return dict(desk.call("crm.type.add", fields=values)["type"])


def test_a_smart_process_has_a_funnel_stages_and_parents(desk: Desk) -> None:
    made = make_type(desk)
    number = made["entityTypeId"]
    assert (number, made["id"], made["isClientEnabled"], made["isSourceEnabled"]) == (128, 5, "Y", "N")
    assert {"entityTypeId": 2, "isChildrenListEnabled": "Y", "isPredefined": "N"} in made["relations"]["parent"]
    assert {"entityTypeId": 4, "isChildrenListEnabled": "Y", "isPredefined": "Y"} in made["relations"]["parent"]
    funnel = desk.call("crm.category.list", entityTypeId=number)[0]
    stages = desk.call("crm.status.list", filter={"ENTITY_ID": f"DYNAMIC_{number}_STAGE_{funnel['id']}"})
    assert stages[0]["STATUS_ID"] == f"DT{number}_{funnel['id']}:NEW"
    assert [s["SEMANTICS"] for s in stages] == [None, None, None, "S", "F"]
    deal = desk.add(2, title="Заказ")
    item = desk.item(number, desk.add(number, title="Долг", companyId=100, parentId2=deal, xmlId="k1", opportunity=5))
    assert (item["parentId2"], item["companyId"], item["xmlId"]) == (deal, 100, "k1")
    assert "opportunity" not in item
    assert desk.ids(number, parentId2=deal) == [item["id"]]
    desk.call("crm.item.delete", entityTypeId=2, id=deal)
    assert desk.item(number, item["id"])["parentId2"] is None


def test_items_of_smart_processes_have_two_events(desk: Desk) -> None:
    number = make_type(desk)["entityTypeId"]
    desk.codes()
    item = desk.add(number)
    assert desk.events == [
        ("ONCRMDYNAMICITEMADD", {"FIELDS": {"ID": item, "ENTITY_TYPE_ID": number}}),
        (f"ONCRMDYNAMICITEMADD_{number}", {"FIELDS": {"ID": item, "ENTITY_TYPE_ID": number}}),
    ]
    desk.codes()
    desk.add(31)
    assert desk.codes() == ["ONCRMDYNAMICITEMADD", "ONCRMDYNAMICITEMADD_31"]


def test_types_are_refused_by_number_plan_and_right(desk: Desk) -> None:
    make_type(desk, entityTypeId=1030)
    assert desk.refusal("crm.type.add", fields={"title": "B", "entityTypeId": 1030}).code == "INVALID_ARG_VALUE"
    assert desk.refusal("crm.type.add", fields={"title": "B", "entityTypeId": 1031}).code == "INVALID_ARG_VALUE"
    assert desk.refusal("crm.type.add", user=11, fields={"title": "B"}).code == "ACCESS_DENIED"
    desk.portal.store.set_setting("plan.spa_limit", 1)
    assert desk.refusal("crm.type.add", fields={"title": "B"}).code == "CREATE_DYNAMIC_TYPE_RESTRICTED"
    assert desk.refusal("crm.type.get", id=99).code == 0


def test_a_refused_command_leaves_the_schema_as_it_was(desk: Desk) -> None:
    store = desk.portal.store
    store.execute("SAVEPOINT outer")
    number = make_type(desk)["entityTypeId"]
    store.roll_back("outer")
    store.execute("RELEASE outer")
    assert desk.refusal("crm.item.list", entityTypeId=number).code == "NOT_FOUND"
    snapshot = store.snapshot()
    make_type(desk)
    store.restore(snapshot)
    assert desk.call("crm.type.list") == []


def test_types_are_changed_listed_and_deleted(desk: Desk) -> None:
    made = make_type(desk)
    changed = desk.call("crm.type.update", id=made["id"], fields={"title": "Долг", "isSourceEnabled": "Y"})["type"]
    assert (changed["title"], changed["isSourceEnabled"], changed["isStagesEnabled"]) == ("Долг", "Y", "Y")
    page = desk.page("crm.type.list", filter={"%title": "дол", "isClientEnabled": "Y"}, order={"id": "DESC"})
    assert (page.total, page.container, page.rows[0]["id"]) == (1, "types", made["id"])
    item = desk.add(made["entityTypeId"])
    assert desk.refusal("crm.type.delete", id=made["id"]).code == "BX_ERROR"
    desk.call("crm.item.delete", entityTypeId=made["entityTypeId"], id=item)
    assert desk.call("crm.type.delete", id=made["id"]) == []
    assert desk.page("crm.type.list").total == 0


def test_a_deal_funnel_comes_with_stages(desk: Desk) -> None:
    funnel = desk.call("crm.category.add", entityTypeId=2, fields={"name": "Активные", "sort": 10})["category"]
    assert (funnel["id"], funnel["isDefault"], funnel["originId"]) == (1, "N", "")
    page = desk.page("crm.category.list", entityTypeId=2)
    assert [c["id"] for c in page.rows] == [1, 0]
    stages = desk.call("crm.status.list", filter={"ENTITY_ID": "DEAL_STAGE_1"}, order={"SORT": "ASC"})
    assert (stages[0]["STATUS_ID"], stages[0]["CATEGORY_ID"], stages[0]["EXTRA"]["SEMANTICS"]) == (
        "C1:NEW",
        "1",
        "process",
    )
    deal = desk.add(2, categoryId=1)
    assert desk.refusal("crm.category.delete", entityTypeId=2, id=1).code == 0
    assert desk.refusal("crm.category.delete", entityTypeId=2, id=0).code == 0
    desk.call("crm.item.delete", entityTypeId=2, id=deal)
    assert desk.call("crm.category.delete", entityTypeId=2, id=1) is None
    assert desk.refusal("crm.category.get", entityTypeId=2, id=1).code == "NOT_FOUND"
    assert desk.refusal("crm.category.add", entityTypeId=2, fields={}).code == 0


def test_stages_are_added_with_their_prefix_and_order(desk: Desk) -> None:
    desk.call("crm.category.add", entityTypeId=2, fields={"name": "Активные"})
    fields = {"ENTITY_ID": "DEAL_STAGE_1", "STATUS_ID": "SHIPPED", "NAME": "Отгружено", "SORT": 45, "COLOR": "#112233"}
    number = desk.call("crm.status.add", fields=fields)
    assert desk.call("crm.status.get", id=number)["STATUS_ID"] == "C1:SHIPPED"
    assert desk.refusal("crm.status.add", fields=fields).code == "ERROR_CORE"
    late = desk.refusal("crm.status.add", fields={**fields, "STATUS_ID": "LATE", "SORT": 900})
    assert (late.code, "final stage" in late.description) == ("", True)
    assert desk.refusal("crm.status.add", fields={"ENTITY_ID": "NONE", "STATUS_ID": "A", "NAME": "A"}).code == ""
    assert desk.refusal("crm.status.add", fields={"NAME": "A"}).code == ""
    assert desk.refusal("crm.status.add", user=11, fields=fields).code == ""
    assert desk.call("crm.status.update", id=number, fields={"NAME": "Отгрузка", "SORT": 44}) is True
    deal = desk.add(2, categoryId=1, stageId="C1:SHIPPED")
    assert desk.refusal("crm.status.delete", id=number).code == "There are active items in this status."
    desk.call("crm.item.delete", entityTypeId=2, id=deal)
    assert desk.call("crm.status.delete", id=number) is True
    new = desk.call("crm.status.list", filter={"ENTITY_ID": "DEAL_STAGE_1", "STATUS_ID": "C1:NEW"})[0]
    assert "FORCED" in desk.refusal("crm.status.delete", id=new["ID"]).code
    assert desk.call("crm.status.delete", id=new["ID"], params={"FORCED": "Y"}) is True


def test_directories(desk: Desk) -> None:
    types = {entry["ID"]: entry for entry in desk.call("crm.status.entity.types")}
    assert types["DEAL_STAGE"]["SEMANTIC_INFO"]["FINAL_SUCCESS_FIELD"] == "WON"
    assert types["SMART_INVOICE_STAGE_1"]["PREFIX"] == "DT31_1"
    items = desk.call("crm.status.entity.items", entityId="COMPANY_TYPE")
    assert items[0] == {"NAME": "Клиент", "SORT": 10, "STATUS_ID": "CUSTOMER"}
    desk.update(4, 100, typeId="SUPPLIER")
    assert desk.ids(4, typeId="SUPPLIER") == [100]


@pytest.mark.parametrize(
    ("original", "converted"),
    [
        ("UF_CRM_3_DIGIT", "ufCrm3Digit"),
        ("UF_CRM_3_1747309727", "ufCrm3_1747309727"),
        ("UF_CRM_3_DIGIT10", "ufCrm_3_DIGIT10"),
        ("UF_CRM_3_DIGIT_10", "ufCrm_3_DIGIT_10"),
        ("UF_CRM_1747309879", "ufCrm_1747309879"),
        ("UF_CRM_DEFERRAL_DAYS", "ufCrmDeferralDays"),
    ],
)
def test_names_of_user_fields(original: str, converted: str) -> None:
    assert item_name(original) == converted


def user_field(desk: Desk, name: str, kind: str, entity: str = "CRM_DEAL", **more: Any) -> dict[str, Any]:
    field = {"entityId": entity, "fieldName": name, "userTypeId": kind, "editFormLabel": {"ru": "Поле"}, **more}
    return dict(desk.call("userfieldconfig.add", moduleId="crm", field=field)["field"])


def test_user_fields_keep_values_of_every_type(desk: Desk) -> None:
    kinds = {
        "STRING": ("string", "текст", "текст"),
        "WHOLE": ("integer", "14", 14),
        "REAL": ("double", "2.5", 2.5),
        "YES": ("boolean", "Y", "Y"),
        "DAY": ("date", "2026-04-13", "2026-04-13T03:00:00+03:00"),
        "MOMENT": ("datetime", "2026-04-13T10:00:00+03:00", "2026-04-13T10:00:00+03:00"),
        "SUM": ("money", "300|RUB", "300|RUB"),
        "LINK": ("crm", "T80_6", "T80_6"),
        "WHO": ("employee", "11", 11),
    }
    for name, (kind, _, _) in kinds.items():
        user_field(desk, f"UF_CRM_{name}", kind)
    user_field(desk, "UF_CRM_MANY", "integer", multiple="Y")
    sent = {f"UF_CRM_{name}": value for name, (_, value, _) in kinds.items()} | {"UF_CRM_MANY": [3, "4"]}
    answer = desk.call("crm.item.add", entityTypeId=2, fields=sent, useOriginalUfNames="Y")["item"]
    assert {n: answer[f"UF_CRM_{n}"] for n in kinds} == {n: printed for n, (_, _, printed) in kinds.items()}
    assert answer["UF_CRM_MANY"] == [3, 4]
    camel = desk.item(2, answer["id"])
    assert (camel["ufCrmWhole"], camel["ufCrmMany"], "UF_CRM_WHOLE" in camel) == (14, [3, 4], False)
    assert desk.ids(2, ufCrmWhole=14, ufCrmMany=4, ufCrmYes=1, ufCrmSum="300|RUB") == [answer["id"]]
    assert desk.ids(2, ufCrmYes=0) == []
    assert desk.refusal("crm.item.list", entityTypeId=2, filter={"ufCrmYes": "Y"}).code == "INVALID_ARG_VALUE"
    assert desk.refusal("crm.item.list", entityTypeId=2, filter={"UF_CRM_WHOLE": 1}).code == "INVALID_ARG_VALUE"
    cleared = desk.update(2, answer["id"], ufCrmWhole="", ufCrmMany=[])
    assert (cleared["ufCrmWhole"], cleared["ufCrmMany"]) == (None, [])


def test_a_list_field(desk: Desk) -> None:
    field = user_field(desk, "UF_CRM_CITY", "enumeration", enum=[{"value": "Тула"}, {"value": "Орёл", "def": "Y"}])
    assert [entry["value"] for entry in field["enum"]] == ["Тула", "Орёл"]
    city = int(field["enum"][0]["id"])
    assert desk.item(2, desk.add(2, ufCrmCity=city))["ufCrmCity"] == city
    described = desk.call("crm.item.fields", entityTypeId=2)["fields"]["ufCrmCity"]
    assert (described["type"], described["isDynamic"], described["upperName"]) == ("enumeration", True, "UF_CRM_CITY")
    assert described["items"] == [{"ID": str(city), "VALUE": "Тула"}, {"ID": str(city + 1), "VALUE": "Орёл"}]
    changed = desk.call(
        "userfieldconfig.update",
        moduleId="crm",
        id=field["id"],
        field={"enum": [{"id": city, "del": "Y"}, {"value": "Курск"}], "userTypeId": "enumeration", "mandatory": "Y"},
    )["field"]
    assert ([e["value"] for e in changed["enum"]], changed["mandatory"]) == (["Орёл", "Курск"], "Y")


def test_user_fields_of_a_smart_process_use_the_id_of_its_type(desk: Desk) -> None:
    made = make_type(desk)
    user_field(desk, f"UF_CRM_{made['id']}_AMOUNT", "double", entity=f"CRM_{made['id']}")
    item = desk.item(made["entityTypeId"], desk.add(made["entityTypeId"], ufCrm5Amount="10"))
    assert item["ufCrm5Amount"] == 10


def test_refusals_of_user_fields(desk: Desk) -> None:
    field = user_field(desk, "UF_CRM_A", "string")
    assert field["settings"]["ROWS"] == 1
    base = {"entityId": "CRM_DEAL", "fieldName": "UF_CRM_A", "userTypeId": "string"}

    def code(**change: Any) -> str:
        refusal = desk.refusal("userfieldconfig.add", moduleId="crm", field={**base, **change})
        assert refusal.status == 400
        return str(refusal.code)

    assert code() == code(fieldName="UF_X") == code(fieldName="") == code(userTypeId="") == code(userTypeId="no") == ""
    page = desk.page("userfieldconfig.list", moduleId="crm", filter={"entityId": "CRM_DEAL"})
    assert (page.total, page.container, page.rows[0]["fieldName"]) == (1, "fields", "UF_CRM_A")
    assert "editFormLabel" not in page.rows[0]
    spoken = desk.call("userfieldconfig.list", moduleId="crm", select={"0": "*", "language": "ru"})[0]
    assert spoken["editFormLabel"] == {"ru": "Поле"}
    assert desk.call("userfieldconfig.delete", moduleId="crm", id=field["id"]) is None
    assert "ufCrmA" not in desk.item(2, desk.add(2))


def test_small_settings(desk: Desk) -> None:
    assert desk.call("crm.currency.base.get") == "RUB"
    euro = desk.call("crm.currency.get", id="EUR")
    assert (euro["AMOUNT"], euro["AMOUNT_CNT"], euro["BASE"]) == ("90.0000", "1", "N")
    assert desk.call("crm.currency.update", id="EUR", fields={"AMOUNT": 95}) is True
    assert desk.call("crm.currency.get", id="EUR")["AMOUNT"] == "95.0000"
    calendar = desk.call("calendar.settings.get")
    assert ("9.03" in calendar["year_holidays"].split(","), calendar["week_holidays"]) == (True, ["SA", "SU"])
    assert desk.call("crm.settings.mode.get") == 1
    assert desk.call("crm.requisite.list", filter={"RQ_INN": "7701234567"})[0]["ENTITY_ID"] == "100"
