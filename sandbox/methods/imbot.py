"""Chat bots, first version: `imbot.*` (api-reference/chat-bots/outdated)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import Function, method
from sandbox.messenger import bots, chats, people
from sandbox.messenger.bots import Bot, Command
from sandbox.messenger.dialogs import truth, whole
from sandbox.messenger.extras import extras
from sandbox.methods import im_chat, im_dialog, im_message

_MOST = 5
_HANDLERS = {
    "EVENT_MESSAGE_ADD": ("ONIMBOTMESSAGEADD", "Message add"),
    "EVENT_MESSAGE_UPDATE": ("ONIMBOTMESSAGEUPDATE", ""),
    "EVENT_MESSAGE_DELETE": ("ONIMBOTMESSAGEDELETE", ""),
    "EVENT_WELCOME_MESSAGE": ("ONIMBOTJOINCHAT", "Welcome message"),
    "EVENT_BOT_DELETE": ("ONIMBOTDELETE", "Bot delete"),
}
# EVENT_HANDLER stands for these when they are not given.
_GENERAL = tuple(_HANDLERS)


def client(call: Call) -> str:
    """The application whose bots are meant; a webhook names it in CLIENT_ID."""
    found = call.app or str(call.get("CLIENT_ID") or "")
    if not found:
        raise RestError("ACCESS_DENIED", "Access denied! Client ID not specified", 403)
    return found


def own_bot(call: Call) -> Bot:
    """The bot of BOT_ID, or the application's first one."""
    app, number = client(call), whole(call.get("BOT_ID"))
    if call.get("BOT_ID") in (None, ""):
        own = bots.of_app(call.portal.store, app)
        found = own[0] if own else None
    else:
        found = bots.get(call.portal.store, number)
    if found is None:
        raise RestError("BOT_ID_ERROR", "Bot not found")
    if found.app != app:
        raise RestError("APP_ID_ERROR", "Bot was installed by another REST application")
    return found


def _is_address(value: Any) -> bool:
    parts = urlsplit(str(value))
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _handlers(given: Mapping[str, Any], *, required: bool) -> dict[str, str]:
    """The handlers by event; `required` ones must be there, all must be addresses."""
    found: dict[str, str] = {}
    for name, (event, title) in _HANDLERS.items():
        value = given.get(name) or (given.get("EVENT_HANDLER") if name in _GENERAL else None)
        if not value:
            if required and title:
                raise RestError(f"{name}_ERROR", f'Handler for "{title}" event isn\'t specified')
            continue
        if not _is_address(value):
            raise RestError(f"{name}_ERROR", "Wrong handler URL")
        found[event] = str(value)
    return found


def _profile(given: Mapping[str, Any]) -> dict[str, str]:
    columns: dict[str, str] = {}
    names = (("NAME", "name"), ("LAST_NAME", "lastName"), ("EMAIL", "email"), ("WORK_POSITION", "position"))
    for name, column in names:
        if given.get(name) is not None:
            columns[column] = str(given[name])
    color = people.COLORS.get(str(given.get("COLOR") or "").upper())
    return {**columns, "color": color} if color else columns


def _upper(value: Any) -> dict[str, Any]:
    return {str(name).upper(): inner for name, inner in value.items()} if isinstance(value, Mapping) else {}


@method("imbot.register", "imbot", write=True, partial="bots of webhooks get no events")
def register(call: Call) -> int:
    """Makes a bot and binds the application's handlers; a known CODE gives its bot again."""
    app, store, given = client(call), call.portal.store, _upper(call.params)
    handlers = _handlers(given, required=True)
    code, profile = str(call.get("CODE") or ""), _profile(_upper(given.get("PROPERTIES")))
    if not code:
        raise RestError("CODE_ERROR", "Bot code isn't specified")
    if not profile.get("name") and not profile.get("lastName"):
        raise RestError("NAME_ERROR", "Bot name isn't specified")
    own = bots.of_app(store, app)
    known = next((bot for bot in own if bot.code == code), None)
    if known is not None:
        return known.id
    if len(own) >= _MOST:
        raise RestError("MAX_COUNT_ERROR", f"Has reached the maximum number of bots for application (max: {_MOST})")
    if any(bot.code == code for bot in bots.every(store)):
        raise RestError("WRONG_REQUEST", "Bot can't be created")
    name, last = profile.pop("name", ""), profile.pop("lastName", "")
    number = people.add_guest(store, "bot", name, last, **profile)
    kind = str(call.get("TYPE") or bots.STANDARD).upper()
    kind = kind if kind in (bots.STANDARD, bots.SUPERVISOR, bots.OPENLINE) else bots.STANDARD
    openline = "Y" if truth(call.get("OPENLINE")) or kind == bots.OPENLINE else "N"
    row = {"id": number, "app": app, "code": code, "type": kind, "openline": openline}
    store.insert("im_bots", {**row, "handlers": json.dumps(handlers)})
    for event, handler in handlers.items():
        bots.subscribe(store, app, event, handler)
    return number


@method("imbot.update", "imbot", write=True)
def update(call: Call) -> bool:
    """Changes a bot."""
    bot, given, store = own_bot(call), _upper(call.mapping("FIELDS")), call.portal.store
    handlers, properties = _handlers(given, required=False), _upper(given.get("PROPERTIES"))
    profile = _profile(properties)
    if not handlers and not profile and not given.get("CODE"):
        raise RestError("WRONG_REQUEST", "Update fields can't be empty")
    if {"NAME", "LAST_NAME"} <= set(properties) and not profile["name"] and not profile["lastName"]:
        raise RestError("NAME_ERROR", "Bot name isn't specified")
    for column, value in profile.items():
        store.execute(f"UPDATE im_guests SET {column} = ? WHERE id = ?", (value, bot.id))
    code = str(given.get("CODE") or bot.code)
    store.execute(
        "UPDATE im_bots SET code = ?, handlers = ? WHERE id = ?",
        (code, json.dumps({**bot.handlers, **handlers}), bot.id),
    )
    for event, handler in handlers.items():
        bots.subscribe(store, bot.app, event, handler)
    return True


@method("imbot.unregister", "imbot", write=True)
def unregister(call: Call) -> bool:
    """Deletes a bot."""
    client(call)
    if not whole(call.get("BOT_ID")):
        raise RestError("BOT_ID_ERROR", "Bot not found")
    bots.remove(call, own_bot(call))
    return True


@method("imbot.bot.list", "imbot")
def bot_list(call: Call) -> dict[str, Any]:
    """All bots by id."""
    store = call.portal.store
    known = people.of(store, [bot.id for bot in bots.every(store)])
    return {
        str(bot.id): {"ID": bot.id, "NAME": known[bot.id].name, "CODE": bot.code, "OPENLINE": bot.openline}
        for bot in bots.every(store)
    }


def as_bot(call: Call, bot: Bot, function: Function, **more: Any) -> Any:
    """Runs a method of chats with the bot in the place of the user."""
    params = {name: value for name, value in call.params.items() if name.upper() not in ("BOT_ID", "CLIENT_ID")}
    inner = Call(call.portal, call.method, {**params, **more}, bot.id, bot.app, call.source, call.scope)
    try:
        return function(inner)
    except RestError as refusal:
        # The pages of bots print 400 where those of people print 403.
        raise RestError(refusal.code, refusal.description) from None


# Refusals of chats that bots get under another code (imbot-chat-leave.md, imbot-chat-user-delete.md).
_OTHERWISE = {
    "ACCESS_DENIED_KICK": "You don't have access or user isn't a member of the chat",
    "USER_NOT_FOUND": "You don't have access or user isn't a member of the chat",
}


def _of_chats(name: str, function: Function, *, write: bool = True) -> None:
    def run(call: Call) -> Any:
        """Does in a chat what `im.*` does, in the name of the bot."""
        try:
            return as_bot(call, own_bot(call), function)
        except RestError as refusal:
            if refusal.code in _OTHERWISE:
                raise RestError("WRONG_REQUEST", _OTHERWISE[str(refusal.code)]) from None
            raise

    method(name, "imbot", write=write)(run)


for _name, _function in {
    "imbot.chat.leave": im_chat.leave,
    "imbot.chat.setOwner": im_chat.set_owner,
    "imbot.chat.updateAvatar": im_chat.update_avatar,
    "imbot.chat.updateColor": im_chat.update_color,
    "imbot.chat.updateTitle": im_chat.update_title,
    "imbot.chat.user.delete": im_chat.user_delete,
    "imbot.chat.sendTyping": im_dialog.writing,
    "imbot.message.update": im_message.update,
    "imbot.message.delete": im_message.delete,
    "imbot.message.like": im_message.like,
}.items():
    _of_chats(_name, _function)
_of_chats("imbot.chat.user.list", im_chat.user_list, write=False)
_of_chats("imbot.dialog.get", im_dialog.get, write=False)


def _needs_list(call: Call, code: str, text: str) -> None:
    if call.get("USERS") not in (None, "") and not isinstance(call.get("USERS"), (list, Mapping)):
        raise RestError(code, text)


@method("imbot.chat.add", "imbot", write=True)
def chat_add(call: Call) -> Any:
    """Makes a chat of the bot's."""
    bot = own_bot(call)
    _needs_list(call, "INVALID_FORMAT", "Parameter USERS has wrong type")
    return as_bot(call, bot, im_chat.add)


@method("imbot.chat.user.add", "imbot", write=True)
def chat_user_add(call: Call) -> Any:
    """Brings people into a chat of the bot's."""
    bot = own_bot(call)
    _needs_list(call, "WRONG_REQUEST", "User IDs must be passed in array format")
    return as_bot(call, bot, im_chat.user_add)


@method("imbot.chat.get", "imbot")
def chat_get(call: Call) -> Any:
    """The chat of an ENTITY_TYPE and ENTITY_ID."""
    found = im_chat.get(call)
    if found is None:
        raise RestError("ACCESS_ERROR", "You don't have access to this chat")
    return found


@method("imbot.chat.setManager", "imbot", write=True)
def set_manager(call: Call) -> bool:
    """Makes a member of the bot's chat a manager, or not."""
    bot, number, user = own_bot(call), whole(call.get("CHAT_ID")), whole(call.get("USER_ID"))
    if not number:
        raise RestError("CHAT_ID_EMPTY", "Chat ID can't be empty")
    if not user:
        raise RestError("USER_ID_EMPTY", "User ID can't be empty")
    store = call.portal.store
    chat = chats.get(store, number)
    if chat is None or chat.owner != bot.id or not chats.is_member(store, chat.id, user):
        raise RestError("WRONG_REQUEST", "Change manager can only owner and user must be member in chat")
    manager = int(truth(call.get("IS_MANAGER"), True))
    store.execute("UPDATE im_members SET manager = ? WHERE chat = ? AND user = ?", (manager, chat.id, user))
    return True


@method("imbot.message.add", "imbot", write=True)
def message_add(call: Call) -> Any:
    """Writes in the name of the bot, into DIALOG_ID or the dialogue of FROM_USER_ID and TO_USER_ID."""
    bot = own_bot(call)
    dialog = call.get("DIALOG_ID") or call.get("TO_USER_ID")
    if not dialog:
        raise RestError("DIALOG_ID_EMPTY", "Dialog ID can't be empty")
    return as_bot(call, bot, im_message.add, DIALOG_ID=dialog)


def _langs(value: Any) -> list[Any]:
    entries = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else []
    return [entry for entry in entries if isinstance(entry, Mapping) and entry.get("LANGUAGE_ID")]


@method("imbot.command.register", "imbot", write=True)
def command_register(call: Call) -> int:
    """Adds a command to a bot."""
    handler, text = call.get("EVENT_COMMAND_ADD"), str(call.get("COMMAND") or "").removeprefix("/")
    if not handler:
        raise RestError("EVENT_COMMAND_ADD_ERROR", 'Handler for "Command add" event isn\'t specified')
    if not _is_address(handler):
        raise RestError("EVENT_COMMAND_ADD_ERROR", "Wrong handler URL")
    if not text:
        raise RestError("COMMAND_ERROR", "Command isn't specified")
    bot, langs = own_bot(call), _langs(call.get("LANG"))
    hidden = truth(call.get("HIDDEN"))
    if not langs and not hidden:
        raise RestError("LANG_ERROR", "Lang set can't be empty")
    flags = {name.lower(): "Y" if truth(call.get(name)) else "N" for name in ("COMMON", "HIDDEN")}
    flags["extranet"] = "Y" if truth(call.get("EXTRANET_SUPPORT")) else "N"
    row = {"bot": bot.id, "command": text, "lang": json.dumps(langs, ensure_ascii=False), "handler": str(handler)}
    bots.subscribe(call.portal.store, bot.app, "ONIMCOMMANDADD", str(handler))
    return call.portal.store.insert("im_bot_commands", {**row, **flags})


def _command(call: Call) -> Command:
    found = bots.command(call.portal.store, whole(call.get("COMMAND_ID")))
    if found is None and call.get("COMMAND"):
        text = str(call.get("COMMAND")).removeprefix("/")
        found = next((one for one in bots.commands(call.portal.store) if one.command == text), None)
    if found is None:
        raise RestError("COMMAND_ID_ERROR", "Command not found")
    bot = bots.get(call.portal.store, found.bot)
    if bot is None or bot.app != client(call):
        raise RestError("APP_ID_ERROR", "Command was installed by another rest application")
    return found


@method("imbot.command.unregister", "imbot", write=True)
def command_unregister(call: Call) -> bool:
    """Removes a command."""
    call.portal.store.execute("DELETE FROM im_bot_commands WHERE id = ?", (_command(call).id,))
    return True


@method("imbot.command.update", "imbot", write=True)
def command_update(call: Call) -> bool:
    """Changes a command."""
    found, given = _command(call), _upper(call.mapping("FIELDS"))
    row: dict[str, Any] = {}
    if given.get("COMMAND"):
        row["command"] = str(given["COMMAND"]).removeprefix("/")
    if given.get("EVENT_COMMAND_ADD"):
        if not _is_address(given["EVENT_COMMAND_ADD"]):
            raise RestError("EVENT_COMMAND_ADD_ERROR", "Wrong handler URL")
        row["handler"] = str(given["EVENT_COMMAND_ADD"])
    for name, column in (("HIDDEN", "hidden"), ("EXTRANET_SUPPORT", "extranet")):
        if given.get(name) is not None:
            row[column] = "Y" if truth(given[name]) else "N"
    if given.get("LANG"):
        row["lang"] = json.dumps(_langs(given["LANG"]), ensure_ascii=False)
    if not row:
        raise RestError("WRONG_REQUEST", "Update fields can't be empty")
    sets = ", ".join(f"{name} = ?" for name in row)
    call.portal.store.execute(f"UPDATE im_bot_commands SET {sets} WHERE id = ?", (*row.values(), found.id))
    return True


@method("imbot.command.answer", "imbot", write=True)
def command_answer(call: Call) -> int:
    """Answers a command: the bot writes into the chat of the message."""
    found, number = _command(call), whole(call.get("MESSAGE_ID"))
    if not number:
        raise RestError("MESSAGE_ID_EMPTY", "Message ID can't be empty")
    params, text = extras(call), str(call.get("MESSAGE") or "").strip()
    if not text and not params.get("ATTACH"):
        raise RestError("MESSAGE_EMPTY", "Message can't be empty")
    message = chats.message_of(call.portal.store, number)
    chat = chats.get(call.portal.store, message.chat) if message else None
    if chat is None:
        raise RestError("WRONG_REQUEST", "Message isn't added")
    return chats.post(call, chat, found.bot, text, system=truth(call.get("SYSTEM")), params=params)
