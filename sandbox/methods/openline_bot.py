"""Bots in open lines: `imopenlines.bot.session.*`."""

from __future__ import annotations

from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.messenger import bots, chats, people
from sandbox.messenger.chats import Chat
from sandbox.messenger.dialogs import truth, whole
from sandbox.methods.openline_session import send, target
from sandbox.openlines import conversations, lines
from sandbox.openlines.conversations import Session

SCOPE = "imopenlines|imbot"


def _talk(call: Call) -> tuple[Chat, Session]:
    number = whole(call.get("CHAT_ID"))
    if not number:
        raise RestError("CHAT_ID_EMPTY", "Chat ID can't be empty")
    chat = chats.get(call.portal.store, number)
    session = conversations.latest(call.portal.store, number)
    if chat is None or session is None:
        raise RestError("CHAT_ID_EMPTY", "Chat ID can't be empty")
    return chat, session


def _bot(call: Call, chat: Chat) -> bots.Bot:
    """The application's bot in the chat, else its first one."""
    app = call.app or str(call.get("CLIENT_ID") or "")
    own = bots.of_app(call.portal.store, app) if app else []
    inside = [bot for bot in own if chats.is_member(call.portal.store, chat.id, bot.id)]
    if not own:
        raise RestError("BOT_ID_ERROR", "Bot not found")
    return (inside or own)[0]


@method("imopenlines.bot.session.finish", SCOPE, write=True)
def finish(call: Call) -> bool:
    """The bot ends the conversation."""
    chat, session = _talk(call)
    _bot(call, chat)
    conversations.finish(call, session)
    return True


@method("imopenlines.bot.session.message.send", SCOPE, write=True)
def message_send(call: Call) -> bool:
    """An automatic message: NAME=WELCOME sends the line's greeting, DEFAULT sends MESSAGE."""
    chat, session = _talk(call)
    text = str(call.get("MESSAGE") or "")
    if str(call.get("NAME") or "").upper() == "WELCOME":
        line = lines.get(call.portal.store, session.line)
        text = str(line.data["WELCOME_MESSAGE_TEXT"]) if line else ""
    if text:
        conversations.speak(call, chat, text)
    return True


@method("imopenlines.bot.session.operator", SCOPE, write=True)
def operator(call: Call) -> bool:
    """Hands the conversation from the bot to a free employee."""
    _, session = _talk(call)
    person = people.find(call.portal.store, session.operator)
    if person is None or person.kind != "bot":
        raise RestError("WRONG_CHAT", "Operator is not a bot")
    line = lines.get(call.portal.store, session.line)
    user = lines.next_operator(call.portal.store, line) if line else 0
    chats.leave(call.portal.store, session.chat, session.operator)
    if user:
        conversations.assign(call, session, user, answered=False)
    return True


@method("imopenlines.bot.session.transfer", SCOPE, write=True)
def transfer(call: Call) -> bool:
    """Hands the conversation to an employee or to a queue; LEAVE=N keeps the bot in the chat."""
    chat, session = _talk(call)
    user, queue = target(call)
    bot = _bot(call, chat)
    send(call, session, user, queue)
    if not truth(call.get("LEAVE")):
        chats.join(call.portal.store, chat.id, bot.id)
    return True
