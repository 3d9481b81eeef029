"""Connectors of applications: `imconnector.*` (api-reference/imopenlines/imconnector)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.kernel.answers import EmptyObject
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Happening
from sandbox.kernel.registry import events, method
from sandbox.messenger import chats, people
from sandbox.openlines import connectors, conversations, lines
from sandbox.openlines.connectors import Connector
from sandbox.openlines.lines import Line
from sandbox.openlines.talks import known_client

events("imconnector", "ONIMCONNECTORSTATUSDELETE")
SCOPE = "imconnector|imopenlines"
_FLAGS = {
    "DEL_EXTERNAL_MESSAGES": True,
    "EDIT_INTERNAL_MESSAGES": True,
    "DEL_INTERNAL_MESSAGES": True,
    "NEWSLETTER": True,
    "NEED_SYSTEM_MESSAGES": True,
    "NEED_SIGNATURE": True,
    "CHAT_GROUP": False,
}
Parcel = Mapping[str, Any]


def _argument(name: str) -> RestError:
    return RestError("ERROR_ARGUMENT", f"Argument '{name}' is null or empty", argument=name)


def _need(call: Call, *names: str) -> None:
    """The application context and the required parameters, in the documented order."""
    call.require_app()
    for name in names:
        if call.get(name) in (None, "", [], {}):
            raise _argument(name)


def _line_number(call: Call) -> int:
    value = str(call.get("LINE") or 0)
    return int(value) if value.isdigit() else 0


def _active_line(call: Call) -> Line:
    line = lines.get(call.portal.store, _line_number(call))
    if line is None or not line.active:
        raise RestError("NOT_ACTIVE_LINE", "The line with this ID is inactive or does not exist")
    return line


def _own(call: Call) -> Connector:
    """The caller's connector; another's is no provider."""
    found = connectors.find(call.portal.store, str(call.get("CONNECTOR")))
    if found is None or found.app != call.app:
        raise RestError("IMCONNECTOR_NO_CORRECT_PROVIDER", "Could not find a suitable provider for the connector")
    return found


def _truth(value: Any, default: bool) -> bool:
    return default if value in (None, "") else str(value).upper() not in ("N", "0", "FALSE")


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _failed(code: str, text: str) -> dict[str, Any]:
    return {"result": False, "error": code, "error_description": text}


@method("imconnector.register", SCOPE, write=True)
def register(call: Call) -> dict[str, Any]:
    """Adds the application's connector; refusals are told with status 200."""
    app = call.require_app()
    code, name, handler = (_text(call.get(key)) for key in ("ID", "NAME", "PLACEMENT_HANDLER"))
    icon, icon_off = call.mapping("ICON"), call.get("ICON_DISABLED")
    odd = icon_off not in (None, "") and not isinstance(icon_off, (dict, list))
    for bad, error, text in (
        (not code, "CONNECTOR_ID_REQUIRED", "Connector ID is not specified"),
        ("." in code, "APPLICATION_REGISTRATION_ERROR_POINT", "Using a dot in the connector identifier is not allowed"),
        (not name, "NAME_REQUIRED", "Connector name is not specified"),
        (not _text(icon.get("DATA_IMAGE")), "ICON_REQUIRED", "Connector icon is not specified"),
        (not handler, "NO_PLACEMENT_HANDLER", "Failed to get embedding handler URL"),
        (odd, "GENERAL_CONNECTOR_REGISTRATION_ERROR", "General connector registration error"),
    ):
        if bad:
            return _failed(error, text)
    known = connectors.find(call.portal.store, code)
    if known is not None and known.app != app:
        return _failed("APPLICATION_REGISTRATION_ERROR", "Application registration error")
    options: dict[str, Any] = {key: _truth(call.get(key), default) for key, default in _FLAGS.items()}
    options |= {"ICON": icon, "ICON_DISABLED": call.mapping("ICON_DISABLED")}
    connectors.register(call.portal.store, code, app, name, handler, options)
    return {"result": True}


@method("imconnector.unregister", SCOPE, write=True)
def unregister(call: Call) -> dict[str, Any]:
    """Removes the application's connector."""
    app = call.require_app()
    known = connectors.find(call.portal.store, _text(call.get("ID")))
    if known is None or known.app != app:
        return _failed("APPLICATION_UNREGISTRATION_ERROR", "Error unregistering the application")
    connectors.unregister(call.portal.store, known.id)
    return {"result": True}


@method("imconnector.activate", SCOPE, write=True)
def activate(call: Call) -> bool:
    """Switches a connector on or off for a line; its application is told when it goes off."""
    call.require_app()
    for name in ("CONNECTOR", "LINE"):
        if call.get(name) in (None, ""):
            raise _argument(name)
    if call.get("ACTIVE") is None or call.get("ACTIVE") == "":
        raise _argument("ACTIVE")
    store, code, line = call.portal.store, str(call.get("CONNECTOR")).lower(), _line_number(call)
    active = _truth(call.get("ACTIVE"), False)
    before, _ = connectors.state(store, code, line)
    connectors.set_active(store, code, line, active)
    found = connectors.find(store, code)
    if before and not active and found is not None and found.app:
        data = {"connector": code, "line": line}
        call.portal.happen(Happening("ONIMCONNECTORSTATUSDELETE", data, call.user, app=found.app))
    return True


@method("imconnector.status", SCOPE)
def status(call: Call) -> dict[str, Any]:
    """Whether a connector is switched on for a line and knows its channel."""
    call.require_app()
    if call.get("CONNECTOR") in (None, ""):
        raise _argument("CONNECTOR")
    code, line = str(call.get("CONNECTOR")).lower(), _line_number(call)
    active, data = connectors.state(call.portal.store, code, line)
    return {
        "LINE": line,
        "CONNECTOR": code,
        "ERROR": False,
        "CONFIGURED": active and bool(data),
        "STATUS": active and bool(data),
    }


@method("imconnector.connector.data.set", SCOPE, write=True)
def data_set(call: Call) -> bool:
    """Keeps what is known of the channel on the other side."""
    _need(call, "CONNECTOR", "LINE", "DATA")
    data = {key.upper(): value for key, value in call.mapping("DATA").items()}
    connectors.set_data(call.portal.store, str(call.get("CONNECTOR")), _line_number(call), data)
    return True


@method("imconnector.list", SCOPE)
def listing(call: Call) -> dict[str, str]:
    """Every connector by code; for those who may change connectors."""
    call.require_app()
    if not call.portal.is_admin(call.user):
        raise RestError("ACCESS_DENIED", "You don't have access to this action")
    return connectors.names(call.portal.store)


def _parcels(call: Call) -> list[Parcel]:
    """MESSAGES, checked: an array of maps with the blocks `user`, `message`, `chat`."""
    value = call.get("MESSAGES")
    if not isinstance(value, (list, Mapping)):
        raise RestError("ERROR_ARGUMENT", "The value of an argument 'MESSAGES' must be of type array")
    found = list(value.values()) if isinstance(value, Mapping) else list(value)
    if not all(isinstance(entry, Mapping) for entry in found):
        raise RestError("ERROR_ARGUMENT", "The MESSAGES parameter must be an array of messages (arrays)")
    for entry in found:
        if not all(isinstance(entry.get(block), Mapping) for block in ("user", "message", "chat")):
            raise RestError("ERROR_ARGUMENT", "The incorrect structure of a message inside MESSAGES parameter")
    return found


def _chat_block(parcel: Parcel) -> dict[str, Any]:
    chat = parcel["chat"]
    shown = {name: chat[name] for name in ("id", "name") if name in chat}
    if chat.get("url"):
        shown["description"] = f"Ссылка на исходный чат: {chat['url']}"
    return shown


def _extra(parcel: Parcel) -> dict[str, Any]:
    marks = {}
    if parcel["user"].get("skip_phone_validate") == "Y":
        marks["skip_phone_validate"] = "Y"
    if parcel["message"].get("disable_crm") == "Y":
        marks["disable_tracker"] = "Y"
    return {"extra": marks} if marks else {}


def _message_block(parcel: Parcel) -> dict[str, Any]:
    message = parcel["message"]
    shown: dict[str, Any] = {"id": str(message.get("id", ""))}
    if "date" in message:
        # A DateTime object of PHP has no fields in JSON.
        shown["date"] = EmptyObject()
    if "text" in message:
        shown["text"] = message["text"]
    return shown


def _refused(parcel: Parcel, text: str) -> dict[str, Any]:
    shown = {"user": "", "message": _message_block(parcel), "chat": _chat_block(parcel)}
    return {**shown, "SUCCESS": False, "ERRORS": [text]}


@method("imconnector.send.messages", SCOPE, write=True, cost=0.1)
def send_messages(call: Call) -> dict[str, Any]:
    """Messages of clients come in: chats and sessions open, CRM is told."""
    _need(call, "CONNECTOR", "LINE", "MESSAGES")
    parcels, line, connector = _parcels(call), _active_line(call), _own(call)
    return {"SUCCESS": True, "DATA": {"RESULT": [_receive(call, line, connector, parcel) for parcel in parcels]}}


def _receive(call: Call, line: Line, connector: Connector, parcel: Parcel) -> dict[str, Any]:
    user, message = parcel["user"], parcel["message"]
    outer_user, outer_chat = str(user.get("id") or ""), str(parcel["chat"].get("id") or "")
    if not outer_user or not outer_chat:
        return _refused(parcel, "The user and the chat need identifiers")
    files = message.get("files") or []
    if not message.get("text") and not files:
        return _refused(parcel, "The message has neither a text nor files")
    guest = known_client(call.portal.store, connector.id, outer_user, user)
    letter = conversations.Letter(
        str(message.get("text") or ""),
        str(message.get("id") or ""),
        list(files.values()) if isinstance(files, Mapping) else list(files),
        track=message.get("disable_crm") != "Y",
        manager=int(message.get("user_id") or 0),
    )
    session, _ = conversations.receive(call, line, connector, guest, outer_chat, letter)
    return {
        "user": str(guest),
        "message": {**_message_block(parcel), "files": letter.files},
        "chat": _chat_block(parcel),
        **_extra(parcel),
        "SUCCESS": True,
        "session": {"ID": str(session.id), "CHAT_ID": str(session.chat)},
    }


def _known(call: Call, connector: Connector, line: Line, parcel: Parcel) -> chats.Message | None:
    """The message with the outer id in the outer chat."""
    sql = (
        "SELECT m.id FROM im_messages AS m JOIN openline_sessions AS s ON s.chat = m.chat"
        " WHERE s.connector = ? AND s.line = ? AND s.outerChat = ? AND EXISTS"
        " (SELECT 1 FROM json_each(m.params, '$.CONNECTOR_MID') WHERE value = ?) ORDER BY m.id DESC LIMIT 1"
    )
    keys = (connector.id, line.id, str(parcel["chat"].get("id") or ""), str(parcel["message"].get("id") or ""))
    number = call.portal.store.value(sql, keys)
    return chats.message_of(call.portal.store, number) if number else None


def _guest(call: Call, connector: Connector, parcel: Parcel) -> str:
    outer = str(parcel["user"].get("id") or "")
    return str(known_client(call.portal.store, connector.id, outer, parcel["user"]))


@method("imconnector.update.messages", SCOPE, write=True)
def update_messages(call: Call) -> dict[str, Any]:
    """Clients changed what they had written."""
    _need(call, "CONNECTOR", "LINE", "MESSAGES")
    parcels, line, connector = _parcels(call), _active_line(call), _own(call)
    done = []
    for parcel in parcels:
        message = _known(call, connector, line, parcel)
        if message is not None:
            chats.edit(call, message, str(parcel["message"].get("text") or message.text))
        shown = {"user": _guest(call, connector, parcel), "message": _message_block(parcel)}
        done.append({**shown, "chat": _chat_block(parcel), **_extra(parcel), "SUCCESS": True})
    return {"SUCCESS": True, "DATA": {"RESULT": done}}


@method("imconnector.delete.messages", SCOPE, write=True)
def delete_messages(call: Call) -> dict[str, Any]:
    """Clients deleted what they had written, when the connector lets them."""
    _need(call, "CONNECTOR", "LINE", "MESSAGES")
    parcels, line, connector = _parcels(call), _active_line(call), _own(call)
    done = []
    for parcel in parcels:
        message = _known(call, connector, line, parcel)
        if message is not None and connector.options.get("DEL_EXTERNAL_MESSAGES", True):
            chats.erase(call, message)
        shown = {"user": _guest(call, connector, parcel), "message": _message_block(parcel)}
        done.append({**shown, "chat": _chat_block(parcel), "SUCCESS": True})
    return {"SUCCESS": True, "DATA": {"RESULT": done}}


def _confirmed(call: Call, mark: str) -> dict[str, Any]:
    _need(call, "CONNECTOR", "LINE", "MESSAGES")
    _own(call)
    for parcel in call.listing("MESSAGES"):
        if isinstance(parcel, Mapping):
            _confirm(call, parcel, mark)
    return {"SUCCESS": True, "DATA": []}


def _confirm(call: Call, parcel: Parcel, mark: str) -> None:
    inner, outer = parcel.get("im") or {}, (parcel.get("message") or {}).get("id") or []
    number = str(inner.get("message_id") or "")
    message = chats.message_of(call.portal.store, int(number)) if number.isdigit() else None
    if message is None or str(message.chat) != str(inner.get("chat_id")):
        return
    ids = [str(one) for one in (outer if isinstance(outer, list) else [outer])]
    chats.set_params(call.portal.store, message, {**message.params, "CONNECTOR_MID": ids, mark: "Y"})
    session = conversations.latest(call.portal.store, message.chat)
    if session is not None:
        call.portal.store.execute(
            "UPDATE im_members SET lastRead = max(lastRead, ?) WHERE chat = ? AND user = ?",
            (message.id, message.chat, session.guest),
        )


@method("imconnector.send.status.delivery", SCOPE, write=True)
def status_delivery(call: Call) -> dict[str, Any]:
    """What employees wrote has reached the client; its id in the client's messenger is kept."""
    return _confirmed(call, "IS_DELIVERED")


@method("imconnector.send.status.reading", SCOPE, write=True)
def status_reading(call: Call) -> dict[str, Any]:
    """The client has read what employees wrote."""
    return _confirmed(call, "IS_READ")


@method("imconnector.chat.name.set", SCOPE, write=True)
def chat_name(call: Call) -> dict[str, Any]:
    """Renames the chat of an outer chat; one that nobody has written in has nothing to rename, and that is no
    mistake (the official SDK's tests), another person's is."""
    _need(call, "CONNECTOR", "LINE", "CHAT_ID", "NAME")
    line, connector = _active_line(call), _own(call)
    user = str(call.get("USER_ID") or "")
    if not connector.group and not user:
        raise _argument("USER_ID")
    store, outer = call.portal.store, str(call.get("CHAT_ID"))
    sql = "SELECT chat, guest FROM openline_sessions WHERE connector = ? AND line = ? AND outerChat = ?"
    known = store.rows(sql, (connector.id, line.id, outer))
    renamed = not known
    for row in known:
        guest = people.find(store, row["guest"])
        external = store.value("SELECT externalId FROM im_guests WHERE id = ?", (guest.id,)) if guest else None
        if connector.group or external == user:
            chats.change(store, row["chat"], title=str(call.get("NAME")))
            renamed = True
    if not renamed:
        raise RestError("CHAT_RENAMING_FAILED", "Failed to rename the chat")
    return {"SUCCESS": True, "DATA": {"RESULT": EmptyObject()}}
