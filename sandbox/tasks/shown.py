"""A task as `tasks.task.*` prints it to a caller: its row, what hangs on it, and what may be done."""

from __future__ import annotations

import zlib
from typing import Any

from sandbox.crm import moments, tasks
from sandbox.kernel.call import Call
from sandbox.social import groups
from sandbox.tasks import access, checklist, details, userfields

Row = dict[str, Any]
_MARKS = {
    "favorite": details.FAVORITE,
    "isMuted": details.MUTED,
    "isPinned": details.PINNED,
    "isPinnedInGroup": details.PINNED_IN_GROUP,
}


def card(call: Call, row: Row, names: list[str]) -> Row:
    """One task with its `action`, as get, add and update answer."""
    marks = details.marks(call, row["id"])
    printed = {**tasks.printed(call, row, names), **_personal(marks, names)}
    printed["group"] = group_of(call, row)
    printed["favorite"] = "Y" if details.FAVORITE in marks else "N"
    if any(name.upper().startswith("UF_") for name in names):
        printed |= {"ufMailMessage": None, **userfields.shown(call, row["id"], names)}
    if not names or "*" in names or "CHECKLIST" in (name.upper() for name in names):
        items, may = details.CHECKLIST.of(call, row["id"]), access.works(call, row, call.user)
        printed["checklist"] = {str(one["id"]): checklist.modern(call, one, may) for one in items} or []
    if not names or "*" in names:
        printed |= _counted(call, row)
    return {**printed, "action": access.actions(call, row, details.FAVORITE in marks)}


def group_of(call: Call, row: Row) -> Row | list[Any]:
    """The workgroup of a task; an empty list without one."""
    found = groups.get(call.portal.store, row["groupId"]) if row["groupId"] else None
    if found is None:
        return []
    image = "/bitrix/images/socialnetwork/workgroup/folder.png"
    count = len(groups.members(call.portal.store, found.id))
    told = {"id": str(found.id), "name": found.name, "opened": found.opened == "Y", "membersCount": count}
    return {**told, "image": image, "additionalData": []}


def whole(call: Call, row: Row) -> Row:
    """One task with its check lists as a tree, as the methods of its state answer."""
    items, may = details.CHECKLIST.of(call, row["id"]), access.works(call, row, call.user)
    return {
        **card(call, row, []),
        "checkListTree": checklist.tree(call, items, may),
        "checkListCanAdd": may,
    }


def listed(call: Call, row: Row, names: list[str]) -> Row:
    """One task of a list; `params` of the call ask for more than `select` can."""
    printed = {**tasks.printed(call, row, names), **userfields.shown(call, row["id"], names)}
    wanted = {name.upper() for name in names}
    if row["groupId"]:
        printed["group"] = group_of(call, row)
    if not names or wanted & {"*", "FAVORITE", "IS_MUTED", "IS_PINNED"}:
        printed |= _personal(details.marks(call, row["id"]), names)
    if not names or wanted & {"*", "STATUS", "SUBSTATUS"}:
        printed["subStatus"] = _sub_status(call, row)
    if "tags" in printed:
        printed["tags"] = {str(tag := _tag_id(title)): {"id": tag, "title": title} for title in printed["tags"]} or []
    if "COUNTERS" in wanted:
        printed["counter"] = _counter(call, row)
    if "DEADLINE" in wanted:
        printed["lengthDeadline"] = "0" if row["deadline"] is None else "1"
    params = {name.upper() for name, on in call.mapping("params").items() if on}
    if "WITH_RESULT_INFO" in params:
        printed |= _result_info(call, row)
    if "WITH_TIMER_INFO" in params:
        printed |= {"timeElapsed": str(details.spent(call, row["id"])), "timerIsRunningForCurrentUser": "N"}
    if "WITH_PARSED_DESCRIPTION" in params:
        printed["parsedDescription"] = row["description"] or ""
    return printed


def _late(call: Call, row: Row) -> bool:
    open_ = row["status"] in (tasks.WAITING, tasks.RUNNING)
    return open_ and row["deadline"] is not None and bool(row["deadline"] < call.portal.clock.timestamp())


def _sub_status(call: Call, row: Row) -> str:
    """The state that a list shows: -1 for an overdue task, else the status."""
    return "-1" if _late(call, row) else str(row["status"])


def _tag_id(title: str) -> int:
    return zlib.crc32(title.encode()) % 1_000_000 + 1


def _counter(call: Call, row: Row) -> Row:
    late = int(_late(call, row))
    quiet = ("newComments", "projectExpired", "projectNewComments", "mutedExpired", "mutedNewComments")
    return {
        "counters": {"expired": late, **dict.fromkeys(quiet, 0)},
        "color": "danger" if late else "gray",
        "value": late,
    }


def _result_info(call: Call, row: Row) -> Row:
    results = details.RESULTS.of(call, row["id"])
    is_open = any(not one["status"] for one in results)
    return {
        "taskRequireResult": "N",
        "taskHasOpenResult": "Y" if is_open else "N",
        "taskHasResult": "Y" if results else "N",
    }


def _personal(marks: set[str], names: list[str]) -> Row:
    wanted = {name.upper().replace("_", "") for name in names}
    every = not names or "*" in names
    return {name: "Y" if mark in marks else "N" for name, mark in _MARKS.items() if every or name.upper() in wanted}


def _counted(call: Call, row: Row) -> Row:
    comments = len(details.COMMENTS.of(call, row["id"]))
    seconds = details.spent(call, row["id"])
    return {
        "commentsCount": str(comments) if comments else None,
        "timeSpentInLogs": str(seconds) if seconds else None,
        "durationFact": str(seconds // 60) if seconds else None,
    }


def person(call: Call, number: int) -> Row:
    """A user in a line of the history."""
    row = call.portal.store.one("SELECT name, last_name, second_name, email FROM users WHERE id = ?", (number,))
    names = [(row[name] or "") if row else "" for name in ("name", "last_name", "second_name", "email")]
    return dict(zip(("id", "name", "lastName", "secondName", "login"), (number, *names), strict=True))


def when(call: Call, seconds: int) -> str:
    """A moment as REST prints it."""
    return moments.iso(seconds, call.portal.clock.zone)
