"""Comments of tasks: `task.commentitem.*`, `task.comment.add` (api-reference/tasks/comment-item)."""

from __future__ import annotations

from typing import Any

from sandbox.crm import moments
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.kernel.rows import matches, ordered
from sandbox.tasks import access, details, shown
from sandbox.tasks.arguments import Arguments, Row, forbidden, lost
from sandbox.tasks.manifest import manifest

_WRITABLE = ("POST_MESSAGE", "AUTHOR_ID", "POST_DATE", "UF_FORUM_MESSAGE_DOC")
_SORTABLE = ("ID", "AUTHOR_ID", "AUTHOR_NAME", "AUTHOR_EMAIL", "POST_DATE")
_FILTERABLE = ("ID", "AUTHOR_ID", "AUTHOR_NAME", "POST_DATE")
_READABLE = ("POST_MESSAGE_HTML", *_SORTABLE, "POST_MESSAGE", "UF_FORUM_MESSAGE_DOC", "ATTACHED_OBJECTS")


def _refused(text: str) -> RestError:
    return RestError("ERROR_CORE", f"{text}<br>", 400)


def _printed(call: Call, comment: Row) -> Row:
    row = call.portal.store.one("SELECT name, last_name FROM users WHERE id = ?", (comment["author"],))
    name = " ".join(part for part in (row["name"], row["last_name"]) if part) if row else ""
    return {
        "POST_MESSAGE_HTML": None,
        "ID": str(comment["id"]),
        "AUTHOR_ID": str(comment["author"]),
        "AUTHOR_NAME": name,
        "AUTHOR_EMAIL": "",
        "POST_DATE": shown.when(call, comment["at"]),
        "POST_MESSAGE": comment["text"],
        "ATTACHED_OBJECTS": {str(file): _file(str(file)) for file in comment["files"]},
    }


def _file(number: str) -> Row:
    url = f"/bitrix/tools/disk/uf.php?attachedId={number}&action="
    shown_as = {"ATTACHMENT_ID": number, "NAME": f"file{number}", "SIZE": "0", "FILE_ID": number}
    return {**shown_as, "DOWNLOAD_URL": f"{url}download&ncc=1", "VIEW_URL": f"{url}show&ncc=1"}


def _item(call: Call, arguments: Arguments, *, writing: bool) -> Row:
    """The comment of TASKID and ITEMID; only its author or an administrator may change it."""
    task, number = arguments.number("TASKID", "taskId"), arguments.number("ITEMID", "itemId")
    refusal = forbidden() if writing else lost()
    arguments.task(refusal=refusal)
    comment = details.COMMENTS.get(call, number)
    if comment is None or comment["taskId"] != task:
        raise refusal
    if writing and comment["author"] != call.user and not access.free(call):
        raise refusal
    return comment


def _files(fields: dict[str, Any]) -> list[str]:
    given = fields.get("UF_FORUM_MESSAGE_DOC") or []
    return [str(one).lstrip("n") for one in (given if isinstance(given, list) else [given])]


def _add(call: Call, task: Row, fields: dict[str, Any]) -> int:
    if not str(fields.get("POST_MESSAGE") or "").strip():
        raise _refused("Не указан текст комментария")
    given = fields.get("POST_DATE")
    at = moments.seconds(given, call.portal.clock.zone) if given else int(call.portal.clock.timestamp())
    author = int(fields.get("AUTHOR_ID") or call.user)
    return details.comment(call, task["id"], str(fields["POST_MESSAGE"]), author, at, _files(fields))


@method("task.commentitem.add", "task", write=True)
def add(call: Call) -> int:
    """Adds a comment."""
    arguments = Arguments(call, "commentitem", "TASKID", "FIELDS")
    task = arguments.task(refusal=_refused("Недостаточно прав для добавления комментария"))
    return _add(call, task, arguments.fields("FIELDS", "arFields"))


@method("task.comment.add", "task", write=True)
def old_add(call: Call) -> int:
    """The older name: TASKID and COMMENTTEXT."""
    arguments = Arguments(call, "comment", "TASKID", "COMMENTTEXT")
    task = arguments.task(refusal=_refused("Недостаточно прав для добавления комментария"))
    return _add(call, task, {"POST_MESSAGE": arguments.raw("COMMENTTEXT")})


@method("task.commentitem.get", "task")
def get(call: Call) -> Row:
    """One comment."""
    return _printed(call, _item(call, Arguments(call, "commentitem", "TASKID", "ITEMID"), writing=False))


@method("task.commentitem.getlist", "task")
def get_list(call: Call) -> list[Row]:
    """The comments of a task, the newest first."""
    arguments = Arguments(call, "commentitem", "TASKID", "ORDER", "FILTER")
    task = arguments.task()
    order = arguments.mapping("ORDER", "arOrder", frozenset(_SORTABLE))
    wanted = arguments.mapping("FILTER", "arFilter", frozenset(_FILTERABLE))
    rows = [_printed(call, one) for one in details.COMMENTS.of(call, task["id"])]
    rows = [row for row in rows if matches(row, wanted)]
    for name, way in reversed(list(order.items()) or [("ID", "DESC")]):
        rows = ordered(rows, name, str(way))
    return rows


@method("task.commentitem.update", "task", write=True)
def update(call: Call) -> bool:
    """Changes a comment."""
    arguments = Arguments(call, "commentitem", "TASKID", "ITEMID", "FIELDS")
    comment = _item(call, arguments, writing=True)
    fields = arguments.fields("FIELDS", "arFields")
    if not str(fields.get("POST_MESSAGE") or "").strip():
        raise _refused("Не указан текст комментария")
    changes: Row = {"text": str(fields["POST_MESSAGE"])}
    if "UF_FORUM_MESSAGE_DOC" in fields:
        changes["files"] = _files(fields)
    details.COMMENTS.change(call, comment, changes)
    seen = {"ID": comment["id"], "TASK_ID": comment["taskId"]}
    details.announce(call, "UPDATE", seen, {**seen, "ACTION": "EDIT"})
    return True


@method("task.commentitem.delete", "task", write=True)
def delete(call: Call) -> bool:
    """Deletes a comment."""
    comment = _item(call, Arguments(call, "commentitem", "TASKID", "ITEMID"), writing=True)
    details.COMMENTS.remove(call, comment["id"])
    seen = {"ID": comment["id"], "TASK_ID": comment["taskId"]}
    details.announce(call, "DELETE", seen, {**seen, "ACTION": "DEL"})
    return True


@method("task.commentitem.isactionallowed", "task")
def is_action_allowed(call: Call) -> bool:
    """ACTIONID: 1 add, 2 change, 3 delete."""
    arguments = Arguments(call, "commentitem", "TASKID", "ITEMID", "ACTIONID")
    task, action = arguments.task(), arguments.number("ACTIONID", "actionId")
    comment = details.COMMENTS.get(call, arguments.number("ITEMID", "itemId"))
    own = comment is not None and comment["taskId"] == task["id"] and comment["author"] == call.user
    return action == 1 or (action in (2, 3) and (own or access.free(call)))


@method("task.commentitem.getmanifest", "task")
def get_manifest(call: Call) -> dict[str, Any]:
    """What the family is made of."""
    fields = {"writable": _WRITABLE, "readable": _READABLE, "sortable": _SORTABLE, "filterable": _FILTERABLE}
    names = "getmanifest getlist get add update delete isactionallowed"
    return manifest("commentitem", "1.1", fields, ("POST_DATE",), names)
