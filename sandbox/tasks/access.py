"""Who may do what with a task (api-reference/tasks/index.md).

An administrator may do everything, the creator leads, responsible and accomplices do the work,
auditors read; a head of a department may what these of its employees may.
"""

from __future__ import annotations

import json
from typing import Any

from sandbox.crm import tasks
from sandbox.kernel.call import Call

OPEN = (tasks.WAITING, tasks.RUNNING, tasks.DEFERRED)
Row = dict[str, Any]


def free(call: Call, user: int | None = None) -> bool:
    """Whether nothing is forbidden: administrators, and the portal's own hands."""
    return call.source in ("robot", "system") or call.portal.is_admin(user or call.user)


def staff(call: Call, user: int) -> set[int]:
    """The user, and the employees of the departments that the user heads."""
    store = call.portal.store
    headed = {row["id"] for row in store.rows("SELECT id FROM departments WHERE head = ?", (user,))}
    if not headed:
        return {user}
    rows = store.rows("SELECT id, departments FROM users")
    return {user} | {row["id"] for row in rows if headed & set(json.loads(row["departments"] or "[]"))}


def _ids(row: Row, name: str) -> set[int]:
    return {int(number) for number in json.loads(row[name] or "[]")}


def leads(call: Call, row: Row, user: int) -> bool:
    """Whether the user may change the task itself."""
    return free(call, user) or bool({row["createdBy"]} & staff(call, user))


def works(call: Call, row: Row, user: int) -> bool:
    """Whether the user may begin, stop and complete the work."""
    doers = {row["createdBy"], row["responsibleId"], *_ids(row, "accomplices")}
    return free(call, user) or bool(doers & staff(call, user))


def reads(call: Call, row: Row, user: int | None = None) -> bool:
    """Whether the user sees the task."""
    user = user or call.user
    return works(call, row, user) or bool(_ids(row, "auditors") & staff(call, user))


def visible(call: Call) -> tuple[str, list[Any]]:
    """The SQL condition of the tasks that the caller sees."""
    if free(call):
        return "1", []
    people = sorted(staff(call, call.user))
    among = f"({', '.join('?' * len(people))})"
    member = "EXISTS (SELECT 1 FROM json_each({}) WHERE CAST(value AS INTEGER) IN " + among + ")"
    parts = [f'"{name}" IN {among}' for name in ("createdBy", "responsibleId")]
    parts += [member.format(f'"{name}"') for name in ("accomplices", "auditors")]
    return f"({' OR '.join(parts)})", people * len(parts)


def actions(call: Call, row: Row, favorite: bool, user: int | None = None) -> dict[str, bool]:
    """What the user may do now: the `action` of a task, in its order."""
    user = user or call.user
    leader, worker, status = leads(call, row, user), works(call, row, user), row["status"]
    reader, is_open, controlled = reads(call, row, user), status in OPEN, status == tasks.ON_CONTROL
    deadline = leader or (worker and row["allowChangeDeadline"] == "Y")
    return {
        "accept": False,
        "decline": False,
        "complete": (worker and is_open) or (leader and controlled),
        "approve": leader and controlled,
        "disapprove": leader and controlled,
        "start": worker and status in (tasks.WAITING, tasks.DEFERRED),
        "pause": worker and status == tasks.RUNNING,
        "delegate": is_open and (leader or row["responsibleId"] == user),
        "remove": leader,
        "edit": leader,
        "defer": worker and status in (tasks.WAITING, tasks.RUNNING),
        "renew": worker and status in (tasks.DONE, tasks.ON_CONTROL, tasks.DEFERRED),
        "create": True,
        "changeDeadline": deadline,
        "checklistAddItems": worker,
        "addFavorite": reader and not favorite,
        "deleteFavorite": reader and favorite,
        "rate": leader,
        "take": False,
        "edit.originator": False,
        "checklist.reorder": worker,
        "elapsedtime.add": worker,
        "dayplan.timer.toggle": worker and is_open,
        "edit.plan": leader,
        "checklist.add": worker,
        "favorite.add": reader and not favorite,
        "favorite.delete": reader and favorite,
    }


def rights(call: Call, row: Row) -> dict[str, bool]:
    """What the caller may do, as REST 3.0 prints it (tasks-task-access-get.md)."""
    can = actions(call, row, False)
    reader, leader, worker = reads(call, row), can["edit"], can["checklist.add"]
    as_named = ("approve", "disapprove", "start", "take", "delegate", "defer", "renew")
    found: dict[str, bool] = dict.fromkeys(("read", "watch", "mute", "createSubtask", "createResult"), reader)
    found |= {"edit": leader, "remove": leader, "complete": can["complete"], **{name: can[name] for name in as_named}}
    found |= {"deadline": can["changeDeadline"], "datePlan": leader, "changeDirector": False}
    found |= dict.fromkeys(("changeResponsible", "changeAccomplices"), leader) | {"pause": can["pause"]}
    found |= {"timeTracking": row["allowTimeTracking"] == "Y" and worker, "mark": leader, "changeStatus": worker}
    found |= dict.fromkeys(("reminder", "addAuditors", "elapsedTime", "favorite"), reader)
    found |= dict.fromkeys(("checklistAdd", "checklistEdit", "checklistSave", "checklistToggle"), worker)
    found |= {"automate": leader, "resultEdit": False, "completeResult": worker, "removeResult": False}
    found |= {"resultRead": False, "admin": free(call), "copy": reader, "saveAsTemplate": reader}
    found |= dict.fromkeys(("attachFile", "detachFile"), worker)
    return found | {"detachParent": leader, "createGanttDependence": leader, "sort": False}
