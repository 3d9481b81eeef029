"""Robots and triggers on stages: order, delays, conditions, time-outs, moves, events without tokens."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness.sandbox import Refused
from tests.sandbox_automation.conftest import App


@pytest.fixture
def robots(app: App) -> App:
    for code in ("first", "second", "third"):
        app.robot(code, PROPERTIES={"text": {"Name": "Text", "Type": "string", "Default": code}})
    return app


def place(app: App, code: str, stage: str = "PREPARATION", **settings: Any) -> int:
    body = {"entityTypeId": 2, "categoryId": 0, "stageId": stage, "code": code, **settings}
    return int(app.sandbox.control("place_robot", body)["id"])


def codes(app: App) -> list[str]:
    return [form["code"] for form in app.forms()]


def answer(app: App, form: dict[str, str], **values: Any) -> bool:
    params = {"EVENT_TOKEN": form["event_token"], "RETURN_VALUES": values}
    return bool(app.rest("bizproc.event.send", params))


def test_robots_of_a_stage_run_in_order_after_the_save(robots: App) -> None:
    for code in ("second", "first"):
        place(robots, code, properties={"text": "{=Document:TITLE}!", "made": "{=Document:DATE_CREATE}"})
    deal = robots.deal(title="T")
    assert codes(robots) == []
    robots.move(deal, "PREPARATION")
    forms = robots.forms()
    assert [form["code"] for form in forms] == ["second", "first"]
    assert [form["properties[text]"] for form in forms] == ["T!", "T!"]
    assert all(form["properties[made]"] for form in forms), "createdTime by its old name"
    assert len({form["workflow_id"] for form in forms}) == 1, "one process for the stage"


def test_a_robot_after_the_previous_one_waits_for_it(robots: App) -> None:
    place(robots, "first")
    place(robots, "second", after_previous=True)
    place(robots, "third")
    deal = robots.deal()
    robots.move(deal, "PREPARATION")
    forms = robots.forms()
    assert [form["code"] for form in forms] == ["first", "third"]
    assert answer(robots, forms[0]) is True
    assert codes(robots) == ["first", "third", "second"]


def test_a_delay_ends_with_the_stage(robots: App) -> None:
    place(robots, "first", delay="PT2H")
    stays, leaves = robots.deal(), robots.deal()
    for deal in (stays, leaves):
        robots.move(deal, "PREPARATION")
    robots.move(leaves, "EXECUTING")
    robots.sandbox.control("clock", {"advance": "PT1H"})
    assert codes(robots) == []
    robots.sandbox.control("clock", {"advance": "PT61M"})
    assert [form["document_id[2]"] for form in robots.forms()] == [f"DEAL_{stays}"]


def test_conditions_are_looked_at_when_the_robot_runs(robots: App) -> None:
    rich = [{"field": "opportunity", "operator": ">", "value": 1000}]
    place(robots, "first", condition=rich)
    place(
        robots, "second", condition=[*rich, {"field": "TITLE", "operator": "contain", "value": "vip", "joiner": "OR"}]
    )
    robots.move(robots.deal(opportunity=10), "PREPARATION")
    assert codes(robots) == []
    robots.move(robots.deal(opportunity=10, title="Our VIP"), "PREPARATION")
    assert codes(robots) == ["second"]
    with pytest.raises(Refused):
        place(robots, "first", condition=[{"field": "title", "operator": "~"}])


def test_time_to_wait_runs_out(robots: App) -> None:
    place(robots, "first", timeout=600)
    place(robots, "second", after_previous=True)
    robots.move(robots.deal(), "PREPARATION")
    form = robots.forms()[0]
    assert form["timeout_duration"] == "600"
    robots.sandbox.control("clock", {"advance": "PT11M"})
    assert codes(robots) == ["first", "second"]
    assert [run["state"] for run in robots.sandbox.control("runs")] == ["timeout", "waiting"]
    with pytest.raises(Refused) as refused:
        answer(robots, form)
    assert (refused.value.status, refused.value.code) == (403, "ACCESS_DENIED")


def test_leaving_a_stage_may_end_what_waits_there(robots: App) -> None:
    place(robots, "first")
    robots.sandbox.control("behaviour", {"robots_end_on_leave": True})
    deal = robots.deal()
    robots.move(deal, "PREPARATION")
    robots.move(deal, "EXECUTING")
    with pytest.raises(Refused):
        answer(robots, robots.forms()[0])
    robots.sandbox.control("behaviour", {"robots_end_on_leave": False})
    robots.move(deal, "PREPARATION")
    robots.move(deal, "EXECUTING")
    assert answer(robots, robots.forms()[-1]) is True


def test_a_robot_whose_application_forgot_it_is_blocked(robots: App) -> None:
    place(robots, "first")
    place(robots, "second", after_previous=True)
    robots.rest("bizproc.robot.delete", {"CODE": "first"})
    robots.move(robots.deal(), "PREPARATION")
    assert codes(robots) == ["second"], "the process passes a blocked robot by"
    assert [run["state"] for run in robots.sandbox.control("runs")] == ["blocked", "waiting"]
    robots.robot("first")
    robots.move(robots.deal(), "PREPARATION")
    assert codes(robots) == ["second", "first"], "a robot with the same code works again"


def test_placed_robots_outlive_their_application(robots: App) -> None:
    place(robots, "first", properties={"text": "kept"})
    robots.sandbox.control("update", {"client_id": "local.1", "version": 2})
    robots.move(robots.deal(), "PREPARATION")
    robots.sandbox.control("uninstall", {"client_id": "local.1"})
    robots.move(robots.deal(), "PREPARATION")
    assert [run["state"] for run in robots.sandbox.control("runs")] == ["blocked", "blocked"]
    url = robots.receiver.url()
    robots.sandbox.control("install", {"client_id": "local.1", "client_secret": "s", "handler_url": url})
    robots.token = robots.sandbox.control("open", {"client_id": "local.1"})["fields"]["AUTH_ID"]
    robots.robot("first", PROPERTIES={"text": {"Name": "Text", "Type": "string"}})
    robots.move(robots.deal(), "PREPARATION")
    assert [form["properties[text]"] for form in robots.forms()] == ["kept"]


def test_changes_of_a_robot_carry_no_tokens(app: App) -> None:
    app.rest("event.bind", {"event": "ONCRMDEALUPDATE", "handler": app.receiver.url("/event")})
    deal = app.deal()
    change = {"entityTypeId": 2, "id": deal, "fields": {"title": "by a robot"}}
    app.sandbox.control("act", {"as": "robot", "method": "crm.item.update", "params": change})
    app.move(deal, "PREPARATION")
    forms = app.forms("/event")
    assert sorted("auth[access_token]" in form for form in forms) == [False, True]
    assert all(form["auth[application_token]"] for form in forms)


# --- triggers ---------------------------------------------------------------------------------


def trigger(app: App, stage: str, **settings: Any) -> None:
    body = {"entityTypeId": 2, "categoryId": 0, "stageId": stage, "code": "paid", **settings}
    app.sandbox.control("place_trigger", body)


def execute(app: App, deal: int, code: str = "paid") -> Any:
    params = {"CODE": code, "OWNER_TYPE_ID": 2, "OWNER_ID": deal}
    return app.rest("crm.automation.trigger.execute", params)


def test_triggers_are_registered_by_applications(app: App) -> None:
    add = "crm.automation.trigger.add"
    assert app.rest(add, {"CODE": "paid", "NAME": "Paid"}) is True
    assert app.rest(add, {"CODE": "paid", "NAME": "Оплачено"}) is True
    assert app.rest("crm.automation.trigger.list") == [{"NAME": "Оплачено", "CODE": "paid"}]
    for params, text in (
        ({"NAME": "x"}, "Empty trigger code!"),
        ({"CODE": "a b", "NAME": "x"}, "Wrong trigger code!"),
        ({"CODE": "x"}, "Empty trigger name!"),
    ):
        with pytest.raises(Refused) as refused:
            app.rest(add, params)
        assert (refused.value.status, refused.value.body["error_description"]) == (400, text)
    with pytest.raises(Refused) as refused:
        app.sandbox.rest(add, {"CODE": "x", "NAME": "x"})
    assert refused.value.body["error_description"] == "Access denied! Application context required"
    assert app.rest("crm.automation.trigger.delete", {"CODE": "paid"}) is True
    with pytest.raises(Refused) as refused:
        app.rest("crm.automation.trigger.delete", {"CODE": "paid"})
    assert (refused.value.code, refused.value.body["error_description"]) == ("", "Trigger not found")


def test_a_trigger_moves_the_card_to_its_stage(app: App) -> None:
    app.rest("crm.automation.trigger.add", {"CODE": "paid", "NAME": "Paid"})
    app.robot("thanks", USE_SUBSCRIPTION="N")
    place(app, "thanks", "EXECUTING")
    app.rest("event.bind", {"event": "ONCRMDEALUPDATE", "handler": app.receiver.url("/event")})
    deal = app.deal()
    assert execute(app, deal) is True, "also when it stands nowhere"
    assert app.card(deal)["stageId"] == "NEW"
    trigger(app, "EXECUTING")
    assert execute(app, deal) is True
    assert app.card(deal)["stageId"] == "EXECUTING"
    assert codes(app) == ["thanks"] and "auth[access_token]" not in app.forms("/event")[0]


def test_back_conditions_and_the_earliest_stage(app: App) -> None:
    app.rest("crm.automation.trigger.add", {"CODE": "paid", "NAME": "Paid"})
    trigger(app, "EXECUTING", condition=[{"field": "assignedById", "operator": "=", "value": 1}])
    trigger(app, "PREPARATION", allow_backwards=False)
    deal = app.deal()
    execute(app, deal)
    assert app.card(deal)["stageId"] == "PREPARATION"
    app.move(deal, "FINAL_INVOICE")
    execute(app, deal)
    assert app.card(deal)["stageId"] == "EXECUTING", "the other one must not move back"


def test_executing_is_refused_as_documented(app: App) -> None:
    app.rest("crm.automation.trigger.add", {"CODE": "paid", "NAME": "Paid"})
    good = {"CODE": "paid", "OWNER_TYPE_ID": 2, "OWNER_ID": 1}
    for wrong, text in (
        ({"CODE": "other"}, "Trigger with code other is not registered."),
        ({"OWNER_TYPE_ID": 999}, "Incorrect parameter OWNER_TYPE_ID."),
        ({"OWNER_ID": 0}, "Incorrect parameter OWNER_ID."),
    ):
        with pytest.raises(Refused) as refused:
            app.rest("crm.automation.trigger.execute", {**good, **wrong})
        assert (refused.value.code, refused.value.body["error_description"]) == ("", text)


def test_the_trigger_of_an_incoming_webhook(app: App) -> None:
    trigger(app, "EXECUTING", kind="webhook", code="nwly5")
    deal = app.deal()
    call, name = app.sandbox.rest, "crm.automation.trigger"
    for params, text in (
        ({}, "Target is not set."),
        ({"target": "DEAL"}, "Incorrect target format."),
        ({"target": "COMPANY_1"}, "Target is not found."),
    ):
        with pytest.raises(Refused) as refused:
            call(name, params)
        assert (refused.value.status, refused.value.body["error_description"]) == (400, text)
    assert call(name, {"target": f"DEAL_{deal}", "code": "other"}) is True
    assert app.card(deal)["stageId"] == "NEW"
    assert call(name, {"target": f"DEAL_{deal}", "code": "nwly5"}) is True
    assert app.card(deal)["stageId"] == "EXECUTING"
