"""Conversations: `imopenlines.session.*`, `operator.*`, `dialog.get`, `message.session.start`."""

from __future__ import annotations

from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.messenger import chats, people, printing
from sandbox.messenger.chats import Chat
from sandbox.openlines import connectors, conversations, history, lines
from sandbox.openlines.conversations import Session
from sandbox.openlines.entry import may_open, no_rights, talk_of


def _wrong_operator() -> RestError:
    return RestError("OPERATOR_WRONG", "You cannot redirect to this operator")


@method("imopenlines.operator.answer", "imopenlines", write=True)
def answer(call: Call) -> bool:
    """The caller takes the conversation."""
    _, session = talk_of(call)
    conversations.assign(call, session, call.user, answered=True)
    return True


@method("imopenlines.operator.finish", "imopenlines", write=True)
def finish(call: Call) -> bool:
    """Closes the caller's conversation."""
    _, session = talk_of(call)
    if session.operator != call.user and not call.portal.is_admin(call.user):
        raise no_rights()
    conversations.finish(call, session)
    return True


@method("imopenlines.operator.another.finish", "imopenlines", write=True)
def another_finish(call: Call) -> bool:
    """Closes anybody's conversation."""
    conversations.finish(call, talk_of(call)[1])
    return True


@method("imopenlines.operator.spam", "imopenlines", write=True)
def spam(call: Call) -> bool:
    """Closes a conversation as spam."""
    conversations.finish(call, talk_of(call)[1], spam=True)
    return True


@method("imopenlines.operator.skip", "imopenlines", write=True)
def skip(call: Call) -> bool:
    """Hands the conversation to the next employee of the queue."""
    _, session = talk_of(call)
    line = lines.get(call.portal.store, session.line)
    queue = lines.operators(call.portal.store, line) if line else []
    rest = [user for user in queue if user != session.operator]
    if session.closed or not rest:
        raise RestError("ACCESS_DENIED_KICK", "Insufficient permissions to remove participants from the chat")
    after = (
        [user for user in rest if queue.index(user) > queue.index(session.operator)]
        if (session.operator in queue)
        else rest
    )
    _hand_over(call, session, (after or rest)[0])
    return True


def _hand_over(call: Call, session: Session, user: int) -> None:
    if session.operator:
        chats.leave(call.portal.store, session.chat, session.operator)
    conversations.assign(call, session, user, answered=False)


@method("imopenlines.operator.transfer", "imopenlines", write=True)
def transfer(call: Call) -> bool:
    """Hands the conversation to an employee (USER_ID, TRANSFER_ID) or to a line (QUEUE_ID, TRANSFER_ID=queueN)."""
    _, session = talk_of(call, old=True)
    user, queue = target(call)
    send(call, session, user, queue)
    return True


def target(call: Call) -> tuple[int, int]:
    """The employee or the line that a transfer names, the other one 0."""
    for name, text in (("USER_ID", "User ID can't be empty"), ("QUEUE_ID", "QUEUE ID can't be empty")):
        value = call.get(name)
        if value is not None:
            if not str(value).isdigit() or int(value) <= 0:
                raise RestError(f"{name}_EMPTY", text)
            return (int(value), 0) if name == "USER_ID" else (0, int(value))
    wish = str(call.get("TRANSFER_ID") or "")
    number = wish.removeprefix("queue")
    if not number.isdigit():
        raise RestError("TRANSFER_ID_EMPTY", "Queue ID or User ID can't be empty")
    return (0, int(number)) if wish.startswith("queue") else (int(number), 0)


def send(call: Call, session: Session, user: int, queue: int) -> None:
    """Carries a transfer out; a closed conversation or nobody to take it is refused."""
    store = call.portal.store
    if session.closed:
        raise _wrong_operator()
    if queue:
        line = lines.get(store, queue)
        user = lines.next_operator(store, line) if line is not None and line.active else 0
        if user:
            conversations.change(store, session.id, line=queue)
    person = people.find(store, user) if user else None
    if person is None or not person.active or person.kind != "user" or user == session.operator:
        raise _wrong_operator()
    _hand_over(call, session, user)


@method("imopenlines.session.intercept", "imopenlines", write=True)
def intercept(call: Call) -> bool:
    """The caller takes the conversation from its operator."""
    _, session = talk_of(call, old=True)
    if session.closed or session.operator == call.user:
        raise RestError("OPERATOR_WRONG", "You can not redirect to this operator")
    _hand_over(call, session, call.user)
    conversations.change(call.portal.store, session.id, answered=1)
    return True


@method("imopenlines.session.join", "imopenlines", write=True)
def join(call: Call) -> bool:
    """The caller becomes a member beside the operator."""
    chat, _ = talk_of(call)
    chats.join(call.portal.store, chat.id, call.user)
    return True


@method("imopenlines.session.start", "imopenlines", write=True)
def start(call: Call) -> bool:
    """Begins a new session in a chat; an open one is closed first."""
    chat, session = talk_of(call)
    _start(call, chat, session)
    return True


def _start(call: Call, chat: Chat, session: Session) -> None:
    line, connector = lines.get(call.portal.store, session.line), connectors.find(call.portal.store, session.connector)
    if line is None or connector is None:
        raise RestError("CHAT_TYPE", "The specified chat is not an open line")
    conversations.finish(call, session)
    fresh, _ = conversations.opened(call, line, connector, chat, session.guest, session.outerChat)
    conversations.assign(call, fresh, call.user, answered=True)


@method("imopenlines.message.session.start", "imopenlines", write=True)
def start_from_message(call: Call) -> bool:
    """Begins a new session with a message of the old one."""
    chat, session = talk_of(call)
    value = str(call.get("MESSAGE_ID") or "")
    message = chats.message_of(call.portal.store, int(value)) if value.isdigit() else None
    _start(call, chat, session)
    if message is not None and message.chat == chat.id:
        copied = {**message.params, "SILENT": "Y"}
        chats.post(call, chat, message.author, message.text, params=copied)
    return True


@method("imopenlines.session.open", "imopenlines")
def session_open(call: Call) -> dict[str, str]:
    """The chat of a USER_CODE."""
    found = call.portal.store.value(
        "SELECT id FROM im_chats WHERE entityType = 'LINES' AND entityId = ?", (str(call.get("USER_CODE") or ""),)
    )
    session = conversations.latest(call.portal.store, found) if found else None
    chat = chats.get(call.portal.store, found) if found else None
    if chat is None or session is None or not may_open(call, chat, session):
        text = "You cannot open this conversation because you do not have sufficient permissions"
        raise RestError("ACCESS_DENIED", text)
    return {"chatId": str(chat.id)}


@method("imopenlines.session.mode.silent", "imopenlines", write=True)
def silent(call: Call) -> bool:
    """Switches the mode in which employees talk among themselves."""
    _, session = talk_of(call)
    on = str(call.get("ACTIVATE") or "N").upper() == "Y"
    conversations.change(call.portal.store, session.id, silent=int(on))
    conversations.refresh(call, session.chat)
    return True


@method("imopenlines.session.mode.pin", "imopenlines", write=True)
def pin(call: Call) -> bool:
    """Pins a conversation to the caller, or unpins it."""
    _, session = talk_of(call, old=call.get("CHAT_ID") is None)
    on = str(call.get("ACTIVATE") or "Y").upper() == "Y"
    conversations.change(call.portal.store, session.id, pinned=int(on))
    conversations.refresh(call, session.chat)
    return True


@method("imopenlines.session.mode.pinAll", "imopenlines", write=True)
def pin_all(call: Call) -> list[int]:
    """Pins the caller's open conversations; their numbers."""
    return _pin_all(call, 1)


@method("imopenlines.session.mode.unpinAll", "imopenlines", write=True)
def unpin_all(call: Call) -> list[int]:
    """Unpins the caller's conversations; their numbers."""
    return _pin_all(call, 0)


def _pin_all(call: Call, pinned: int) -> list[int]:
    sql = "SELECT id FROM openline_sessions WHERE operator = ? AND closed = 0 AND pinned != ? ORDER BY id DESC"
    found = [row[0] for row in call.portal.store.rows(sql, (call.user, pinned))]
    for number in found:
        conversations.change(call.portal.store, number, pinned=pinned)
    return found


@method("imopenlines.session.head.vote", "imopenlines", write=True)
def head_vote(call: Call) -> bool:
    """A head's mark (1 to 5) and comment for a conversation."""
    value = str(call.get("SESSION_ID") or "")
    if not value.isdigit() or int(value) <= 0:
        raise RestError("EMPTY_SESSION_ID", "Session ID can't be empty")
    rating, comment = call.get("RATING"), call.get("COMMENT")
    if rating in (None, "") and comment in (None, ""):
        raise RestError("EMPTY_VOTE_PARAMS", "At least one of the parameters RATING or COMMENT must be specified")
    session = conversations.get(call.portal.store, int(value))
    if session is None or not call.portal.is_admin(call.user):
        raise no_rights()
    changes: dict[str, Any] = {}
    if str(rating or "").isdigit():
        changes["voteHead"] = max(1, min(5, int(str(rating))))
    if comment not in (None, ""):
        changes["commentHead"] = str(comment)
    conversations.change(call.portal.store, session.id, **changes)
    return True


@method("imopenlines.session.history.get", "imopenlines")
def history_get(call: Call) -> dict[str, Any]:
    """The messages of a session with the people and the chat of it."""
    number, chat = str(call.get("SESSION_ID") or ""), str(call.get("CHAT_ID") or "").removeprefix("chat")
    if not number and not chat:
        raise RestError("MISSING_REQUIRED_PARAM", "Session ID or Chat ID must be provided")
    store = call.portal.store
    session = conversations.get(store, int(number)) if number.isdigit() else None
    if not number:
        session = conversations.latest(store, int(chat)) if chat.isdigit() else None
        if session is None:
            raise RestError("INVALID_SESSION_ID", "Unable to determine session ID from provided parameters")
    found = chats.get(store, session.chat) if session else None
    if session is None or found is None or not may_open(call, found, session):
        raise no_rights()
    return history.printed(call, found, session)


@method("imopenlines.dialog.get", "imopenlines")
def dialog_get(call: Call) -> dict[str, Any]:
    """The chat of CHAT_ID, DIALOG_ID, SESSION_ID or USER_CODE."""
    chat = _named_chat(call)
    session = conversations.latest(call.portal.store, chat.id) if chat else None
    if chat is None or session is None or not may_open(call, chat, session):
        raise RestError("ACCESS_ERROR", "You do not have access to the specified dialog")
    return printing.dialog(call.portal, chat, call.user)


def _named_chat(call: Call) -> Chat | None:
    store = call.portal.store
    if call.get("USER_CODE"):
        code = str(call.get("USER_CODE")).removeprefix("imol|")
        found = store.value("SELECT id FROM im_chats WHERE entityType = 'LINES' AND entityId = ?", (code,))
        return chats.get(store, found) if found else None
    if str(call.get("SESSION_ID") or "").isdigit():
        session = conversations.get(store, call.integer("SESSION_ID"))
        return chats.get(store, session.chat) if session else None
    value = str(call.get("CHAT_ID") or call.get("DIALOG_ID") or "").removeprefix("chat")
    return chats.get(store, int(value)) if value.isdigit() else None
