"""Tasks: their fields as data, how they are stored, printed and shown in the cards they are linked to."""

from __future__ import annotations

import json
import uuid
from typing import Any

from sandbox.crm import activities, bindings, moments, values
from sandbox.crm.fields import SQL_TYPES, Field, parse
from sandbox.crm.query import Operand
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import events
from sandbox.kernel.store import declare
from sandbox.tasks import details

# name FIELD_NAME type: api-reference/tasks/fields.md; `ro` are the portal's own.
FIELDS: dict[str, Field] = {
    field.name: field
    for field in parse(
        """
        id               ID                integer ro
        parentId         PARENT_ID         integer
        title            TITLE             string
        description      DESCRIPTION       text
        mark             MARK              string
        priority         PRIORITY          integer
        multitask        MULTITASK         boolean
        replicate        REPLICATE         boolean
        stageId          STAGE_ID          integer
        createdBy        CREATED_BY        user
        createdDate      CREATED_DATE      datetime
        responsibleId    RESPONSIBLE_ID    user
        changedBy        CHANGED_BY        user ro
        changedDate      CHANGED_DATE      datetime ro
        statusChangedBy  STATUS_CHANGED_BY user ro
        closedBy         CLOSED_BY         user ro
        closedDate       CLOSED_DATE       datetime ro
        activityDate     ACTIVITY_DATE     datetime ro
        dateStart        DATE_START        datetime ro
        deadline         DEADLINE          datetime
        startDatePlan    START_DATE_PLAN   datetime
        endDatePlan      END_DATE_PLAN     datetime
        guid             GUID              string ro
        xmlId            XML_ID            string
        allowChangeDeadline ALLOW_CHANGE_DEADLINE boolean
        allowTimeTracking ALLOW_TIME_TRACKING boolean
        taskControl      TASK_CONTROL      boolean
        matchWorkTime    MATCH_WORK_TIME   boolean
        timeEstimate     TIME_ESTIMATE     integer
        siteId           SITE_ID           string
        status           STATUS            integer
        statusChangedDate STATUS_CHANGED_DATE datetime ro
        durationType     DURATION_TYPE     string
        groupId          GROUP_ID          integer
        flowId           FLOW_ID           integer
        auditors         AUDITORS          user multi
        accomplices      ACCOMPLICES       user multi
        tags             TAGS              string multi
        ufCrmTask        UF_CRM_TASK       string multi
        ufTaskWebdavFiles UF_TASK_WEBDAV_FILES string multi
        """
    )
}
BY_OLD = {field.old: field for field in FIELDS.values()}
USER_FIELDS = ("ufCrmTask", "ufTaskWebdavFiles")
# Printed only when they are asked for.
UNASKED = ("tags", *USER_FIELDS)
SETS = ("auditors", "accomplices", "tags", *USER_FIELDS)
# Changes that the history of a task tells.
HISTORIC = frozenset(
    {"title", "description", "mark", "priority", "responsibleId", "deadline", "startDatePlan", "endDatePlan"}
    | {"status", "parentId", "groupId", "stageId", "timeEstimate", *SETS}
)
WAITING, RUNNING, ON_CONTROL, DONE, DEFERRED = 2, 3, 4, 5, 6


def _ddl() -> str:
    columns = [f'"{field.name}" {SQL_TYPES[field.storage]}' for field in FIELDS.values() if field.name != "id"]
    return (
        f"CREATE TABLE IF NOT EXISTS tasks (id INTEGER PRIMARY KEY AUTOINCREMENT, {', '.join(columns)});"
        'CREATE INDEX IF NOT EXISTS tasks_xml ON tasks ("xmlId");'
        'CREATE INDEX IF NOT EXISTS tasks_responsible ON tasks ("responsibleId", "status");'
        'CREATE INDEX IF NOT EXISTS tasks_changed ON tasks ("changedDate");'
        "CREATE TABLE IF NOT EXISTS task_cards (taskId INTEGER NOT NULL, card TEXT NOT NULL,"
        " PRIMARY KEY (card, taskId)) WITHOUT ROWID;"
        "CREATE INDEX IF NOT EXISTS task_cards_task ON task_cards (taskId);"
    )


declare(_ddl())
events("task", "ONTASKADD", "ONTASKUPDATE", "ONTASKDELETE")

Row = dict[str, Any]

# What a task also prints and this portal does not keep.
_FIXED: Row = {
    **dict.fromkeys(("notViewed", "addInReport", "favorite", "isMuted", "isPinned", "isPinnedInGroup"), "N"),
    **dict.fromkeys(("commentsCount", "serviceCommentsCount", "forkedByTemplateId", "timeSpentInLogs", "forumId")),
    **dict.fromkeys(("forumTopicId", "exchangeModified", "exchangeId", "viewedDate", "sorting", "durationFact")),
    **dict.fromkeys(("subordinate", "descriptionInBbcode"), "Y"),
    **dict.fromkeys(("durationPlan", "sprintId", "backlogId")),
    "outlookVersion": "1",
    "newCommentsCount": 0,
    "checklist": [],
}


def operands() -> dict[str, Operand]:
    """The keys of a filter of tasks."""
    result: dict[str, Operand] = {}
    for field in FIELDS.values():
        if field.name in SETS:
            kind = "int" if field.type == "user" else "text"
            sql = f'EXISTS (SELECT 1 FROM json_each("{field.name}") WHERE {{}})'
            result[str(field.old)] = Operand(sql, kind, among=True)
        else:
            kind = "flag" if field.storage == "flag" else field.storage
            result[str(field.old)] = Operand(f'"{field.name}"', kind, empty_zero=field.reference)
    result["UF_CRM_TASK"] = Operand(
        "id IN (SELECT c.taskId FROM (SELECT taskId, card AS value FROM task_cards) AS c WHERE {})", among=True
    )
    result |= {"REAL_STATUS": result["STATUS"], "AUDITOR": result["AUDITORS"], "ACCOMPLICE": result["ACCOMPLICES"]}
    return result


def read(call: Call, fields: Row) -> Row:
    """The columns that `fields` set; a value that cannot be held is refused with ERROR_CORE."""
    row: Row = {}
    silent = bool(call.notes.get("silent"))
    for key, value in fields.items():
        field = BY_OLD.get(key.upper())
        if field is None or field.name == "id" or (field.read_only and not silent):
            continue
        try:
            row[field.name] = values.read(field, _listed(field, value), call.portal.clock.zone)
        except RestError:
            raise RestError("ERROR_CORE", f"Неверное значение поля {field.old}<br>", 400) from None
    return row


def _listed(field: Field, value: Any) -> Any:
    if field.multiple and value not in (None, "", False) and not isinstance(value, (list, dict)):
        return [value]
    return value


def create(call: Call, row: Row) -> int:
    """Adds a task with its links to cards; returns its id."""
    now = int(call.portal.clock.timestamp())
    full: Row = {
        "description": "",
        "priority": 1,
        "multitask": "N",
        "replicate": "N",
        "stageId": 0,
        "createdBy": call.user,
        "createdDate": now,
        "changedBy": call.user,
        "changedDate": now,
        "activityDate": now,
        "guid": f"{{{uuid.uuid4()}}}",
        "allowChangeDeadline": "N",
        "allowTimeTracking": "N",
        "taskControl": "N",
        "matchWorkTime": "N",
        "timeEstimate": 0,
        "siteId": "s1",
        "status": WAITING,
        "statusChangedDate": now,
        "durationType": "days",
        "groupId": 0,
        **row,
    }
    if call.forced_id is not None:
        full["id"] = call.forced_id
    number = call.portal.store.insert("tasks", full)
    link(call, number, full)
    details.note(call, number, "NEW")
    _announce(call, "ADD", "undefined", {"ID": number}, ("N", "undefined"))
    return number


def get(call: Call, number: int) -> Row | None:
    """A task's row."""
    row = call.portal.store.one("SELECT * FROM tasks WHERE id = ?", (number,))
    return dict(row) if row is not None else None


def change(call: Call, before: Row, changes: Row) -> None:
    """Changes a task; a new status brings its dates with it."""
    different = {name: value for name, value in changes.items() if not values.same(before[name], value)}
    if not different:
        return
    now = int(call.portal.clock.timestamp())
    if "status" in different:
        different |= {"statusChangedBy": call.user, "statusChangedDate": now}
        done = different["status"] in (ON_CONTROL, DONE)
        different |= {"closedBy": call.user if done else None, "closedDate": now if done else None}
        if different["status"] == RUNNING:
            different["dateStart"] = now
    different |= {"changedBy": call.user, "changedDate": now, "activityDate": now}
    sets = ", ".join(f'"{name}" = ?' for name in different)
    call.portal.store.execute(f"UPDATE tasks SET {sets} WHERE id = ?", (*different.values(), before["id"]))
    link(call, before["id"], {**before, **different})
    told = [(name, str(FIELDS[name].old), value) for name, value in different.items() if name in HISTORIC]
    details.note_changes(call, before["id"], before, told)
    seen = {"ID": before["id"]}
    _announce(call, "UPDATE", seen, seen, ("undefined", "undefined"))


def remove(call: Call, row: Row) -> None:
    """Deletes a task and its activity."""
    store = call.portal.store
    store.execute("DELETE FROM tasks WHERE id = ?", (row["id"],))
    store.execute("DELETE FROM task_cards WHERE taskId = ?", (row["id"],))
    details.forget(call, row["id"])
    shown = _activity(call, row["id"])
    if shown is not None:
        activities.remove(call, shown["id"])
    _announce(call, "DELETE", {"ID": row["id"]}, "undefined", ("undefined", "N"))


def _announce(call: Call, what: str, before: Any, after: Any, accessible: tuple[str, str]) -> None:
    data = {
        "FIELDS_BEFORE": before,
        "FIELDS_AFTER": after,
        "IS_ACCESSIBLE_BEFORE": accessible[0],
        "IS_ACCESSIBLE_AFTER": accessible[1],
    }
    call.portal.emit(f"ONTASK{what}", data, call)


def _activity(call: Call, number: int) -> Row | None:
    row = call.portal.store.one(
        "SELECT * FROM crm_activities WHERE providerId = ? AND associatedEntityId = ?",
        (activities.TASK_PROVIDER, number),
    )
    return dict(row) if row is not None else None


def link(call: Call, number: int, row: Row) -> None:
    """Shows a task in its cards: UF_CRM_TASK makes an activity of type 3, bound to every card."""
    cards = json.loads(row.get("ufCrmTask") or "[]")
    store = call.portal.store
    store.execute("DELETE FROM task_cards WHERE taskId = ?", (number,))
    store.executemany("INSERT OR IGNORE INTO task_cards (taskId, card) VALUES (?, ?)", [(number, c) for c in cards])
    parsed = [card for card in map(bindings.parse, cards) if card is not None]
    shown = _activity(call, number)
    if not parsed:
        if shown is not None:
            activities.remove(call, shown["id"])
        return
    done = row["status"] in (ON_CONTROL, DONE)
    state = {
        "subject": row.get("title") or "",
        "deadline": row.get("deadline"),
        "endTime": row.get("deadline"),
        "responsibleId": row.get("responsibleId"),
        "completed": "Y" if done else "N",
        "status": activities.DONE if done else activities.PENDING,
    }
    if shown is None:
        owner = {"ownerTypeId": parsed[0][0], "ownerId": parsed[0][1], "typeId": activities.TASK}
        provider = {"providerId": activities.TASK_PROVIDER, "providerTypeId": "TASKS_TASK"}
        activities.create(call, {**owner, **provider, "associatedEntityId": number, **state}, parsed)
        return
    store.execute("DELETE FROM crm_activity_bindings WHERE activityId = ?", (shown["id"],))
    activities.bind(call, shown["id"], parsed)
    activities.change(call, shown, {**state, "ownerTypeId": parsed[0][0], "ownerId": parsed[0][1]})


def printed(call: Call, row: Any, names: list[str]) -> Row:
    """A task as REST prints it: camelCase names, strings; user fields only when they are asked for."""
    chosen = _chosen(names)
    shown: Row = {}
    for name in chosen:
        field, value = FIELDS[name], row[name]
        if field.multiple:
            shown[name] = [str(element) for element in json.loads(value)] if value else []
        elif field.storage == "datetime":
            shown[name] = None if value is None else moments.iso(value, call.portal.clock.zone)
        else:
            shown[name] = None if value is None else str(value)
    if not names or "*" in names:
        shown |= _FIXED
    people = {"creator": "createdBy", "responsible": "responsibleId"}
    shown |= {"group": [], **{k: _person(call, row[n]) for k, n in people.items() if n in chosen}}
    for key, name in (("accomplicesData", "accomplices"), ("auditorsData", "auditors")):
        if name in chosen:
            ids = json.loads(row[name] or "[]")
            # PHP prints an empty map as an empty list.
            shown[key] = {str(number): _person(call, number) for number in ids} or []
    if "description" in chosen:
        shown["descriptionInBbcode"] = "Y"
    return shown


def _chosen(names: list[str]) -> list[str]:
    wanted = [name.upper() for name in names]
    if not wanted:
        return [name for name in FIELDS if name not in UNASKED]
    return [
        name
        for name, field in FIELDS.items()
        if name == "id" or field.old in wanted or name in names or ("UF_*" if name in USER_FIELDS else "*") in wanted
    ]


def _person(call: Call, number: int | None) -> Row:
    row = call.portal.store.one("SELECT name, last_name, work_position FROM users WHERE id = ?", (number,))
    name = " ".join(part for part in (row["name"], row["last_name"]) if part) if row else ""
    return {
        "id": str(number or 0),
        "name": name,
        "link": f"/company/personal/user/{number or 0}/",
        "icon": "/bitrix/images/tasks/default_avatar.png",
        "workPosition": (row["work_position"] or "") if row else "",
    }
