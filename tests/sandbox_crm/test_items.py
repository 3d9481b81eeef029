"""Items through crm.item.*: round trips, changes, links, rights."""

from __future__ import annotations

from datetime import datetime

from tests.sandbox_crm.conftest import Desk


def test_a_deal_comes_back_as_it_was_sent(desk: Desk) -> None:
    number = desk.add(
        2,
        title="Заказ",
        companyId=100,
        contactIds=[200, 201],
        opportunity="1500.50",
        currencyId="EUR",
        closedate="2026-05-01",
        isManualOpportunity=True,
        observers=[11, 12],
        originatorId="1C",
        originId="77",
        nonsense=1,
    )
    deal = desk.item(2, number)
    assert (deal["title"], deal["companyId"], deal["contactId"], deal["contactIds"]) == ("Заказ", 100, 200, [200, 201])
    assert (deal["opportunity"], deal["currencyId"], deal["isManualOpportunity"]) == (1500.5, "EUR", "Y")
    assert (deal["originatorId"], deal["originId"], deal["observers"]) == ("1C", "77", [11, 12])
    assert deal["closedate"] == "2026-05-01T03:00:00+03:00"
    assert (deal["categoryId"], deal["stageId"], deal["stageSemanticId"], deal["closed"]) == (0, "NEW", "P", "N")
    assert deal["entityTypeId"] == 2
    assert "nonsense" not in deal
    assert "fm" not in deal


def test_defaults_of_a_new_item(desk: Desk) -> None:
    deal = desk.item(2, desk.add(2))
    assert deal["title"] == f"Сделка #{deal['id']}"
    assert (deal["assignedById"], deal["createdBy"], deal["movedBy"], deal["opened"]) == (1, 1, 1, "Y")
    assert (deal["companyId"], deal["contactId"], deal["opportunity"], deal["currencyId"]) == (0, 0, 0, "RUB")
    assert deal["dateCreateShort"] is None
    assert desk.item(31, desk.add(31))["accountNumber"] == "1"


def test_directories_give_the_first_value(desk: Desk) -> None:
    assert desk.item(2, desk.add(2))["sourceId"] == "CALL"
    company = desk.item(4, desk.add(4, title="Новая"))
    assert (company["typeId"], company["employees"]) == ("CUSTOMER", "EMPLOYEES_1")


def test_multifields_are_added_changed_and_deleted(desk: Desk) -> None:
    contact = desk.item(3, 200)
    phone, mail = contact["fm"]
    assert (phone["typeId"], phone["value"], contact["phone"], contact["emailWork"]) == (
        "PHONE",
        "+79990000001",
        "+79990000001",
        "a@romashka.ru",
    )
    changed = desk.update(
        3,
        200,
        fm={
            str(phone["id"]): {"typeId": "PHONE", "valueType": "MOBILE", "value": "+79990000009"},
            str(mail["id"]): {"typeId": "EMAIL", "value": ""},
            "n0": {"typeId": "WEB", "valueType": "WORK", "value": "romashka.ru"},
        },
    )
    assert [(e["typeId"], e["value"]) for e in changed["fm"]] == [("PHONE", "+79990000009"), ("WEB", "romashka.ru")]
    assert (changed["hasPhone"], changed["hasEmail"], changed["phoneMobile"]) == ("Y", "N", "+79990000009")


def test_fm_comes_only_with_a_star(desk: Desk) -> None:
    assert "fm" not in desk.call("crm.item.list", entityTypeId=3)[0]
    assert "fm" not in desk.call("crm.item.list", entityTypeId=3, select=["id", "fm"])[0]
    assert "fm" in desk.call("crm.item.list", entityTypeId=3, select=["*"])[0]


def test_an_unchanged_update_is_not_saved(desk: Desk) -> None:
    number = desk.add(2, title="A", opportunity=100, companyId=100)
    before = desk.item(2, number)
    desk.codes()
    desk.portal.clock.set(datetime(2031, 1, 1))
    after = desk.update(2, number, title="A", opportunity="100.00", companyId="100", comments="")
    assert after == before
    assert desk.codes() == []
    changed = desk.update(2, number, title="B")
    assert changed["updatedTime"].startswith("2031-01-01")
    assert changed["movedTime"] == before["movedTime"]
    assert desk.codes() == ["ONCRMDEALUPDATE"]


def test_a_stage_move_is_remembered(desk: Desk) -> None:
    number = desk.add(2)
    desk.codes()
    desk.update(2, number, stageId="EXECUTING")
    won = desk.update(2, number, stageId="WON")
    assert (won["closed"], won["stageSemanticId"]) == ("Y", "S")
    assert desk.update(2, number, stageId="NEW")["closed"] == "N"
    history = desk.call("crm.stagehistory.list", entityTypeId=2, filter={"OWNER_ID": number})
    assert [(r["TYPE_ID"], r["STAGE_ID"], r["STAGE_SEMANTIC_ID"]) for r in history] == [
        (1, "NEW", "P"),
        (2, "EXECUTING", "P"),
        (3, "WON", "S"),
        (2, "NEW", "P"),
    ]
    assert [r["ID"] for r in history] == sorted(r["ID"] for r in history)
    assert desk.codes() == ["ONCRMDEALUPDATE"] * 3


def test_another_funnel_has_its_own_event(desk: Desk) -> None:
    category = desk.call("crm.category.add", entityTypeId=2, fields={"name": "Активные"})["category"]["id"]
    number = desk.add(2)
    desk.codes()
    moved = desk.update(2, number, categoryId=category)
    assert (moved["categoryId"], moved["stageId"]) == (category, f"C{category}:NEW")
    assert desk.events == [
        (
            "ONCRMDEALMOVETOCATEGORY",
            {"FIELDS": {"ID": number, "CATEGORY_ID": category, "STAGE_ID": f"C{category}:NEW"}},
        )
    ]
    last = desk.call("crm.stagehistory.list", entityTypeId=2, filter={"OWNER_ID": number}, start=-1)[-1]
    assert (last["TYPE_ID"], last["CATEGORY_ID"]) == (5, category)


def test_a_stage_of_another_funnel_is_refused(desk: Desk) -> None:
    number = desk.add(2)
    refusal = desk.refusal("crm.item.update", entityTypeId=2, id=number, fields={"stageId": "C99:NEW"})
    assert refusal.code == "CRM_FIELD_ERROR_VALUE_NOT_VALID"
    refusal = desk.refusal("crm.item.add", entityTypeId=2, fields={"categoryId": 99})
    assert refusal.code == "CRM_FIELD_ERROR_VALUE_NOT_VALID"


def test_refusals(desk: Desk) -> None:
    assert desk.refusal("crm.item.get", entityTypeId=2, id=5).body()["error"] == "NOT_FOUND"
    assert desk.refusal("crm.item.get", entityTypeId=200, id=5).code == "NOT_FOUND"
    assert desk.refusal("crm.item.get", entityTypeId=5, id=5).code == "ENTITY_TYPE_NOT_SUPPORTED"
    assert desk.refusal("crm.item.get", entityTypeId=2).code == 100
    assert desk.refusal("crm.item.add", entityTypeId=2).code == 100
    assert desk.refusal("crm.item.delete", entityTypeId=2, id=77).status == 400
    assert desk.refusal("crm.item.add", entityTypeId=2, fields={"observers": "11"}).code == 100
    assert desk.refusal("crm.item.add", entityTypeId=2, fields={"contactIds": 5}).code == 100
    bad = desk.refusal("crm.item.add", entityTypeId=2, fields={"closedate": "soon"})
    assert bad.code == "CRM_FIELD_ERROR_VALUE_NOT_VALID"


def test_deleting_a_company_clears_the_links_to_it(desk: Desk) -> None:
    deal, invoice = desk.add(2, companyId=100), desk.add(31, companyId=100)
    desk.codes()
    assert desk.call("crm.item.delete", entityTypeId=4, id=100) == []
    assert desk.codes() == ["ONCRMCOMPANYDELETE"]
    assert desk.item(2, deal)["companyId"] == 0
    assert desk.item(31, invoice)["companyId"] is None
    assert desk.item(3, 200)["companyIds"] == []


def test_contacts_and_companies_are_linked_both_ways(desk: Desk) -> None:
    assert desk.item(4, 100)["contactIds"] == [200]
    desk.update(4, 100, contactIds=[200, 201])
    assert desk.item(3, 201)["companyIds"] == [101, 100]
    assert desk.item(3, 201)["companyId"] == 101


def test_rights_of_an_employee(desk: Desk) -> None:
    from sandbox.crm.access import set_mode

    set_mode(desk.portal, 12, 4, "own")
    assert desk.call("crm.item.get", user=12, entityTypeId=4, id=101)["item"]["title"] == "Лютик"
    refusal = desk.refusal("crm.item.get", user=12, entityTypeId=4, id=100)
    assert (refusal.code, refusal.status) == ("ACCESS_DENIED", 400)
    assert [row["id"] for row in desk.call("crm.item.list", user=12, entityTypeId=4)] == [101]
    assert len(desk.call("crm.item.list", user=11, entityTypeId=4)) == 3
    desk.portal.call("sandbox.crm.access", {"user": 12, "entityTypeId": 4, "mode": "none"})
    assert desk.refusal("sandbox.crm.access", user=12, entityTypeId=4, mode="all").status == 404
    assert desk.call("crm.item.list", user=12, entityTypeId=4) == []


def test_items_that_may_be_changed_but_not_moved(desk: Desk) -> None:
    deal = desk.add(2, title="Deal")
    desk.portal.call("sandbox.crm.access", {"user": 12, "entityTypeId": 2, "mode": "still"})
    assert desk.call("crm.item.list", user=12, entityTypeId=2)[0]["id"] == deal
    asked = {"entityTypeId": 2, "id": deal}
    desk.call("crm.item.update", user=12, **asked, fields={"title": "Other", "stageId": "NEW"})
    refusal = desk.refusal("crm.item.update", user=12, **asked, fields={"stageId": "PREPARATION"})
    assert (refusal.code, refusal.status) == ("", 400)
    assert desk.item(2, deal)["title"] == "Other"


def test_a_silent_fixture_sets_times_and_sends_nothing(desk: Desk) -> None:
    from sandbox.fixtures.acceptance import create

    fields = {"title": "Старая", "createdTime": "2026-02-01T10:00:00+03:00", "createdBy": 12, "stageId": "WON"}
    create(desk.portal, "crm.item.add", {"entityTypeId": 2, "fields": fields}, 11, 501)
    deal = desk.item(2, 501)
    assert (deal["createdTime"], deal["createdBy"]) == ("2026-02-01T10:00:00+03:00", 12)
    assert deal["movedTime"] == deal["updatedTime"] == "2026-02-01T10:00:00+03:00"
    assert desk.events == []
    history = desk.call("crm.stagehistory.list", entityTypeId=2, filter={"OWNER_ID": 501})
    assert history[0]["CREATED_TIME"] == "2026-02-01T10:00:00+03:00"


def test_an_import_keeps_the_past_and_starts_no_automation(desk: Desk) -> None:
    entries: list[object] = []
    desk.portal.on_entry = entries.append
    fields = {"title": "Из другого портала", "createdTime": "2025-01-02T10:00:00+03:00", "createdBy": 12}
    number = desk.call("crm.item.import", entityTypeId=2, fields=fields)["item"]["id"]
    assert desk.item(2, number)["createdTime"] == "2025-01-02T10:00:00+03:00"
    assert desk.codes() == ["ONCRMDEALADD"]
    answer = desk.call("crm.item.batchImport", entityTypeId=2, data=[fields, {"stageId": "NONE"}])["items"]
    assert (answer[0]["item"]["id"], answer[1]["error"]) == (number + 1, "CRM_FIELD_ERROR_VALUE_NOT_VALID")
    assert entries == []
    desk.add(2)
    assert len(entries) == 1
    future, past = "2035-01-02T10:00:00+03:00", "2024-01-02T10:00:00+03:00"
    for name, value in (("createdTime", future), ("updatedTime", past), ("updatedTime", future), ("movedTime", past)):
        refusal = desk.refusal("crm.item.import", entityTypeId=2, fields=fields | {name: value})
        assert refusal.code == "CRM_FIELD_ERROR_VALUE_NOT_VALID" and name in refusal.description
    many = desk.refusal("crm.item.batchImport", entityTypeId=2, data=[fields] * 21)
    assert many.code == "MAX_IMPORT_BATCH_SIZE_EXCEEDED"
    assert desk.refusal("crm.item.import", user=11, entityTypeId=2, fields=fields).status == 400
