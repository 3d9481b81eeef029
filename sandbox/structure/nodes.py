"""Departments and teams as nodes of one tree, and who is what in them (api-reference/departments).

A department's node is the row that `department.*` works on, with a document of what only nodes have;
a team is a document. Heads are kept where `department.*` keeps them, too.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.documents import Documents
from sandbox.methods.department import add_department

Row = dict[str, Any]
DETAILS = Documents("structure_department")
TEAMS = Documents("structure_team", first=10001)
DEPARTMENT, TEAM = "DEPARTMENT", "TEAM"
ROLES = {
    DEPARTMENT: ("MEMBER_HEAD", "MEMBER_DEPUTY_HEAD", "MEMBER_EMPLOYEE"),
    TEAM: ("MEMBER_TEAM_HEAD", "MEMBER_TEAM_DEPUTY_HEAD", "MEMBER_TEAM_EMPLOYEE"),
}
_BLANK: Row = {"description": None, "colorName": None, "xmlId": None, "roles": {}, "chats": {}}


def _at(call: Call) -> int:
    return int(call.portal.clock.timestamp())


def nodes(call: Call, kind: str) -> list[Row]:
    """All departments or all teams by their numbers."""
    if kind == TEAM:
        return [_team(row) for row in TEAMS.all(call)]
    rows = call.portal.store.rows("SELECT * FROM departments ORDER BY id")
    known = {row["id"]: row for row in DETAILS.all(call)}
    return [_department(call, row, known.get(row["id"], {})) for row in rows]


def node(call: Call, number: int) -> Row | None:
    """A department or a team."""
    row = call.portal.store.one("SELECT * FROM departments WHERE id = ?", (number,))
    if row is not None:
        return _department(call, row, DETAILS.get(call, number) or {})
    team = TEAMS.get(call, number)
    return _team(team) if team is not None else None


def _department(call: Call, row: Any, known: Row) -> Row:
    own = {"id": row["id"], "type": DEPARTMENT, "name": row["name"], "parentId": row["parent"], "head": row["head"]}
    made = _at(call)
    return {**_BLANK, "createdAt": made, "updatedAt": made, **known, **own}


def _team(row: Row) -> Row:
    return {**_BLANK, **row, "type": TEAM, "head": None}


def children(call: Call, number: int) -> list[Row]:
    """The nodes directly below one."""
    return [row for kind in (DEPARTMENT, TEAM) for row in nodes(call, kind) if row["parentId"] == number]


def add(call: Call, kind: str, name: str, parent: int, extra: Row) -> Row:
    """Adds a department or a team."""
    now = _at(call)
    body = {**_BLANK, **extra, "createdAt": now, "updatedAt": now}
    if kind == TEAM:
        number = int(TEAMS.add(call, {**body, "name": name, "parentId": parent})["id"])
    else:
        number = add_department(call.portal.store, name=name, parent=parent)
        DETAILS.put(call, number, body)
    return node(call, number) or {}


def change(call: Call, row: Row, changes: Row) -> Row:
    """Changes a node."""
    if row["type"] == TEAM:
        TEAMS.change(call, TEAMS.get(call, row["id"]) or row, {**changes, "updatedAt": _at(call)})
        return node(call, row["id"]) or {}
    for name, column in (("name", "name"), ("parentId", "parent"), ("head", "head")):
        if name in changes:
            sql = f"UPDATE departments SET {column} = ? WHERE id = ?"
            call.portal.store.execute(sql, (changes[name], row["id"]))
    kept = {name: row[name] for name in (*_BLANK, "createdAt")} | {"updatedAt": _at(call)}
    DETAILS.put(call, row["id"], kept | {name: value for name, value in changes.items() if name in _BLANK})
    return node(call, row["id"]) or {}


def above(call: Call, number: int | None) -> set[int]:
    """The numbers of a node and of all above it."""
    found: set[int] = set()
    while number and number not in found:
        found.add(number)
        row = node(call, number)
        number = row["parentId"] if row else None
    return found


# --- members --------------------------------------------------------------------------------


def members(call: Call, row: Row) -> dict[int, str]:
    """The roles of a node's people."""
    head, _, employee = ROLES[row["type"]]
    roles = {int(user): role for user, role in row["roles"].items()}
    if row["type"] == TEAM:
        return roles
    users = call.portal.store.rows("SELECT id, departments FROM users WHERE active = 1 ORDER BY id")
    inside = [user["id"] for user in users if row["id"] in json.loads(user["departments"] or "[]")]
    found = {user: roles.get(user, employee) for user in inside}
    if row["head"]:
        found[row["head"]] = head
    return found


def set_members(call: Call, row: Row, roles: dict[int, str]) -> None:
    """Gives people roles in a node; those who are not in it come in."""
    head = ROLES[row["type"]][0]
    changes: Row = {"roles": {**row["roles"], **{str(user): role for user, role in roles.items()}}}
    if row["type"] == DEPARTMENT:
        heads = [user for user, role in roles.items() if role == head]
        if heads:
            changes["head"] = heads[0]
        elif row["head"] in roles:
            changes["head"] = None
        for user in roles:
            _place(call, user, lambda own: own if row["id"] in own else [*own, row["id"]])
    change(call, row, changes)


def remove_members(call: Call, row: Row, users: set[int]) -> None:
    """Takes people out of a node."""
    changes: Row = {"roles": {user: role for user, role in row["roles"].items() if int(user) not in users}}
    if row["type"] == DEPARTMENT:
        if row["head"] in users:
            changes["head"] = None
        for user in users:
            _place(call, user, lambda own: [one for one in own if one != row["id"]])
    change(call, row, changes)


def _place(call: Call, user: int, placed: Any) -> None:
    store = call.portal.store
    own = json.loads(store.value("SELECT departments FROM users WHERE id = ?", (user,)) or "[]")
    store.execute("UPDATE users SET departments = ? WHERE id = ?", (json.dumps(placed(own)), user))


def departments_of(call: Call, user: int) -> list[Row]:
    """The departments that a user is in, with the user's role as `role`."""
    found = []
    for row in nodes(call, DEPARTMENT):
        role = members(call, row).get(user)
        if role is not None:
            found.append({**row, "role": role})
    return found


# --- printing -------------------------------------------------------------------------------


def person(call: Call, user: int) -> Row:
    """A user as members and employees are printed."""
    row = call.portal.store.one("SELECT name, last_name, work_position FROM users WHERE id = ?", (user,))
    name = " ".join(part for part in (row["name"], row["last_name"]) if part) if row else ""
    position = (row["work_position"] or "") if row else ""
    url = f"/company/personal/user/{user}/"
    return {"userId": user, "name": name, "workPosition": position, "avatar": None, "url": url}


def printed(call: Call, row: Row, *, people: bool = False) -> Row:
    """A node; `people` adds its members."""
    found = members(call, row)
    zone = call.portal.clock.zone
    shown = {
        "id": row["id"],
        "name": row["name"],
        "type": row["type"],
        "structureId": 1,
        "parentId": row["parentId"],
        "description": row["description"],
        "accessCode": f"{'DR' if row['type'] == DEPARTMENT else 'SNT'}{row['id']}",
        "userCount": len(found),
        "colorName": row["colorName"],
        "xmlId": row["xmlId"],
        "createdAt": datetime.fromtimestamp(row["createdAt"], zone).isoformat(),
        "updatedAt": datetime.fromtimestamp(row["updatedAt"], zone).isoformat(),
    }
    if people:
        shown["members"] = [{**person(call, user), "role": role} for user, role in found.items()]
    return shown
