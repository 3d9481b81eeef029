"""Conversations of open lines: a client writes, employees answer, sessions open and close."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sandbox.crm import chats as cards
from sandbox.kernel.call import Call
from sandbox.kernel.outbox import deliver
from sandbox.kernel.registry import events
from sandbox.kernel.store import Store, declare
from sandbox.messenger import chats, people
from sandbox.messenger.chats import Chat, Message
from sandbox.openlines import clients, connectors, lines
from sandbox.openlines.connectors import Connector
from sandbox.openlines.lines import Line

declare(
    """
    CREATE TABLE IF NOT EXISTS openline_sessions (id INTEGER PRIMARY KEY AUTOINCREMENT, chat INTEGER NOT NULL,
        line INTEGER NOT NULL, connector TEXT NOT NULL, outerChat TEXT NOT NULL, guest INTEGER NOT NULL,
        operator INTEGER NOT NULL DEFAULT 0, answered INTEGER NOT NULL DEFAULT 0, closed INTEGER NOT NULL DEFAULT 0,
        parent INTEGER NOT NULL DEFAULT 0, created INTEGER NOT NULL, closedAt INTEGER,
        silent INTEGER NOT NULL DEFAULT 0, pinned INTEGER NOT NULL DEFAULT 0,
        spam INTEGER NOT NULL DEFAULT 0, voteHead INTEGER NOT NULL DEFAULT 0,
        commentHead TEXT, activity INTEGER NOT NULL DEFAULT 0, firstMessage INTEGER NOT NULL DEFAULT 0);
    CREATE INDEX IF NOT EXISTS openline_sessions_chat ON openline_sessions (chat);
    """
)
events("imopenlines", "ONSESSIONSTART", "ONSESSIONFINISH")
events("imopenlines", *(f"ONOPENLINEMESSAGE{what}" for what in ("ADD", "UPDATE", "DELETE")))
events("imconnector", *(f"ONIMCONNECTORMESSAGE{what}" for what in ("ADD", "UPDATE", "DELETE")))
events("imconnector", "ONIMCONNECTORDIALOGSTART", "ONIMCONNECTORDIALOGFINISH")
CLOSE_MINUTES = 10


@dataclass(frozen=True, slots=True)
class Session:
    """One conversation in a chat; the chat goes on with the next session when the client comes back."""

    id: int
    chat: int
    line: int
    connector: str
    outerChat: str
    guest: int
    operator: int
    answered: bool
    closed: bool
    parent: int
    created: int
    closedAt: int | None
    silent: bool
    pinned: bool
    spam: bool
    voteHead: int
    commentHead: str | None
    activity: int
    firstMessage: int


@dataclass(frozen=True, slots=True)
class Letter:
    """What came from the client's messenger. `outer_id` is the message's id there; `track` is False
    for a message that must not touch CRM; `manager` writes instead of the client when it is set."""

    text: str
    outer_id: str = ""
    files: list[dict[str, Any]] = field(default_factory=list)
    track: bool = True
    manager: int = 0


def get(store: Store, number: int) -> Session | None:
    """The session with this id."""
    return _session(store.one("SELECT * FROM openline_sessions WHERE id = ?", (number,)))


def latest(store: Store, chat: int) -> Session | None:
    """The newest session of a chat, open or closed."""
    return _session(store.one("SELECT * FROM openline_sessions WHERE chat = ? ORDER BY id DESC LIMIT 1", (chat,)))


def _session(row: Any) -> Session | None:
    return Session(**dict(row)) if row is not None else None


def change(store: Store, number: int, **columns: Any) -> None:
    """Writes some columns of a session."""
    sets = ", ".join(f"{name} = ?" for name in columns)
    store.execute(f"UPDATE openline_sessions SET {sets} WHERE id = ?", (*columns.values(), number))


def user_code(connector: str, line: int, outer_chat: str, guest: int) -> str:
    """The code of a conversation's place: `livechat|22|1775|599` (imopenlines-dialog-get.md)."""
    return f"{connector}|{line}|{outer_chat}|{guest}"


def receive(
    call: Call, line: Line, connector: Connector, guest: int, outer_chat: str, letter: Letter
) -> tuple[Session, int]:
    """The client writes: the chat and the session are there afterwards, CRM knows; returns the message's id."""
    chat = place(call, line, connector, guest, outer_chat)
    session, fresh = opened(call, line, connector, chat, guest, outer_chat)
    if letter.track and line.on("CRM") and not connector.group:
        clients.bind(call, line, connector, chat, session.id, guest)
    author = letter.manager or guest
    params: dict[str, Any] = {"CONNECTOR_MID": [letter.outer_id]} if letter.outer_id else {}
    if letter.files:
        params["FILES"] = letter.files
    number = chats.post(call, chat, author, letter.text, params=params)
    if fresh:
        change(call.portal.store, session.id, firstMessage=number)
        if line.on("WELCOME_MESSAGE"):
            speak(call, chat, str(line.data["WELCOME_MESSAGE_TEXT"]))
    if letter.track:
        clients.note_activity(call, connector, session.id, guest, letter.text, session.operator)
    refresh(call, chat.id)
    return latest(call.portal.store, chat.id) or session, number


def place(call: Call, line: Line, connector: Connector, guest: int, outer_chat: str) -> Chat:
    """The chat of a client (of an outer chat, when the connector groups) with a line; made when new."""
    store = call.portal.store
    code = user_code(connector.id, line.id, outer_chat, guest)
    if connector.group:
        sql = "SELECT id FROM im_chats WHERE entityType = 'LINES' AND entityId LIKE ? ESCAPE '\\'"
        found = store.value(sql, (_escaped(f"{connector.id}|{line.id}|{outer_chat}|") + "%",))
    else:
        found = store.value("SELECT id FROM im_chats WHERE entityType = 'LINES' AND entityId = ?", (code,))
    chat = chats.get(store, found) if found else None
    if chat is None:
        person = people.find(store, guest)
        title = f"{person.name if person else connector.name} - {line.name}"
        chat = chats.create(call, "lines", [guest], title=title, entityType="LINES", entityId=code)
    chats.join(store, chat.id, guest)
    return chat


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def opened(
    call: Call, line: Line, connector: Connector, chat: Chat, guest: int, outer_chat: str
) -> tuple[Session, bool]:
    """The open session of a chat; a new one goes to the next employee of the queue. Second: whether it is new."""
    store = call.portal.store
    before = latest(store, chat.id)
    if before is not None and not before.closed:
        return before, False
    bot = _welcome_bot(store, line, first=before is None)
    operator = bot or lines.next_operator(store, line)
    row = {
        "chat": chat.id,
        "line": line.id,
        "connector": connector.id,
        "outerChat": outer_chat,
        "guest": guest,
        "operator": operator,
        "parent": before.id if before else 0,
        "created": int(call.portal.clock.timestamp()),
    }
    number = store.insert("openline_sessions", row)
    everybody = lines.operators(store, line) if line.data["QUEUE_TYPE"] == "all" and not bot else [operator]
    for user in everybody:
        if user:
            chats.invite(call, chat, user)
    chats.change(store, chat.id, owner=operator)
    cards.set_active(store, chat.id, True)
    session = get(store, number)
    if session is None:  # pragma: no cover - the row was inserted above
        raise LookupError(number)
    _announce(call, connector, session, "START")
    return session, True


def _welcome_bot(store: Store, line: Line, *, first: bool) -> int:
    """The bot that meets clients of a line, 0 when none does."""
    number = int(line.data["WELCOME_BOT_ID"] or 0) if line.on("WELCOME_BOT_ENABLE") else 0
    person = people.find(store, number) if number else None
    meets = first or line.data["WELCOME_BOT_JOIN"] == "always"
    return number if meets and person is not None and person.kind == "bot" else 0


def speak(call: Call, chat: Chat, text: str) -> int:
    """The line itself says something to the client (greeting, closing words)."""
    return chats.post(call, chat, 0, text, system=True, params={"CLASS": "bx-messenger-content-item-ol-output"})


def finish(call: Call, session: Session, *, spam: bool = False) -> None:
    """Closes a session; the client's next message begins another."""
    if session.closed:
        return
    store = call.portal.store
    line, connector = lines.get(store, session.line), connectors.find(store, session.connector)
    chat = chats.get(store, session.chat)
    if line is not None and chat is not None and line.data["CLOSE_RULE"] == "text" and not spam:
        speak(call, chat, str(line.data["CLOSE_TEXT"]))
    now = int(call.portal.clock.timestamp())
    change(store, session.id, closed=1, closedAt=now, pinned=0, spam=int(spam))
    cards.set_active(store, session.chat, False)
    clients.complete_activity(call, session.activity)
    refresh(call, session.chat)
    closed = get(store, session.id)
    if connector is not None and closed is not None:
        _announce(call, connector, closed, "FINISH")


def assign(call: Call, session: Session, operator: int, *, answered: bool) -> None:
    """Gives a conversation to an employee, who becomes a member and the owner of the chat."""
    store = call.portal.store
    chats.join(store, session.chat, operator, manager=True)
    chats.change(store, session.chat, owner=operator)
    change(store, session.id, operator=operator, answered=int(answered))
    line = lines.get(store, session.line)
    if line is not None and line.on("CRM_TRANSFER_CHANGE") and operator != session.operator:
        clients.reassign(call, session.chat, operator)
    refresh(call, session.chat)


def _announce(call: Call, connector: Connector, session: Session, what: str) -> None:
    if call.notes.get("silent"):
        return
    data = {
        "connector": {
            "connector_id": connector.id,
            "line_id": session.line,
            "chat_id": session.outerChat,
            "user_id": session.guest,
        },
        "session": {
            "id": session.id,
            "closed": "Y" if session.closed else "N",
            "parent_id": session.parent,
            "close_term": CLOSE_MINUTES,
        },
        "chat": {"id": session.chat},
        "user": {"id": session.guest},
    }
    actor = None if call.source in ("robot", "system") else call.user
    outer = {"CONNECTOR": connector.id, "LINE": str(session.line), "DATA": [data]}
    connectors.tell(call.portal, connector, f"ONIMCONNECTORDIALOG{what}", outer, actor)
    connectors.tell(call.portal, connector, f"ONSESSION{what}", {"DATA": [data]}, actor)


def refresh(call: Call, chat: int) -> None:
    """Rewrites the chat's own notes of its session and cards (`entity_data_1`, `entity_data_2`)."""
    store = call.portal.store
    session = latest(store, chat)
    if session is None:
        return
    bound = clients.bound(store, chat)
    first = next(((kind, bound[kind]) for kind in ("LEAD", "DEAL", "CONTACT", "COMPANY") if bound[kind]), ("NONE", 0))
    marks = (
        "Y" if first[1] else "N",
        *first,
        "Y" if session.pinned else "N",
        "N",
        session.id,
        session.created,
        0,
        0,
        0,
    )
    listed = "|".join(f"{kind}|{bound[kind]}" for kind in ("LEAD", "COMPANY", "CONTACT", "DEAL"))
    silent = "Y" if session.silent else "N"
    chats.change(store, chat, entityData1="|".join(map(str, marks)), entityData2=listed, entityData3=silent)


def follow(call: Call, chat: Chat, message: Message, what: chats.What) -> None:
    """Listens to every chat: what an employee writes in an open line goes to the client."""
    if chat.type != "lines":
        return
    store = call.portal.store
    session = latest(store, chat.id)
    connector = connectors.find(store, session.connector) if session else None
    if session is None or connector is None or message.params.get("SILENT") == "Y":
        return
    person = people.find(store, message.author)
    from_client = person is not None and person.kind == "connector"
    if what == "add":
        _tell_line(call, connector, session, message)
    elif not from_client:
        _tell_changed_line(call, connector, session, message, what)
    if not from_client and (not message.system or "CLASS" in message.params):
        _outwards(call, connector, session, message, what)


def _outwards(call: Call, connector: Connector, session: Session, message: Message, what: chats.What) -> None:
    author = people.find(call.portal.store, message.author)
    if what == "add":
        deliver(call, "openline", str(session.chat), message.text)
        if author is not None and author.kind == "user":
            if session.closed:
                change(call.portal.store, session.id, closed=0, closedAt=None)
                cards.set_active(call.portal.store, session.chat, True)
            if not session.answered:
                assign(call, session, session.operator or author.id, answered=True)
    if call.notes.get("silent"):
        return
    signed = f"[b]{author.name}:[/b] [br]{message.text}" if author and connector.signs else message.text
    outer = [str(number) for number in message.params.get("CONNECTOR_MID", [])]
    contents: dict[chats.What, dict[str, Any]] = {
        "add": {"user_id": message.author, "text": signed},
        "update": {"id": outer, "text": signed},
        "delete": {"id": outer[0] if outer else ""},
    }
    parcel = {
        "im": {"chat_id": session.chat, "message_id": message.id},
        "message": contents[what],
        "chat": {"id": session.outerChat},
    }
    data = {"CONNECTOR": connector.id, "LINE": session.line, "MESSAGES": [parcel]}
    actor = None if call.source in ("robot", "system") else call.user
    connectors.tell(call.portal, connector, f"ONIMCONNECTORMESSAGE{what}", data, actor)


def _tell_line(call: Call, connector: Connector, session: Session, message: Message) -> None:
    if call.notes.get("silent"):
        return
    data = {
        "connector": {
            "connector_id": connector.id,
            "line_id": session.line,
            "chat_id": session.outerChat,
            "user_id": session.guest,
        },
        "chat": {"id": session.chat},
        "message": {
            "id": message.id,
            "date": call.portal.clock.iso_at(message.at),
            "text": message.text,
            "files": message.params.get("FILES", []),
            "attach": "",
            "system": "Y" if message.system else "N",
            "user_id": message.author,
        },
        "ref": [],
        "extra": {"EXTRA_URL": ""},
    }
    actor = None if call.source in ("robot", "system") else call.user
    connectors.tell(call.portal, connector, "ONOPENLINEMESSAGEADD", {"DATA": [data]}, actor)


def _tell_changed_line(call: Call, connector: Connector, session: Session, message: Message, what: chats.What) -> None:
    if call.notes.get("silent"):
        return
    entry = {
        "im": {"chat_id": session.chat, "message_id": message.id},
        "message": {"id": message.id},
        "chat": {"id": session.chat},
    }
    data = {"CONNECTOR": connector.id, "LINE": session.line, "DATA": [entry]}
    connectors.tell(call.portal, connector, f"ONOPENLINEMESSAGE{what}", data, call.user)


chats.LISTENERS.append(follow)
