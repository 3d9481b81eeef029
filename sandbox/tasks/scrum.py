"""Scrum: backlogs and sprints, epics, stages of sprints, and tasks as their items (api-reference/sonet-group/scrum)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.documents import Documents
from sandbox.kernel.errors import RestError
from sandbox.social import groups

Row = dict[str, Any]
# Backlogs and sprints have one space of numbers: tasks name either as `entityId`.
ENTITIES = Documents("scrum_entity", "groupId")
EPICS = Documents("scrum_epic", "groupId")
STAGES = Documents("scrum_stage", "sprintId")
# What a task is in its scrum, under the task's number.
ITEMS = Documents("scrum_item", "entityId")
BACKLOG, SPRINT = "backlog", "sprint"
PLANNED, ACTIVE, COMPLETED = "planned", "active", "completed"
FIRST_STAGES = (("Новые", "NEW", "00C4FB"), ("Выполняются", "WORK", "47D1E2"), ("Сделаны", "FINISH", "75D900"))


def refused(text: str, code: str = "0") -> RestError:
    """A refusal of scrum's methods."""
    return RestError(code, text, 400)


def number(call: Call, name: str = "id", lacking: str = "") -> int:
    """A whole number that must come; `lacking` is the family's own word for its absence."""
    value = call.get(name)
    if value in (None, "", 0, "0"):
        raise refused(lacking) if lacking else refused(f"Could not find value for parameter {{{name}}}", "100")
    if isinstance(value, bool) or not str(value).isdigit():
        text = f"Invalid value {{{value}}} to match with parameter {{{name}}}. Should be value of type int."
        raise refused(lacking) if lacking else refused(text, "100")
    return int(value)


def fields_of(call: Call) -> Row:
    """The `fields` that must come."""
    given = call.get("fields")
    if given is None:
        raise refused("Could not find value for parameter {fields}", "100")
    if not isinstance(given, dict):
        text = f"Invalid value {{{given}}} to match with parameter {{fields}}. Should be value of type array."
        raise refused(text, "100")
    return dict(given)


def group(call: Call, value: Any, lacking: str, denied: str = "Access denied") -> int:
    """A group that the caller is in."""
    found = groups.get(call.portal.store, int(value)) if str(value or "").isdigit() else None
    if found is None:
        raise refused(lacking)
    if call.source in ("rest", "act") and not groups.visible(call, found):
        raise refused(denied)
    return found.id


def allowed(call: Call, row: Row) -> Row:
    """The same row, when its group lets the caller in."""
    group(call, row["groupId"], "Access denied")
    return row


def users(call: Call, given: Row) -> Row:
    """`createdBy` and `modifiedBy` of a request, which must be employees."""
    row: Row = {}
    for name in ("createdBy", "modifiedBy"):
        if given.get(name) in (None, "", 0, "0"):
            continue
        value = given[name]
        known = str(value).isdigit() and call.portal.store.value("SELECT 1 FROM users WHERE id = ?", (int(value),))
        if not known:
            raise refused(f"{name} user not found")
        row[name] = int(value)
    return row


def moment(call: Call, given: Row, name: str) -> Row:
    """A moment of a sprint, as text in the portal's time zone."""
    if given.get(name) in (None, ""):
        return {}
    try:
        found = datetime.fromisoformat(str(given[name]))
    except ValueError:
        raise refused(f"Incorrect {name} format") from None
    return {name: (found if found.tzinfo else found.replace(tzinfo=call.portal.clock.zone)).isoformat()}


def backlog_of(call: Call, group_id: int) -> Row | None:
    """The backlog of a group."""
    return next((row for row in ENTITIES.of(call, group_id) if row["kind"] == BACKLOG), None)


def sprint(call: Call, value: int) -> Row:
    """A sprint that the caller may see."""
    row = ENTITIES.get(call, value)
    if row is None or row["kind"] != SPRINT:
        raise refused("Sprint not found")
    return allowed(call, row)


def stages(call: Call, sprint_id: int) -> list[Row]:
    """The stages of a sprint in their order; a new sprint gets three."""
    if not STAGES.of(call, sprint_id):
        for i, (name, kind, color) in enumerate(FIRST_STAGES, 1):
            STAGES.add(call, {"name": name, "type": kind, "color": color, "sort": i * 100}, sprint_id)
    return sorted(STAGES.of(call, sprint_id), key=lambda row: (row["sort"], row["id"]))


def typed(**kinds: str) -> dict[str, Any]:
    """The answer of `getFields`."""
    return {"fields": {name: {"type": kind} for name, kind in kinds.items()}}
