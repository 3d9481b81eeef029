"""Workgroups and projects: the rows, the members with their roles, the group's chat and drive."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sandbox.disk import objects
from sandbox.kernel.call import Call
from sandbox.kernel.registry import events
from sandbox.kernel.store import Store, declare
from sandbox.messenger import chats

declare(
    """
    CREATE TABLE IF NOT EXISTS sonet_groups (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL,
        description TEXT, visible TEXT NOT NULL DEFAULT 'Y', opened TEXT NOT NULL DEFAULT 'N',
        closed TEXT NOT NULL DEFAULT 'N', keywords TEXT, initiatePerms TEXT NOT NULL DEFAULT 'K',
        project TEXT NOT NULL DEFAULT 'N', projectStart TEXT, projectFinish TEXT,
        scrumMaster INTEGER NOT NULL DEFAULT 0,
        owner INTEGER NOT NULL, landing TEXT NOT NULL DEFAULT 'N', subject INTEGER NOT NULL DEFAULT 1,
        image INTEGER, created INTEGER NOT NULL, updated INTEGER NOT NULL, activity INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS sonet_members (groupId INTEGER NOT NULL, user INTEGER NOT NULL, role TEXT NOT NULL,
        invitedBy INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (groupId, user)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS sonet_members_user ON sonet_members (user);
    """
)
events("sonet|sonet_group", *(f"ONSONETGROUP{what}" for what in ("ADD", "UPDATE", "DELETE")))
# sonet-group-user-get.md; Z asked to join or was asked to, and has no rights yet.
OWNER, MODERATOR, MEMBER, WAITING = "A", "E", "K", "Z"
MEMBERS = (OWNER, MODERATOR, MEMBER)


@dataclass(frozen=True, slots=True)
class Group:
    """A workgroup, a project or a scrum; moments are Unix seconds."""

    id: int
    name: str
    description: str | None
    visible: str
    opened: str
    closed: str
    keywords: str | None
    initiatePerms: str
    project: str
    projectStart: str | None
    projectFinish: str | None
    scrumMaster: int
    owner: int
    landing: str
    subject: int
    image: int | None
    created: int
    updated: int
    activity: int

    @property
    def kind(self) -> str:
        """`group`, `project` or `scrum`."""
        return "scrum" if self.scrumMaster else "project" if self.project == "Y" else "group"


def get(store: Store, number: int) -> Group | None:
    """The group with this id."""
    row = store.one("SELECT * FROM sonet_groups WHERE id = ?", (number,))
    return Group(**dict(row)) if row else None


def every(store: Store) -> list[Group]:
    """All groups."""
    return [Group(**dict(row)) for row in store.rows("SELECT * FROM sonet_groups ORDER BY id")]


def role(store: Store, group: int, user: int) -> str | None:
    """A user's role in a group."""
    found = store.value("SELECT role FROM sonet_members WHERE groupId = ? AND user = ?", (group, user))
    return str(found) if found else None


def members(store: Store, group: int, roles: Iterable[str] = MEMBERS) -> list[tuple[int, str]]:
    """The members with these roles, the owner first."""
    wanted = tuple(roles)
    marks = ", ".join("?" * len(wanted))
    sql = f"SELECT user, role FROM sonet_members WHERE groupId = ? AND role IN ({marks}) ORDER BY role, user"
    return [(row["user"], row["role"]) for row in store.rows(sql, (group, *wanted))]


def together(store: Store, one: int, other: int) -> bool:
    """Whether two people are members of the same group."""
    marks = ", ".join("?" * len(MEMBERS))
    sql = (
        "SELECT 1 FROM sonet_members AS a JOIN sonet_members AS b ON b.groupId = a.groupId AND b.user = ?"
        f" WHERE a.user = ? AND a.role IN ({marks}) AND b.role IN ({marks})"
    )
    return store.value(sql, (other, one, *MEMBERS, *MEMBERS)) is not None


def visible(call: Call, group: Group) -> bool:
    """Whether the caller sees a group: hidden ones are for their members and administrators."""
    if group.visible == "Y" or call.portal.is_admin(call.user):
        return True
    return role(call.portal.store, group.id, call.user) in MEMBERS


def manages(call: Call, group: Group) -> bool:
    """Whether the caller may change members and settings."""
    return call.portal.is_admin(call.user) or role(call.portal.store, group.id, call.user) in (OWNER, MODERATOR)


def create(call: Call, columns: dict[str, Any], owner: int) -> Group:
    """Makes a group with its owner, its chat and its drive."""
    store, now = call.portal.store, int(call.portal.clock.timestamp())
    row = {"owner": owner, "created": now, "updated": now, "activity": now, **columns}
    if call.forced_id is not None:
        row["id"] = call.forced_id
    number = store.insert("sonet_groups", row)
    store.insert("sonet_members", {"groupId": number, "user": owner, "role": OWNER})
    name = str(columns["name"])
    chats.create(call, "chat", [owner], title=name, owner=owner, entityType="SONET_GROUP", entityId=str(number))
    objects.storage_for(call, "group", str(number), name)
    announce(call, number, "ADD")
    return Group(**dict(store.one("SELECT * FROM sonet_groups WHERE id = ?", (number,)) or {}))


def change(call: Call, group: Group, columns: dict[str, Any]) -> None:
    """Changes a group."""
    full = {**columns, "updated": int(call.portal.clock.timestamp())}
    sets = ", ".join(f"{name} = ?" for name in full)
    call.portal.store.execute(f"UPDATE sonet_groups SET {sets} WHERE id = ?", (*full.values(), group.id))
    if "name" in columns:
        chat = chat_of(call.portal.store, group.id)
        if chat:
            chats.change(call.portal.store, chat, title=columns["name"])
    announce(call, group.id, "UPDATE")


def remove(call: Call, group: Group) -> None:
    """Deletes a group with its members and its chat; its drive stays with its files in the trash."""
    store = call.portal.store
    chat = chat_of(store, group.id)
    if chat:
        for table, column in (("im_messages", "chat"), ("im_members", "chat"), ("im_chats", "id")):
            store.execute(f"DELETE FROM {table} WHERE {column} = ?", (chat,))
    store.execute("DELETE FROM sonet_members WHERE groupId = ?", (group.id,))
    store.execute("DELETE FROM sonet_groups WHERE id = ?", (group.id,))
    announce(call, group.id, "DELETE")


def chat_of(store: Store, group: int) -> int:
    """The number of the group's chat, 0 when it has none."""
    sql = "SELECT id FROM im_chats WHERE entityType = 'SONET_GROUP' AND entityId = ? ORDER BY id"
    return int(store.value(sql, (str(group),)) or 0)


def put(call: Call, group: Group, user: int, given: str, invited_by: int = 0) -> None:
    """Makes a user a member with a role (or one who waits); members are in the group's chat."""
    store = call.portal.store
    store.execute("INSERT OR REPLACE INTO sonet_members VALUES (?, ?, ?, ?)", (group.id, user, given, invited_by))
    chat = chat_of(store, group.id)
    if chat and given in MEMBERS:
        chats.join(store, chat, user, manager=given != MEMBER)


def take_out(call: Call, group: Group, user: int) -> None:
    """Ends a membership."""
    store = call.portal.store
    store.execute("DELETE FROM sonet_members WHERE groupId = ? AND user = ?", (group.id, user))
    chat = chat_of(store, group.id)
    if chat:
        chats.leave(store, chat, user)


def announce(call: Call, number: int, what: str) -> None:
    """Tells applications of a group."""
    call.portal.emit(f"ONSONETGROUP{what}", {"FIELDS": {"ID": number}}, call)
