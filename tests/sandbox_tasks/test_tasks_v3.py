"""Tasks in REST 3.0."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness.receiver import Receiver
from tests.harness.sandbox import Sandbox
from tests.sandbox_tasks.conftest import V3, refused, result

REQUEST = "VALIDATION_REQUESTVALIDATIONEXCEPTION"
ANNA, BORIS = 2, 3


@pytest.fixture
def task(v3: V3) -> int:
    fields = {"title": "Отчёт", "creatorId": 1, "responsibleId": ANNA, "deadline": "2026-05-01T18:00:00+03:00"}
    return int(result(v3("tasks.task.add", {"fields": fields}))["item"]["id"])


def test_a_task_is_one_in_both_versions(v3: V3, sandbox: Sandbox, task: int) -> None:
    item = result(v3("tasks.task.get", {"id": task}))["item"]
    assert (item["status"], item["mark"], item["deadline"]) == ("pending", "none", "2026-05-01T18:00:00+03:00")
    assert sandbox.rest("tasks.task.get", {"taskId": task})["task"]["title"] == "Отчёт"


def test_select_with_related_objects(v3: V3, task: int) -> None:
    select = ["id", "responsible.name", "responsible.email", "nothing"]
    item = result(v3("tasks.task.get", {"id": task, "select": select}))["item"]
    assert item == {"id": task, "responsible": {"name": "Анна", "email": "1040@example.com"}}
    beside = result(v3("tasks.task.get", {"id": task, "select": ["creator.id"]}))["item"]
    assert (beside["creator"], beside["title"]) == ({"id": 1}, "Отчёт")
    wrong = v3("tasks.task.get", {"id": task, "select": ["responsible.stageId"]})
    assert refused(wrong)[:2] == (400, "UNKNOWNDTOPROPERTYEXCEPTION")


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({}, (400, REQUEST, ["fields"])),
        ({"fields": {"title": "x"}}, (400, REQUEST, ["creatorId", "responsibleId"])),
        ({"fields": {"title": "x", "creatorId": 1, "responsibleId": 1, "deadline": 5}}, (400, REQUEST, ["deadline"])),
        ({"fields": {"title": "x", "creatorId": 1, "responsibleId": 99}}, (400, REQUEST, ["responsibleId"])),
        ({"fields": {"title": "x", "creatorId": 99, "responsibleId": 1}}, (400, REQUEST, ["creatorId"])),
        (
            {"fields": {"title": "x", "creatorId": 1, "responsibleId": 1, "parentId": 99}},
            (400, REQUEST, ["parentId"]),
        ),
    ],
)
def test_refused_tasks(v3: V3, body: dict[str, Any], refusal: tuple[int, str, list[str]]) -> None:
    assert refused(v3("tasks.task.add", body)) == refusal


def test_rights(v3: V3, task: int) -> None:
    assert refused(v3("tasks.task.get", {"id": task}, BORIS))[:2] == (400, "ENTITYNOTFOUNDEXCEPTION")
    change = {"id": task, "fields": {"title": "x"}}
    assert refused(v3("tasks.task.update", change, ANNA))[:2] == (403, "ACCESSDENIEDEXCEPTION")
    assert refused(v3("tasks.task.delete", {"id": task}, ANNA))[:2] == (400, "ACCESSDENIEDEXCEPTION")
    assert result(v3("tasks.task.access.get", {"id": task}, ANNA))["edit"] is False
    creator = {"id": task, "fields": {"creatorId": 2}}
    assert refused(v3("tasks.task.update", creator)) == (400, REQUEST, ["creatorId"])
    assert result(v3("tasks.task.delete", {"id": task})) == {"result": True}


def test_lists(v3: V3, task: int) -> None:
    def ids(**asked: Any) -> list[int]:
        return [row["id"] for row in result(v3("tasks.task.list", asked))["items"]]

    other = {"title": "Б", "creatorId": 1, "responsibleId": 1}
    second = int(result(v3("tasks.task.add", {"fields": other}))["item"]["id"])
    assert result(v3("tasks.task.list"))["items"] == [{"id": task}, {"id": second}]
    assert ids(filter=[["id", ">", task]]) == [second]
    assert ids(filter=[{"logic": "or", "conditions": [["id", [task]], ["id", "in", [second]]]}]) == [task, second]
    assert ids(order={"title": "ASC"}) == [second, task]
    assert ids(pagination={"page": 2, "limit": 1}) == [second]


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        ({"filter": [["title", "x"]]}, (400, REQUEST, ["title"])),
        ({"filter": [["nothing", 1]]}, (400, "UNKNOWNDTOPROPERTYEXCEPTION", [])),
        ({"filter": [["id", "~", 1]]}, (400, "UNKNOWNFILTEROPERATOREXCEPTION", [])),
        ({"filter": [["id", "x"]]}, (400, REQUEST, ["id"])),
        ({"filter": {"id": 1}}, (400, "INVALIDFILTEREXCEPTION", [])),
        ({"order": {"guid": "ASC"}}, (400, "INVALIDORDEREXCEPTION", [])),
        ({"order": {"id": "UP"}}, (400, "INVALIDORDEREXCEPTION", [])),
        ({"pagination": {"limit": "abc"}}, (400, "INVALIDPAGINATIONEXCEPTION", [])),
        ({"pagination": {"limit": 0}}, (400, "INVALIDPAGINATIONEXCEPTION", [])),
        ({"select": "id"}, (400, "INVALIDSELECTEXCEPTION", [])),
    ],
)
def test_refused_lists(v3: V3, asked: dict[str, Any], refusal: tuple[int, str, list[str]]) -> None:
    assert refused(v3("tasks.task.list", asked)) == refusal


def test_parameters_do_not_come_from_the_query(sandbox: Sandbox, task: int) -> None:
    answer = sandbox.http.get(f"{sandbox.url}/rest/api/1/secret/tasks.task.get?id={task}")
    assert refused(answer) == (400, REQUEST, ["id"])


def test_a_key_protects_from_a_second_task(v3: V3, sandbox: Sandbox) -> None:
    body = {"fields": {"title": "Раз", "creatorId": 1, "responsibleId": 1}}
    key = {"Idempotency-Key": "9f1c"}
    first = v3("tasks.task.add", body, headers=key)
    again = v3("tasks.task.add", body, headers=key)
    assert first.json() == again.json()
    assert ("Idempotent-Replayed" in first.headers, again.headers["Idempotent-Replayed"]) == (False, "true")
    assert first.headers["Idempotency-Key"] == again.headers["Idempotency-Key"] == "9f1c"
    other = v3("tasks.task.add", {"fields": {**body["fields"], "title": "Два"}}, headers=key)
    assert refused(other)[:2] == (422, "IDEMPOTENCYKEYREUSEDEXCEPTION")
    long = v3("tasks.task.add", body, headers={"Idempotency-Key": "x" * 256})
    assert refused(long)[:2] == (400, "INVALIDIDEMPOTENCYKEYEXCEPTION")
    sandbox.control("clock", {"advance": "P2D"})
    assert (
        v3("tasks.task.add", body, headers=key).json()["result"]["item"]["id"] != first.json()["result"]["item"]["id"]
    )


def test_the_scope_of_an_application(sandbox: Sandbox) -> None:
    sandbox.control("install", {"client_id": "local.s", "client_secret": "s", "scope": ["crm"]})
    token = sandbox.control("open", {"client_id": "local.s"})["fields"]["AUTH_ID"]
    answer = sandbox.http.post(f"{sandbox.url}/rest/api/tasks.task.list", json={"auth": token})
    assert refused(answer)[:2] == (403, "INSUFFICIENTSCOPEEXCEPTION")


def test_the_chat_and_results(v3: V3, sandbox: Sandbox, task: int) -> None:
    assert result(v3("tasks.task.chat.message.send", {"fields": {"taskId": task, "text": "Готово"}})) == {
        "result": True
    }
    chat = result(v3("tasks.task.get", {"id": task, "select": ["chatId"]}))["item"]["chatId"]
    assert sandbox.rest("tasks.task.pin", {"id": task})["task"]["chatId"] == chat
    found = sandbox.rest("im.dialog.messages.get", {"DIALOG_ID": f"chat{chat}"}, ANNA)["messages"]
    message = next(one for one in found if one["text"] == "Готово")
    body = {"fields": {"messageId": message["id"]}}
    made = result(v3("tasks.task.result.addfromchatmessage", body, ANNA))["item"]
    assert (made["text"], made["status"], made["authorId"]) == ("Готово", "open", ANNA)
    assert refused(v3("tasks.task.result.add", {"fields": {"taskId": task}})) == (
        400,
        "VALIDATION_DTOVALIDATIONEXCEPTION",
        ["text"],
    )
    assert refused(v3("tasks.task.result.list", {})) == (400, REQUEST, ["filter"])
    other = v3("tasks.task.result.list", {"filter": [["id", 1]]})
    assert refused(other)[:2] == (400, "VALIDATION_REQUESTFILTERVALIDATIONEXCEPTION")
    listed = result(v3("tasks.task.result.list", {"filter": [["taskId", task]]}))["items"]
    assert [row["id"] for row in listed] == [made["id"]]
    changed = v3("tasks.task.result.update", {"id": made["id"], "fields": {"text": "Сделано"}}, ANNA)
    assert result(changed)["item"]["text"] == "Сделано"
    assert refused(v3("tasks.task.result.delete", {"id": made["id"]}, BORIS))[:2] == (403, "ACCESSDENIEDEXCEPTION")
    assert result(v3("tasks.task.result.delete", {"id": made["id"]})) == {"result": True}


def test_flow_stage_and_group(v3: V3, sandbox: Sandbox, task: int) -> None:
    flow = sandbox.rest("tasks.flow.Flow.create", {"flowData": {"name": "Поток", "plannedCompletionTime": 60}})
    stage = int(next(iter(sandbox.rest("task.stages.get", {"entityId": 0}))))
    group = sandbox.rest("sonet_group.create", {"NAME": "Проект"})
    fields = {"flowId": flow["id"], "stageId": stage, "groupId": int(group)}
    assert result(v3("tasks.task.update", {"id": task, "fields": fields})) == {"result": True}
    select = ["flow.name", "stage.title", "group.name", "id"]
    item = result(v3("tasks.task.get", {"id": task, "select": select}))["item"]
    assert item == {
        "id": task,
        "flow": {"name": "Поток"},
        "stage": {"title": "Не спланированы"},
        "group": {"name": "Проект"},
    }


def test_files(v3: V3, task: int) -> None:
    assert result(v3("tasks.task.file.attach", {"taskId": task, "fileIds": [7]})) == {"result": True}
    assert result(v3("tasks.task.get", {"id": task, "select": ["fileIds"]}))["item"] == {"fileIds": [7]}
    assert refused(v3("tasks.task.file.attach", {"taskId": task})) == (400, REQUEST, ["fileIds"])


def test_descriptions_of_fields(v3: V3) -> None:
    fields = result(v3("tasks.task.field.list"))["items"]
    assert fields[0] == {
        "name": "id",
        "type": "int",
        "title": "id",
        "description": None,
        "validationRules": [],
        "requiredGroups": None,
        "filterable": True,
        "sortable": True,
        "editable": False,
        "multiple": False,
        "elementType": None,
    }
    chosen = result(v3("tasks.task.field.list", {"select": ["name", "type"]}))["items"]
    assert chosen[0] == {"name": "id", "type": "int"}
    one = result(v3("tasks.task.field.get", {"name": "deadline"}))["item"]
    assert (one["type"], one["editable"], one["validationRules"]) == ("object", True, [])
    assert refused(v3("tasks.task.field.get", {})) == (400, REQUEST, ["name"])
    missing = v3("tasks.task.field.get", {"name": "nothing"}).json()["error"]["code"]
    assert missing == "BITRIX_REST_V3_REALISATION_EXCEPTION_FIELDNOTFOUNDEXCEPTION"
    assert refused(v3("tasks.task.field.list", {"select": ["x"]}))[1] == "UNKNOWNDTOPROPERTYEXCEPTION"


def test_a_message_in_the_chat_is_told_as_a_comment(sandbox: Sandbox, v3: V3, task: int, receiver: Receiver) -> None:
    sandbox.control("install", {"client_id": "local.c", "client_secret": "s", "handler_url": receiver.url()})
    token = sandbox.control("open", {"client_id": "local.c"})["fields"]["AUTH_ID"]
    bound = {"event": "ONTASKCOMMENTADD", "handler": receiver.url("/events")}
    sandbox.rest("event.bind", bound, token=token)
    chat = result(v3("tasks.task.get", {"id": task, "select": ["chatId"]}))["item"]["chatId"]
    message = sandbox.rest("im.message.add", {"DIALOG_ID": f"chat{chat}", "MESSAGE": "Как дела?"}, ANNA)
    (told,) = [one.form for one in receiver.wait(1)]
    after = {name: told[f"data[FIELDS_AFTER][{name}]"] for name in ("ID", "TASK_ID", "MESSAGE_ID")}
    assert after == {"ID": "0", "TASK_ID": str(task), "MESSAGE_ID": str(message)}
