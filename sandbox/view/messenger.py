"""Chats as employees see them, and the other end of open lines: the client's own messenger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from aiohttp import web

from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal
from sandbox.messenger import chats, people
from sandbox.openlines import conversations, lines, talks
from sandbox.openlines.talks import Talk
from sandbox.view.screen import Screen
from sandbox.view.shown import Shown

NOBODY = RestError("NOT_FOUND", "Такого чата нет", 404)


@dataclass(frozen=True, slots=True)
class Room:
    """A chat in the list; `dialog` is its DIALOG_ID, `talk` the open line behind it, `at` Unix seconds."""

    chat: int
    dialog: str
    title: str
    note: str
    text: str
    at: int
    unread: int
    talk: Talk | None = None

    @property
    def href(self) -> str:
        """The address of the chat."""
        return f"/online/?IM_DIALOG={quote(self.dialog)}"


@dataclass(frozen=True, slots=True)
class Bubble:
    """A message in a chat; `side` is own, other or system."""

    id: int
    side: str
    name: str
    text: str
    when: str


# --- the employee's side ------------------------------------------------------------------------


async def online(screen: Screen) -> web.Response:
    """The employee's chats, with the one in `IM_DIALOG` open."""
    here = _asked(screen)
    if here is not None:
        screen.employee.glance("im.dialog.read", {"DIALOG_ID": here.dialog})
    return screen.draw(
        "online.html",
        rooms=rooms(screen),
        here=here,
        bubbles=_bubbles(screen, here.chat, screen.employee.id) if here else [],
        cards=_cards(screen, here.talk) if here and here.talk else [],
    )


def rooms(screen: Screen) -> list[Room]:
    """The chats of the employee, the newest first: conversations of clients, then colleagues and groups."""
    found = [_line_room(screen, talk) for talk in visible_talks(screen.portal, screen.employee.id)]
    rows = screen.portal.store.rows(
        "SELECT c.id FROM im_chats c JOIN im_members m ON m.chat = c.id WHERE m.user = ? AND c.type <> 'lines'"
        " AND m.hidden = 0",
        (screen.employee.id,),
    )
    own = [chat for row in rows if (chat := chats.get(screen.portal.store, row["id"]))]
    found += [_room(screen, chat) for chat in own]
    return sorted(found, key=lambda room: (room.at, room.chat), reverse=True)


def visible_talks(portal: Portal, user: int) -> list[Talk]:
    """The open line conversations an employee sees: his own, those that wait in his queue; an
    administrator sees all."""
    if portal.is_admin(user):
        return talks.talks(portal)
    return [talk for talk in talks.talks(portal) if _concerns(portal, talk, user)]


def _concerns(portal: Portal, talk: Talk, user: int) -> bool:
    if chats.is_member(portal.store, talk.chat, user):
        return True
    line = lines.get(portal.store, talk.line)
    return talk.operator == 0 and line is not None and user in lines.operators(portal.store, line)


def _line_room(screen: Screen, talk: Talk) -> Room:
    note = talk.connector_name if talk.open else f"{talk.connector_name} · завершён"
    unread = chats.unread(screen.portal.store, talk.chat, screen.employee.id) or int(talk.waiting and not talk.operator)
    return Room(talk.chat, f"chat{talk.chat}", talk.client_name, note, talk.text, talk.at, unread, talk)


def _room(screen: Screen, chat: chats.Chat) -> Room:
    store, me = screen.portal.store, screen.employee.id
    newest = chats.last(store, chat.id)
    text, at = (newest.text, newest.at) if newest else ("", chat.created)
    unread = chats.unread(store, chat.id, me)
    if chat.type == "private":
        other = next((user for user in chats.members(store, chat.id) if user != me), me)
        person = people.find(store, other)
        return Room(chat.id, str(other), person.name if person else str(other), "Сотрудник", text, at, unread)
    return Room(chat.id, f"chat{chat.id}", chat.title or f"Чат {chat.id}", "Групповой чат", text, at, unread)


def _asked(screen: Screen) -> Room | None:
    """The chat in the address: an employee's number, `chat5`, or `imol|7` for a conversation."""
    dialog, store = screen.words.get("IM_DIALOG", ""), screen.portal.store
    if dialog.isdigit():
        call = Call(screen.portal, "im.chat.get", {}, screen.employee.id, source="act")
        chat = chats.private(call, screen.employee.id, int(dialog)) if people.find(store, int(dialog)) else None
        return _room(screen, chat) if chat else None
    number = dialog.removeprefix("chat") if dialog.startswith("chat") else ""
    if dialog.startswith("imol|") and dialog[5:].isdigit():
        session = conversations.get(store, int(dialog[5:]))
        number = str(session.chat) if session else ""
    return need_room(screen, int(number)) if number.isdigit() else None


def need_room(screen: Screen, chat: int) -> Room:
    """A chat that the employee may look into; 404 for others."""
    room = next((room for room in rooms(screen) if room.chat == chat), None)
    if room is None:
        raise NOBODY
    return room


def _bubbles(screen: Screen, chat: int, own: int, *, client: bool = False) -> list[Bubble]:
    """The messages of a chat; from the client's end the system's notes are not seen."""
    found = []
    for said in talks.said_in(screen.portal, chat):
        side = "own" if said.author == own else "system" if said.side == "system" else "other"
        if not (client and side == "system"):
            found.append(Bubble(said.id, side, said.name, said.text, _clock(screen, said.at)))
    return found


def _clock(screen: Screen, at: int) -> str:
    return datetime.fromtimestamp(at, screen.portal.clock.zone).strftime("%d.%m %H:%M")


def _cards(screen: Screen, talk: Talk) -> list[Shown]:
    kinds = {kind.id: kind for kind in screen.names.kinds()}
    return [
        Shown(f"{kinds[entity].one}: {screen.names.title(entity, number)}", kinds[entity].card(number))
        for entity, number in talk.cards
        if entity in kinds
    ]


async def write(screen: Screen) -> web.Response:
    """Writes into a chat; a client of an open line receives it."""
    room, text = need_room(screen, screen.number("id")), (await screen.form()).get("text", "").strip()
    if room.talk is not None:
        talks.employee_writes(screen.portal, chat=room.chat, user=screen.employee.id, text=text)
    else:
        screen.employee.ask("im.message.add", {"DIALOG_ID": room.dialog, "MESSAGE": text})
    return screen.back(room.href)


async def finish(screen: Screen) -> web.Response:
    """Closes a conversation of an open line."""
    room = need_room(screen, screen.number("id"))
    talks.employee_finishes(screen.portal, chat=room.chat, user=screen.employee.id)
    return screen.back(room.href, "Диалог завершён")


# --- the client's side --------------------------------------------------------------------------


async def clients(screen: Screen) -> web.Response:
    """The messengers of the business's clients: a stage for whoever plays the client."""
    found, chosen = talks.talks(screen.portal), screen.words.get("chat", "")
    here = next((talk for talk in found if str(talk.chat) == chosen), None)
    return screen.draw(
        "clients.html",
        talks=[(talk, _clock(screen, talk.at)) for talk in found],
        here=here,
        bubbles=_bubbles(screen, here.chat, here.client, client=True) if here else [],
        lines=talks.open_lines(screen.portal),
    )


async def client_writes(screen: Screen) -> web.Response:
    """The client of a conversation writes."""
    chat = screen.number("id")
    talks.client_answers(screen.portal, chat=chat, text=(await screen.form()).get("text", "").strip())
    return screen.back(f"/clients?chat={chat}")


async def new_client(screen: Screen) -> web.Response:
    """A client writes to a line for the first time."""
    form = await screen.form()
    client: dict[str, Any] = {name: form.get(name, "").strip() for name in ("name", "last_name", "phone")}
    line, _, connector = form.get("line", "").partition(":")
    if not line.isdigit():
        raise RestError("NOT_ACTIVE_LINE", "Выберите открытую линию")
    made = talks.client_writes(
        screen.portal, line=int(line), client=client, text=form.get("text", "").strip(), connector=connector
    )
    return screen.back(f"/clients?chat={made['chat']}", "Клиент написал")


async def new_line(screen: Screen) -> web.Response:
    """An administrator opens a line, so that clients have where to write."""
    name = (await screen.form()).get("name", "").strip() or "Открытая линия"
    screen.employee.ask("imopenlines.config.add", {"PARAMS": {"LINE_NAME": name}})
    return screen.back("/clients", "Открытая линия создана")
