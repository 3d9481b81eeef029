"""The robots on the portal: the business process gets the values, and asks twice without harm."""

from __future__ import annotations

from typing import Any

import pytest

from tests.flows.conditions import Condition
from tests.flows.edges import inbox

pytestmark = pytest.mark.flow


def run(play: Condition, code: str, document: str, **properties: Any) -> dict[str, Any]:
    """The process reaches the robot; what it goes on with."""
    kind = {"DEAL": "CCrmDocumentDeal", "COMPANY": "CCrmDocumentCompany"}[document.split("_")[0]]
    body = {"code": code, "document": ["crm", kind, document], "properties": properties}
    number = play.world.control("run_robot", body)["run"]
    play.goes_on()
    told = play.world.control(f"runs/{number}")
    assert told["state"] == "done", told
    values: dict[str, Any] = told["return_values"]
    return values


@pytest.fixture
def ordered(play: Condition) -> Condition:
    """A portal with deal 501."""
    play.office.put_deal(501, "stage.active.packing")
    return play


def test_workdays_are_added(ordered: Condition) -> None:
    told = run(ordered, "add_working_days", "DEAL_501", days="5")
    assert told == {"moment": "2026-04-13T11:00:00+03:00", "day": "2026-04-13", "error": ""}
    told = run(ordered, "add_working_days", "DEAL_501", days="1", since="30.04.2026 18:30:00")
    assert told["moment"] == "2026-05-04T18:30:00+03:00"


def test_a_wrong_date_is_answered_and_told(ordered: Condition) -> None:
    told = run(ordered, "add_working_days", "DEAL_501", days="1", since="на днях")
    assert "на днях" in told["error"]
    [trouble] = inbox(ordered)
    assert "Прибавить рабочие дни" in trouble["ru"]


def test_the_next_working_moment(ordered: Condition) -> None:
    ordered.world.at("2026-04-10T19:20:00")
    told = run(ordered, "next_working_moment", "DEAL_501")
    assert (told["moment"], told["is_open"]) == ("2026-04-13T09:00:00+03:00", "N")
    ordered.world.at("2026-04-14T10:00:00")
    told = run(ordered, "next_working_moment", "DEAL_501")
    assert (told["moment"], told["is_open"]) == ("2026-04-14T10:00:00+03:00", "Y")


def test_a_repeat_deal_when_it_is_due(play: Condition) -> None:
    play.office.put_deal(501, "stage.active.paid")
    told = run(play, "start_repeat_sale", "COMPANY_100")
    assert (told["deal_id"], told["is_there"]) == ("0", "N") and told["reason"]
    play.world.at("2026-04-21T10:00:00")
    first = run(play, "start_repeat_sale", "COMPANY_100")
    assert first["is_there"] == "Y" and int(first["deal_id"]) > 0
    assert run(play, "start_repeat_sale", "COMPANY_100")["deal_id"] == first["deal_id"]


def told_client(play: Condition) -> list[str]:
    return [one["text"] for one in play.world.control("outbox?since=0")]


def test_a_message_is_sent_once_and_its_channel_told(ordered: Condition) -> None:
    told = run(ordered, "send_message", "DEAL_501", text="Заказ собран")
    assert (told["state"], told["channel"]) == ("sent", "openline")
    assert told_client(ordered) == ["Заказ собран"]
    told = run(ordered, "send_message", "DEAL_501", text="Заказ в пути")
    assert told["state"] == "waiting" and "Сегодня" in told["reason"]
    ordered.world.at("2026-04-07T09:00:00")
    ordered.goes_on()
    assert told_client(ordered) == ["Заказ собран", "Заказ в пути"]


def test_a_message_at_night_waits_for_the_morning(ordered: Condition) -> None:
    ordered.world.at("2026-04-06T20:00:00")
    told = run(ordered, "send_message", "COMPANY_100", text="Заказ собран")
    assert told["state"] == "waiting" and told_client(ordered) == []
    ordered.world.at("2026-04-07T09:00:00")
    ordered.goes_on()
    assert told_client(ordered) == ["Заказ собран"]


def test_a_message_of_friday_evening_goes_on_monday(ordered: Condition) -> None:
    ordered.world.at("2026-04-10T18:05:00")
    assert run(ordered, "send_message", "COMPANY_100", text="Заказ собран")["state"] == "waiting"
    ordered.world.at("2026-04-13T09:00:00")
    ordered.goes_on()
    assert told_client(ordered) == ["Заказ собран"] and inbox(ordered) == []


def test_a_client_who_opted_out_is_not_written_to(ordered: Condition) -> None:
    ordered.office.put_fields("company", 100, no_auto_messages=True)
    told = run(ordered, "send_message", "COMPANY_100", text="Заказ собран")
    assert told["state"] == "refused" and "Не писать автоматически" in told["reason"]
    assert told_client(ordered) == []


def test_a_client_without_a_channel(ordered: Condition) -> None:
    told = run(ordered, "send_message", "COMPANY_102", text="Заказ собран")
    assert told["state"] == "no_channel" and told["reason"]
