"""The oldest methods of tasks, whose development has stopped: `task.item.*`, `task.items.getlist`
(api-reference/tasks/deprecated). They do what `tasks.task.*` does, and print upper-case names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.crm import listing, tasks
from sandbox.crm.query import PAGE
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import METHODS, method
from sandbox.methods.tasks import SOURCE, check
from sandbox.methods.tasks_details import attach
from sandbox.tasks import access, details
from sandbox.tasks.arguments import Arguments, Row, failed, forbidden
from sandbox.tasks.manifest import manifest

# task-item-get-allowed-actions.md: the numbers of actions, by their modern names.
_ACTIONS = {
    1: ("ACTION_ACCEPT", "accept"),
    2: ("ACTION_DECLINE", "decline"),
    3: ("ACTION_COMPLETE", "complete"),
    4: ("ACTION_APPROVE", "approve"),
    5: ("ACTION_DISAPPROVE", "disapprove"),
    6: ("ACTION_START", "start"),
    7: ("ACTION_DELEGATE", "delegate"),
    8: ("ACTION_REMOVE", "remove"),
    9: ("ACTION_EDIT", "edit"),
    10: ("ACTION_DEFER", "defer"),
    11: ("ACTION_RENEW", "renew"),
    12: ("ACTION_CREATE", "create"),
    13: ("ACTION_CHANGE_DEADLINE", "changeDeadline"),
    14: ("ACTION_CHECKLIST_ADD_ITEMS", "checklistAddItems"),
    15: ("ACTION_ELAPSED_TIME_ADD", "elapsedtime.add"),
    16: ("ACTION_CHANGE_DIRECTOR", "edit.originator"),
    17: ("ACTION_PAUSE", "pause"),
    18: ("ACTION_START_TIME_TRACKING", "dayplan.timer.toggle"),
}


def _task(call: Call, *names: str) -> Row:
    """The task of TASKID (TASK_ID in some methods), also by its place."""
    given = names or ("TASKID",)
    return Arguments(call, "item", *given).task(given[0])


def _old(call: Call, row: Row) -> Row:
    """A task with upper-case names."""
    shown = tasks.printed(call, row, ["*", "UF_*"])
    by_name = {str(tasks.FIELDS[name].old): value for name, value in shown.items() if name in tasks.FIELDS}
    return {**by_name, "REAL_STATUS": by_name["STATUS"]}


def _run(call: Call, name: str, params: Row) -> Any:
    """Runs the modern method as this call's; its refusals are told in the old way."""
    call.params = params
    try:
        return METHODS[name].function(call)
    except RestError as error:
        if error.code == "ERROR_CORE":
            raise
        raise forbidden() from None


@method("task.item.add", "task", write=True, cost=0.1)
def add(call: Call) -> int:
    """Adds a task; returns its number."""
    given = Arguments(call, "item", "TASKDATA").raw("TASKDATA") or call.get("fields")
    row = tasks.read(call, given if isinstance(given, dict) else {})
    check(call, row)
    return tasks.create(call, row)


@method("task.item.getdata", "task")
def get_data(call: Call) -> Row:
    """A task's fields."""
    return _old(call, _task(call))


@method("task.item.update", "task", write=True, cost=0.1)
def update(call: Call) -> list[Any]:
    """Changes a task."""
    arguments = Arguments(call, "item", "TASKID", "TASKDATA")
    row, fields = arguments.task(), arguments.fields("TASKDATA", "arNewTaskData")
    _run(call, "tasks.task.update", {"taskId": row["id"], "fields": fields})
    return []


@method("task.item.delete", "task", write=True, cost=0.1)
def delete(call: Call) -> list[Any]:
    """Deletes a task."""
    _run(call, "tasks.task.delete", {"taskId": _task(call)["id"]})
    return []


@method("task.item.delegate", "task", write=True, cost=0.1)
def delegate(call: Call) -> list[Any]:
    """Gives a task to somebody else."""
    arguments = Arguments(call, "item", "TASKID", "USERID")
    row, user = arguments.task(), arguments.number("USERID", "newResponsibleId")
    _run(call, "tasks.task.delegate", {"taskId": row["id"], "userId": user})
    return []


def _state(name: str, modern: str) -> None:
    """Registers a method that moves a task to another state."""

    def change(call: Call) -> list[Any]:
        _run(call, modern, {"taskId": _task(call)["id"]})
        return []

    method(name, "task", write=True, cost=0.1)(change)


for _name in ("approve", "complete", "defer", "disapprove", "renew"):
    _state(f"task.item.{_name}", f"tasks.task.{_name}")
_state("task.item.startexecution", "tasks.task.start")


# --- lists ----------------------------------------------------------------------------------


def _listed(call: Call, names: tuple[str, ...]) -> Page:
    arguments = Arguments(call, "item", *names)
    order, wanted = arguments.raw("ORDER"), arguments.raw("FILTER")
    by = (
        {str(name).upper(): way for name, way in order.items()} if isinstance(order, dict) and order else {"ID": "DESC"}
    )
    params = arguments.raw(names[-1])
    nav = params.get("NAV_PARAMS", params) if isinstance(params, dict) else {}
    if isinstance(nav, dict) and nav.get("iNumPage"):
        call.params = {**call.params, "start": (int(nav["iNumPage"]) - 1) * PAGE}
    conditions = wanted if isinstance(wanted, dict) else {}
    found = listing.find(call, SOURCE, conditions, by or {"ID": "DESC"}, extra=access.visible(call))
    return Page([_old(call, dict(row)) for row in found.rows], found.total, found.start)


@method("task.item.list", "task", cost=0.05)
def item_list(call: Call) -> Page:
    """A page of tasks: ORDER, FILTER, then PARAMS."""
    return _listed(call, ("ORDER", "FILTER", "PARAMS"))


@method("task.items.getlist", "task", cost=0.05)
def items_list(call: Call) -> Page:
    """A page of tasks: ORDER, FILTER, TASKDATA, then NAV_PARAMS."""
    return _listed(call, ("ORDER", "FILTER", "TASKDATA", "NAV_PARAMS"))


# --- what may be done -----------------------------------------------------------------------


def _allowed(call: Call) -> dict[int, str]:
    can = access.actions(call, _task(call), False)
    return {number: name for number, (name, modern) in _ACTIONS.items() if can[modern]}


@method("task.item.getallowedactions", "task")
def allowed_numbers(call: Call) -> list[int]:
    """The numbers of what may be done."""
    return list(_allowed(call))


@method("task.item.getallowedtaskactionsasstrings", "task")
def allowed_names(call: Call) -> dict[str, bool]:
    """What may be done and what not, by name."""
    can = access.actions(call, _task(call), False)
    return {name: can[modern] for name, modern in _ACTIONS.values()}


@method("task.item.isactionallowed", "task")
def is_allowed(call: Call) -> bool:
    """Whether one action may be done."""
    arguments = Arguments(call, "item", "TASKID", "ACTIONID")
    row, number = arguments.task(), arguments.number("ACTIONID", "actionId")
    return number in _ACTIONS and access.actions(call, row, False)[_ACTIONS[number][1]]


# --- texts, files, marks --------------------------------------------------------------------


@method("task.item.getdescription", "task")
def description(call: Call) -> str:
    """A task's text."""
    return str(_task(call)["description"] or "")


@method("task.item.getdependson", "task")
def depends_on(call: Call) -> list[str]:
    """The tasks that a task waits for."""
    return [str(link["on"]) for link in details.LINKS.of(call, _task(call)["id"])]


@method("task.item.getfiles", "task")
def files(call: Call) -> list[Row]:
    """The files of a task."""
    return [_file(one) for one in details.FILES.of(call, _task(call)["id"])]


def _file(row: Row) -> Row:
    number = str(row["id"])
    url = f"/bitrix/tools/disk/uf.php?attachedId={number}&action="
    told = {"ATTACHMENT_ID": number, "NAME": row.get("name") or f"file{row['fileId']}", "SIZE": str(row.get("size", 0))}
    return {**told, "FILE_ID": str(row["fileId"]), "DOWNLOAD_URL": f"{url}download", "VIEW_URL": f"{url}show"}


@method("task.item.addfile", "task", write=True, partial="the content of the file is not kept")
def add_file(call: Call) -> Row:
    """Attaches an uploaded file (`FILE` of NAME and CONTENT)."""
    row = _task(call, "TASK_ID", "FILE")
    given = Arguments(call, "item", "TASK_ID", "FILE").raw("FILE")
    told = given if isinstance(given, dict) else {"NAME": call.get("NAME"), "CONTENT": call.get("CONTENT")}
    if not told.get("NAME"):
        raise failed("File not found")
    number = attach(call, row, 0)
    attached = details.FILES.get(call, number) or {}
    size = len(str(told.get("CONTENT") or "")) * 3 // 4
    details.FILES.change(call, attached, {"fileId": number, "name": str(told["NAME"]), "size": size})
    return {"ATTACHMENT_ID": str(number), "FILE_ID": str(number)}


@method("task.item.deletefile", "task", write=True)
def delete_file(call: Call) -> bool:
    """Takes a file off a task."""
    row = _task(call, "TASK_ID", "ATTACHMENT_ID")
    number = Arguments(call, "item", "TASK_ID", "ATTACHMENT_ID").number("ATTACHMENT_ID", "attachmentId")
    attached = details.FILES.get(call, number)
    if attached is None or attached["taskId"] != row["id"]:
        raise failed("File not found")
    details.FILES.remove(call, number)
    return True


def _favorite(on: bool) -> Callable[[Call], bool]:
    def mark(call: Call) -> bool:
        details.set_mark(call, _task(call, "TASK_ID", "PARAMS")["id"], details.FAVORITE, on)
        return True

    return mark


method("task.item.addtofavorite", "task", write=True)(_favorite(True))
method("task.item.deletefromfavorite", "task", write=True)(_favorite(False))


@method("task.item.getmanifest", "task")
def get_manifest(call: Call) -> Row:
    """What the family is made of."""
    writable = tuple(str(field.old) for field in tasks.FIELDS.values() if not field.read_only)
    every = tuple(str(field.old) for field in tasks.FIELDS.values())
    names = "getmanifest getlist add getdata update delete complete renew defer delegate approve disapprove"
    return manifest("item", "2.0", {"writable": writable, "readable": every, "sortable": every}, ("DEADLINE",), names)
