"""Call lists, constants, fields for the search of duplicates."""

from __future__ import annotations

from tests.sandbox_activities.conftest import COMPANY, CONTACT, Desk


def test_a_call_list(desk: Desk) -> None:
    number = desk.call("crm.calllist.add", ENTITY_TYPE="CONTACT", ENTITIES=[200, 201], WEBFORM_ID=5)
    assert desk.call("crm.calllist.get", ID=number) == {
        "ID": str(number),
        "DATE_CREATE": desk.call("crm.calllist.get", ID=number)["DATE_CREATE"],
        "CREATED_BY_ID": "1",
        "WEBFORM_ID": "5",
        "ENTITY_TYPE_ID": "3",
        "ENTITY_TYPE": "CONTACT",
    }
    assert desk.call("crm.calllist.items.get", LIST_ID=number) == [
        {"ID": 200, "STATUS": "IN_WORK", "ENTITY_TYPE": 3},
        {"ID": 201, "STATUS": "IN_WORK", "ENTITY_TYPE": 3},
    ]
    assert desk.call("crm.calllist.items.get", LIST_ID=number, FILTER={"STATUS": "SUCCESS"}) == []
    changed = {"LIST_ID": number, "ENTITY_TYPE": "CONTACT", "ENTITIES": [201]}
    assert desk.call("crm.calllist.update", **changed) is True
    assert [item["ID"] for item in desk.call("crm.calllist.items.get", LIST_ID=number)] == [201]
    assert desk.call("crm.calllist.get", ID=number)["WEBFORM_ID"] is None
    found = desk.call("crm.calllist.list", SELECT=["ID"], FILTER={"ENTITY_TYPE_ID": 3}, ORDER={"ID": "DESC"})
    assert found == [{"ID": str(number)}]
    assert [s["STATUS_ID"] for s in desk.call("crm.calllist.statuslist")] == [
        "IN_WORK",
        "SUCCESS",
        "WRONG_NUMBER",
        "STOP_CALLING",
    ]


def test_refusals_of_call_lists(desk: Desk) -> None:
    good = {"ENTITY_TYPE": "CONTACT", "ENTITIES": [200]}
    number = desk.call("crm.calllist.add", **good)
    assert desk.refused("crm.calllist.add", ENTITY_TYPE="CONTACT") == ("ERROR_ARGUMENT", "ENTITIES is not found", 400)
    assert desk.refused("crm.calllist.add", **{**good, "ENTITIES": 5})[0] == "ENTITIES_ERROR"
    assert desk.refused("crm.calllist.add", **{**good, "ENTITY_TYPE": "DEAL"})[0] == "ENTITY_TYPE_ERROR"
    assert desk.refused("crm.calllist.add", **{**good, "ENTITIES": [9999]})[0] == "ENTITY_ERROR"
    assert desk.refused("crm.calllist.add", **good, WEBFORM_ID=999)[0] == "WEBFORM_ERROR"
    assert desk.refused("crm.calllist.get", ID=9999) == ("LIST_ID_ERROR", "Incorrect list id", 400)
    assert desk.refused("crm.calllist.items.get", LIST_ID=0)[:2] == ("LIST_ID_ERROR", "List id should be positive")
    assert desk.refused("crm.calllist.items.get", LIST_ID=number, FILTER={"STATUS": "X"})[0] == "STATUS_ERROR"
    code, text, _ = desk.refused("crm.calllist.list", FILTER={"TITLE": "x"})
    assert (code, text.startswith("Unknown field definition `TITLE` (TITLE)")) == ("100", True)
    companies = {"LIST_ID": number, "ENTITY_TYPE": "COMPANY", "ENTITIES": [100]}
    assert desk.refused("crm.calllist.update", **companies)[1].startswith("Discrepancy between")
    closed = {"user": 12, "entityTypeId": CONTACT, "mode": "none"}
    desk.sandbox.control("act", {"method": "sandbox.crm.access", "params": closed})
    assert desk.refused("crm.calllist.add", user=12, **good)[::2] == ("ACCESS_ERROR", 403)
    assert desk.refused("crm.calllist.update", user=12, LIST_ID=number, **good)[::2] == ("ACCESS_ERROR", 403)


def test_constants(desk: Desk) -> None:
    for name in ("activitydirection", "activitynotifytype", "activitypriority", "activitystatus", "activitytype"):
        first = desk.call(f"crm.enum.{name}")[0]
        assert first == {"ID": 0, "NAME": "", "SYMBOL_CODE": None, "SYMBOL_CODE_SHORT": None}
    assert [one["ID"] for one in desk.call("crm.enum.addresstype")] == [11, 1, 6, 4, 8, 9]
    assert [one["ID"] for one in desk.call("crm.enum.settings.mode")] == [1, 2]
    owners = {one["ID"]: one["SYMBOL_CODE_SHORT"] for one in desk.call("crm.enum.ownertype")}
    assert (owners[5], owners[31], owners[36]) == ("I", "SI", "DO")
    assert desk.call("crm.enum.getorderownertypes")[0]["code"] == "DEAL"
    assert set(desk.call("crm.enum.fields")) == {"ID", "NAME", "SYMBOL_CODE", "SYMBOL_CODE_SHORT"}
    assert len(desk.call("crm.enum.contenttype")) == 4


def test_fields_that_duplicates_are_looked_for_by(desk: Desk) -> None:
    name = "crm.duplicate.volatileType"
    fields = desk.call(f"{name}.fields", entityTypeId=1)
    assert {k: v for k, v in fields[0].items() if k != "fieldTitle"} == {"entityTypeId": 1, "fieldCode": "TITLE"}
    assert {one["entityTypeId"] for one in desk.call(f"{name}.fields")} == {1, 3, 4}
    first = desk.call(f"{name}.register", entityTypeId=1, fieldCode="TITLE")["id"]
    assert desk.call(f"{name}.register", entityTypeId=1, fieldCode="TITLE") == {"id": first}
    assert desk.call(f"{name}.list") == [{"id": first, "entityTypeId": 1, "fieldCode": "TITLE"}]
    wrong = desk.refused(f"{name}.register", entityTypeId=1, fieldCode="NONSENSE")
    assert wrong == ("FIELD_NOT_FOUND", "Field not found", 400)
    free = [one for one in desk.call(f"{name}.fields") if one["fieldCode"] != "TITLE"]
    for one in free[:6]:
        desk.call(f"{name}.register", entityTypeId=one["entityTypeId"], fieldCode=one["fieldCode"])
    more = desk.refused(f"{name}.register", entityTypeId=free[6]["entityTypeId"], fieldCode=free[6]["fieldCode"])
    assert more[0] == "MAX_TYPES_COUNT_EXCEEDED"
    assert desk.call(f"{name}.unregister", id=first) is True
    assert desk.refused(f"{name}.unregister", id=first)[0] == "TYPE_IS_NOT_ASSIGNED"
    assert desk.refused(f"{name}.list", user=11) == ("ACCESS_DENIED", "Access denied", 400)


def test_clients_with_the_same_phone(desk: Desk) -> None:
    other = {"n0": {"typeId": "PHONE", "valueType": "WORK", "value": "8 (999) 000-00-01;15"}}
    company = desk.add(COMPANY, title="Вторая", fm=other)
    found = desk.call("crm.duplicate.findbycomm", type="PHONE", values=["+79990000001"])
    assert found == {"CONTACT": [200], "COMPANY": [company]}
    for entity_type_id in (1, CONTACT, COMPANY):
        closed = {"user": 12, "entityTypeId": entity_type_id, "mode": "none"}
        desk.sandbox.control("act", {"method": "sandbox.crm.access", "params": closed})
    denied = desk.refused("crm.duplicate.findbycomm", user=12, type="PHONE", values=["+79990000001"])
    assert denied == ("Access denied", "Access denied", 403)
