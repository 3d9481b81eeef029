"""Group chats: `im.chat.*` (api-reference/chats)."""

from __future__ import annotations

from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.messenger import chats, people, permissions, pictures
from sandbox.messenger.chats import Chat
from sandbox.messenger.dialogs import chat_of, managed, no_access, truth, whole

_ADJECTIVES = {"#df532d": "Красный", "#64a513": "Зелёный", "#4ba984": "Мятный", "#4ba5c3": "Голубой"}


def _avatar(value: Any) -> str:
    """A picture in base64; anything else is refused."""
    content = pictures.content(value)
    if content is None:
        raise RestError("AVATAR_ERROR", "Avatar incorrect type")
    if pictures.too_large(content):
        raise RestError("AVATAR_ERROR", f"Avatar incorrect size (max {pictures.LARGEST}x{pictures.LARGEST})")
    return str(value)


def _title(call: Call, color: str) -> str:
    given = " ".join(str(call.get("TITLE") or "").split())
    count = int(call.portal.store.value("SELECT count(*) FROM im_chats WHERE type IN ('chat', 'open')"))
    return given or f"{_ADJECTIVES.get(color, 'Групповой')} чат №{count + 1}"


@method("im.chat.add", "im", write=True)
def add(call: Call) -> int:
    """Makes a chat of USERS and the caller; a MESSAGE is its first."""
    color = people.COLORS.get(str(call.get("COLOR") or "").upper(), "")
    users = [call.user, *(whole(user) for user in call.listing("USERS"))]
    known = people.of(call.portal.store, [user for user in users if user])
    columns: dict[str, Any] = {
        "title": _title(call, color),
        "description": str(call.get("DESCRIPTION") or ""),
        "owner": call.user,
        "entityType": str(call.get("ENTITY_TYPE") or ""),
        "entityId": str(call.get("ENTITY_ID") or ""),
    }
    if color:
        columns["color"] = color
    if call.get("AVATAR"):
        columns["avatar"] = _avatar(call.get("AVATAR"))
    kind: chats.Type = "open" if str(call.get("TYPE") or "").upper() == "OPEN" else "chat"
    chat = chats.create(call, kind, [user for user in users if user in known], **columns)
    if call.get("MESSAGE"):
        chats.post(call, chat, call.user, str(call.get("MESSAGE")))
    return chat.id


@method("im.chat.get", "im")
def get(call: Call) -> dict[str, int] | None:
    """The chat of an ENTITY_TYPE and ENTITY_ID; null when there is none."""
    found = call.portal.store.value(
        "SELECT id FROM im_chats WHERE entityType = ? AND entityId = ? AND entityType != '' ORDER BY id",
        (str(call.get("ENTITY_TYPE") or ""), str(call.get("ENTITY_ID") or "")),
    )
    return {"ID": int(found)} if found else None


@method("im.chat.leave", "im", write=True)
def leave(call: Call) -> bool:
    """The caller leaves; the next member becomes the owner."""
    chat = chat_of(call)
    store = call.portal.store
    if chat.entityType == "SONET_GROUP":
        raise RestError("ACCESS_ERROR", "It is forbidden to delete users of this chat", 403)
    if not chats.leave(store, chat.id, call.user):
        raise RestError("ACCESS_DENIED_KICK", "Access denied to kick user from chat", 403)
    rest = chats.members(store, chat.id)
    if chat.owner == call.user and rest:
        chats.change(store, chat.id, owner=rest[0])
    return True


@method("im.chat.mute", "im", write=True)
def mute(call: Call) -> bool:
    """Silences a chat for the caller, or not."""
    chat = chat_of(call)
    muted = int(truth(call.get("MUTE"), True))
    done = call.portal.store.execute(
        "UPDATE im_members SET muted = ? WHERE chat = ? AND user = ?", (muted, chat.id, call.user)
    )
    if not done.rowcount:
        raise RestError("ACCESS_ERROR", "This chat cannot be muted", 403)
    return True


@method("im.chat.setOwner", "im", write=True)
def set_owner(call: Call) -> bool:
    """The owner gives the chat to another member."""
    chat, user = managed(call), whole(call.get("USER_ID"))
    if not user:
        raise RestError("USER_ID_EMPTY", "User ID can't be empty")
    store = call.portal.store
    if chat.owner != call.user or not chats.is_member(store, chat.id, user):
        raise RestError("WRONG_REQUEST", "Change owner can only owner and user must be member in chat")
    chats.change(store, chat.id, owner=user)
    store.execute("UPDATE im_members SET manager = 1 WHERE chat = ? AND user = ?", (chat.id, user))
    return True


def _pictured(call: Call) -> Chat:
    """The chat whose picture the caller may change; every refusal of this page has the status 400."""
    number = whole(call.get("CHAT_ID"))
    if number and chats.get(call.portal.store, number) is None:
        raise RestError("WRONG_REQUEST", "Chat doesn't exist")
    try:
        chat = managed(call)
    except RestError as refusal:
        raise RestError(refusal.code, refusal.description) from None
    if not permissions.holds(call, chat, "manage_ui"):
        raise RestError("ACCESS_DENIED", "Access denied")
    return chat


def _dressed(call: Call) -> Chat:
    """The chat whose title and colour the caller may change."""
    chat = managed(call)
    if not permissions.holds(call, chat, "manage_ui"):
        raise no_access()
    return chat


@method("im.chat.updateAvatar", "im", write=True)
def update_avatar(call: Call) -> bool:
    """Changes the picture."""
    chat = _pictured(call)
    chats.change(call.portal.store, chat.id, avatar=_avatar(call.get("AVATAR")))
    return True


@method("im.chat.updateColor", "im", write=True)
def update_color(call: Call) -> bool:
    """Changes the colour; the same one again is refused."""
    chat = _dressed(call)
    color = people.COLORS.get(str(call.get("COLOR") or "").upper())
    if color is None:
        raise RestError("WRONG_COLOR", "This color currently unavailable")
    if color == chat.color:
        raise RestError("WRONG_REQUEST", "This color currently set or chat doesn't exist")
    chats.change(call.portal.store, chat.id, color=color)
    return True


@method("im.chat.updateTitle", "im", write=True)
def update_title(call: Call) -> bool:
    """Renames a chat."""
    chat = _dressed(call)
    title = " ".join(str(call.get("TITLE") or "").split())
    if not title:
        raise RestError("TITLE_EMPTY", "Title can't be empty")
    if chat.entityType == "SONET_GROUP":
        raise RestError("ACCESS_ERROR", "This chat cannot be renamed", 403)
    chats.change(call.portal.store, chat.id, title=title)
    return True


@method("im.chat.user.add", "im", write=True)
def user_add(call: Call) -> bool:
    """Invites people; they see what was written before unless HIDE_HISTORY."""
    chat, store = managed(call), call.portal.store
    if chat.entityType == "SONET_GROUP":
        raise RestError("ACCESS_ERROR", "It is forbidden to add users to this chat", 403)
    if not permissions.holds(call, chat, "manage_users_add"):
        raise RestError("ACCESS_DENIED_EXTEND", "Insufficient permissions to add participants to the chat", 403)
    for user in people.of(store, [whole(user) for user in call.listing("USERS")]):
        if chats.invite(call, chat, user) and not truth(call.get("HIDE_HISTORY"), True):
            store.execute("UPDATE im_members SET since = 0 WHERE chat = ? AND user = ?", (chat.id, user))
    return True


@method("im.chat.user.delete", "im", write=True)
def user_delete(call: Call) -> bool:
    """Takes a member out: oneself, or anybody by those whom the chat lets."""
    if not whole(call.get("CHAT_ID")):
        raise RestError("CHAT_ID_EMPTY", "Chat ID can't be empty")
    user = whole(call.get("USER_ID"))
    if not user:
        raise RestError("USER_ID_EMPTY", "User ID can't be empty")
    chat, store = managed(call), call.portal.store
    if user != call.user and not permissions.holds(call, chat, "manage_users_delete"):
        raise RestError("ACCESS_DENIED_KICK", "Insufficient rights to exclude participants from the chat", 403)
    if not chats.leave(store, chat.id, user):
        raise RestError("USER_NOT_FOUND", "The specified user is not in the chat")
    return True


@method("im.chat.user.list", "im")
def user_list(call: Call) -> list[int]:
    """The ids of the members."""
    return chats.members(call.portal.store, chat_of(call).id)
