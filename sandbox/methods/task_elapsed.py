"""Time spent on tasks: `task.elapseditem.*` (api-reference/tasks/elapsed-item)."""

from __future__ import annotations

from typing import Any

from sandbox.crm import moments, tasks
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.kernel.rows import matches, ordered
from sandbox.tasks import access, details, shown
from sandbox.tasks.arguments import Arguments, Row
from sandbox.tasks.manifest import manifest

_WRITABLE = ("USER_ID", "COMMENT_TEXT", "SECONDS", "SOURCE", "CREATED_DATE", "DATE_START", "DATE_STOP")
_READABLE = ("ID", "TASK_ID", "USER_ID", "COMMENT_TEXT", "SECONDS", "MINUTES", *_WRITABLE[3:])
_SORTABLE = ("ID", "TASK_ID", "USER_ID", "SECONDS", "MINUTES", "CREATED_DATE", "DATE_START", "DATE_STOP")
_FILTERABLE = ("ID", "USER_ID", "CREATED_DATE")
# The codes of the pages, which print them in hexadecimal notation.
_UNKNOWN_TASK = RestError("0x000001", "Task not found", 400)
_DENIED = RestError("0x100002", "Access denied", 400)
_NOT_ALLOWED = RestError("0x000004", "Action not allowed", 400)
_WRONG = RestError("0x000100", "Invalid method parameters provided", 400)
_SUMS = ["MAX", "MIN", "COUNT", "SUM", "AVG"]
# By hand; the other source is a stopwatch.
_BY_HAND = "2"


def _task(call: Call, arguments: Arguments, unknown: RestError = _UNKNOWN_TASK) -> Row:
    row = tasks.get(call, arguments.number("TASKID", "taskId"))
    if row is None:
        raise unknown
    if not access.reads(call, row):
        raise _DENIED
    return row


def _item(call: Call, arguments: Arguments, *, writing: bool) -> Row:
    task, number = _task(call, arguments), arguments.number("ITEMID", "itemId")
    item = details.ELAPSED.get(call, number)
    if item is None or item["taskId"] != task["id"]:
        raise _NOT_ALLOWED
    if writing and item["user"] != call.user and not access.free(call):
        raise _NOT_ALLOWED
    return item


def _printed(call: Call, item: Row) -> Row:
    texts = {"ID": item["id"], "TASK_ID": item["taskId"], "USER_ID": item["user"], "COMMENT_TEXT": item["text"]}
    texts |= {"SECONDS": item["seconds"], "MINUTES": int(item["seconds"]) // 60, "SOURCE": _BY_HAND}
    moments_ = {"CREATED_DATE": item["at"], "DATE_START": item["from"], "DATE_STOP": item["to"]}
    shown_ = {name: shown.when(call, at) for name, at in moments_.items()}
    return {**{name: str(value) for name, value in texts.items()}, **shown_}


def _read(call: Call, fields: dict[str, Any]) -> Row:
    row: Row = {}
    for name, own in (("SECONDS", "seconds"), ("USER_ID", "user")):
        if name in fields:
            row[own] = int(fields[name] or 0)
    if "COMMENT_TEXT" in fields:
        row["text"] = str(fields["COMMENT_TEXT"] or "")
    for name, own in (("CREATED_DATE", "at"), ("DATE_START", "from"), ("DATE_STOP", "to")):
        if fields.get(name):
            row[own] = moments.seconds(fields[name], call.portal.clock.zone)
    return row


@method("task.elapseditem.add", "task", write=True)
def add(call: Call) -> int:
    """Notes time spent on a task."""
    arguments = Arguments(call, "elapseditem", "TASKID", "ARFIELDS")
    task = _task(call, arguments)
    if not access.works(call, task, call.user):
        raise _NOT_ALLOWED
    now = int(call.portal.clock.timestamp())
    row = {"user": call.user, "text": "", "seconds": 0, "at": now, "from": now, "to": now}
    item = details.ELAPSED.add(call, row | _read(call, arguments.fields("ARFIELDS", "arFields")), task["id"])
    return int(item["id"])


@method("task.elapseditem.get", "task")
def get(call: Call) -> list[Row]:
    """One entry, in a list of one."""
    return [_printed(call, _item(call, Arguments(call, "elapseditem", "TASKID", "ITEMID"), writing=False))]


@method("task.elapseditem.getlist", "task")
def get_list(call: Call) -> Page:
    """The entries of a task, or of all tasks that the caller sees."""
    arguments = Arguments(call, "elapseditem", "TASKID", "ORDER", "FILTER", "SELECT", "PARAMS")
    order, wanted = arguments.raw("ORDER") or {}, arguments.raw("FILTER") or {}
    if not isinstance(order, dict) or not isinstance(wanted, dict):
        raise _WRONG
    if not {str(name).upper() for name in order} <= set(_SORTABLE):
        raise _WRONG
    if arguments.raw("TASKID"):
        # The page of this method knows no code for a task that is not there.
        found = details.ELAPSED.of(call, _task(call, arguments, _NOT_ALLOWED)["id"])
    else:
        seen, args = access.visible(call)
        known = {row["id"] for row in call.portal.store.rows(f"SELECT id FROM tasks WHERE {seen}", args)}
        found = [item for item in details.ELAPSED.all(call) if item["taskId"] in known]
    rows = [row for row in (_printed(call, item) for item in found) if matches(row, wanted)]
    for name, way in reversed(list(order.items())):
        rows = ordered(rows, str(name), str(way))
    return _page(call, arguments, rows)


def _page(call: Call, arguments: Arguments, rows: list[Row]) -> Page:
    params = arguments.raw("PARAMS")
    nav = params.get("NAV_PARAMS", params) if isinstance(params, dict) else {}
    size = min(int(nav.get("nPageSize") or 50), 50)
    start = (int(nav.get("iNumPage") or 1) - 1) * size if nav else int(call.get("start") or 0)
    names = [str(name) for name in arguments.raw("SELECT") or () if name != "*"]
    cut = [{name: row[name] for name in names if name in row} if names else row for row in rows[start : start + size]]
    return Page(cut, len(rows), start, size=size)


@method("task.elapseditem.update", "task", write=True)
def update(call: Call) -> None:
    """Changes an entry."""
    arguments = Arguments(call, "elapseditem", "TASKID", "ITEMID", "ARFIELDS")
    item = _item(call, arguments, writing=True)
    details.ELAPSED.change(call, item, _read(call, arguments.fields("ARFIELDS", "arFields")))


@method("task.elapseditem.delete", "task", write=True)
def delete(call: Call) -> None:
    """Deletes an entry."""
    item = _item(call, Arguments(call, "elapseditem", "TASKID", "ITEMID"), writing=True)
    details.ELAPSED.remove(call, item["id"])


@method("task.elapseditem.isActionAllowed", "task")
def is_action_allowed(call: Call) -> bool:
    """ACTIONID: 1 add, 2 change, 3 delete."""
    arguments = Arguments(call, "elapseditem", "TASKID", "ITEMID", "ACTIONID")
    task, action = _task(call, arguments), arguments.number("ACTIONID", "actionId")
    item = details.ELAPSED.get(call, arguments.number("ITEMID", "itemId"))
    if action == 1:
        return access.works(call, task, call.user)
    own = item is not None and item["taskId"] == task["id"] and item["user"] == call.user
    return action in (2, 3) and (own or access.free(call))


@method("task.elapseditem.getmanifest", "task")
def get_manifest(call: Call) -> dict[str, Any]:
    """What the family is made of."""
    fields = {"writable": _WRITABLE, "readable": _READABLE, "sortable": _SORTABLE, "filterable": _FILTERABLE}
    names = "getmanifest getlist get add update delete isactionallowed"
    told = manifest("elapseditem", "1.2", fields, ("CREATED_DATE", "DATE_START", "DATE_STOP"), names)
    counted = ["ID", "USER_ID", "SECONDS", "MINUTES"]
    told["REST: available methods"]["getlist"] |= {"allowedAggregations": _SUMS, "allowedValuesInAggregation": counted}
    return {"Manifest version": "1.2", "Manifest change date": "22 Feb 2018", **told}
