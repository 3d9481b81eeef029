"""Flows of tasks: `tasks.flow.Flow.*` (api-reference/tasks/flow)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.outsiders import is_outside
from sandbox.kernel.registry import method
from sandbox.tasks import access
from sandbox.tasks.details import FLOWS

Row = dict[str, Any]
_KINDS = ("manually", "queue", "himself")
_NUMBERS = ("groupId", "ownerId", "templateId", "plannedCompletionTime")
_FLAGS = ("responsibleCanChangeDeadline", "matchWorkTime", "taskControl", "notifyAtHalfTime")
_LIMITS = ("notifyOnQueueOverflow", "notifyOnTasksInProgressOverflow", "notifyWhenEfficiencyDecreases")
_PRINTED = (
    *("id", "creatorId", "ownerId", "groupId", "templateId", "efficiency", "active", "plannedCompletionTime"),
    *("activity", "name", "description", "distributionType", "responsibleList", "demo"),
)
_DENIED = "Access denied or flow not found"
_NO_NAME = "'name': field's value is required"


def _refused(text: str) -> RestError:
    return RestError("0", text, 400)


def _true(value: Any) -> bool:
    return str(value).lower() in ("1", "true", "y")


def _read(call: Call, given: dict[str, Any]) -> Row:
    if given.get("distributionType") not in (None, *_KINDS):
        raise _refused("'distributionType': field's value has an invalid value")
    row: Row = {n: given[n] for n in ("name", "description", "distributionType", "responsibleList") if n in given}
    row |= {name: int(given[name] or 0) for name in _NUMBERS if name in given}
    row |= {name: _true(given[name]) for name in _FLAGS if name in given}
    row |= {name: int(given[name]) if given[name] not in (None, "") else None for name in _LIMITS if name in given}
    if "taskCreators" in given:
        row["taskCreators"] = given["taskCreators"]
    return row


def _flow(call: Call, number: Any) -> Row:
    flow = FLOWS.get(call, number)
    if flow is None:
        raise _refused("Flow not found")
    return flow


def _employees_only(call: Call) -> None:
    if is_outside(call):
        raise _refused(_DENIED)


def _owned(call: Call, number: Any) -> Row:
    flow = _flow(call, number)
    if not access.free(call) and call.user not in (flow["creatorId"], flow["ownerId"]):
        raise _refused(_DENIED)
    return flow


def _printed(flow: Row) -> Row:
    shown = {name: flow[name] for name in (*_PRINTED, *_FLAGS, *_LIMITS, "taskCreators")}
    return {**shown, "team": flow["responsibleList"], "trialFeatureEnabled": False}


def _taken(call: Call, name: str, own: int) -> bool:
    return any(flow["name"] == name and flow["id"] != own for flow in FLOWS.all(call))


@method("tasks.flow.Flow.create", "task", write=True)
def create(call: Call) -> Row:
    """Adds a flow."""
    _employees_only(call)
    row = _read(call, call.mapping("flowData"))
    if not row.get("name"):
        raise _refused(_NO_NAME)
    if _taken(call, row["name"], 0):
        raise _refused("A flow with this name already exists")
    moment = datetime.fromtimestamp(int(call.portal.clock.timestamp()), UTC).isoformat()
    blank: Row = {"description": "", "ownerId": call.user, "groupId": 0, "templateId": 0, "efficiency": 0}
    blank |= {"creatorId": call.user, "active": True, "plannedCompletionTime": 0, "activity": moment, "demo": False}
    blank |= {"distributionType": "manually", "responsibleList": [], "taskCreators": [["meta-user", "all-users"]]}
    blank |= dict.fromkeys(_LIMITS) | dict.fromkeys(_FLAGS, False) | {"matchWorkTime": True, "pinned": []}
    return _printed(FLOWS.add(call, blank | row))


@method("tasks.flow.Flow.get", "task")
def get(call: Call) -> Row:
    """One flow."""
    return _printed(_flow(call, call.need("flowId")))


@method("tasks.flow.Flow.update", "task", write=True)
def update(call: Call) -> Row:
    """Changes a flow."""
    given = call.mapping("flowData")
    flow, row = _owned(call, given.get("id")), _read(call, given)
    if _taken(call, str(row.get("name") or flow["name"]), flow["id"]):
        raise _refused("A flow with this name already exists")
    return _printed(FLOWS.change(call, flow, row))


@method("tasks.flow.Flow.delete", "task", write=True)
def delete(call: Call) -> dict[str, bool]:
    """Deletes a flow."""
    FLOWS.remove(call, _owned(call, call.mapping("flowData").get("id"))["id"])
    return {"deleted": True}


@method("tasks.flow.Flow.activate", "task", write=True)
def activate(call: Call) -> bool:
    """Switches a flow on, or off when it is on."""
    flow = _owned(call, call.need("flowId"))
    FLOWS.change(call, flow, {"active": not flow["active"]})
    return True


@method("tasks.flow.Flow.pin", "task", write=True)
def pin(call: Call) -> bool:
    """Pins a flow in the caller's list, or unpins it."""
    flow = FLOWS.get(call, call.need("flowId"))
    if flow is None:
        raise _refused(_DENIED)
    pinned = set(flow["pinned"]) ^ {call.user}
    FLOWS.change(call, flow, {"pinned": sorted(pinned)})
    return True


@method("tasks.flow.Flow.isExists", "task")
def is_exists(call: Call) -> dict[str, bool]:
    """Whether another flow has this name."""
    _employees_only(call)
    given = call.mapping("flowData")
    return {"exists": _taken(call, str(given.get("name") or ""), int(given.get("id") or 0))}
