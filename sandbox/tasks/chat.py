"""The chat of a task: made when somebody first asks for it, and told to applications as comments are."""

from __future__ import annotations

import json
from typing import Any

from sandbox.kernel.call import Call
from sandbox.messenger import chats
from sandbox.messenger.chats import Chat, Message, What
from sandbox.tasks import details

ENTITY = "TASKS_TASK"
Row = dict[str, Any]


def chat_of(call: Call, row: Row) -> Chat:
    """The chat of a task, with all who have to do with it as members."""
    store = call.portal.store
    sql = "SELECT id FROM im_chats WHERE entityType = ? AND entityId = ?"
    number = store.value(sql, (ENTITY, str(row["id"])))
    people = [row["createdBy"], row["responsibleId"]]
    for name in ("accomplices", "auditors"):
        people += [int(user) for user in json.loads(row[name] or "[]")]
    known = chats.get(store, number) if number is not None else None
    if known is None:
        owner, title = row["createdBy"], row["title"] or ""
        return chats.create(call, "chat", people, title=title, owner=owner, entityType=ENTITY, entityId=str(row["id"]))
    for user in set(people) - set(chats.members(store, known.id)):
        chats.join(store, known.id, user)
    return known


def task_of(call: Call, message: Message) -> int | None:
    """The number of the task in whose chat a message was written."""
    chat = chats.get(call.portal.store, message.chat)
    return int(chat.entityId) if chat is not None and chat.entityType == ENTITY else None


def follow(call: Call, chat: Chat, message: Message, what: What) -> None:
    """Tells of a message in a task's chat (on-task-comment-add.md: the number of the comment is 0)."""
    if chat.entityType != ENTITY or what != "add" or message.system:
        return
    task = int(chat.entityId)
    details.note(call, task, "COMMENT", None, message.id)
    details.announce(call, "ADD", "undefined", {"ID": 0, "TASK_ID": task, "MESSAGE_ID": message.id})


chats.LISTENERS.append(follow)
