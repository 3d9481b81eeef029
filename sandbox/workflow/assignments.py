"""Tasks that processes give to people: approve, acknowledge, fill in (bizproc-task/index.md)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.kernel.portal import Portal
from sandbox.kernel.store import declare

declare(
    "CREATE TABLE IF NOT EXISTS bp_tasks (id INTEGER PRIMARY KEY, process TEXT NOT NULL, activity_name TEXT NOT NULL,"
    " activity TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL, modified TEXT NOT NULL, overdue TEXT,"
    " parameters TEXT NOT NULL, rule TEXT NOT NULL, status INTEGER NOT NULL DEFAULT 0, delegation TEXT NOT NULL)"
)
declare("CREATE INDEX IF NOT EXISTS bp_tasks_process ON bp_tasks (process)")
declare(
    "CREATE TABLE IF NOT EXISTS bp_task_users (task INTEGER NOT NULL, user INTEGER NOT NULL, status INTEGER NOT NULL"
    " DEFAULT 0, comment TEXT NOT NULL DEFAULT '', PRIMARY KEY (task, user)) WITHOUT ROWID"
)
declare("CREATE INDEX IF NOT EXISTS bp_task_users_user ON bp_task_users (user)")

OPEN, YES, NO, OK, TIMEOUT, CANCEL = 0, 1, 2, 3, 4, 5
SUBORDINATES, EVERYBODY, NOBODY = "0", "1", "2"
# What each kind of task may be answered with.
ANSWERS: dict[str, dict[str, int]] = {
    "ApproveActivity": {"1": YES, "yes": YES, "2": NO, "no": NO},
    "ReviewActivity": {"3": OK, "ok": OK},
    "RequestInformationActivity": {"3": OK, "ok": OK},
    "RequestInformationOptionalActivity": {"3": OK, "ok": OK, "4": CANCEL, "cancel": CANCEL},
}
# (portal, process, activity, outcome): `status` and `results`
Decided = Callable[[Portal, str, str, Mapping[str, Any]], None]
_decided: list[Decided] = []


def on_decided(listener: Decided) -> Decided:
    """Registers who goes on when a task was done."""
    _decided.append(listener)
    return listener


class Refused(Exception):
    """An answer that the task does not take; the text is for people."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """A task to be given. `rule` says when the answers decide: `type` any, all or vote, and for
    votes `percent`; `delegation` to whom people may pass it on."""

    process: str
    activity_name: str
    activity: str
    name: str
    description: str
    users: Sequence[int]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    rule: Mapping[str, Any] = field(default_factory=dict)
    overdue: str | None = None
    delegation: str = SUBORDINATES


def give(portal: Portal, given: Assignment) -> int:
    """Creates a task, tells its people, and returns its number."""
    row = {
        "process": given.process,
        "activity_name": given.activity_name,
        "activity": given.activity,
        "name": given.name,
        "description": given.description,
        "modified": portal.clock.iso(),
        "overdue": given.overdue,
        "parameters": json.dumps(dict(given.parameters), ensure_ascii=False),
        "rule": json.dumps(dict(given.rule)),
        "delegation": given.delegation,
    }
    number = portal.store.insert("bp_tasks", row)
    for user in given.users:
        portal.store.insert("bp_task_users", {"task": number, "user": user})
        _tell(portal, number, user, given.name)
    return number


def _tell(portal: Portal, number: int, user: int, name: str) -> None:
    tag = f"BIZPROC|TASK|{number}"
    portal.call("im.notify.system.add", {"USER_ID": user, "MESSAGE": f"Новое задание: {name}", "SUB_TAG": tag})


def task(portal: Portal, number: int) -> sqlite3.Row | None:
    """A task by its number."""
    return portal.store.one("SELECT * FROM bp_tasks WHERE id = ?", (number,))


def own(portal: Portal, number: int, user: int) -> sqlite3.Row | None:
    """An employee's part of a task: `status`, `comment`."""
    return portal.store.one("SELECT * FROM bp_task_users WHERE task = ? AND user = ?", (number, user))


def complete(portal: Portal, row: sqlite3.Row, user: int, status: int, comment: str, given: Mapping[str, Any]) -> None:
    """An employee answers; when that decides the task, its process goes on. Refused for an answer
    without what the task asks for."""
    parameters = json.loads(row["parameters"])
    _check_comment(parameters, status, comment)
    fields = _filled(parameters, given) if status == OK else {}
    portal.store.execute(
        "UPDATE bp_task_users SET status = ?, comment = ? WHERE task = ? AND user = ?",
        (status, comment, row["id"], user),
    )
    votes = portal.store.rows("SELECT * FROM bp_task_users WHERE task = ? ORDER BY user", (row["id"],))
    decided = _outcome(json.loads(row["rule"]), [vote["status"] for vote in votes])
    if decided is not None:
        results = {**_results(votes, user, comment), **fields}
        close(portal, row, decided)
        for listener in _decided:
            outcome = {"status": decided, "results": results, "fields": fields}
            listener(portal, row["process"], row["activity_name"], outcome)


def _check_comment(parameters: Mapping[str, Any], status: int, comment: str) -> None:
    needed = {"Y": (YES, NO, OK, CANCEL), "YA": (YES, OK), "YR": (NO, CANCEL)}
    if status in needed.get(str(parameters.get("CommentRequired") or "N"), ()) and not comment.strip():
        raise Refused(f"Поле «{parameters.get('CommentLabel') or 'Комментарий'}» не заполнено")


def _filled(parameters: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a task's fields: what was sent, else the default; required ones must not be empty."""
    found = {}
    for one in parameters.get("Fields") or ():
        name = str(one["Id"])
        found[name] = given.get(name, one.get("Default"))
        if one.get("Required") and found[name] in (None, "", [], {}):
            raise Refused(f"Поле «{one.get('Name') or name}» не заполнено")
    return found


def _outcome(rule: Mapping[str, Any], statuses: list[int]) -> int | None:
    """What the answers so far decide, None while others must be waited for."""
    given = [status for status in statuses if status != OPEN]
    kind = rule.get("type", "any")
    if kind == "any":
        return given[-1] if given else None
    refusal = next((status for status in given if status in (NO, CANCEL)), None)
    if kind == "vote":
        agreed = 100 * given.count(YES) / len(statuses)
        if agreed >= float(rule.get("percent") or 50):
            return YES
        return NO if len(given) == len(statuses) else None
    if refusal is not None:
        return refusal
    return given[0] if len(given) == len(statuses) else None


def _results(votes: list[sqlite3.Row], last: int, comment: str) -> dict[str, Any]:
    """The results that later activities may read: counts, comments, who answered last."""
    answered = [vote for vote in votes if vote["status"] != OPEN]
    approved = [vote for vote in answered if vote["status"] == YES]
    return {
        "Comments": "\n".join(vote["comment"] for vote in answered if vote["comment"]),
        "TotalCount": len(votes),
        "VotedCount": len(answered),
        "ReviewedCount": len(answered),
        "ApprovedCount": len(approved),
        "NotApprovedCount": len([vote for vote in answered if vote["status"] == NO]),
        "LastApprover": f"user_{last}",
        "LastReviewer": f"user_{last}",
        "InfoUser": f"user_{last}",
        "LastApproverComment": comment,
        "IsTimeout": 0,
    }


def close(portal: Portal, row: sqlite3.Row, status: int) -> None:
    """A task is over; those who have not answered need not any more."""
    portal.store.execute(
        "UPDATE bp_tasks SET status = ?, modified = ? WHERE id = ?", (status, portal.clock.iso(), row["id"])
    )


def withdraw(portal: Portal, process: str) -> None:
    """A process is over: its open tasks are too."""
    for row in portal.store.rows("SELECT * FROM bp_tasks WHERE process = ? AND status = 0", (process,)):
        close(portal, row, TIMEOUT)


def forget(portal: Portal, process: str) -> None:
    """Deletes the tasks of a process."""
    store = portal.store
    store.execute("DELETE FROM bp_task_users WHERE task IN (SELECT id FROM bp_tasks WHERE process = ?)", (process,))
    store.execute("DELETE FROM bp_tasks WHERE process = ?", (process,))


def delegate(portal: Portal, number: int, source: int, target: int) -> None:
    """Gives one's part of a task to another employee, who may have one already."""
    store = portal.store
    store.execute("DELETE FROM bp_task_users WHERE task = ? AND user = ?", (number, source))
    store.execute("INSERT OR IGNORE INTO bp_task_users (task, user) VALUES (?, ?)", (number, target))
    row = task(portal, number)
    if row is not None:
        _tell(portal, number, target, row["name"])


def subordinates(portal: Portal, user: int) -> set[int]:
    """Those who work in the departments that an employee leads, and in the ones below."""
    rows = portal.store.rows("SELECT id, parent, head FROM departments")
    led = {row["id"] for row in rows if row["head"] == user}
    while found := {row["id"] for row in rows if row["parent"] in led} - led:
        led |= found
    people = portal.store.rows("SELECT id, departments FROM users")
    return {one["id"] for one in people if led & set(json.loads(one["departments"]))} - {user}
