"""Events and files of the caller's own chats: `im.v2.*` (chat-bots-v2/im.v2)."""

from __future__ import annotations

from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.messenger import bots, chats, dialogs, feed, sharing
from sandbox.messenger.chats import Chat
from sandbox.messenger.dialogs import whole


@method("im.v2.Event.subscribe", "im", write=True)
def subscribe(call: Call) -> bool:
    """The caller's events are kept from now on."""
    call.portal.store.execute("INSERT OR IGNORE INTO im_feed_users (user) VALUES (?)", (call.user,))
    return True


@method("im.v2.Event.unsubscribe", "im", write=True)
def unsubscribe(call: Call) -> bool:
    """No more events are kept; those that are there stay."""
    call.portal.store.execute("DELETE FROM im_feed_users WHERE user = ?", (call.user,))
    return True


@method("im.v2.Event.get", "im", write=True)
def events(call: Call) -> dict[str, Any]:
    """The caller's queue."""
    size = min(whole(call.get("limit")) or 100, 1000)
    return feed.fetched(call, [call.user], whole(call.get("offset")), size)


def _chat(call: Call) -> Chat:
    chat = dialogs.find(call, call.get("dialogId"))
    if chat is None:
        raise RestError("CHAT_NOT_FOUND", "CHAT_NOT_FOUND")
    if not dialogs.may_read(call, chat):
        raise _denied()
    return chat


def _denied() -> RestError:
    return RestError("ACCESS_DENIED", "Access denied")


@method("im.v2.File.upload", "im", write=True)
def upload(call: Call) -> dict[str, Any]:
    """Puts a file into a chat with a message."""
    chat = _chat(call)
    if not chats.is_member(call.portal.store, chat.id, call.user):
        raise _denied()
    file, message = sharing.put(call, chat, call.mapping("fields"))
    return sharing.told(call, chat, file, message, call.user)


@method("im.v2.File.download", "im")
def download(call: Call) -> dict[str, str]:
    """Where the bytes of a file of a chat are."""
    _chat(call)
    return {"downloadUrl": sharing.address(call, "im", whole(call.get("fileId")), call.user)}


@method("im.v2.Chat.Bot.sendContext", "im", write=True)
def send_context(call: Call) -> bool:
    """Opens the dialogue with a bot and tells it why (bot-context.md)."""
    bot = bots.get(call.portal.store, whole(call.get("dialogId")))
    chat = dialogs.find(call, call.get("dialogId")) if bot else None
    if bot is None or chat is None:
        raise _denied()
    feed.context(call, chat, bot, call.mapping("context"))
    return True
