"""Messages of the news feed: `log.blogpost.*`, `log.blogcomment.*` (api-reference/log)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox.disk import objects
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.messenger import attachments
from sandbox.messenger.dialogs import truth, whole
from sandbox.social import fields, newsfeed
from sandbox.social.newsfeed import Comment, Post

_ADD = "SONET_CONTROLLER_LIVEFEED_BLOGPOST_ADD_ERROR"
_UPDATE = "SONET_CONTROLLER_LIVEFEED_BLOGPOST_UPDATE_ERROR"
_PAGE, _MOST_IN_CURSOR, _MOST_COMMENTS = 50, 200, 100


def _wrong(text: str, code: str | int = "") -> RestError:
    """Most refusals of this family have an empty code."""
    return RestError(code, text)


def _actor(call: Call) -> int:
    """In whose name it is done: USER_ID for an administrator, the caller for the rest."""
    number = whole(call.get("USER_ID"))
    return number if number and call.portal.is_admin(call.user) else call.user


def _entries(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return list(value.values())
    return list(value) if isinstance(value, list) else [] if value in (None, "") else [value]


def _dest(call: Call) -> list[str]:
    codes = _entries(call.get("DEST") or call.get("SPERM"))
    inner = [code for entry in codes for code in (_entries(entry) if isinstance(entry, (list, Mapping)) else [entry])]
    return list(dict.fromkeys(str(code).upper() for code in inner))


def _files(call: Call) -> list[tuple[str, bytes]]:
    """FILES: pairs of a name and its base64."""
    found = []
    for entry in _entries(call.get("FILES")):
        parts = _entries(entry)
        if len(parts) < 2:
            continue
        try:
            found.append((str(parts[0]), base64.b64decode(str(parts[1]), validate=True)))
        except (binascii.Error, ValueError):
            continue
    return found


def _removed(call: Call) -> list[int]:
    """The attachments FILES wants to be deleted: `{ID: 'del'}`."""
    given = call.get("FILES")
    pairs = given.items() if isinstance(given, Mapping) else ()
    return [whole(name) for name, value in pairs if value == "del"]


def _columns(call: Call) -> dict[str, Any]:
    """What a request says of a message."""
    found: dict[str, Any] = {}
    for name, column in (("POST_MESSAGE", "text"), ("POST_TITLE", "title")):
        if call.get(name) not in (None, ""):
            found[column] = str(call.get(name))
    if call.get("IMPORTANT") is not None:
        found["important"] = int(truth(call.get("IMPORTANT")))
    if call.get("IMPORTANT_DATE_END") is not None:
        found["until"] = str(call.get("IMPORTANT_DATE_END"))
    if call.get("TAGS") is not None:
        found["tags"] = newsfeed.tag_ids(call.portal.store, str(call.get("TAGS")).split(","))
    if call.get("UF_GRATITUDE") is not None:
        found["gratitude"] = whole(call.get("UF_GRATITUDE")) or None
    return found


@method("log.blogpost.add", "log", write=True, partial="backgrounds, link previews and polls are not kept")
def add(call: Call) -> int:
    """Writes a message; everybody reads it unless DEST says otherwise."""
    columns, author = _columns(call), _actor(call)
    if not columns.get("text"):
        raise _wrong("Blog post hasn't been added", _ADD)
    dest = _dest(call) or [newsfeed.EVERYBODY]
    dest = [code for code in dest if newsfeed.known(call, code)]
    if not dest:
        raise _wrong("No destination specified", _ADD)
    row = {name: json.dumps(value) if isinstance(value, list) else value for name, value in columns.items()}
    row |= {"author": author, "dest": json.dumps(dest), "at": int(call.portal.clock.timestamp())}
    number = call.portal.store.insert("feed_posts", row)
    files = newsfeed.attached(call, author, _files(call), "BLOG_POST", number)
    newsfeed.change(call.portal.store, "feed_posts", number, files=files)
    newsfeed.tell(call, "add", number)
    return number


def _writable(call: Call, post: Post) -> bool:
    return post.author == _actor(call) or call.portal.is_admin(call.user)


@method("log.blogpost.update", "log", write=True, partial="backgrounds, link previews and polls are not kept")
def update(call: Call) -> int:
    """Changes a message; its author and administrators may."""
    number, columns, store = whole(call.get("POST_ID")), _columns(call), call.portal.store
    if not number:
        raise _wrong("Wrong post ID", _UPDATE)
    post = newsfeed.get(store, number)
    if post is None:
        raise _wrong("No post found", _UPDATE)
    if not _writable(call, post):
        raise _wrong("No write perms", _UPDATE)
    if not columns.get("text") and not columns.get("title"):
        raise _wrong("Message title is not specified.", "EMPTY_TITLE")
    dest = [code for code in _dest(call) if newsfeed.known(call, code)]
    gone = _removed(call)
    files = [number for number in post.files if number not in gone]
    files += newsfeed.attached(call, post.author, _files(call), "BLOG_POST", post.id)
    newsfeed.change(store, "feed_posts", post.id, **columns, dest=dest or post.dest, files=files)
    newsfeed.tell(call, "update", post.id)
    return post.id


@method("log.blogpost.delete", "log", write=True)
def delete(call: Call) -> bool:
    """Deletes a message; its author and administrators may."""
    post = newsfeed.get(call.portal.store, whole(call.get("POST_ID")))
    if post is None:
        raise _wrong("Wrong post ID", "100")
    if not _writable(call, post):
        raise _wrong("You do not have permission to delete this message", "403")
    newsfeed.remove(call, post)
    return True


@method("log.blogpost.share", "log", write=True)
def share(call: Call) -> bool:
    """Gives a message more readers."""
    post, dest = newsfeed.get(call.portal.store, whole(call.get("POST_ID"))), _dest(call)
    if post is None:
        raise _wrong("Wrong post ID")
    if not dest:
        raise _wrong("Wrong destinations")
    if not newsfeed.readable(call, post, _actor(call)):
        raise _wrong("No read perms")
    if not all(newsfeed.known(call, code) for code in dest):
        raise _wrong("No access to one or more message recipients")
    newsfeed.change(call.portal.store, "feed_posts", post.id, dest=list(dict.fromkeys([*post.dest, *dest])))
    newsfeed.tell(call, "update", post.id)
    return True


@method("log.blogpost.getusers.important", "log", partial="the feed has no page, so nobody has read a message in it")
def important(call: Call) -> list[str]:
    """Who has read an important message."""
    if newsfeed.get(call.portal.store, whole(call.get("POST_ID"))) is None:
        raise _wrong("Wrong post ID")
    return []


def printed(call: Call, post: Post) -> dict[str, Any]:
    """A message."""
    count = call.portal.store.value("SELECT count(*) FROM feed_comments WHERE post = ?", (post.id,))
    return {
        "ID": str(post.id),
        "BLOG_ID": str(post.author),
        "PUBLISH_STATUS": "P",
        "TITLE": post.title or post.text[:100],
        "AUTHOR_ID": str(post.author),
        "ENABLE_COMMENTS": "Y",
        "NUM_COMMENTS": str(count),
        "CODE": None,
        "MICRO": "N" if post.title else "Y",
        "DETAIL_TEXT": post.text,
        "DATE_PUBLISH": call.portal.clock.iso_at(post.at),
        "CATEGORY_ID": ",".join(map(str, post.tags)),
        "HAS_SOCNET_ALL": "N",
        "HAS_TAGS": "Y" if post.tags else "N",
        "HAS_IMAGES": "N",
        "HAS_PROPS": "Y" if post.files or post.important else "N",
        "HAS_COMMENT_IMAGES": None,
        **fields.of_post(post),
        "FILES": post.files,
    }


def _moment(call: Call, name: str) -> int | None:
    value = call.get(name)
    if value in (None, ""):
        return None
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=call.portal.clock.zone)).timestamp())


def _wanted(call: Call) -> list[Post]:
    """The messages that the caller may read and asked for, the newest first."""
    codes = newsfeed.own_codes(call, call.user)
    found = [post for post in newsfeed.every(call.portal.store) if post.author == call.user or codes & set(post.dest)]
    rights = {str(code).upper() for code in _entries(call.get("LOG_RIGHTS"))}
    if call.get("POST_ID") not in (None, ""):
        found = [post for post in found if post.id == whole(call.get("POST_ID"))]
    elif rights:
        found = [post for post in found if rights & set(post.dest)]
    since, until = _moment(call, "LOG_DATE_FROM"), _moment(call, "LOG_DATE_TO")
    return [post for post in found if (since is None or post.at >= since) and (until is None or post.at <= until)]


@method("log.blogpost.get", "log")
def get(call: Call) -> Page | list[dict[str, Any]]:
    """The messages the caller may read, page by page or beside an entry (FIRST_ID, LAST_ID)."""
    found, first, last = _wanted(call), call.get("FIRST_ID"), call.get("LAST_ID")
    if first not in (None, "") or last not in (None, ""):
        size = min(whole(call.get("LIMIT")) or _PAGE, _MOST_IN_CURSOR)
        if first not in (None, ""):
            after = [post for post in reversed(found) if post.id > whole(first)]
        else:
            after = [post for post in found if post.id < whole(last)]
        return [printed(call, post) for post in after[:size]]
    start = whole(call.get("start"))
    return Page([printed(call, post) for post in found[start : start + _PAGE]], len(found), start)


@method("log.blogcomment.add", "log", write=True)
def comment_add(call: Call) -> int:
    """Comments a message that the caller may read; the same text twice is refused."""
    author, text, store = _actor(call), str(call.get("TEXT") or ""), call.portal.store
    post = newsfeed.get(store, whole(call.get("POST_ID")))
    if post is None:
        raise _wrong("No post found")
    if not newsfeed.readable(call, post, author):
        raise _wrong("No permissions")
    if not text.strip():
        raise _wrong("Blog comment hasn't been added")
    sent = _files(call)
    if not sent and newsfeed.comments(store, "post = ? AND author = ? AND text = ?", (post.id, author, text)):
        raise _wrong("Duplicate comment")
    at = int(call.portal.clock.timestamp())
    number = store.insert("feed_comments", {"post": post.id, "author": author, "text": text, "at": at})
    newsfeed.change(store, "feed_comments", number, files=newsfeed.attached(call, author, sent, "BLOG_COMMENT", number))
    return number


@method("log.blogcomment.delete", "log", write=True)
def comment_delete(call: Call) -> bool:
    """Deletes a comment; its author, the message's author and administrators may."""
    number, store, actor = whole(call.get("COMMENT_ID")), call.portal.store, _actor(call)
    if not number:
        raise _wrong("Wrong comment ID")
    found = newsfeed.comment(store, number)
    if found is None:
        raise _wrong("No comment found")
    post = newsfeed.get(store, found.post)
    if actor not in (found.author, post.author if post else 0) and not call.portal.is_admin(call.user):
        raise _wrong("No delete perms")
    store.execute("DELETE FROM feed_comments WHERE id = ?", (number,))
    return True


def _comment(call: Call, found: Comment) -> dict[str, Any]:
    return {
        "id": found.id,
        "comment_id": found.id,
        "log_id": found.post,
        "date": call.portal.clock.iso_at(found.at),
        "text": found.text,
        "attach": found.files,
    }


def _attachment(call: Call, number: int) -> dict[str, Any] | None:
    """An attached file as chats print it."""
    row = call.portal.store.one("SELECT object FROM disk_attached WHERE id = ?", (number,))
    file = objects.get(call.portal.store, row["object"]) if row else None
    if file is None:
        return None
    shown = attachments.printed(call, file, 0)
    names = ("date", "type", "name", "size", "image", "authorId", "authorName", "urlPreview", "urlShow", "urlDownload")
    return {"id": number, **{name: shown[name] for name in names}}


@method("log.blogcomment.user.get", "log")
def comment_user_get(call: Call) -> dict[str, Any]:
    """A user's comments with their files, the newest first."""
    user, store = whole(call.get("USER_ID")) or call.user, call.portal.store
    found = newsfeed.comments(store, "author = ?", (user,))
    first, last = whole(call.get("FIRST_ID")), whole(call.get("LAST_ID"))
    kept = [one for one in found if one.id > first and (not last or one.id < last)]
    shown = kept[: min(whole(call.get("LIMIT")) or _MOST_COMMENTS, _MOST_COMMENTS)]
    files = {str(number): _attachment(call, number) for one in shown for number in one.files}
    return {"comments": [_comment(call, one) for one in shown], "files": {k: v for k, v in files.items() if v}}
