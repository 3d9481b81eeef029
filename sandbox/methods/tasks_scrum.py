"""Backlogs, epics and items of scrum: `tasks.api.scrum.*` (api-reference/sonet-group/scrum)."""

from __future__ import annotations

from typing import Any

from sandbox.crm import tasks
from sandbox.kernel.call import Call, Page
from sandbox.kernel.registry import method
from sandbox.kernel.rows import matches, ordered, paged
from sandbox.tasks import access, scrum
from sandbox.tasks.scrum import BACKLOG, ENTITIES, EPICS, ITEMS, Row, refused

_COLOR = "#69dafc"


# --- backlogs -------------------------------------------------------------------------------


def _backlog(row: Row) -> Row:
    return {name: row[name] for name in ("id", "groupId", "createdBy", "modifiedBy")}


@method("tasks.api.scrum.backlog.add", "task", write=True)
def backlog_add(call: Call) -> Row:
    """Adds a group's backlog."""
    given = scrum.fields_of(call)
    group = scrum.group(call, given.get("groupId"), "Group id not found")
    if scrum.backlog_of(call, group) is not None:
        raise refused("Backlog already added")
    people = scrum.users(call, given)
    if "createdBy" not in people:
        raise refused("createdBy user not found")
    return _backlog(ENTITIES.add(call, {"modifiedBy": 0, **people, "kind": BACKLOG}, group))


@method("tasks.api.scrum.backlog.get", "task")
def backlog_get(call: Call) -> Row:
    """The backlog of the group `id`."""
    row = scrum.backlog_of(call, scrum.group(call, call.get("id"), "Group id not found"))
    if row is None:
        raise refused("Backlog not found")
    return _backlog(row)


def _known_backlog(call: Call) -> Row:
    row = ENTITIES.get(call, scrum.number(call, lacking="Backlog id not found"))
    if row is None or row["kind"] != BACKLOG:
        raise refused("Backlog not found")
    return scrum.allowed(call, row)


@method("tasks.api.scrum.backlog.update", "task", write=True)
def backlog_update(call: Call) -> Row:
    """Changes a backlog; one with items stays in its group."""
    given = scrum.fields_of(call)
    row = _known_backlog(call)
    changes = scrum.users(call, given)
    if given.get("groupId") and int(given["groupId"]) != row["groupId"]:
        target = scrum.group(call, given["groupId"], "Group id not found")
        if ITEMS.of(call, row["id"]):
            raise refused("It is forbidden move a backlog with items")
        if scrum.backlog_of(call, target) is not None:
            raise refused("The target group already has a backlog")
        changes["groupId"] = target
    return _backlog(ENTITIES.change(call, row, changes))


@method("tasks.api.scrum.backlog.delete", "task", write=True)
def backlog_delete(call: Call) -> list[Any]:
    """Deletes a backlog."""
    ENTITIES.remove(call, _known_backlog(call)["id"])
    return []


@method("tasks.api.scrum.backlog.getFields", "task")
def backlog_fields(call: Call) -> dict[str, Any]:
    """What a backlog is made of."""
    return scrum.typed(groupId="integer", createdBy="integer", modifiedBy="integer")


# --- epics ----------------------------------------------------------------------------------


def _epic(row: Row) -> Row:
    return {n: row[n] for n in ("id", "groupId", "name", "description", "createdBy", "modifiedBy", "color")}


def _known_epic(call: Call) -> Row:
    row = EPICS.get(call, scrum.number(call))
    if row is None:
        raise refused("Epic not found")
    return scrum.allowed(call, row)


def _files(row: Row) -> Row:
    """The field of an epic's files, as the old user fields are printed."""
    flags = ("MANDATORY", "SHOW_FILTER", "SHOW_IN_LIST", "EDIT_IN_LIST", "IS_SEARCHABLE")
    shown: Row = {"ID": "136", "ENTITY_ID": "TASKS_SCRUM_EPIC", "FIELD_NAME": "UF_SCRUM_EPIC_FILES"}
    shown |= {"USER_TYPE_ID": "disk_file", "XML_ID": None, "SORT": "100", "MULTIPLE": "Y", **dict.fromkeys(flags, "N")}
    shown |= {"SETTINGS": {"IBLOCK_ID": None, "SECTION_ID": None, "UF_TO_SAVE_ALLOW_EDIT": False}}
    kind = {"USER_TYPE_ID": "disk_file", "CLASS_NAME": "Bitrix\\Disk\\Uf\\FileUserType", "DESCRIPTION": "Файл (Диск)"}
    shown |= {"USER_TYPE": {**kind, "BASE_TYPE": "int", "TAG": ["DISK FILE ID", "DOCUMENT ID"]}}
    shown |= {"VALUE": row["files"], "ENTITY_VALUE_ID": row["id"], "CUSTOM_DATA": {"PHOTO_TEMPLATE": ""}}
    return {**shown, "EDIT_FORM_LABEL": "UF_SCRUM_EPIC_FILES", "TAG": "DOCUMENT ID"}


@method("tasks.api.scrum.epic.add", "task", write=True)
def epic_add(call: Call) -> Row:
    """Adds an epic."""
    given = scrum.fields_of(call)
    if not str(given.get("name") or "").strip():
        raise refused("Name is not found")
    group = scrum.group(call, given.get("groupId"), "Group is not found")
    row: Row = {"name": str(given["name"]), "description": str(given.get("description") or "")}
    row |= {"color": str(given.get("color") or _COLOR), "files": given.get("files") or []}
    people = {"createdBy": call.user, "modifiedBy": call.user, **scrum.users(call, given)}
    return _epic(EPICS.add(call, {**row, **people}, group))


@method("tasks.api.scrum.epic.get", "task")
def epic_get(call: Call) -> Row:
    """One epic with its files."""
    row = _known_epic(call)
    return {**_epic(row), "files": _files(row)}


@method("tasks.api.scrum.epic.update", "task", write=True)
def epic_update(call: Call) -> Row:
    """Changes an epic."""
    row, given = _known_epic(call), scrum.fields_of(call)
    changes = {name: given[name] for name in ("name", "description", "color", "files") if given.get(name) is not None}
    if given.get("groupId"):
        changes["groupId"] = scrum.group(call, given["groupId"], "Epic not updated")
    return _epic(EPICS.change(call, row, {**changes, **scrum.users(call, given)}))


@method("tasks.api.scrum.epic.delete", "task", write=True)
def epic_delete(call: Call) -> list[Any]:
    """Deletes an epic."""
    EPICS.remove(call, _known_epic(call)["id"])
    return []


def _upper(name: str) -> str:
    return "".join(f"_{c}" if c.isupper() else c for c in name).upper()


def listed(call: Call, rows: list[Row]) -> Page:
    """A page of rows by FILTER, ORDER and SELECT in upper-case names; a filter that finds nothing is refused."""
    wanted = {str(key): value for key, value in call.mapping("filter").items()}
    named = [{_upper(name): value for name, value in row.items()} | {"row": row} for row in rows]
    found = [one for one in named if matches(one, wanted)]
    if wanted and not found:
        raise refused("Could not load list")
    for name, way in reversed(list(call.mapping("order").items())):
        found = ordered(found, str(name), str(way))
    chosen = {str(name).upper() for name in call.listing("select")} - {"*"}
    shown = [{n: v for n, v in one["row"].items() if not chosen or _upper(n) in chosen} for one in found]
    return paged(call, shown)


@method("tasks.api.scrum.epic.list", "task")
def epic_list(call: Call) -> Page:
    """A page of epics."""
    return listed(call, [_epic(row) for row in EPICS.all(call)])


@method("tasks.api.scrum.epic.getFields", "task")
def epic_fields(call: Call) -> dict[str, Any]:
    """What an epic is made of."""
    kinds = {"name": "string", "description": "string", "groupId": "integer", "color": "string", "files": "array"}
    return scrum.typed(**kinds, createdBy="integer", modifiedBy="integer")


# --- tasks as items -------------------------------------------------------------------------


def _task(call: Call) -> Row:
    row = tasks.get(call, scrum.number(call))
    if row is None or not access.reads(call, row) or not row["groupId"]:
        raise refused("Task not found")
    return row


@method("tasks.api.scrum.task.get", "task")
def task_get(call: Call) -> Row:
    """What a task is in its scrum; at first an item of the backlog."""
    row = _task(call)
    backlog = scrum.backlog_of(call, row["groupId"])
    item = ITEMS.get(call, row["id"]) or {"entityId": backlog["id"] if backlog else 0}
    blank = {"storyPoints": "", "epicId": 0, "sort": 1, "createdBy": row["createdBy"], "modifiedBy": row["changedBy"]}
    return {name: {**blank, **item}[name] for name in ("entityId", *blank)}


@method("tasks.api.scrum.task.update", "task", write=True)
def task_update(call: Call) -> bool:
    """Moves a task between backlog and sprints, estimates it, gives it an epic."""
    row, given = _task(call), scrum.fields_of(call)
    if not access.works(call, row, call.user):
        raise refused("Access denied")
    known = task_get(call)
    if given.get("epicId") and EPICS.get(call, given["epicId"]) is None:
        raise refused("Epic not found")
    if given.get("entityId") and ENTITIES.get(call, given["entityId"]) is None:
        raise refused("Item not created")
    changes: Row = {name: int(given[name]) for name in ("entityId", "epicId", "sort") if given.get(name) is not None}
    if given.get("storyPoints") is not None:
        changes["storyPoints"] = str(given["storyPoints"])
    item = {**(ITEMS.get(call, row["id"]) or {}), **known, **changes, "modifiedBy": call.user}
    ITEMS.put(call, row["id"], {n: v for n, v in item.items() if n not in ("id", "entityId")}, item["entityId"])
    return True


@method("tasks.api.scrum.task.getFields", "task")
def task_fields(call: Call) -> dict[str, Any]:
    """What a task is made of in its scrum."""
    return scrum.typed(
        entityId="integer",
        storyPoints="string",
        epicId="integer",
        sort="integer",
        createdBy="integer",
        modifiedBy="integer",
    )
