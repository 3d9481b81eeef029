"""Sprints and their boards: `tasks.api.scrum.*` (api-reference/sonet-group/scrum)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sandbox.crm import tasks
from sandbox.kernel.call import Call, Page
from sandbox.kernel.registry import method
from sandbox.methods.tasks_scrum import listed
from sandbox.tasks import access, scrum
from sandbox.tasks.scrum import ACTIVE, COMPLETED, ENTITIES, ITEMS, PLANNED, SPRINT, STAGES, Row, refused

_STATES = (PLANNED, ACTIVE, COMPLETED)
_KINDS = ("NEW", "WORK", "FINISH")
_USUAL = timedelta(days=14)


def _sprint(row: Row) -> Row:
    names = ("name", "goal", "sort", "createdBy", "modifiedBy", "dateStart", "dateEnd", "status")
    return {"id": row["id"], "groupId": row["groupId"], "entityType": SPRINT, **{name: row[name] for name in names}}


def _of_group(call: Call, group: int) -> list[Row]:
    return [row for row in ENTITIES.of(call, group) if row["kind"] == SPRINT]


def _read(call: Call, given: Row) -> Row:
    row = {**scrum.users(call, given), **scrum.moment(call, given, "dateStart"), **scrum.moment(call, given, "dateEnd")}
    row |= {name: str(given[name]) for name in ("name", "goal") if given.get(name) is not None}
    if given.get("sort") is not None:
        row["sort"] = int(given["sort"])
    return row


def _check_active(call: Call, group: int, own: int) -> None:
    if any(row["status"] == ACTIVE and row["id"] != own for row in _of_group(call, group)):
        raise refused("Unable to add two active sprint")


@method("tasks.api.scrum.sprint.add", "task", write=True)
def sprint_add(call: Call) -> Row:
    """Adds a sprint, planned unless `status` says otherwise."""
    given = scrum.fields_of(call)
    if not str(given.get("name") or "").strip():
        raise refused("Sprint not created")
    group = scrum.group(call, given.get("groupId"), "Sprint not created")
    state = str(given.get("status") or PLANNED)
    if state not in _STATES:
        raise refused("Incorrect sprint status")
    if state == ACTIVE:
        _check_active(call, group, 0)
    now = datetime.fromtimestamp(int(call.portal.clock.timestamp()), call.portal.clock.zone)
    blank = {"goal": "", "sort": len(_of_group(call, group)) + 1, "createdBy": call.user, "modifiedBy": call.user}
    blank |= {"dateStart": now.isoformat(), "dateEnd": (now + _USUAL).isoformat()}
    return _sprint(ENTITIES.add(call, {**blank, **_read(call, given), "status": state, "kind": SPRINT}, group))


@method("tasks.api.scrum.sprint.get", "task")
def sprint_get(call: Call) -> Row:
    """One sprint, by `id` (`sprintId` on the page)."""
    name = "sprintId" if call.get("sprintId") is not None else "id"
    return _sprint(scrum.sprint(call, scrum.number(call, name)))


@method("tasks.api.scrum.sprint.list", "task")
def sprint_list(call: Call) -> Page:
    """A page of sprints."""
    return listed(call, [_sprint(row) for row in ENTITIES.all(call) if row["kind"] == SPRINT])


@method("tasks.api.scrum.sprint.update", "task", write=True)
def sprint_update(call: Call) -> Row:
    """Changes a sprint; a group has one active sprint at most."""
    row = scrum.sprint(call, scrum.number(call))
    given = scrum.fields_of(call)
    changes = _read(call, given)
    if given.get("groupId"):
        changes["groupId"] = scrum.group(call, given["groupId"], "Sprint not created")
    if given.get("status") is not None:
        if given["status"] not in _STATES:
            raise refused("Incorrect sprint status")
        if given["status"] == ACTIVE:
            _check_active(call, int(changes.get("groupId") or row["groupId"]), row["id"])
        changes["status"] = given["status"]
    return _sprint(ENTITIES.change(call, row, changes))


@method("tasks.api.scrum.sprint.start", "task", write=True)
def sprint_start(call: Call) -> Row:
    """Begins a planned sprint."""
    row = scrum.sprint(call, scrum.number(call))
    if row["status"] != PLANNED:
        raise refused("Sprint must be planned")
    _check_active(call, row["groupId"], row["id"])
    return _sprint(ENTITIES.change(call, row, {"status": ACTIVE, "modifiedBy": call.user}))


@method("tasks.api.scrum.sprint.complete", "task", write=True)
def sprint_complete(call: Call) -> Row:
    """Ends the active sprint of the group `id` (a sprint's own number is taken, too)."""
    number = scrum.number(call)
    active = [row for row in _of_group(call, number) if row["status"] == ACTIVE]
    row = scrum.allowed(call, active[0]) if active else scrum.sprint(call, number)
    backlog = scrum.backlog_of(call, row["groupId"])
    for item in ITEMS.of(call, row["id"]) if backlog else []:
        task = tasks.get(call, item["id"])
        if backlog and task is not None and task["status"] != tasks.DONE:
            kept = {name: value for name, value in item.items() if name not in ("id", "entityId")}
            ITEMS.put(call, item["id"], kept, backlog["id"])
    return _sprint(ENTITIES.change(call, row, {"status": COMPLETED, "modifiedBy": call.user}))


@method("tasks.api.scrum.sprint.delete", "task", write=True)
def sprint_delete(call: Call) -> list[Any]:
    """Deletes a sprint without items."""
    row = scrum.sprint(call, scrum.number(call))
    if ITEMS.of(call, row["id"]):
        raise refused("It is forbidden remove a sprint with items")
    STAGES.clear(call, row["id"])
    ENTITIES.remove(call, row["id"])
    return []


@method("tasks.api.scrum.sprint.getFields", "task")
def sprint_fields(call: Call) -> dict[str, Any]:
    """What a sprint is made of."""
    numbers = dict.fromkeys(("sort", "createdBy", "modifiedBy"), "integer")
    texts = dict.fromkeys(("dateStart", "dateEnd", "status"), "string")
    return scrum.typed(groupId="integer", name="string", **numbers, **texts)


# --- the board ------------------------------------------------------------------------------


def _of_call(call: Call) -> Row:
    return scrum.sprint(call, scrum.number(call, "sprintId", "Sprint id not found"))


def _stage(call: Call) -> Row:
    row = STAGES.get(call, scrum.number(call, "stageId", "Stage id not found"))
    if row is None:
        raise refused("Stage not found")
    scrum.sprint(call, row["sprintId"])
    return row


def _read_stage(given: Row) -> Row:
    row: Row = {name: str(given[name]) for name in ("name", "color") if given.get(name) is not None}
    if given.get("sort") is not None:
        row["sort"] = int(given["sort"])
    if str(given.get("type") or "").upper() in _KINDS:
        row["type"] = str(given["type"]).upper()
    return row


@method("tasks.api.scrum.kanban.getStages", "task")
def stages(call: Call) -> list[Row]:
    """The stages of a sprint."""
    names = ("id", "name", "sort", "type", "sprintId", "color")
    rows = scrum.stages(call, _of_call(call)["id"])
    return [{name: str(row[name]) for name in names} for row in rows]


@method("tasks.api.scrum.kanban.addStage", "task", write=True)
def stage_add(call: Call) -> int:
    """Adds a stage."""
    given = scrum.fields_of(call)
    value = str(given.get("sprintId") or "")
    if not value.isdigit():
        raise refused("Sprint id not found")
    sprint = scrum.sprint(call, int(value))
    if not isinstance(given.get("name"), str) or not given["name"].strip():
        raise refused("Incorrect name format")
    last = scrum.stages(call, sprint["id"])[-1]["sort"]
    row = {"type": "WORK", "color": "00C4FB", "sort": last + 100, **_read_stage(given)}
    return int(STAGES.add(call, row, sprint["id"])["id"])


@method("tasks.api.scrum.kanban.updateStage", "task", write=True)
def stage_update(call: Call) -> bool:
    """Changes a stage, or gives it to another sprint."""
    row, given = _stage(call), scrum.fields_of(call)
    changes = _read_stage(given)
    if given.get("sprintId") is not None:
        found = ENTITIES.get(call, given["sprintId"])
        if found is None or found["kind"] != SPRINT:
            raise refused("Incorrect sprintId value")
        changes["sprintId"] = found["id"]
    STAGES.change(call, row, changes)
    return True


@method("tasks.api.scrum.kanban.deleteStage", "task", write=True)
def stage_delete(call: Call) -> bool:
    """Deletes a stage without tasks."""
    row = _stage(call)
    if any(item.get("stageId") == row["id"] for item in ITEMS.of(call, row["sprintId"])):
        raise refused("Stage has tasks")
    STAGES.remove(call, row["id"])
    return True


def _task(call: Call, sprint: Row) -> Row:
    row = tasks.get(call, scrum.number(call, "taskId", "TaskId id not found"))
    if row is None or row["groupId"] != sprint["groupId"] or not access.reads(call, row):
        raise refused("Task not found. The task must be with GROUP_ID")
    return row


@method("tasks.api.scrum.kanban.addTask", "task", write=True)
def task_add(call: Call) -> bool:
    """Puts a task on a stage of a sprint."""
    sprint = _of_call(call)
    scrum.number(call, "taskId", "TaskId id not found")
    number = scrum.number(call, "stageId", "StageId id not found")
    stage = next((row for row in scrum.stages(call, sprint["id"]) if row["id"] == number), None)
    if stage is None:
        raise refused("Stage not found")
    row = _task(call, sprint)
    known = ITEMS.get(call, row["id"]) or {"createdBy": call.user}
    kept = {name: value for name, value in known.items() if name not in ("id", "entityId")}
    ITEMS.put(call, row["id"], {**kept, "stageId": stage["id"], "modifiedBy": call.user}, sprint["id"])
    return True


@method("tasks.api.scrum.kanban.deleteTask", "task", write=True)
def task_delete(call: Call) -> bool:
    """Takes a task off a sprint's board; it goes back to the backlog."""
    sprint = _of_call(call)
    row = _task(call, sprint)
    item, backlog = ITEMS.get(call, row["id"]), scrum.backlog_of(call, sprint["groupId"])
    if item is not None and item["entityId"] == sprint["id"]:
        kept = {name: value for name, value in item.items() if name not in ("id", "entityId", "stageId")}
        ITEMS.put(call, row["id"], kept, backlog["id"] if backlog else 0)
    return True


@method("tasks.api.scrum.kanban.getFields", "task")
def stage_fields(call: Call) -> dict[str, Any]:
    """What a stage is made of."""
    return scrum.typed(name="string", sort="integer", type="string", sprintId="integer", color="string")
