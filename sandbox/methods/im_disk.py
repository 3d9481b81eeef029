"""Files of chats: `im.disk.*` (api-reference/chats/files)."""

from __future__ import annotations

from typing import Any

from sandbox.disk import objects, printing, rights
from sandbox.disk.objects import Object
from sandbox.kernel.answers import EmptyObject
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.messenger import attachments, chats, dialogs, folders
from sandbox.messenger.chats import Chat
from sandbox.messenger.dialogs import truth, whole

_SAVED = "Сохранённые файлы"


def _chat(call: Call) -> Chat:
    """The chat of CHAT_ID or DIALOG_ID, for a member."""
    if call.get("DIALOG_ID") not in (None, "") and not whole(call.get("CHAT_ID")):
        chat = dialogs.find(call, call.get("DIALOG_ID"))
        if chat is None:
            raise dialogs.no_dialog()
    else:
        number = whole(call.get("CHAT_ID"))
        if not number:
            raise RestError("CHAT_ID_EMPTY", "Chat ID can't be empty")
        chat = chats.get(call.portal.store, number)
    if chat is None or not chats.is_member(call.portal.store, chat.id, call.user):
        raise dialogs.no_access("You do not have access to the specified dialog")
    return chat


@method("im.disk.folder.get", "im", write=True)
def folder_get(call: Call) -> dict[str, int]:
    """The folder of a chat."""
    return {"ID": folders.folder_of(call, _chat(call)).id}


def _files(call: Call) -> list[tuple[str, Object]]:
    """The files of FILE_ID or UPLOAD_ID (DISK_ID in old clients), with the word their entry is called by."""
    for name, word in (("UPLOAD_ID", "upload"), ("FILE_ID", "disk"), ("DISK_ID", "disk")):
        if call.get(name) is None:
            continue
        found = [objects.get(call.portal.store, whole(number)) for number in call.listing(name)]
        readable = [file for file in found if file and file.type == "file" and rights.level(call, file)]
        if not readable:
            raise RestError("SAVE_ERROR", "Error during saving file to chat")
        return [(word, file) for file in readable]
    raise RestError("FILES_ERROR", "List of files is not specified")


@method("im.disk.file.commit", "im", write=True)
def commit(call: Call) -> dict[str, Any]:
    """Shows a file of the drive in a chat: a message with the file."""
    chat = _chat(call)
    folder = folders.folder_of(call, chat)
    ready = []
    for word, file in _files(call):
        inside = file if file.parent == folder.id else objects.copy(call, file, folder)
        ready.append((f"{word}{inside.id}", inside))
    numbers = [file.id for _, file in ready]
    params: dict[str, Any] = {"FILE_ID": numbers}
    if truth(call.get("SILENT_MODE")):
        params["SILENT"] = "Y"
    message = chats.post(call, chat, call.user, str(call.get("MESSAGE") or ""), params=params)
    return {
        "FILES": {key: {**attachments.printed(call, file, chat.id), "date": EmptyObject()} for key, file in ready},
        "DISK_ID": [str(number) for number in numbers],
        "FILE_MODELS": {key: _model(call, file) for key, file in ready},
        "MESSAGE_ID": message,
    }


def _model(call: Call, file: Object) -> dict[str, Any]:
    return {
        "id": file.id,
        "name": file.name,
        "createTime": EmptyObject(),
        "updateTime": EmptyObject(),
        "deleteTime": None,
        "code": file.code,
        "xmlId": None,
        "storageId": file.storage,
        "realObjectId": file.id,
        "parentId": file.parent,
        "deletedType": file.deletedType,
        "createdBy": str(file.createdBy),
        "updatedBy": str(file.updatedBy),
        "deletedBy": str(file.deletedBy),
        "uniqueCode": "",
        "typeFile": 2,
        "globalContentVersion": file.version,
        "fileId": file.content,
        "size": file.size,
        "etag": f"{file.content:032x}",
        "links": {"download": printing.download_url(call, file), "showInGrid": printing.detail_url(call, file)},
    }


def _file(call: Call) -> Object:
    number = whole(call.get("FILE_ID")) or whole(call.get("DISK_ID"))
    file = objects.get(call.portal.store, number) if number else None
    if file is None or file.type != "file":
        raise RestError("FILE_ID_EMPTY", "File ID can't be empty")
    return file


@method("im.disk.file.delete", "im", write=True)
def delete(call: Call) -> bool:
    """Deletes a file from a chat; only its sender may. The message keeps a mark instead of it."""
    chat, file = _chat(call), _file(call)
    if file.createdBy != call.user:
        raise dialogs.no_access("Action unavailable")
    for message in chats.messages(call.portal.store, chat.id, "params LIKE '%FILE_ID%'"):
        if file.id in message.params.get("FILE_ID", []) and not message.deleted:
            chats.erase(call, message)
    objects.erase(call.portal.store, file)
    return True


@method("im.disk.file.save", "im", write=True)
def save(call: Call) -> dict[str, Any]:
    """Copies a file of a chat to the caller's own drive."""
    file = _file(call)
    if not rights.level(call, file):
        raise RestError("FILE_SAVE_ERROR", "File can't be saved")
    objects.ensure_storages(call)
    own = objects.storage_for(call, "user", str(call.user), "")
    folder = folders.inside(call, own, _SAVED)
    body = objects.body_of(call.portal.store, file.content)
    copied = objects.add_file(call, folder, file.name, body, unique=True)
    return {"folder": {"id": folder.id, "name": folder.name}, "file": {"id": copied.id, "name": copied.name}}
