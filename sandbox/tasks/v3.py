"""A task as an object of REST 3.0: its fields, how they lie in the row, how they are printed and read.

api-reference/tasks/fields-rest-v3.md
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from sandbox.crm import moments, tasks
from sandbox.kernel.call import Call
from sandbox.kernel.dto import Dto, props_of
from sandbox.kernel.v3 import FITS, V3Error, invalid
from sandbox.social import groups
from sandbox.tasks import access, chat, details

Row = dict[str, Any]

USER = Dto("UserDto", props_of("id int\nname string\nrole string\nimage object\ngender string\nemail string\n"
                               "externalAuthId string\nrights array"))  # fmt: skip
GROUP = Dto("GroupDto", props_of("id int\nname string\nimage object\ntype string"))
STAGE = Dto("StageDto", props_of("id int\ntitle string\ncolor string"))
FLOW = Dto("FlowDto", props_of("id int\nname string"))
CHAT = Dto("ChatDto", props_of("id int\nentityId int\nentityType string"))

TASK = Dto(
    "TaskDto",
    props_of(
        """
        id int fs
        title string ser
        description string e
        creatorId int sro
        creator object o
        created DateTime so
        responsibleId int sero
        responsible object o
        deadline DateTime se
        needsControl bool e
        startPlan DateTime se
        endPlan DateTime se
        fileIds array
        checklist array
        groupId int seo
        group object o
        stageId int eo
        stage object o
        epicId int
        storyPoints int
        flowId int eo
        flow object o
        priority string se
        status string se
        statusChanged DateTime
        accomplices array eo
        auditors array eo
        parentId int e
        parent object o
        containsChecklist bool
        containsSubTasks bool
        containsRelatedTasks bool
        containsGanttLinks bool
        containsPlacements bool
        containsResults bool
        numberOfReminders int
        chatId int
        chat object o
        plannedDuration int
        actualDuration int
        durationType string e
        started DateTime s
        estimatedTime int se
        replicate bool e
        changed DateTime s
        changedById int o
        changedBy object o
        statusChangedById int o
        statusChangedBy object o
        closedById int o
        closedBy object o
        closed DateTime s
        activity DateTime s
        guid string
        xmlId string e
        exchangeId string
        exchangeModified string
        outlookVersion int
        mark string se
        allowsChangeDeadline bool se
        allowsTimeTracking bool se
        matchesWorkTime bool e
        addInReport bool e
        isMultitask bool
        siteId string e
        forkedByTemplateId int o
        forkedByTemplate object o
        deadlineCount int
        declineReason string
        forumTopicId int
        link string
        rights array
        archiveLink string
        crmItemIds array e
        emailId int o
        email object o
        elapsedTime object o
        requireResult bool e
        matchesSubTasksTime bool e
        autocompleteSubTasks bool e
        allowsChangeDatePlan bool e
        maxDeadlineChangeDate DateTime e
        maxDeadlineChanges int e
        requireDeadlineChangeReason bool e
        inFavorite array
        inPin array
        inGroupPin array
        inMute array
        source object o
        dependsOn array
        scenarios array
        """
    ),
    dict.fromkeys(("creator", "responsible", "changedBy", "statusChangedBy", "closedBy"), USER)
    | {"accomplices": USER, "auditors": USER, "group": GROUP, "stage": STAGE, "flow": FLOW, "chat": CHAT},
)
TASK.related["parent"] = TASK

# Field -> column of the table.
COLUMNS = {
    "id": "id",
    "title": "title",
    "description": "description",
    "creatorId": "createdBy",
    "created": "createdDate",
    "responsibleId": "responsibleId",
    "deadline": "deadline",
    "needsControl": "taskControl",
    "startPlan": "startDatePlan",
    "endPlan": "endDatePlan",
    "groupId": "groupId",
    "stageId": "stageId",
    "flowId": "flowId",
    "priority": "priority",
    "status": "status",
    "statusChanged": "statusChangedDate",
    "accomplices": "accomplices",
    "auditors": "auditors",
    "parentId": "parentId",
    "durationType": "durationType",
    "started": "dateStart",
    "estimatedTime": "timeEstimate",
    "replicate": "replicate",
    "changed": "changedDate",
    "changedById": "changedBy",
    "statusChangedById": "statusChangedBy",
    "closedById": "closedBy",
    "closed": "closedDate",
    "activity": "activityDate",
    "guid": "guid",
    "xmlId": "xmlId",
    "mark": "mark",
    "allowsChangeDeadline": "allowChangeDeadline",
    "allowsTimeTracking": "allowTimeTracking",
    "matchesWorkTime": "matchWorkTime",
    "isMultitask": "multitask",
    "siteId": "siteId",
    "crmItemIds": "ufCrmTask",
}
_WORDS: dict[str, dict[Any, str]] = {
    "priority": {2: "high", 1: "average", 0: "low"},
    "status": {2: "pending", 3: "in_progress", 4: "supposedly_completed", 5: "completed", 6: "deferred"},
    "mark": {"P": "positive", "N": "negative"},
}
_SETS = ("accomplices", "auditors", "crmItemIds")
# What a task also prints and this portal does not keep.
_FIXED: Row = {
    **dict.fromkeys(("epicId", "storyPoints", "exchangeId", "exchangeModified", "addInReport", "deadlineCount")),
    **dict.fromkeys(("declineReason", "forumTopicId", "maxDeadlineChangeDate", "maxDeadlineChanges", "fileIds")),
    **dict.fromkeys(("forkedByTemplateId", "emailId", "source")),
    **dict.fromkeys(("requireResult", "matchesSubTasksTime", "autocompleteSubTasks"), False),
    **dict.fromkeys(("allowsChangeDatePlan", "requireDeadlineChangeReason", "containsPlacements"), False),
    **dict.fromkeys(("numberOfReminders", "plannedDuration"), 0),
    "outlookVersion": 1,
    "inGroupPin": [],
    "scenarios": ["default"],
}


def printed(call: Call, row: Row, names: Iterable[str]) -> Row:
    """The named fields of a task; only what is asked for is looked up."""
    return {name: _printed(call, row, name) for name in names}


def _printed(call: Call, row: Row, name: str) -> Any:
    if name in _COMPUTED:
        return _COMPUTED[name](call, row)
    if name not in COLUMNS:
        return _FIXED.get(name)
    value = row[COLUMNS[name]]
    if name in _WORDS:
        return _WORDS[name].get(value, "none" if name == "mark" else None)
    kind = TASK.props[name].type
    if kind == "bool":
        return value == "Y"
    if name in _SETS:
        return json.loads(value or "[]")
    if kind == "DateTime" and value is not None:
        return moments.iso(value, call.portal.clock.zone)
    return value or None if name in ("parentId", "groupId", "stageId", "flowId") else value


def _person(column: str) -> Callable[[Call, Row], Any]:
    return lambda call, row: person(call, row[column])


def person(call: Call, number: int | None) -> Row | None:
    """A user as a related object."""
    row = call.portal.store.one("SELECT name, last_name, email FROM users WHERE id = ?", (number,))
    if row is None:
        return None
    name = " ".join(part for part in (row["name"], row["last_name"]) if part)
    shown = {"id": number, "name": name, "role": None, "image": None, "gender": None, "email": row["email"]}
    return {**shown, "externalAuthId": None, "rights": []}


def _people(column: str) -> Callable[[Call, Row], Any]:
    return lambda call, row: [person(call, int(number)) for number in json.loads(row[column] or "[]")]


def _marked(mark: str) -> Callable[[Call, Row], Any]:
    return lambda call, row: [call.user] if mark in details.marks(call, row["id"]) else []


def _above(call: Call, row: Row) -> Row | None:
    above = tasks.get(call, row["parentId"]) if row["parentId"] else None
    return printed(call, above, TASK.plain) if above else None


def _flow(call: Call, row: Row) -> Row | None:
    found = details.FLOWS.get(call, row["flowId"]) if row["flowId"] else None
    return {"id": found["id"], "name": found["name"]} if found else None


def _stage(call: Call, row: Row) -> Row | None:
    found = details.STAGES.get(call, row["stageId"]) if row["stageId"] else None
    return {name: found[name] for name in ("id", "title", "color")} if found else None


def _chat(call: Call, row: Row) -> Row:
    return {"id": chat.chat_of(call, row).id, "entityId": row["id"], "entityType": "TASK"}


def _group(call: Call, row: Row) -> Row | None:
    found = groups.get(call.portal.store, row["groupId"]) if row["groupId"] else None
    return {"id": found.id, "name": found.name, "image": None, "type": found.kind} if found else None


def _below(call: Call, row: Row) -> bool:
    return call.portal.store.value("SELECT 1 FROM tasks WHERE parentId = ? LIMIT 1", (row["id"],)) is not None


def _linked(call: Call, row: Row) -> list[int]:
    return [int(link["on"]) for link in details.LINKS.of(call, row["id"])]


def _archive(call: Call, row: Row) -> str:
    return f"/bitrix/tools/disk/uf.php?entityId={row['id']}&entity=TASKS_TASK&action=downloadArchiveByEntity&ncc=1"


def _files(call: Call, row: Row) -> list[int] | None:
    return [int(one["fileId"]) for one in details.FILES.of(call, row["id"])] or None


_COMPUTED: dict[str, Callable[[Call, Row], Any]] = {
    "creator": _person("createdBy"),
    "responsible": _person("responsibleId"),
    "changedBy": _person("changedBy"),
    "statusChangedBy": _person("statusChangedBy"),
    "closedBy": _person("closedBy"),
    "accomplices": _people("accomplices"),
    "auditors": _people("auditors"),
    "parent": _above,
    "group": _group,
    "chatId": lambda call, row: chat.chat_of(call, row).id,
    "chat": _chat,
    "flow": _flow,
    "stage": _stage,
    "fileIds": _files,
    "checklist": lambda call, row: [one["id"] for one in details.CHECKLIST.of(call, row["id"])],
    "containsChecklist": lambda call, row: bool(details.CHECKLIST.of(call, row["id"])),
    "containsResults": lambda call, row: bool(details.RESULTS.of(call, row["id"])),
    "containsSubTasks": _below,
    "containsRelatedTasks": lambda call, row: False,
    "containsGanttLinks": lambda call, row: bool(_linked(call, row)),
    "dependsOn": _linked,
    "actualDuration": lambda call, row: details.spent(call, row["id"]) // 60,
    "link": lambda call, row: f"/company/personal/user/{call.user}/tasks/task/view/{row['id']}/",
    "archiveLink": _archive,
    "rights": lambda call, row: access.rights(call, row),
    "inFavorite": _marked(details.FAVORITE),
    "inPin": _marked(details.PINNED),
    "inMute": _marked(details.MUTED),
}


# --- reading --------------------------------------------------------------------------------


def read(call: Call, fields: Row, *, creating: bool) -> Row:
    """The columns that `fields` set; unknown fields, wrong types and those that may not be set are refused."""
    row: Row = {}
    for name, value in fields.items():
        prop = TASK.props.get(name)
        if prop is None:
            raise TASK.unknown(name)
        if not prop.editable and not (creating and prop.required):
            raise _not_editable(name)
        if value is not None and not FITS[prop.type](value):
            raise _mistyped(name, prop.type)
        if name in COLUMNS:
            row[COLUMNS[name]] = _stored(call, name, value)
    return row


def _not_editable(name: str) -> V3Error:
    text = f"In DTO `TaskDto`, the field `{name}` requires the presence of the `Editable` attribute for such a request"
    return invalid((name, text))


def _mistyped(name: str, kind: str) -> V3Error:
    return invalid((name, f"Field `{name}` requires data type `{kind}` for this request"))


def _stored(call: Call, name: str, value: Any) -> Any:
    kind = TASK.props[name].type
    if name in _WORDS:
        known = {word: stored for stored, word in _WORDS[name].items()}
        if value is not None and value not in known and not (name == "mark" and value in ("none", *_WORDS["mark"])):
            raise _mistyped(name, "enum")
        return known.get(value, value if value in _WORDS["mark"] else None)
    if name in _SETS:
        return json.dumps([one if name == "crmItemIds" else int(one) for one in value or []])
    if kind == "bool":
        return "Y" if value else "N"
    if kind == "DateTime" and value is not None:
        moment = datetime.fromisoformat(value)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=call.portal.clock.zone)
        return int(aware.timestamp())
    return value
