"""The activities that change the document or tell people: fields, stage, comment, notification, task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.automation import documents
from sandbox.crm.bindings import print_reference
from sandbox.kernel.errors import RestError
from sandbox.workflow.activities import activity
from sandbox.workflow.bpt import Node
from sandbox.workflow.expressions import text, users
from sandbox.workflow.process import Memory, Process


def _do(process: Process, method: str, params: Mapping[str, Any]) -> Any:
    """Acts as automation does (no tokens in events); a refusal is written down and passed by."""
    try:
        return process.portal.call(method, dict(params), source="robot")
    except RestError as error:
        process.note(f"{method}: {error.description}")
        return None


def _update(process: Process, fields: Mapping[str, Any]) -> bool:
    found = documents.item_of(process.document)
    if found is None:
        process.note("The document has no fields that can be changed here")
        return True
    params = {"entityTypeId": found[0], "id": found[1], "fields": dict(fields), "useOriginalUfNames": "Y"}
    _do(process, "crm.item.update", params)
    return True


def camel(name: str) -> str:
    """`ASSIGNED_BY_ID` as crm.item.* spells it; user fields keep their names."""
    if name.startswith("UF_") or not name.isupper():
        return name
    head, *tail = name.lower().split("_")
    return head + "".join(part.capitalize() for part in tail)


@activity("SetFieldActivity")
def set_field(process: Process, one: Node, memory: Memory) -> bool:
    """Changes fields of the document."""
    values = process.compute(one.properties.get("FieldValue") or {})
    fields = {}
    for name, value in values.items():
        people = name.upper().endswith("_BY_ID") or name.endswith("ById")
        fields[camel(str(name))] = next(iter(users(value)), None) if people else value
    return _update(process, fields)


@activity("CrmChangeStatusActivity")
def change_stage(process: Process, one: Node, memory: Memory) -> bool:
    """Moves the card to another stage."""
    return _update(process, {"stageId": process.setting(one, "TargetStatus")})


@activity("CrmChangeResponsibleActivity")
def change_responsible(process: Process, one: Node, memory: Memory) -> bool:
    """Gives the card to another employee: the first one named."""
    people = users(process.setting(one, "Responsible", []))
    return _update(process, {"assignedById": people[0]}) if people else True


@activity("CrmTimelineCommentAdd")
def comment(process: Process, one: Node, memory: Memory) -> bool:
    """Writes a comment into the card's timeline."""
    found = documents.item_of(process.document)
    if found is not None:
        name = process.document[2].rpartition("_")[0].lower()
        said = text(process.setting(one, "CommentText", ""))
        fields = {"ENTITY_ID": found[1], "ENTITY_TYPE": name, "COMMENT": said}
        _do(process, "crm.timeline.comment.add", {"fields": fields})
    return True


@activity("IMNotifyActivity", "SocNetMessageActivity")
def notify(process: Process, one: Node, memory: Memory) -> bool:
    """Tells employees something."""
    said = process.setting(one, "MessageSite") or process.setting(one, "MessageText", "")
    for user in users(process.setting(one, "MessageUserTo", [])):
        _do(process, "im.notify.system.add", {"USER_ID": user, "MESSAGE": text(said)})
    return True


@activity("Task2Activity")
def add_task(process: Process, one: Node, memory: Memory) -> bool:
    """Gives an employee a task that is tied to the card."""
    given = process.compute(one.properties.get("Fields") or {})
    fields = dict(given)
    for name in ("CREATED_BY", "RESPONSIBLE_ID"):
        if name in given:
            fields[name] = next(iter(users(given[name])), None)
    found = documents.item_of(process.document)
    if found is not None:
        fields.setdefault("UF_CRM_TASK", [print_reference(*found)])
    answer = _do(process, "tasks.task.add", {"fields": fields})
    memory["results"] = {"TaskId": answer["task"]["id"]} if answer else {}
    return True
