"""Tasks of the older REST: their life, who may do what, and what hangs on them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness.receiver import Receiver
from tests.harness.sandbox import Sandbox
from tests.sandbox_tasks.conftest import Refusal

ANNA, BORIS = 2, 3
DENIED = (400, "1048582")


@pytest.fixture
def task(sandbox: Sandbox) -> int:
    """A task that the administrator gave to Anna."""
    fields = {"TITLE": "Позвонить", "RESPONSIBLE_ID": ANNA, "DEADLINE": "2026-04-05T10:00:00+03:00"}
    return int(sandbox.rest("tasks.task.add", {"fields": fields})["task"]["id"])


def test_the_answer_of_add_tells_what_may_be_done(sandbox: Sandbox) -> None:
    task = sandbox.rest("tasks.task.add", {"fields": {"TITLE": "A", "RESPONSIBLE_ID": ANNA}})["task"]
    assert task["status"] == "2"
    assert task["favorite"] == "N"
    assert task["checklist"] == []
    assert task["action"]["approve"] is False
    assert task["action"]["checklist.add"] is True


def test_only_those_of_a_task_see_it(sandbox: Sandbox, task: int, refusal: Refusal) -> None:
    assert refusal("tasks.task.get", {"taskId": task}, BORIS) == DENIED
    assert sandbox.rest("tasks.task.list", {}, BORIS)["tasks"] == []
    sandbox.rest("tasks.task.update", {"taskId": task, "fields": {"AUDITORS": [BORIS]}})
    assert [one["id"] for one in sandbox.rest("tasks.task.list", {}, BORIS)["tasks"]] == [str(task)]


def test_a_head_sees_the_tasks_of_the_department(sandbox: Sandbox, task: int) -> None:
    department = sandbox.rest("department.add", {"NAME": "Продажи", "PARENT": 1, "UF_HEAD": BORIS})
    sandbox.rest("user.update", {"ID": ANNA, "UF_DEPARTMENT": [department]})
    assert sandbox.rest("tasks.task.get", {"taskId": task}, BORIS)["task"]["id"] == str(task)


def test_the_doer_works_and_does_not_change_the_task(sandbox: Sandbox, task: int, refusal: Refusal) -> None:
    assert refusal("tasks.task.update", {"taskId": task, "fields": {"TITLE": "B"}}, ANNA) == (400, "0")
    assert refusal("tasks.task.delete", {"taskId": task}, ANNA) == DENIED
    assert sandbox.rest("tasks.task.start", {"taskId": task}, ANNA)["task"]["status"] == "3"
    assert refusal("tasks.task.start", {"taskId": task}, ANNA) == (400, "0")
    assert sandbox.rest("task.planner.getlist", {}, ANNA) == [task]
    assert sandbox.rest("tasks.task.complete", {"taskId": task}, ANNA)["task"]["closedBy"] == str(ANNA)


def test_control_by_the_creator(sandbox: Sandbox, task: int, refusal: Refusal) -> None:
    sandbox.rest("tasks.task.update", {"taskId": task, "fields": {"TASK_CONTROL": "Y"}})
    assert sandbox.rest("tasks.task.complete", {"taskId": task}, ANNA)["task"]["status"] == "4"
    assert refusal("tasks.task.approve", {"taskId": task}, ANNA) == DENIED
    assert sandbox.rest("tasks.task.disapprove", {"taskId": task})["task"]["status"] == "2"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"TITLE": ""}, "ERROR_CORE"),
        ({"RESPONSIBLE_ID": 999}, "ERROR_CORE"),
        ({"STATUS": 9}, "ERROR_CORE"),
        ({"PARENT_ID": 999}, "ERROR_CORE"),
        ({"START_DATE_PLAN": "2026-04-02", "END_DATE_PLAN": "2026-04-01"}, "ERROR_CORE"),
        ({}, "100"),
    ],
)
def test_refused_changes(sandbox: Sandbox, task: int, refusal: Refusal, fields: dict[str, Any], code: str) -> None:
    assert refusal("tasks.task.update", {"taskId": task, "fields": fields}) == (400, code)


def test_a_task_is_not_its_own_ancestor(sandbox: Sandbox, task: int, refusal: Refusal) -> None:
    child = sandbox.rest("tasks.task.add", {"fields": {"TITLE": "C", "RESPONSIBLE_ID": 1, "PARENT_ID": task}})
    assert refusal("tasks.task.update", {"taskId": task, "fields": {"PARENT_ID": task}}) == (400, "ERROR_CORE")
    below = {"PARENT_ID": child["task"]["id"]}
    assert refusal("tasks.task.update", {"taskId": task, "fields": below}) == (400, "ERROR_CORE")


def test_marks_are_the_callers_own(sandbox: Sandbox, task: int, refusal: Refusal) -> None:
    assert sandbox.rest("tasks.task.favorite.add", {"taskId": task}) is True
    assert sandbox.rest("tasks.task.get", {"taskId": task})["task"]["favorite"] == "Y"
    assert sandbox.rest("tasks.task.get", {"taskId": task}, ANNA)["task"]["favorite"] == "N"
    assert sandbox.rest("tasks.task.mute", {"id": task})["task"]["isMuted"] == "Y"
    assert refusal("tasks.task.favorite.add", {"taskId": 999}) == (400, "1")
    assert refusal("tasks.task.startwatch", {"taskId": 999}) == (400, "1048584")


def test_counters_and_rights(sandbox: Sandbox, task: int, refusal: Refusal) -> None:
    assert sandbox.rest("tasks.task.counters.get", {}, ANNA)["expired"]["counter"] == 1
    assert refusal("tasks.task.counters.get", {"groupId": 77}) == (400, "0")
    allowed = sandbox.rest("tasks.task.getaccess", {"taskId": task, "users": [1, ANNA]})["allowedActions"]
    assert (allowed["1"]["CHANGE_DEADLINE"], allowed[str(ANNA)]["EDIT"]) == (True, False)


def test_history(sandbox: Sandbox, task: int) -> None:
    sandbox.rest("tasks.task.update", {"taskId": task, "fields": {"TITLE": "Написать"}})
    lines = sandbox.rest("tasks.task.history.list", {"taskId": task, "filter": {"FIELD": "TITLE"}})["list"]
    assert [line["value"] for line in lines] == [{"from": "Позвонить", "to": "Написать"}]
    assert lines[0]["user"]["id"] == 1


def test_comments_and_results(sandbox: Sandbox, task: int, refusal: Refusal) -> None:
    comment = sandbox.rest("task.commentitem.add", {"TASKID": task, "FIELDS": {"POST_MESSAGE": "Готово"}}, ANNA)
    by_place = sandbox.rest("task.commentitem.add", {"0": task, "1": {"POST_MESSAGE": "И ещё"}})
    assert [one["ID"] for one in sandbox.rest("task.commentitem.getlist", {"TASKID": task})] == [
        str(by_place),
        str(comment),
    ]
    result = sandbox.rest("tasks.task.result.addFromComment", {"commentId": comment})
    assert (result["taskId"], result["text"], result["files"]) == (task, "Готово", None)
    assert refusal("tasks.task.result.addFromComment", {"commentId": comment}) == (400, "0")
    assert len(sandbox.rest("tasks.task.result.list", {"taskId": task})) == 1
    assert sandbox.rest("tasks.task.result.deleteFromComment", {"commentId": comment}) is None
    assert refusal(
        "task.commentitem.update", {"TASKID": task, "ITEMID": by_place, "FIELDS": {"POST_MESSAGE": "x"}}, ANNA
    )
    assert sandbox.rest("task.commentitem.delete", {"TASKID": task, "ITEMID": comment}) is True


def test_check_lists(sandbox: Sandbox, task: int, refusal: Refusal) -> None:
    def add(**fields: Any) -> int:
        return int(sandbox.rest("task.checklistitem.add", {"TASKID": task, "FIELDS": fields}))

    root = add(TITLE="Список", PARENT_ID=0)
    first, second = add(TITLE="Раз", PARENT_ID=root), add(TITLE="Два", PARENT_ID=root)
    sandbox.rest("task.checklistitem.complete", {"TASKID": task, "ITEMID": first})
    sandbox.rest("task.checklistitem.moveafteritem", {"TASKID": task, "ITEMID": first, "AFTERITEMID": second})
    rows = sandbox.rest("task.checklistitem.getlist", {"TASKID": task, "ORDER": {"SORT_INDEX": "ASC"}})
    assert [(row["TITLE"], row["IS_COMPLETE"], row["PARENT_ID"]) for row in rows if row["PARENT_ID"]] == [
        ("Два", "N", str(root)),
        ("Раз", "Y", str(root)),
    ]
    assert refusal("task.checklistitem.getlist", {"TASKID": task, "ORDER": {"NOPE": "ASC"}}) == (400, "ERROR_CORE")
    tree = sandbox.rest("tasks.task.mute", {"id": task})["task"]["checkListTree"]
    assert [node["fields"]["title"] for node in tree["descendants"][0]["descendants"]] == ["Два", "Раз"]
    sandbox.rest("task.checklistitem.delete", {"TASKID": task, "ITEMID": root})
    assert sandbox.rest("task.checklistitem.getlist", {"TASKID": task}) == []


def test_items_without_a_parent_lie_in_the_first_check_list(sandbox: Sandbox, task: int) -> None:
    def add(**fields: Any) -> int:
        return int(sandbox.rest("task.checklistitem.add", {"TASKID": task, "FIELDS": fields}))

    first, second = add(TITLE="Раз", SORT_INDEX=10), add(TITLE="Два", SORT_INDEX=20)
    own = add(TITLE="Отдельный", PARENT_ID=999)
    rows = sandbox.rest("task.checklistitem.getlist", {"TASKID": task, "ORDER": {"ID": "ASC"}})
    head = rows[0]["ID"]
    assert [(row["ID"], row["PARENT_ID"]) for row in rows] == [
        (head, 0),
        (str(first), head),
        (str(second), head),
        (str(own), 0),
    ]


def test_spent_time(sandbox: Sandbox, task: int, refusal: Refusal) -> None:
    entry = {"TASKID": task, "ARFIELDS": {"SECONDS": 120, "COMMENT_TEXT": "звонок"}}
    number = sandbox.rest("task.elapseditem.add", entry, ANNA)
    (row,) = sandbox.rest("task.elapseditem.get", {"TASKID": task, "ITEMID": number})
    assert (row["SECONDS"], row["MINUTES"], row["USER_ID"]) == ("120", "2", str(ANNA))
    assert refusal("task.elapseditem.add", {**entry, "TASKID": 999}) == (400, "0x000001")
    assert refusal("task.elapseditem.add", entry, BORIS) == (400, "0x100002")
    page = sandbox.raw("task.elapseditem.getlist", {"TASKID": task, "PARAMS": {"NAV_PARAMS": {"nPageSize": 1}}}).json()
    assert (len(page["result"]), page["total"]) == (1, 1)


def test_links_and_stages(sandbox: Sandbox, task: int, refusal: Refusal) -> None:
    other = int(sandbox.rest("tasks.task.add", {"fields": {"TITLE": "B", "RESPONSIBLE_ID": 1}})["task"]["id"])
    link = {"taskIdFrom": task, "taskIdTo": other, "linkType": 2}
    assert sandbox.rest("task.dependence.add", link) == []
    assert refusal("task.dependence.add", link) == (400, "ILLEGAL_NEW_LINK")
    assert sandbox.rest("task.dependence.delete", link) == []
    stages = sandbox.rest("task.stages.get", {"entityId": 0})
    assert [stage["SYSTEM_TYPE"] for stage in stages.values()] == ["NEW", None]
    added = sandbox.rest("task.stages.add", {"fields": {"TITLE": "Потом", "AFTER_ID": list(stages)[-1]}})
    assert sandbox.rest("task.stages.movetask", {"id": task, "stageId": added}) is True
    assert refusal("task.stages.delete", {"id": next(iter(stages))}) == (400, "CANT_DELETE_FIRST")
    assert sandbox.rest("task.stages.delete", {"id": added}) is True


def test_stages_of_a_group(sandbox: Sandbox, refusal: Refusal) -> None:
    """They are kept by the members of the group and shown to all who see it."""
    opened = sandbox.rest("sonet_group.create", {"NAME": "Open", "VISIBLE": "Y"})
    hidden = sandbox.rest("sonet_group.create", {"NAME": "Hidden", "VISIBLE": "N"})
    for group in (opened, hidden):
        sandbox.rest("sonet_group.user.add", {"GROUP_ID": group, "USER_ID": ANNA})
        stage = sandbox.rest("task.stages.add", {"fields": {"TITLE": "Review", "ENTITY_ID": group}}, ANNA)
        assert str(stage) in sandbox.rest("task.stages.get", {"entityId": group}, ANNA)
        assert sandbox.rest("task.stages.canmovetask", {"entityId": group, "entityType": "G"}, ANNA) is True
        assert sandbox.rest("task.stages.canmovetask", {"entityId": group, "entityType": "G"}, BORIS) is False
        assert refusal("task.stages.update", {"id": stage, "fields": {"TITLE": "x"}}, BORIS) == (400, "ACCESS_DENIED")
    assert sandbox.rest("task.stages.get", {"entityId": opened}, BORIS)
    assert refusal("task.stages.get", {"entityId": hidden}, BORIS) == (400, "ACCESS_DENIED")


def test_flows(sandbox: Sandbox, refusal: Refusal) -> None:
    data = {"name": "Поток", "plannedCompletionTime": 7200, "distributionType": "manually"}
    flow = sandbox.rest("tasks.flow.Flow.create", {"flowData": {**data, "responsibleList": [["user", "3"]]}})
    assert flow["team"] == [["user", "3"]]
    assert refusal("tasks.flow.Flow.create", {"flowData": data}) == (400, "0")
    assert sandbox.rest("tasks.flow.Flow.isExists", {"flowData": {"name": "Поток"}}) == {"exists": True}
    assert sandbox.rest("tasks.flow.Flow.activate", {"flowId": flow["id"]}) is True
    assert sandbox.rest("tasks.flow.Flow.get", {"flowId": flow["id"]})["active"] is False
    assert sandbox.rest("tasks.flow.Flow.delete", {"flowData": {"id": flow["id"]}}) == {"deleted": True}


def test_events_of_comments(sandbox: Sandbox, task: int, receiver: Receiver) -> None:
    sandbox.control("install", {"client_id": "local.t", "client_secret": "s", "handler_url": receiver.url()})
    token = sandbox.control("open", {"client_id": "local.t"})["fields"]["AUTH_ID"]
    for code in ("ONTASKCOMMENTADD", "ONTASKCOMMENTDELETE"):
        sandbox.rest("event.bind", {"event": code, "handler": receiver.url("/events")}, token=token)
    comment = sandbox.rest("task.commentitem.add", {"TASKID": task, "FIELDS": {"POST_MESSAGE": "x"}})
    sandbox.rest("task.commentitem.delete", {"TASKID": task, "ITEMID": comment})
    told = [one.form for one in receiver.wait(2) if one.path == "/events"]
    assert {body["event"] for body in told} == {"ONTASKCOMMENTADD", "ONTASKCOMMENTDELETE"}
    assert {body["data[FIELDS_AFTER][TASK_ID]"] for body in told} == {str(task)}
    assert {body.get("data[FIELDS_AFTER][ACTION]") for body in told} == {None, "DEL"}


def test_what_a_list_tells_on_demand(sandbox: Sandbox, task: int) -> None:
    sandbox.rest("tasks.task.update", {"taskId": task, "fields": {"TAGS": ["важно"]}})
    asked = {"select": ["ID", "STATUS", "TAGS", "COUNTERS"], "params": {"WITH_RESULT_INFO": True}}
    (row,) = sandbox.rest("tasks.task.list", asked)["tasks"]
    assert row["subStatus"] == "-1"
    assert [tag["title"] for tag in row["tags"].values()] == ["важно"]
    assert row["counter"]["counters"]["expired"] == 1
    assert row["taskHasResult"] == "N"


def test_user_fields(sandbox: Sandbox, task: int, refusal: Refusal) -> None:
    params = {"USER_TYPE_ID": "double", "FIELD_NAME": "TASK_BUDGET", "LABEL": "Бюджет", "SORT": 200}
    number = sandbox.rest("task.item.userfield.add", {"PARAMS": params})
    assert refusal("task.item.userfield.add", {"PARAMS": params}) == (400, "ERROR_CORE")
    assert refusal("task.item.userfield.add", {"PARAMS": params}, ANNA) == (400, "ERROR_CORE")
    field = sandbox.rest("task.item.userfield.get", {"ID": number})
    assert (field["FIELD_NAME"], field["SORT"], field["EDIT_FORM_LABEL"]["ru"]) == ("UF_TASK_BUDGET", "200", "Бюджет")
    sandbox.rest("tasks.task.update", {"taskId": task, "fields": {"UF_TASK_BUDGET": 12.5}})
    (row,) = sandbox.rest("tasks.task.list", {"select": ["ID", "UF_*"]})["tasks"]
    assert row["ufTaskBudget"] == 12.5
    assert sandbox.rest("tasks.task.getFields")["fields"]["UF_TASK_BUDGET"]["type"] == "double"
    assert sandbox.rest("task.item.userfield.update", {"ID": number, "DATA": {"SORT": 300}}) is True
    names = [row["FIELD_NAME"] for row in sandbox.rest("task.item.userfield.getlist", {"ORDER": {"ID": "desc"}})]
    assert names[0] == "UF_TASK_BUDGET"
    assert sandbox.rest("task.item.userfield.delete", {"ID": number}) is True
    assert refusal("task.item.userfield.get", {"ID": number}) == (400, "ERROR_NOT_FOUND")
    assert refusal("task.item.userfield.delete", {"ID": 0}) == (400, "ERROR_CORE")


def test_the_oldest_methods(sandbox: Sandbox, refusal: Refusal) -> None:
    number = sandbox.rest("task.item.add", {"TASKDATA": {"TITLE": "Старый", "RESPONSIBLE_ID": ANNA}})
    row = sandbox.rest("task.item.getdata", {"TASKID": number})
    assert (row["ID"], row["TITLE"], row["REAL_STATUS"]) == (str(number), "Старый", "2")
    assert sandbox.rest("task.item.update", {"0": number, "1": {"TITLE": "Новый"}}) == []
    assert [row["TITLE"] for row in sandbox.rest("task.item.list", {"FILTER": {"ID": number}})] == ["Новый"]
    assert 6 in sandbox.rest("task.item.getallowedactions", {"TASKID": number}, ANNA)
    sandbox.rest("task.item.startexecution", {"TASKID": number}, ANNA)
    assert sandbox.rest("task.item.isactionallowed", {"TASKID": number, "ACTIONID": 17}, ANNA) is True
    file = sandbox.rest("task.item.addfile", {"TASK_ID": number, "FILE": {"NAME": "a.txt", "CONTENT": "YQ=="}})
    assert [one["NAME"] for one in sandbox.rest("task.item.getfiles", {"TASKID": number})] == ["a.txt"]
    sandbox.rest("task.item.deletefile", {"TASK_ID": number, "ATTACHMENT_ID": file["ATTACHMENT_ID"]})
    assert sandbox.rest("task.item.getfiles", {"TASKID": number}) == []
    assert refusal("task.item.delete", {"TASKID": number}, ANNA) == (400, "ERROR_CORE")
    assert sandbox.rest("task.item.delete", {"TASKID": number}) == []
    assert refusal("task.item.getdata", {"TASKID": number}) == (400, "ERROR_CORE")
