"""Messages and files of bots of the second version: `imbot.v2.Chat.Message.*`, `imbot.v2.File.*`."""

from __future__ import annotations

from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.registry import method
from sandbox.messenger import bots, chats, entities, feed, sharing
from sandbox.messenger.bots import Bot
from sandbox.messenger.chats import Message
from sandbox.messenger.dialogs import truth, whole
from sandbox.methods.imbot_v2 import DONE, attached, own_bot, refused
from sandbox.methods.imbot_v2_chat import acting, chat_in

_LONGEST = 20_000
_REACTIONS = frozenset(
    (
        *("like", "dislike", "faceWithTearsOfJoy", "redHeart", "neutralFace", "fire", "cry", "slightlySmilingFace"),
        *("winkingFace", "laugh", "kiss", "wonder", "slightlyFrowningFace", "loudlyCryingFace"),
        *("faceWithStuckOutTongue", "faceWithStuckOutTongueAndWinkingEye", "smilingFaceWithSunglasses"),
        *("confusedFace", "flushedFace", "thinkingFace", "angry", "smilingFaceWithHorns", "faceWithThermometer"),
        *("facepalm", "poo", "flexedBiceps", "clappingHands", "raisedHand", "smilingFaceWithHeartEyes"),
        *(
            "smilingFaceWithHearts",
            "pleadingFace",
            "relievedFace",
            "foldedHands",
            "okHand",
            "signHorns",
            "loveYouGesture",
        ),
        *("loveYouGesture", "clownFace", "partyingFace", "questionMark", "exclamationMark", "lightBulb", "bomb"),
        *("sleepingSymbol", "crossMark", "whiteHeavyCheckMark", "eyes", "handshake", "hundredPoints"),
    )
)


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} (...)"


def _forwarded(call: Call, bot: Bot, wanted: Any) -> list[tuple[str, Message]]:
    """The messages to forward that the bot can see, with the uuids the client gave them."""
    entries = wanted.items() if isinstance(wanted, dict) else ()
    found = [(str(uuid), chats.message_of(call.portal.store, whole(number))) for uuid, number in entries]
    return [
        (uuid, message)
        for uuid, message in found
        if message is not None and chats.is_member(call.portal.store, message.chat, bot.id)
    ]


@method("imbot.v2.Chat.Message.send", "imbot", write=True)
def send(call: Call) -> dict[str, Any]:
    """Writes into a dialogue or a chat of the bot's."""
    bot, fields = own_bot(call), call.mapping("fields")
    chat = chat_in(call, bot)
    text, params = _shortened(str(fields.get("message") or "").strip()), attached(fields)
    forwarded = _forwarded(call, bot, fields.get("forwardIds"))
    if not text and not params.get("ATTACH") and not forwarded:
        raise refused("EMPTY_MESSAGE")
    if whole(fields.get("replyId")):
        params["REPLY_ID"] = whole(fields.get("replyId"))
    made = {uuid: chats.post(call, chat, bot.id, message.text) for uuid, message in forwarded}
    number = 0
    if text or params.get("ATTACH"):
        number = chats.post(call, chat, bot.id, text, system=truth(fields.get("system")), params=params)
    return {"id": number or next(iter(made.values())), "uuidMap": made}


def _message(call: Call, bot: Bot, missing: str = "ACCESS_DENIED", hidden: str = "ACCESS_DENIED") -> Message:
    """The message of messageId, in a chat of the bot's."""
    found = chats.message_of(call.portal.store, whole(call.get("messageId")))
    if found is None:
        raise refused(missing)
    if not chats.is_member(call.portal.store, found.chat, bot.id):
        raise refused(hidden)
    return found


@method("imbot.v2.Chat.Message.update", "imbot", write=True)
def update(call: Call) -> dict[str, bool]:
    """Changes a message of the bot's."""
    bot, fields = own_bot(call), call.mapping("fields")
    found, params = _message(call, bot), attached(fields)
    if found.author != bot.id or found.deleted:
        raise refused("ACCESS_DENIED")
    if fields.get("message") is None:
        chats.set_params(call.portal.store, found, {**found.params, **params})
    else:
        chats.edit(call, found, _shortened(str(fields["message"])), params)
    return DONE


@method("imbot.v2.Chat.Message.delete", "imbot", write=True)
def delete(call: Call) -> dict[str, bool]:
    """Deletes a message: the bot's own, or any in a chat it manages; `complete` leaves nothing of it."""
    bot = own_bot(call)
    found, store = _message(call, bot), call.portal.store
    chat = chats.get(store, found.chat)
    if found.author != bot.id and (chat is None or bot.id not in (chat.owner, *chats.managers(store, chat.id))):
        raise refused("ACCESS_DENIED")
    chats.erase(call, found)
    if truth(call.get("complete")):
        store.execute("DELETE FROM im_messages WHERE id = ?", (found.id,))
    return DONE


def _reading(call: Call) -> tuple[Bot, Message]:
    """The bot and the message it reads; only supervisors and personal bots read what is not for them."""
    bot = own_bot(call)
    if bot.type not in (bots.SUPERVISOR, bots.PERSONAL):
        raise refused("BOT_TYPE_NOT_ALLOWED")
    return bot, _message(call, bot, "MESSAGE_NOT_FOUND", "MESSAGE_ACCESS_DENIED")


@method("imbot.v2.Chat.Message.get", "imbot")
def get(call: Call) -> dict[str, Any]:
    """One message with its author; `user` is null for a message of the system."""
    bot, found = _reading(call)
    author = entities.users(call.portal, [found.author])
    return {"message": entities.message_for(call.portal, found, bot.id), "user": author[0] if author else None}


@method("imbot.v2.Chat.Message.getContext", "imbot")
def get_context(call: Call) -> dict[str, Any]:
    """The messages around one, the oldest first."""
    bot, found = _reading(call)
    size, store = min(whole(call.get("range")) or 50, 50), call.portal.store
    older = chats.messages(store, found.chat, "id < ?", (found.id,), limit=size + 1)
    newer = list(reversed(chats.messages(store, found.chat, "id > ?", (found.id,))))
    shown = [*reversed(older[:size]), found, *newer[:size]]
    return {
        "messages": [entities.message_for(call.portal, message, bot.id) for message in shown],
        "users": entities.users(call.portal, [message.author for message in shown]),
        "hasPrevPage": len(older) > size,
        "hasNextPage": len(newer) > size,
    }


@method("imbot.v2.Chat.Message.read", "imbot", write=True)
def read(call: Call) -> dict[str, Any]:
    """Marks messages as read by the bot, up to messageId."""
    bot, store = own_bot(call), call.portal.store
    chat = chat_in(call, bot)
    newest = chats.last(store, chat.id)
    until = newest.id if newest else 0
    if call.get("messageId") not in (None, ""):
        named = chats.message_of(store, whole(call.get("messageId")))
        if named is None or named.chat != chat.id:
            raise refused("MESSAGE_NOT_FOUND")
        until = named.id
    before = int(store.value("SELECT lastRead FROM im_members WHERE chat = ? AND user = ?", (chat.id, bot.id)) or 0)
    seen = chats.messages(store, chat.id, "id > ? AND id <= ? AND author != ?", (before, until, bot.id))
    last = max(before, until)
    store.execute("UPDATE im_members SET lastRead = ? WHERE chat = ? AND user = ?", (last, chat.id, bot.id))
    viewed = [message.id for message in reversed(seen)]
    return {
        "chatId": chat.id,
        "lastId": last,
        "counter": chats.unread(store, chat.id, bot.id),
        "viewedMessages": viewed,
    }


def _react(call: Call, action: str) -> dict[str, bool]:
    """Sets or takes away the bot's reaction; `like` is the like of messages."""
    bot, reaction = own_bot(call), str(call.get("reaction") or "")
    found = _message(call, bot)
    if reaction not in _REACTIONS:
        raise refused("REACTION_NOT_FOUND")
    key = "LIKE" if reaction == "like" else f"REACTION_{reaction}"
    before = [int(user) for user in found.params.get(key, [])]
    if action == "add" and bot.id in before:
        raise refused("REACTION_ALREADY_SET")
    after = [user for user in before if user != bot.id] + ([bot.id] if action == "add" else [])
    params = {**found.params, key: after}
    if not after:
        del params[key]
    chats.set_params(call.portal.store, found, params)
    feed.reacted(acting(call, bot), found, reaction, action)
    return DONE


@method("imbot.v2.Chat.Message.Reaction.add", "imbot", write=True)
def reaction_add(call: Call) -> dict[str, bool]:
    """Sets a reaction of the bot's."""
    return _react(call, "add")


@method("imbot.v2.Chat.Message.Reaction.delete", "imbot", write=True)
def reaction_delete(call: Call) -> dict[str, bool]:
    """Takes a reaction of the bot's away."""
    return _react(call, "delete")


@method("imbot.v2.File.upload", "imbot", write=True)
def upload(call: Call) -> dict[str, Any]:
    """Puts a file into a chat with a message."""
    bot, fields = own_bot(call), call.mapping("fields")
    chat = chat_in(call, bot)
    file, message = sharing.put(acting(call, bot), chat, fields)
    return sharing.told(call, chat, file, message, bot.id)


@method("imbot.v2.File.download", "imbot")
def download(call: Call) -> dict[str, str]:
    """Where the bytes of a file of the bot's chats are."""
    bot = own_bot(call)
    return {"downloadUrl": sharing.address(call, "imbot", whole(call.get("fileId")), bot.id)}
