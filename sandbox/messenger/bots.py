"""Chat bots of applications: the rows, their commands, and the events they get."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.kernel.apps import auth_block, find_app, is_active, issue
from sandbox.kernel.call import Call
from sandbox.kernel.portal import Happening
from sandbox.kernel.registry import events
from sandbox.kernel.store import Store, declare
from sandbox.messenger import chats, people, printing
from sandbox.messenger.chats import Chat, Message
from sandbox.messenger.people import Person

declare(
    """
    CREATE TABLE IF NOT EXISTS im_bots (id INTEGER PRIMARY KEY, app TEXT NOT NULL, code TEXT NOT NULL,
        type TEXT NOT NULL DEFAULT 'B', openline TEXT NOT NULL DEFAULT 'N', handlers TEXT NOT NULL DEFAULT '{}');
    CREATE TABLE IF NOT EXISTS im_bot_commands (id INTEGER PRIMARY KEY AUTOINCREMENT, bot INTEGER NOT NULL,
        command TEXT NOT NULL, common TEXT NOT NULL DEFAULT 'N', hidden TEXT NOT NULL DEFAULT 'N',
        extranet TEXT NOT NULL DEFAULT 'N', lang TEXT NOT NULL DEFAULT '[]', handler TEXT NOT NULL DEFAULT '');
    """
)
MESSAGE_EVENTS = {"add": "ONIMBOTMESSAGEADD", "update": "ONIMBOTMESSAGEUPDATE", "delete": "ONIMBOTMESSAGEDELETE"}
events("imbot", *MESSAGE_EVENTS.values(), "ONIMBOTJOINCHAT", "ONIMBOTDELETE", "ONIMCOMMANDADD")
STANDARD, SUPERVISOR, OPENLINE, PERSONAL, NETWORK = "B", "S", "O", "P", "N"
# Those who follow the commands given to bots, with their parameters and where they were given.
Runner = Callable[[Call, Chat, Message, "Bot", "Command", str, str], None]
RUNNERS: list[Runner] = []
# Those who follow the removal of a bot.
REMOVERS: list[Callable[[Call, Bot], None]] = []
_MENTION = re.compile(r"\[USER=(\d+)(?: REPLACE)?\](.*?)\[/USER\]", re.IGNORECASE)
_FLAGS = (
    *("PUSH_IMPORTANT", "RECENT_SKIP_AUTHOR", "CONVERT", "SKIP_COMMAND", "SKIP_COUNTER_INCREMENTS"),
    *("SILENT_CONNECTOR", "SKIP_CONNECTOR", "IMPORTANT_CONNECTOR", "NO_SESSION_OL"),
)


@dataclass(frozen=True, slots=True)
class Bot:
    """A bot; its id is its id among the people of chats. `app` is a client id (or a webhook's CLIENT_ID)."""

    id: int
    app: str
    code: str
    type: str
    openline: str
    handlers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Command:
    """A command of a bot: `/echo`; a common one works in every chat."""

    id: int
    bot: int
    command: str
    common: str
    hidden: str
    extranet: str
    lang: list[Any]
    handler: str


def _bot(row: Any) -> Bot:
    return Bot(**{**dict(row), "handlers": json.loads(row["handlers"])})


def get(store: Store, number: int) -> Bot | None:
    """The bot with this id."""
    row = store.one("SELECT * FROM im_bots WHERE id = ?", (number,))
    return _bot(row) if row else None


def every(store: Store) -> list[Bot]:
    """All bots."""
    return [_bot(row) for row in store.rows("SELECT * FROM im_bots ORDER BY id")]


def of_app(store: Store, app: str) -> list[Bot]:
    """The bots of an application."""
    return [bot for bot in every(store) if bot.app == app]


def _command(row: Any) -> Command:
    return Command(**{**dict(row), "lang": json.loads(row["lang"])})


def command(store: Store, number: int) -> Command | None:
    """The command with this id."""
    row = store.one("SELECT * FROM im_bot_commands WHERE id = ?", (number,))
    return _command(row) if row else None


def commands(store: Store, bot: int = 0) -> list[Command]:
    """The commands of a bot, of all without one."""
    rows = store.rows("SELECT * FROM im_bot_commands WHERE bot = ? OR ? = 0 ORDER BY id", (bot, bot))
    return [_command(row) for row in rows]


def subscribe(store: Store, app: str, event: str, handler: str) -> None:
    """Binds the application's handler of an event; an application has one for all its bots."""
    if not handler:
        return
    store.execute("DELETE FROM event_handlers WHERE app = ? AND event = ? AND offline = 0", (app, event))
    row = {"app": app, "event": event, "handler": handler, "auth_type": 0, "auth_connector": "", "offline": 0}
    store.insert("event_handlers", {**row, "options": "{}"})


def block(call: Call, bot: Bot) -> dict[str, Any]:
    """The bot's own authorization: a token of who installed the application, in the bot's name."""
    app = find_app(call.portal, bot.app)
    if app is None:
        return {"BOT_ID": bot.id, "BOT_CODE": bot.code}
    active = is_active(call.portal, app.installed_by)
    token = issue(call.portal, app.client_id, app.installed_by) if active else None
    auth = {**auth_block(call.portal, app, token), "user_id": bot.id, "client_id": app.client_id}
    return {**auth, "AUTH": auth, "BOT_ID": bot.id, "BOT_CODE": bot.code}


def _user(person: Person | None, *, full: bool) -> dict[str, Any]:
    if person is None:
        return {}
    shown = {
        "ID": person.id,
        "NAME": person.name,
        "FIRST_NAME": person.first,
        "LAST_NAME": person.last,
        "WORK_POSITION": person.position,
        "GENDER": str(person.extra.get("PERSONAL_GENDER") or "M"),
    }
    if full:
        kinds = {"IS_BOT": person.kind == "bot", "IS_CONNECTOR": person.kind == "connector"}
        shown |= {name: "Y" if yes else "N" for name, yes in kinds.items()}
        shown |= {"IS_NETWORK": "N", "IS_EXTRANET": "Y" if person.extranet else "N"}
    return shown


def tell(call: Call, bot: Bot, event: str, data: dict[str, Any]) -> None:
    """Sends an event to the bot's application."""
    if not call.notes.get("silent"):
        actor = None if call.source in ("robot", "system") else call.user
        call.portal.happen(Happening(event, data, actor, app=bot.app))


def _kind(chat: Chat) -> str:
    return printing.MESSAGE_TYPES[chat.type]


def _group_params(call: Call, chat: Chat, message: Message) -> dict[str, Any]:
    """What an event tells of a group chat."""
    before = call.portal.store.value("SELECT max(id) FROM im_messages WHERE chat = ? AND id < ?", (chat.id, message.id))
    return {
        "CHAT_ID": chat.id,
        "CHAT_PARENT_ID": 0,
        "CHAT_PARENT_MID": 0,
        "CHAT_TITLE": chat.title,
        "CHAT_AUTHOR_ID": chat.owner,
        "CHAT_AVATAR": 0,
        "CHAT_COLOR": next((name for name, value in people.COLORS.items() if value == chat.color), ""),
        "CHAT_ENTITY_TYPE": chat.entityType,
        "CHAT_ENTITY_ID": chat.entityId,
        "CHAT_ENTITY_DATA_1": chat.entityData1,
        "CHAT_ENTITY_DATA_2": chat.entityData2,
        "CHAT_ENTITY_DATA_3": chat.entityData3,
        "CHAT_EXTRANET": "Y" if chat.type == "lines" else "N",
        "CHAT_PREV_MESSAGE_ID": before or 0,
        "CHAT_CAN_POST": "MEMBER",
        "RID": message.author,
        "IS_MANAGER": "N",
    }


def _params(call: Call, chat: Chat, message: Message, bot: Bot) -> dict[str, Any]:
    """PARAMS of a new message."""
    mentioned = _mentioned(message.text)
    private = chat.type == "private"
    params: dict[str, Any] = {
        "MESSAGE": _MENTION.sub("", message.text).strip() if bot.id in mentioned else message.text,
        "TEMPLATE_ID": message.uuid,
        "MESSAGE_TYPE": _kind(chat),
        "FROM_USER_ID": message.author,
        "DIALOG_ID": message.author if private else f"chat{chat.id}",
        "TO_CHAT_ID": chat.id,
        "AUTHOR_ID": message.author,
        "SYSTEM": "Y" if message.system else "N",
    }
    if private:
        params["TO_USER_ID"] = bot.id
    else:
        params |= _group_params(call, chat, message)
    params |= {"PUSH": "Y", **dict.fromkeys(_FLAGS, "N"), "FAKE_RELATION": 0, "SKIP_URL_INDEX": "N"}
    params |= {"COMMAND_CONTEXT": "TEXTAREA", "CHAT_USER_COUNT": len(chats.members(call.portal.store, chat.id))}
    if mentioned and not private:
        params |= {"MENTIONED_LIST": {str(user): user for user in mentioned}, "MESSAGE_ORIGINAL": message.text}
        params["TO_USER_ID"] = bot.id
    context = {"PLATFORM_CONTEXT": "web", "MESSAGE_ID": message.id, "CHAT_TYPE": _kind(chat), "LANGUAGE": "ru"}
    return {**params, **context}


def _changed_params(call: Call, chat: Chat, message: Message, bot: Bot, what: chats.What) -> dict[str, Any]:
    """PARAMS of a changed or deleted message."""
    private = chat.type == "private"
    params: dict[str, Any] = {
        "ID": message.id,
        "CHAT_ID": chat.id,
        "AUTHOR_ID": message.author,
        "MESSAGE": message.text,
        "MESSAGE_TYPE": _kind(chat),
        "CHAT_AUTHOR_ID": chat.owner,
    }
    if not private:
        params["CHAT_ENTITY_TYPE"] = chat.entityType
    params |= {
        "CHAT_ENTITY_ID": "" if private else chat.entityId,
        "CHAT_ENTITY_DATA_1": chat.entityData1,
        "CHAT_ENTITY_DATA_2": chat.entityData2,
        "CHAT_ENTITY_DATA_3": chat.entityData3,
    }
    if private:
        params |= {"FROM_USER_ID": message.author, "TO_USER_ID": bot.id}
    if what == "update":
        params |= {"CHAT_USER_COUNT": len(chats.members(call.portal.store, chat.id)), "PLATFORM_CONTEXT": "web"}
        mentioned = _mentioned(message.text)
        if mentioned and not private:
            params |= {"MENTIONED_LIST": {str(user): user for user in mentioned}, "MESSAGE_ORIGINAL": message.text}
            params["TO_USER_ID"] = bot.id
    dialog = message.author if private else f"chat{chat.id}"
    return {**params, "DIALOG_ID": dialog, "MESSAGE_ID": message.id, "CHAT_TYPE": _kind(chat), "LANGUAGE": "ru"}


def _mentioned(text: str) -> list[int]:
    return [int(found[0]) for found in _MENTION.findall(text)]


def hears(bot: Bot, chat: Chat, message: Message) -> bool:
    """A standard bot hears a group chat when it is mentioned; supervisors, personal ones, open lines' ones hear all."""
    if chat.type == "private" or bot.type in (SUPERVISOR, PERSONAL):
        return True
    if chat.type == "lines":
        return bot.type == OPENLINE or bot.openline == "Y"
    return bot.id in _mentioned(message.text)


def follow(call: Call, chat: Chat, message: Message, what: chats.What) -> None:
    """Listens to every chat: bots are told what people write; a command goes to the one who has it."""
    store = call.portal.store
    inside = {bot.id: bot for bot in every(store)}
    if not inside or message.author in inside or message.system:
        return
    given = command_in(store, chat, message) if what == "add" else None
    if given is not None:
        run(call, chat, message, *given, "TEXTAREA")
        return
    members = set(chats.members(store, chat.id))
    for bot in (bot for number, bot in inside.items() if number in members):
        if not bot.handlers or not hears(bot, chat, message):
            continue
        shown = {str(bot.id): block(call, bot)}
        user = _user(people.find(store, message.author), full=True)
        added = what == "add"
        params = _params(call, chat, message, bot) if added else _changed_params(call, chat, message, bot, what)
        data = {"BOT": shown, "PARAMS": params}
        tell(call, bot, MESSAGE_EVENTS[what], {**data, "USER": user})


def command_in(store: Store, chat: Chat, message: Message) -> tuple[Command, str] | None:
    """The command a message begins with, with its parameters; None when it is none of this chat's."""
    if not message.text.startswith("/"):
        return None
    name, _, params = message.text[1:].partition(" ")
    members = chats.members(store, chat.id)
    for known in commands(store):
        if known.command == name and (known.bot in members or known.common == "Y"):
            return known, params
    return None


def run(call: Call, chat: Chat, message: Message, known: Command, params: str, context: str) -> None:
    """Tells a bot that its command was given."""
    bot = get(call.portal.store, known.bot)
    if bot is None:
        return
    for runner in RUNNERS:
        runner(call, chat, message, bot, known, params, context)
    if not known.handler:
        return
    entry = {
        **block(call, bot),
        "COMMAND": known.command,
        "COMMAND_ID": known.id,
        "COMMAND_PARAMS": params,
        "COMMAND_CONTEXT": context,
        "MESSAGE_ID": message.id,
    }
    told = _params(call, chat, message, bot)
    for name in ("COMMAND_CONTEXT", "CHAT_USER_COUNT", "PLATFORM_CONTEXT"):
        told.pop(name)
    told |= {"SKIP_USER_CHECK": "Y", "RECENT_ADD": "Y"}
    if chat.type != "private":
        told["BOT_IN_CHAT"] = {str(bot.id): bot.id}
    user = _user(people.find(call.portal.store, call.user), full=False)
    tell(call, bot, "ONIMCOMMANDADD", {"COMMAND": {str(known.id): entry}, "PARAMS": told, "USER": user})


def joined(call: Call, chat: Chat, user: int) -> None:
    """Listens to new members: a bot is told that it was brought into a chat."""
    bot = get(call.portal.store, user)
    if bot is None or not bot.handlers or call.user == bot.id:
        return
    params: dict[str, Any] = {"CHAT_TYPE": _kind(chat), "MESSAGE_TYPE": _kind(chat), "BOT_ID": bot.id}
    params["USER_ID"] = call.user
    if chat.type == "private":
        params |= {"TO_USER_ID": call.user, "FROM_USER_ID": bot.id, "DIALOG_ID": call.user}
    else:
        params |= {
            "CHAT_ID": chat.id,
            "CHAT_AUTHOR_ID": chat.owner,
            "CHAT_ENTITY_TYPE": chat.entityType,
            "CHAT_ENTITY_ID": chat.entityId,
            "ACCESS_HISTORY": 1,
            "DIALOG_ID": f"chat{chat.id}",
        }
    user_block = _user(people.find(call.portal.store, call.user), full=False)
    data = {"BOT": {str(bot.id): block(call, bot)}, "PARAMS": {**params, "LANGUAGE": "ru"}, "USER": user_block}
    tell(call, bot, "ONIMBOTJOINCHAT", data)


def remove(call: Call, bot: Bot) -> None:
    """Deletes a bot with its commands and its private dialogues; its application is told first."""
    if bot.handlers:
        tell(call, bot, "ONIMBOTDELETE", {"BOT_ID": bot.id, "BOT_CODE": bot.code})
    for remover in REMOVERS:
        remover(call, bot)
    store = call.portal.store
    sql = "SELECT id FROM im_chats WHERE type = 'private' AND id IN (SELECT chat FROM im_members WHERE user = ?)"
    for row in store.rows(sql, (bot.id,)):
        for table, column in (("im_messages", "chat"), ("im_members", "chat"), ("im_chats", "id")):
            store.execute(f"DELETE FROM {table} WHERE {column} = ?", (row["id"],))
    for table, column in (("im_members", "user"), ("im_bot_commands", "bot"), ("im_bots", "id"), ("im_guests", "id")):
        store.execute(f"DELETE FROM {table} WHERE {column} = ?", (bot.id,))


chats.LISTENERS.append(follow)
chats.JOINERS.append(joined)
