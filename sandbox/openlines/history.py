"""The history of a session as `imopenlines.session.history.get` prints it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.kernel.call import Call
from sandbox.messenger import attachments, chats, people, printing
from sandbox.messenger.chats import Chat, Message
from sandbox.messenger.people import Person
from sandbox.openlines.conversations import Session

_PERSON = (
    ("name", "name"),
    ("active", "active"),
    ("firstName", "first_name"),
    ("lastName", "last_name"),
    ("workPosition", "work_position"),
    ("color", "color"),
    ("avatar", "avatar"),
    ("birthday", "birthday"),
    ("gender", "gender"),
    ("phones", "phones"),
    ("extranet", "extranet"),
    ("network", "network"),
    ("bot", "bot"),
    ("connector", "connector"),
    ("profile", "profile"),
    ("externalAuthId", "external_auth_id"),
    ("status", "status"),
    ("idle", "idle"),
    ("lastActivityDate", "last_activity_date"),
    ("mobileLastDate", "mobile_last_date"),
    ("desktopLastDate", "desktop_last_date"),
    ("departments", "departments"),
    ("absent", "absent"),
    ("type", "type"),
    ("services", "services"),
    ("botData", "bot_data"),
)
_CHAT = (
    ("parentChatId", "parent_chat_id"),
    ("parentMessageId", "parent_message_id"),
    ("name", "name"),
    ("color", "color"),
    ("extranet", "extranet"),
    ("avatar", "avatar"),
    ("entityType", "entity_type"),
    ("entityId", "entity_id"),
    ("entityData1", "entity_data_1"),
    ("entityData2", "entity_data_2"),
    ("entityData3", "entity_data_3"),
    ("messageCount", "message_count"),
    ("public", "public"),
    ("managerList", "manager_list"),
    ("dateCreate", "date_create"),
    ("type", "type"),
    ("entityLink", "entity_link"),
    ("textFieldEnabled", "text_field_enabled"),
    ("backgroundId", "background_id"),
    ("messageType", "message_type"),
    ("isNew", "is_new"),
)


def printed(call: Call, chat: Chat, session: Session) -> dict[str, Any]:
    """All parts of the answer; messages are those from the session's first to the next session's."""
    found = _messages(call, session)
    members = chats.members(call.portal.store, chat.id)
    known = people.of(call.portal.store, [*members, *(message.author for message in found)])
    number = str(chat.id)
    muted = call.portal.store.rows("SELECT user, muted FROM im_members WHERE chat = ? ORDER BY user", (chat.id,))
    mutes = {str(row["user"]): bool(row["muted"]) for row in muted}
    return {
        "chatId": chat.id,
        "canJoin": "Y",
        "canVoteHead": "Y" if call.portal.is_admin(call.user) else "N",
        "sessionId": session.id,
        "sessionVoteHead": session.voteHead,
        "sessionCommentHead": session.commentHead,
        "userId": f"chat{chat.id}",
        "message": {str(message.id): _message(call, message) for message in found},
        "usersMessage": {f"chat{chat.id}": [str(message.id) for message in found]},
        "users": {str(user): _person(call, person) for user, person in sorted(known.items())},
        "openlines": {"canvoteashead": {str(session.line): call.portal.is_admin(call.user)}},
        "userInGroup": _groups(known),
        "woUserInGroup": [],
        "chat": {number: _chat(call, chat, mutes)},
        "userBlockChat": {number: mutes},
        "userInChat": {number: members},
        "files": {str(file["id"]): _lower(file) for file in attachments.of_messages(call, found)},
    }


def _messages(call: Call, session: Session) -> list[Message]:
    store = call.portal.store
    following = store.value(
        "SELECT min(firstMessage) FROM openline_sessions WHERE chat = ? AND id > ? AND firstMessage > 0",
        (session.chat, session.id),
    )
    return chats.messages(
        store, session.chat, "id >= ? AND (? IS NULL OR id < ?)", (session.firstMessage, following, following)
    )


def _message(call: Call, message: Message) -> dict[str, Any]:
    return {
        "id": str(message.id),
        "chatid": str(message.chat),
        "senderid": str(message.author),
        "recipientid": f"chat{message.chat}",
        "date": call.portal.clock.iso_at(message.at),
        "text": message.text,
        "textlegacy": message.text.replace("[b]", "<b>").replace("[/b]", "</b>"),
        "params": {_camel(name): value for name, value in message.params.items()},
    }


def _lower(value: Any) -> Any:
    """The keys of files are lower case here (imopenlines-session-history-get.md)."""
    if isinstance(value, dict):
        return {key.lower(): _lower(inner) for key, inner in value.items()}
    return value


def _camel(name: str) -> str:
    first, *rest = name.lower().split("_")
    return first + "".join(word.capitalize() for word in rest)


def _person(call: Call, person: Person) -> dict[str, Any]:
    shown = people.printed(call.portal, person)
    extra = {"id": str(person.id), "avatarId": None, "phoneDevice": False}
    return {**extra, **{name: shown[source] for name, source in _PERSON}}


def _chat(call: Call, chat: Chat, mutes: Mapping[str, bool]) -> dict[str, Any]:
    shown = printing.dialog(call.portal, chat, call.user)
    rights = {_camel(name): value for name, value in shown["permissions"].items()}
    extra = {"id": str(chat.id), "owner": str(chat.owner), "call": "0", "callNumber": "", "muteList": dict(mutes)}
    return {**extra, **{name: shown[source] for name, source in _CHAT}, "permissions": rights}


def _groups(known: Mapping[int, Person]) -> dict[str, dict[str, Any]]:
    groups: dict[str, dict[str, Any]] = {}
    for user, person in sorted(known.items()):
        for department in person.departments:
            entry = groups.setdefault(str(department), {"id": department, "users": []})
            entry["users"].append(str(user))
    return groups
