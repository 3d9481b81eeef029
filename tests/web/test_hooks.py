"""Webhooks of messengers and the portal's provider: only who knows the secret is heard, everything once."""

from __future__ import annotations

import json
import logging
import runpy
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from gunicorn.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from b24app.channels import hooks
from b24app.channels.heard import last_contacts
from b24app.store.correspondence import CarriedRow, ClientContactRow, HookRow, ReportRow
from b24app.store.models import PortalRow

from .conftest import APP_TOKEN, MEMBER, FakeServices, add_portal, post, rows

AT = "2026-04-06T08:00:00.000Z"
STAMP = int(datetime(2026, 4, 6, 8, tzinfo=UTC).timestamp())


@pytest.fixture
def wazzup(services: FakeServices, portal: int) -> str:
    return hook(services, portal, "wazzup")


@pytest.fixture
def green(services: FakeServices, portal: int) -> str:
    return hook(services, portal, "green_api")


def hook(services: FakeServices, portal: int, vendor: str) -> str:
    """The path of a portal's address for a vendor."""
    with services.database.session() as session:
        address = hooks.address(session, services.secret_box, portal, vendor, "https://app.example.org")
    return address.removeprefix("https://app.example.org")


def tell(client: FlaskClient, path: str, body: Any) -> TestResponse:
    return client.post(path, data=json.dumps(body), content_type="application/json")


def status(word: str = "delivered", message: str = "m-1", **more: Any) -> dict[str, Any]:
    return {"messageId": message, "timestamp": AT, "status": word, **more}


def incoming(**changes: Any) -> dict[str, Any]:
    told = {"messageId": "i-1", "chatType": "whatsapp", "chatId": "79990000001", "dateTime": AT, "status": "inbound"}
    return {**told, "type": "text", "text": "Оплатим", "isEcho": False, "contact": {"name": "Иван"}} | changes


def reports(services: FakeServices) -> list[tuple[str, str, str, str]]:
    return [(row.channel, row.message, row.status, row.reason) for row in rows(services, ReportRow)]


def test_an_address_is_made_once_and_is_not_kept_in_clear(services: FakeServices, portal: int, wazzup: str) -> None:
    assert hook(services, portal, "wazzup") == wazzup
    assert hook(services, portal, "green_api") != wazzup
    token = wazzup.rpartition("/")[2]
    assert len(token) >= 40
    assert token not in str([vars(row) for row in rows(services, HookRow)])


def test_the_probe_is_answered(client: FlaskClient, services: FakeServices, wazzup: str) -> None:
    assert tell(client, wazzup, {"test": True}).status_code == 200
    assert reports(services) == []


def test_statuses_are_kept_once_and_somebody_is_woken(client: FlaskClient, services: FakeServices, wazzup: str) -> None:
    error = {"error": "BAD_CONTACT", "description": ""}
    body = {"statuses": [status("sent"), status(), status("read"), status("error", "m-2", error=error)]}
    for _ in range(3):
        answer = tell(client, wazzup, body)
        assert (answer.status_code, answer.data) == (200, b"")
    assert reports(services) == [
        ("wazzup", "m-1", "delivered", ""),
        ("wazzup", "m-1", "read", ""),
        ("wazzup", "m-2", "failed", "BAD_CONTACT"),
    ]
    assert rows(services, ReportRow)[0].at == datetime(2026, 4, 6, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("word", "expected"),
    [("delivered", "delivered"), ("read", "read"), ("failed", "failed"), ("noAccount", "failed"), ("sent", None)],
)
def test_green_api_tells_one_status_at_a_time(
    client: FlaskClient, services: FakeServices, green: str, word: str, expected: str | None
) -> None:
    body = {"typeWebhook": "outgoingMessageStatus", "idMessage": "G1", "status": word, "timestamp": STAMP}
    for _ in range(2):
        assert tell(client, green, body).status_code == 200
    assert [row[1:3] for row in reports(services)] == ([("G1", expected)] if expected else [])


def test_who_writes_is_a_contact(
    client: FlaskClient, services: FakeServices, portal: int, wazzup: str, green: str
) -> None:
    later = "2026-04-06T09:30:00+00:00"
    for body in (
        {"messages": [incoming(dateTime=later)]},
        {"messages": [incoming(), incoming(chatId="79990000002", isEcho=True, status="sent")]},
        {"messages": [incoming(chatType="telegram", chatId="123456789")]},
        {"messages": [incoming(chatType="telegram", chatId="1", contact={"phone": "79990000003"})]},
    ):
        assert tell(client, wazzup, body).status_code == 200
    sender = {"chatId": "79990000004@c.us", "sender": "79990000004@c.us"}
    message = {"typeWebhook": "incomingMessageReceived", "idMessage": "G", "timestamp": STAMP, "senderData": sender}
    assert tell(client, green, message).status_code == 200
    assert tell(client, green, message | {"senderData": {"chatId": "79990000005-1@g.us"}}).status_code == 200
    asked = ["+79990000001", "8 (999) 000-00-03", "79990000004", "+79990000002", "нет"]
    with services.database.session() as session:
        found = last_contacts(session, portal, asked)
        assert last_contacts(session, portal + 1, asked) == {}
    early, late = datetime(2026, 4, 6, 8, tzinfo=UTC), datetime(2026, 4, 6, 9, 30, tzinfo=UTC)
    assert found == {"+79990000001": late, "8 (999) 000-00-03": early, "79990000004": early}
    assert "Оплатим" not in str([vars(row) for row in rows(services, ClientContactRow)])
    assert len(rows(services, ClientContactRow)) == 3


def test_strangers_learn_nothing_and_leave_no_trace(
    client: FlaskClient, services: FakeServices, portal: int, wazzup: str, caplog: pytest.LogCaptureFixture
) -> None:
    body = {"statuses": [status()]}
    token = wazzup.rpartition("/")[2]
    others = (
        "/hooks/wazzup/wrong",
        f"/hooks/green-api/{token}",
        f"/hooks/pigeon/{token}",
        f"/hooks/wazzup/{token[:-1]}",
    )
    with caplog.at_level(logging.DEBUG):
        answers = [tell(client, path, body) for path in (*others, f"/hooks/wazzup/{'x' * 5000}", "/hooks/wazzup/%00")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data for answer in answers}) == 1
    assert reports(services) == []
    assert token not in caplog.text
    assert client.get(wazzup).status_code == 405


def test_strangers_do_not_wait_for_the_writer(client: FlaskClient, services: FakeServices, wazzup: str) -> None:
    with services.database.session() as session:
        session.get_one(PortalRow, 1).language = "en"
        session.flush()
        assert tell(client, "/hooks/wazzup/wrong", {}).status_code == 404
        assert tell(client, wazzup, {"test": True}).status_code == 200


def test_a_portal_that_has_left_is_not_listened_to(client: FlaskClient, services: FakeServices, wazzup: str) -> None:
    with services.database.session() as session:
        session.get_one(PortalRow, 1).status = "uninstalled"
    assert tell(client, wazzup, {"statuses": [status()]}).status_code == 404


def test_portals_do_not_hear_each_other(client: FlaskClient, services: FakeServices, wazzup: str) -> None:
    other = hook(services, add_portal(services, "b" * 32, "other"), "wazzup")
    tell(client, wazzup, {"statuses": [status()]})
    tell(client, other, {"statuses": [status()]})
    assert [row.portal_id for row in rows(services, ReportRow)] == [1, 2]


WORDS = ("messages", "statuses", "messageId", "status", "timestamp", "error", "chatId", "chatType", "dateTime")
WORDS += ("typeWebhook", "idMessage", "senderData", "contact", "phone", "isEcho", "body")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30) | st.just(AT),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(WORDS),
            inner | st.sampled_from(["delivered", "inbound", "whatsapp", "outgoingMessageStatus", "79990000001", "\0"]),
            max_size=6,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=JSON | st.binary(max_size=200), which=st.sampled_from(["wazzup", "green"]))
def test_noise_is_answered_quietly(client: FlaskClient, wazzup: str, green: str, body: Any, which: str) -> None:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = client.post(wazzup if which == "wazzup" else green, data=data)
    assert answer.status_code in (200, 400)
    assert b"Traceback" not in answer.data


def test_deep_and_large_bodies_do_no_harm(client: FlaskClient, wazzup: str) -> None:
    assert client.post(wazzup, data=b"[" * 200_000).status_code == 400
    assert client.post(wazzup, data=b" " * 2_000_000).status_code in (400, 413)


def test_the_access_log_leaves_the_secret_out() -> None:
    logger = runpy.run_path("b24app/web/gunicorn.conf.py")["logger_class"](Config())
    answer = SimpleNamespace(status="200 OK", sent=0, headers=[])
    asked = SimpleNamespace(headers=[])
    for path, expected in (("/hooks/wazzup/secret", "/hooks/wazzup/***"), ("/events", "/events")):
        environ = {"REQUEST_METHOD": "POST", "RAW_URI": path, "PATH_INFO": path, "SERVER_PROTOCOL": "HTTP/1.1"}
        assert logger.atoms(answer, asked, environ, timedelta())["U"] == expected


# the portal's provider


def sending(message: str = "65575980", token: str = APP_TOKEN, **changes: str) -> bytes:
    form = {
        "module_id": "crm",
        "bindings[0][OWNER_TYPE_ID]": "3",
        "type": "SMS",
        "code": "b24app_messenger",
        "message_id": message,
        "message_to": "8 999 000-00-01",
        "message_body": "Заказ готов",
        "auth[member_id]": MEMBER,
        "auth[application_token]": token,
    }
    return urlencode(form | changes).encode()


def test_a_message_of_the_portal_is_stored_once(client: FlaskClient, services: FakeServices, portal: int) -> None:
    for _ in range(2):
        answer = post(client, "/messageservice", sending())
        assert (answer.status_code, answer.data) == (200, b"")
    (row,) = rows(services, CarriedRow)
    assert (row.message_id, row.code, row.state) == ("65575980", "b24app_messenger", "new")
    assert "готов".encode() not in (row.letter or b"")
    assert json.loads(services.secret_box.open(row.letter)) == {"to": "+79990000001", "text": "Заказ готов"}


@pytest.mark.parametrize("changes", [{"token": "wrong"}, {"auth[member_id]": "0" * 32}])
def test_a_forged_message_is_refused(
    client: FlaskClient, services: FakeServices, portal: int, changes: dict[str, str]
) -> None:
    assert post(client, "/messageservice", sending(**changes)).status_code == 403
    assert rows(services, CarriedRow) == []


def test_a_message_without_a_number_is_refused(client: FlaskClient, portal: int) -> None:
    assert post(client, "/messageservice", sending(message="")).status_code == 400
