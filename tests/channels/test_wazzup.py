"""Wazzup24: every answer of the service, and what is made of a lost one."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import requests
import responses

from b24app.channels.channel import NotHere, NotNow, Person, Taken, Unknown
from b24app.channels.wazzup import Wazzup
from b24app.errors import AppError
from rules.decision import Ref
from tests.channels.letters import CHANNEL, KEY, NOW, Clock, letter

URL = "https://api.wazzup24.com"
MESSAGE = f"{URL}/v3/message"
SENT = {"messageId": "m-1", "chatId": "79990000001"}


@pytest.fixture
def service() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as service:
        yield service


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def channel(clock: Clock) -> Wazzup:
    return Wazzup.at(URL, KEY, CHANNEL, clock)


def bodies(service: responses.RequestsMock) -> list[dict[str, str]]:
    return [json.loads(call.request.body or "") for call in service.calls]


def test_a_message_is_taken(channel: Wazzup, service: responses.RequestsMock) -> None:
    service.post(MESSAGE, json=SENT, status=201)
    assert channel.send(letter("8 (999) 000-00-01")) == Taken("m-1")
    (body,) = bodies(service)
    assert body.pop("crmMessageId")
    assert body == {
        "channelId": CHANNEL,
        "chatType": "whatsapp",
        "chatId": "79990000001",
        "text": "Просим оплатить 120 000 ₽",
    }
    assert service.calls[0].request.headers["Authorization"] == f"Bearer {KEY}"


def test_the_key_of_a_message_is_the_same_for_ever(channel: Wazzup, service: responses.RequestsMock) -> None:
    service.post(MESSAGE, json=SENT, status=201)
    for one in (letter(), letter(), letter(text="other words"), letter(key="other"), letter("+79990000002")):
        channel.send(one)
    keys = [body["crmMessageId"] for body in bodies(service)]
    assert len(set(keys[:3])) == 1
    assert len(set(keys)) == 3
    assert all(len(key) == 32 for key in keys)


@pytest.mark.parametrize("error", ["repeatedCrmMessageId", "REPEATED_CRM_MESSAGE_ID"])
def test_a_refused_repeat_was_sent(channel: Wazzup, service: responses.RequestsMock, error: str) -> None:
    service.post(MESSAGE, json={"error": error, "description": ""}, status=400)
    assert channel.send(letter()) == Taken("")


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, {"error": "BAD_CONTACT"}, NotHere),
        (400, {"error": "24_HOURS_EXCEEDED"}, NotHere),
        (400, {"error": "chatNotFound", "description": ""}, NotHere),
        (400, {"error": "CHANNEL_NOT_FOUND"}, NotHere),
        (400, {"error": {"nested": "nonsense"}}, NotHere),
        (400, [], NotHere),
        (401, {}, NotHere),
        (403, {}, NotHere),
        (429, {}, NotNow),
        (503, {}, NotNow),
        (302, {}, NotHere),
    ],
)
def test_refusals(channel: Wazzup, service: responses.RequestsMock, status: int, body: object, expected: type) -> None:
    service.post(MESSAGE, json=body, status=status)
    assert isinstance(channel.send(letter()), expected)
    assert len(service.calls) == 1


def test_people_are_tried_in_their_order(channel: Wazzup, service: responses.RequestsMock) -> None:
    service.post(MESSAGE, json={"error": "BAD_CONTACT"}, status=400)
    service.post(MESSAGE, json=SENT, status=201)
    one = letter("+79990000001")
    people = (Person(Ref("contact", 1), ("нет телефона", "+79990000001")), Person(Ref("company", 2), ("84951234567",)))
    assert channel.send(
        type(one)(**{name: getattr(one, name) for name in one.__slots__} | {"people": people})
    ) == Taken("m-1")
    assert [body["chatId"] for body in bodies(service)] == ["79990000001", "74951234567"]


def test_nobody_with_a_phone(channel: Wazzup) -> None:
    assert isinstance(channel.send(letter("не звонить")), NotHere)


@pytest.mark.parametrize("failure", [requests.ConnectionError("reset"), requests.ReadTimeout(), 500, 502, 504, "html"])
def test_after_a_lost_answer_the_same_is_asked_for_once_more(
    channel: Wazzup, service: responses.RequestsMock, failure: object
) -> None:
    if isinstance(failure, Exception):
        service.post(MESSAGE, body=failure)
    elif isinstance(failure, int):
        service.post(MESSAGE, body="<html>", status=failure)
    else:
        service.post(MESSAGE, body="<html>", status=200)
    service.post(MESSAGE, json={"error": "repeatedCrmMessageId"}, status=400)
    assert channel.send(letter()) == Taken("")
    first, second = bodies(service)
    assert first == second


@pytest.mark.parametrize("second", [requests.ReadTimeout(), 503])
def test_two_lost_answers_are_unknown(channel: Wazzup, service: responses.RequestsMock, second: object) -> None:
    service.post(MESSAGE, body=requests.ReadTimeout())
    if isinstance(second, int):
        service.post(MESSAGE, status=second)
    else:
        service.post(MESSAGE, body=second)  # type: ignore[arg-type]
    assert isinstance(channel.send(letter()), Unknown)


def test_no_connection_is_not_now(channel: Wazzup, service: responses.RequestsMock) -> None:
    service.post(MESSAGE, body=requests.ConnectTimeout())
    assert isinstance(channel.send(letter()), NotNow)
    assert len(service.calls) == 1


def test_it_is_found_by_asking_again_within_the_window(
    channel: Wazzup, service: responses.RequestsMock, clock: Clock
) -> None:
    service.post(MESSAGE, json={"error": "REPEATED_CRM_MESSAGE_ID"}, status=400)
    clock.passes(seconds=40)
    assert channel.find(letter(), NOW) == Taken("")
    clock.passes(seconds=20)
    assert channel.find(letter(), NOW) is None
    assert len(service.calls) == 1


def test_no_key_is_told_to_anybody(
    channel: Wazzup, service: responses.RequestsMock, caplog: pytest.LogCaptureFixture
) -> None:
    service.post(MESSAGE, status=401, json={})
    service.patch(f"{URL}/v3/webhooks", status=401, json={})
    with caplog.at_level(logging.DEBUG):
        told = [repr(channel), repr(channel.send(letter()))]
        with pytest.raises(AppError) as refused:
            channel.connect("https://app.example/hooks/wazzup/secret-part")
    told += [str(refused.value), refused.value.text.ru, caplog.text]
    assert KEY not in "".join(told)


def test_an_address_that_is_not_reached_is_told_without_its_secret(
    channel: Wazzup, service: responses.RequestsMock
) -> None:
    service.patch(f"{URL}/v3/webhooks", status=400, json={"error": "testPostNotPassed"})
    with pytest.raises(AppError) as refused:
        channel.connect("https://app.example/hooks/wazzup/secret-part")
    assert "https://app.example/hooks/wazzup/" in refused.value.text.ru
    assert "secret-part" not in refused.value.text.ru + refused.value.text.en
