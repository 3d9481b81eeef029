"""Events of the second version: `ONIMBOTV2*` for bots, `ONIMV2*` for users who asked for them.

A bot fetches its events with imbot.v2.Event.get or gets them at its address (imbot.v2/events/events.md);
a user fetches them with im.v2.Event.get.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sandbox.kernel.answers import EmptyObject
from sandbox.kernel.call import Call
from sandbox.kernel.registry import events
from sandbox.kernel.store import Store, declare
from sandbox.messenger import bots, chats, entities, people
from sandbox.messenger.bots import Bot, Command
from sandbox.messenger.chats import Chat, Message

declare(
    """
    CREATE TABLE IF NOT EXISTS im_bot_options (bot INTEGER PRIMARY KEY, kind TEXT NOT NULL, mode TEXT NOT NULL,
        address TEXT NOT NULL DEFAULT '', hidden INTEGER NOT NULL DEFAULT 0, reactions INTEGER NOT NULL DEFAULT 1,
        background TEXT);
    CREATE TABLE IF NOT EXISTS im_feed (id INTEGER PRIMARY KEY AUTOINCREMENT, owner INTEGER NOT NULL,
        type TEXT NOT NULL, at INTEGER NOT NULL, data TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS im_feed_owner ON im_feed (owner, id);
    CREATE TABLE IF NOT EXISTS im_feed_users (user INTEGER PRIMARY KEY);
    """
)
BOT_EVENTS = tuple(
    f"ONIMBOTV2{name}"
    for name in (
        *("MESSAGEADD", "MESSAGEUPDATE", "MESSAGEDELETE", "JOINCHAT", "DELETE"),
        *("CONTEXTGET", "COMMANDADD", "REACTIONCHANGE"),
    )
)
events("imbot", *BOT_EVENTS)
_WORDS = {"add": "MESSAGEADD", "update": "MESSAGEUPDATE", "delete": "MESSAGEDELETE"}
FETCH, WEBHOOK = "fetch", "webhook"


@dataclass(frozen=True, slots=True)
class Options:
    """What only the second version knows of a bot; `mode` is `fetch` or `webhook`."""

    bot: int
    kind: str
    mode: str
    address: str = ""
    hidden: int = 0
    reactions: int = 1
    background: str | None = None


def options(store: Store, bot: int) -> Options | None:
    """The options of a bot registered by the second version, None for another one."""
    row = store.one("SELECT * FROM im_bot_options WHERE bot = ?", (bot,))
    return Options(**dict(row)) if row else None


def bound(store: Store, bot: Bot, kept: Options) -> None:
    """Brings the application's handlers to the mode of its bot (bot-update.md, "Managing Event Subscriptions")."""
    for event in BOT_EVENTS:
        if kept.mode == WEBHOOK:
            bots.subscribe(store, bot.app, event, kept.address)
        elif len(bots.of_app(store, bot.app)) == 1:
            store.execute("DELETE FROM event_handlers WHERE app = ? AND event = ? AND offline = 0", (bot.app, event))


def bot_object(call: Call, bot: Bot, *, full: bool = True) -> dict[str, Any]:
    """A bot; `full` for its owner."""
    store, kept = call.portal.store, options(call.portal.store, bot.id)
    shown = {
        "id": bot.id,
        "code": bot.code,
        "type": kept.kind if kept else {"S": "supervisor", "O": "openline"}.get(bot.type, "bot"),
        "isHidden": bool(kept and kept.hidden),
        "isSupportOpenline": bot.openline == "Y",
        "isReactionsEnabled": bool(kept is None or kept.reactions),
        "backgroundId": kept.background if kept else None,
        "language": "ru",
    }
    if not full:
        return shown
    where = "FROM im_members WHERE user = ?"
    near = f"SELECT count(DISTINCT user) FROM im_members WHERE user != ? AND chat IN (SELECT chat {where})"
    return {
        **shown,
        "moduleId": "rest",
        "eventMode": kept.mode if kept else WEBHOOK,
        "countMessage": store.value("SELECT count(*) FROM im_messages WHERE author = ?", (bot.id,)),
        "countCommand": len(bots.commands(store, bot.id)),
        "countChat": store.value(f"SELECT count(*) {where}", (bot.id,)),
        "countUser": store.value(near, (bot.id, bot.id)),
    }


def keep(call: Call, owner: int, kind: str, data: dict[str, Any]) -> None:
    """Puts an event into the queue of a bot or a user."""
    if call.notes.get("silent"):
        return
    body = json.dumps(data, ensure_ascii=False)
    row = {"owner": owner, "type": kind, "at": int(call.portal.clock.timestamp()), "data": body}
    call.portal.store.insert("im_feed", row)


def watches(store: Store, user: int) -> bool:
    """Whether a user's events are kept."""
    return store.value("SELECT 1 FROM im_feed_users WHERE user = ?", (user,)) is not None


def fetched(call: Call, owners: list[int], offset: int, limit: int) -> dict[str, Any]:
    """The queues of these from `offset` on; what is before it is confirmed and goes."""
    store, inside = call.portal.store, f"owner IN ({', '.join('?' * len(owners))})"
    store.execute(f"DELETE FROM im_feed WHERE {inside} AND id < ?", (*owners, offset))
    rows = store.rows(f"SELECT * FROM im_feed WHERE {inside} ORDER BY id LIMIT ?", (*owners, limit + 1))
    shown = [
        {
            "eventId": row["id"],
            "type": row["type"],
            "date": call.portal.clock.iso_at(row["at"]),
            "data": json.loads(row["data"], object_hook=lambda found: found or EmptyObject()),
        }
        for row in rows[:limit]
    ]
    following = shown[-1]["eventId"] + 1 if shown else offset
    return {"events": shown, "nextOffset": following, "hasMore": len(rows) > limit}


def tell(call: Call, bot: Bot, name: str, data: dict[str, Any]) -> None:
    """Gives a bot an event: into its queue, or to its address."""
    kept, event = options(call.portal.store, bot.id), f"ONIMBOTV2{name}"
    if kept is None:
        return
    if kept.mode == FETCH:
        keep(call, bot.id, event, {"bot": bot_object(call, bot), **data})
        return
    auth = {key: value for key, value in bots.block(call, bot).items() if key not in ("AUTH", "BOT_ID", "BOT_CODE")}
    bots.tell(call, bot, event, {"bot": {"id": bot.id, "code": bot.code, "auth": auth}, **data})


def _about(call: Call, chat: Chat, actor: int, viewer: int, *, own: bool = False) -> dict[str, Any]:
    """The chat, who did it and the language; `own` for the queue of a user."""
    person = people.find(call.portal.store, actor)
    return {
        "chat": entities.chat_in_event(call.portal, chat, viewer),
        "user": entities.user(call.portal, person, event=own) if person else EmptyObject(),
        "language": "ru",
    }


def _said(call: Call, message: Message, what: chats.What) -> dict[str, Any]:
    return {"messageId": message.id} if what == "delete" else {"message": entities.message(call.portal, message)}


def _watchers(call: Call, chat: Chat) -> list[int]:
    sql = "SELECT user FROM im_feed_users WHERE user IN (SELECT user FROM im_members WHERE chat = ?) ORDER BY user"
    return [row["user"] for row in call.portal.store.rows(sql, (chat.id,))]


def _agents(call: Call, chat: Chat) -> list[Bot]:
    """The bots of the second version in a chat."""
    sql = "SELECT bot FROM im_bot_options WHERE bot IN (SELECT user FROM im_members WHERE chat = ?) ORDER BY bot"
    found = [bots.get(call.portal.store, row["bot"]) for row in call.portal.store.rows(sql, (chat.id,))]
    return [bot for bot in found if bot is not None]


def follow(call: Call, chat: Chat, message: Message, what: chats.What) -> None:
    """Listens to every chat."""
    for user in _watchers(call, chat):
        about = _about(call, chat, message.author, user, own=True)
        keep(call, user, f"ONIMV2{_WORDS[what]}", {**_said(call, message, what), **about})
    if message.system or (what == "add" and bots.command_in(call.portal.store, chat, message)):
        return
    for bot in _agents(call, chat):
        if bot.id != message.author and bots.hears(bot, chat, message):
            tell(call, bot, _WORDS[what], {**_said(call, message, what), **_about(call, chat, message.author, bot.id)})


def joined(call: Call, chat: Chat, user: int) -> None:
    """Listens to new members."""
    for watcher in _watchers(call, chat):
        about = _about(call, chat, user, watcher, own=True)
        keep(call, watcher, "ONIMV2JOINCHAT", {"dialogId": about["chat"]["dialogId"], **about})
    bot = bots.get(call.portal.store, user)
    if bot is not None and call.user != bot.id:
        about = _about(call, chat, call.user, bot.id)
        tell(call, bot, "JOINCHAT", {"dialogId": about["chat"]["dialogId"], **about})


def commanded(call: Call, chat: Chat, message: Message, bot: Bot, known: Command, params: str, context: str) -> None:
    """Listens to commands."""
    shown = {"id": known.id, "command": f"/{known.command}", "params": params, "context": context.lower()}
    about = {**_said(call, message, "add"), **_about(call, chat, call.user, bot.id)}
    tell(call, bot, "COMMANDADD", {"command": shown, **about})


def reacted(call: Call, message: Message, reaction: str, action: str) -> None:
    """Tells of a reaction that the caller set (`add`) or took away (`delete`)."""
    chat = chats.get(call.portal.store, message.chat)
    if chat is None:
        return
    data = {"reaction": reaction, "action": action, **_said(call, message, "update")}
    for user in _watchers(call, chat):
        keep(call, user, "ONIMV2REACTIONCHANGE", {**data, **_about(call, chat, call.user, user, own=True)})
    author = bots.get(call.portal.store, message.author)
    if author is not None and author.id != call.user:
        tell(call, author, "REACTIONCHANGE", {**data, **_about(call, chat, call.user, author.id)})


def context(call: Call, chat: Chat, bot: Bot, given: dict[str, Any]) -> None:
    """Tells a bot with what its dialogue was opened."""
    about = _about(call, chat, call.user, bot.id)
    tell(call, bot, "CONTEXTGET", {"dialogId": about["chat"]["dialogId"], "context": given, **about})


def removed(call: Call, bot: Bot) -> None:
    """Listens to the removal of bots: the last event, then the options go."""
    tell(call, bot, "DELETE", {})
    store = call.portal.store
    store.execute("DELETE FROM im_bot_options WHERE bot = ?", (bot.id,))


chats.LISTENERS.append(follow)
chats.JOINERS.append(joined)
bots.RUNNERS.append(commanded)
bots.REMOVERS.append(removed)
