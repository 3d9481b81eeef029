"""Files of messages, as chats print them (im-disk-file-commit.md)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.disk import objects
from sandbox.disk.objects import Object
from sandbox.disk.printing import download_url
from sandbox.kernel.call import Call
from sandbox.messenger import people
from sandbox.messenger.chats import Message

_IMAGES = ("png", "jpg", "jpeg", "jpe", "gif", "webp", "bmp")


def of_messages(call: Call, found: Iterable[Message]) -> list[dict[str, Any]]:
    """The files of these messages, each once."""
    wanted = [(int(number), message.chat) for message in found for number in message.params.get("FILE_ID", [])]
    shown = []
    for number, chat in dict(wanted).items():
        file = objects.get(call.portal.store, number)
        if file is not None:
            shown.append(printed(call, file, chat))
    return shown


def printed(call: Call, file: Object, chat: int) -> dict[str, Any]:
    """A file of a chat."""
    extension = file.name.rpartition(".")[2].lower() if "." in file.name else ""
    address = download_url(call, file)
    author = people.find(call.portal.store, file.createdBy)
    picture = extension in _IMAGES
    return {
        "id": file.id,
        "chatId": chat,
        "date": call.portal.clock.iso_at(file.created),
        "type": "image" if picture else "file",
        "name": file.name,
        "extension": extension,
        "size": file.size,
        "image": {"height": 1, "width": 1} if picture else False,
        "status": "done",
        "progress": 100,
        "authorId": file.createdBy,
        "authorName": author.name if author else "",
        "urlPreview": address if picture else "",
        "urlShow": address,
        "urlDownload": address,
        "viewerAttrs": {
            "viewer": "",
            "viewerType": "image" if picture else "unknown",
            "src": address,
            "viewerResized": "",
            "objectId": str(file.id),
            "viewerGroupBy": str(chat),
            "imChatId": chat,
            "title": file.name,
            "unifiedLink": f"http://{call.portal.domain}/file/{file.id}",
            "actions": "[]",
        },
        "mediaUrl": {"preview": {"250": address}} if picture else [],
        "isTranscribable": False,
        "isVideoNote": False,
        "isVoiceNote": False,
    }
