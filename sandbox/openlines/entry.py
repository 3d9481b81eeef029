"""Which conversation a request means, and whether the caller may touch it: `CHAT_ID` of `imopenlines.*`."""

from __future__ import annotations

from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.messenger import chats
from sandbox.messenger.chats import Chat
from sandbox.openlines import conversations, lines
from sandbox.openlines.conversations import Session


def no_rights() -> RestError:
    """The refusal of a conversation that is not the caller's."""
    return RestError("ACCESS_DENIED", "You cannot open this conversation as you do not have sufficient rights")


def talk_of(call: Call, *, old: bool = False) -> tuple[Chat, Session]:
    """The chat of CHAT_ID and its session, for those who may see it; `old` methods say CHAT_ID_EMPTY."""
    value = str(call.get("CHAT_ID") or "").removeprefix("chat")
    if not value.isdigit() or int(value) <= 0:
        if old:
            raise RestError("CHAT_ID_EMPTY", "Chat ID can't be empty")
        raise RestError("CHAT_ID", "The specified chat identifier is incorrect")
    chat = chats.get(call.portal.store, int(value))
    if chat is None:
        raise RestError("CHAT_ID", "The specified chat identifier is incorrect")
    session = conversations.latest(call.portal.store, chat.id)
    if chat.type != "lines" or session is None:
        raise RestError("CHAT_TYPE", "The specified chat is not an open line")
    if not may_open(call, chat, session):
        raise no_rights()
    return chat, session


def may_open(call: Call, chat: Chat, session: Session) -> bool:
    """Administrators, members of the chat and employees of the line's queue may."""
    store = call.portal.store
    if call.portal.is_admin(call.user) or chats.is_member(store, chat.id, call.user):
        return True
    line = lines.get(store, session.line)
    return line is not None and call.user in lines.operators(store, line)


def operated(call: Call, chat: Chat) -> None:
    """Refuses those who are neither administrators nor in the chat."""
    if not call.portal.is_admin(call.user) and not chats.is_member(call.portal.store, chat.id, call.user):
        raise no_rights()
