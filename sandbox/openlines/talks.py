"""What the employee's view and the control side do with open lines: see the talks, write for either side.

for talk in talks(portal): ...                       # newest first; talk.chat, talk.title, talk.line ...
for said in said_in(portal, talk.chat): ...          # oldest first; said.side is "client", "employee", "system"
client_writes(portal, line=1, client={"name": "Ольга", "phone": "+79990000001"}, text="Здравствуйте")
client_answers(portal, chat=900, text="Спасибо")
employee_writes(portal, chat=900, user=11, text="Добрый день")
employee_finishes(portal, chat=900, user=11)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from sandbox.crm import chats as cards
from sandbox.kernel.call import Call, Source
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal
from sandbox.kernel.registry import Method
from sandbox.kernel.store import Store
from sandbox.messenger import chats, people
from sandbox.openlines import connectors, conversations, lines
from sandbox.openlines.connectors import Connector
from sandbox.openlines.lines import Line

Result = TypeVar("Result")
Side = Literal["client", "employee", "bot", "system"]


@dataclass(frozen=True, slots=True)
class Talk:
    """A chat of an open line as a list shows it. `cards` are pairs of entity type and id; `operator` is
    the answering employee's id (0 for nobody), `at` the last message's moment in Unix seconds;
    `waiting` says that the client wrote last."""

    chat: int
    title: str
    line: int
    line_name: str
    connector: str
    connector_name: str
    client: int
    client_name: str
    operator: int
    operator_name: str
    open: bool
    cards: list[tuple[int, int]]
    text: str
    at: int
    waiting: bool


@dataclass(frozen=True, slots=True)
class Said:
    """A message of a talk; `at` is in Unix seconds, `deleted` messages keep a mark for a text."""

    id: int
    author: int
    name: str
    side: Side
    text: str
    at: int
    edited: bool
    deleted: bool


def talks(portal: Portal) -> list[Talk]:
    """Every chat of the open lines, the one with the newest message first."""
    rows = portal.store.rows("SELECT max(id) AS id FROM openline_sessions GROUP BY chat")
    found = [_talk(portal.store, session) for row in rows if (session := conversations.get(portal.store, row["id"]))]
    return sorted(found, key=lambda talk: (talk.at, talk.chat), reverse=True)


def talk(portal: Portal, chat: int) -> Talk | None:
    """One chat of an open line."""
    session = conversations.latest(portal.store, chat)
    return _talk(portal.store, session) if session else None


def _talk(store: Store, session: conversations.Session) -> Talk:
    chat, line = chats.get(store, session.chat), lines.get(store, session.line)
    known = people.of(store, (session.guest, session.operator))
    newest = chats.last(store, session.chat)
    return Talk(
        chat=session.chat,
        title=chat.title if chat else "",
        line=session.line,
        line_name=line.name if line else "",
        connector=session.connector,
        connector_name=connectors.title(store, session.connector),
        client=session.guest,
        client_name=_name(known, session.guest),
        operator=session.operator,
        operator_name=_name(known, session.operator),
        open=not session.closed,
        cards=cards.cards_of(store, session.chat),
        text=newest.text if newest else "",
        at=newest.at if newest else session.created,
        waiting=newest is not None and newest.author == session.guest,
    )


def _name(known: Mapping[int, people.Person], number: int) -> str:
    return known[number].name if number in known else ""


def user_code(portal: Portal, chat: int) -> str:
    """The code of a chat's place in its channel: `livechat|22|1775|599`."""
    found = chats.get(portal.store, chat)
    return found.entityId if found else ""


def said_in(portal: Portal, chat: int) -> list[Said]:
    """The messages of a chat, the oldest first."""
    found = chats.messages(portal.store, chat)
    known = people.of(portal.store, [message.author for message in found])
    return [_said(message, known.get(message.author)) for message in reversed(found)]


def _said(message: chats.Message, author: people.Person | None) -> Said:
    sides: dict[str, Side] = {"connector": "client", "user": "employee", "bot": "bot"}
    return Said(
        id=message.id,
        author=message.author,
        name=author.name if author else "",
        side="system" if message.system or author is None else sides[author.kind],
        text=message.text,
        at=message.at,
        edited=message.params.get("IS_EDITED") == "Y",
        deleted=message.deleted,
    )


def open_lines(portal: Portal) -> list[tuple[int, str, list[str]]]:
    """The lines a client can write to: id, name, and the codes of the connectors switched on."""
    sql = "SELECT connector FROM im_connector_lines WHERE line = ? AND active = 1 ORDER BY connector"
    return [
        (line.id, line.name, [row[0] for row in portal.store.rows(sql, (line.id,))])
        for line in lines.every(portal.store)
        if line.active
    ]


def client_writes(
    portal: Portal, *, line: int, client: Mapping[str, Any] | str, text: str, connector: str = ""
) -> dict[str, int]:
    """A client writes to a line.

    `client` is a name, or a map with `name`, `last_name`, `phone`, `email` and `id` (the id in the
    client's messenger; without it the phone, e-mail or name tells clients apart). `connector` is a code;
    without one it is the line's first one that is switched on, else the online chat. Returns the numbers
    of `chat`, `session`, `message` and `client`.
    """
    given = {"name": client} if isinstance(client, str) else dict(client)
    outer = str(given.get("id") or given.get("phone") or given.get("email") or given.get("name") or "")
    if not outer or not text:
        raise RestError("BAD_REQUEST", "A client and a text are needed")

    def write(call: Call) -> dict[str, int]:
        where = lines.get(portal.store, line)
        if where is None or not where.active:
            raise RestError("NOT_ACTIVE_LINE", "The line with this ID is inactive or does not exist")
        channel = _channel(portal.store, where, connector)
        guest = known_client(portal.store, channel.id, outer, given)
        return _receive(call, where, channel, guest, outer, text)

    return _within(portal, "openline.client", 1, "system", write)


def _channel(store: Store, line: Line, code: str) -> Connector:
    if not code:
        sql = "SELECT connector FROM im_connector_lines WHERE line = ? AND active = 1 ORDER BY rowid LIMIT 1"
        code = str(store.value(sql, (line.id,)) or "livechat")
    found = connectors.find(store, code)
    if found is None:
        raise RestError("IMCONNECTOR_NO_CORRECT_PROVIDER", f"There is no connector {code}")
    return found


def known_client(store: Store, connector: str, outer: str, given: Mapping[str, Any]) -> int:
    """The id of a client of a connector; a new one is added, a known one learns what is new."""
    columns = {
        "name": str(given.get("name") or ""),
        "lastName": str(given.get("last_name") or ""),
        "phone": str(given.get("phone") or ""),
        "email": str(given.get("email") or ""),
    }
    found = store.value("SELECT id FROM im_guests WHERE connector = ? AND externalId = ?", (connector, outer))
    if found is None:
        name, last = columns.pop("name") or ("" if columns["lastName"] else "Гость"), columns.pop("lastName")
        return people.add_guest(store, "connector", name, last, connector=connector, externalId=outer, **columns)
    for column, value in columns.items():
        if value:
            store.execute(f"UPDATE im_guests SET {column} = ? WHERE id = ?", (value, found))
    return int(found)


def keep(call: Call, *, line: int, connector: str, client: Mapping[str, Any], chat: int, operator: int) -> None:
    """Lays down a talk of a data set under a given chat number, open and without a message."""
    store = call.portal.store
    where, channel, outer = lines.get(store, line), connectors.find(store, connector), str(client["id"])
    if where is None or channel is None:
        raise RestError("BAD_REQUEST", "There is no such line or connector")
    guest = known_client(store, channel.id, outer, client)
    person = people.find(store, guest)
    code = conversations.user_code(channel.id, line, outer, guest)
    title = f"{person.name if person else outer} - {where.name}"
    made = chats.create(call, "lines", [guest], id=chat, title=title, entityType="LINES", entityId=code)
    session, _ = conversations.opened(call, where, channel, made, guest, outer)
    conversations.assign(call, session, operator, answered=True)


def client_answers(portal: Portal, *, chat: int, text: str) -> dict[str, int]:
    """The client of a chat writes again; a closed conversation opens anew."""

    def write(call: Call) -> dict[str, int]:
        session = _session(portal.store, chat)
        line, channel = lines.get(portal.store, session.line), connectors.find(portal.store, session.connector)
        if line is None or channel is None:
            raise RestError("NOT_ACTIVE_LINE", "The line with this ID is inactive or does not exist")
        return _receive(call, line, channel, session.guest, session.outerChat, text)

    return _within(portal, "openline.client", 1, "system", write)


def _receive(call: Call, line: Line, channel: Connector, guest: int, outer_chat: str, text: str) -> dict[str, int]:
    letter = conversations.Letter(text)
    session, message = conversations.receive(call, line, channel, guest, outer_chat, letter)
    return {"chat": session.chat, "session": session.id, "message": message, "client": guest}


def employee_writes(portal: Portal, *, chat: int, user: int, text: str) -> int:
    """An employee writes into the chat (and becomes a member); the client receives it. Returns the message's id."""

    def write(call: Call) -> int:
        _session(portal.store, chat)
        where = chats.get(portal.store, chat)
        if where is None or not text:
            raise RestError("MESSAGE_EMPTY", "Message can't be empty")
        chats.join(portal.store, chat, user)
        return chats.post(call, where, user, text)

    return _within(portal, "im.message.add", user, "act", write)


def employee_finishes(portal: Portal, *, chat: int, user: int) -> None:
    """An employee closes the conversation."""
    _within(
        portal,
        "imopenlines.operator.finish",
        user,
        "act",
        lambda call: conversations.finish(call, _session(portal.store, chat)),
    )


def _session(store: Store, chat: int) -> conversations.Session:
    session = conversations.latest(store, chat)
    if session is None:
        raise RestError("CHAT_TYPE", "The specified chat is not an open line", 404)
    return session


def _within(portal: Portal, name: str, user: int, source: Source, function: Callable[[Call], Result]) -> Result:
    """Runs one action as a command: it is undone whole when it is refused, and its events leave after it."""
    result: Result = portal.run(Call(portal, name, {}, user=user, source=source), Method(name, function, "", True, 0.0))
    return result
