"""Messengers from the settings to the client's phone and back, against the sandbox's Wazzup24 and Green-API."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.flows.conditions import Condition
from tests.flows.edges import inbox
from tests.flows.messengers import KEYS, PHONE, connected, log, reminded, sent
from tests.flows.reminders import todos
from tests.harness.world import BOX, World

CONTACT = 3
SECRETS = {"channel.wazzup.api_key": "wazzup-key", "channel.green_api.token": "green-token"}
STATUS = "messageservice.message.status.update"


def writes(world: World, text: str = "Заказ готов") -> str:
    """An employee writes to a contact through our provider; the number of the message."""
    card = [{"OWNER_TYPE_ID": CONTACT, "OWNER_ID": 200}]
    said = {"as": 11, "code": "b24app_messenger", "text": text, "bindings": card}
    number: str = world.control("send_message", said)["message_id"]
    return number


def statuses(world: World) -> list[str]:
    """What the portal was told about its messages."""
    return [call["params"]["STATUS"] for call in world.control("calls?since=0") if call["method"] == STATUS][COUNT[0] :]


COUNT = [0]
"""calls of earlier tests: the portal's log is not put back"""


@pytest.fixture(autouse=True)
def _logs(world: World) -> None:
    COUNT[0] = 0
    COUNT[0] = len(statuses(world))


# an administrator connects a messenger


def test_from_the_settings_to_a_test_message(world: World) -> None:
    command = [sys.executable, "-m", "b24app", "settings", "set", "channel.wazzup.api_key", "--data", str(world.data)]
    done = subprocess.run(command, input="wazzup-key\n", capture_output=True, text=True, timeout=60, env=BOX)
    assert done.returncode == 0, done.stderr
    assert "wazzup-key" not in done.stdout + done.stderr
    assert "channel.wazzup.channel_id" in world.cli("channels")
    for key, value in KEYS.items():
        world.cli("settings", "set", key, value)
    assert "channel.wazzup.api_key = set" in world.cli("settings", "get")
    assert "wazzup-key" not in world.cli("settings", "get", "--json")
    world.cli("channels", "connect", "wazzup")
    assert "/hooks/wazzup/" in world.messenger("state")["accounts"]["wazzup"]["webhook"]
    assert "Отправлено" in world.cli("channels", "test", "wazzup", "8 999 000-00-01")
    assert [(service, phone) for service, phone, _ in sent(world)] == [("wazzup", PHONE)]
    world.messenger("account", {"vendor": "wazzup", "api_key": "another"})
    assert "api_key" in world.cli("channels", "test", "wazzup", PHONE, check=False)


# the portal sends through us


@pytest.mark.parametrize("vendor", ["wazzup", "green_api"])
def test_a_card_writes_and_learns_that_it_was_delivered(world: World, vendor: str) -> None:
    connected(world, vendor)
    writes(world)
    world.settle()
    assert sent(world) == [(vendor, PHONE, "Заказ готов")]
    assert statuses(world) == ["sent"]
    world.messenger("deliver", {"to": PHONE, "status": "delivered", "times": 3})
    world.settle()
    world.messenger("deliver", {"to": PHONE, "status": "read", "times": 2})
    world.settle()
    world.replay_events()
    world.settle()
    assert statuses(world) == ["sent", "delivered"]
    assert len(sent(world)) == 1


def test_a_message_that_did_not_arrive_is_told_to_the_card(world: World) -> None:
    connected(world, "green_api")
    writes(world)
    world.settle()
    world.messenger("deliver", {"to": PHONE, "status": "noAccount"})
    world.settle()
    assert statuses(world) == ["sent", "undelivered"]


def test_the_second_messenger_takes_what_the_first_refuses(world: World) -> None:
    connected(world, "wazzup")
    connected(world, "green_api")
    world.messenger("faults", {"kind": "window_closed", "match": {"vendor": "wazzup"}})
    writes(world)
    world.settle()
    assert sent(world) == [("green_api", PHONE, "Заказ готов")]
    assert statuses(world) == ["sent"]


@pytest.mark.parametrize("kind", ["drop_after_apply", "504_after_apply", "drop_before", "html"])
def test_a_lost_answer_of_wazzup_sends_nothing_twice(world: World, kind: str) -> None:
    connected(world, "wazzup")
    world.messenger("faults", {"kind": kind, "times": 1, "match": {"path": "/v3/message"}})
    writes(world)
    world.settle()
    assert sent(world) == [("wazzup", PHONE, "Заказ готов")]
    assert statuses(world) == ["sent"]


def test_a_lost_answer_of_green_api_is_found_in_its_journal(world: World) -> None:
    connected(world, "green_api")
    world.messenger("faults", {"kind": "drop_after_apply", "times": 1, "match": {"path": "sendMessage"}})
    writes(world)
    world.settle()
    assert statuses(world) == []
    world.control("clock", {"advance": "PT30S"})
    world.settle()
    assert len(sent(world)) == 1
    assert statuses(world) == ["sent"]


def test_what_green_api_certainly_did_not_get_is_sent_again(world: World) -> None:
    connected(world, "green_api")
    world.messenger("faults", {"kind": "drop_before", "times": 1, "match": {"path": "sendMessage"}})
    writes(world)
    world.settle()
    world.control("clock", {"advance": "PT30S"})
    world.settle()
    assert sent(world) == [], "the journal may be late"
    world.control("clock", {"advance": "PT3M"})
    world.settle()
    assert len(sent(world)) == 1
    assert statuses(world) == ["sent"]


def test_a_busy_messenger_is_tried_again(world: World) -> None:
    connected(world, "wazzup")
    world.messenger("faults", {"kind": "429", "times": 2, "match": {"path": "/v3/message"}})
    writes(world)
    for _ in range(3):
        world.settle()
        world.control("clock", {"advance": "PT10S"})
    assert len(sent(world)) == 1
    assert statuses(world) == ["sent"]


def test_without_a_messenger_the_card_and_the_administrator_are_told(play: Condition) -> None:
    world = play.world
    writes(world)
    play.goes_on()
    assert statuses(world) == ["failed"]
    assert any("channel." in entry["ru"] for entry in inbox(play))


def test_a_robot_of_the_portal_writes_through_us(world: World) -> None:
    connected(world, "wazzup")
    document = ["crm", "CCrmDocumentContact", "CONTACT_200"]
    said = {"code": "b24app_messenger", "to": PHONE, "text": "Ждём вас", "document": document, "workflow_id": "66e.1"}
    world.control("send_message", said)
    world.settle()
    assert sent(world) == [("wazzup", PHONE, "Ждём вас")]
    assert statuses(world) == ["sent"]


# reminders of the app


def test_a_reminder_is_taken_and_delivered(play: Condition) -> None:
    reminded(play, "wazzup")
    play.goes_on()
    ((service, phone, text),) = sent(play.world)
    assert (service, phone) == ("wazzup", PHONE)
    assert "120 000" in text
    assert log(play.world) == [("wazzup", "sent", "")]
    play.world.messenger("deliver", {"to": PHONE, "status": "read"})
    play.world.messenger("deliver", {"to": PHONE, "status": "delivered", "times": 2})
    play.goes_on()
    assert log(play.world) == [("wazzup", "sent", "read")]
    assert len(sent(play.world)) == 1


def test_a_reminder_that_one_messenger_refuses_goes_by_the_next(play: Condition) -> None:
    reminded(play, "wazzup", "green_api")
    play.world.messenger("faults", {"kind": "bad_contact", "match": {"vendor": "wazzup"}})
    play.goes_on()
    assert [service for service, _, _ in sent(play.world)] == ["green_api"]
    assert log(play.world) == [("green_api", "sent", "")]


@pytest.mark.parametrize("times", [1, 2])
def test_a_reminder_whose_answer_wazzup_loses_is_not_sent_twice(play: Condition, times: int) -> None:
    reminded(play, "wazzup")
    play.world.messenger("faults", {"kind": "drop_after_apply", "times": times, "match": {"path": "/v3/message"}})
    play.goes_on()
    assert len(sent(play.world)) == 1
    assert log(play.world) == [("wazzup", "sent", "")]


def test_a_reminder_whose_answer_green_api_loses_is_found_in_its_journal(play: Condition) -> None:
    reminded(play, "green_api")
    play.world.messenger("faults", {"kind": "drop_after_apply", "times": 1, "match": {"path": "sendMessage"}})
    play.goes_on()
    assert len(sent(play.world)) == 1
    assert log(play.world) == [("green_api", "sent", "")]
    play.world.messenger("deliver", {"to": PHONE, "status": "delivered"})
    play.goes_on()
    assert log(play.world) == [("green_api", "sent", "delivered")]


def test_a_reminder_that_did_not_arrive_is_seen_by_its_rule(play: Condition) -> None:
    reminded(play, "wazzup")
    play.goes_on()
    play.world.messenger("deliver", {"to": PHONE, "status": "noAccount", "reason": "BAD_CONTACT", "times": 2})
    play.goes_on()
    assert log(play.world) == [("wazzup", "failed", "failed")]
    assert len(sent(play.world)) == 1
    (todo,) = todos(play)
    assert "не доставлено" in todo["SUBJECT"]


def test_a_client_who_has_just_written_is_left_in_peace(play: Condition) -> None:
    reminded(play, "wazzup")
    told = play.world.messenger("incoming", {"from": PHONE, "text": "Оплатим в понедельник"})
    assert told["statuses"] == [200]
    play.goes_on()
    assert sent(play.world) == []
    play.world.at("2026-04-10T13:30:00")
    play.goes_on()
    assert len(sent(play.world)) == 1
