"""Tasks: `tasks.task.*` (api-reference/tasks)."""

from __future__ import annotations

from typing import Any

from sandbox.crm import listing, tasks
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.tasks import access, details, shown, userfields
from sandbox.tasks.fields import DESCRIBED

SOURCE = listing.Source("tasks", tasks.operands(), error="0", lenient=True, any_case=True)
_STATUSES = (tasks.WAITING, tasks.RUNNING, tasks.ON_CONTROL, tasks.DONE, tasks.DEFERRED)
_SORTABLE = set(tasks.BY_OLD) - {tasks.FIELDS[name].old for name in tasks.SETS} | {"REAL_STATUS"}
_DENIED = "Действие над задачей не разрешено"
_UNSEEN = ("1048582", "Задача не найдена или доступ запрещен")
# A plan longer than this is refused.
_LONGEST_SECONDS = 366 * 86400 * 10

Row = dict[str, Any]


class Unfit(RestError):
    """A task that cannot be; `column` is what is wrong with it."""

    def __init__(self, column: str, text: str) -> None:
        super().__init__("ERROR_CORE", f"{text}<br>", 400)
        self.column = column
        self.text = text


def _refused(code: str, text: str) -> RestError:
    return RestError(code, text, 400)


def _fields(call: Call) -> dict[str, Any]:
    fields = call.mapping("fields")
    if not fields:
        raise _refused("100", "Could not find value for parameter {fields} (internal error)")
    return fields


def task_of(call: Call, name: str = "taskId", unseen: tuple[str, str] = _UNSEEN) -> Row:
    """The task that a parameter names; one that is gone looks like one that is not yours."""
    number = call.get(name, call.get("id"))
    if number in (None, ""):
        text = "CTaskItem All parameters in the constructor must have real class type (internal error)"
        raise _refused("100", text)
    if not str(number).isdigit():
        raise _refused("0", "wrong task id")
    row = tasks.get(call, int(number))
    if row is None or not access.reads(call, row):
        raise _refused(*unseen)
    return row


def _may(call: Call, action: str, refusal: tuple[str, str]) -> Row:
    """The task, when the caller may do this with it now."""
    row = task_of(call, unseen=refusal)
    if not access.actions(call, row, False)[action]:
        raise _refused(*refusal)
    return row


def _check(call: Call, row: Row, before: Row | None = None) -> None:
    """The refusals of tasks-task-add.md and tasks-task-update.md."""
    if "title" in row and not str(row["title"] or "").strip():
        raise Unfit("title", "Не указано название задачи")
    if "responsibleId" in row:
        if not row["responsibleId"]:
            raise Unfit("responsibleId", "Не указан исполнитель")
        if call.portal.store.value("SELECT 1 FROM users WHERE id = ?", (row["responsibleId"],)) is None:
            raise Unfit("responsibleId", "Не найден пользователь, указанный в поле «Исполнитель»")
    if "status" in row and row["status"] not in _STATUSES:
        raise Unfit("status", "Неверный статус")
    _check_parent(call, row.get("parentId"), before)
    known = {**(before or {}), **row}
    first, last = known.get("startDatePlan"), known.get("endDatePlan")
    if first and last and last < first:
        raise Unfit("endDatePlan", "Дата окончания, указанная в планировании, раньше даты начала")
    if first and last and last - first > _LONGEST_SECONDS:
        raise Unfit("endDatePlan", "Указана слишком большая длительность задачи в планировании")


def _check_parent(call: Call, parent: int | None, before: Row | None) -> None:
    if not parent:
        return
    above = tasks.get(call, parent)
    if above is None:
        raise Unfit("parentId", "Не найдена задача, указанная в поле «Базовая задача»")
    if before is not None and parent == before["id"]:
        raise Unfit("parentId", "Нельзя привязать узел к самому себе")
    while before is not None and above is not None and above["parentId"]:
        if above["parentId"] == before["id"]:
            raise Unfit("parentId", "Создание циклических связей в задачах запрещено")
        above = tasks.get(call, above["parentId"])


def check(call: Call, row: Row, before: Row | None = None) -> None:
    """Refuses a task that cannot be: without `before` a new one, which must have a title and an assignee."""
    _check(call, row if before is not None else {"title": None, "responsibleId": None, **row}, before)


@method("tasks.task.add", "task", write=True, cost=0.1)
def add(call: Call) -> dict[str, Any]:
    """Adds a task; UF_CRM_TASK shows it in cards."""
    row = tasks.read(call, _fields(call))
    check(call, row)
    number = tasks.create(call, row)
    userfields.save(call, number, _fields(call))
    return {"task": shown.whole(call, again(call, number))}


def again(call: Call, number: int) -> Row:
    """The row as it is after a change."""
    return tasks.get(call, number) or {}


@method("tasks.task.get", "task")
def get(call: Call) -> dict[str, Any]:
    """One task with the selected fields."""
    row = task_of(call)
    if call.get("select") is not None and not isinstance(call.get("select"), list | dict):
        text = "Invalid value {} to match with parameter {select}. Should be value of type array. (internal error)"
        raise _refused("100", text)
    return {"task": shown.card(call, row, [str(name) for name in call.listing("select")])}


@method("tasks.task.list", "task", cost=0.05)
def task_list(call: Call) -> Page:
    """A page of the tasks that the caller sees, the newest first."""
    order = {key.upper(): value for key, value in call.mapping("order").items()}
    if not set(order) <= _SORTABLE:
        raise _refused("0", "Invalid sorting key (internal error)")
    extra = access.visible(call)
    found = listing.find(call, SOURCE, call.mapping("filter"), order or {"ID": "DESC"}, extra=extra)
    names = [str(name) for name in call.listing("select")]
    return Page([shown.listed(call, dict(row), names) for row in found.rows], found.total, found.start, "tasks")


@method("tasks.task.update", "task", write=True, cost=0.1)
def update(call: Call) -> dict[str, Any]:
    """Changes a task; who may not change it may still move a deadline that is free to be moved."""
    before = task_of(call, unseen=("0", f"{_DENIED} (internal error)"))
    changes = tasks.read(call, _fields(call))
    can = access.actions(call, before, False)
    if not can["edit"] and not (can["changeDeadline"] and set(changes) <= {"deadline"}):
        raise _refused("0", f"{_DENIED} (internal error)")
    check(call, changes, before)
    tasks.change(call, before, changes)
    userfields.save(call, before["id"], _fields(call))
    return {"task": shown.whole(call, again(call, before["id"]))}


@method("tasks.task.delete", "task", write=True, cost=0.1)
def delete(call: Call) -> dict[str, bool]:
    """Deletes a task."""
    tasks.remove(call, _may(call, "remove", ("1048582", "Нет доступа к удалению задачи")))
    return {"task": True}


def _to(call: Call, before: Row, status: int) -> dict[str, Any]:
    tasks.change(call, before, {"status": status})
    return {"task": shown.whole(call, again(call, before["id"]))}


@method("tasks.task.complete", "task", write=True, cost=0.1)
def complete(call: Call) -> dict[str, Any]:
    """Completes a task; one under control waits for its creator's approval."""
    before = _may(call, "complete", ("0", _DENIED))
    details.set_mark(call, before["id"], details.PLANNED, False)
    controlled = before["taskControl"] == "Y" and before["createdBy"] != call.user
    return _to(call, before, tasks.ON_CONTROL if controlled else tasks.DONE)


@method("tasks.task.renew", "task", write=True, cost=0.1)
def renew(call: Call) -> dict[str, Any]:
    """Opens a completed or deferred task again."""
    return _to(call, _may(call, "renew", ("1048582", _DENIED)), tasks.WAITING)


@method("tasks.task.start", "task", write=True, cost=0.1)
def start(call: Call) -> dict[str, Any]:
    """Begins a task, which comes into the plan of the day."""
    before = _may(call, "start", ("0", _DENIED))
    details.set_mark(call, before["id"], details.PLANNED, True)
    return _to(call, before, tasks.RUNNING)


@method("tasks.task.pause", "task", write=True, cost=0.1)
def pause(call: Call) -> dict[str, Any]:
    """Stops the work on a task."""
    return _to(call, _may(call, "pause", ("1048582", _DENIED)), tasks.WAITING)


@method("tasks.task.defer", "task", write=True, cost=0.1)
def defer(call: Call) -> dict[str, Any]:
    """Puts a task off."""
    return _to(call, _may(call, "defer", ("1048582", _DENIED)), tasks.DEFERRED)


@method("tasks.task.approve", "task", write=True, cost=0.1)
def approve(call: Call) -> dict[str, Any]:
    """Accepts the result of a controlled task."""
    return _to(call, _may(call, "approve", ("1048582", _DENIED)), tasks.DONE)


@method("tasks.task.disapprove", "task", write=True, cost=0.1)
def disapprove(call: Call) -> dict[str, Any]:
    """Sends a controlled task back."""
    return _to(call, _may(call, "disapprove", ("1048582", _DENIED)), tasks.WAITING)


@method("tasks.task.delegate", "task", write=True, cost=0.1)
def delegate(call: Call) -> dict[str, Any]:
    """Gives a task to another employee."""
    before = _may(call, "delegate", ("0", _DENIED))
    if call.get("userId") in (None, ""):
        raise _refused("100", "Could not find value for parameter {userId}")
    changes = {"responsibleId": call.integer("userId")}
    check(call, changes, before)
    tasks.change(call, before, changes)
    details.note(call, before["id"], "DELEGATED", before["responsibleId"], changes["responsibleId"])
    return {"task": shown.whole(call, again(call, before["id"]))}


@method("tasks.task.getFields", "task")
def get_fields(call: Call) -> dict[str, Any]:
    """The fields of a task."""
    added = {row["FIELD_NAME"]: row for row in userfields.FIELDS.all(call)}
    own = {name: {"title": row["labels"].get("ru") or name, "type": row["USER_TYPE_ID"]} for name, row in added.items()}
    return {"fields": {**DESCRIBED, **own}}
