"""Chat bots of the second version: queues, chats, messages, files."""

from __future__ import annotations

import base64
from typing import Any

import pytest
import requests

from tests.harness.receiver import Receiver
from tests.harness.sandbox import Sandbox
from tests.sandbox_communication.test_bots import told
from tests.sandbox_communication.test_chats import say
from tests.sandbox_communication.test_open_lines import refusal
from tests.sandbox_core.conftest import App


def register(app: App, code: str = "agent", **fields: Any) -> int:
    given = {"code": code, "properties": {"name": "Агент"}, **fields}
    number: int = app.rest("imbot.v2.Bot.register", {"fields": given})["bot"]["id"]
    return number


def queue(app: App, bot: int, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = app.rest("imbot.v2.Event.get", {"botId": bot, **more})["events"]
    return found


def test_a_bot_fetches_its_events(sandbox: Sandbox, app: App) -> None:
    bot = register(app)
    assert register(app) == bot
    about = app.rest("imbot.v2.Bot.get", {"code": "agent"})
    assert (about["bot"]["type"], about["bot"]["eventMode"], about["users"][0]["type"]) == ("bot", "fetch", "bot")
    say(sandbox, bot, "Привет", user=11)
    joined, heard = queue(app, bot)
    assert (joined["type"], heard["type"]) == ("ONIMBOTV2JOINCHAT", "ONIMBOTV2MESSAGEADD")
    data = heard["data"]
    assert (data["message"]["text"], data["chat"]["dialogId"], data["user"]["id"]) == ("Привет", "11", 11)
    assert (data["bot"]["id"], data["chat"]["entityLink"]) == (bot, {})
    following = heard["eventId"] + 1
    assert queue(app, bot, offset=following) == queue(app, bot) == []
    sent = app.rest("imbot.v2.Chat.Message.send", {"botId": bot, "dialogId": "11", "fields": {"message": "Слушаю"}})
    sandbox.rest("im.message.like", {"MESSAGE_ID": sent["id"], "ACTION": "plus"}, user=11)
    liked = queue(app, bot)[-1]
    assert (liked["type"], liked["data"]["reaction"], liked["data"]["action"]) == (
        "ONIMBOTV2REACTIONCHANGE",
        "like",
        "add",
    )


def test_a_bot_with_an_address_gets_its_events_there(sandbox: Sandbox, app: App, receiver: Receiver) -> None:
    bot = register(app, eventMode="webhook", webhookUrl=receiver.url("/agent"))
    say(sandbox, bot, "Привет", user=11)
    heard = told(sandbox, "ONIMBOTV2MESSAGEADD")[-1]
    assert (heard["bot"]["id"], heard["bot"]["code"], heard["message"]["text"]) == (bot, "agent", "Привет")
    assert heard["bot"]["auth"]["access_token"]
    app.rest("imbot.v2.Bot.update", {"botId": bot, "fields": {"eventMode": "fetch"}})
    before = len(told(sandbox, "ONIMBOTV2MESSAGEADD"))
    say(sandbox, bot, "Ещё", user=11)
    assert len(told(sandbox, "ONIMBOTV2MESSAGEADD")) == before
    assert queue(app, bot)[-1]["data"]["message"]["text"] == "Ещё"


def test_chats_of_a_bot(app: App) -> None:
    bot = register(app)
    made = app.rest(
        "imbot.v2.Chat.add", {"botId": bot, "fields": {"title": "Отдел", "userIds": [11, 12], "color": "MINT"}}
    )
    dialog = made["chat"]["dialogId"]
    here = {"botId": bot, "dialogId": dialog}
    assert (made["chat"]["owner"], made["chat"]["color"], made["chat"]["userCounter"]) == (bot, "#4ba984", 3)
    assert app.rest("imbot.v2.Chat.update", {**here, "fields": {"title": "Цех"}}) == {"result": True}
    app.rest("imbot.v2.Chat.Manager.add", {**here, "userIds": [11, 1]})
    app.rest("imbot.v2.Chat.User.delete", {**here, "userId": 12})
    app.rest("imbot.v2.Chat.TextField.enabled", {**here, "enabled": False})
    chat = app.rest("imbot.v2.Chat.get", here)["chat"]
    assert (chat["name"], chat["managerList"], chat["textFieldEnabled"]) == ("Цех", [11, bot], "N")
    assert [person["id"] for person in app.rest("imbot.v2.Chat.User.list", here)] == [11, bot]
    app.rest("imbot.v2.Chat.setOwner", {**here, "userId": 11})
    app.rest("imbot.v2.Chat.leave", here)
    assert refusal(app, "imbot.v2.Chat.get", here) == ("ACCESS_DENIED", 400)


def test_messages_of_a_bot(sandbox: Sandbox, app: App) -> None:
    bot, guard = register(app), register(app, "guard", type="supervisor")
    chat = app.rest("imbot.v2.Chat.add", {"botId": bot, "fields": {"title": "Отдел", "userIds": [11, guard]}})["chat"]
    first = say(sandbox, chat["dialogId"], "Между собой", user=11)
    assert [event["type"] for event in queue(app, guard)][-1] == "ONIMBOTV2MESSAGEADD"
    assert queue(app, bot) == []
    blind = {"botId": bot, "messageId": first}
    assert refusal(app, "imbot.v2.Chat.Message.get", blind) == (
        "BOT_TYPE_NOT_ALLOWED",
        400,
    )
    found = app.rest("imbot.v2.Chat.Message.get", {"botId": guard, "messageId": first})
    assert (found["message"]["text"], found["user"]["id"], found["message"]["unread"]) == ("Между собой", 11, True)
    read = app.rest("imbot.v2.Chat.Message.read", {"botId": guard, "dialogId": chat["dialogId"]})
    assert (read["counter"], read["viewedMessages"]) == (0, [first])
    mine = app.rest(
        "imbot.v2.Chat.Message.send",
        {"botId": bot, "dialogId": chat["dialogId"], "fields": {"message": "Так", "forwardIds": {"u-1": first}}},
    )
    assert set(mine["uuidMap"]) == {"u-1"}
    app.rest("imbot.v2.Chat.Message.update", {"botId": bot, "messageId": mine["id"], "fields": {"message": "Иначе"}})
    around = app.rest("imbot.v2.Chat.Message.getContext", {"botId": guard, "messageId": mine["id"], "range": 1})
    assert [message["text"] for message in around["messages"]] == ["Между собой", "Иначе"]
    assert (around["hasPrevPage"], around["hasNextPage"]) == (True, False)
    odd = {"botId": bot, "messageId": mine["id"], "reaction": "nothing"}
    assert refusal(app, "imbot.v2.Chat.Message.Reaction.add", odd) == ("REACTION_NOT_FOUND", 400)
    app.rest("imbot.v2.Chat.Message.delete", {"botId": bot, "messageId": mine["id"], "complete": True})
    gone = {"botId": guard, "messageId": mine["id"]}
    assert refusal(app, "imbot.v2.Chat.Message.get", gone) == ("MESSAGE_NOT_FOUND", 400)


def test_commands_of_a_bot(sandbox: Sandbox, app: App) -> None:
    bot = register(app)
    given = {"command": "help", "title": {"ru": "Помощь", "en": "Help"}, "params": {"ru": "тема"}}
    made = app.rest("imbot.v2.Command.register", {"botId": bot, "fields": given})["command"]
    assert (made["command"], made["common"]) == ("/help", False)
    changed = {"title": {"ru": "Справка", "en": None}}
    app.rest("imbot.v2.Command.update", {"botId": bot, "commandId": made["id"], "fields": changed})
    (listed,) = app.rest("imbot.v2.Command.list", {"botId": bot})["commands"]
    assert (listed["title"], listed["params"], listed["category"]) == ("Справка", "тема", "Агент")
    number = say(sandbox, bot, "/help скидки", user=11)
    event = queue(app, bot)[-1]
    assert event["type"] == "ONIMBOTV2COMMANDADD"
    assert event["data"]["command"] == {
        "id": made["id"],
        "command": "/help",
        "params": "скидки",
        "context": "textarea",
    }
    answer = {"botId": bot, "commandId": made["id"], "messageId": number, "fields": {"message": "Вот"}}
    assert app.rest("imbot.v2.Command.answer", answer) == {"result": True}
    said = sandbox.rest("im.dialog.messages.get", {"DIALOG_ID": bot}, user=11)["messages"]
    assert said[0]["text"] == "Вот"


def test_files_of_bots_and_users(sandbox: Sandbox, app: App) -> None:
    bot = register(app)
    content = base64.b64encode("смета".encode()).decode()
    fields = {"name": "смета.txt", "content": content, "message": "Вот"}
    put = app.rest("imbot.v2.File.upload", {"botId": bot, "dialogId": "11", "fields": fields})
    assert (put["file"]["name"], put["dialogId"]) == ("смета.txt", "11")
    url = app.rest("imbot.v2.File.download", {"botId": bot, "fileId": put["file"]["id"]})["downloadUrl"]
    assert requests.get(url, timeout=60).content.decode() == "смета"
    mine = sandbox.rest("im.v2.File.upload", {"dialogId": "12", "fields": fields}, user=11)
    where = {"dialogId": "12", "fileId": mine["file"]["id"]}
    url = sandbox.rest("im.v2.File.download", where, user=11)["downloadUrl"]
    assert requests.get(url, timeout=60).content.decode() == "смета"


def test_a_user_fetches_events(sandbox: Sandbox) -> None:
    assert sandbox.rest("im.v2.Event.subscribe", {}, user=12) is True
    say(sandbox, 12, "Раз", user=11)
    got = sandbox.rest("im.v2.Event.get", {}, user=12)
    assert [event["type"] for event in got["events"]][-1] == "ONIMV2MESSAGEADD"
    assert got["events"][-1]["data"]["user"]["lastActivityDate"] is False
    sandbox.rest("im.v2.Event.unsubscribe", {}, user=12)
    say(sandbox, 12, "Два", user=11)
    after = sandbox.rest("im.v2.Event.get", {"offset": got["nextOffset"]}, user=12)
    assert (after["events"], after["hasMore"]) == ([], False)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"properties": {"name": "Б"}}, "BOT_CODE_REQUIRED"),
        ({"code": "b"}, "BOT_PROPERTIES_REQUIRED"),
        ({"code": "b", "properties": {"name": "Б"}, "type": "odd"}, "BOT_INVALID_TYPE"),
        ({"code": "b", "properties": {"name": "Б"}, "eventMode": "webhook"}, "BOT_WEBHOOK_URL_REQUIRED"),
    ],
)
def test_refusals_of_registration(sandbox: Sandbox, app: App, fields: dict[str, Any], code: str) -> None:
    assert refusal(app, "imbot.v2.Bot.register", {"fields": fields}) == (code, 400)
    assert refusal(sandbox, "imbot.v2.Bot.list", {}) == ("BOT_TOKEN_NOT_SPECIFIED", 400)
    assert sandbox.rest("imbot.v2.Revision.get")["rest"] == 33
