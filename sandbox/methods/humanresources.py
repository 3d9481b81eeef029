"""Departments and teams in REST 3.0: `humanresources.node.*` (api-reference/departments/node, node-member)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.kernel import dto
from sandbox.kernel.call import Call
from sandbox.kernel.dto import Dto, describe, props_of
from sandbox.kernel.v3 import FITS, absent, denied, invalid, method_v3
from sandbox.structure import nodes
from sandbox.structure.nodes import DEPARTMENT, ROLES, TEAM, Row

_COLORS = ("blue", "green", "cyan", "orange", "purple", "pink")
_COMMUNICATIONS = ("CHAT", "CHANNEL", "COLLAB")
NODE = Dto(
    "NodeDto",
    props_of(
        """
        id int fs
        name string s
        type string f
        structureId int f
        parentId int f
        description string
        accessCode string
        userCount int
        colorName string
        xmlId string
        createdAt string s
        updatedAt string
        members array
        """
    ),
)
MEMBER = Dto(
    "MemberDto",
    props_of("userId int\nname string\nworkPosition string\nrole string\navatar string\nurl string"),
)
_NAMES = [name for name in NODE.props if name != "members"]
describe("humanresources.node", "humanresources", NODE)
describe("humanresources.node.member", "humanresources", MEMBER)


def _manage(call: Call) -> None:
    if call.source in ("rest", "act") and not call.portal.is_admin(call.user):
        raise denied()


def _node(call: Call, name: str = "id") -> Row:
    row = nodes.node(call, call.params[name])
    if row is None:
        raise absent(call.params[name])
    return row


def _kind(call: Call) -> str:
    kind = call.params["type"]
    if kind not in (DEPARTMENT, TEAM):
        raise invalid(("type", "Invalid value of `type`. Allowed: DEPARTMENT, TEAM"))
    return str(kind)


def _color(call: Call) -> Row:
    color = call.params.get("colorName")
    if color is not None and color not in _COLORS:
        raise invalid(("colorName", f"Invalid value of `colorName`. Allowed: {', '.join(_COLORS)}"))
    return {"colorName": color} if color is not None else {}


def _listed(call: Call, rows: list[Row]) -> dict[str, Any]:
    chosen = dto.selected(call, NODE, _NAMES, strict=True)
    people = "members" in chosen
    limit, offset = dto.page_of(call)
    shown = [nodes.printed(call, row, people=people) for row in rows[offset : offset + limit]]
    return {"items": [dto.picked(row, chosen) for row in shown]}


# --- the tree -------------------------------------------------------------------------------

_ADD = "type*:string name*:string parentId*:int description:string colorName:string userIds:object settings:object"
_CHATS = "createChat:bool bindingChatIds:array createChannel:bool bindingChannelIds:array"
_COLLABS = "createCollab:bool bindingCollabIds:array"


@method_v3("humanresources.node.add", "humanresources", f"{_ADD} moveUsersToNode:bool {_CHATS} {_COLLABS}", write=True)
def add(call: Call) -> Row:
    """Adds a department or a team, with its people."""
    kind, extra = _kind(call), _color(call)
    _manage(call)
    parent = nodes.node(call, call.params["parentId"])
    if parent is None:
        raise denied()
    roles = _roles(call, kind) if call.params.get("userIds") else {}
    if call.params.get("description") is not None:
        extra["description"] = call.params["description"]
    row = nodes.add(call, kind, call.params["name"], parent["id"], extra)
    if roles and call.params.get("moveUsersToNode") and kind == DEPARTMENT:
        for other in nodes.nodes(call, DEPARTMENT):
            nodes.remove_members(call, other, set(roles) & set(nodes.members(call, other)))
    if roles:
        nodes.set_members(call, row, roles)
    return nodes.printed(call, nodes.node(call, row["id"]) or row, people=True)


@method_v3("humanresources.node.get", "humanresources", "id*:int select:any")
def get(call: Call) -> dict[str, Any]:
    """One node with its people."""
    row = _node(call)
    chosen = dto.selected(call, NODE, strict=True)
    return {"item": dto.picked(nodes.printed(call, row, people=True), chosen)}


@method_v3("humanresources.node.list", "humanresources", "type*:string select:any pagination:any")
def node_list(call: Call) -> dict[str, Any]:
    """All departments or all teams."""
    return _listed(call, nodes.nodes(call, _kind(call)))


@method_v3("humanresources.node.children", "humanresources", "id*:int select:any")
def children(call: Call) -> dict[str, Any]:
    """The nodes directly below one."""
    if nodes.node(call, call.params["id"]) is None:
        raise denied()
    return _listed(call, nodes.children(call, call.params["id"]))


@method_v3(
    "humanresources.node.search", "humanresources", "type*:string name*:string parentId:int select:any pagination:any"
)
def search(call: Call) -> dict[str, Any]:
    """Nodes by a part of the name, below `parentId` if it came."""
    part, parent = call.params["name"].lower(), call.params.get("parentId")
    rows = [row for row in nodes.nodes(call, _kind(call)) if part in row["name"].lower()]
    if parent is not None:
        rows = [row for row in rows if parent in nodes.above(call, row["parentId"])]
    return _listed(call, rows)


@method_v3("humanresources.node.count", "humanresources")
def count(call: Call) -> dict[str, int]:
    """How many departments and teams there are."""
    return {"departments": len(nodes.nodes(call, DEPARTMENT)), "teams": len(nodes.nodes(call, TEAM))}


@method_v3(
    "humanresources.node.edit", "humanresources", "id*:int name:string description:string colorName:string", write=True
)
def edit(call: Call) -> Row:
    """Changes a node."""
    changes = _color(call) | {n: call.params[n] for n in ("name", "description") if call.params.get(n) is not None}
    if not changes:
        text = "At least one of the following fields must be provided: name, description, colorName"
        raise invalid(("name", text))
    _manage(call)
    row = nodes.node(call, call.params["id"])
    if row is None:
        raise denied()
    return nodes.printed(call, nodes.change(call, row, changes))


@method_v3("humanresources.node.move", "humanresources", "id*:int parentId*:int", write=True)
def move(call: Call) -> Row:
    """Puts a node under another one, which must not be below it."""
    _manage(call)
    row, parent = (nodes.node(call, call.params[name]) for name in ("id", "parentId"))
    if row is None or parent is None or row["id"] in nodes.above(call, parent["id"]):
        raise denied()
    return nodes.printed(call, nodes.change(call, row, {"parentId": parent["id"]}))


# --- members --------------------------------------------------------------------------------


def _users(call: Call) -> list[int]:
    users = call.params.get("userIds")
    if not isinstance(users, list) or not users or not all(FITS["int"](user) for user in users):
        raise invalid(("userIds", 'Parameter "userIds" is required and must be a non-empty array.'))
    return users


def _role(kind: str, role: str) -> str:
    if role not in ROLES[kind]:
        raise invalid(("role", f"Invalid role {role}. Allowed: {', '.join(ROLES[kind])}."))
    return role


def _roles(call: Call, kind: str) -> dict[int, str]:
    """People by roles, as `userIds` of add and set names them."""
    given = call.params.get("userIds")
    if not isinstance(given, Mapping) or not given or not any(given.values()):
        raise invalid(("userIds", 'Parameter "userIds" is required and must be a non-empty array.'))
    odd = [role for role in given if role not in ROLES[kind]]
    if odd:
        raise invalid(("userIds", f"Invalid roles: {', '.join(odd)}. Allowed: {', '.join(ROLES[kind])}."))
    return {int(user): role for role, users in given.items() for user in users}


@method_v3("humanresources.node.member.add", "humanresources", "nodeId*:int userIds:any role*:string", write=True)
def member_add(call: Call) -> dict[str, bool]:
    """Takes people into a node."""
    users, row = _users(call), _node(call, "nodeId")
    role = _role(row["type"], call.params["role"])
    _manage(call)
    nodes.set_members(call, row, dict.fromkeys(users, role))
    return {"success": True}


@method_v3("humanresources.node.member.set", "humanresources", "nodeId*:int userIds:any", write=True)
def member_set(call: Call) -> dict[str, bool]:
    """Sets the people of the named roles; who had such a role and is not named loses it."""
    row = _node(call, "nodeId")
    roles = _roles(call, row["type"])
    _manage(call)
    known = nodes.members(call, row)
    gone = {user for user, role in known.items() if role in set(call.params["userIds"]) and user not in roles}
    nodes.remove_members(call, row, gone)
    nodes.set_members(call, nodes.node(call, row["id"]) or row, roles)
    return {"success": True}


@method_v3("humanresources.node.member.move", "humanresources", "nodeId*:int userIds:any role:string", write=True)
def member_move(call: Call) -> dict[str, bool]:
    """Takes people out of the nodes of this type that they are in, and into this one."""
    users, row = _users(call), _node(call, "nodeId")
    role = _role(row["type"], call.params.get("role") or ROLES[row["type"]][2])
    _manage(call)
    for other in nodes.nodes(call, row["type"]):
        nodes.remove_members(call, other, set(users) & set(nodes.members(call, other)))
    nodes.set_members(call, nodes.node(call, row["id"]) or row, dict.fromkeys(users, role))
    return {"success": True}


@method_v3("humanresources.node.member.remove", "humanresources", "nodeId*:int userIds:any", write=True)
def member_remove(call: Call) -> dict[str, Any]:
    """Takes people out of a node; tells whom it could not."""
    users, row = _users(call), _node(call, "nodeId")
    _manage(call)
    known = nodes.members(call, row)
    removed = [user for user in users if user in known]
    nodes.remove_members(call, row, set(removed))
    failed = [{"userId": user, "reason": "Not found in this node"} for user in users if user not in known]
    return {"removed": removed, "failed": failed}


# --- chats ----------------------------------------------------------------------------------


@method_v3("humanresources.node.communication.list", "humanresources", "id*:int")
def communications(call: Call) -> dict[str, Any]:
    """The chats, channels and collabs of a node."""
    bound = _node(call)["chats"]
    answer: dict[str, Any] = {}
    for kind in _COMMUNICATIONS:
        name = f"{kind.lower()}s"
        answer[name] = [_communication(kind, number) for number in bound.get(kind, [])]
        answer[f"{name}NoAccess"] = 0
    return answer


def _communication(kind: str, number: int) -> Row:
    shown = {"avatar": "", "color": "#1eb4aa", "dialogId": f"chat{number}", "hasAccess": True, "id": number}
    subtitles = {"CHAT": "Private chat", "CHANNEL": "Private channel", "COLLAB": "Collab"}
    shown |= {"isExtranet": False, "originalNodeId": None, "subtitle": subtitles[kind]}
    return {**shown, "title": f"{kind.capitalize()} {number}", "type": kind}


@method_v3(
    "humanresources.node.communication.edit",
    "humanresources",
    "nodeId*:int communicationType*:string createDefault:bool ids:array removeIds:array withChildren:bool",
    write=True,
    partial="`createDefault` makes no chat, `withChildren` is not looked at",
)
def communication_edit(call: Call) -> dict[str, bool]:
    """Binds chats to a node and takes them away."""
    kind = call.params["communicationType"]
    if kind not in _COMMUNICATIONS:
        text = f'Invalid "communicationType" value. Allowed: {", ".join(_COMMUNICATIONS)}.'
        raise invalid(("communicationType", text))
    row = _node(call, "nodeId")
    _manage(call)
    bound = [number for number in row["chats"].get(kind, []) if number not in (call.params.get("removeIds") or [])]
    bound += [number for number in call.params.get("ids") or [] if number not in bound]
    nodes.change(call, row, {"chats": {**row["chats"], kind: bound}})
    return {"success": True}
