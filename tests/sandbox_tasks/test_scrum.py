"""Scrum: backlogs, epics, sprints, boards."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness.sandbox import Sandbox
from tests.sandbox_tasks.conftest import Refusal

ANNA = 2


@pytest.fixture
def group(sandbox: Sandbox) -> int:
    fields = {"NAME": "Разработка", "VISIBLE": "N", "OPENED": "N", "SCRUM_MASTER_ID": 1}
    return int(sandbox.rest("sonet_group.create", fields))


@pytest.fixture
def sprint(sandbox: Sandbox, group: int) -> int:
    fields = {"groupId": group, "name": "Первый", "dateStart": "2026-04-06T00:00:00+03:00"}
    return int(sandbox.rest("tasks.api.scrum.sprint.add", {"fields": fields})["id"])


def test_backlogs_and_epics(sandbox: Sandbox, group: int, refusal: Refusal) -> None:
    fields = {"groupId": group, "createdBy": 1}
    backlog = sandbox.rest("tasks.api.scrum.backlog.add", {"fields": fields})
    assert backlog == {"id": backlog["id"], "groupId": group, "createdBy": 1, "modifiedBy": 0}
    assert refusal("tasks.api.scrum.backlog.add", {"fields": fields}) == (400, "0")
    assert refusal("tasks.api.scrum.backlog.get", {"id": group}, ANNA) == (400, "0")
    assert sandbox.rest("tasks.api.scrum.backlog.get", {"id": group})["id"] == backlog["id"]
    epic = sandbox.rest("tasks.api.scrum.epic.add", {"fields": {"groupId": group, "name": "Эпик"}})["id"]
    assert sandbox.rest("tasks.api.scrum.epic.get", {"id": epic})["files"]["VALUE"] == []
    change = {"id": epic, "fields": {"color": "#bbecf1"}}
    assert sandbox.rest("tasks.api.scrum.epic.update", change)["color"] == "#bbecf1"
    listed = sandbox.rest("tasks.api.scrum.epic.list", {"filter": {"GROUP_ID": group}, "select": ["NAME"]})
    assert listed == [{"name": "Эпик"}]
    assert sandbox.rest("tasks.api.scrum.epic.delete", {"id": epic}) == []
    assert refusal("tasks.api.scrum.epic.get", {"id": epic}) == (400, "0")
    assert refusal("tasks.api.scrum.epic.get", {"id": "x"}) == (400, "100")


def test_sprints(sandbox: Sandbox, group: int, sprint: int, refusal: Refusal) -> None:
    row = sandbox.rest("tasks.api.scrum.sprint.get", {"sprintId": sprint})
    assert (row["entityType"], row["status"], row["dateStart"]) == ("sprint", "planned", "2026-04-06T00:00:00+03:00")
    assert sandbox.rest("tasks.api.scrum.sprint.start", {"id": sprint})["status"] == "active"
    assert refusal("tasks.api.scrum.sprint.start", {"id": sprint}) == (400, "0")
    second = {"fields": {"groupId": group, "name": "Второй", "status": "active"}}
    assert refusal("tasks.api.scrum.sprint.add", second) == (400, "0")
    wrong = {"fields": {"groupId": group, "name": "x", "dateEnd": "завтра"}}
    assert refusal("tasks.api.scrum.sprint.add", wrong) == (400, "0")
    assert sandbox.rest("tasks.api.scrum.sprint.complete", {"id": sprint})["status"] == "completed"
    assert len(sandbox.rest("tasks.api.scrum.sprint.list", {"filter": {"STATUS": "completed"}})) == 1
    assert sandbox.rest("tasks.api.scrum.sprint.delete", {"id": sprint}) == []
    assert refusal("tasks.api.scrum.sprint.get", {"id": sprint}) == (400, "0")


def test_a_board(sandbox: Sandbox, group: int, sprint: int, refusal: Refusal) -> None:
    def call(name: str, **params: Any) -> Any:
        return sandbox.rest(f"tasks.api.scrum.{name}", params)

    task = sandbox.rest("tasks.task.add", {"fields": {"TITLE": "Код", "RESPONSIBLE_ID": 1, "GROUP_ID": group}})
    number = int(task["task"]["id"])
    assert task["task"]["group"]["name"] == "Разработка"
    stages = call("kanban.getStages", sprintId=sprint)
    assert [row["type"] for row in stages] == ["NEW", "WORK", "FINISH"]
    added = call("kanban.addStage", fields={"sprintId": sprint, "name": "Проверка"})
    assert call("kanban.updateStage", stageId=added, fields={"color": "FF0000"}) is True
    assert call("kanban.addTask", sprintId=sprint, taskId=number, stageId=added) is True
    assert call("task.update", id=number, fields={"storyPoints": 2}) is True
    assert (call("task.get", id=number)["entityId"], call("task.get", id=number)["storyPoints"]) == (sprint, "2")
    assert refusal("tasks.api.scrum.kanban.deleteStage", {"stageId": added}) == (400, "0")
    assert refusal("tasks.api.scrum.sprint.delete", {"id": sprint}) == (400, "0")
    assert call("kanban.deleteTask", sprintId=sprint, taskId=number) is True
    assert call("kanban.deleteStage", stageId=added) is True
