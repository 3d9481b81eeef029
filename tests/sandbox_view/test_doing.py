"""What an employee does in the view happens on the portal, in the employee's name."""

from __future__ import annotations

from typing import Any

from tests.harness.receiver import Receiver
from tests.harness.sandbox import Sandbox
from tests.sandbox_view.conftest import COMPANY, DEAL, IVANOV, Office, Visitor


def item(sandbox: Sandbox, kind: int, number: int) -> dict[str, Any]:
    row: dict[str, Any] = sandbox.rest("crm.item.get", {"entityTypeId": kind, "id": number})["item"]
    return row


def test_moving_a_deal_changes_the_stage_and_sends_an_event(
    visitor: Visitor, sandbox: Sandbox, office: Office, receiver: Receiver, token: str
) -> None:
    sandbox.rest("event.bind", {"event": "ONCRMDEALUPDATE", "handler": receiver.url("/events")}, token=token)
    visitor.become(IVANOV)
    text = visitor.send(f"/item/{DEAL}/501/move", came_from="/deal/501", stageId=office.stages[1])
    assert "Стадия изменена" in text and "Заказ 1" in text
    moved = item(sandbox, DEAL, 501)
    assert (moved["stageId"], moved["movedBy"]) == (office.stages[1], IVANOV)
    sandbox.control("delivery/flush", {})
    event = receiver.wait(1)[-1]
    assert (event.path, event.form["event"], event.form["data[FIELDS][ID]"]) == ("/events", "ONCRMDEALUPDATE", "501")
    assert event.form["auth[access_token]"], "a person acted, so the event carries a token"
    history = visitor.read("/deal/501")
    assert history.count("Стадия:") >= 2


def test_a_card_dragged_on_the_board_answers_json(visitor: Visitor, sandbox: Sandbox, office: Office) -> None:
    def drag(stage: str) -> Any:
        address = f"{sandbox.url}/item/{DEAL}/502/move"
        return visitor.http.post(address, data={"stageId": stage}, headers={"Accept": "application/json"}, timeout=30)

    assert drag(office.stages[2]).status_code == 200
    assert item(sandbox, DEAL, 502)["stageId"] == office.stages[2]
    refused = visitor.http.post(
        f"{sandbox.url}/item/{DEAL}/99999/move",
        data={"stageId": office.stages[2]},
        headers={"Accept": "application/json"},
        timeout=30,
    )
    assert refused.status_code == 409 and refused.json()["error"]


def test_a_deal_is_put_into_another_funnel(visitor: Visitor, sandbox: Sandbox) -> None:
    visitor.send(f"/item/{DEAL}/503/move", categoryId="0")
    assert item(sandbox, DEAL, 503)["categoryId"] == 0


def test_fields_are_edited(visitor: Visitor, sandbox: Sandbox, office: Office) -> None:
    address = f"/item/{office.debts}/17/edit"
    visitor.become(IVANOV)
    text = visitor.send(address, name=f"{office.fields}Paid", value="50000.5", currency="RUB")
    assert "Сохранено: Оплачено" in text
    visitor.send(address, name=f"{office.fields}Due", value="2026-05-04")
    row = item(sandbox, office.debts, 17)
    assert row[f"{office.fields}Paid"] in ("50000.5|RUB", "50000.50|RUB") and row["updatedBy"] == IVANOV
    assert "Срок оплаты 04.05.2026" in visitor.read(f"/item/{office.debts}/17")
    visitor.send(address, name="companyId", value="101")
    assert item(sandbox, office.debts, 17)["companyId"] == 101


def test_read_only_and_unknown_fields_are_refused(visitor: Visitor, sandbox: Sandbox) -> None:
    assert "не изменяется" in visitor.send(f"/item/{DEAL}/501/edit", name="createdTime", value="2020-01-01")
    assert "Такого поля нет" in visitor.send(f"/item/{DEAL}/501/edit", name="nosuch", value="1")


def test_objects_are_added_and_deleted(visitor: Visitor, sandbox: Sandbox, office: Office) -> None:
    visitor.become(IVANOV)
    form = {"title": "Новый заказ", "categoryId": office.funnel, "stageId": office.stages[1], "companyId": 100}
    assert "Новый заказ Сделка №" in visitor.send(f"/new/{DEAL}", **form, opportunity="12500")
    rows = sandbox.rest("crm.item.list", {"entityTypeId": DEAL, "filter": {"title": "Новый заказ"}})["items"]
    assert [(row["assignedById"], row["stageId"], row["companyId"]) for row in rows] == [
        (IVANOV, office.stages[1], 100)
    ]
    visitor.send(f"/item/{DEAL}/{rows[0]['id']}/delete")
    left = sandbox.rest("crm.item.list", {"entityTypeId": DEAL, "filter": {"title": "Новый заказ"}})["items"]
    assert left == []


def test_payments_of_a_deal(visitor: Visitor, sandbox: Sandbox) -> None:
    text = visitor.send(f"/item/{DEAL}/501/pay", came_from="/deal/501", sum="500", paid="Y")
    assert "Оплата внесена" in text and "500 ₽ Оплачен 06.04.2026" in text
    text = visitor.send(f"/item/{DEAL}/501/pay", came_from="/deal/501", sum="700")
    assert "700 ₽ Не оплачен" in text
    payments = sandbox.rest("crm.item.payment.list", {"entityTypeId": DEAL, "entityId": 501})
    assert [row["paid"] for row in payments] == ["Y", "N"]
    visitor.send(f"/payment/{payments[1]['id']}")
    visitor.send(f"/payment/{payments[0]['id']}", back="Y")
    payments = sandbox.rest("crm.item.payment.list", {"entityTypeId": DEAL, "entityId": 501})
    assert [row["paid"] for row in payments] == ["N", "Y"]


def test_to_dos_and_comments(visitor: Visitor, sandbox: Sandbox) -> None:
    visitor.become(IVANOV)
    text = visitor.send(
        f"/item/{COMPANY}/100/plan", came_from="/company/100", title="Позвонить", deadline="2026-04-07T12:00"
    )
    assert "Дело запланировано" in text and "Позвонить 07.04.2026 12:00" in text
    owned = {"OWNER_TYPE_ID": COMPANY, "OWNER_ID": 100}
    todo = sandbox.rest("crm.activity.list", {"filter": owned})[0]
    assert (todo["RESPONSIBLE_ID"], todo["PROVIDER_ID"]) == (str(IVANOV), "CRM_TODO")
    visitor.send(f"/activity/{todo['ID']}/complete")
    assert sandbox.rest("crm.activity.list", {"filter": owned})[0]["COMPLETED"] == "Y"
    text = visitor.send(f"/item/{COMPANY}/100/comment", came_from="/company/100", text="Обещал [b]завтра[/b]")
    assert "Обещал завтра" in text and "Иван Иванов" in text


def test_tasks(visitor: Visitor, sandbox: Sandbox) -> None:
    fields = {"TITLE": "Позвонить клиенту", "RESPONSIBLE_ID": IVANOV, "DEADLINE": "2026-04-06T10:00:00+03:00"}
    fields |= {"DESCRIPTION": "Долг [B]120 000[/B]", "UF_CRM_TASK": ["CO_100"]}
    number = sandbox.rest("tasks.task.add", {"fields": fields})["task"]["id"]
    visitor.become(IVANOV)
    assert "Позвонить клиенту" in visitor.read("/") and "Компания: Ромашка" in visitor.read("/tasks")
    page = visitor.look(f"/company/personal/user/{IVANOV}/tasks/task/view/{number}/")
    assert "<b>120 000</b>" in page and 'class="late"' in page and 'href="/company/100"' in page
    assert "Задача завершена" in visitor.send(f"/task/{number}/complete", came_from=f"/task/{number}")
    assert sandbox.rest("tasks.task.get", {"taskId": number})["task"]["status"] == "5"
