"""What readers and doers add to a task: marks, watching, rights, history, files, results (api-reference/tasks)."""

from __future__ import annotations

import json
from typing import Any, cast

from sandbox.crm import tasks
from sandbox.disk import objects, rights
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.kernel.rows import matches, ordered
from sandbox.methods.tasks import Row, again, task_of
from sandbox.tasks import access, chat, details, shown

_UNSEEN = ("1", "Task not found or not accessible")
_UNWATCHED = ("1048584", "a:0:{}")
_DENIED = "Access denied."


def _refused(text: str, code: str = "0") -> RestError:
    return RestError(code, text, 400)


# --- marks ----------------------------------------------------------------------------------


@method("tasks.task.favorite.add", "task", write=True)
def favorite_add(call: Call) -> bool:
    """tasks-task-favorite-add.md"""
    details.set_mark(call, task_of(call, unseen=_UNSEEN)["id"], details.FAVORITE, True)
    return True


@method("tasks.task.favorite.remove", "task", write=True)
def favorite_remove(call: Call) -> bool:
    """tasks-task-favorite-remove.md"""
    details.set_mark(call, task_of(call, unseen=_UNSEEN)["id"], details.FAVORITE, False)
    return True


def _marked(call: Call, mark: str, on: bool) -> dict[str, Any]:
    row = task_of(call, "id")
    details.set_mark(call, row["id"], mark, on)
    return {"task": shown.whole(call, row)}


def _pinned(call: Call, on: bool) -> dict[str, Any]:
    """These answers also name the task's chat."""
    row = task_of(call, "id")
    return {"task": {**_marked(call, details.PINNED, on)["task"], "chatId": chat.chat_of(call, row).id}}


@method("tasks.task.mute", "task", write=True)
def mute(call: Call) -> dict[str, Any]:
    """tasks-task-mute.md"""
    return _marked(call, details.MUTED, True)


@method("tasks.task.unmute", "task", write=True)
def unmute(call: Call) -> dict[str, Any]:
    """tasks-task-unmute.md"""
    return _marked(call, details.MUTED, False)


@method("tasks.task.pin", "task", write=True)
def pin(call: Call) -> dict[str, Any]:
    """tasks-task-pin.md"""
    return _pinned(call, True)


@method("tasks.task.unpin", "task", write=True)
def unpin(call: Call) -> dict[str, Any]:
    """tasks-task-unpin.md"""
    return _pinned(call, False)


def _watch(call: Call, on: bool) -> dict[str, Any]:
    """Watching makes the caller an auditor."""
    before = task_of(call, unseen=_UNWATCHED)
    others = [int(number) for number in json.loads(before["auditors"] or "[]") if int(number) != call.user]
    auditors = json.dumps([*others, call.user] if on else others)
    tasks.change(call, before, {"auditors": auditors})
    return {"task": shown.whole(call, again(call, before["id"]))}


@method("tasks.task.startwatch", "task", write=True)
def start_watch(call: Call) -> dict[str, Any]:
    """tasks-task-start-watch.md"""
    return _watch(call, True)


@method("tasks.task.stopwatch", "task", write=True)
def stop_watch(call: Call) -> dict[str, Any]:
    """tasks-task-stop-watch.md"""
    return _watch(call, False)


# --- rights and counters --------------------------------------------------------------------


def _old_names(actions: dict[str, bool]) -> dict[str, bool]:
    """`changeDeadline` -> `CHANGE_DEADLINE`, `checklist.add` -> `CHECKLIST.ADD`."""
    return {"".join(f"_{c}" if c.isupper() else c for c in name).upper(): may for name, may in actions.items()}


@method("tasks.task.getaccess", "task")
def get_access(call: Call) -> dict[str, Any]:
    """What each of `users` (the caller without it) may do with a task."""
    users = call.get("users")
    if users is not None and not isinstance(users, list | dict):
        raise _refused("Invalid value {} to match with parameter {users}. Should be value of type array.", "100")
    row = task_of(call)
    favorite = details.FAVORITE in details.marks(call, row["id"])
    numbers = [int(user) for user in call.listing("users") or [call.user]]
    found = {str(user): _old_names(access.actions(call, row, favorite, user)) for user in numbers}
    return {"allowedActions": found}


_ROLES = {
    "view_role_responsible": '"responsibleId" = :user',
    "view_role_originator": '"createdBy" = :user',
    "view_role_accomplice": 'EXISTS (SELECT 1 FROM json_each("accomplices") WHERE CAST(value AS INTEGER) = :user)',
    "view_role_auditor": 'EXISTS (SELECT 1 FROM json_each("auditors") WHERE CAST(value AS INTEGER) = :user)',
}


@method("tasks.task.counters.get", "task")
def counters_get(call: Call) -> Page:
    """Overdue tasks of a role; new comments are not counted, nobody's reading is kept."""
    given = call.get("userId")
    if given not in (None, "") and not str(given).isdigit():
        raise _refused(f"Invalid value {{{given}}} to match with parameter {{userId}}. Should be value of type int.")
    if str(call.get("groupId") or "0") != "0":
        raise _refused("Group not found or access denied. (internal error)")
    user = int(given or call.user)
    if user != call.user and not access.free(call):
        return Page([], 1)
    role = _ROLES.get(str(call.get("type") or "view_all"), f"({' OR '.join(_ROLES.values())})")
    late = f"SELECT count(*) FROM tasks WHERE status IN (2, 3) AND deadline < :now AND {role}"
    count = call.portal.store.value(late, {"user": user, "now": int(call.portal.clock.timestamp())})
    found = {"expired": {"counter": count, "code": 6291456}, "new_comments": {"counter": 0, "code": 12582912}}
    return Page(cast("list[Any]", found), 1)  # a map of counters with `total` 1, as the page shows it


@method("tasks.task.history.list", "task")
def history_list(call: Call) -> dict[str, Any]:
    """The changes of a task, oldest first."""
    task = task_of(call, unseen=("0", "Access denied. (internal error)"))["id"]
    lines = [{"ID": one["id"], "CREATED_DATE": one["at"], "FIELD": one["field"], "USER_ID": one["user"], "row": one}
             for one in details.HISTORY.of(call, task)]  # fmt: skip
    lines = [line for line in lines if matches(line, call.mapping("filter"))]
    for name, way in reversed(call.mapping("order").items() or [("ID", "ASC")]):
        lines = ordered(lines, str(name), str(way))
    return {"list": [_history_line(call, line["row"]) for line in lines]}


def _history_line(call: Call, line: Row) -> Row:
    return {
        "id": line["id"],
        "createdDate": shown.when(call, line["at"]),
        "field": line["field"],
        "value": {"from": line["from"], "to": line["to"]},
        "user": shown.person(call, line["user"]),
    }


# --- files and results ----------------------------------------------------------------------


@method("tasks.task.files.attach", "task", write=True)
def files_attach(call: Call) -> dict[str, int]:
    """Attaches a file of the disk; UF_TASK_WEBDAV_FILES names the attachment from then on."""
    row = task_of(call)
    if call.get("fileId") in (None, ""):
        raise _refused("Could not find value for parameter {fileId} (internal error)", "100")
    if not str(call.get("fileId")).isdigit():
        text = f"Invalid value {{{call.get('fileId')}}} to match with parameter {{fileId}}."
        raise _refused(f"{text} Should be value of type int. (internal error)", "100")
    if not access.works(call, row, call.user):
        raise _refused("Access denied (internal error)")
    file = objects.get(call.portal.store, int(call.get("fileId")))
    if file is None or rights.level(call, file) < rights.READ:
        raise _refused("Недостаточно прав.<br>", "ERROR_CORE")
    return {"attachmentId": attach(call, row, int(call.get("fileId")))}


def attach(call: Call, row: Row, file: int) -> int:
    """Attaches a file to a task; returns the number of the attachment."""
    number = int(details.FILES.add(call, {"fileId": file}, row["id"])["id"])
    kept = [*json.loads(row["ufTaskWebdavFiles"] or "[]"), str(number)]
    tasks.change(call, row, {"ufTaskWebdavFiles": json.dumps(kept)})
    return number


def _not_int(name: str, given: Any) -> RestError:
    return _refused(
        f"Invalid value {{{given or ''}}} to match with parameter {{{name}}}. Should be value of type int.", "100"
    )


def _comment(call: Call) -> Row:
    """The comment of `commentId`, with the task it belongs to as `task`."""
    given = call.get("commentId")
    if not str(given or "").isdigit():
        raise _not_int("commentId", given)
    comment = details.COMMENTS.get(call, given)
    if comment is None:
        raise _refused("Comment not found.")
    task = tasks.get(call, comment["taskId"])
    if task is None or not access.reads(call, task):
        raise _refused(_DENIED)
    if comment["author"] != call.user and not access.free(call):
        raise _refused(_DENIED)
    return comment


def _result(call: Call, row: Row) -> Row:
    return {
        "id": row["id"],
        "taskId": row["taskId"],
        "commentId": row["messageId"],
        "createdBy": row["author"],
        "createdAt": shown.when(call, row["at"]),
        "updatedAt": shown.when(call, row["updatedAt"] or row["at"]),
        "status": row["status"],
        "text": row["text"],
        "formattedText": row["text"],
        "files": row["files"] or None,
    }


def add_result(call: Call, task: int, text: str, message: int | None, files: list[Any]) -> Row:
    """Adds a result to a task; `status` 0 is open, 1 closed."""
    row = {"author": call.user, "at": int(call.portal.clock.timestamp()), "updatedAt": None, "status": 0}
    return details.RESULTS.add(call, {**row, "text": text, "messageId": message, "files": files}, task)


@method("tasks.task.result.addFromComment", "task", write=True)
def result_add(call: Call) -> Row:
    """tasks-task-result-add-from-comment.md"""
    comment = _comment(call)
    if any(one["messageId"] == comment["id"] for one in details.RESULTS.of(call, comment["taskId"])):
        raise _refused("Result already exists.")
    return _result(call, add_result(call, comment["taskId"], comment["text"], comment["id"], comment["files"]))


@method("tasks.task.result.deleteFromComment", "task", write=True)
def result_delete(call: Call) -> None:
    """tasks-task-result-delete-from-comment.md"""
    comment = _comment(call)
    for one in details.RESULTS.of(call, comment["taskId"]):
        if one["messageId"] == comment["id"]:
            details.RESULTS.remove(call, one["id"])


@method("tasks.task.result.list", "task")
def result_list(call: Call) -> list[Row]:
    """The results of a task, the newest first."""
    given = call.get("taskId")
    if not str(given or "").isdigit():
        raise _not_int("taskId", given)
    task = task_of(call, unseen=("0", _DENIED))
    return [_result(call, row) for row in reversed(details.RESULTS.of(call, task["id"]))]
