"""Check lists of tasks: `task.checklistitem.*` (api-reference/tasks/checklist-item)."""

from __future__ import annotations

from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.registry import method
from sandbox.kernel.rows import ordered
from sandbox.tasks import access, checklist
from sandbox.tasks.arguments import Arguments, Row, failed, forbidden, lost
from sandbox.tasks.details import CHECKLIST, note
from sandbox.tasks.manifest import manifest

_SORTABLE = frozenset(
    ("ID", "PARENT_ID", "CREATED_BY", "TITLE", "SORT_INDEX", "IS_COMPLETE", "IS_IMPORTANT", "TOGGLED_BY")
) | {"TOGGLED_DATE"}
_WRITABLE = ("PARENT_ID", "TITLE", "SORT_INDEX", "IS_COMPLETE", "IS_IMPORTANT", "MEMBERS")
_OWN = ("ID", "TASK_ID", "PARENT_ID", "CREATED_BY")
_READABLE = (*_OWN, *_WRITABLE[1:-1], "TOGGLED_BY", "TOGGLED_DATE", "MEMBERS", "ATTACHMENTS")


def _item(call: Call, arguments: Arguments, refusal: str = "") -> Row:
    """The item of TASKID and ITEMID; `refusal` is said to who may not work on the task."""
    task, number = arguments.number("TASKID", "taskId"), arguments.number("ITEMID", "itemId")
    row = arguments.task(refusal=lost() if not refusal else failed(refusal))
    item = CHECKLIST.get(call, number)
    if item is None or item["taskId"] != task:
        raise lost() if not refusal else failed(refusal)
    if refusal and not access.works(call, row, call.user):
        raise failed(refusal)
    return item


def _place(call: Call, task: int, wanted: int | None) -> int:
    """What an item lies in (task-checklist-item-add.md).

    Without PARENT_ID that is the first check list, made if there is none; with an unknown one or 0 the item
    heads a check list of its own.
    """
    known = CHECKLIST.of(call, task)
    if wanted is not None:
        return wanted if any(one["id"] == wanted for one in known) else 0
    heads = [one for one in known if not one["parent"]]
    head = heads[0] if heads else checklist.add(call, CHECKLIST, task, {"title": "Чек-лист 1"})
    return int(head["id"])


@method("task.checklistitem.add", "task", write=True)
def add(call: Call) -> int:
    """Adds an item."""
    arguments = Arguments(call, "checklistitem", "TASKID", "FIELDS")
    refusal = failed("Adding item: action not allowed")
    task = arguments.task(refusal=refusal)
    fields = arguments.fields("FIELDS", "arFields")
    if not access.works(call, task, call.user):
        raise refusal
    if not str(fields.get("TITLE") or "").strip():
        raise failed("Item name not specified")
    row = checklist.read(fields)
    item = checklist.add(call, CHECKLIST, task["id"], {**row, "parent": _place(call, task["id"], row.get("parent"))})
    note(call, task["id"], "CHECKLIST_ITEM_CREATE", "", item["title"])
    return int(item["id"])


@method("task.checklistitem.get", "task")
def get(call: Call) -> Row:
    """One item."""
    return checklist.old(call, _item(call, Arguments(call, "checklistitem", "TASKID", "ITEMID")))


@method("task.checklistitem.getlist", "task")
def get_list(call: Call) -> list[Row]:
    """The items of a task."""
    arguments = Arguments(call, "checklistitem", "TASKID", "ORDER")
    task, order = arguments.task(), arguments.mapping("ORDER", "arOrder", _SORTABLE)
    rows = [checklist.old(call, item) for item in CHECKLIST.of(call, task["id"])]
    for name, way in reversed(list(order.items())):
        rows = ordered(rows, name, str(way))
    return rows


@method("task.checklistitem.update", "task", write=True)
def update(call: Call) -> None:
    """Changes an item."""
    arguments = Arguments(call, "checklistitem", "TASKID", "ITEMID", "FIELDS")
    arguments.number("TASKID", "taskId")
    arguments.number("ITEMID", "itemId")
    fields = arguments.fields("FIELDS", "arFields")
    task = arguments.task(refusal=forbidden("No access to edit the task"))
    if not access.works(call, task, call.user):
        raise forbidden("No access to edit the task")
    CHECKLIST.change(call, _item(call, arguments), checklist.read(fields))


@method("task.checklistitem.delete", "task", write=True)
def delete(call: Call) -> bool:
    """Deletes an item with those below it."""
    item = _item(call, Arguments(call, "checklistitem", "TASKID", "ITEMID"), "Deleting item: action not allowed")
    checklist.remove(call, CHECKLIST, item)
    note(call, item["taskId"], "CHECKLIST_ITEM_REMOVE", item["title"], "")
    return True


def _toggle(call: Call, complete: bool) -> bool:
    item = _item(call, Arguments(call, "checklistitem", "TASKID", "ITEMID"), "Updating item: action not allowed")
    CHECKLIST.change(call, item, checklist.toggled(call, complete))
    note(call, item["taskId"], f"CHECKLIST_ITEM_{'CHECK' if complete else 'UNCHECK'}", item["title"], item["title"])
    return True


@method("task.checklistitem.complete", "task", write=True)
def complete(call: Call) -> bool:
    """Checks an item."""
    return _toggle(call, True)


@method("task.checklistitem.renew", "task", write=True)
def renew(call: Call) -> bool:
    """Unchecks an item."""
    return _toggle(call, False)


@method("task.checklistitem.moveafteritem", "task", write=True)
def move_after(call: Call) -> None:
    """Puts an item after another one."""
    arguments = Arguments(call, "checklistitem", "TASKID", "ITEMID", "AFTERITEMID")
    refusal = "Moving item: action not allowed"
    arguments.number("TASKID", "taskId")
    arguments.number("ITEMID", "itemId")
    after = CHECKLIST.get(call, arguments.number("AFTERITEMID", "afterItemId"))
    item = _item(call, arguments, refusal)
    if after is None or after["taskId"] != item["taskId"]:
        raise failed(refusal)
    checklist.move(call, CHECKLIST, item, after, before=False)


@method("task.checklistitem.isactionallowed", "task")
def is_action_allowed(call: Call) -> bool:
    """ACTIONID: 1 add, 2 change, 3 delete, 4 check."""
    arguments = Arguments(call, "checklistitem", "TASKID", "ITEMID", "ACTIONID")
    task, action = arguments.task(), arguments.number("ACTIONID", "actionId")
    arguments.number("ITEMID", "itemId")
    return action in (1, 2, 3, 4) and access.works(call, task, call.user)


@method("task.checklistitem.getmanifest", "task")
def get_manifest(call: Call) -> dict[str, Any]:
    """What the family is made of."""
    return manifest(
        "checklistitem", "2.0", {"writable": _WRITABLE, "readable": _READABLE, "sortable": tuple(sorted(_SORTABLE))},
        ("TOGGLED_DATE",), "getmanifest get getlist add update delete complete renew moveafteritem isactionallowed",
    )  # fmt: skip
