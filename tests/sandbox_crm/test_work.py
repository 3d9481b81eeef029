"""Product rows, payments, tasks, activities, the timeline, and merging."""

from __future__ import annotations

import json
from typing import Any

from sandbox.crm.merge import merge
from tests.sandbox_crm.conftest import Desk


def test_product_rows_make_the_sum(desk: Desk) -> None:
    deal = desk.add(2)
    rows = [
        {"productName": "Молоко", "price": 100, "quantity": 3, "taxRate": 10, "taxIncluded": "Y"},
        {"productName": "Сыр", "price": "50.50", "discountTypeId": 2, "discountRate": 10},
    ]
    printed = desk.call("crm.item.productrow.set", ownerType="D", ownerId=deal, productRows=rows)["productRows"]
    assert [(r["ownerType"], r["price"], r["quantity"], r["priceExclusive"]) for r in printed] == [
        ("D", 100, 3, 90.91),
        ("D", 50.5, 1, 50.5),
    ]
    assert desk.item(2, deal)["opportunity"] == 350.5
    desk.update(2, deal, isManualOpportunity="Y", opportunity=1)
    row = desk.call("crm.item.productrow.add", fields={"ownerType": "D", "ownerId": deal, "price": 5})["productRow"]
    assert desk.item(2, deal)["opportunity"] == 1
    listed = desk.page("crm.item.productrow.list", filter={"=ownerType": "D", "=ownerId": deal})
    assert (listed.total, listed.container) == (3, "productRows")
    own = {"=ownerType": "D", "=ownerId": deal, ">ID": row["id"] - 1}
    walked = desk.page("crm.item.productrow.list", filter=own, order={"ID": "DESC"})
    assert [entry["id"] for entry in walked.rows] == [row["id"]]
    assert desk.call("crm.item.productrow.delete", id=row["id"]) is None
    assert desk.refusal("crm.item.productrow.set", ownerType="D", ownerId=99, productRows=[]).code == "OWNER_NOT_FOUND"


def test_a_payment_covers_the_remainder(desk: Desk) -> None:
    deal = desk.add(2, opportunity=1000)
    first = desk.call("crm.item.payment.add", entityTypeId=2, entityId=deal, sum=400)
    second = desk.call("crm.item.payment.add", entityTypeId=2, entityId=deal)
    desk.codes()
    assert desk.call("crm.item.payment.pay", id=second) is True
    assert desk.codes() == ["ONPAYMENTENTITYSAVED", "ONCRMDEALUPDATE"]
    assert desk.call("crm.item.payment.pay", id=second) is True
    assert desk.codes() == []
    listed = desk.call("crm.item.payment.list", entityTypeId=2, entityId=deal, filter={"paid": "Y"})
    assert [(p["id"], p["sum"], p["paid"], p["empPaidId"]) for p in listed] == [(second, 600, "Y", 1)]
    assert desk.call("crm.item.payment.get", id=first)["datePaid"] is None
    desk.call("crm.item.payment.unpay", id=second)
    desk.call("crm.item.payment.delete", id=second)
    assert desk.codes() == ["ONPAYMENTENTITYSAVED", "ONCRMDEALUPDATE", "ONPAYMENTDELETED"]
    refusal = desk.refusal("crm.item.payment.add", entityTypeId=2, entityId=99)
    assert (refusal.code, refusal.status) == (0, 400)
    assert desk.refusal("crm.item.payment.add", entityTypeId=4, entityId=100).code == 0
    assert desk.refusal("crm.item.payment.add", entityTypeId=2).code == 100


def test_payments_through_the_shop(desk: Desk) -> None:
    invoice = desk.add(31, opportunity=900)
    number = desk.call("crm.item.payment.add", entityTypeId=31, entityId=invoice)
    order = desk.call("sale.payment.get", id=number)["payment"]["orderId"]
    entity = desk.page("crm.orderentity.list", filter={"ownerTypeId": 31})
    assert entity.rows == [{"orderId": order, "ownerId": invoice, "ownerTypeId": 31}]
    desk.call("sale.payment.update", id=number, fields={"sum": 300, "paySystemId": 6})
    desk.codes()
    fields = {"orderId": order, "paySystemId": 1, "sum": 100, "paid": "Y", "datePaid": "2026-04-10T12:00:00+03:00"}
    added = desk.call("sale.payment.add", fields=fields)["payment"]
    assert (added["sum"], added["paid"], added["datePaid"]) == (100, "Y", "2026-04-10T12:00:00+03:00")
    assert "ONCRMDYNAMICITEMUPDATE" in desk.codes()
    page = desk.page("sale.payment.list", filter={"orderId": order}, select=["id", "sum"], order={"id": "asc"})
    assert (page.rows[0], page.total, page.container) == ({"id": number, "sum": 300}, 2, "payments")
    assert desk.refusal("sale.payment.list", user=11).code == 200040300010


def task(desk: Desk, **fields: Any) -> dict[str, Any]:
    values = {"TITLE": "Позвонить", "RESPONSIBLE_ID": 11, **fields}
    return dict(desk.call("tasks.task.add", fields=values)["task"])


def test_a_task_lives_in_its_cards(desk: Desk) -> None:
    deal = desk.add(2)
    desk.codes()
    made = task(
        desk,
        DEADLINE="2026-04-13T18:00:00+03:00",
        UF_CRM_TASK=["CO_100", f"D_{deal}"],
        XML_ID="k1",
        AUDITORS=[10, 30],
    )
    assert desk.codes() == ["ONCRMACTIVITYADD", "ONTASKADD"]
    assert (made["status"], made["responsibleId"], made["createdBy"]) == ("2", "11", "1")
    assert (made["deadline"], made["auditors"]) == ("2026-04-13T18:00:00+03:00", ["10", "30"])
    assert (made["responsible"]["name"], "ufCrmTask" in made) == ("Иван Иванов", False)
    page = desk.page(
        "tasks.task.list", filter={"UF_CRM_TASK": f"D_{deal}", "XML_ID": "k1"}, select=["ID", "TITLE", "UF_CRM_TASK"]
    )
    assert (page.total, page.container) == (1, "tasks")
    assert page.rows[0]["ufCrmTask"] == ["CO_100", f"D_{deal}"]
    bound = desk.call("crm.activity.list", filter={"BINDINGS": [{"OWNER_TYPE_ID": 2, "OWNER_ID": deal}]})
    assert [(a["TYPE_ID"], a["ASSOCIATED_ENTITY_ID"], a["COMPLETED"]) for a in bound] == [("3", made["id"], "N")]
    done = desk.call("tasks.task.complete", taskId=made["id"])["task"]
    assert (done["status"], done["closedBy"]) == ("5", "1")
    assert desk.call("crm.activity.get", id=bound[0]["ID"])["COMPLETED"] == "Y"
    assert desk.call("tasks.task.renew", taskId=made["id"])["task"]["status"] == "2"
    assert desk.call("tasks.task.delete", taskId=made["id"]) == {"task": True}
    assert desk.events[-1] == (
        "ONTASKDELETE",
        {
            "FIELDS_BEFORE": {"ID": int(made["id"])},
            "FIELDS_AFTER": "undefined",
            "IS_ACCESSIBLE_BEFORE": "undefined",
            "IS_ACCESSIBLE_AFTER": "N",
        },
    )
    assert desk.call("crm.activity.list") == []


def test_tasks_are_changed_and_filtered(desk: Desk) -> None:
    made = task(desk, DEADLINE="2026-04-13T18:00:00+03:00")
    other = task(desk, TITLE="Написать", RESPONSIBLE_ID=12)
    desk.codes()
    desk.call("tasks.task.update", taskId=made["id"], fields={"TITLE": "Позвонить"})
    assert desk.codes() == []
    desk.call("tasks.task.update", taskId=made["id"], fields={"RESPONSIBLE_ID": 12, "STATUS": 3})
    assert desk.codes() == ["ONTASKUPDATE"]
    ids = [t["id"] for t in desk.call("tasks.task.list", filter={"RESPONSIBLE_ID": 12}, order={"ID": "ASC"})]
    assert ids == [made["id"], other["id"]]
    assert [t["id"] for t in desk.call("tasks.task.list", filter={"!REAL_STATUS": 3})] == [other["id"]]
    assert [t["id"] for t in desk.call("tasks.task.list", filter={"<=DEADLINE": "2026-04-14"})] == [made["id"]]
    assert [t["id"] for t in desk.call("tasks.task.list", filter={">ID": made["id"]}, start=-1)] == [other["id"]]


def test_refusals_of_tasks(desk: Desk) -> None:
    assert desk.refusal("tasks.task.add", fields={"RESPONSIBLE_ID": 11}).code == "ERROR_CORE"
    assert desk.refusal("tasks.task.add", fields={"TITLE": "A", "RESPONSIBLE_ID": 999}).code == "ERROR_CORE"
    assert desk.refusal("tasks.task.add").code == "100"
    assert desk.refusal("tasks.task.get", taskId="x").code == "0"
    assert desk.refusal("tasks.task.get").code == "100"
    assert desk.refusal("tasks.task.list", order={"NONSENSE": "asc"}).code == "0"


def test_a_to_do(desk: Desk) -> None:
    deal = desk.add(2)
    desk.codes()
    made = desk.call(
        "crm.activity.todo.add",
        ownerTypeId=2,
        ownerId=deal,
        deadline="2026-04-14T10:00:00",
        title="Связаться",
        responsibleId=11,
        pingOffsets=[0, 15],
    )
    number = made["id"]
    assert desk.events == [("ONCRMACTIVITYADD", {"FIELDS": {"ID": number}})]
    todo = desk.call("crm.activity.list", filter={"PROVIDER_ID": "CRM_TODO", "COMPLETED": "N", "OWNER_ID": deal})[0]
    assert (todo["ID"], todo["DEADLINE"], todo["SUBJECT"], todo["TYPE_ID"]) == (
        str(number),
        "2026-04-14T10:00:00+03:00",
        "Связаться",
        "6",
    )
    owner = {"ownerTypeId": 2, "ownerId": deal}
    desk.call("crm.activity.todo.updateDeadline", id=number, value="2026-04-15T10:00:00+03:00", **owner)
    assert desk.call("crm.activity.get", id=number)["DEADLINE"] == "2026-04-15T10:00:00+03:00"
    assert desk.call("crm.activity.update", id=number, fields={"COMPLETED": "Y"}) is True
    assert desk.call("crm.activity.get", id=number)["STATUS"] == "2"
    late = desk.refusal("crm.activity.todo.updateDescription", id=number, value="x", **owner)
    assert late.code == "CAN_NOT_UPDATE_COMPLETED_TODO"
    bad = desk.refusal("crm.activity.todo.add", ownerTypeId=2, ownerId=99, deadline="2026-04-14")
    assert bad.code == "NOT_FOUND"
    wrong = desk.refusal("crm.activity.todo.add", deadline="soon", **owner)
    assert wrong.code == "WRONG_DATETIME_FORMAT"
    assert desk.refusal("crm.activity.todo.add", **owner).code == 100
    desk.call("crm.item.delete", entityTypeId=2, id=deal)
    assert desk.call("crm.activity.list") == []


def test_a_letter_goes_to_the_outbox_when_it_is_complete(desk: Desk) -> None:
    fields = {
        "OWNER_TYPE_ID": 4,
        "OWNER_ID": 100,
        "TYPE_ID": 4,
        "DIRECTION": 2,
        "SUBJECT": "Напоминание",
        "DESCRIPTION": "Срок оплаты 16.04.2026",
        "COMMUNICATIONS": [{"VALUE": "a@romashka.ru", "ENTITY_ID": 200, "ENTITY_TYPE_ID": 3}],
        "RESPONSIBLE_ID": 11,
    }
    draft = desk.call("crm.activity.add", fields={**fields, "COMPLETED": "N"})
    assert desk.portal.store.rows("SELECT * FROM outbox") == []
    desk.call("crm.activity.add", fields={**fields, "COMPLETED": "Y"})
    sent = dict(desk.portal.store.rows("SELECT * FROM outbox")[0])
    assert (sent["channel"], sent["to"], "16.04.2026" in sent["text"]) == ("email", "a@romashka.ru", True)
    listed = desk.call("crm.activity.list", filter={"ID": draft}, select=["*", "COMMUNICATIONS"])
    communication = listed[0]["COMMUNICATIONS"][0]
    assert (communication["VALUE"], communication["ENTITY_ID"]) == ("a@romashka.ru", "200")
    assert desk.refusal("crm.activity.add", fields={"TYPE_ID": 4}).code == ""


def test_timeline_records(desk: Desk) -> None:
    fields = {"ENTITY_ID": 100, "ENTITY_TYPE": "company", "COMMENT": "Отгружено"}
    number = desk.call("crm.timeline.comment.add", fields=fields)
    assert desk.events == [("ONCRMTIMELINECOMMENTADD", {"ID": number})]
    comment = desk.call("crm.timeline.comment.get", id=number)
    assert (comment["ENTITY_TYPE"], comment["COMMENT"], comment["AUTHOR_ID"]) == ("company", "Отгружено", "1")
    deal = desk.add(2)
    bound = {"OWNER_ID": number, "ENTITY_ID": deal, "ENTITY_TYPE": "deal"}
    assert desk.call("crm.timeline.bindings.bind", fields=bound) is True
    listed = desk.page("crm.timeline.comment.list", filter={"ENTITY_TYPE": "deal", "ENTITY_ID": deal})
    assert (listed.total, listed.rows[0]["ID"]) == (1, str(number))
    assert desk.call("crm.timeline.comment.update", id=number, fields={"COMMENT": "Иначе"}) == number
    assert desk.refusal("crm.timeline.comment.delete", id=number).code == "MULTIPLE_BINDINGS"
    assert desk.call("crm.timeline.comment.delete", id=number, ownerTypeId=4, ownerId=100) is None
    assert desk.call("crm.timeline.comment.delete", id=number) is None
    assert desk.refusal("crm.timeline.comment.add", fields={**fields, "ENTITY_ID": 999}).code == "OWNER_NOT_FOUND"
    assert desk.refusal("crm.timeline.comment.add", FIELDS=fields).code == 100
    assert desk.refusal("crm.timeline.comment.add", fields={**fields, "COMMENT": " "}).code == "INVALID_ARG_VALUE"
    log = {"entityTypeId": 4, "entityId": 100, "title": "Долг", "text": "Закрыт", "iconCode": "info"}
    made = desk.call("crm.timeline.logmessage.add", fields=log)["logMessage"]
    assert (made["title"], made["authorId"]) == ("Долг", 1)
    assert desk.call("crm.timeline.logmessage.list", entityTypeId=4, entityId=100)[0]["id"] == made["id"]


def test_merging_companies_moves_their_links(desk: Desk) -> None:
    deal, invoice = desk.add(2, companyId=101), desk.add(31, companyId=101)
    made = task(desk, UF_CRM_TASK=["CO_101"])
    desk.update(4, 101, originId="77", fm={"n0": {"typeId": "PHONE", "value": "+7 999 123-45-67"}})
    desk.codes()
    body = {"entityTypeId": 4, "main": 100, "others": [101], "order": "delete_first"}
    merge(desk.portal, body)
    assert desk.codes() == ["ONCRMCOMPANYDELETE", "ONCRMCOMPANYUPDATE"]
    assert desk.refusal("crm.item.get", entityTypeId=4, id=101).code == "NOT_FOUND"
    assert (desk.item(2, deal)["companyId"], desk.item(31, invoice)["companyId"]) == (100, 100)
    survivor = desk.item(4, 100)
    assert (survivor["title"], survivor["originId"], survivor["contactIds"]) == ("Ромашка", "77", [200, 201])
    assert [e["value"] for e in survivor["fm"]] == ["+7 999 123-45-67"]
    card = desk.call("tasks.task.get", taskId=made["id"], select=["UF_CRM_TASK"])["task"]
    assert card["ufCrmTask"] == ["CO_100"]
    assert json.loads(desk.portal.store.value("SELECT ufCrmTask FROM tasks")) == ["CO_100"]


def test_merging_deals_keeps_the_survivor(desk: Desk) -> None:
    main, other = desk.add(2, title="A", contactIds=[200]), desk.add(2, title="B", contactIds=[201], opportunity=5)
    desk.codes()
    merge(desk.portal, {"entityTypeId": 2, "main": main, "others": [other], "order": "update_first"})
    assert desk.codes() == ["ONCRMDEALUPDATE", "ONCRMDEALDELETE"]
    deal = desk.item(2, main)
    assert (deal["title"], deal["contactIds"], deal["opportunity"]) == ("A", [200, 201], 0)
