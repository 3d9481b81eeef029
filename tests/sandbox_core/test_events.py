"""Events and robots: subscription, what arrives, how it is delivered."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness.receiver import Receiver
from tests.harness.sandbox import Refused
from tests.sandbox_core.conftest import App


def hire(app: App, who: Any = 1, name: str = "new") -> int:
    """Does something that sends an event: ONUSERADD."""
    params = {"EMAIL": f"{name}@example.com", "NAME": name}
    return int(app.sandbox.control("act", {"as": who, "method": "user.add", "params": params})["result"])


@pytest.fixture
def bound(app: App, receiver: Receiver) -> App:
    app.rest("event.bind", {"event": "OnUserAdd", "handler": receiver.url("/event")})
    return app


def test_event_of_a_user_carries_his_token(bound: App, receiver: Receiver) -> None:
    hire(bound)
    form = receiver.wait(1)[0].form
    assert form["event"] == "ONUSERADD" and form["data[NAME]"] == "new"
    assert {key for key in form if key.startswith("auth[")} == {
        f"auth[{key}]"
        for key in (
            *("access_token", "expires", "expires_in", "scope", "status", "user_id"),
            *("domain", "client_endpoint", "server_endpoint", "member_id", "application_token"),
        )
    }
    assert form["auth[application_token]"] == bound.application_token
    assert bound.rest("profile", token=form["auth[access_token]"])["ID"] == "1"


@pytest.mark.parametrize("who", ["robot", "system"])
def test_event_of_a_robot_carries_no_token(bound: App, receiver: Receiver, who: str) -> None:
    hire(bound, who)
    form = receiver.wait(1)[0].form
    assert {key for key in form if key.startswith("auth[")} == {
        *("auth[domain]", "auth[client_endpoint]", "auth[server_endpoint]"),
        *("auth[member_id]", "auth[application_token]"),
    }


def test_fixtures_send_no_events_and_force_ids(bound: App, receiver: Receiver) -> None:
    objects = [{"method": "user.add", "params": {"EMAIL": "x@example.com", "NAME": "X"}, "id": 77}]
    assert bound.sandbox.control("fixture", {"objects": objects})["results"] == [77]
    bound.sandbox.control("delivery/flush", {})
    assert receiver.received == []


def test_a_failed_command_sends_nothing(bound: App, receiver: Receiver) -> None:
    hire(bound, name="twice")
    with pytest.raises(Refused):
        hire(bound, name="twice")
    bound.sandbox.control("delivery/flush", {})
    assert len(receiver.received) == 1


def test_bind_rules(app: App, receiver: Receiver) -> None:
    url = receiver.url("/event")
    app.rest("event.bind", {"event": "ONUSERADD", "handler": url})
    for params, code in (
        ({"event": "ONUSERADD", "handler": url}, "ERROR_CORE"),
        ({"event": "ONNOTHING", "handler": url}, "ERROR_EVENT_NOT_FOUND"),
        ({"event": "ONUSERADD", "handler": ""}, "ERROR_ARGUMENT"),
        ({"event": "ONUSERADD", "handler": "ftp://x"}, "ERROR_UNSUPPORTED_PROTOCOL"),
    ):
        with pytest.raises(Refused) as refused:
            app.rest("event.bind", params)
        assert refused.value.code == code
    assert app.rest("event.get") == [{"event": "ONUSERADD", "handler": url, "auth_type": "0", "offline": 0}]
    assert app.rest("event.unbind", {"event": "onUserAdd", "handler": url}) == {"count": 1}
    with pytest.raises(Refused) as refused:
        app.sandbox.rest("event.bind", {"event": "ONUSERADD", "handler": url})
    assert (refused.value.status, refused.value.code) == (403, "WRONG_AUTH_TYPE")


def test_employees_bind_only_for_themselves(app: App, receiver: Receiver) -> None:
    user = hire(app)
    token = app.sandbox.control("open", {"client_id": app.client_id, "as": user})["fields"]["AUTH_ID"]
    for params in ({"event_type": "offline"}, {"auth_type": 1}):
        with pytest.raises(Refused) as refused:
            app.rest("event.bind", {"event": "ONUSERADD", "handler": receiver.url(), **params}, token=token)
        assert (refused.value.status, refused.value.code) == (403, "ACCESS_DENIED")


def test_pause_keeps_and_flush_sends(bound: App, receiver: Receiver) -> None:
    bound.sandbox.control("delivery", {"pause": True})
    hire(bound)
    assert bound.sandbox.control("delivery")["left"] == 1
    assert receiver.received == []
    assert bound.sandbox.control("delivery/flush", {}) == {"sent": 1}
    assert len(receiver.received) == 1


def test_duplicate_drop_and_shuffle(bound: App, receiver: Receiver) -> None:
    bound.sandbox.control("delivery", {"pause": True, "duplicate": 1, "shuffle": True})
    names = [f"n{i}" for i in range(12)]
    for name in names:
        hire(bound, name=name)
    bound.sandbox.control("delivery/flush", {})
    came = [one.form["data[NAME]"] for one in receiver.received]
    assert sorted(came) == sorted(names * 2)
    bound.sandbox.control("delivery", {"pause": False, "duplicate": 0, "drop": 1})
    hire(bound, name="lost")
    bound.sandbox.control("delivery/flush", {})
    assert len(receiver.received) == 24
    assert bound.sandbox.control("events")[-1]["error"] == "dropped"


def test_event_log_and_no_repetition(bound: App, receiver: Receiver) -> None:
    receiver.status = 500
    hire(bound)
    bound.sandbox.control("delivery/flush", {})
    row = bound.sandbox.control("events")[-1]
    assert (row["event"], row["status"], row["url"]) == ("ONUSERADD", 500, receiver.url("/event"))
    assert len(receiver.received) == 1


def test_offline_queue(app: App, receiver: Receiver) -> None:
    app.rest("event.bind", {"event": "ONUSERADD", "event_type": "offline"})
    app.rest("event.bind", {"event": "ONOFFLINEEVENT", "handler": receiver.url("/ping")})
    first, second = hire(app, name="one"), hire(app, name="two")
    app.sandbox.control("delivery/flush", {})
    ping = receiver.received[0].form
    assert ping["event"] == "ONOFFLINEEVENT" and "auth[refresh_token]" in ping
    assert len(receiver.received) == 1, "not oftener than once a second"
    assert len(app.rest("event.offline.list")) == 2
    taken = app.rest("event.offline.get", {"clear": 0, "limit": 1})
    assert taken["events"][0]["EVENT_DATA"]["ID"] == str(first)
    rest = app.rest("event.offline.get")
    assert rest["process_id"] is None
    assert [e["EVENT_DATA"]["ID"] for e in rest["events"]] == [str(second)]
    assert app.rest("event.offline.clear", {"process_id": taken["process_id"]}) is True
    assert app.rest("event.offline.list") == []


def test_own_changes_marked_with_the_source_key_are_not_queued(app: App) -> None:
    app.rest("event.bind", {"event": "ONUSERADD", "event_type": "offline", "auth_connector": "mine"})
    app.rest("user.add", {"EMAIL": "a@example.com", "NAME": "A", "auth_connector": "mine"})
    assert app.rest("event.offline.list", {"auth_connector": "mine"}) == []
    app.rest("user.add", {"EMAIL": "b@example.com", "NAME": "B"})
    assert len(app.rest("event.offline.list", {"auth_connector": "mine"})) == 1


# --- robots -----------------------------------------------------------------------------------

DEAL = ["crm", "CCrmDocumentDeal", "DEAL_501"]


@pytest.fixture
def robot(app: App, receiver: Receiver) -> App:
    properties = {
        "text": {"Name": {"ru": "Текст", "en": "Text"}, "Type": "string", "Default": "hello"},
        "list": {"Name": "List", "Type": "string", "Multiple": "Y"},
    }
    described = {"CODE": "say", "HANDLER": receiver.url("/robot"), "NAME": {"ru": "Сказать"}, "PROPERTIES": properties}
    assert app.rest("bizproc.robot.add", {**described, "AUTH_USER_ID": 1}) is True
    return app


def test_robot_call_and_answer(robot: App, receiver: Receiver) -> None:
    started = {"code": "say", "document": DEAL, "properties": {"list": ["a", "b"]}}
    run = robot.sandbox.control("run_robot", started)["run"]
    form = receiver.wait(1)[0].form
    assert [form[f"document_id[{i}]"] for i in range(3)] == DEAL
    assert form["document_type[2]"] == "DEAL" and form["code"] == "say"
    assert form["properties[text]"] == "hello" and form["properties[list][1]"] == "b"
    assert form["use_subscription"] == "Y" and form["auth[user_id]"] == "1" and "auth[refresh_token]" in form
    assert robot.sandbox.control(f"runs/{run}")["state"] == "waiting"
    token = {"EVENT_TOKEN": form["event_token"]}
    assert robot.rest("bizproc.activity.log", {**token, "LOG_MESSAGE": "working"}) is True
    answer = {**token, "RETURN_VALUES": {"x": 1}, "LOG_MESSAGE": "ready"}
    assert robot.rest("bizproc.event.send", answer) is True
    told = robot.sandbox.control(f"runs/{run}")
    assert (told["state"], told["return_values"], told["http"]) == ("done", {"x": 1}, [200])
    assert [entry["message"] for entry in told["log"]] == ["working", "ready"]
    with pytest.raises(Refused) as refused:
        robot.rest("bizproc.event.send", answer)
    assert (refused.value.status, refused.value.code) == (403, "ACCESS_DENIED")


def test_robot_rules(robot: App, receiver: Receiver) -> None:
    add = {"CODE": "say", "HANDLER": receiver.url(), "NAME": "x"}
    for params, code in (
        (add, "ERROR_ACTIVITY_ALREADY_INSTALLED"),
        ({**add, "CODE": "a b"}, "ERROR_ACTIVITY_VALIDATION_FAILURE"),
        ({**add, "CODE": "b", "HANDLER": "http://elsewhere.example/"}, "ERROR_WRONG_HANDLER_URL"),
        ({**add, "CODE": "b", "PROPERTIES": {"1x": {"Name": "n"}}}, "ERROR_ACTIVITY_VALIDATION_FAILURE"),
    ):
        with pytest.raises(Refused) as refused:
            robot.rest("bizproc.robot.add", params)
        assert (refused.value.status, refused.value.code) == (400, code)
    assert robot.rest("bizproc.robot.list") == ["say"]
    assert robot.rest("bizproc.robot.update", {"CODE": "say", "FIELDS": {"USE_SUBSCRIPTION": "N"}}) is True
    run = robot.sandbox.control("run_robot", {"code": "say", "document": DEAL})["run"]
    assert robot.sandbox.control(f"runs/{run}")["state"] == "done"
    assert receiver.wait(1)[0].form["use_subscription"] == "N"
    assert robot.rest("bizproc.robot.delete", {"CODE": "say"}) is True
    run = robot.sandbox.control("run_robot", {"code": "say", "document": DEAL})["run"]
    assert robot.sandbox.control(f"runs/{run}")["state"] == "blocked"


def test_robot_runs_when_an_item_comes_to_its_stage(robot: App, receiver: Receiver) -> None:
    sandbox = robot.sandbox
    deal = sandbox.rest("crm.item.add", {"entityTypeId": 2, "fields": {"title": "Deal"}})["item"]["id"]
    placed = {"entityTypeId": 2, "categoryId": 0, "stageId": "PREPARATION", "code": "say", "properties": {"text": "hi"}}
    sandbox.control("place_robot", placed)
    move = {"entityTypeId": 2, "id": deal, "fields": {"stageId": "PREPARATION"}}
    robot.rest("event.bind", {"event": "ONCRMDEALUPDATE", "handler": receiver.url("/event")})
    sandbox.control(
        "fixture", {"objects": [{"method": "crm.item.update", "params": {**move, "fields": {"title": "T"}}}]}
    )
    sandbox.rest("crm.item.update", move)
    sandbox.rest("crm.item.update", move)
    sandbox.control("delivery/flush", {})
    robots = [one.form for one in receiver.received if one.path == "/robot"]
    assert [(form["document_id[2]"], form["properties[text]"]) for form in robots] == [(f"DEAL_{deal}", "hi")]
    assert [run["http"] for run in sandbox.control("runs")] == [[200]]


# --- notifications ----------------------------------------------------------------------------


def test_notification_with_the_same_tag_replaces(app: App) -> None:
    for text in ("first", "second"):
        params = {"USER_ID": 1, "MESSAGE": text, "TAG": "debt|1", "SUB_TAG": "debts"}
        assert app.rest("im.notify.personal.add", params) > 0
    app.rest("im.notify.system.add", {"USER_ID": 1, "MESSAGE": "other"})
    assert [n["message"] for n in app.sandbox.control("notifications/1")] == ["other", "second"]
    assert app.rest("im.notify.delete", {"TAG": "debt|1"}) is True
    assert [n["message"] for n in app.sandbox.control("notifications/1")] == ["other"]
    with pytest.raises(Refused) as refused:
        app.rest("im.notify.personal.add", {"MESSAGE": "to nobody"})
    assert refused.value.code == "USER_ID_EMPTY"
