"""What waits for an employee: tasks, tasks of business processes, entries of applications in timelines."""

from __future__ import annotations

from typing import Any

from tests.harness.receiver import Receiver
from tests.harness.sandbox import Sandbox
from tests.sandbox_automation.conftest import bpt, step
from tests.sandbox_view.conftest import COMPANY, DEAL, IVANOV, PETROV, Visitor

DOCUMENT = ["crm", "CCrmDocumentDeal", "DEAL"]


def started(sandbox: Sandbox, token: str, *steps: dict[str, Any]) -> None:
    """Starts a process of these steps on deal 501."""
    template = {"DOCUMENT_TYPE": DOCUMENT, "NAME": "Согласование", "TEMPLATE_DATA": bpt(*steps)}
    number = sandbox.rest("bizproc.workflow.template.add", template, token=token)
    asked = {"TEMPLATE_ID": number, "DOCUMENT_ID": [*DOCUMENT[:2], "DEAL_501"]}
    sandbox.rest("bizproc.workflow.start", asked, token=token)


def test_a_task_is_given_and_completed(visitor: Visitor, sandbox: Sandbox) -> None:
    form = {"title": "Подготовить договор", "responsible": IVANOV, "deadline": "2026-04-10T18:00"}
    page = visitor.send("/tasks/new", came_from="/tasks", **form)
    assert "Задача поставлена" in page and "10.04.2026 18:00" in page
    visitor.become(IVANOV)
    assert "Подготовить договор" in visitor.read("/tasks")
    number = visitor.look("/tasks").split('href="/task/')[1].split('"')[0]
    visitor.send(f"/task/{number}/complete", came_from=f"/task/{number}")
    assert sandbox.rest("tasks.task.get", {"taskId": number})["task"]["status"] == "5"


def test_an_approval_waits_in_the_card_and_is_answered(visitor: Visitor, sandbox: Sandbox, token: str) -> None:
    approval = step(
        "ApproveActivity",
        step("SequenceActivity", step("SetFieldActivity", FieldValue={"COMMENTS": "согласовано"})),
        step("SequenceActivity", step("SetFieldActivity", FieldValue={"COMMENTS": "отказано: {=Approval:Comments}"})),
        name="Approval",
        Name="Согласовать скидку",
        Users=[f"user_{IVANOV}"],
        CommentRequired="YR",
    )
    started(sandbox, token, approval)
    visitor.become(IVANOV)
    card = visitor.look("/deal/501")
    assert "Согласовать скидку" in card and "Отклонить" in card
    task = card.split('action="/bizproc/')[1].split('"')[0]
    refused = visitor.send(f"/bizproc/{task}", came_from="/deal/501", answer="no")
    assert "Комментарий" in refused and "не заполнено" in refused
    visitor.send(f"/bizproc/{task}", came_from="/deal/501", answer="no", comment="дорого")
    row = sandbox.rest("crm.item.get", {"entityTypeId": DEAL, "id": 501})["item"]
    assert row["comments"] == "отказано: дорого"
    assert "Заданий нет" in visitor.read("/bizproc/")


def test_a_process_asks_for_information(visitor: Visitor, sandbox: Sandbox, token: str) -> None:
    asked = [{"Name": "inn", "Title": "ИНН клиента", "Type": "string", "Required": "1"}]
    request = step(
        "RequestInformationActivity", name="Ask", Name="Заполнить", Users=[f"user_{PETROV}"], RequestedInformation=asked
    )
    started(sandbox, token, request)
    visitor.become(PETROV)
    page = visitor.look("/bizproc/")
    assert "ИНН клиента *" in page and "Заказ 1" in page
    task = page.split('action="/bizproc/')[1].split('"')[0]
    assert "Заданий нет" in visitor.send(
        f"/bizproc/{task}", came_from="/bizproc/", answer="ok", **{"field.inn": "7701000000"}
    )


def test_an_application_writes_into_the_log_of_a_card(
    visitor: Visitor, sandbox: Sandbox, receiver: Receiver, token: str
) -> None:
    fields = {"entityTypeId": DEAL, "entityId": 501, "title": "Накладная", "text": "Отправлена", "iconCode": "info"}
    sandbox.rest("crm.timeline.logmessage.add", {"fields": fields}, token=token)
    page = visitor.read("/deal/501")
    assert "Накладная" in page and "Отправлена" in page


def test_a_record_of_an_application_has_its_look_and_its_buttons(
    visitor: Visitor, sandbox: Sandbox, receiver: Receiver, token: str
) -> None:
    sandbox.rest("event.bind", {"event": "OnCrmTimelineItemAction", "handler": receiver.url("/clicked")}, token=token)
    tell = {"type": "restEvent", "id": "resend", "actionParams": {"invoice": 7}}
    layout = {
        "icon": {"code": "info"},
        "header": {"title": "Счёт отправлен", "tags": {"paid": {"title": "Не оплачен", "type": "warning"}}},
        "body": {
            "logo": {"code": "document"},
            "blocks": {
                "text": {"type": "largeText", "properties": {"value": "Счёт № 7 на 1 000 ₽"}},
                "who": {
                    "type": "withTitle",
                    "properties": {"title": "Кому", "block": {"type": "text", "properties": {"value": "Ромашка"}}},
                },
            },
        },
        "footer": {"buttons": {"again": {"title": "Отправить снова", "type": "primary", "action": tell}}},
    }
    asked = {"ownerTypeId": DEAL, "ownerId": 501, "fields": {"completed": False}, "layout": layout}
    number = sandbox.rest("crm.activity.configurable.add", asked, token=token)["activity"]["id"]
    page = visitor.read("/deal/501")
    for text in ("Счёт отправлен", "Не оплачен", "Счёт № 7 на 1 000 ₽", "Кому Ромашка", "Отправить снова"):
        assert text in page
    visitor.send(f"/activity/{number}/press", came_from="/deal/501", action="resend")
    sandbox.control("delivery/flush", {})
    told = receiver.wait(1)[-1].form
    assert (told["event"], told["data[id]"], told["data[invoice]"]) == ("ONCRMTIMELINEITEMACTION", "resend", "7")


def test_a_message_goes_through_the_sender_of_an_application(
    visitor: Visitor, sandbox: Sandbox, receiver: Receiver, token: str
) -> None:
    assert "СМС клиенту" not in visitor.look("/company/100")
    sender = {"CODE": "sms", "TYPE": "SMS", "HANDLER": receiver.url("/sms"), "NAME": "Оператор"}
    sandbox.rest("messageservice.sender.add", sender, token=token)
    page = visitor.look("/company/100")
    assert "Оператор" in page and "СМС клиенту" in page
    form = {"sender": "sms", "to": "+79991112233", "text": "Заказ собран"}
    assert "Сообщение отправлено" in visitor.send(f"/item/{COMPANY}/100/letter", came_from="/company/100", **form)
    sandbox.control("delivery/flush", {})
    told = receiver.wait(1)[-1].form
    assert (told["message_to"], told["message_body"]) == ("+79991112233", "Заказ собран")
    assert "Заказ собран" in visitor.read("/outbox") and "Заказ собран" in visitor.read("/company/100")
