"""Objects of `im.v2` and `imbot.v2`: people, chats, messages (chat-bots-v2/entities.md)."""

from __future__ import annotations

from typing import Any

from sandbox.kernel.answers import EmptyObject
from sandbox.kernel.portal import Portal
from sandbox.kernel.store import declare
from sandbox.messenger import people, printing
from sandbox.messenger.chats import Chat, Message
from sandbox.messenger.people import Person

declare("CREATE TABLE IF NOT EXISTS im_closed_inputs (chat INTEGER PRIMARY KEY)")

_USER = {
    "id": "id",
    "active": "active",
    "name": "name",
    "firstName": "first_name",
    "lastName": "last_name",
    "workPosition": "work_position",
    "color": "color",
    "avatar": "avatar",
    "gender": "gender",
    "birthday": "birthday",
    "extranet": "extranet",
    "bot": "bot",
    "connector": "connector",
    "externalAuthId": "external_auth_id",
    "status": "status",
    "idle": "idle",
    "lastActivityDate": "last_activity_date",
    "absent": "absent",
    "departments": "departments",
    "phones": "phones",
}
_TYPES = {"user": "employee", "bot": "bot"}
_PRESENCE = ("idle", "lastActivityDate", "mobileLastDate", "desktopLastDate")


def user(portal: Portal, person: Person, *, event: bool = False) -> dict[str, Any]:
    """A participant; events of a user say nothing of presence."""
    printed = people.printed(portal, person)
    shown = {name: printed[old] for name, old in _USER.items()}
    if event:
        shown |= dict.fromkeys(_PRESENCE, False)
    return {
        **shown,
        "type": "extranet" if person.extranet else _TYPES[person.kind],
        "website": "",
        "email": person.email,
    }


def users(portal: Portal, numbers: list[int]) -> list[dict[str, Any]]:
    """Many participants, unknown ones left out."""
    return [user(portal, person) for _, person in sorted(people.of(portal.store, numbers).items())]


def writable(portal: Portal, chat: Chat, enabled: bool | None = None) -> bool:
    """Whether the field for text is shown in a chat; `enabled` sets it."""
    store = portal.store
    if enabled is not None:
        store.execute("DELETE FROM im_closed_inputs WHERE chat = ?", (chat.id,))
        if not enabled:
            store.insert("im_closed_inputs", {"chat": chat.id})
    return store.value("SELECT 1 FROM im_closed_inputs WHERE chat = ?", (chat.id,)) is None


def chat_in_event(portal: Portal, chat: Chat, viewer: int) -> dict[str, Any]:
    """A chat as events carry it: without the role, which differs between the listeners."""
    private = chat.type == "private"
    return {
        "id": chat.id,
        "dialogId": printing.dialog_id(chat, viewer),
        "name": printing.title(portal, chat, viewer),
        "description": chat.description,
        "type": chat.type,
        "messageType": printing.MESSAGE_TYPES[chat.type],
        "owner": chat.owner,
        "color": chat.color,
        "avatar": chat.avatar,
        "extranet": chat.type == "lines",
        "containsCollaber": False,
        "entityType": chat.entityType,
        "entityId": "" if private else chat.entityId,
        "entityData1": chat.entityData1,
        "entityData2": chat.entityData2,
        "entityData3": chat.entityData3,
        "entityLink": EmptyObject(),
        "diskFolderId": chat.folder,
        "permissions": EmptyObject(),
        "parentChatId": None,
        "parentMessageId": None,
        "isNew": False,
        "textFieldEnabled": "Y" if writable(portal, chat) else "N",
        "backgroundId": None,
    }


def chat_for(portal: Portal, chat: Chat, viewer: int, *, new: bool = False) -> dict[str, Any]:
    """A chat as methods answer it, for this member."""
    told = printing.dialog(portal, chat, viewer)
    return {
        **chat_in_event(portal, chat, viewer),
        "role": told["role"],
        "muteList": [int(number) for number in told["mute_list"]],
        "isNew": new,
        "dateCreate": told["date_create"],
        "lastMessageId": told["last_message_id"] or None,
        "lastMessageViews": "{}",
        "lastId": told["last_id"] or None,
        "managerList": told["manager_list"],
        "markedId": None,
        "messageCount": told["message_count"],
        "public": "",
        "unreadId": told["unread_id"] or None,
        "userCounter": told["user_counter"],
    }


def message(portal: Portal, found: Message) -> dict[str, Any]:
    """A message as events carry it."""
    sql = "SELECT 1 FROM im_members WHERE chat = ? AND user != ? AND lastRead >= ?"
    return {
        "id": found.id,
        "chatId": found.chat,
        "authorId": found.author,
        "date": portal.clock.iso_at(found.at),
        "text": found.text,
        "isSystem": found.system,
        "uuid": found.uuid,
        "forward": None,
        "params": found.params or EmptyObject(),
        "viewedByOthers": portal.store.value(sql, (found.chat, found.author, found.id)) is not None,
    }


def message_for(portal: Portal, found: Message, viewer: int) -> dict[str, Any]:
    """A message as methods answer it, for this member."""
    sql = "SELECT 1 FROM im_members WHERE chat = ? AND user = ? AND lastRead >= ?"
    seen = found.author == viewer or portal.store.value(sql, (found.chat, viewer, found.id)) is not None
    return {**message(portal, found), "unread": not seen, "viewed": seen}
