"""Green-API: every answer of the service, and the journal that is searched after a lost one."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import responses

from b24app.channels.channel import NotHere, NotNow, Taken, Unknown
from b24app.channels.green_api import GreenApi
from b24app.errors import AppError
from tests.channels.letters import NOW, TOKEN, Clock, letter

URL = "https://7103.api.greenapi.com"
SEND = f"{URL}/waInstance7103000000/sendMessage/{TOKEN}"
JOURNAL = f"{URL}/waInstance7103000000/lastOutgoingMessages/{TOKEN}"
QUEUE = f"{URL}/waInstance7103000000/showMessagesQueue/{TOKEN}"
STAMP = int(NOW.timestamp())


@pytest.fixture
def service() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as service:
        yield service


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def channel(clock: Clock) -> GreenApi:
    return GreenApi.at(URL, "7103000000", TOKEN, clock)


def row(**changes: Any) -> dict[str, Any]:
    """A row of the journal about the letter."""
    told = {"type": "outgoing", "idMessage": "G1", "timestamp": STAMP + 1, "typeMessage": "textMessage"}
    return {**told, "chatId": "79990000001@c.us", "textMessage": letter().text, **changes}


def test_a_message_is_taken(channel: GreenApi, service: responses.RequestsMock) -> None:
    service.post(SEND, json={"idMessage": "G1"})
    assert channel.send(letter("8 999 000 00 01")) == Taken("G1")
    assert json.loads(service.calls[0].request.body or "") == {
        "chatId": "79990000001@c.us",
        "message": "Просим оплатить 120 000 ₽",
    }


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, {"message": "Validation failed"}, NotHere),
        (401, {}, NotHere),
        (466, {"invokeStatus": {}}, NotHere),
        (429, {}, NotNow),
        (503, {}, NotNow),
        (500, {}, Unknown),
        (200, {"idMessage": ""}, Unknown),
        (200, [], Unknown),
    ],
)
def test_answers(channel: GreenApi, service: responses.RequestsMock, status: int, body: object, expected: type) -> None:
    service.post(SEND, json=body, status=status)
    assert isinstance(channel.send(letter()), expected)
    assert len(service.calls) == 1


def test_a_lost_answer_is_unknown_and_nothing_is_sent_again(channel: GreenApi, service: responses.RequestsMock) -> None:
    service.post(SEND, body=requests.ReadTimeout())
    assert isinstance(channel.send(letter("+79990000001", "+79990000002")), Unknown)
    assert len(service.calls) == 1


@pytest.mark.parametrize(
    "found",
    [
        row(),
        row(timestamp=STAMP - 30),
        row(textMessage="", extendedTextMessage={"text": letter().text}, typeMessage="extendedTextMessage"),
        row(textMessage=f"  {letter().text}\n"),
    ],
)
def test_it_is_found_in_the_journal(channel: GreenApi, service: responses.RequestsMock, found: dict[str, Any]) -> None:
    service.get(JOURNAL, json=[row(idMessage="G0", chatId="70000000000@c.us"), found])
    assert channel.find(letter(), NOW) == Taken("G1")


def test_it_is_found_in_the_queue(channel: GreenApi, service: responses.RequestsMock) -> None:
    service.get(JOURNAL, json=[])
    service.get(
        QUEUE,
        json=[
            {"messageID": "Q1", "type": "sendMessage", "body": {"chatId": "79990000001@c.us", "message": letter().text}}
        ],
    )
    assert channel.find(letter(), NOW) == Taken("Q1")


@pytest.mark.parametrize(
    "other",
    [
        row(timestamp=STAMP - 600),
        row(textMessage="Другой текст"),
        row(chatId="79990000009@c.us"),
        "nonsense",
        {"body": "nonsense"},
    ],
)
def test_what_is_not_there_is_missing_after_a_while(
    channel: GreenApi, service: responses.RequestsMock, clock: Clock, other: Any
) -> None:
    service.get(JOURNAL, json=[other])
    service.get(QUEUE, json=[])
    assert channel.find(letter(), NOW) is None
    clock.passes(minutes=3)
    assert isinstance(channel.find(letter(), NOW), NotHere)
    clock.passes(days=2)
    assert channel.find(letter(), NOW) is None


@pytest.mark.parametrize("status", [401, 429, 500])
def test_a_journal_that_does_not_answer_tells_nothing(
    channel: GreenApi, service: responses.RequestsMock, clock: Clock, status: int
) -> None:
    service.get(JOURNAL, json={}, status=status)
    clock.passes(minutes=3)
    assert channel.find(letter(), NOW) is None


def test_the_token_is_told_to_nobody(
    channel: GreenApi, service: responses.RequestsMock, caplog: pytest.LogCaptureFixture
) -> None:
    service.post(SEND, body=requests.ConnectionError(f"Max retries exceeded with url: {SEND}"))
    service.post(f"{URL}/waInstance7103000000/setSettings/{TOKEN}", status=401, json={})
    with caplog.at_level(logging.DEBUG):
        told = [repr(channel), repr(channel.send(letter()))]
        with pytest.raises(AppError) as refused:
            channel.connect("https://app.example/hooks/green-api/secret-part")
        logging.getLogger("urllib3.connectionpool").debug("%s", SEND)
    assert refused.value.__context__ is None
    assert TOKEN not in "".join([*told, str(refused.value), refused.value.text.ru, caplog.text])
