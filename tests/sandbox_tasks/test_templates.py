"""Templates of tasks and their check lists."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness.sandbox import Sandbox
from tests.sandbox_tasks.conftest import Refusal

ANNA, BORIS = 2, 3


@pytest.fixture
def template(sandbox: Sandbox) -> int:
    fields = {"TITLE": "Отчёт", "RESPONSIBLE_ID": BORIS, "UF_CRM_TASK": ["D_1"]}
    return int(sandbox.rest("tasks.template.add", {"fields": fields}, ANNA))


def test_a_template(sandbox: Sandbox, template: int, refusal: Refusal) -> None:
    row = sandbox.rest("tasks.template.get", {"templateId": template})
    assert (row["ID"], row["TITLE"], row["RESPONSIBLE_NAME"]) == (str(template), "Отчёт", "Борис")
    assert (row["RESPONSIBLES"], row["ACCOMPLICES"]) == ('a:1:{i:0;s:1:"3";}', "a:0:{}")
    assert row["UF_CRM_TASK"] == ["D_1"]
    change = {"templateId": template, "fields": {"TITLE": "Иначе"}}
    assert refusal("tasks.template.update", change, BORIS) == (400, "0")
    assert sandbox.rest("tasks.template.update", change, ANNA) is True
    assert refusal("tasks.template.add", {}) == (400, "100")
    assert refusal("tasks.template.delete", {"templateId": "x"}) == (400, "100")
    assert sandbox.rest("tasks.template.delete", {"templateId": template}, ANNA) is False
    assert refusal("tasks.template.get", {"templateId": template}) == (400, "0")
    assert sandbox.rest("tasks.template.fields")["TITLE"]["required"] is True


def test_templates_are_read_by_those_they_name(sandbox: Sandbox, refusal: Refusal) -> None:
    fields = {"TITLE": "Отчёт", "RESPONSIBLE_ID": 1, "AUDITORS": [BORIS]}
    asked = {"templateId": sandbox.rest("tasks.template.add", {"fields": fields})}
    assert sandbox.rest("tasks.template.get", asked, BORIS)["TITLE"] == "Отчёт"
    assert sandbox.rest("tasks.template.checklist.list", asked, BORIS)["checkListItems"] == []
    assert refusal("tasks.template.get", asked, ANNA) == (400, "0")


def test_check_lists(sandbox: Sandbox, template: int, refusal: Refusal) -> None:
    def call(method: str, **params: Any) -> Any:
        answer = sandbox.rest(f"tasks.template.checklist.{method}", {"templateId": template, **params}, ANNA)
        return answer["checkListItem"] if isinstance(answer, dict) and "checkListItem" in answer else answer

    root = call("add", fields={"TITLE": "Список", "PARENT_ID": 0})["id"]
    first = call("add", fields={"TITLE": "Раз", "PARENT_ID": root, "MEMBERS": {str(BORIS): {"TYPE": "A"}}})
    second = call("add", fields={"TITLE": "Два", "PARENT_ID": root})
    assert (first["sortIndex"], first["members"][0]["id"], first["isComplete"]) == (0, str(BORIS), False)
    assert call("moveAfter", checkListItemId=first["id"], afterItemId=second["id"])["sortIndex"] == 1
    assert call("moveBefore", checkListItemId=first["id"], beforeItemId=second["id"])["sortIndex"] == 0
    assert call("complete", checkListItemId=first["id"])["isComplete"] is True
    assert call("renew", checkListItemId=first["id"])["isComplete"] is False
    attached = call("addAttachmentsFromDisk", checkListItemId=first["id"], filesIds=["n5", 6])["attachments"]
    assert list(attached.values()) == ["n5", "n6"]
    assert call("removeAttachments", checkListItemId=first["id"], attachmentsIds=list(attached))["attachments"] == []
    listed = call("list", filter={"PARENT_ID": root}, order={"ID": "asc"})["checkListItems"]
    assert [row["title"] for row in listed.values()] == ["Раз", "Два"]
    assert call("delete", checkListItemId=root) is True
    assert call("list")["checkListItems"] == []
    item = {"templateId": template, "fields": {"TITLE": "x"}}
    assert refusal("tasks.template.checklist.add", item, ANNA) == (400, "0")
    assert refusal("tasks.template.checklist.add", {**item, "fields": {"TITLE": "x", "PARENT_ID": 0}}, BORIS) == (
        400,
        "0",
    )
    assert refusal("tasks.template.checklist.complete", {"templateId": template}, ANNA) == (400, "100")
