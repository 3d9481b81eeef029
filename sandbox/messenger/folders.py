"""Folders of chats on the common drive."""

from __future__ import annotations

from sandbox.disk import objects, rights
from sandbox.disk.objects import Object
from sandbox.kernel.call import Call
from sandbox.messenger import chats
from sandbox.messenger.chats import Chat

_CHATS = "Файлы чатов"


def inside(call: Call, storage: objects.Storage, name: str) -> Object:
    """A folder in the root of a storage; made when it is not there."""
    root = objects.one(call.portal.store, storage.root)
    return objects.named(call.portal.store, root.id, name) or objects.add_folder(call, root, name)


def folder_of(call: Call, chat: Chat) -> Object:
    """The folder of a chat on the common drive, which its members may read and add to."""
    store = call.portal.store
    known = objects.get(store, chat.folder) if chat.folder else None
    if known is not None and known.deletedType == objects.ALIVE:
        folder = known
    else:
        storage = objects.storage_for(call, "common", "shared_files_s1", "Общий диск")
        folder = objects.add_folder(call, inside(call, storage, _CHATS), f"{chat.title or 'Чат'} ({chat.id})")
        chats.change(store, chat.id, folder=folder.id)
    for user in chats.members(store, chat.id):
        rights.grant(store, folder.id, f"U{user}", rights.EDIT)
    return folder
