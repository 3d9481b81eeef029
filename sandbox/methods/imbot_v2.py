"""Bots of the second version and their commands: `imbot.v2.*` (chat-bots-v2/imbot.v2)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.messenger import bots, chats, entities, feed, people, pictures
from sandbox.messenger.bots import Bot, Command
from sandbox.messenger.dialogs import truth, whole
from sandbox.messenger.feed import Options

_MOST, _TOKEN = 100, 40
_KINDS = {
    "bot": bots.STANDARD,
    "supervisor": bots.SUPERVISOR,
    "openline": bots.OPENLINE,
    "personal": bots.PERSONAL,
    "network": bots.NETWORK,
}
_BACKGROUNDS = ("azure", "mint", "steel", "slate", "teal", "cornflower", "sky", "peach", "frost")
_FLAGS = {"isHidden": "hidden", "isReactionsEnabled": "reactions"}
DONE = {"result": True}
# The words of every refusal of the family.
_TEXTS = {
    "BOT_TOKEN_NOT_SPECIFIED": "Bot token is not specified",
    "BOT_TOKEN_ROTATION_FAILED": "Bot token rotation failed",
    "BOT_ID_REQUIRED": "Bot ID is required",
    "BOT_NOT_FOUND": "Bot not found",
    "BOT_OWNERSHIP_ERROR": "Bot is registered by another application",
    "BOT_CODE_REQUIRED": "Bot code is required",
    "BOT_PROPERTIES_REQUIRED": "Bot properties are required",
    "BOT_CODE_ALREADY_TAKEN": "Bot code is already taken",
    "BOT_INVALID_TYPE": "Invalid bot type",
    "BOT_INVALID_EVENT_MODE": "Invalid event mode",
    "BOT_WEBHOOK_URL_REQUIRED": "Webhook URL is required",
    "BOT_INVALID_CALLBACK": "Invalid callback URL",
    "BOT_LIMIT_EXCEEDED": "Bot limit exceeded",
    "BOT_TYPE_NOT_ALLOWED": "Bot type not allowed",
    "ACCESS_DENIED": "Access denied",
    "EMPTY_USER_IDS": "Empty user IDs",
    "EMPTY_MESSAGE": "Message is empty",
    "MESSAGE_NOT_FOUND": "Message not found",
    "MESSAGE_ACCESS_DENIED": "Message access denied",
    "REACTION_NOT_FOUND": "Reaction not found",
    "FILE_NOT_FOUND": "File not found",
    "FILE_TOO_LARGE": "File too large",
    "PARAMS_REQUIRED": "Required parameters are missing",
    "BOT_AVATAR_INCORRECT_TYPE": "Avatar must be an image",
    "BOT_AVATAR_INCORRECT_SIZE": "Avatar exceeds maximum size",
    "REACTION_ALREADY_SET": "Reaction already set",
    "USER_NOT_SUBSCRIBED": "User not subscribed",
    "SCOPE_ERROR": "Scope error",
    "COMMAND_NAME_EMPTY": "Command name is empty",
    "COMMAND_ALREADY_EXISTS": "Command already exists",
    "COMMAND_REQUIRED": "Command is required",
    "COMMAND_NAME_INVALID": "Command name is invalid",
    "COMMAND_TITLE_REQUIRED": "Command title is required",
    "COMMAND_NOT_FOUND": "Command not found",
    "COMMAND_ANSWER_FAILED": "Command answer failed",
}


def refused(code: str) -> RestError:
    """A refusal of the family."""
    return RestError(code, _TEXTS[code])


def owner_of(call: Call, token: Any) -> str:
    """Whose bots are meant: the application's, or those of a webhook's botToken."""
    found = call.app or str(token or "")
    if not found:
        raise refused("BOT_TOKEN_NOT_SPECIFIED")
    return found


def own_bot(call: Call) -> Bot:
    """The bot of botId, which must be the caller's own."""
    owner = owner_of(call, call.get("botToken"))
    if call.get("botId") in (None, ""):
        raise refused("BOT_ID_REQUIRED")
    bot = bots.get(call.portal.store, whole(call.get("botId")))
    if bot is None:
        raise refused("BOT_NOT_FOUND")
    if bot.app != owner:
        raise refused("BOT_OWNERSHIP_ERROR")
    return bot


def _told(call: Call, bot: Bot, *, full: bool = True) -> dict[str, Any]:
    return {"bot": feed.bot_object(call, bot, full=full), "users": entities.users(call.portal, [bot.id])}


def check_avatar(value: Any) -> None:
    """Refuses an avatar that is no picture; pictures are not kept."""
    if value in (None, ""):
        return
    body = pictures.content(value)
    if body is None:
        raise refused("BOT_AVATAR_INCORRECT_TYPE")
    if pictures.too_large(body):
        raise refused("BOT_AVATAR_INCORRECT_SIZE")


def _profile(given: Mapping[str, Any]) -> dict[str, str]:
    check_avatar(given.get("avatar"))
    names = {"name": "name", "lastName": "lastName", "workPosition": "position"}
    columns = {column: str(given[name]) for name, column in names.items() if given.get(name) is not None}
    color = people.COLORS.get(str(given.get("color") or "").upper())
    return {**columns, "color": color} if color else columns


def _properties(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    given = fields.get("properties")
    return given if isinstance(given, Mapping) else {}


def _delivery(fields: Mapping[str, Any], mode: str, address: str) -> tuple[str, str]:
    """The mode and the address after a change."""
    mode = str(fields.get("eventMode") or mode)
    address = str(fields.get("webhookUrl") or address)
    if mode not in (feed.FETCH, feed.WEBHOOK):
        raise refused("BOT_INVALID_EVENT_MODE")
    if mode == feed.WEBHOOK and not address:
        raise refused("BOT_WEBHOOK_URL_REQUIRED")
    parts = urlsplit(address)
    if mode == feed.WEBHOOK and (parts.scheme not in ("http", "https") or not parts.netloc):
        raise refused("BOT_INVALID_CALLBACK")
    return mode, address


def _background(value: Any) -> str | None:
    return str(value) if value in _BACKGROUNDS else None


def _kept(call: Call, owner: str, code: str) -> Bot | None:
    """The caller's bot with this code; the bot of another one with it is a refusal."""
    known = next((bot for bot in bots.every(call.portal.store) if bot.code == code), None)
    if known is not None and known.app != owner:
        raise refused("BOT_CODE_ALREADY_TAKEN")
    return known


@method("imbot.v2.Bot.register", "imbot", write=True, partial="bots of webhooks get events through Event.get only")
def register(call: Call) -> dict[str, Any]:
    """Makes a bot; a known code gives its bot again."""
    fields, store = call.mapping("fields"), call.portal.store
    owner, code = owner_of(call, fields.get("botToken") or call.get("botToken")), str(fields.get("code") or "")
    if not code:
        raise refused("BOT_CODE_REQUIRED")
    profile = _profile(_properties(fields))
    if not profile.get("name"):
        raise refused("BOT_PROPERTIES_REQUIRED")
    kind = str(fields.get("type") or "bot")
    if kind not in _KINDS:
        raise refused("BOT_INVALID_TYPE")
    mode, address = _delivery(fields, feed.FETCH, "")
    known = _kept(call, owner, code)
    if known is not None:
        return _told(call, known)
    if len(bots.of_app(store, owner)) >= _MOST:
        raise refused("BOT_LIMIT_EXCEEDED")
    number = people.add_guest(store, "bot", profile.pop("name"), profile.pop("lastName", ""), **profile)
    openline = "Y" if truth(fields.get("isSupportOpenline")) or kind == "openline" else "N"
    row = {"id": number, "app": owner, "code": code, "type": _KINDS[kind], "openline": openline}
    store.insert("im_bots", {**row, "handlers": "{}"})
    flags = {
        "hidden": int(truth(fields.get("isHidden"))),
        "reactions": int(truth(fields.get("isReactionsEnabled"), True)),
    }
    columns = {"kind": kind, "mode": mode, "address": address, "background": _background(fields.get("backgroundId"))}
    store.insert("im_bot_options", {"bot": number, **columns, **flags})
    bot = own(call, number)
    feed.bound(store, bot, Options(number, kind, mode, address))
    return _told(call, bot)


def own(call: Call, number: int) -> Bot:
    """A bot that is there."""
    bot = bots.get(call.portal.store, number)
    if bot is None:
        raise refused("BOT_NOT_FOUND")
    return bot


def _rotated(call: Call, bot: Bot, token: Any) -> str:
    """The owner after a change of botToken."""
    if token in (None, "") or call.app:
        return bot.app
    taken = bool(bots.of_app(call.portal.store, str(token)))
    if len(str(token)) > _TOKEN or (taken and str(token) != bot.app):
        raise refused("BOT_TOKEN_ROTATION_FAILED")
    return str(token)


@method("imbot.v2.Bot.update", "imbot", write=True)
def update(call: Call) -> dict[str, Any]:
    """Changes a bot, its way of getting events and its token."""
    bot, fields, store = own_bot(call), call.mapping("fields"), call.portal.store
    kept = feed.options(store, bot.id) or Options(bot.id, "bot", feed.FETCH)
    mode, address = _delivery(fields, kept.mode, kept.address)
    owner = _rotated(call, bot, fields.get("botToken"))
    for column, value in _profile(_properties(fields)).items():
        store.execute(f"UPDATE im_guests SET {column} = ? WHERE id = ?", (value, bot.id))
    row: dict[str, Any] = {"mode": mode, "address": address}
    row |= {column: int(truth(fields[name])) for name, column in _FLAGS.items() if fields.get(name) is not None}
    if "backgroundId" in fields:
        row["background"] = _background(fields["backgroundId"])
    sets = ", ".join(f"{name} = ?" for name in row)
    store.execute(f"UPDATE im_bot_options SET {sets} WHERE bot = ?", (*row.values(), bot.id))
    openline = bot.openline
    if fields.get("isSupportOpenline") is not None:
        openline = "Y" if truth(fields["isSupportOpenline"]) else "N"
    store.execute("UPDATE im_bots SET app = ?, openline = ? WHERE id = ?", (owner, openline, bot.id))
    if (mode, address) != (kept.mode, kept.address):
        feed.bound(store, own(call, bot.id), Options(bot.id, kept.kind, mode, address))
    return _told(call, own(call, bot.id))


@method("imbot.v2.Bot.get", "imbot")
def get(call: Call) -> dict[str, Any]:
    """A bot by botId or code; its owner sees all of it."""
    owner, store = owner_of(call, call.get("botToken")), call.portal.store
    if call.get("botId") not in (None, ""):
        bot = bots.get(store, whole(call.get("botId")))
    elif call.get("code"):
        bot = next((one for one in bots.every(store) if one.code == call.get("code")), None)
    else:
        raise refused("PARAMS_REQUIRED")
    if bot is None:
        raise refused("BOT_NOT_FOUND")
    return _told(call, bot, full=bot.app == owner)


@method("imbot.v2.Bot.list", "imbot")
def listing(call: Call) -> dict[str, Any]:
    """The caller's bots, page by page."""
    owner, wanted = owner_of(call, call.get("botToken")), call.mapping("filter").get("type")
    shown = [feed.bot_object(call, bot) for bot in bots.of_app(call.portal.store, owner)]
    found = [bot for bot in shown if wanted in (None, "", bot["type"])]
    first, size = whole(call.get("offset")), whole(call.get("limit")) or 50
    page = found[first : first + size]
    people_of = entities.users(call.portal, [bot["id"] for bot in page])
    return {"bots": page, "users": people_of, "hasNextPage": len(found) > first + size}


@method("imbot.v2.Bot.unregister", "imbot", write=True)
def unregister(call: Call) -> dict[str, bool]:
    """Deletes a bot."""
    bots.remove(call, own_bot(call))
    return DONE


@method("imbot.v2.Revision.get", "imbot")
def revision(call: Call) -> dict[str, int]:
    """The revisions of the messenger."""
    return {"rest": 33, "web": 130, "mobile": 23, "desktop": 6}


@method("imbot.v2.Event.get", "imbot", write=True)
def events(call: Call) -> dict[str, Any]:
    """The queue of a bot, with the caller's own events when asked for."""
    bot = own_bot(call)
    offset, size = whole(call.get("offset")), min(whole(call.get("limit")) or 100, 1000)
    if not truth(call.get("withUserEvents")):
        return feed.fetched(call, [bot.id], offset, size)
    if call.scope is not None and "im" not in call.scope:
        raise refused("SCOPE_ERROR")
    if not feed.watches(call.portal.store, call.user):
        raise refused("USER_NOT_SUBSCRIBED")
    return feed.fetched(call, [bot.id, call.user], offset, size)


def _langs(fields: Mapping[str, Any], before: list[Any]) -> list[dict[str, Any]]:
    """The texts of a command by language: a text changes one, null removes it, the rest stay."""
    known = {str(entry["LANGUAGE_ID"]): dict(entry) for entry in before}
    titles, params = fields.get("title"), fields.get("params")
    for language, title in titles.items() if isinstance(titles, Mapping) else ():
        if title is None:
            known.pop(language, None)
            continue
        hint = params.get(language) if isinstance(params, Mapping) else None
        old = known.get(language, {}).get("PARAMS", "")
        known[language] = {
            "LANGUAGE_ID": language,
            "TITLE": str(title),
            "PARAMS": str(hint if hint is not None else old),
        }
    return list(known.values())


def _command_object(found: Command) -> dict[str, Any]:
    return {
        "id": found.id,
        "botId": found.bot,
        "command": f"/{found.command}",
        "common": found.common == "Y",
        "hidden": found.hidden == "Y",
        "extranetSupport": found.extranet == "Y",
    }


def _flags(fields: Mapping[str, Any]) -> dict[str, str]:
    names = {"common": "common", "hidden": "hidden", "extranetSupport": "extranet"}
    return {
        column: "Y" if truth(fields[name]) else "N" for name, column in names.items() if fields.get(name) is not None
    }


def _name(value: Any) -> str:
    if value in (None, ""):
        raise refused("COMMAND_REQUIRED")
    if not isinstance(value, str):
        raise refused("COMMAND_NAME_INVALID")
    return value.removeprefix("/")


@method("imbot.v2.Command.register", "imbot", write=True)
def command_register(call: Call) -> dict[str, Any]:
    """Adds a command; a known one is given again. Parameters stand in `fields`, before that they stood beside it."""
    bot, store = own_bot(call), call.portal.store
    fields: Mapping[str, Any] = call.mapping("fields") or call.params
    name, flags, langs = _name(fields.get("command")), _flags(fields), _langs(fields, [])
    if not langs and flags.get("hidden") != "Y":
        raise refused("COMMAND_TITLE_REQUIRED")
    known = next((one for one in bots.commands(store, bot.id) if one.command == name), None)
    if known is None:
        row = {"bot": bot.id, "command": name, "lang": json.dumps(langs, ensure_ascii=False), **flags}
        number = store.insert("im_bot_commands", row)
        known = bots.command(store, number)
    return {"command": _command_object(known)} if known else {}


def _command(call: Call, bot: Bot) -> Command:
    found = bots.command(call.portal.store, whole(call.get("commandId")))
    if found is None or found.bot != bot.id:
        raise refused("COMMAND_NOT_FOUND")
    return found


def _free_name(call: Call, found: Command, value: Any) -> str:
    """The new name of a command, which no other one of the bot has."""
    if value == "":
        raise refused("COMMAND_NAME_EMPTY")
    name = _name(value)
    if any(one.command == name and one.id != found.id for one in bots.commands(call.portal.store, found.bot)):
        raise refused("COMMAND_ALREADY_EXISTS")
    return name


@method("imbot.v2.Command.update", "imbot", write=True)
def command_update(call: Call) -> dict[str, Any]:
    """Changes a command."""
    found, fields = _command(call, own_bot(call)), call.mapping("fields")
    row: dict[str, Any] = {**_flags(fields), "lang": json.dumps(_langs(fields, found.lang), ensure_ascii=False)}
    if fields.get("command") is not None:
        row["command"] = _free_name(call, found, fields["command"])
    sets = ", ".join(f"{name} = ?" for name in row)
    call.portal.store.execute(f"UPDATE im_bot_commands SET {sets} WHERE id = ?", (*row.values(), found.id))
    changed = bots.command(call.portal.store, found.id) or found
    return {"command": _command_object(changed)}


@method("imbot.v2.Command.unregister", "imbot", write=True)
def command_unregister(call: Call) -> dict[str, bool]:
    """Removes a command."""
    found = _command(call, own_bot(call))
    call.portal.store.execute("DELETE FROM im_bot_commands WHERE id = ?", (found.id,))
    return DONE


@method("imbot.v2.Command.list", "imbot")
def command_list(call: Call) -> dict[str, Any]:
    """The commands of a bot, with the texts of the portal's language."""
    bot = own_bot(call)
    person = people.find(call.portal.store, bot.id)
    shown = []
    for found in bots.commands(call.portal.store, bot.id):
        texts = {entry["LANGUAGE_ID"]: entry for entry in found.lang}
        own_text: Mapping[str, Any] = texts.get("ru") or texts.get("en") or next(iter(texts.values()), {})
        words = {"title": own_text.get("TITLE", ""), "params": own_text.get("PARAMS", "")}
        shown.append({**_command_object(found), **words, "category": person.name if person else "", "context": ""})
    return {"commands": shown}


@method("imbot.v2.Command.answer", "imbot", write=True)
def command_answer(call: Call) -> dict[str, bool]:
    """Answers a command in its chat, even if the bot is not in it."""
    bot = own_bot(call)
    found, message = _command(call, bot), chats.message_of(call.portal.store, whole(call.get("messageId")))
    chat = chats.get(call.portal.store, message.chat) if message else None
    fields = call.mapping("fields")
    text = str(fields.get("message") or "").strip()
    params = attached(fields)
    if chat is None or found.bot != bot.id or not (text or params.get("ATTACH")):
        raise refused("COMMAND_ANSWER_FAILED")
    chats.post(call, chat, bot.id, text, system=truth(fields.get("system")), params=params)
    return DONE


def attached(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What is attached to a message; `N` takes it away."""
    params: dict[str, Any] = {}
    for name in ("attach", "keyboard", "menu"):
        if fields.get(name) not in (None, ""):
            params[name.upper()] = [] if fields[name] == "N" else fields[name]
    if fields.get("urlPreview") is not None and not truth(fields["urlPreview"]):
        params["URL_PREVIEW"] = "N"
    return params
