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
