"""The news feed: messages with those who may read them, comments, files (api-reference/log)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.disk import objects
from sandbox.disk.attached import READERS
from sandbox.kernel.call import Call
from sandbox.kernel.portal import Happening
from sandbox.kernel.registry import events
from sandbox.kernel.store import Store, declare
from sandbox.messenger import folders
from sandbox.social import groups
from sandbox.structure import nodes

declare(
    """
    CREATE TABLE IF NOT EXISTS feed_posts (id INTEGER PRIMARY KEY AUTOINCREMENT, author INTEGER NOT NULL,
        title TEXT NOT NULL DEFAULT '', text TEXT NOT NULL, dest TEXT NOT NULL, important INTEGER NOT NULL DEFAULT 0,
        until TEXT NOT NULL DEFAULT '', tags TEXT NOT NULL DEFAULT '[]', files TEXT NOT NULL DEFAULT '[]',
        gratitude INTEGER, at INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS feed_tags (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE);
    CREATE TABLE IF NOT EXISTS feed_comments (id INTEGER PRIMARY KEY AUTOINCREMENT, post INTEGER NOT NULL,
        author INTEGER NOT NULL, text TEXT NOT NULL, files TEXT NOT NULL DEFAULT '[]', at INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS feed_comments_post ON feed_comments (post);
    """
)
_EVENTS = {what: f"ONLIVEFEEDPOST{what.upper()}" for what in ("add", "update", "delete")}
events("log", *_EVENTS.values())
EVERYBODY = "UA"
_UPLOADED = "Загруженные файлы"
_PREFIXES = ("SG", "DR", "U")


@dataclass(frozen=True, slots=True)
class Post:
    """A message; `dest` are codes of readers, `tags` ids, `files` attachments; `at` is in Unix seconds."""

    id: int
    author: int
    title: str
    text: str
    dest: list[str]
    important: int
    until: str
    tags: list[int]
    files: list[int]
    gratitude: int | None
    at: int


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment of a message."""

    id: int
    post: int
    author: int
    text: str
    files: list[int]
    at: int


def _post(row: Any) -> Post:
    return Post(**{**dict(row), **{name: json.loads(row[name]) for name in ("dest", "tags", "files")}})


def _comment(row: Any) -> Comment:
    return Comment(**{**dict(row), "files": json.loads(row["files"])})


def get(store: Store, number: int) -> Post | None:
    """The message with this id."""
    row = store.one("SELECT * FROM feed_posts WHERE id = ?", (number,))
    return _post(row) if row else None


def every(store: Store) -> list[Post]:
    """All messages, the newest first."""
    return [_post(row) for row in store.rows("SELECT * FROM feed_posts ORDER BY id DESC")]


def comment(store: Store, number: int) -> Comment | None:
    """The comment with this id."""
    row = store.one("SELECT * FROM feed_comments WHERE id = ?", (number,))
    return _comment(row) if row else None


def comments(store: Store, where: str, args: Sequence[Any]) -> list[Comment]:
    """Comments by a condition, the newest first."""
    return [_comment(row) for row in store.rows(f"SELECT * FROM feed_comments WHERE {where} ORDER BY id DESC", args)]


def known(call: Call, code: str) -> bool:
    """Whether a code of a reader means somebody."""
    if code == EVERYBODY:
        return True
    prefix = next((prefix for prefix in _PREFIXES if code.startswith(prefix)), "")
    number, store = code.removeprefix(prefix), call.portal.store
    if not prefix or not number.isdigit():
        return False
    if prefix == "SG":
        return groups.get(store, int(number)) is not None
    if prefix == "DR":
        return nodes.node(call, int(number)) is not None
    return store.value("SELECT 1 FROM users WHERE id = ?", (int(number),)) is not None


def own_codes(call: Call, user: int) -> set[str]:
    """The codes under which a user reads: everybody, the user, the groups, the departments and those above them."""
    store = call.portal.store
    inside = json.loads(store.value("SELECT departments FROM users WHERE id = ?", (user,)) or "[]")
    above = {number for department in inside for number in nodes.above(call, department)}
    rows = store.rows("SELECT groupId FROM sonet_members WHERE user = ? AND role != ?", (user, groups.WAITING))
    return {EVERYBODY, f"U{user}", *(f"DR{number}" for number in above), *(f"SG{row['groupId']}" for row in rows)}


def readable(call: Call, post: Post, user: int) -> bool:
    """Whether the user may read a message."""
    return post.author == user or bool(own_codes(call, user) & set(post.dest))


def _reads_post(call: Call, number: int) -> bool:
    post = get(call.portal.store, number)
    return post is not None and readable(call, post, call.user)


def _reads_comment(call: Call, number: int) -> bool:
    found = comment(call.portal.store, number)
    return found is not None and _reads_post(call, found.post)


READERS |= {"BLOG_POST": _reads_post, "BLOG_COMMENT": _reads_comment}


def tag_ids(store: Store, names: Iterable[str]) -> list[int]:
    """The ids of tags by their names; new ones are made."""
    found = []
    for name in dict.fromkeys(name.strip() for name in names if name.strip()):
        store.execute("INSERT OR IGNORE INTO feed_tags (name) VALUES (?)", (name,))
        found.append(int(store.value("SELECT id FROM feed_tags WHERE name = ?", (name,))))
    return found


def attached(call: Call, user: int, sent: Iterable[tuple[str, bytes]], kind: str, number: int) -> list[int]:
    """Puts files on the author's own drive and returns their attachments."""
    objects.ensure_storages(call)
    found = []
    for name, body in sent:
        folder = folders.inside(call, objects.storage_for(call, "user", str(user), ""), _UPLOADED)
        file = objects.add_file(call, folder, name, body, unique=True)
        found.append(objects.attach(call, file.id, "blog", kind, number))
    return found


def change(store: Store, table: str, number: int, **columns: Any) -> None:
    """Writes columns of a message or a comment; lists are kept as JSON."""
    if not columns:
        return
    row = {name: json.dumps(value) if isinstance(value, list) else value for name, value in columns.items()}
    sets = ", ".join(f"{name} = ?" for name in row)
    store.execute(f"UPDATE {table} SET {sets} WHERE id = ?", (*row.values(), number))


def tell(call: Call, what: str, number: int) -> None:
    """Sends the event of a message that was added, changed or deleted."""
    if call.notes.get("silent"):
        return
    actor = None if call.source in ("robot", "system") else call.user
    call.portal.happen(Happening(_EVENTS[what], {"FIELDS": {"POST_ID": number}}, actor))


def remove(call: Call, post: Post) -> None:
    """Deletes a message with its comments."""
    store = call.portal.store
    store.execute("DELETE FROM feed_comments WHERE post = ?", (post.id,))
    store.execute("DELETE FROM feed_posts WHERE id = ?", (post.id,))
    tell(call, "delete", post.id)
