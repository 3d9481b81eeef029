"""Open lines and CRM: `imopenlines.crm.*`, `imopenlines.message.quick.save`."""

from __future__ import annotations

from typing import Any

from sandbox.crm import access, items
from sandbox.crm import chats as cards
from sandbox.crm.schema import schema_of
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.messenger import chats, people
from sandbox.openlines import clients, connectors, lines
from sandbox.openlines.entry import operated, talk_of

_LINKED = ("lead", "deal", "contact", "company")


def _argument(name: str) -> RestError:
    return RestError("ERROR_ARGUMENT", f"Argument '{name}' is null or empty")


def _not_in_crm() -> RestError:
    return RestError("CHAT_NOT_IN_CRM", "Chat does not belong to the CRM object being checked")


def _card_number(call: Call) -> int:
    value = call.get("CRM_ENTITY")
    if isinstance(value, (list, dict)) or not str(value).isdigit():
        raise RestError("ERROR_ARGUMENT", "The value of an argument 'CRM_ENTITY' has an invalid type")
    return int(str(value))


def _need(call: Call, *names: str) -> None:
    for name in names:
        if call.get(name) in (None, "", [], {}):
            raise _argument(name)


def _card(call: Call) -> tuple[int, int] | None:
    """The card of CRM_ENTITY_TYPE and CRM_ENTITY; None for a type or an id that is not there."""
    kind, number = str(call.get("CRM_ENTITY_TYPE")).lower(), _card_number(call)
    if kind not in _LINKED:
        return None
    entity_type_id = clients.KINDS[kind.upper()]
    entity = schema_of(call.portal).entity(entity_type_id)
    return (entity_type_id, number) if items.stored(call.portal.store, entity, number) is not None else None


def _readable(call: Call, card: tuple[int, int], user: int) -> bool:
    """Whether a user may see a card."""
    entity = schema_of(call.portal).entity(card[0])
    row = items.stored(call.portal.store, entity, card[1])
    inner = Call(call.portal, call.method, {}, user, source=call.source)
    return row is not None and (not entity.schema.access or access.allowed(inner, entity, row["assignedById"]))


@method("imopenlines.crm.chat.get", "imopenlines")
def chat_get(call: Call) -> list[dict[str, str]]:
    """The chats of a card; ACTIVE_ONLY=N shows closed ones too."""
    _need(call, "CRM_ENTITY_TYPE", "CRM_ENTITY")
    card = _card(call)
    if card is None:
        return []
    if not _readable(call, card, call.user):
        raise RestError("ACCESS_DENIED", "Access denied! You don't have access to this action", 403)
    active = str(call.get("ACTIVE_ONLY") or "Y").upper() != "N"
    return [
        {
            "CHAT_ID": str(row["chatId"]),
            "CONNECTOR_ID": row["connectorId"],
            "CONNECTOR_TITLE": row["connectorTitle"],
        }
        for row in cards.of_card(call.portal.store, *card, active_only=active)
    ]


@method("imopenlines.crm.chat.getLastId", "imopenlines")
def last_id(call: Call) -> int:
    """The newest chat of a card."""
    if call.get("CRM_ENTITY_TYPE") in (None, "") or call.get("CRM_ENTITY") in (None, ""):
        raise RestError("CRM_CHAT_EMPTY_CRM_DATA", "Empty CRM data")
    card = _card(call)
    found = cards.of_card(call.portal.store, *card, active_only=False) if card else []
    if card is None or not found or not _readable(call, card, call.user):
        raise RestError("CRM_CHAT_EMPTY_CRM_DATA", "Could not find CRM object")
    return int(found[0]["chatId"])


def _chat_of_card(call: Call, card: tuple[int, int]) -> int:
    """CHAT_ID, checked to be of the card, else its newest chat, else 0."""
    found = [int(row["chatId"]) for row in cards.of_card(call.portal.store, *card, active_only=False)]
    if call.get("CHAT_ID") in (None, ""):
        return found[0] if found else 0
    number = str(call.get("CHAT_ID"))
    if not number.isdigit() or int(number) not in found:
        raise _not_in_crm()
    return int(number)


def _active_user(call: Call) -> int:
    number = str(call.get("USER_ID"))
    person = people.find(call.portal.store, int(number)) if number.isdigit() else None
    if person is None or not person.active:
        raise RestError("CRM_CHAT_USER_NOT_ACTIVE", "User not active")
    return person.id


@method("imopenlines.crm.chat.user.add", "imopenlines", write=True)
def user_add(call: Call) -> int:
    """Adds an employee or a bot to a chat of a card."""
    _need(call, "CRM_ENTITY_TYPE", "CRM_ENTITY")
    if call.get("USER_ID") in (None, ""):
        raise _argument("Empty USER_ID")
    card = _card(call)
    if card is None or not _readable(call, card, call.user):
        raise RestError("ACCESS_DENIED", "Access denied! You don't have access to join user to chat", 403)
    chat = _chat_of_card(call, card)
    user = _active_user(call)
    if not chat:
        return 0
    if user < people.FIRST_GUEST and not _readable(call, card, user):
        text = "This user does not have access to the chat because he does not have access to this CRM object"
        raise RestError("ACCESS_DENIED", f"Access denied! {text}", 403)
    where = chats.get(call.portal.store, chat)
    if where is None or not chats.invite(call, where, user):
        raise RestError("WRONG_REQUEST", "You don't have access or user already member in chat")
    return chat


@method("imopenlines.crm.chat.user.delete", "imopenlines", write=True)
def user_delete(call: Call) -> int:
    """Takes an employee or a bot out of a chat of a card."""
    if call.get("CRM_ENTITY_TYPE") in (None, "") or call.get("CRM_ENTITY") in (None, ""):
        raise RestError("CRM_CHAT_EMPTY_CRM_DATA", "Empty CRM data")
    if call.get("USER_ID") in (None, ""):
        raise RestError("CRM_CHAT_EMPTY_USER", "Empty User ID")
    card = _card(call)
    if card is None or not _readable(call, card, call.user):
        raise RestError("ACCESS_DENIED", "Access denied! You don't have access to join user to chat", 403)
    chat = _chat_of_card(call, card)
    user = _active_user(call)
    if not chat:
        return 0
    store = call.portal.store
    rights = call.portal.is_admin(call.user) or user == call.user or call.user in chats.managers(store, chat)
    if not rights:
        text = "You don't have access to delete a user from this chat"
        raise RestError("CHAT_DELETE_USER_PERMISSION_DENIED", text, 403)
    if not chats.leave(store, chat, user):
        raise RestError("WRONG_REQUEST", "You don't have access or user already not in chat")
    return chat


@method("imopenlines.crm.message.add", "imopenlines", write=True)
def message_add(call: Call) -> int:
    """Writes to the client into an existing chat of a card; the sender must be of the chat and see the card."""
    _need(call, "CRM_ENTITY_TYPE", "CRM_ENTITY", "USER_ID", "CHAT_ID", "MESSAGE")
    card, store = _card(call), call.portal.store
    if card is None:
        raise RestError("CHAT_NOT_IN_CRM", "Chat does not belong to the CRM entity being checked")
    if not _readable(call, card, call.user):
        raise RestError("ACCESS_DENIED", "Access denied! User don't have access to this entity", 403)
    wanted, user = str(call.get("CHAT_ID")), str(call.get("USER_ID"))
    if wanted not in [str(row["chatId"]) for row in cards.of_card(store, *card)]:
        raise RestError("CHAT_NOT_IN_CRM", "Chat does not belong to the CRM entity being checked")
    chat = chats.get(store, int(wanted))
    if chat is None or not user.isdigit() or not chats.is_member(store, chat.id, int(user)):
        raise RestError("CANCELED", "You cannot send messages to the specified chat")
    return chats.post(call, chat, int(user), str(call.get("MESSAGE")))


@method("imopenlines.crm.lead.create", "imopenlines", write=True)
def lead_create(call: Call) -> bool:
    """Makes a lead of a conversation; only its operator may."""
    chat, session = talk_of(call)
    if session.operator != call.user:
        raise RestError("ERROR_USER_NOT_OPERATOR", "Attempt to save a CRM object by a user who is not an operator")
    line, connector = lines.get(call.portal.store, session.line), connectors.find(call.portal.store, session.connector)
    if line is None or connector is None:
        return False
    clients.make_lead(call, line, connector, chat, session.guest)
    return True


@method("imopenlines.message.quick.save", "imopenlines", write=True)
def quick_save(call: Call) -> bool:
    """Keeps a message among the quick answers."""
    chat, _ = talk_of(call)
    operated(call, chat)
    value = str(call.get("MESSAGE_ID") or "")
    message = chats.message_of(call.portal.store, int(value)) if value.isdigit() else None
    if message is None or message.chat != chat.id:
        raise RestError("CANT_SAVE_QUICK_ANSWER", "Error saving quick answer")
    saved: list[dict[str, Any]] = call.portal.store.setting("openlines.quick", [])
    call.portal.store.set_setting("openlines.quick", [*saved, {"user": call.user, "text": message.text}])
    return True
