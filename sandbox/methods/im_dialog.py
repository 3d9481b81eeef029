"""Dialogues as their members see them: `im.dialog.*` (api-reference/chats)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.messenger import attachments, chats, people, printing
from sandbox.messenger.chats import Chat, Message
from sandbox.messenger.dialogs import (
    limit,
    may_read,
    named,
    needs_numbers,
    no_access,
    no_dialog,
    readable,
    truth,
    whole,
)

_FIRST = 20
_DAY = 86_400


@method("im.dialog.get", "im")
def get(call: Call) -> dict[str, Any]:
    """A chat with the caller's rights and counters in it."""
    return printing.dialog(call.portal, readable(call, status=403), call.user)


@method("im.dialog.users.list", "im")
def users_list(call: Call) -> Page:
    """The members, page by page (LIMIT, OFFSET or LAST_ID)."""
    chat = readable(call)
    known = people.of(call.portal.store, chats.members(call.portal.store, chat.id))
    if truth(call.get("SKIP_EXTERNAL")):
        kept = str(call.get("SKIP_EXTERNAL_EXCEPT_TYPES") or "").split(",")
        known = {user: person for user, person in known.items() if person.kind == "user" or person.kind in kept}
    users = sorted(user for user in known if user > whole(call.get("LAST_ID")))
    size, first = limit(call, 50, 200), whole(call.get("OFFSET"))
    shown = [people.printed(call.portal, known[user]) for user in users[first : first + size]]
    return Page(shown, len(known), first, size=size)


def printed(call: Call, message: Message, last_read: int) -> dict[str, Any]:
    """A message as im.dialog.messages.get prints it."""
    return {
        "id": message.id,
        "chat_id": message.chat,
        "author_id": message.author,
        "date": call.portal.clock.iso_at(message.at),
        "text": message.text,
        "unread": message.id > last_read and message.author != call.user,
        "uuid": None if message.system else message.uuid,
        "replaces": [],
        "params": {name: value for name, value in message.params.items() if name != "FILES"},
        "disappearing_date": None,
    }


def _last_read(call: Call, chat: Chat) -> int:
    sql = "SELECT lastRead FROM im_members WHERE chat = ? AND user = ?"
    return int(call.portal.store.value(sql, (chat.id, call.user)) or 0)


def authors(call: Call, found: Iterable[Message]) -> list[dict[str, Any]]:
    """Who wrote these messages."""
    known = people.of(call.portal.store, {message.author for message in found})
    return [people.printed(call.portal, person) for _, person in sorted(known.items())]


@method("im.dialog.messages.get", "im")
def messages_get(call: Call) -> dict[str, Any]:
    """The newest messages, or those older than LAST_ID, or newer than FIRST_ID."""
    chat = named(call)
    if not may_read(call, chat):
        raise no_access("You do not have access to the specified dialog")
    needs_numbers(call, FIRST_ID="First ID can't be string", LAST_ID="Last ID can't be string")
    store, since = call.portal.store, _since(call, chat)
    size = limit(call, 50 if call.get("LAST_ID") or call.get("FIRST_ID") else _FIRST, 50)
    if call.get("FIRST_ID") not in (None, ""):
        first = max(whole(call.get("FIRST_ID")), since)
        found = chats.messages(store, chat.id, "id > ?", (first,))[-size:]
    elif whole(call.get("LAST_ID")):
        found = chats.messages(store, chat.id, "id < ? AND id > ?", (whole(call.get("LAST_ID")), since), limit=size)
    else:
        found = chats.messages(store, chat.id, "id > ?", (since,), limit=size)
    last_read = _last_read(call, chat)
    return {
        "chat_id": chat.id,
        "messages": [printed(call, message, last_read) for message in found],
        "users": authors(call, found),
        "files": attachments.of_messages(call, found),
    }


def _since(call: Call, chat: Chat) -> int:
    """Up to which message the history is hidden from the caller."""
    sql = "SELECT since FROM im_members WHERE chat = ? AND user = ?"
    return int(call.portal.store.value(sql, (chat.id, call.user)) or 0)


def _moment(call: Call, name: str) -> int | None:
    value = call.get(name)
    if value in (None, ""):
        return None
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise RestError("DATE_ERROR", f"Incorrect {name}") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=call.portal.clock.zone)).timestamp())


@method("im.dialog.messages.search", "im")
def messages_search(call: Call) -> dict[str, Any]:
    """Messages of a chat by text and date."""
    number = whole(call.get("CHAT_ID"))
    if not number:
        raise RestError("CHAT_ID_EMPTY", "CHAT_ID can't be empty")
    chat = chats.get(call.portal.store, number)
    if chat is None or not may_read(call, chat):
        raise no_access("You do not have access to the specified dialog")
    found = [message for message in _searched(call, chat) if not message.deleted]
    if str(call.mapping("ORDER").get("ID") or "DESC").upper() == "ASC":
        found.reverse()
    found = found[: limit(call, 50, 200)]
    return {
        "users": [_camel(user) for user in authors(call, found)],
        "files": attachments.of_messages(call, found),
        "additionalMessages": [],
        "copilot": None,
        "stickers": [],
        "reactions": [],
        "tariffRestrictions": {"isHistoryLimitExceeded": False},
        "usersShort": [],
        "messages": [_found(call, message, _last_read(call, chat)) for message in found],
    }


def _searched(call: Call, chat: Chat) -> list[Message]:
    where, args = ["id > ?"], [_since(call, chat)]
    low, high, day = (_moment(call, name) for name in ("DATE_FROM", "DATE_TO", "DATE"))
    if day is not None:
        low, high = day, day + _DAY - 1
    for moment, sign in ((low, ">="), (high, "<=")):
        if moment is not None:
            where.append(f"at {sign} ?")
            args.append(moment)
    if whole(call.get("LAST_ID")):
        where.append("id < ?")
        args.append(whole(call.get("LAST_ID")))
    text = str(call.get("SEARCH_MESSAGE") or "").lower()
    found = chats.messages(call.portal.store, chat.id, " AND ".join(where), args)
    return [message for message in found if text in message.text.lower()]


def _found(call: Call, message: Message, last_read: int) -> dict[str, Any]:
    unread = message.id > last_read and message.author != call.user
    readers = int(
        call.portal.store.value(
            "SELECT count(*) FROM im_members WHERE chat = ? AND user != ? AND lastRead >= ?",
            (message.chat, message.author, message.id),
        )
    )
    return {
        "id": message.id,
        "chatId": message.chat,
        "chat_id": message.chat,
        "authorId": message.author,
        "author_id": message.author,
        "date": call.portal.clock.iso_at(message.at),
        "text": message.text,
        "isSystem": message.system,
        "uuid": message.uuid,
        "forward": None,
        "params": message.params,
        "viewedByOthers": readers > 0,
        "block": None,
        "unread": unread,
        "viewed": not unread,
        "viewedCount": readers,
    }


def _camel(user: dict[str, Any]) -> dict[str, Any]:
    shown = {}
    for name, value in user.items():
        first, *rest = name.split("_")
        shown[first + "".join(word.capitalize() for word in rest)] = value
    return shown


def _mine(call: Call) -> Chat:
    chat = named(call)
    if not chats.is_member(call.portal.store, chat.id, call.user):
        raise no_dialog()
    return chat


@method("im.dialog.read", "im", write=True)
def read(call: Call) -> dict[str, Any]:
    """Marks messages as read up to MESSAGE_ID, or all."""
    chat, store = _mine(call), call.portal.store
    newest = chats.last(store, chat.id)
    number = whole(call.get("MESSAGE_ID")) or (newest.id if newest else 0)
    number = min(number, newest.id if newest else 0)
    store.execute(
        "UPDATE im_members SET lastRead = max(lastRead, ?), unread = 0, marked = 0 WHERE chat = ? AND user = ?",
        (number, chat.id, call.user),
    )
    return {
        "dialogId": printing.dialog_id(chat, call.user),
        "chatId": chat.id,
        "lastId": number,
        "counter": chats.unread(store, chat.id, call.user),
    }


@method("im.dialog.unread", "im", write=True)
def unread(call: Call) -> bool:
    """Marks messages as unread from MESSAGE_ID on."""
    number = whole(call.get("MESSAGE_ID"))
    if not number:
        raise RestError("MESSAGE_ID_ERROR", "First unread message id can't be empty")
    chat = _mine(call)
    call.portal.store.execute(
        "UPDATE im_members SET lastRead = ?, marked = ?, unread = 1 WHERE chat = ? AND user = ?",
        (number - 1, number, chat.id, call.user),
    )
    return True


@method("im.dialog.read.all", "im", write=True)
def read_all(call: Call) -> bool:
    """Marks everything of the caller's as read."""
    call.portal.store.execute(
        "UPDATE im_members SET unread = 0, marked = 0, lastRead = ifnull((SELECT max(m.id) FROM im_messages AS m"
        " WHERE m.chat = im_members.chat), 0) WHERE user = ?",
        (call.user,),
    )
    return True


@method("im.dialog.writing", "im", write=True)
def writing(call: Call) -> bool:
    """Shows the others that the caller is typing."""
    chat = named(call)
    if not chats.is_member(call.portal.store, chat.id, call.user):
        raise no_access()
    return True
