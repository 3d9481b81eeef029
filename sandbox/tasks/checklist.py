"""Check lists of tasks and of templates: items, their order, and the three ways they are printed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.crm import moments
from sandbox.kernel.call import Call
from sandbox.kernel.documents import Documents

Item = dict[str, Any]
_WRITABLE = {
    "TITLE": "title",
    "SORT_INDEX": "sort",
    "IS_COMPLETE": "complete",
    "IS_IMPORTANT": "important",
    "MEMBERS": "members",
    "PARENT_ID": "parent",
}


def read(fields: dict[str, Any]) -> Item:
    """The stored values among the fields that a client sent."""
    given = {key.upper(): value for key, value in fields.items()}
    row: Item = {own: given[name] for name, own in _WRITABLE.items() if name in given}
    for name in ("complete", "important"):
        if name in row:
            row[name] = str(row[name]).upper() in ("Y", "1", "TRUE")
    for name in ("sort", "parent"):
        if name in row:
            row[name] = int(row[name] or 0)
    if "members" in row:
        row["members"] = _members(row["members"])
    return row


def _members(value: Any) -> dict[str, str]:
    """Members by user: A accomplice, U auditor."""
    if isinstance(value, dict):
        return {
            str(user): str(kind.get("TYPE", "A") if isinstance(kind, dict) else kind) for user, kind in value.items()
        }
    return {str(user): "A" for user in value or ()}


def add(call: Call, kind: Documents, owner: int, row: Item) -> Item:
    """Adds an item, the last of its siblings unless it says where."""
    siblings = [one for one in kind.of(call, owner) if one["parent"] == row.get("parent", 0)]
    blank = {"title": "", "complete": False, "important": False, "members": {}, "parent": 0, "files": {}}
    blank |= {"sort": len(siblings), "author": call.user, "toggledBy": None, "toggledAt": None}
    return kind.add(call, {**blank, **row}, owner)


def toggled(call: Call, complete: bool) -> Item:
    """The changes that (un)check an item."""
    return {"complete": complete, "toggledBy": call.user, "toggledAt": int(call.portal.clock.timestamp())}


def remove(call: Call, kind: Documents, item: Item) -> None:
    """Deletes an item with all below it."""
    for child in kind.of(call, item[kind.owner]):
        if child["parent"] == item["id"]:
            remove(call, kind, child)
    kind.remove(call, item["id"])


def move(call: Call, kind: Documents, item: Item, anchor: Item, *, before: bool) -> None:
    """Puts an item next to another one, under the same parent."""
    around = [one for one in kind.of(call, item[kind.owner]) if one["parent"] == anchor["parent"]]
    rows = [one for one in sorted(around, key=lambda one: (one["sort"], one["id"])) if one["id"] != item["id"]]
    place = next(i for i, one in enumerate(rows) if one["id"] == anchor["id"])
    rows.insert(place if before else place + 1, item)
    for i, one in enumerate(rows):
        kind.change(call, one, {"sort": i, "parent": anchor["parent"]})


# --- printing -------------------------------------------------------------------------------


def _flag(value: bool) -> str:
    return "Y" if value else "N"


def _at(call: Call, item: Item) -> str | None:
    return moments.iso(item["toggledAt"], call.portal.clock.zone) if item["toggledAt"] else None


def member(call: Call, user: str, kind: str) -> Item:
    """A member of an item as the old methods print it."""
    row = call.portal.store.one("SELECT name, last_name FROM users WHERE id = ?", (user,))
    name = " ".join(part for part in (row["name"], row["last_name"]) if part) if row else ""
    shown = {"ID": user, "TYPE": kind, "NAME": name, "PERSONAL_PHOTO": None, "PERSONAL_GENDER": ""}
    return {**shown, "IMAGE": "/bitrix/images/tasks/default_avatar.png", "IS_COLLABER": False}


def old(call: Call, item: Item) -> Item:
    """An item as `task.checklistitem.*` prints it; the root's parent is the number 0."""
    return {
        "ID": str(item["id"]),
        "TASK_ID": str(item.get("taskId", item.get("templateId"))),
        "PARENT_ID": str(item["parent"]) if item["parent"] else 0,
        "CREATED_BY": str(item["author"]),
        "TITLE": item["title"],
        "SORT_INDEX": str(item["sort"]),
        "IS_COMPLETE": _flag(item["complete"]),
        "IS_IMPORTANT": _flag(item["important"]),
        "TOGGLED_BY": str(item["toggledBy"]) if item["toggledBy"] else None,
        "TOGGLED_DATE": _at(call, item) or "",
        "MEMBERS": [member(call, user, kind) for user, kind in item["members"].items()],
        "ATTACHMENTS": item["files"] or [],
    }


_ACTIONS = ("modify", "remove", "toggle", "add", "addAccomplice")


def modern(call: Call, item: Item, may: bool) -> Item:
    """An item as it is printed inside a task."""
    number = str(item["taskId"])
    return {
        "id": str(item["id"]),
        "taskId": number,
        "createdBy": str(item["author"]),
        "parentId": str(item["parent"]) if item["parent"] else 0,
        "title": item["title"],
        "sortIndex": str(item["sort"]),
        "isComplete": _flag(item["complete"]),
        "isImportant": _flag(item["important"]),
        "toggledBy": str(item["toggledBy"]) if item["toggledBy"] else None,
        "toggledDate": _at(call, item),
        "ufChecklistFiles": False,
        "members": [],
        "attachments": [],
        "entityId": number,
        "action": dict.fromkeys(_ACTIONS, may),
    }


def tree(call: Call, items: Iterable[Item], may: bool) -> Item:
    """The items as the nested `checkListTree`; nodes are numbered as they are met."""
    rows = sorted(items, key=lambda one: (one["sort"], one["id"]))
    blank = dict.fromkeys(("id", "copiedId", "entityId", "createdBy", "parentId", "sortIndex", "nodeId"))
    root = {**blank, "userId": call.user, "title": "", "displaySortIndex": "", "isComplete": False}
    root |= {"isImportant": False, "completedCount": 0, "members": [], "attachments": []}
    count = iter(range(1, len(rows) + 1))

    def below(parent: int, prefix: str) -> list[Item]:
        nodes = []
        for i, one in enumerate((row for row in rows if row["parent"] == parent), 1):
            place = (f"{prefix}.{i}" if prefix else str(i)) if parent else ""
            fields = {**root, "id": one["id"], "entityId": one["taskId"], "createdBy": one["author"]}
            fields |= {"parentId": parent, "title": one["title"], "sortIndex": one["sort"]}
            fields |= {"displaySortIndex": place, "isComplete": one["complete"], "isImportant": one["important"]}
            node = {"nodeId": next(count), "fields": fields, "action": dict.fromkeys(_ACTIONS, may)}
            nodes.append({**node, "descendants": below(one["id"], place)})
        return nodes

    return {"nodeId": 0, "fields": root, "action": [], "descendants": below(0, "")}
