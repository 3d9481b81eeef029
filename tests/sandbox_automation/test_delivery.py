"""How events reach applications: the offline queue, its notifications, slow handlers."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sandbox.kernel.clock import Clock
from sandbox.kernel.store import Store
from sandbox.server import delivery
from sandbox.server.journal import Journal
from tests.harness.receiver import Receiver
from tests.harness.sandbox import Refused
from tests.sandbox_automation.conftest import App

OFFLINE = {"event": "ONCRMDEALUPDATE", "event_type": "offline"}


def rename(app: App, deal: int, title: str) -> None:
    app.sandbox.rest("crm.item.update", {"entityTypeId": 2, "id": deal, "fields": {"title": title}})


def test_the_queue_keeps_the_last_state_of_an_object(app: App) -> None:
    app.rest("event.bind", OFFLINE)
    first, second = app.deal(), app.deal()
    for title in ("a", "b", "c"):
        rename(app, first, title)
        app.sandbox.control("clock", {"advance": "PT1M"})
    rename(app, second, "x")
    rows = app.rest("event.offline.list", {"order": {"ID": "ASC"}})
    assert [row["EVENT_DATA"]["FIELDS"]["ID"] for row in rows] == [first, second]
    assert rows[0]["TIMESTAMP_X"] == "2026-04-06T11:02:00+03:00"
    assert set(rows[0]) == {
        "ID",
        "TIMESTAMP_X",
        "EVENT_NAME",
        "EVENT_DATA",
        "EVENT_ADDITIONAL",
        "MESSAGE_ID",
        "PROCESS_ID",
        "ERROR",
    }


def test_a_reserved_batch_is_hidden_confirmed_failed_and_forgotten(app: App) -> None:
    app.rest("event.bind", OFFLINE)
    deals = [app.deal() for _ in range(4)]
    for deal in deals:
        rename(app, deal, "x")
    taken = app.rest("event.offline.get", {"clear": 0, "limit": 3})
    process, messages = taken["process_id"], [row["MESSAGE_ID"] for row in taken["events"]]
    assert len(messages) == 3 and len(app.rest("event.offline.get", {"clear": 0})["events"]) == 1
    rename(app, deals[0], "again")
    assert len(app.rest("event.offline.list", {"filter": {"PROCESS_ID": process}})) == 3
    again = app.rest("event.offline.get", {"clear": 0, "process_id": process})
    assert [row["MESSAGE_ID"] for row in again["events"]] == messages
    assert app.rest("event.offline.error", {"process_id": process, "message_id": messages[:1]}) is True
    assert app.rest("event.offline.clear", {"process_id": process, "message_id": messages[1:2]}) is True
    left = app.rest("event.offline.list", {"filter": {"PROCESS_ID": process}})
    assert [row["MESSAGE_ID"] for row in left] == messages[2:]
    fresh = app.rest("event.offline.get", {"clear": 0})
    assert [row["EVENT_DATA"]["FIELDS"]["ID"] for row in fresh["events"]] == [deals[0]]
    failed = app.rest("event.offline.get", {"error": 1})
    assert [row["MESSAGE_ID"] for row in failed["events"]] == messages[:1]
    app.sandbox.control("clock", {"advance": "P31D"})
    token = app.sandbox.control("open", {"client_id": "local.1"})["fields"]["AUTH_ID"]
    assert app.sandbox.rest("event.offline.list", token=token) == [], "a reserved batch lives for 30 days"


def test_plans_without_confirmation_and_source_keys(app: App) -> None:
    assert app.rest("feature.get", {"CODE": "rest_offline_extended"}) == {"value": "Y"}
    assert app.rest("feature.get", {"CODE": "rest_auth_connector"}) == {"value": "N"}
    app.sandbox.control("features", {"rest_auth_connector": False})
    app.rest("event.bind", {**OFFLINE, "auth_connector": "mine"})
    assert "connector_id" not in app.rest("event.get")[0]
    app.sandbox.control("features", {"rest_offline_extended": False})
    assert app.rest("feature.get", {"CODE": "rest_offline_extended"}) == {"value": "N"}
    rename(app, app.deal(), "x")
    with pytest.raises(Refused) as refused:
        app.rest("event.offline.get", {"clear": 0})
    assert refused.value.code == "ACCESS_DENIED"
    assert len(app.rest("event.offline.get")["events"]) == 1


def test_a_plan_without_rest_or_smart_processes_or_robots(app: App) -> None:
    app.robot("say", USE_SUBSCRIPTION="N")
    app.sandbox.control("place_robot", {"entityTypeId": 2, "stageId": "PREPARATION", "code": "say"})
    app.sandbox.control("features", {"smart_processes": False, "robots": False, "workflows": False})
    with pytest.raises(Refused) as refused:
        app.sandbox.rest("crm.type.add", {"fields": {"title": "T"}})
    assert refused.value.code == "CREATE_DYNAMIC_TYPE_RESTRICTED"
    app.move(app.deal(), "PREPARATION")
    assert app.forms() == []
    app.sandbox.control("features", {"rest": False})
    with pytest.raises(Refused) as refused:
        app.sandbox.rest("user.current")
    text = "REST API is available only on commercial plans"
    assert (refused.value.status, refused.value.body["error_description"]) == (403, text)


def test_notifications_of_the_queue_keep_their_distance(app: App) -> None:
    app.rest("event.bind", OFFLINE)
    ping = {"event": "ONOFFLINEEVENT", "handler": app.receiver.url("/ping"), "options": {"minTimeout": 3600}}
    app.rest("event.bind", ping)
    deal = app.deal()
    for title in ("a", "b"):
        rename(app, deal, title)
    assert len(app.forms("/ping")) == 1
    app.sandbox.control("clock", {"advance": "PT61M"})
    rename(app, deal, "c")
    assert len(app.forms("/ping")) == 2
    app.sandbox.control("behaviour", {"offline_min_timeout_ignored": True})
    rename(app, deal, "d")
    assert len(app.forms("/ping")) == 3
    app.sandbox.control("behaviour", {"offline_min_timeout_ignored": False})


def test_unbinding(app: App) -> None:
    online = {"event": "ONCRMDEALUPDATE", "handler": app.receiver.url("/e")}
    app.rest("event.bind", online)
    app.rest("event.bind", OFFLINE)
    assert app.rest("event.unbind", {"event": "ONCRMDEALUPDATE"}) == {"count": 1}, "online ones unless said otherwise"
    assert app.rest("event.unbind", OFFLINE) == {"count": 1}
    employee = app.sandbox.control("open", {"client_id": "local.1", "as": 2})["fields"]["AUTH_ID"]
    for params, text in (
        (OFFLINE, "Access denied! Offline events unbinding requires administrator access rights"),
        (
            {**online, "auth_type": 1},
            "Access denied! Event unbinding with AUTH_TYPE requires administrator access rights",
        ),
    ):
        with pytest.raises(Refused) as refused:
            app.sandbox.rest("event.unbind", params, token=employee)
        assert (refused.value.status, refused.value.body["error_description"]) == (403, text)


def test_an_outgoing_webhook_gets_events_without_tokens(app: App) -> None:
    body = {"handler": app.receiver.url("/hook"), "events": ["ONCRMDEALADD"]}
    token = app.sandbox.control("outgoing_webhook", body)["application_token"]
    with pytest.raises(Refused):
        app.sandbox.control("outgoing_webhook", {**body, "events": ["ONNOTHING"]})
    deal = app.deal()
    rename(app, deal, "not of interest")
    [form] = app.forms("/hook")
    assert (form["event"], form["data[FIELDS][ID]"]) == ("ONCRMDEALADD", str(deal))
    assert form["auth[application_token]"] == token
    auth = {key for key in form if key.startswith("auth")}
    words = ("domain", "client_endpoint", "server_endpoint", "member_id", "application_token")
    assert auth == {f"auth[{word}]" for word in words}


class _Slow(BaseHTTPRequestHandler):
    """Counts how many requests are inside at a time; each takes a while."""

    inside = 0
    most = 0
    done = 0
    lock = threading.Lock()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        with _Slow.lock:
            _Slow.inside += 1
            _Slow.most = max(_Slow.most, _Slow.inside)
        time.sleep(0.05)
        with _Slow.lock:
            _Slow.inside -= 1
            _Slow.done += 1
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def slow() -> Iterator[str]:
    """The address of a handler that takes its time."""
    _Slow.inside = _Slow.most = _Slow.done = 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Slow)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()
    thread.join()


def a_queue() -> delivery.Delivery:
    clock = Clock(Store())
    return delivery.Delivery(clock, Journal(clock.timestamp, clock.iso_at))


def submit(queue: delivery.Delivery, url: str, count: int = 1) -> None:
    for _ in range(count):
        queue.submit(delivery.Message(url, {"event": "E", "data": {}}, "app"))


async def _quick_beside_slow(slow: str, quick: Receiver) -> None:
    queue = a_queue()
    try:
        submit(queue, slow, 100)
        submit(queue, quick.url("/quick"))
        while not quick.received:
            await asyncio.sleep(0.005)
        assert _Slow.done < 100, "the quick one does not wait for all of the slow one's"
        await queue.flush()
        assert _Slow.done == 100 and queue.left == 0
    finally:
        await queue.close()


def test_a_slow_handler_holds_up_no_other(slow: str, receiver: Receiver) -> None:
    asyncio.run(_quick_beside_slow(slow, receiver))


async def _slow_deliveries(slow: str) -> None:
    queue = a_queue()
    try:
        submit(queue, slow)
        while queue.left:
            await asyncio.sleep(0.01)
        submit(queue, slow, 4)
        while _Slow.done < 3:
            await asyncio.sleep(0.01)
        assert _Slow.most == 1 and queue.left > 0, "one at a time, with pauses"
        await queue.flush()
        assert _Slow.done == 5 and queue.left == 0, "a flush does not wait for the pauses"
    finally:
        await queue.close()


def test_a_slow_handler_is_served_less_often(monkeypatch: pytest.MonkeyPatch, slow: str) -> None:
    monkeypatch.setattr(delivery, "SLOW_SECONDS", 0.02)
    asyncio.run(_slow_deliveries(slow))
