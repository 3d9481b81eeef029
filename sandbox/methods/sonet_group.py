"""Workgroups and projects: `sonet_group.*` (api-reference/sonet-group)."""

from __future__ import annotations

from typing import Any

from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.kernel.rows import matches, ordered, paged
from sandbox.messenger import pictures
from sandbox.messenger.dialogs import truth, whole
from sandbox.plain import files
from sandbox.social import groups
from sandbox.social.groups import MEMBER, MEMBERS, MODERATOR, OWNER, WAITING, Group

_FLAGS = {"VISIBLE": "visible", "OPENED": "opened", "CLOSED": "closed", "PROJECT": "project", "LANDING": "landing"}
_TEXTS = {
    "NAME": "name",
    "DESCRIPTION": "description",
    "KEYWORDS": "keywords",
    "INITIATE_PERMS": "initiatePerms",
    "PROJECT_DATE_START": "projectStart",
    "PROJECT_DATE_FINISH": "projectFinish",
}
_POSTS = ("view_post", "premoderate_post", "write_post", "moderate_post", "full_post")
_COMMENTS = ("view_comment", "premoderate_comment", "write_comment", "moderate_comment", "full_comment")
# sonet-group-feature-access.md: which operations of each tool moderators alone may do.
_FEATURES: dict[str, dict[str, bool]] = {
    "photo": {"view": False, "write": False},
    "calendar": {"view": False, "write": False},
    "tasks": {
        **{"view": False, "view_all": False, "sort": False, "create_tasks": False},
        **{"edit_tasks": True, "delete_tasks": True},
    },
    "files": {"view": False, "write": False},
    "blog": {name: name.startswith(("moderate", "full")) for name in (*_POSTS, *_COMMENTS)},
    "chat": {"view": False},
}


def wrong(text: str) -> RestError:
    """The refusals of this family have an empty code."""
    return RestError("", text)


def _given(call: Call) -> dict[str, Any]:
    """The fields of a group: parameters of the call itself, or `arFields` of old clients."""
    inner = call.mapping("arFields") or call.mapping("fields")
    return {str(name).upper(): value for name, value in (inner or call.params).items()}


def _columns(call: Call, given: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name, column in _FLAGS.items():
        if given.get(name) is not None:
            row[column] = "Y" if truth(given[name]) else "N"
    for name, column in _TEXTS.items():
        if given.get(name) is not None:
            row[column] = str(given[name])
    if whole(given.get("SCRUM_MASTER_ID")):
        row |= {"scrumMaster": whole(given["SCRUM_MASTER_ID"]), "project": "Y"}
    if whole(given.get("SUBJECT_ID")):
        row["subject"] = whole(given["SUBJECT_ID"])
    if given.get("IMAGE"):
        row["image"] = _image(call, given["IMAGE"])
    return row


def _image(call: Call, value: Any) -> int | None:
    """The number of the kept picture; anything else is refused."""
    wrong_type = RestError("ERROR_IMAGE_ID", "Image is incorrect: Invalid file type")
    try:
        entry = files.upload(call.portal.store, value)
    except RestError:
        raise wrong_type from None
    kept = files.content(call.portal.store, entry["id"]) if entry else None
    if kept is not None and not pictures.is_one(kept[1]):
        raise wrong_type
    return int(entry["id"]) if entry else None


def _group(call: Call, name: str = "GROUP_ID", text: str = "Wrong group ID") -> Group:
    number = whole(call.get(name))
    if not number:
        raise wrong(text)
    found = groups.get(call.portal.store, number)
    if found is None or not groups.visible(call, found):
        raise wrong("Socialnetwork group not found")
    return found


@method("sonet_group.create", "sonet|sonet_group", write=True)
def create(call: Call) -> int:
    """Makes a group or a project; OWNER_ID is for administrators."""
    given = _given(call)
    columns = _columns(call, given)
    if not str(columns.get("name") or "").strip():
        raise wrong("Cannot create group")
    owner = whole(given.get("OWNER_ID"))
    if not owner or not call.portal.is_admin(call.user):
        owner = call.user
    return groups.create(call, columns, owner).id


@method("sonet_group.update", "sonet|sonet_group", write=True)
def update(call: Call) -> int:
    """Changes a group; the answer is its number."""
    group = _group(call)
    if not groups.manages(call, group):
        raise wrong("User has no permissions to update group")
    columns = _columns(call, _given(call))
    if columns.get("name") == "":
        raise wrong("Cannot update group")
    groups.change(call, group, columns)
    return group.id


@method("sonet_group.delete", "sonet|sonet_group", write=True)
def delete(call: Call) -> bool:
    """Deletes a group."""
    group = _group(call)
    if not call.portal.is_admin(call.user) and group.owner != call.user:
        raise wrong("User has no permissions to delete group")
    groups.remove(call, group)
    return True


@method("sonet_group.setowner", "sonet|sonet_group", write=True)
def set_owner(call: Call) -> bool:
    """Gives a group to another employee; the former owner stays a moderator."""
    number, user = whole(call.get("GROUP_ID")), whole(call.get("USER_ID"))
    group = groups.get(call.portal.store, number) if number else None
    if group is None:
        raise wrong("Invalid workgroup/project ID")
    if not _is_user(call, user):
        raise wrong("Invalid user ID")
    if not call.portal.is_admin(call.user) and group.owner != call.user:
        raise wrong("Insufficient permissions to complete the operation.")
    if user != group.owner:
        groups.put(call, group, group.owner, MODERATOR)
        groups.put(call, group, user, OWNER)
        groups.change(call, group, {"owner": user})
    return True


def _is_user(call: Call, number: int) -> bool:
    return bool(call.portal.store.value("SELECT active FROM users WHERE id = ?", (number,)))


def _shown(call: Call, group: Group) -> dict[str, Any]:
    clock = call.portal.clock
    return {
        "ID": str(group.id),
        "SITE_ID": "s1",
        "NAME": group.name,
        "DESCRIPTION": group.description,
        "DATE_CREATE": clock.iso_at(group.created),
        "DATE_UPDATE": clock.iso_at(group.updated),
        "ACTIVE": "Y",
        "VISIBLE": group.visible,
        "OPENED": group.opened,
        "CLOSED": group.closed,
        "SUBJECT_ID": str(group.subject),
        "OWNER_ID": str(group.owner),
        "KEYWORDS": group.keywords,
        "NUMBER_OF_MEMBERS": str(len(groups.members(call.portal.store, group.id))),
        "DATE_ACTIVITY": clock.iso_at(group.activity),
        "SUBJECT_NAME": "Рабочие группы",
        "PROJECT": group.project,
        "IS_EXTRANET": "N",
    }


@method("sonet_group.get", "sonet|sonet_group")
def get(call: Call) -> Page:
    """The groups the caller sees, by ORDER and FILTER."""
    wanted = call.mapping("FILTER")
    if whole(call.get("GROUP_ID")):
        wanted["ID"] = whole(call.get("GROUP_ID"))
    shown = [_shown(call, group) for group in groups.every(call.portal.store) if groups.visible(call, group)]
    rows = [row for row in shown if matches(row, wanted)]
    for name, direction in reversed(list((call.mapping("ORDER") or {"ID": "DESC"}).items())):
        rows = ordered(rows, str(name), str(direction))
    return paged(call, rows)


@method("sonet_group.user.groups", "sonet|sonet_group")
def user_groups(call: Call) -> list[dict[str, Any]]:
    """The groups the caller is in."""
    shown = []
    for group in groups.every(call.portal.store):
        role = groups.role(call.portal.store, group.id, call.user)
        if role in MEMBERS:
            named = {"GROUP_ID": str(group.id), "GROUP_NAME": group.name, "ROLE": role}
            shown.append({**named, "GROUP_IMAGE_ID": str(group.image) if group.image else None, "GROUP_IMAGE": ""})
    return shown


@method("sonet_group.feature.access", "sonet|sonet_group")
def feature_access(call: Call) -> bool:
    """Whether the caller may do an operation with a tool of a group."""
    number = whole(call.get("GROUP_ID"))
    group = groups.get(call.portal.store, number) if number else None
    if group is None:
        raise wrong("Wrong socialnetwork group ID")
    operations = _FEATURES.get(str(call.get("FEATURE") or ""))
    if operations is None:
        raise wrong("Wrong feature")
    moderated = operations.get(str(call.get("OPERATION") or ""))
    if moderated is None:
        raise wrong("Wrong operation")
    if moderated:
        return groups.manages(call, group)
    return call.portal.is_admin(call.user) or groups.role(call.portal.store, group.id, call.user) in MEMBERS


@method("sonet_group.user.get", "sonet|sonet_group")
def user_get(call: Call) -> list[dict[str, str]]:
    """The members of a group with their roles."""
    group = _group(call, "ID", "Wrong socialnetwork group ID")
    return [{"USER_ID": str(user), "ROLE": role} for user, role in groups.members(call.portal.store, group.id)]


def _users(call: Call) -> list[int]:
    found = [whole(user) for user in call.listing("USER_ID")]
    if not found or not all(_is_user(call, user) for user in found):
        raise wrong("Wrong user IDs")
    return found


@method("sonet_group.user.add", "sonet|sonet_group", write=True)
def user_add(call: Call) -> list[str]:
    """Makes employees members at once; those who are members stay as they are."""
    group = _group(call)
    if not groups.manages(call, group):
        raise wrong("No permissions to add users")
    done = []
    for user in _users(call):
        if groups.role(call.portal.store, group.id, user) not in MEMBERS:
            groups.put(call, group, user, MEMBER)
            done.append(str(user))
    return done


@method("sonet_group.user.update", "sonet|sonet_group", write=True)
def user_update(call: Call) -> list[str]:
    """Changes the roles of members; the owner's stays."""
    group = _group(call)
    if not groups.manages(call, group):
        raise wrong("No permissions to update users role")
    role = str(call.get("ROLE") or "")
    if role not in (MODERATOR, MEMBER):
        raise wrong("Incorrect role code")
    done = []
    for user in _users(call):
        if user != group.owner and groups.role(call.portal.store, group.id, user) in MEMBERS:
            groups.put(call, group, user, role)
            done.append(str(user))
    return done


@method("sonet_group.user.delete", "sonet|sonet_group", write=True)
def user_delete(call: Call) -> list[str]:
    """Takes members out; the owner and the scrum master stay."""
    group = _group(call)
    if not groups.manages(call, group):
        raise wrong("No permissions to update users role")
    done = []
    for user in _users(call):
        if user not in (group.owner, group.scrumMaster) and groups.role(call.portal.store, group.id, user):
            groups.take_out(call, group, user)
            done.append(str(user))
    return done


@method("sonet_group.user.invite", "sonet|sonet_group", write=True)
def user_invite(call: Call) -> list[str]:
    """Asks employees to join; they are told by a notification."""
    group, done = _group(call), []
    for user in _users(call):
        if groups.role(call.portal.store, group.id, user) not in MEMBERS:
            groups.put(call, group, user, WAITING, call.user)
            text = str(call.get("MESSAGE") or "") or f"Вас приглашают в группу «{group.name}»"
            call.portal.call("im.notify.personal.add", {"USER_ID": user, "MESSAGE": text}, user=call.user)
            done.append(str(user))
    return done


@method("sonet_group.user.request", "sonet|sonet_group", write=True)
def user_request(call: Call) -> bool:
    """The caller asks to join; an open group lets in at once."""
    group = _group(call)
    role = groups.role(call.portal.store, group.id, call.user)
    if role in MEMBERS:
        return True
    groups.put(call, group, call.user, MEMBER if group.opened == "Y" else WAITING)
    if group.opened != "Y":
        text = str(call.get("MESSAGE") or "") or f"Прошу принять меня в группу «{group.name}»"
        call.portal.call("im.notify.personal.add", {"USER_ID": group.owner, "MESSAGE": text}, user=call.user)
    return True
