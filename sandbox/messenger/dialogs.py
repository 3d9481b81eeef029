"""Which chat a request means: `DIALOG_ID` and `CHAT_ID` of `im.*`."""

from __future__ import annotations

from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.messenger import chats, people
from sandbox.messenger.chats import Chat


def no_dialog() -> RestError:
    """The refusal of a DIALOG_ID that is none."""
    return RestError("DIALOG_ID_EMPTY", "Dialog ID can't be empty")


def no_access(text: str = "Action unavailable", status: int = 403) -> RestError:
    """The refusal of a chat the caller is not in."""
    return RestError("ACCESS_ERROR", text, status)


def whole(value: Any) -> int:
    """A positive whole number out of what a client sent, else 0."""
    text = str(value if value is not None else "")
    return int(text) if text.isdigit() else 0


def needs_numbers(call: Call, **texts: str) -> None:
    """Refuses texts where these parameters, as far as they are given, must be numbers."""
    for name, text in texts.items():
        value = call.get(name)
        if value not in (None, "") and not str(value).lstrip("-").isdigit():
            raise RestError(f"{name}_STRING", text)


def truth(value: Any, default: bool = False) -> bool:
    """A flag as clients send it: `Y`, `1`, true."""
    return default if value in (None, "") else str(value).upper() in ("Y", "1", "TRUE")


def find(call: Call, dialog: Any, *, make: bool = True) -> Chat | None:
    """The chat of `chatN`, of `sgN` (a group's) or of a user's id; None when there is none."""
    text, store = str(dialog or ""), call.portal.store
    if text.startswith("chat"):
        number = whole(text.removeprefix("chat"))
        return chats.get(store, number) if number else None
    if text.startswith("sg"):
        sql = "SELECT id FROM im_chats WHERE entityType = 'SONET_GROUP' AND entityId = ? ORDER BY id"
        number = whole(store.value(sql, (text.removeprefix("sg"),)))
        return chats.get(store, number) if number else None
    user = whole(text)
    if not user or people.find(store, user) is None:
        return None
    return chats.private(call, call.user, user, make=make)


def named(call: Call) -> Chat:
    """The chat of DIALOG_ID, whoever may see it."""
    chat = find(call, call.get("DIALOG_ID"))
    if chat is None:
        raise no_dialog()
    return chat


def may_read(call: Call, chat: Chat) -> bool:
    """Members may, and everybody in an open chat."""
    return chat.type == "open" or chats.is_member(call.portal.store, chat.id, call.user)


def readable(call: Call, text: str = "You do not have access to the specified dialog", status: int = 400) -> Chat:
    """The chat of DIALOG_ID, refused to those who may not see it."""
    chat = named(call)
    if not may_read(call, chat):
        raise no_access(text, status)
    return chat


def chat_of(call: Call) -> Chat:
    """The group chat of CHAT_ID or DIALOG_ID, for a member."""
    if call.get("CHAT_ID") in (None, "") and call.get("DIALOG_ID") not in (None, ""):
        dialog = str(call.get("DIALOG_ID"))
        if not dialog.startswith(("chat", "sg")):
            raise no_dialog()
        chat = find(call, dialog)
    else:
        number = whole(call.get("CHAT_ID"))
        if not number:
            raise RestError("CHAT_ID_EMPTY", "Chat ID can't be empty")
        chat = chats.get(call.portal.store, number)
    if chat is None or not may_read(call, chat):
        raise no_access()
    return chat


def managed(call: Call) -> Chat:
    """The chat of CHAT_ID or DIALOG_ID, for one of its members; dialogues of two are not managed."""
    chat = chat_of(call)
    if chat.type == "private" or not chats.is_member(call.portal.store, chat.id, call.user):
        raise no_access()
    return chat


def limit(call: Call, default: int, most: int) -> int:
    """LIMIT, between 1 and `most`."""
    return min(whole(call.get("LIMIT")) or default, most)
