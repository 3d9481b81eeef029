"""Tasks in REST 3.0: `tasks.task.*` (api-reference/tasks, the pages of the new version)."""

from __future__ import annotations

from typing import Any

from sandbox.crm import tasks
from sandbox.kernel import dto, v3
from sandbox.kernel.call import Call
from sandbox.kernel.dto import Dto, describe, props_of
from sandbox.kernel.v3 import absent, denied, invalid, invalid_object, method_v3, refusal
from sandbox.messenger import chats
from sandbox.methods.tasks import Unfit, check
from sandbox.methods.tasks_details import add_result, attach
from sandbox.tasks import access, chat, details, shown
from sandbox.tasks.v3 import COLUMNS, TASK, USER, person, printed, read

Row = dict[str, Any]
RIGHTS = Dto("AccessDto", props_of("id int fs"))
MESSAGE = Dto("MessageDto", props_of("id int fs\ntaskId int\ntext string"))
FILE = Dto("FileDto", props_of("taskId int\nfileIds array"))
RESULT = Dto(
    "ResultDto",
    props_of(
        """
        id int fs
        taskId int f
        text string e
        authorId int fs
        author object o
        createdAt DateTime s
        updatedAt DateTime s
        status string fs
        fileIds array
        rights array
        messageId int fs
        """
    ),
    {"author": USER},
)
_LISTED = ("id", "taskId", "text", "authorId", "createdAt", "status", "messageId")
describe("tasks.task", "tasks", TASK)
describe("tasks.task.access", "tasks", RIGHTS)
describe("tasks.task.chat.message", "tasks", MESSAGE)
describe("tasks.task.file", "tasks", FILE)


def _task(call: Call, number: int, refused: v3.V3Error) -> Row:
    row = tasks.get(call, number)
    if row is None or not access.reads(call, row):
        raise refused
    return row


def _checked(call: Call, row: Row, before: Row | None = None) -> None:
    """The rules of a task, told in this version's form."""
    try:
        check(call, row, before)
    except Unfit as error:
        field = next((name for name, column in COLUMNS.items() if column == error.column), error.column)
        raise invalid((field, error.text)) from None


# --- tasks ----------------------------------------------------------------------------------


@method_v3("tasks.task.add", "tasks", "fields*:object", write=True, cost=0.1)
def add(call: Call) -> dict[str, Any]:
    """tasks-task-add-rest-v3.md"""
    fields = call.params["fields"] or {}
    lacking = [name for name in ("title", "creatorId", "responsibleId") if fields.get(name) in (None, "")]
    if lacking:
        raise invalid(*((name, f"Required field `{name}` is not specified") for name in lacking))
    row = read(call, fields, creating=True)
    if call.portal.store.value("SELECT 1 FROM users WHERE id = ?", (row["createdBy"],)) is None:
        raise invalid(("creatorId", ""))
    if row["createdBy"] != call.user and not access.free(call):
        raise denied()
    _checked(call, row)
    return _item(call, tasks.get(call, tasks.create(call, row)) or {})


def _item(call: Call, row: Row) -> dict[str, Any]:
    chosen = dto.selected(call, TASK)
    return {"item": dto.picked(printed(call, row, chosen), chosen)}


@method_v3("tasks.task.get", "tasks", "id*:int select:any")
def get(call: Call) -> dict[str, Any]:
    """tasks-task-get-rest-v3.md"""
    number = call.params["id"]
    return _item(call, _task(call, number, absent(number)))


@method_v3("tasks.task.list", "tasks", "select:any filter:any order:any pagination:any", cost=0.05)
def task_list(call: Call) -> dict[str, Any]:
    """The tasks that the caller sees, filtered by `id`; without `select` only their ids."""
    chosen, wanted = dto.selected(call, TASK, ("id",)), dto.filter_of(call, TASK)
    order, (limit, offset) = dto.order_of(call, TASK) or {"id": False}, dto.page_of(call)
    sql, args = dto.to_sql(wanted, COLUMNS)
    seen, more = access.visible(call)
    by = ", ".join(f'"{COLUMNS[name]}" {"DESC" if down else "ASC"}' for name, down in order.items())
    query = f"SELECT * FROM tasks WHERE {sql} AND {seen} ORDER BY {by}, id LIMIT ? OFFSET ?"
    rows = call.portal.store.rows(query, [*args, *more, limit, offset])
    return {"items": [dto.picked(printed(call, dict(row), chosen), chosen) for row in rows]}


@method_v3("tasks.task.update", "tasks", "id*:int fields*:object", write=True, cost=0.1)
def update(call: Call) -> dict[str, bool]:
    """tasks-task-update-rest-v3.md"""
    changes = read(call, call.params["fields"] or {}, creating=False)
    before = _task(call, call.params["id"], denied())
    can = access.actions(call, before, False)
    if not can["edit"] and not (can["changeDeadline"] and set(changes) <= {"deadline"}):
        raise denied()
    _checked(call, changes, before)
    tasks.change(call, before, changes)
    return {"result": True}


@method_v3("tasks.task.delete", "tasks", "id*:int", write=True, cost=0.1)
def delete(call: Call) -> dict[str, bool]:
    """Deletes a task; the page answers a refusal with status 400."""
    row = _task(call, call.params["id"], denied(400))
    if not access.leads(call, row, call.user):
        raise denied(400)
    tasks.remove(call, row)
    return {"result": True}


@method_v3("tasks.task.access.get", "tasks", "id*:int")
def access_get(call: Call) -> dict[str, bool]:
    """What the caller may do; with a task that is not seen, nothing."""
    row = tasks.get(call, call.params["id"])
    if row is None:
        raise absent(call.params["id"])
    return access.rights(call, row)


# --- files and the chat ---------------------------------------------------------------------


@method_v3("tasks.task.file.attach", "tasks", "taskId*:int fileIds*:array", write=True)
def file_attach(call: Call) -> dict[str, bool]:
    """tasks-task-file-attach.md"""
    files = call.params["fileIds"]
    if not files or not all(v3.FITS["int"](number) for number in files):
        raise invalid(("fileIds", "Field `fileIds` requires data type `int[]` for this request"))
    row = tasks.get(call, call.params["taskId"])
    if row is None or not access.works(call, row, call.user):
        raise invalid(("", "Insufficient permissions"))
    for number in files:
        attach(call, tasks.get(call, row["id"]) or row, number)
    return {"result": True}


def _fields(call: Call, names: tuple[str, ...], which: Dto) -> Row:
    """The `fields` of a call with all of `names`, and no others."""
    fields: Row = call.params["fields"] or {}
    if "fileIds" in fields:
        raise invalid_object(("fileIds", "Field `fileIds` is not available for filling"))
    for name in fields:
        if name not in which.props:
            raise which.unknown(name)
    lacking = [name for name in names if fields.get(name) in (None, "")]
    if lacking:
        raise invalid_object(*((name, f'The required field "{name}" is not filled') for name in lacking))
    for name in names:
        kind = which.props[name].type if name in which.props else "int"
        if not v3.FITS[kind](fields[name]):
            raise invalid((name, f"Field `{name}` requires data type `{kind}` for this request"))
    return fields


@method_v3("tasks.task.chat.message.send", "tasks", "fields*:object", write=True)
def message_send(call: Call) -> dict[str, bool]:
    """Writes into the chat of a task."""
    fields = _fields(call, ("taskId", "text"), MESSAGE)
    row = _task(call, fields["taskId"], denied())
    chats.post(call, chat.chat_of(call, row), call.user, fields["text"])
    return {"result": True}


# --- results --------------------------------------------------------------------------------


def _result(call: Call, row: Row) -> Row:
    own = row["author"] == call.user or access.free(call)
    updated = shown.when(call, row["updatedAt"]) if row["updatedAt"] else None
    return {
        "id": row["id"],
        "taskId": row["taskId"],
        "text": row["text"],
        "authorId": row["author"],
        "author": person(call, row["author"]),
        "createdAt": shown.when(call, row["at"]),
        "updatedAt": updated,
        "status": "closed" if row["status"] else "open",
        "fileIds": [int(number) for number in row["files"]],
        "rights": {"edit": own, "remove": own},
        "messageId": row["messageId"],
    }


def _answer(call: Call, row: Row) -> dict[str, Any]:
    return {"item": dto.picked(_result(call, row), dict.fromkeys(RESULT.plain))}


@method_v3("tasks.task.result.add", "tasks", "fields*:object", write=True)
def result_add(call: Call) -> dict[str, Any]:
    """tasks-task-result-add.md"""
    fields = _fields(call, ("taskId", "text"), RESULT)
    if fields["taskId"] <= 0:
        raise invalid(("taskId", "Task id must be positive"))
    row = tasks.get(call, fields["taskId"])
    if row is None:
        raise invalid(("taskId", "Task not found"))
    if not access.reads(call, row):
        raise denied()
    return _answer(call, add_result(call, row["id"], fields["text"], None, []))


@method_v3("tasks.task.result.addfromchatmessage", "tasks", "fields*:object", write=True)
def result_from_message(call: Call) -> dict[str, Any]:
    """tasks-task-result-addfromchatmessage.md"""
    fields = _fields(call, ("messageId",), RESULT)
    message = chats.message_of(call.portal.store, fields["messageId"])
    number = chat.task_of(call, message) if message is not None else None
    if message is None or number is None:
        raise invalid(("messageId", "Message is not from task chat"))
    row = tasks.get(call, number)
    if row is None:
        raise invalid(("taskId", "Task not found"))
    if not access.reads(call, row):
        raise denied()
    return _answer(call, add_result(call, row["id"], message.text, message.id, []))


def _own_result(call: Call) -> Row:
    if (call.params.get("id") is None) == (call.params.get("filter") is None):
        told = ["At least one required field must be filled: id, filter"]
        told.append("Only one of the values must be provided: id, filter")
        raise refusal(
            "VALIDATION_REQUESTVALIDATION", "Error during request object validation",
            validation=[{"message": text} for text in told],
        )  # fmt: skip
    row = details.RESULTS.get(call, call.params.get("id"))
    if row is None or (row["author"] != call.user and not access.free(call)):
        raise denied()
    return row


@method_v3("tasks.task.result.update", "tasks", "id:int fields*:object filter:array", write=True)
def result_update(call: Call) -> dict[str, Any]:
    """Changes the text of a result of one's own."""
    row, fields = _own_result(call), _fields(call, ("text",), RESULT)
    changes = {"text": fields["text"], "updatedAt": int(call.portal.clock.timestamp())}
    return _answer(call, details.RESULTS.change(call, row, changes))


@method_v3("tasks.task.result.delete", "tasks", "id:int filter:array", write=True)
def result_delete(call: Call) -> dict[str, bool]:
    """Deletes a result of one's own."""
    details.RESULTS.remove(call, _own_result(call)["id"])
    return {"result": True}


@method_v3("tasks.task.result.list", "tasks", "filter:any select:any order:any pagination:any")
def result_list(call: Call) -> dict[str, Any]:
    """The results of the task that the filter must name."""
    if not call.params.get("filter"):
        raise invalid(("filter", "The field value cannot be empty"))
    asked = [one.value for one in dto.filter_of(call, RESULT).conditions() if one.prop.name == "taskId"]
    if not asked:
        message = {"field": "filter.taskId", "message": "A filter for the required field `taskId` must be specified"}
        raise refusal("VALIDATION_REQUESTFILTERVALIDATION", "Error during filter validation", validation=[message])
    numbers = {number for value in asked for number in (value if isinstance(value, list) else [value])}
    rows = [_task(call, number, denied()) for number in numbers]
    found = [_result(call, one) for row in rows for one in details.RESULTS.of(call, row["id"])]
    return dto.page(call, RESULT, found, _LISTED)
