"""Who may do what: roles in chats, people from outside, files that are held."""

from __future__ import annotations

import base64
import struct

import pytest

from sandbox.messenger import pictures
from tests.harness.sandbox import Sandbox
from tests.sandbox_communication.test_bots_v2 import register
from tests.sandbox_communication.test_chats import say
from tests.sandbox_communication.test_disk import own, send
from tests.sandbox_communication.test_open_lines import refusal
from tests.sandbox_core.conftest import App


def act(sandbox: Sandbox, method: str, params: dict[str, object], user: int = 1) -> None:
    sandbox.control("act", {"method": method, "params": params, "as": user})


def test_a_chat_is_managed_by_those_whom_it_lets(sandbox: Sandbox) -> None:
    chat = sandbox.rest("im.chat.add", {"TITLE": "Сделка", "USERS": [11, 12]})
    rename = {"CHAT_ID": chat, "TITLE": "Другая"}
    assert sandbox.rest("im.chat.updateTitle", rename, user=11) is True
    act(
        sandbox,
        "sandbox.im.permissions",
        {"CHAT_ID": chat, "permissions": {"manage_ui": "owner", "can_post": "manager"}},
    )
    assert refusal(sandbox, "im.chat.updateTitle", rename, user=11) == ("ACCESS_ERROR", 403)
    assert (
        refusal(sandbox, "im.message.add", {"DIALOG_ID": f"chat{chat}", "MESSAGE": "x"}, user=11)[0] == "ACCESS_ERROR"
    )
    assert sandbox.rest("im.chat.updateTitle", {**rename, "TITLE": "Третья"}) is True
    assert say(sandbox, f"chat{chat}", "Можно")
    told = sandbox.rest("im.dialog.get", {"DIALOG_ID": f"chat{chat}"}, user=11)
    assert (told["role"], told["permissions"]["manage_ui"], told["permissions"]["can_post"]) == (
        "member",
        "owner",
        "manager",
    )


def test_people_from_outside_see_their_groups(sandbox: Sandbox) -> None:
    group = sandbox.rest("sonet_group.create", {"NAME": "Проект"})
    sandbox.rest("sonet_group.user.add", {"GROUP_ID": group, "USER_ID": [11]})
    given = {"EMAIL": "guest@example.com", "NAME": "Гость", "EXTRANET": "Y", "SONET_GROUP_ID": [group]}
    guest = sandbox.rest("user.add", given)
    assert sandbox.rest("im.user.get", {"ID": guest})["extranet"] is True
    assert sandbox.rest("im.user.get", {"ID": 11}, user=guest)["extranet"] is False
    assert refusal(sandbox, "im.user.get", {"ID": 20}, user=guest) == ("ACCESS_DENIED", 400)
    assert refusal(sandbox, "im.department.get", {"ID": [1]}, user=guest) == ("ACCESS_ERROR", 403)
    assert say(sandbox, f"sg{group}", "Здравствуйте", user=guest)


def test_an_open_file_is_held_for_its_editor(sandbox: Sandbox) -> None:
    folder = sandbox.rest("disk.storage.addFolder", {"id": own(sandbox), "data": {"NAME": "Договоры"}})["ID"]
    sandbox.rest("disk.folder.shareToUser", {"id": folder, "userId": 11, "taskName": "disk_access_edit"})
    file = send(sandbox, folder, "a.txt", b"text")["ID"]
    act(sandbox, "sandbox.disk.lock", {"id": file}, user=11)
    assert refusal(sandbox, "disk.file.delete", {"id": file}) == ("DISK_FILE_22007", 400)
    act(sandbox, "sandbox.disk.lock", {"id": file, "locked": "N"}, user=11)
    assert sandbox.rest("disk.file.delete", {"id": file}) is True


def test_a_full_drive_takes_no_more(sandbox: Sandbox) -> None:
    folder = sandbox.rest("disk.storage.addFolder", {"id": own(sandbox), "data": {"NAME": "Договоры"}})["ID"]
    file = send(sandbox, folder, "a.txt", b"text")["ID"]
    version = {"id": file, "fileContent": ["a.txt", base64.b64encode(b"12345").decode()]}
    act(sandbox, "sandbox.disk.quota", {"bytes": 9})
    assert sandbox.rest("disk.file.uploadVersion", version)["SIZE"] == "5"
    assert refusal(sandbox, "disk.file.uploadVersion", version) == ("DISK_FILE_22006", 400)
    more = {"id": folder, "data": {"NAME": "b.txt"}, "fileContent": ["b.txt", "dGV4dA=="]}
    assert refusal(sandbox, "disk.folder.uploadFile", more) == ("ERROR_COULD_NOT_SAVE_FILE", 400)


def test_an_application_has_a_hundred_bots(sandbox: Sandbox, app: App) -> None:
    for number in range(100):
        register(app, f"agent{number}")
    assert register(app, "agent7")
    given = {"code": "agent100", "properties": {"name": "Агент"}}
    assert refusal(app, "imbot.v2.Bot.register", {"fields": given})[0] == "BOT_LIMIT_EXCEEDED"


_FRAME = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08"


@pytest.mark.parametrize(
    "head",
    [
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", 5001, 10),
        b"GIF89a" + struct.pack("<HH", 10, 5001),
        b"BM" + bytes(16) + struct.pack("<ii", 10, -5001),
        _FRAME + struct.pack(">HH", 10, 5001),
    ],
)
def test_pictures_tell_their_size(head: bytes) -> None:
    body = pictures.content("data:image/png;base64," + base64.b64encode(head).decode())
    assert body is not None
    assert pictures.too_large(body)


def test_a_picture_without_a_size_is_not_too_large() -> None:
    assert not pictures.too_large(_FRAME)
    assert pictures.content("odd") is None
