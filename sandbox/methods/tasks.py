"""Tasks: `tasks.task.*` (api-reference/tasks)."""

from __future__ import annotations

from typing import Any

from sandbox.crm import listing, tasks
from sandbox.crm.fields import Field
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method

_SOURCE = listing.Source("tasks", tasks.operands(), error="0", lenient=True, any_case=True)
_STATUSES = (tasks.WAITING, tasks.RUNNING, tasks.ON_CONTROL, tasks.DONE, tasks.DEFERRED)
_SORTABLE = set(tasks.BY_OLD) - {tasks.FIELDS[name].old for name in tasks.SETS} | {"REAL_STATUS"}


def _core(text: str) -> RestError:
    return RestError("ERROR_CORE", f"{text}<br>", 400)


def _fields(call: Call) -> dict[str, Any]:
    fields = call.mapping("fields")
    if not fields:
        raise RestError("100", "Could not find value for parameter {fields} (internal error)", 400)
    return fields


def _row(call: Call) -> dict[str, Any]:
    """The task of `taskId`; one that is gone looks like one that is not yours."""
    number = call.get("taskId", call.get("id"))
    if number in (None, ""):
        raise RestError("100", "CTaskItem All parameters in the constructor must have real class type", 400)
    if not str(number).isdigit():
        raise RestError("0", "wrong task id", 400)
    row = tasks.get(call, int(number))
    if row is None:
        raise RestError("1048582", "Задача не найдена или доступ запрещен", 400)
    return row


def _check(call: Call, row: dict[str, Any]) -> None:
    """The refusals of tasks-task-add.md and tasks-task-update.md."""
    if "title" in row and not str(row["title"] or "").strip():
        raise _core("Не указано название задачи")
    if "responsibleId" in row:
        if not row["responsibleId"]:
            raise _core("Не указан исполнитель")
        if call.portal.store.value("SELECT 1 FROM users WHERE id = ?", (row["responsibleId"],)) is None:
            raise _core("Не найден пользователь, указанный в поле «Исполнитель»")
    if "status" in row and row["status"] not in _STATUSES:
        raise _core("Неверный статус")
    first, last = row.get("startDatePlan"), row.get("endDatePlan")
    if first and last and last < first:
        raise _core("Дата окончания, указанная в планировании, раньше даты начала")


def _shown(call: Call, number: int) -> dict[str, Any]:
    row = tasks.get(call, number)
    return {"task": {**tasks.printed(call, row, []), "action": _actions(row)}}


def _actions(row: Any) -> dict[str, bool]:
    done = row["status"] in (tasks.ON_CONTROL, tasks.DONE)
    return {
        "complete": not done,
        "start": row["status"] in (tasks.WAITING, tasks.DEFERRED),
        "pause": row["status"] == tasks.RUNNING,
        "delegate": not done,
        "remove": True,
        "edit": True,
        "defer": not done,
        "renew": done,
        "create": True,
        "changeDeadline": True,
    }


@method("tasks.task.add", "task", write=True, cost=0.1)
def add(call: Call) -> dict[str, Any]:
    """Adds a task; UF_CRM_TASK shows it in cards."""
    row = tasks.read(call, _fields(call))
    _check(call, {"title": None, "responsibleId": None, **row})
    return _shown(call, tasks.create(call, row))


@method("tasks.task.get", "task")
def get(call: Call) -> dict[str, Any]:
    """One task with the selected fields."""
    row = _row(call)
    names = [str(name) for name in call.listing("select")]
    return {"task": {**tasks.printed(call, row, names), "action": _actions(row)}}


@method("tasks.task.list", "task", cost=0.05)
def task_list(call: Call) -> Page:
    """A page of tasks, the newest first."""
    order = {key.upper(): value for key, value in call.mapping("order").items()}
    if not set(order) <= _SORTABLE:
        raise RestError("0", "Invalid sorting key (internal error)", 400)
    found = listing.find(call, _SOURCE, call.mapping("filter"), order or {"ID": "DESC"})
    names = [str(name) for name in call.listing("select")]
    return Page([tasks.printed(call, row, names) for row in found.rows], found.total, found.start, "tasks")


@method("tasks.task.update", "task", write=True, cost=0.1)
def update(call: Call) -> dict[str, Any]:
    """Changes a task."""
    before = _row(call)
    changes = tasks.read(call, _fields(call))
    _check(call, changes)
    tasks.change(call, before, changes)
    return _shown(call, before["id"])


@method("tasks.task.delete", "task", write=True, cost=0.1)
def delete(call: Call) -> dict[str, bool]:
    """Deletes a task."""
    tasks.remove(call, _row(call))
    return {"task": True}


def _to(call: Call, status: int, allowed: tuple[int, ...]) -> dict[str, Any]:
    before = _row(call)
    if before["status"] not in allowed:
        raise RestError("0", "Действие над задачей не разрешено", 400)
    tasks.change(call, before, {"status": status})
    return _shown(call, before["id"])


_OPEN = (tasks.WAITING, tasks.RUNNING, tasks.DEFERRED)


@method("tasks.task.complete", "task", write=True, cost=0.1)
def complete(call: Call) -> dict[str, Any]:
    """Completes a task; one under control waits for its creator's approval."""
    before = _row(call)
    controlled = before["taskControl"] == "Y" and before["createdBy"] != call.user
    return _to(call, tasks.ON_CONTROL if controlled else tasks.DONE, (*_OPEN, tasks.ON_CONTROL))


@method("tasks.task.renew", "task", write=True, cost=0.1)
def renew(call: Call) -> dict[str, Any]:
    """Opens a completed or deferred task again."""
    return _to(call, tasks.WAITING, (tasks.DONE, tasks.ON_CONTROL, tasks.DEFERRED))


@method("tasks.task.start", "task", write=True, cost=0.1)
def start(call: Call) -> dict[str, Any]:
    """Begins a task."""
    return _to(call, tasks.RUNNING, (tasks.WAITING, tasks.DEFERRED))


@method("tasks.task.pause", "task", write=True, cost=0.1)
def pause(call: Call) -> dict[str, Any]:
    """Stops the work on a task."""
    return _to(call, tasks.WAITING, (tasks.RUNNING,))


@method("tasks.task.defer", "task", write=True, cost=0.1)
def defer(call: Call) -> dict[str, Any]:
    """Puts a task off."""
    return _to(call, tasks.DEFERRED, (tasks.WAITING, tasks.RUNNING))


@method("tasks.task.approve", "task", write=True, cost=0.1)
def approve(call: Call) -> dict[str, Any]:
    """Accepts the result of a controlled task."""
    return _to(call, tasks.DONE, (tasks.ON_CONTROL,))


@method("tasks.task.disapprove", "task", write=True, cost=0.1)
def disapprove(call: Call) -> dict[str, Any]:
    """Sends a controlled task back."""
    return _to(call, tasks.WAITING, (tasks.ON_CONTROL,))


@method("tasks.task.delegate", "task", write=True, cost=0.1)
def delegate(call: Call) -> dict[str, Any]:
    """Gives a task to another employee."""
    before = _row(call)
    changes = {"responsibleId": call.integer("userId")}
    _check(call, changes)
    tasks.change(call, before, changes)
    return _shown(call, before["id"])


@method("tasks.task.getFields", "task")
def get_fields(call: Call) -> dict[str, Any]:
    """The fields of a task."""
    return {"fields": {str(f.old): {"title": str(f.old), "type": _kind(f)} for f in tasks.FIELDS.values()}}


def _kind(field: Field) -> str:
    kinds = {"user": "integer", "boolean": "enum", "text": "string"}
    return "array" if field.multiple else kinds.get(field.type, field.type)
