"""Chats and messages: the rows, and what happens when somebody writes."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from sandbox.kernel.call import Call
from sandbox.kernel.store import Store, declare
from sandbox.messenger import people

declare(
    """
    CREATE TABLE IF NOT EXISTS im_chats (id INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL,
        title TEXT NOT NULL DEFAULT '', description TEXT NOT NULL DEFAULT '', color TEXT NOT NULL DEFAULT '',
        avatar TEXT NOT NULL DEFAULT '', owner INTEGER NOT NULL DEFAULT 0, entityType TEXT NOT NULL DEFAULT '',
        entityId TEXT NOT NULL DEFAULT '', entityData1 TEXT NOT NULL DEFAULT '',
        entityData2 TEXT NOT NULL DEFAULT '', entityData3 TEXT NOT NULL DEFAULT '', created INTEGER NOT NULL,
        folder INTEGER NOT NULL DEFAULT 0);
    CREATE INDEX IF NOT EXISTS im_chats_entity ON im_chats (entityType, entityId);
    CREATE TABLE IF NOT EXISTS im_members (chat INTEGER NOT NULL, user INTEGER NOT NULL,
        manager INTEGER NOT NULL DEFAULT 0, muted INTEGER NOT NULL DEFAULT 0, lastRead INTEGER NOT NULL DEFAULT 0,
        marked INTEGER NOT NULL DEFAULT 0, pinned INTEGER NOT NULL DEFAULT 0, unread INTEGER NOT NULL DEFAULT 0,
        hidden INTEGER NOT NULL DEFAULT 0, since INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (chat, user)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS im_members_user ON im_members (user);
    CREATE TABLE IF NOT EXISTS im_messages (id INTEGER PRIMARY KEY AUTOINCREMENT, chat INTEGER NOT NULL,
        author INTEGER NOT NULL, text TEXT NOT NULL, at INTEGER NOT NULL, system INTEGER NOT NULL DEFAULT 0,
        params TEXT NOT NULL DEFAULT '{}', uuid TEXT NOT NULL, deleted INTEGER NOT NULL DEFAULT 0);
    CREATE INDEX IF NOT EXISTS im_messages_chat ON im_messages (chat, id);
    """
)
Type = Literal["private", "chat", "open", "lines", "bot"]
DELETED = "Сообщение удалено"


@dataclass(frozen=True, slots=True)
class Chat:
    """A row of `im_chats`; `created` is in Unix seconds."""

    id: int
    type: Type
    title: str
    description: str
    color: str
    avatar: str
    owner: int
    entityType: str
    entityId: str
    entityData1: str
    entityData2: str
    entityData3: str
    created: int
    folder: int


@dataclass(frozen=True, slots=True)
class Message:
    """A row of `im_messages`; `author` 0 is the system, `at` is in Unix seconds."""

    id: int
    chat: int
    author: int
    text: str
    at: int
    system: bool
    params: dict[str, Any] = field(default_factory=dict)
    uuid: str = ""
    deleted: bool = False


What = Literal["add", "update", "delete"]
Listener = Callable[[Call, Chat, Message, What], None]
# Those who follow what is written: open lines send it to the client, bots are told.
LISTENERS: list[Listener] = []
Joiner = Callable[[Call, Chat, int], None]
# Those who follow who comes into a chat.
JOINERS: list[Joiner] = []


def get(store: Store, number: int) -> Chat | None:
    """The chat with this id."""
    row = store.one("SELECT * FROM im_chats WHERE id = ?", (number,))
    return Chat(**dict(row)) if row else None


def create(call: Call, kind: Type, members: Iterable[int] = (), **columns: Any) -> Chat:
    """Makes a chat with these members; the owner is one of its managers. `columns` as in `im_chats`."""
    store, now = call.portal.store, int(call.portal.clock.timestamp())
    number = store.insert("im_chats", {"type": kind, "created": now, **columns})
    if "color" not in columns:
        store.execute("UPDATE im_chats SET color = ? WHERE id = ?", (people.colour(number), number))
    members = list(members)
    for user in dict.fromkeys(members):
        join(store, number, user, manager=user == columns.get("owner"))
    chat = get(store, number)
    if chat is None:  # pragma: no cover - the row was inserted above
        raise LookupError(number)
    for user in dict.fromkeys(members):
        _came(call, chat, user)
    return chat


def change(store: Store, chat: int, **columns: Any) -> None:
    """Writes some columns of a chat."""
    sets = ", ".join(f"{name} = ?" for name in columns)
    store.execute(f"UPDATE im_chats SET {sets} WHERE id = ?", (*columns.values(), chat))


def private(call: Call, one: int, other: int, *, make: bool = True) -> Chat | None:
    """The dialogue of two people (or of one with himself); it is made when it is not there and may be."""
    low, high = sorted((one, other))
    key = f"{low}:{high}"
    row = call.portal.store.one("SELECT id FROM im_chats WHERE type = 'private' AND entityId = ?", (key,))
    if row is None:
        return create(call, "private", (one, other), owner=one, entityId=key) if make else None
    return get(call.portal.store, row["id"])


def join(store: Store, chat: int, user: int, *, manager: bool = False) -> bool:
    """Adds a member; False when the person is one already."""
    last = int(store.value("SELECT max(id) FROM im_messages WHERE chat = ?", (chat,)) or 0)
    done = store.execute(
        "INSERT OR IGNORE INTO im_members (chat, user, manager, lastRead, since) VALUES (?, ?, ?, ?, ?)",
        (chat, user, int(manager), last, last),
    )
    return done.rowcount > 0


def invite(call: Call, chat: Chat, user: int) -> bool:
    """Adds a member on somebody's wish; bots are told. False when the person is one already."""
    done = join(call.portal.store, chat.id, user)
    if done:
        _came(call, chat, user)
    return done


def _came(call: Call, chat: Chat, user: int) -> None:
    for joiner in JOINERS:
        joiner(call, chat, user)


def leave(store: Store, chat: int, user: int) -> bool:
    """Takes a member out; False when the person is none."""
    return store.execute("DELETE FROM im_members WHERE chat = ? AND user = ?", (chat, user)).rowcount > 0


def members(store: Store, chat: int) -> list[int]:
    """The ids of the members."""
    return [row[0] for row in store.rows("SELECT user FROM im_members WHERE chat = ? ORDER BY user", (chat,))]


def managers(store: Store, chat: int) -> list[int]:
    """The ids of those who manage the chat."""
    rows = store.rows("SELECT user FROM im_members WHERE chat = ? AND manager = 1 ORDER BY user", (chat,))
    return [row[0] for row in rows]


def is_member(store: Store, chat: int, user: int) -> bool:
    """Whether the person is a member."""
    return store.value("SELECT 1 FROM im_members WHERE chat = ? AND user = ?", (chat, user)) is not None


def post(
    call: Call, chat: Chat, author: int, text: str, *, system: bool = False, params: dict[str, Any] | None = None
) -> int:
    """Writes a message and returns its id; it is read by its author, and hidden dialogues come back."""
    store = call.portal.store
    row = {
        "chat": chat.id,
        "author": 0 if system else author,
        "text": text,
        "at": int(call.portal.clock.timestamp()),
        "system": int(system),
        "params": json.dumps(params or {}, ensure_ascii=False),
        "uuid": secrets.token_hex(16),
    }
    number = store.insert("im_messages", row)
    store.execute("UPDATE im_members SET hidden = 0 WHERE chat = ?", (chat.id,))
    store.execute(
        "UPDATE im_members SET lastRead = ?, unread = 0 WHERE chat = ? AND user = ?", (number, chat.id, author)
    )
    _tell(call, chat, number, "add")
    return number


def edit(call: Call, message: Message, text: str, params: dict[str, Any] | None = None) -> None:
    """Changes a message's text; the message says that it was edited."""
    kept = {**message.params, **(params or {}), "IS_EDITED": "Y"}
    call.portal.store.execute(
        "UPDATE im_messages SET text = ?, params = ? WHERE id = ?",
        (text, json.dumps(kept, ensure_ascii=False), message.id),
    )
    chat = get(call.portal.store, message.chat)
    if chat is not None:
        _tell(call, chat, message.id, "update")


def erase(call: Call, message: Message) -> None:
    """Deletes a message: its place stays, with a mark instead of the text."""
    kept = {**message.params, "IS_DELETED": "Y"}
    call.portal.store.execute(
        "UPDATE im_messages SET text = ?, params = ?, deleted = 1 WHERE id = ?",
        (DELETED, json.dumps(kept, ensure_ascii=False), message.id),
    )
    chat = get(call.portal.store, message.chat)
    if chat is None:
        return
    # Those who follow still learn what was said: a bot hears of a message that mentioned it.
    for listener in LISTENERS:
        listener(call, chat, replace(message, deleted=True), "delete")


def set_params(store: Store, message: Message, params: dict[str, Any]) -> None:
    """Replaces what is attached to a message (likes, buttons, ids in the client's messenger)."""
    store.execute(
        "UPDATE im_messages SET params = ? WHERE id = ?", (json.dumps(params, ensure_ascii=False), message.id)
    )


def _tell(call: Call, chat: Chat, number: int, what: What) -> None:
    message = message_of(call.portal.store, number)
    if message is None:
        return
    for listener in LISTENERS:
        listener(call, chat, message, what)


def _message(row: Any) -> Message:
    values = dict(row)
    values["params"] = json.loads(row["params"])
    return Message(**{**values, "system": bool(row["system"]), "deleted": bool(row["deleted"])})


def message_of(store: Store, number: int) -> Message | None:
    """The message with this id."""
    row = store.one("SELECT * FROM im_messages WHERE id = ?", (number,))
    return _message(row) if row else None


def messages(store: Store, chat: int, where: str = "1", args: Iterable[Any] = (), *, limit: int = 0) -> list[Message]:
    """Messages of a chat, the newest first; `limit` 0 gives all of them."""
    tail = f" LIMIT {limit}" if limit else ""
    sql = f"SELECT * FROM im_messages WHERE chat = ? AND {where} ORDER BY id DESC{tail}"
    return [_message(row) for row in store.rows(sql, (chat, *args))]


def last(store: Store, chat: int) -> Message | None:
    """The newest message of a chat."""
    found = messages(store, chat, limit=1)
    return found[0] if found else None


def unread(store: Store, chat: int, user: int) -> int:
    """How many messages of others a member has not read."""
    sql = (
        "SELECT count(*) FROM im_messages AS m JOIN im_members AS u ON u.chat = m.chat AND u.user = ?"
        " WHERE m.chat = ? AND m.id > u.lastRead AND m.author != ?"
    )
    return int(store.value(sql, (user, chat, user)) or 0)
