"""Workgroups in the newer spelling: `socialnetwork.api.workgroup.*`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.kernel.rows import matches, ordered, paged
from sandbox.messenger import people
from sandbox.messenger.dialogs import truth, whole
from sandbox.social import groups
from sandbox.social.groups import MEMBER, MODERATOR, OWNER, WAITING, Group

_PARTIAL = "of what can be selected further only ACTIONS, OWNER_DATA, USER_DATA, PRIVACY_TYPE and PIN are printed"


@method("socialnetwork.api.workgroup.get", "socialnetwork", partial=_PARTIAL)
def get(call: Call) -> dict[str, Any]:
    """One group: `params{groupId*, select}`."""
    params = call.mapping("params")
    number = whole(params.get("groupId"))
    if not number:
        raise RestError("SONET_CONTROLLER_WORKGROUP_EMPTY", "No value for the workgroup ID was provided.")
    group = groups.get(call.portal.store, number)
    if group is None or not groups.visible(call, group):
        raise RestError("SONET_CONTROLLER_WORKGROUP_NOT_FOUND", "The workgroup was not found.")
    select = params.get("select") or []
    chosen = {str(name) for name in (select.values() if isinstance(select, dict) else select)}
    return {**_full(call, group), **_further(call, group, chosen)}


def _date(call: Call, moment: int) -> str:
    return datetime.fromtimestamp(moment, call.portal.clock.zone).strftime("%d.%m.%Y %H:%M:%S")


def _full(call: Call, group: Group) -> dict[str, Any]:
    store = call.portal.store
    known = groups.members(store, group.id)
    chat = groups.chat_of(store, group.id)
    tags = sorted(tag.strip() for tag in (group.keywords or "").split(",") if tag.strip())
    dates = (group.created, group.updated, group.activity)
    created, updated, active = (_date(call, moment) for moment in dates)
    return {
        "ID": group.id,
        "ACTIVE": "Y",
        "SITE_ID": "s1",
        "SUBJECT_ID": group.subject,
        "NAME": group.name,
        "DESCRIPTION": group.description or "",
        "KEYWORDS": group.keywords or "",
        "CLOSED": group.closed,
        "VISIBLE": group.visible,
        "OPENED": group.opened,
        "DATE_CREATE": created,
        "DATE_UPDATE": updated,
        "DATE_ACTIVITY": active,
        "IMAGE_ID": group.image or 0,
        "AVATAR_TYPE": "folder",
        "OWNER_ID": group.owner,
        "INITIATE_PERMS": group.initiatePerms,
        "NUMBER_OF_MEMBERS": len(known),
        "NUMBER_OF_MODERATORS": sum(1 for _, role in known if role in (OWNER, MODERATOR)),
        "PROJECT": group.project,
        "PROJECT_DATE_START": group.projectStart,
        "PROJECT_DATE_FINISH": group.projectFinish,
        "SEARCH_INDEX": " ".join(part for part in (group.name, group.description, group.keywords) if part),
        "LANDING": group.landing,
        "SCRUM_OWNER_ID": group.scrumMaster,
        "SCRUM_SPRINT_DURATION": 0,
        "SCRUM_TASK_RESPONSIBLE": "",
        "TYPE": group.kind,
        "MEMBERS": sorted(user for user, _ in known),
        "CHAT_ID": chat,
        "DIALOG_ID": f"chat{chat}",
        "ORDINARY_MEMBERS": [user for user, role in known if role == MEMBER],
        "INVITED_MEMBERS": [user for user, _ in groups.members(store, group.id, (WAITING,))],
        "MODERATOR_MEMBERS": [user for user, role in known if role == MODERATOR],
        "SITE_IDS": ["s1"],
        "TAGS": tags,
        "DEPARTMENTS": [],
        "NUMBER_OF_MEMBERS_PLURAL": 0,
    }


def _further(call: Call, group: Group, chosen: set[str]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    role = groups.role(call.portal.store, group.id, call.user)
    may = groups.manages(call, group)
    if "ACTIONS" in chosen:
        names = ("EDIT", "DELETE", "INVITE", "JOIN", "LEAVE")
        shown["ACTIONS"] = dict(zip(names, (may, may, may, role is None, role is not None), strict=True))
    if "OWNER_DATA" in chosen:
        owner = people.find(call.portal.store, group.owner)
        name = owner.name if owner else ""
        shown["OWNER_DATA"] = {"ID": group.owner, "PHOTO": "", "FORMATTED_NAME": name}
    if "USER_DATA" in chosen:
        shown["USER_DATA"] = {"USER_ID": call.user, "ROLE": role or "", "INITIATED_BY_TYPE": ""}
    if "PRIVACY_TYPE" in chosen:
        shown["PRIVACY_CODE"] = "secret" if group.visible == "N" else "open" if group.opened == "Y" else "closed"
    if "PIN" in chosen:
        shown["IS_PIN"] = False
    return shown


@method("socialnetwork.api.workgroup.list", "socialnetwork")
def listing(call: Call) -> Page:
    """The groups the caller sees, by `filter`, `order` and `select`."""
    found = {group.id: group for group in groups.every(call.portal.store) if groups.visible(call, group)}
    full = [_full(call, group) for group in found.values()]
    rows = [row for row in full if matches(row, call.mapping("filter"))]
    for name, direction in reversed(list((call.mapping("order") or {"ID": "ASC"}).items())):
        rows = ordered(rows, str(name), str(direction))
    page = paged(call, rows, "workgroups")
    params = call.mapping("params")
    select = [str(name).upper() for name in call.listing("select")]
    page.rows = [_listed(call, found[row["ID"]], row, select, params) for row in page.rows]
    return page


def _listed(
    call: Call, group: Group, full: dict[str, Any], select: list[str], params: dict[str, Any]
) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": str(group.id),
        "name": group.name,
        "type": group.kind,
        "imageId": str(group.image) if group.image else None,
        "avatarType": None,
        "avatar": "",
    }
    if select:
        shown = {_camel(name): full[name] for name in select if name in full} | {"id": str(group.id)}
    if params.get("mode") == "mobile":
        role = groups.role(call.portal.store, group.id, call.user)
        shown["additionalData"] = {"role": role or "", "initiatedByType": ""}
    if truth(params.get("shouldSelectDialogId")):
        shown["dialogId"] = full["DIALOG_ID"]
    return shown


def _camel(name: str) -> str:
    first, *rest = name.lower().split("_")
    return first + "".join(word.capitalize() for word in rest)
