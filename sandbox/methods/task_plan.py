"""Links between tasks, the day's plan, the old log and the stages of "my plan" and of groups.

api-reference/tasks: task-dependence-*, planner, stages
"""

from __future__ import annotations

from typing import Any

from sandbox.crm import tasks
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.social import groups
from sandbox.tasks import access, details, shown
from sandbox.tasks.details import STAGES

Row = dict[str, Any]
_FIRST = (("Не спланированы", "00C4FB", "NEW"), ("Сделаю на неделе", "47D1E2", None))
_LINK_DENIED = RestError("ACTION_NOT_ALLOWED", "Unable to add a link between tasks", 400)


# --- links ----------------------------------------------------------------------------------


def _ends(call: Call, refusal: RestError) -> tuple[Row, Row]:
    first, second = (tasks.get(call, call.integer(name)) for name in ("taskIdFrom", "taskIdTo"))
    if first is None or second is None or first["id"] == second["id"]:
        raise refusal
    if not all(access.leads(call, row, call.user) for row in (first, second)):
        raise refusal
    return first, second


@method("task.dependence.add", "task", write=True)
def dependence_add(call: Call) -> list[Any]:
    """Links two tasks; `linkType` 0 start-start, 1 start-finish, 2 finish-start, 3 finish-finish."""
    first, second = _ends(call, _LINK_DENIED)
    kind = call.integer("linkType")
    if kind not in (0, 1, 2, 3):
        raise _LINK_DENIED
    if any(link["on"] == first["id"] for link in details.LINKS.of(call, second["id"])):
        raise RestError("ILLEGAL_NEW_LINK", "A link between tasks already exists", 400)
    details.LINKS.add(call, {"on": first["id"], "type": kind}, second["id"])
    return []


@method("task.dependence.delete", "task", write=True)
def dependence_delete(call: Call) -> list[Any]:
    """Takes a link away."""
    denied = RestError("ACTION_NOT_ALLOWED", "It is not possible to delete the dependency between tasks", 400)
    first, second = _ends(call, denied)
    found = [link for link in details.LINKS.of(call, second["id"]) if link["on"] == first["id"]]
    if not found:
        raise RestError("ILLEGAL_NEW_LINK", "The dependency between tasks does not exist", 400)
    details.LINKS.remove(call, found[0]["id"])
    return []


# --- the day's plan and the log -------------------------------------------------------------


@method("task.planner.getlist", "task")
def planner(call: Call) -> list[int]:
    """The tasks that the caller has in the plan of the day."""
    sql = "SELECT task FROM task_marks WHERE user = ? AND mark = ? ORDER BY task"
    return [row["task"] for row in call.portal.store.rows(sql, (call.user, details.PLANNED))]


@method("task.logitem.list", "task")
def log_list(call: Call) -> list[Row]:
    """The history of a task in its old form."""
    row = tasks.get(call, call.integer("ID"))
    if row is None or not access.reads(call, row):
        raise RestError("ERROR_CORE", "Action failed", 400)
    return [
        {
            "CREATED_DATE": shown.when(call, line["at"]),
            "USER_ID": str(line["user"]),
            "TASK_ID": str(row["id"]),
            "FIELD": line["field"],
            "FROM_VALUE": line["from"],
            "TO_VALUE": line["to"],
        }
        for line in details.HISTORY.of(call, row["id"])
    ]


# --- stages ---------------------------------------------------------------------------------


def _stages(call: Call, entity: int) -> list[Row]:
    """The stages in their order; a plan that nobody has opened yet gets its first ones."""

    def found() -> list[Row]:
        rows = STAGES.of(call, entity)
        return sorted((s for s in rows if entity or s["user"] == call.user), key=lambda s: (s["sort"], s["id"]))

    if not found():
        for i, (title, color, system) in enumerate(_FIRST, 1):
            row = {"title": title, "color": color, "system": system, "sort": i * 100, "user": call.user}
            STAGES.add(call, row, entity)
    return found()


def _own(call: Call, number: int, text: str) -> Row:
    stage = STAGES.get(call, number)
    if stage is None:
        raise RestError("NOT_FOUND", "Stage not found", 400)
    if not stage["entity"] and stage["user"] != call.user:
        raise RestError("ACCESS_DENIED", text, 400)
    _managed(call, stage["entity"], text)
    return stage


def _managed(call: Call, entity: int, text: str) -> None:
    """Stages of a group are for its members; everybody has a plan of one's own."""
    if entity and not (access.free(call) or groups.role(call.portal.store, entity, call.user) in groups.MEMBERS):
        raise RestError("ACCESS_DENIED", text, 400)


def _shown(call: Call, entity: int) -> None:
    """They are shown to all who see the group."""
    group = groups.get(call.portal.store, entity) if entity else None
    if entity and not access.free(call) and (group is None or not groups.visible(call, group)):
        raise RestError("ACCESS_DENIED", "You cannot view stages in this group.", 400)


def _placed(call: Call, entity: int, stage: Row, after: int) -> None:
    others = [one for one in _stages(call, entity) if one["id"] != stage["id"]]
    place = next((i + 1 for i, one in enumerate(others) if one["id"] == after), 0)
    others.insert(place, stage)
    for i, one in enumerate(others, 1):
        STAGES.change(call, one, {"sort": i * 100})


@method("task.stages.add", "task", write=True)
def stages_add(call: Call) -> int:
    """Adds a stage."""
    fields = {key.upper(): value for key, value in call.mapping("fields").items()}
    if not str(fields.get("TITLE") or "").strip():
        raise RestError("EMPTY_TITLE", "Stage title is not specified", 400)
    entity = int(fields.get("ENTITY_ID") or 0)
    _managed(call, entity, "You do not have permission to manage stages")
    _stages(call, entity)
    row = {"title": fields["TITLE"], "color": fields.get("COLOR") or "", "system": None, "sort": 0, "user": call.user}
    stage = STAGES.add(call, row, entity)
    _placed(call, entity, stage, int(fields.get("AFTER_ID") or 0))
    return int(stage["id"])


@method("task.stages.get", "task")
def stages_get(call: Call) -> dict[str, Row]:
    """The stages of a group, or of the caller's plan."""
    entity = call.integer("entityId")
    _shown(call, entity)
    return {str(stage["id"]): _stage(stage, call.user) for stage in _stages(call, entity)}


def _stage(stage: Row, user: int) -> Row:
    return {
        "ID": str(stage["id"]),
        "TITLE": stage["title"],
        "SORT": str(stage["sort"]),
        "COLOR": stage["color"],
        "SYSTEM_TYPE": stage["system"],
        "ENTITY_ID": str(stage["entity"] or user),
        "ENTITY_TYPE": "G" if stage["entity"] else "U",
        "ADDITIONAL_FILTER": [],
        "TO_UPDATE": [],
        "TO_UPDATE_ACCESS": None,
    }


@method("task.stages.update", "task", write=True)
def stages_update(call: Call) -> bool:
    """Changes a stage, or moves it after another one."""
    stage = _own(call, call.integer("id"), "You cannot modify stages in this group")
    fields = {key.upper(): value for key, value in call.mapping("fields").items()}
    names = (("TITLE", "title"), ("COLOR", "color"))
    stage = STAGES.change(call, stage, {own: fields[name] for name, own in names if name in fields})
    if "AFTER_ID" in fields:
        _placed(call, stage["entity"], stage, int(fields["AFTER_ID"] or 0))
    return True


@method("task.stages.delete", "task", write=True)
def stages_delete(call: Call) -> bool:
    """Deletes a stage that is neither the first nor the default one."""
    stage = _own(call, call.integer("id"), "You cannot manage stages")
    if _stages(call, stage["entity"])[0]["id"] == stage["id"]:
        raise RestError("CANT_DELETE_FIRST", "Cannot delete the first stage. Move the stage to delete it.", 400)
    if stage["system"]:
        raise RestError("IS_SYSTEM", "The default stage cannot be deleted", 400)
    STAGES.remove(call, stage["id"])
    return True


@method("task.stages.canmovetask", "task")
def can_move_task(call: Call) -> bool:
    """Whether the caller may move tasks in a group (`G`) or in a user's plan (`U`)."""
    kind, entity = str(call.need("entityType")).upper(), call.integer("entityId")
    if kind == "U":
        return entity == call.user or access.free(call)
    return access.free(call) or groups.role(call.portal.store, entity, call.user) in groups.MEMBERS


@method("task.stages.movetask", "task", write=True, partial="the place among the tasks of a stage is not kept")
def move_task(call: Call) -> bool:
    """Moves a task to a stage."""
    row = tasks.get(call, call.integer("id"))
    if row is None or not access.reads(call, row):
        raise RestError("TASK_NOT_FOUND", "Task not found or access to it is denied", 400)
    stage = STAGES.get(call, call.integer("stageId"))
    if stage is None:
        raise RestError("NOT_FOUND", "Stage not found", 400)
    if not access.works(call, row, call.user):
        raise RestError("ACCESS_DENIED_MOVE", "You cannot move this task", 400)
    tasks.change(call, row, {"stageId": stage["id"]})
    return True
