"""How chats and dialogues are printed by `im.*` and `imopenlines.dialog.get` (im-dialog-get.md)."""

from __future__ import annotations

from typing import Any

from sandbox.kernel.portal import Portal
from sandbox.messenger import chats, people, permissions
from sandbox.messenger.chats import Chat

# What may be done in a chat at all.
RESTRICTIONS = ("avatar", "rename", "extend", "call", "mute", "leave", "leave_owner", "send", "user_list")
MESSAGE_TYPES = {"private": "P", "chat": "C", "open": "O", "lines": "L", "bot": "B"}


def dialog_id(chat: Chat, user: int) -> str:
    """How a user addresses a chat: the other one's id for a dialogue, `chatN` for the rest."""
    if chat.type != "private":
        return f"chat{chat.id}"
    low, _, high = chat.entityId.partition(":")
    return high if low == str(user) else low


def title(portal: Portal, chat: Chat, user: int) -> str:
    """The name of a chat, of the other one in a dialogue."""
    if chat.type != "private":
        return chat.title
    person = people.find(portal.store, int(dialog_id(chat, user)))
    return person.name if person else ""


def short(portal: Portal, chat: Chat) -> dict[str, Any]:
    """A chat as lists of chats print it (im-recent-get.md, im-search-chat-list.md)."""
    mutes = portal.store.rows("SELECT user, muted FROM im_members WHERE chat = ? ORDER BY user", (chat.id,))
    return {
        "id": chat.id,
        "parent_chat_id": 0,
        "parent_message_id": 0,
        "name": chat.title,
        "title": chat.title,
        "owner": chat.owner,
        "extranet": chat.type == "lines",
        "avatar": chat.avatar,
        "color": chat.color,
        "type": chat.type,
        "entity_type": chat.entityType,
        "entity_id": "" if chat.type == "private" else chat.entityId,
        "entity_data_1": chat.entityData1,
        "entity_data_2": chat.entityData2,
        "entity_data_3": chat.entityData3,
        "mute_list": {str(row["user"]): True for row in mutes if row["muted"]} or [],
        "manager_list": chats.managers(portal.store, chat.id),
        "date_create": portal.clock.iso_at(chat.created),
        "message_type": MESSAGE_TYPES[chat.type],
    }


def dialog(portal: Portal, chat: Chat, user: int) -> dict[str, Any]:
    """A chat with all that im.dialog.get tells of it, as this user sees it."""
    store = portal.store
    last = chats.last(store, chat.id)
    member = store.one("SELECT * FROM im_members WHERE chat = ? AND user = ?", (chat.id, user))
    number = last.id if last else 0
    count = int(store.value("SELECT count(*) FROM im_messages WHERE chat = ?", (chat.id,)))
    return {
        **short(portal, chat),
        "name": title(portal, chat, user),
        "description": chat.description,
        "counter": chats.unread(store, chat.id, user),
        "user_counter": len(chats.members(store, chat.id)),
        "message_count": count,
        "unread_id": int(member["lastRead"]) + 1 if member and number > member["lastRead"] else 0,
        "restrictions": {**dict.fromkeys(RESTRICTIONS, True), "path": "", "path_title": ""},
        "last_message_id": number,
        "last_id": int(member["lastRead"]) if member else 0,
        "marked_id": int(member["marked"]) if member else 0,
        "disk_folder_id": chat.folder,
        "public": "",
        "role": permissions.role(store, chat, user),
        "entity_link": {"type": chat.entityType, "url": "", "id": chat.entityId if chat.type != "private" else ""},
        "text_field_enabled": True,
        "background_id": None,
        "permissions": permissions.of(store, chat.id),
        "is_new": False,
        "readed_list": _readers(portal, chat, user),
        "last_message_views": _views(portal, chat, number),
        "dialog_id": dialog_id(chat, user),
    }


def _readers(portal: Portal, chat: Chat, user: int) -> list[dict[str, Any]]:
    rows = portal.store.rows(
        "SELECT user, lastRead FROM im_members WHERE chat = ? AND user != ? ORDER BY user", (chat.id, user)
    )
    known = people.of(portal.store, [row["user"] for row in rows])
    return [
        {"user_id": row["user"], "user_name": known[row["user"]].name, "message_id": row["lastRead"], "date": None}
        for row in rows
        if row["user"] in known
    ]


def _views(portal: Portal, chat: Chat, message: int) -> dict[str, Any]:
    sql = "SELECT user FROM im_members WHERE chat = ? AND lastRead >= ? AND user < ? ORDER BY user"
    users = [row[0] for row in portal.store.rows(sql, (chat.id, message, people.FIRST_GUEST))] if message else []
    known = people.of(portal.store, users)
    now = portal.clock.iso()
    first = [{"user_id": user, "user_name": known[user].name, "date": now} for user in users if user in known][:1]
    return {"message_id": message, "first_viewers": first, "count_of_viewers": max(0, len(users) - 1)}
