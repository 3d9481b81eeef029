"""Chats of bots of the second version: `imbot.v2.Chat.*` (chat-bots-v2/imbot.v2/chats, ui)."""

from __future__ import annotations

from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.registry import method
from sandbox.messenger import chats, dialogs, entities, people
from sandbox.messenger.bots import Bot
from sandbox.messenger.chats import Chat
from sandbox.messenger.dialogs import truth, whole
from sandbox.methods.imbot_v2 import DONE, own_bot, refused


def acting(call: Call, bot: Bot) -> Call:
    """The same request with the bot in the place of the user."""
    return Call(call.portal, call.method, call.params, bot.id, call.app, call.source, call.scope, notes=call.notes)


def chat_in(call: Call, bot: Bot) -> Chat:
    """The chat of dialogId, in which the bot is."""
    chat = dialogs.find(acting(call, bot), call.get("dialogId"))
    if chat is None or not chats.is_member(call.portal.store, chat.id, bot.id):
        raise refused("ACCESS_DENIED")
    return chat


def _managed(call: Call, bot: Bot, *, owner: bool = False) -> Chat:
    """The group chat of dialogId that the bot manages, or owns."""
    chat = chat_in(call, bot)
    bosses = [chat.owner] if owner else [chat.owner, *chats.managers(call.portal.store, chat.id)]
    if chat.type == "private" or bot.id not in bosses:
        raise refused("ACCESS_DENIED")
    return chat


def _users(call: Call, value: Any) -> list[int]:
    numbers = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
    return sorted(people.of(call.portal.store, [whole(number) for number in numbers]))


def _color(value: Any) -> str:
    return people.COLORS.get(str(value or "").upper(), "")


@method("imbot.v2.Chat.add", "imbot", write=True, partial="avatars are not kept")
def add(call: Call) -> dict[str, Any]:
    """Makes a group chat; the bot owns it unless ownerId says otherwise."""
    bot, fields = own_bot(call), call.mapping("fields")
    owner = whole(fields.get("ownerId")) or bot.id
    members = [bot.id, *_users(call, fields.get("userIds") or []), *_users(call, [owner])]
    texts = {name: str(fields.get(name) or "") for name in ("title", "description")}
    chosen = _color(fields.get("color"))
    columns = {**texts, "owner": owner, **({"color": chosen} if chosen else {})}
    chat = chats.create(acting(call, bot), "chat", members, **columns)
    if fields.get("message"):
        chats.post(call, chat, bot.id, str(fields["message"]))
    shown = entities.chat_for(call.portal, chat, bot.id, new=True)
    return {"chat": shown, "users": entities.users(call.portal, members)}


@method("imbot.v2.Chat.get", "imbot")
def get(call: Call) -> dict[str, Any]:
    """A chat of the bot."""
    bot = own_bot(call)
    return {"chat": entities.chat_for(call.portal, chat_in(call, bot), bot.id)}


@method("imbot.v2.Chat.update", "imbot", write=True, partial="avatars are not kept")
def update(call: Call) -> dict[str, bool]:
    """Changes the title, the description and the colour."""
    bot, fields = own_bot(call), call.mapping("fields")
    chat = chat_in(call, bot)
    columns = {name: str(fields[name]) for name in ("title", "description") if fields.get(name) is not None}
    chosen = _color(fields.get("color"))
    columns |= {"color": chosen} if chosen else {}
    if columns:
        chats.change(call.portal.store, chat.id, **columns)
    return DONE


@method("imbot.v2.Chat.leave", "imbot", write=True)
def leave(call: Call) -> dict[str, bool]:
    """The bot leaves; the next member becomes the owner."""
    bot = own_bot(call)
    chat = chat_in(call, bot)
    if chat.type == "private":
        raise refused("ACCESS_DENIED")
    _out(call, chat, bot.id)
    return DONE


def _out(call: Call, chat: Chat, user: int) -> None:
    store = call.portal.store
    chats.leave(store, chat.id, user)
    rest = chats.members(store, chat.id)
    if chat.owner == user and rest:
        chats.change(store, chat.id, owner=rest[0])


@method("imbot.v2.Chat.setOwner", "imbot", write=True)
def set_owner(call: Call) -> dict[str, bool]:
    """The bot gives its chat to another member."""
    bot, user, store = own_bot(call), whole(call.get("userId")), call.portal.store
    chat = _managed(call, bot, owner=True)
    if not chats.is_member(store, chat.id, user):
        raise refused("ACCESS_DENIED")
    chats.change(store, chat.id, owner=user)
    store.execute("UPDATE im_members SET manager = 1 WHERE chat = ? AND user = ?", (chat.id, user))
    return DONE


@method("imbot.v2.Chat.User.add", "imbot", write=True)
def user_add(call: Call) -> dict[str, bool]:
    """Brings people into the chat."""
    bot = own_bot(call)
    chat = chat_in(call, bot)
    if chat.type == "private":
        raise refused("ACCESS_DENIED")
    users = _users(call, call.get("userIds") or [])
    if not users:
        raise refused("EMPTY_USER_IDS")
    for user in users:
        chats.invite(acting(call, bot), chat, user)
    return DONE


@method("imbot.v2.Chat.User.delete", "imbot", write=True)
def user_delete(call: Call) -> dict[str, bool]:
    """Takes a member out; somebody who is none is no error."""
    bot = own_bot(call)
    _out(call, _managed(call, bot), whole(call.get("userId")))
    return DONE


@method("imbot.v2.Chat.User.list", "imbot")
def user_list(call: Call) -> list[dict[str, Any]]:
    """The members."""
    bot = own_bot(call)
    found = entities.users(call.portal, chats.members(call.portal.store, chat_in(call, bot).id))
    order = {str(name): str(way).upper() for name, way in call.mapping("order").items()}
    if "DESC" in order.values():
        found.reverse()
    return found[: min(whole(call.get("limit")) or 50, 200)]


def _manage(call: Call, manager: bool) -> dict[str, bool]:
    bot = own_bot(call)
    users = _users(call, call.get("userIds") or [])
    if not users:
        raise refused("EMPTY_USER_IDS")
    chat = _managed(call, bot, owner=True)
    for user in users:
        sql = "UPDATE im_members SET manager = ? WHERE chat = ? AND user = ?"
        call.portal.store.execute(sql, (int(manager), chat.id, user))
    return DONE


@method("imbot.v2.Chat.Manager.add", "imbot", write=True)
def manager_add(call: Call) -> dict[str, bool]:
    """Makes members managers; others are passed over."""
    return _manage(call, True)


@method("imbot.v2.Chat.Manager.delete", "imbot", write=True)
def manager_delete(call: Call) -> dict[str, bool]:
    """Makes managers members."""
    return _manage(call, False)


@method("imbot.v2.Chat.InputAction.notify", "imbot", write=True)
def notify(call: Call) -> dict[str, bool]:
    """Shows that the bot is at work; nothing of it is kept."""
    chat_in(call, own_bot(call))
    return DONE


@method("imbot.v2.Chat.TextField.enabled", "imbot", write=True)
def text_field(call: Call) -> dict[str, bool]:
    """Shows or hides the field for text."""
    chat = chat_in(call, own_bot(call))
    entities.writable(call.portal, chat, truth(call.get("enabled"), True))
    return DONE
