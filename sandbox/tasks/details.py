"""What hangs on a task: comments, check list items, spent time, results, history, marks of its readers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.documents import Documents
from sandbox.kernel.registry import events
from sandbox.kernel.store import declare

CHECKLIST = Documents("task_checklist", "taskId")
COMMENTS = Documents("task_comment", "taskId")
ELAPSED = Documents("task_elapsed", "taskId")
RESULTS = Documents("task_result", "taskId")
HISTORY = Documents("task_history", "taskId")
FILES = Documents("task_file", "taskId")
# `taskId` is the task that waits; the document names the task it waits for and the kind of the link.
LINKS = Documents("task_link", "taskId")
FLOWS = Documents("task_flow")
# `entity` 0 is the plan of a user, which `user` names; else it is a group.
STAGES = Documents("task_stage", "entity")

declare(
    "CREATE TABLE IF NOT EXISTS task_marks (task INTEGER, user INTEGER, mark TEXT, PRIMARY KEY (task, user, mark))"
    " WITHOUT ROWID"
)
FAVORITE, MUTED, PINNED, PINNED_IN_GROUP, PLANNED = "favorite", "muted", "pinned", "pinnedInGroup", "planned"
_UNDEFINED = ("undefined", "undefined")

events("task", "ONTASKCOMMENTADD", "ONTASKCOMMENTUPDATE", "ONTASKCOMMENTDELETE")


def forget(call: Call, task: int) -> None:
    """Deletes all that hangs on a task."""
    for kind in (CHECKLIST, COMMENTS, ELAPSED, RESULTS, HISTORY, FILES, LINKS):
        kind.clear(call, task)
    call.portal.store.execute("DELETE FROM task_marks WHERE task = ?", (task,))


# --- marks ----------------------------------------------------------------------------------


def marks(call: Call, task: int) -> set[str]:
    """The caller's marks of a task."""
    sql = "SELECT mark FROM task_marks WHERE task = ? AND user = ?"
    return {row["mark"] for row in call.portal.store.rows(sql, (task, call.user))}


def set_mark(call: Call, task: int, mark: str, on: bool) -> None:
    """Sets or takes away a mark of the caller."""
    sql = "INSERT OR IGNORE INTO task_marks VALUES (?, ?, ?)" if on else None
    sql = sql or "DELETE FROM task_marks WHERE task = ? AND user = ? AND mark = ?"
    call.portal.store.execute(sql, (task, call.user, mark))


# --- history --------------------------------------------------------------------------------


def note(call: Call, task: int, field: str, before: Any = None, after: Any = None) -> None:
    """Writes a line of the history."""
    line = {"at": int(call.portal.clock.timestamp()), "field": field, "user": call.user}
    HISTORY.add(call, {**line, "from": _text(before), "to": _text(after)}, task)


def note_changes(call: Call, task: int, before: Mapping[str, Any], names: Iterable[tuple[str, str, Any]]) -> None:
    """Writes what a change of a task has changed: (column, name in the history, new value) each."""
    for column, name, value in names:
        note(call, task, name, before[column], value)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


# --- comments -------------------------------------------------------------------------------


def comment(call: Call, task: int, text: str, author: int, at: int, files: list[Any]) -> int:
    """Adds a comment; returns its number and tells the applications."""
    body = {"author": author, "text": text, "at": at, "files": files}
    number = int(COMMENTS.add(call, body, task)["id"])
    note(call, task, "COMMENT", None, number)
    announce(call, "ADD", "undefined", {"ID": number, "MESSAGE_ID": number, "TASK_ID": task})
    return number


def announce(call: Call, what: str, before: Any, after: Any) -> None:
    """Sends an event of comments (events-comment)."""
    shown = {"IS_ACCESSIBLE_BEFORE": _UNDEFINED[0], "IS_ACCESSIBLE_AFTER": _UNDEFINED[1]}
    call.portal.emit(f"ONTASKCOMMENT{what}", {"FIELDS_BEFORE": before, "FIELDS_AFTER": after, **shown}, call)


def spent(call: Call, task: int) -> int:
    """The seconds of work noted on a task."""
    return sum(int(line["seconds"]) for line in ELAPSED.of(call, task))
