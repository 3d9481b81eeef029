"""A messenger takes a message and says later that the client cannot be reached there: the next channel has it, once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.flows.conditions import Condition
from tests.flows.messengers import PHONE, connected, log, reminded, sent
from tests.flows.reminders import letters, todos

pytestmark = pytest.mark.flow

OLGA = "a@romashka.ru"
BY_MAIL = {"wazzup": "wazzup, email", "green_api": "green_api, email"}


@pytest.fixture(params=["wazzup", "green_api"])
def taken(request: pytest.FixtureRequest, play: Condition) -> Condition:
    """A messenger has taken the reminder of company 100; e-mail is the next channel."""
    reminded(play, request.param, channels=BY_MAIL[request.param])
    play.goes_on()
    assert log(play.world) == [(request.param, "sent", "")]
    return play


def refused_late(play: Condition, reason: str = "BAD_CONTACT", status: str = "noAccount") -> None:
    """The messenger says twice that the number has no account."""
    play.world.messenger("deliver", {"to": PHONE, "status": status, "reason": reason, "times": 2})


def by_mail(play: Condition) -> list[tuple[str, str]]:
    """Letters that left by e-mail: to whom, and when."""
    return [(one["to"], one["at"][:16]) for one in letters(play) if one["channel"] == "email"]


def told(play: Condition) -> list[dict[str, Any]]:
    """What the journal tells of messages."""
    rows = json.loads(play.world.cli("journal", "--json", "--object", "company:100"))
    return [row for row in rows if row["kind"] == "message"]


def test_the_next_channel_has_it_once(taken: Condition) -> None:
    refused_late(taken)
    taken.world.at("2026-04-10T09:20:00")
    taken.goes_on()
    assert by_mail(taken) == [(OLGA, "2026-04-10T09:20")] and len(sent(taken.world)) == 1
    assert log(taken.world) == [("email", "sent", "")]
    assert sorted(row["state"] for row in told(taken)) == ["done", "refused"]
    assert todos(taken) == []
    taken.world.at("2026-04-10T17:00:00")
    taken.goes_on()
    taken.world.at("2026-04-13T09:05:00")
    taken.goes_on()
    assert [at for _, at in by_mail(taken)][:1] == ["2026-04-10T09:20"] and len(sent(taken.world)) == 2


def test_a_lost_answer_of_the_next_channel(taken: Condition) -> None:
    refused_late(taken)
    with taken.world.faults(match={"method": "crm.activity.add"}, kind="drop_after_apply", times=1):
        taken.goes_on()
    taken.world.at("2026-04-10T09:30:00")
    taken.goes_on()
    assert len(by_mail(taken)) == 1 and log(taken.world) == [("email", "sent", "")]


def test_money_that_came_meanwhile_is_not_asked_for(taken: Condition) -> None:
    refused_late(taken)
    taken.office.edit("debt", taken.office.debt()["id"], paid=120_000)
    taken.goes_on()
    assert by_mail(taken) == []
    ((_, state, _),) = log(taken.world)
    assert state == "failed"


def test_after_hours_a_person_is_told(taken: Condition) -> None:
    refused_late(taken)
    taken.world.at("2026-04-10T19:30:00")
    taken.goes_on()
    taken.world.at("2026-04-10T19:35:00")
    taken.goes_on()
    assert by_mail(taken) == []
    (todo,) = todos(taken)
    assert "не доставлено" in todo["SUBJECT"]


def test_no_channel_is_left(taken: Condition) -> None:
    taken.world.kit.set_setting("messages.channels", log(taken.world)[0][0])
    taken.world.reconnect()
    refused_late(taken)
    taken.goes_on()
    ((_, state, detail),) = log(taken.world)
    assert (state, detail) == ("failed", "failed")
    (todo,) = todos(taken)
    assert "не доставлено" in todo["SUBJECT"]


def test_a_failure_that_proves_nothing_is_left_to_a_person(taken: Condition) -> None:
    refused_late(taken, reason="UNKNOWN_ERROR", status="failed")
    taken.goes_on()
    assert by_mail(taken) == [] and len(todos(taken)) == 1


def test_what_a_robot_wanted_to_say_goes_by_the_next_channel(play: Condition) -> None:
    connected(play.world, "wazzup")
    play.world.kit.set_setting("messages.channels", "wazzup, email")
    play.world.reconnect()
    play.world.at("2026-04-06T12:00:00")
    properties = {"text": "Заказ собран"}
    body = {"code": "send_message", "document": ["crm", "CCrmDocumentCompany", "COMPANY_100"], "properties": properties}
    play.world.control("run_robot", body)
    play.goes_on()
    refused_late(play)
    play.world.at("2026-04-06T12:05:00")
    play.goes_on()
    assert by_mail(play) == [(OLGA, "2026-04-06T12:05")] and len(sent(play.world)) == 1
    assert log(play.world) == [("email", "sent", "")]
