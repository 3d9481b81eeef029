"""Chats: dialogues, group chats, messages, the bell, people."""

from __future__ import annotations

from typing import Any

from tests.harness.sandbox import Sandbox
from tests.sandbox_communication.test_open_lines import refusal


def say(sandbox: Sandbox, dialog: Any, text: str, user: int = 1) -> int:
    number: int = sandbox.rest("im.message.add", {"DIALOG_ID": dialog, "MESSAGE": text}, user=user)
    return number


def test_two_employees_talk(sandbox: Sandbox) -> None:
    first = say(sandbox, 11, "Привет")
    say(sandbox, 1, "Здравствуйте", user=11)
    told = sandbox.rest("im.dialog.messages.get", {"DIALOG_ID": 11})
    assert [message["text"] for message in told["messages"]] == ["Здравствуйте", "Привет"]
    assert sandbox.rest("im.counters.get")["TYPE"]["DIALOG"] == 1
    assert sandbox.rest("im.dialog.get", {"DIALOG_ID": 11})["name"] == "Иван Иванов"
    read = sandbox.rest("im.dialog.read", {"DIALOG_ID": "11"})
    assert (read["dialogId"], read["counter"]) == ("11", 0)
    assert sandbox.rest("im.message.update", {"MESSAGE_ID": first, "MESSAGE": "Приветствую"}) is True
    assert refusal(sandbox, "im.message.delete", {"MESSAGE_ID": first}, user=11) == ("CANT_EDIT_MESSAGE", 403)
    assert sandbox.rest("im.message.delete", {"MESSAGE_ID": first}) is True
    recent = sandbox.rest("im.recent.get")
    assert (recent[0]["id"], recent[0]["type"], recent[0]["message"]["text"]) == (11, "user", "Здравствуйте")


def test_what_messages_refuse(sandbox: Sandbox) -> None:
    assert refusal(sandbox, "im.message.add", {"DIALOG_ID": 11, "MESSAGE": " "}) == ("MESSAGE_EMPTY", 400)
    assert refusal(sandbox, "im.message.add", {"DIALOG_ID": 7777, "MESSAGE": "x"}) == ("USER_NOT_FOUND", 400)
    assert refusal(sandbox, "im.message.add", {"DIALOG_ID": "chat7777", "MESSAGE": "x"}) == ("CHAT_ID", 400)
    bad = {"DIALOG_ID": 11, "MESSAGE": "x", "ATTACH": "{"}
    assert refusal(sandbox, "im.message.add", bad) == ("ATTACH_ERROR", 400)
    assert refusal(sandbox, "im.message.like", {}) == ("MESSAGE_ID_ERROR", 400)
    assert refusal(sandbox, "im.dialog.get", {"DIALOG_ID": "chatx"}) == ("DIALOG_ID_EMPTY", 400)
    number = say(sandbox, 11, "x")
    sandbox.rest("im.message.like", {"MESSAGE_ID": number, "ACTION": "plus"})
    again = {"MESSAGE_ID": number, "ACTION": "plus"}
    assert refusal(sandbox, "im.message.like", again) == ("WITHOUT_CHANGES", 400)


def test_a_group_chat(sandbox: Sandbox) -> None:
    chat = sandbox.rest(
        "im.chat.add",
        {"TITLE": "Сделка", "USERS": [11], "ENTITY_TYPE": "CRM", "ENTITY_ID": "DEAL|5", "MESSAGE": "Начнём"},
    )
    assert sandbox.rest("im.chat.get", {"ENTITY_TYPE": "CRM", "ENTITY_ID": "DEAL|5"}) == {"ID": chat}
    assert sandbox.rest("im.chat.user.list", {"CHAT_ID": chat}) == [1, 11]
    assert sandbox.rest("im.chat.user.add", {"CHAT_ID": chat, "USERS": [12]}) is True
    assert sandbox.rest("im.dialog.messages.get", {"DIALOG_ID": f"chat{chat}"}, user=12)["messages"] == []
    assert refusal(sandbox, "im.chat.setOwner", {"CHAT_ID": chat, "USER_ID": 11}, user=11) == ("WRONG_REQUEST", 400)
    assert sandbox.rest("im.chat.setOwner", {"CHAT_ID": chat, "USER_ID": 11}) is True
    assert refusal(sandbox, "im.chat.updateColor", {"CHAT_ID": chat, "COLOR": "X"}) == ("WRONG_COLOR", 400)
    assert refusal(sandbox, "im.chat.updateTitle", {"CHAT_ID": chat, "TITLE": ""}) == ("TITLE_EMPTY", 400)
    assert sandbox.rest("im.chat.updateTitle", {"CHAT_ID": chat, "TITLE": "Новая"}) is True
    assert sandbox.rest("im.search.chat.list", {"FIND": "Нов"})[0]["id"] == chat
    message = {"DIALOG_ID": f"chat{chat}", "MESSAGE": "x"}
    assert refusal(sandbox, "im.message.add", message, user=20) == ("ACCESS_ERROR", 400)
    assert sandbox.rest("im.chat.leave", {"CHAT_ID": chat}) is True
    assert refusal(sandbox, "im.chat.user.list", {"CHAT_ID": chat}) == ("ACCESS_ERROR", 403)


def test_files_of_a_chat(sandbox: Sandbox) -> None:
    chat = sandbox.rest("im.chat.add", {"USERS": [11]})
    folder = sandbox.rest("im.disk.folder.get", {"CHAT_ID": chat})["ID"]
    sent = {"id": folder, "data": {"NAME": "a.txt"}, "fileContent": ["a.txt", "YQ=="]}
    file = sandbox.rest("disk.folder.uploadFile", sent)["ID"]
    done = sandbox.rest("im.disk.file.commit", {"CHAT_ID": chat, "UPLOAD_ID": file})
    assert done["DISK_ID"] == [str(file)]
    told = sandbox.rest("im.dialog.messages.get", {"DIALOG_ID": f"chat{chat}"}, user=11)
    assert (told["files"][0]["id"], told["files"][0]["name"]) == (file, "a.txt")
    saved = sandbox.rest("im.disk.file.save", {"FILE_ID": file}, user=11)
    assert saved["folder"]["name"] == "Сохранённые файлы"
    assert sandbox.rest("im.disk.file.delete", {"CHAT_ID": chat, "FILE_ID": file}) is True


def test_the_bell(sandbox: Sandbox) -> None:
    number = sandbox.rest("im.notify.personal.add", {"USER_ID": 11, "MESSAGE": "Согласуйте счёт", "TAG": "T"})
    told = sandbox.rest("im.notify.get", user=11)
    assert (told["total_count"], told["total_unread_count"]) == (1, 1)
    assert told["notifications"][0]["notify_type"] == 2
    assert sandbox.rest("im.notify.read", {"ID": number}, user=11) is True
    assert sandbox.rest("im.notify.get", user=11)["total_unread_count"] == 0
    assert sandbox.rest("im.notify.history.search", {"SEARCH_TEXT": "счёт"}, user=11)["total_results"] == 1
    answered = {"NOTIFY_ID": number, "ANSWER_TEXT": "Хорошо"}
    assert "result_message" in sandbox.rest("im.notify.answer", answered, user=11)
    assert sandbox.rest("im.notify.get")["total_count"] == 1
    assert refusal(sandbox, "im.notify.get", {"LAST_ID": 1}) == ("LAST_ID_AND_LAST_TYPE", 400)
    assert refusal(sandbox, "im.notify.history.search", {"SEARCH_TEXT": "x"}) == ("SEARCH_TEXT_ERROR", 400)
    assert refusal(sandbox, "im.notify.read.list", {}) == ("PARAMS_ERROR", 400)


def test_people_and_departments(sandbox: Sandbox) -> None:
    person = sandbox.rest("im.user.get", {"ID": 11})
    assert (person["id"], person["name"], person["departments"]) == (11, "Иван Иванов", [5])
    assert set(sandbox.rest("im.user.list.get", {"ID": [1, 11]})) == {"1", "11"}
    assert sandbox.rest("im.department.managers.get", {"ID": [5]}) == {"5": [10]}
    assert sandbox.rest("im.department.employees.get", {"ID": [5]}) == {"5": [10, 11, 12]}
    assert sandbox.rest("im.department.colleagues.list", user=11) == [10, 12]
    assert set(sandbox.rest("im.search.user.list", {"FIND": "Ива"})) == {"11"}
    assert refusal(sandbox, "im.search.user.list", {"FIND": "И"}) == ("FIND_SHORT", 400)
    assert refusal(sandbox, "im.user.status.set", {"STATUS": "x"}) == ("STATUS_ERROR", 400)
    assert refusal(sandbox, "im.department.get", {}) == ("INVALID_FORMAT", 400)
