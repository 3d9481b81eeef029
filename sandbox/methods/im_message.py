"""Messages: `im.message.*` (api-reference/chats/messages)."""

from __future__ import annotations

from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.messenger import bots, chats, dialogs, feed, people, permissions
from sandbox.messenger.chats import Chat, Message
from sandbox.messenger.dialogs import truth, whole
from sandbox.messenger.extras import extras


def target(call: Call) -> Chat:
    """The chat a message goes to: CHAT_ID is still understood beside DIALOG_ID, USER_ID too."""
    dialog = call.get("DIALOG_ID")
    if dialog in (None, ""):
        chat_id, user = whole(call.get("CHAT_ID")), whole(call.get("USER_ID"))
        if not chat_id and not user and dialog is None:
            raise RestError("PARAMS_ERROR", "Incorrect params")
        dialog = f"chat{chat_id}" if chat_id else user or ""
    text = str(dialog)
    if not text.startswith(("chat", "sg")):
        if not whole(text):
            raise RestError("USER_ID_EMPTY", "User ID can't be empty")
        if people.find(call.portal.store, whole(text)) is None:
            raise RestError("USER_NOT_FOUND", "User not found")
    chat = dialogs.find(call, text)
    if chat is None:
        raise RestError("CHAT_ID", "Error creating message")
    return chat


@method("im.message.add", "im", write=True)
def add(call: Call) -> int:
    """Writes into a dialogue or a chat of the caller's."""
    params, text = extras(call), str(call.get("MESSAGE") or "").strip()
    if not text and not params.get("ATTACH"):
        raise RestError("MESSAGE_EMPTY", "Message can't be empty")
    chat = target(call)
    if not chats.is_member(call.portal.store, chat.id, call.user) or not permissions.holds(call, chat, "can_post"):
        raise dialogs.no_access(status=400)
    if whole(call.get("REPLY_ID")):
        params["REPLY_ID"] = _answered(call, chat)
    if call.get("URL_PREVIEW") == "N":
        params["URL_PREVIEW"] = "N"
    return chats.post(call, chat, call.user, text, system=truth(call.get("SYSTEM")), params=params)


def _answered(call: Call, chat: Chat) -> int:
    """The message of REPLY_ID, which the caller must see and which must be in the same chat."""
    found = chats.message_of(call.portal.store, whole(call.get("REPLY_ID")))
    where = chats.get(call.portal.store, found.chat) if found else None
    if found is None or where is None or not dialogs.may_read(call, where):
        raise RestError("REPLY_ACCESS_ERROR", "Action unavailable")
    if where.id != chat.id:
        raise RestError("REPLY_FROM_OTHER_CHAT_ERROR", "You can only reply to a message within the same chat")
    return found.id


def _message(call: Call) -> Message:
    number = whole(call.get("MESSAGE_ID")) or whole(call.get("ID"))
    if not number:
        raise RestError("MESSAGE_ID_ERROR", "Message ID can't be empty")
    message = chats.message_of(call.portal.store, number)
    if message is None:
        raise _too_late()
    return message


def _too_late() -> RestError:
    return RestError("CANT_EDIT_MESSAGE", "Time has expired for modification or you don't have access", 403)


def _own(call: Call) -> Message:
    message = _message(call)
    if message.author != call.user or message.deleted:
        raise _too_late()
    return message


@method("im.message.update", "im", write=True)
def update(call: Call) -> bool:
    """Changes the caller's message; an empty text deletes it."""
    params, message = extras(call), _own(call)
    text = call.get("MESSAGE")
    if text is None:
        edited = {} if call.get("IS_EDITED") == "N" else {"IS_EDITED": "Y"}
        chats.set_params(call.portal.store, message, {**message.params, **params, **edited})
    elif not str(text).strip():
        chats.erase(call, message)
    else:
        chats.edit(call, message, str(text), params)
    return True


@method("im.message.delete", "im", write=True)
def delete(call: Call) -> bool:
    """Deletes the caller's message."""
    chats.erase(call, _own(call))
    return True


@method("im.message.like", "im", write=True)
def like(call: Call) -> bool:
    """Sets, removes or switches the caller's like."""
    message = _message(call)
    likes = [int(user) for user in message.params.get("LIKE", [])]
    wish = str(call.get("ACTION") or "auto").lower()
    now = call.user not in likes if wish == "auto" else wish == "plus"
    if now == (call.user in likes):
        raise RestError("WITHOUT_CHANGES", "Action completed without changes")
    after = [*likes, call.user] if now else [user for user in likes if user != call.user]
    params = {**message.params, "LIKE": after}
    if not after:
        del params["LIKE"]
    chats.set_params(call.portal.store, message, params)
    feed.reacted(call, message, "like", "add" if now else "delete")
    return True


@method("im.message.command", "im", write=True)
def command(call: Call) -> bool:
    """Presses a bot's button under a message."""
    number, bot = whole(call.get("MESSAGE_ID")), whole(call.get("BOT_ID"))
    if not number:
        raise RestError("MESSAGE_ID_ERROR", "Message ID can't be empty")
    if not bot:
        raise RestError("BOT_ID_ERROR", "Bot ID can't be empty")
    if not call.get("COMMAND"):
        raise RestError("COMMAND_ERROR", "Command can't be empty")
    message = chats.message_of(call.portal.store, number)
    chat = chats.get(call.portal.store, message.chat) if message else None
    name = str(call.get("COMMAND")).removeprefix("/")
    known = next((c for c in bots.commands(call.portal.store, bot) if c.command == name), None)
    if message is None or chat is None or known is None or not dialogs.may_read(call, chat):
        raise RestError("PARAMS_ERROR", "Incorrect params")
    bots.run(call, chat, message, known, str(call.get("COMMAND_PARAMS") or ""), "KEYBOARD")
    return True


_SHARES = ("CHAT", "TASK", "POST", "CALEND")


@method("im.message.share", "im", write=True, partial="only chats and tasks are made of a message")
def share(call: Call) -> bool:
    """Makes something of a message."""
    number, kind = whole(call.get("MESSAGE_ID")), str(call.get("TYPE") or "").upper()
    if not number:
        raise RestError("MESSAGE_ID_ERROR", "Message ID can't be empty")
    chat = dialogs.readable(call)
    message = chats.message_of(call.portal.store, number)
    if kind not in _SHARES or message is None or message.chat != chat.id:
        raise RestError("PARAMS_ERROR", "Incorrect params")
    title = message.text[:100] or chat.title
    if kind == "TASK":
        fields = {"TITLE": title, "DESCRIPTION": message.text, "RESPONSIBLE_ID": call.user}
        call.portal.call("tasks.task.add", {"fields": fields}, user=call.user, source=call.source)
    elif kind == "CHAT":
        made = chats.create(call, "chat", chats.members(call.portal.store, chat.id), title=title, owner=call.user)
        chats.post(call, made, call.user, message.text)
    return True
