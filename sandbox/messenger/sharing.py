"""Files put into chats with one call: `im.v2.File.*` and `imbot.v2.File.*`."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from sandbox.disk import objects, rights
from sandbox.disk.objects import Object
from sandbox.kernel import downloads
from sandbox.kernel.call import Attachment, Call
from sandbox.kernel.errors import RestError
from sandbox.messenger import attachments, chats, folders, printing
from sandbox.messenger.chats import Chat

_LARGEST = 100 * 1024 * 1024


def _body(value: Any) -> bytes:
    """The bytes of a base64 text."""
    try:
        body = base64.b64decode(str(value or ""), validate=True)
    except (binascii.Error, ValueError):
        raise RestError("FILE_INVALID_CONTENT", "Invalid base64 content") from None
    if len(body) > _LARGEST:
        raise RestError("FILE_TOO_LARGE", "File too large")
    return body


def put(call: Call, chat: Chat, fields: Mapping[str, Any]) -> tuple[Object, int]:
    """Keeps the file in the folder of the chat and writes the message with it, in the caller's name."""
    name = str(fields.get("name") or "").strip()
    if not name or not fields.get("content"):
        raise RestError("FILE_EMPTY", "File name and content are required")
    body = _body(fields["content"])
    file = objects.add_file(call, folders.folder_of(call, chat), name, body, unique=True)
    text = str(fields.get("message") or "")
    return file, chats.post(call, chat, call.user, text, params={"FILE_ID": [file.id]})


def told(call: Call, chat: Chat, file: Object, message: int, viewer: int) -> dict[str, Any]:
    """The answer of an upload."""
    shown = attachments.printed(call, file, chat.id)
    dialog = printing.dialog_id(chat, viewer)
    return {"file": shown, "messageId": message, "chatId": chat.id, "dialogId": dialog}


def _shown_to(call: Call, number: int, user: int) -> bool:
    """Whether the user is in a chat with a message of this file."""
    sql = (
        "SELECT m.id FROM im_messages AS m JOIN im_members AS u ON u.chat = m.chat AND u.user = ?"
        " WHERE m.params LIKE '%FILE_ID%' ORDER BY m.id"
    )
    rows = call.portal.store.rows(sql, (user,))
    found = (chats.message_of(call.portal.store, row["id"]) for row in rows)
    return any(message is not None and number in message.params.get("FILE_ID", []) for message in found)


def address(call: Call, family: str, number: int, user: int) -> str:
    """Where the bytes of a file of a chat are, for a member."""
    file = objects.get(call.portal.store, number) if number else None
    if file is None or file.type != "file":
        raise RestError("FILE_NOT_FOUND", "File not found")
    if not _shown_to(call, number, user) and (family == "imbot" or not rights.level(call, file)):
        code, text = (
            ("FILE_ACCESS_ERROR", "File access error") if family == "imbot" else ("ACCESS_DENIED", "Access denied")
        )
        raise RestError(code, text)
    return downloads.address(call, "download", downloads.signed(call, family, f"id={number}"))


def _serve(call: Call, family: str, token: str) -> Attachment:
    content = downloads.opened(call, family, token)
    file = objects.get(call.portal.store, int(content.removeprefix("id=")))
    if file is None or file.type != "file":
        raise downloads.not_found()
    return downloads.attachment(file.name, objects.body_of(call.portal.store, file.content))


@downloads.served("im")
def serve(call: Call, token: str) -> Attachment:
    """The bytes behind im.v2.File.download."""
    return _serve(call, "im", token)


@downloads.served("imbot")
def serve_bots(call: Call, token: str) -> Attachment:
    """The bytes behind imbot.v2.File.download."""
    return _serve(call, "imbot", token)
