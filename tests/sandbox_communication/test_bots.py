"""Chat bots: registration, messages, commands, open lines."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness.receiver import Receiver
from tests.harness.sandbox import Sandbox
from tests.sandbox_communication.test_chats import say
from tests.sandbox_communication.test_open_lines import refusal
from tests.sandbox_core.conftest import App


@pytest.fixture
def bot(app: App, receiver: Receiver) -> int:
    """A standard bot."""
    profile = {"NAME": "Помощник", "COLOR": "GREEN"}
    number: int = app.rest(
        "imbot.register", {"CODE": "helper", "EVENT_HANDLER": receiver.url("/bot"), "PROPERTIES": profile}
    )
    return number


def told(sandbox: Sandbox, code: str) -> list[dict[str, Any]]:
    sandbox.control("delivery/flush", {})
    return [event["data"] for event in sandbox.control("events") if event["event"] == code]


def test_a_bot_hears_its_dialogue_and_answers(sandbox: Sandbox, app: App, bot: int) -> None:
    before = len(told(sandbox, "ONIMBOTMESSAGEADD"))
    assert sandbox.rest("imbot.bot.list")[str(bot)] == {
        "ID": bot,
        "NAME": "Помощник",
        "CODE": "helper",
        "OPENLINE": "N",
    }
    number = say(sandbox, bot, "Как дела?", user=11)
    heard = told(sandbox, "ONIMBOTMESSAGEADD")[before:]
    assert len(heard) == 1
    params = heard[0]["PARAMS"]
    assert (params["MESSAGE"], params["MESSAGE_TYPE"], params["DIALOG_ID"]) == ("Как дела?", "P", 11)
    assert heard[0]["BOT"][str(bot)]["AUTH"]["client_id"] == "local.1"
    assert told(sandbox, "ONIMBOTJOINCHAT")[-1]["PARAMS"]["BOT_ID"] == bot
    app.rest("imbot.message.add", {"BOT_ID": bot, "DIALOG_ID": 11, "MESSAGE": "Хорошо"})
    messages = sandbox.rest("im.dialog.messages.get", {"DIALOG_ID": bot}, user=11)["messages"]
    assert [message["text"] for message in messages] == ["Хорошо", "Как дела?"]
    sandbox.rest("im.message.update", {"MESSAGE_ID": number, "MESSAGE": "Иначе"}, user=11)
    assert told(sandbox, "ONIMBOTMESSAGEUPDATE")[-1]["PARAMS"]["MESSAGE"] == "Иначе"


def test_a_bot_in_a_group_hears_its_name(sandbox: Sandbox, app: App, bot: int) -> None:
    chat = app.rest("imbot.chat.add", {"TITLE": "Отдел", "USERS": [11, 12]})
    before = len(told(sandbox, "ONIMBOTMESSAGEADD"))
    say(sandbox, f"chat{chat}", "Между собой", user=11)
    say(sandbox, f"chat{chat}", f"[USER={bot}]Помощник[/USER] отчёт", user=11)
    heard = told(sandbox, "ONIMBOTMESSAGEADD")[before:]
    assert [event["PARAMS"]["MESSAGE"] for event in heard] == ["отчёт"]
    assert app.rest("imbot.chat.user.list", {"CHAT_ID": chat}) == [11, 12, bot]
    assert app.rest("imbot.chat.setManager", {"CHAT_ID": chat, "USER_ID": 11}) is True
    assert app.rest("imbot.chat.updateTitle", {"CHAT_ID": chat, "TITLE": "Иначе"}) is True
    assert app.rest("imbot.chat.leave", {"CHAT_ID": chat}) is True


def test_a_command_goes_to_its_bot(sandbox: Sandbox, app: App, bot: int, receiver: Receiver) -> None:
    lang = [{"LANGUAGE_ID": "ru", "TITLE": "Эхо"}]
    given = {"BOT_ID": bot, "COMMAND": "echo", "EVENT_COMMAND_ADD": receiver.url("/cmd"), "LANG": lang}
    number = app.rest("imbot.command.register", given)
    message = say(sandbox, bot, "/echo раз два", user=11)
    entry = told(sandbox, "ONIMCOMMANDADD")[-1]["COMMAND"][str(number)]
    assert (entry["COMMAND"], entry["COMMAND_PARAMS"], entry["MESSAGE_ID"]) == ("echo", "раз два", message)
    answer = {"COMMAND_ID": number, "MESSAGE_ID": message, "MESSAGE": "раз два"}
    assert app.rest("imbot.command.answer", answer) > message
    pressed = {"MESSAGE_ID": message, "BOT_ID": bot, "COMMAND": "echo", "COMMAND_PARAMS": "ещё"}
    assert sandbox.rest("im.message.command", pressed, user=11) is True
    assert app.rest("imbot.command.unregister", {"COMMAND_ID": number}) is True
    assert refusal(app, "imbot.command.unregister", {"COMMAND_ID": number}) == ("COMMAND_ID_ERROR", 400)


def test_a_bot_meets_the_clients_of_a_line(sandbox: Sandbox, app: App, bot: int) -> None:
    params = {"WELCOME_BOT_ENABLE": "Y", "WELCOME_BOT_ID": bot}
    sandbox.rest("imopenlines.config.update", {"CONFIG_ID": 1, "PARAMS": params})
    chat = sandbox.control("openline", {"line": 1, "client": "Сергей", "text": "Есть кто?"})["chat"]
    assert sandbox.rest("imopenlines.dialog.get", {"CHAT_ID": chat})["owner"] == bot
    app.rest("imbot.message.add", {"BOT_ID": bot, "DIALOG_ID": f"chat{chat}", "MESSAGE": "Сейчас позову"})
    assert sandbox.control("outbox")[-1]["text"] == "Сейчас позову"
    assert app.rest("imopenlines.bot.session.operator", {"CHAT_ID": chat}) is True
    assert sandbox.rest("imopenlines.dialog.get", {"CHAT_ID": chat})["owner"] in (11, 12)
    assert refusal(app, "imopenlines.bot.session.operator", {"CHAT_ID": chat}) == ("WRONG_CHAT", 400)
    assert refusal(app, "imopenlines.bot.session.transfer", {"CHAT_ID": chat}) == ("TRANSFER_ID_EMPTY", 400)
    assert app.rest("imopenlines.bot.session.finish", {"CHAT_ID": chat}) is True


def test_what_bots_refuse(sandbox: Sandbox, app: App, receiver: Receiver) -> None:
    url = receiver.url()
    assert refusal(sandbox, "imbot.register", {"CODE": "x"}) == ("ACCESS_DENIED", 403)
    assert refusal(app, "imbot.register", {"CODE": "x"}) == ("EVENT_MESSAGE_ADD_ERROR", 400)
    assert refusal(app, "imbot.register", {"EVENT_HANDLER": url}) == ("CODE_ERROR", 400)
    assert refusal(app, "imbot.register", {"EVENT_HANDLER": url, "CODE": "x"}) == ("NAME_ERROR", 400)
    assert refusal(app, "imbot.message.add", {"MESSAGE": "x"}) == ("BOT_ID_ERROR", 400)
    number = app.rest("imbot.register", {"EVENT_HANDLER": url, "CODE": "x", "PROPERTIES": {"NAME": "X"}})
    assert refusal(app, "imbot.message.add", {"BOT_ID": number, "MESSAGE": "x"}) == ("DIALOG_ID_EMPTY", 400)
    assert refusal(app, "imbot.update", {"BOT_ID": number, "FIELDS": {}}) == ("WRONG_REQUEST", 400)
    assert app.rest("imbot.unregister", {"BOT_ID": number}) is True
    assert told(sandbox, "ONIMBOTDELETE")[-1] == {"BOT_ID": number, "BOT_CODE": "x"}
