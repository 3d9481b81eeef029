"""Employees of the structure in REST 3.0: `humanresources.employee.*` (api-reference/departments/employee)."""

from __future__ import annotations

from typing import Any

from sandbox.kernel import dto
from sandbox.kernel.call import Call
from sandbox.kernel.dto import Dto, describe, props_of
from sandbox.kernel.v3 import denied, invalid, method_v3
from sandbox.structure import nodes
from sandbox.structure.nodes import DEPARTMENT, ROLES, TEAM, Row

EMPLOYEE = Dto(
    "EmployeeDto",
    props_of("userId int\nname string\nworkPosition string\navatar string\nurl string\ndepartments array\nteams array"),
)
describe("humanresources.employee", "humanresources", EMPLOYEE)
_HEAD, _DEPUTY, _ = ROLES[DEPARTMENT]


def _employed(call: Call) -> None:
    """Only those who are in a department may ask."""
    if call.source in ("rest", "act") and not nodes.departments_of(call, call.user):
        raise denied()


def _memberships(call: Call, kind: str) -> dict[int, list[Row]]:
    """The nodes of one type by their people."""
    found: dict[int, list[Row]] = {}
    for row in nodes.nodes(call, kind):
        for user in nodes.members(call, row):
            found.setdefault(user, []).append({"id": row["id"], "name": row["name"]})
    return found


@method_v3("humanresources.employee.count", "humanresources")
def count(call: Call) -> dict[str, int]:
    """How many employees are in departments."""
    _employed(call)
    return {"total": len(_memberships(call, DEPARTMENT))}


@method_v3("humanresources.employee.multidepartment", "humanresources")
def several(call: Call) -> dict[str, Any]:
    """The employees who are in more than one department."""
    _employed(call)
    found = {user: rows for user, rows in sorted(_memberships(call, DEPARTMENT).items()) if len(rows) > 1}
    names = ("userId", "name", "workPosition")
    people = [{**{n: nodes.person(call, user)[n] for n in names}, "departments": rows} for user, rows in found.items()]
    return {"employees": people, "total": len(people)}


@method_v3("humanresources.employee.search", "humanresources", "name:string nodeId:int select:any")
def search(call: Call) -> dict[str, Any]:
    """Employees by a part of the name, of one node if it came."""
    part = str(call.params.get("name") or "").lower()
    if not part:
        raise invalid(("name", 'Parameter "name" is required.'))
    _employed(call)
    chosen = dto.selected(call, EMPLOYEE, strict=True)
    departments, teams = _memberships(call, DEPARTMENT), _memberships(call, TEAM)
    node = call.params.get("nodeId")
    rows = []
    for user in sorted({*departments, *teams}):
        own = {"departments": departments.get(user, []), "teams": teams.get(user, [])}
        row = {**nodes.person(call, user), **own}
        inside = node is None or any(one["id"] == node for one in (*own["departments"], *own["teams"]))
        if part in row["name"].lower() and inside:
            rows.append(row)
    return {"items": [dto.picked(row, chosen) for row in rows]}


@method_v3("humanresources.employee.subordinates", "humanresources", "id*:int")
def subordinates(call: Call) -> dict[str, Any]:
    """The departments that an employee heads (or helps to head) and how many people are below."""
    user = call.params["id"]
    if user <= 0:
        raise invalid(("id", 'Parameter "id" is required and must be a positive integer.'))
    _employed(call)
    headed = [row for row in nodes.departments_of(call, user) if row["role"] in (_HEAD, _DEPUTY)]
    return {"userId": user, "departments": [_headed(call, row, user) for row in headed]}


def _headed(call: Call, row: Row, user: int) -> Row:
    below = {
        one
        for other in nodes.nodes(call, DEPARTMENT)
        if row["id"] in nodes.above(call, other["id"])
        for one in nodes.members(call, other)
    } - {user}
    role = row["role"].removeprefix("MEMBER_")
    return {"nodeId": row["id"], "name": row["name"], "role": role, "subordinatesCount": len(below)}
