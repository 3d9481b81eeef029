"""The activities that give tasks to people, and go on with their answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sandbox.workflow import assignments
from sandbox.workflow import process as running
from sandbox.workflow.activities import activity
from sandbox.workflow.assignments import NO, OK, TIMEOUT, YES, Assignment
from sandbox.workflow.bpt import Node
from sandbox.workflow.expressions import seconds, users
from sandbox.workflow.process import Memory, Process


@activity("ApproveActivity")
def approve(process: Process, one: Node, memory: Memory) -> bool:
    """Approval: the first branch goes on after consent, the second after refusal or in the end of time."""
    status = _answered(process, one, memory)
    return status is not None and _branch(process, one, 0 if status == YES else 1)


@activity("ReviewActivity")
def review(process: Process, one: Node, memory: Memory) -> bool:
    """Acknowledgment."""
    return _answered(process, one, memory) is not None


@activity("RequestInformationActivity")
def request(process: Process, one: Node, memory: Memory) -> bool:
    """Request for information: the answers become variables of the process."""
    return _answered(process, one, memory) is not None


@activity("RequestInformationOptionalActivity")
def request_optional(process: Process, one: Node, memory: Memory) -> bool:
    """A request that may be refused: the second branch goes on after a refusal."""
    status = _answered(process, one, memory)
    return status is not None and _branch(process, one, 0 if status == OK else 1)


def _branch(process: Process, one: Node, number: int) -> bool:
    return number >= len(one.children) or process.execute(one.children[number])


def _answered(process: Process, one: Node, memory: Memory) -> int | None:
    """The decision about a task, which is given the first time; None while it is open."""
    if "task" not in memory:
        people = users(process.setting(one, "Users", []))
        if not people:
            process.note(f"{one.name}: the task has nobody to do it")
            return NO
        memory["task"] = _give(process, one, people)
        return None
    outcome = memory.get("outcome")
    if outcome is not None:
        memory["results"] = outcome["results"]
        process.variables.update(outcome.get("fields") or {})
        return int(outcome["status"])
    if memory.get("due"):
        return _late(process, memory)
    return None


def _late(process: Process, memory: Memory) -> int:
    row = assignments.task(process.portal, memory["task"])
    if row is not None and row["status"] == assignments.OPEN:
        assignments.close(process.portal, row, TIMEOUT)
    memory["outcome"] = {"status": TIMEOUT, "results": {"IsTimeout": 1}}
    memory["results"] = {"IsTimeout": 1}
    return TIMEOUT


def _give(process: Process, one: Node, people: list[int]) -> int:
    length = seconds(process.setting(one, "TimeoutDuration", 0), one.properties.get("TimeoutDurationType"))
    if str(one.properties.get("SetStatusMessage") or "N") == "Y":
        process.title = str(process.setting(one, "StatusMessage", process.title))
    overdue = process.portal.now() + timedelta(seconds=length) if length else None
    number = assignments.give(
        process.portal,
        Assignment(
            process=process.id,
            activity_name=one.name,
            activity=one.type,
            name=str(process.setting(one, "Name") or process.setting(one, "Title") or one.type),
            description=str(process.setting(one, "Description", "")),
            users=people,
            parameters=_parameters(process, one),
            rule={
                "type": str(one.properties.get("ApproveType") or "any"),
                "percent": one.properties.get("ApproveMinPercent"),
            },
            overdue=overdue.isoformat(timespec="seconds") if overdue else None,
            delegation=str(one.properties.get("DelegationType") or assignments.SUBORDINATES),
        ),
    )
    if length:
        running.wait(process, one, length)
    return number


# Texts of buttons: (setting of the activity, key of the task's parameters, text without a setting).
_BUTTONS = {
    "ApproveActivity": (
        ("TaskButton1Message", "StatusYesLabel", "Утвердить"),
        ("TaskButton2Message", "StatusNoLabel", "Отклонить"),
    ),
    "ReviewActivity": (("TaskButtonMessage", "StatusOkLabel", "Ознакомлен"),),
    "RequestInformationActivity": (("TaskButtonMessage", "StatusOkLabel", "Сохранить"),),
    "RequestInformationOptionalActivity": (
        ("TaskButtonMessage", "StatusOkLabel", "Сохранить"),
        ("TaskButtonCancelMessage", "StatusCancelLabel", "Отклонить"),
    ),
}


def _parameters(process: Process, one: Node) -> dict[str, Any]:
    """PARAMETERS of bizproc.task.list."""
    found = {
        "CommentLabel": str(process.setting(one, "CommentLabelMessage", "Комментарий")),
        "CommentRequired": str(one.properties.get("CommentRequired") or "N"),
        "ShowComment": str(one.properties.get("ShowComment") or "Y"),
    }
    for setting, key, text in _BUTTONS[one.type]:
        found[key] = str(process.setting(one, setting, text))
    if one.type.startswith("RequestInformation"):
        return {**found, "Fields": [_field(process, given) for given in _asked(one)]}
    return found


def _asked(one: Node) -> list[Mapping[str, Any]]:
    asked = one.properties.get("RequestedInformation") or []
    rows = list(asked.values()) if isinstance(asked, Mapping) else list(asked)
    return [row for row in rows if isinstance(row, Mapping)]


def _field(process: Process, given: Mapping[str, Any]) -> dict[str, Any]:
    named = {str(key).lower(): value for key, value in given.items()}
    return {
        "Id": str(named.get("name") or named.get("id") or ""),
        "Type": str(named.get("type") or "string"),
        "Name": str(named.get("title") or named.get("name") or ""),
        "Description": str(named.get("description") or ""),
        "Multiple": str(named.get("multiple") or "0").upper() in ("1", "Y", "TRUE"),
        "Required": str(named.get("required") or "0").upper() in ("1", "Y", "TRUE"),
        "Options": named.get("options") or None,
        "Settings": None,
        "Default": process.compute(named.get("default") if named.get("default") is not None else ""),
    }
