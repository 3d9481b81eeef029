"""Working time: days, networks, settings, reports."""

from __future__ import annotations

import pytest

from tests.harness.sandbox import Sandbox
from tests.sandbox_tasks.conftest import V3, Refusal, refused, result

ANNA, BORIS = 2, 3


def test_a_day_with_a_pause(sandbox: Sandbox) -> None:
    sandbox.control("clock", {"freeze": True})
    assert sandbox.rest("timeman.status", {}, ANNA)["STATUS"] == "CLOSED"
    day = sandbox.rest("timeman.open", {"LAT": 53.5}, ANNA)
    assert (day["STATUS"], day["TIME_FINISH"], day["LAT_OPEN"], day["TZ_OFFSET"]) == ("OPENED", None, 53.5, 10800)
    sandbox.control("clock", {"advance": "PT2H"})
    assert sandbox.rest("timeman.pause", {}, ANNA)["STATUS"] == "PAUSED"
    sandbox.control("clock", {"advance": "PT30M"})
    assert sandbox.rest("timeman.open", {}, ANNA)["STATUS"] == "OPENED"
    sandbox.control("clock", {"advance": "PT1H"})
    day = sandbox.rest("timeman.close", {}, ANNA)
    assert (day["STATUS"], day["DURATION"], day["TIME_LEAKS"]) == ("CLOSED", "03:00:00", "00:30:00")


def test_a_forgotten_day_expires(sandbox: Sandbox, refusal: Refusal) -> None:
    sandbox.rest("timeman.open", {}, ANNA)
    sandbox.control("clock", {"advance": "P1D"})
    assert sandbox.rest("timeman.status", {}, ANNA)["STATUS"] == "EXPIRED"
    late = {"TIME": "2026-04-07T18:00:00+03:00", "REPORT": "забыла"}
    assert refusal("timeman.close", late, ANNA) == (400, "WRONG_DATETIME")
    day = sandbox.rest("timeman.close", {**late, "TIME": "2026-04-06T18:00:00+03:00"}, ANNA)
    assert (day["STATUS"], day["TIME_FINISH"]) == ("CLOSED", "2026-04-06T18:00:00+03:00")


def test_refused_times(sandbox: Sandbox, refusal: Refusal) -> None:
    other = {"TIME": "2026-04-05T09:00:00+03:00", "REPORT": "x"}
    assert refusal("timeman.open", other, ANNA) == (400, "WRONG_DATETIME")
    sandbox.rest("timeman.open", {"TIME": "2026-04-06T09:00:00+03:00", "REPORT": "x"}, ANNA)
    sandbox.rest("timeman.pause", {}, ANNA)
    assert refusal("timeman.open", {**other, "TIME": "2026-04-06T10:00:00+03:00"}, ANNA) == (400, "TIME")


@pytest.mark.parametrize("user", [99, BORIS])
def test_days_of_others(sandbox: Sandbox, refusal: Refusal, user: int) -> None:
    assert refusal("timeman.settings", {"USER_ID": user}, ANNA) == (400, "")


def test_settings_and_schedule(sandbox: Sandbox) -> None:
    assert sandbox.rest("timeman.settings")["ADMIN"] is True
    assert sandbox.rest("timeman.schedule.get", {"id": 1})["SHIFTS"][0]["WORK_DAYS"] == "12345"
    assert sandbox.rest("timeman.schedule.get", {"id": 2}) == []


def test_networks(sandbox: Sandbox, refusal: Refusal) -> None:
    assert sandbox.rest("timeman.networkrange.check", {"IP": "10.10.255.255"}) == {
        "ip": "10.10.255.255",
        "range": "10.0.0.0-10.255.255.255",
        "name": "10.x.x.x",
    }
    wrong = {"ip_range": "a10.0.0.1", "name": "x"}
    assert sandbox.rest("timeman.networkrange.set", {"RANGES": [wrong]}) == {"result": False, "error_ranges": [wrong]}
    right = {"ip_range": "10.0.0.1", "name": "Офис"}
    assert sandbox.rest("timeman.networkrange.set", {"ranges": [right]}) == {"result": True}
    assert sandbox.rest("timeman.networkrange.get") == [right]
    assert sandbox.rest("timeman.networkrange.check", {"IP": "10.0.0.2"}) is False
    assert refusal("timeman.networkrange.set", {"RANGES": "x"}) == (400, "INVALID_FORMAT")
    assert refusal("timeman.networkrange.get", {}, ANNA) == (400, "ACCESS_ERROR")


def test_control(sandbox: Sandbox, refusal: Refusal) -> None:
    assert sandbox.rest("timeman.timecontrol.settings.set", {"ACTIVE": False, "REPORT_FULL_USERS": ["2"]}) is True
    settings = sandbox.rest("timeman.timecontrol.settings.get")
    assert (settings["active"], settings["report_full_users"], settings["register_idle"]) == (False, [2], True)
    assert refusal("timeman.timecontrol.settings.get", {}, ANNA) == (400, "ACCESS_ERROR")
    assert sandbox.rest("timeman.timecontrol.reports.settings.get", {}, ANNA)["user_head"] is False
    assert [row["id"] for row in sandbox.rest("timeman.timecontrol.reports.users.get", {}, ANNA)] == [ANNA]


def test_reports(sandbox: Sandbox, refusal: Refusal) -> None:
    sandbox.rest("timeman.open", {}, ANNA)
    sandbox.rest("timeman.close", {}, ANNA)
    sandbox.rest("timeman.timecontrol.settings.set", {"ACTIVE": True})
    asked = {"USER_ID": ANNA, "MONTH": 4, "YEAR": 2026}
    (day,) = sandbox.rest("timeman.timecontrol.reports.get", asked, ANNA)["report"]["days"]
    assert (day["index"], day["workday_complete"], len(day["reports"])) == ("20260406", True, 2)
    number = day["reports"][0]["id"]
    told = {"REPORT_ID": number, "TEXT": "Была у клиента", "TYPE": "WORK"}
    assert sandbox.rest("timeman.timecontrol.report.add", told, ANNA) is True
    (day,) = sandbox.rest("timeman.timecontrol.reports.get", asked, ANNA)["report"]["days"]
    assert day["reports"][0]["report_text"] == "Была у клиента"
    assert refusal("timeman.timecontrol.report.add", {**told, "TEXT": ""}, ANNA) == (400, "TEXT_EMPTY")
    assert refusal("timeman.timecontrol.report.add", told, BORIS) == (400, "ACCESS_ERROR")
    assert refusal("timeman.timecontrol.reports.get", asked, BORIS) == (400, "USER_ACCESS_ERROR")


def test_records(sandbox: Sandbox, v3: V3) -> None:
    sandbox.rest("timeman.open", {}, ANNA)
    mine = [["userId", ANNA]]
    (row,) = result(v3("timeman.record.list", {"filter": mine, "select": ["id", "endTime", "userId"]}, ANNA))["items"]
    assert row == {"id": 1, "endTime": None, "userId": ANNA}
    later = [["userId", ANNA], ["startTime", ">", "2026-04-07"]]
    assert result(v3("timeman.record.list", {"filter": later}))["items"] == []
    assert refused(v3("timeman.record.list"))[1:] == (
        "VALIDATION_REQUESTVALIDATIONEXCEPTION",
        ["filter.userId"],
    )
    both = [["userId", "in", [ANNA, BORIS]]]
    assert refused(v3("timeman.record.list", {"filter": both}))[1] == "INVALIDFILTEREXCEPTION"
    assert refused(v3("timeman.record.list", {"filter": mine}, BORIS))[:2] == (403, "ACCESSDENIEDEXCEPTION")
