"""Lines of other portals: `imopenlines.network.*`."""

from __future__ import annotations

from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.messenger import chats, people
from sandbox.messenger.dialogs import truth, whole
from sandbox.messenger.extras import extras

_CODE = 32
_WEEK = 7 * 86_400
_OFF = "openlines.network.off"


def _network_line(call: Call) -> str:
    """The CODE of a line of another portal: 32 characters; those that are no hex digits are nobody's."""
    code = str(call.get("CODE") or "")
    if len(code) != _CODE:
        raise RestError("CODE", "You entered an invalid code")
    if not all(letter in "0123456789abcdef" for letter in code.lower()):
        raise RestError("NOT_FOUND", "Line not found")
    return code.lower()


def _network_bot(call: Call, code: str) -> int:
    """The bot that stands for a line of another portal; made when the line is joined first."""
    store = call.portal.store
    sql = "SELECT id FROM im_guests WHERE connector = 'network' AND externalId = ? AND kind = 'bot'"
    known = store.value(sql, (code,))
    title = f"Открытая линия {code[:6]}"
    return int(known) if known else people.add_guest(store, "bot", title, connector="network", externalId=code)


@method("imopenlines.network.join", "imopenlines", write=True, partial="every well-formed code is somebody's line")
def network_join(call: Call) -> int:
    """Connects a line of another portal; the answer is the id of the bot that stands for it."""
    code = _network_line(call)
    if code in call.portal.store.setting(_OFF, []):
        raise RestError("INACTIVE", "Openline is inactive")
    return _network_bot(call, code)


@method("imopenlines.network.message.add", "imopenlines", write=True, partial="every well-formed code is a line")
def network_message(call: Call) -> bool:
    """Writes to an employee in the name of a line of another portal, once a week."""
    bot, params = _network_bot(call, _network_line(call)), extras(call)
    user, text = whole(call.get("USER_ID")), str(call.get("MESSAGE") or "").strip()
    if not user:
        raise RestError("USER_ID_EMPTY", "User ID can't be empty")
    if not text:
        raise RestError("MESSAGE_EMPTY", "Message can't be empty")
    person = people.find(call.portal.store, user)
    if person is None or person.kind != "user":
        raise RestError("WRONG_REQUEST", "Message isn't added")
    chat = chats.private(call, bot, user)
    newest = chats.messages(call.portal.store, chat.id, "author = ?", (bot,), limit=1) if chat else []
    if chat is None or (newest and call.portal.clock.timestamp() - newest[0].at < _WEEK):
        raise RestError("USER_MESSAGE_LIMIT", "You can't send more than one message per week to each user")
    chats.post(call, chat, bot, text, params=params)
    return True


@method("sandbox.openlines.network", write=True)
def network_state(call: Call) -> bool:
    """What the other portal does with its line CODE: `active` N switches it off; not for REST clients."""
    call.require_inside()
    code = _network_line(call)
    off = [one for one in call.portal.store.setting(_OFF, []) if one != code]
    call.portal.store.set_setting(_OFF, off if truth(call.get("active"), True) else [*off, code])
    return True
