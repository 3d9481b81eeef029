"""Noise at every public address: answered with a 4xx, nothing stored, no trace of an exception."""

from __future__ import annotations

import http.client
import logging
import socket
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from b24app.store.models import InboxRow, PortalRow, RobotRunRow, TokenRow

from .conftest import APP_TOKEN, MEMBER, QUERY, FakeServices, event, post, rows
from .framed import served

ADDRESSES = (
    "/events",
    "/robot",
    "/messageservice",
    "/install",
    "/install/plan",
    "/install/start",
    "/install/finish",
    "/app",
    "/placement/company-receivables",
)
WORDS = ("event", "auth", "data", "code", "event_token", "document_id", "properties", "member_id", "message_id")
WORDS += ("AUTH_ID", "REFRESH_ID", "PLACEMENT", "PLACEMENT_OPTIONS", "APPLICATION_TOKEN", "SERVER_ENDPOINT")
VALUES = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["ONCRMDEALADD", "ONAPPINSTALL", "ONAPPUNINSTALL", '{"ID":"1"}', "[]", "{", "9" * 30, MEMBER]),
)
KEYS = st.tuples(st.sampled_from(WORDS), st.lists(st.sampled_from(["", "0", "member_id", "x", "]["]), max_size=4)).map(
    lambda parts: parts[0] + "".join(f"[{step}]" for step in parts[1])
)
BODIES = st.one_of(
    st.binary(max_size=400),
    st.dictionaries(KEYS, VALUES, max_size=12).map(lambda form: urlencode(form, errors="replace").encode()),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(address=st.sampled_from(ADDRESSES), query=st.text(max_size=60) | st.just(QUERY), body=BODIES)
def test_noise(client: FlaskClient, services: FakeServices, portal: int, address: str, query: str, body: bytes) -> None:
    answer = client.post(address, query_string=query, data=body, content_type="application/x-www-form-urlencoded")
    assert 400 <= answer.status_code < 500 or answer.status_code == 503
    for table in (InboxRow, RobotRunRow, TokenRow):
        assert rows(services, table) == []
    assert [row.status for row in rows(services, PortalRow)] == ["installed"]


def test_a_huge_body_over_real_http_is_refused_unread(services: FakeServices, app: Flask, portal: int) -> None:
    with served(app) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.putrequest("POST", "/events")
        connection.putheader("Content-Type", "application/x-www-form-urlencoded")
        connection.putheader("Content-Length", str(10 * 1024 * 1024))
        connection.endheaders()
        connection.send(b"event=ONCRMDEALADD&data=")
        assert connection.getresponse().status == 413
        connection.close()
    assert rows(services, InboxRow) == []


def test_a_broken_connection_leaves_nothing(services: FakeServices, app: Flask, portal: int) -> None:
    with served(app) as port:
        for part in (
            b"",
            b"POST /events HTTP/1.1\r\n",
            b"\x16\x03\x01\x02\x00",
            b"POST /events HTTP/1.1\r\nContent-Length: 900\r\n\r\nev",
        ):
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                connection.sendall(part)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("POST", "/events", event(), {"Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"")
        connection.close()
    assert len(rows(services, InboxRow)) == 1


def test_no_secret_is_written_to_a_log(
    client: FlaskClient, services: FakeServices, portal: int, caplog: pytest.LogCaptureFixture
) -> None:
    form = {
        "AUTH_ID": "leaky-access",
        "REFRESH_ID": "leaky-refresh",
        "member_id": MEMBER,
        "APPLICATION_TOKEN": "bad-token",
    }
    with caplog.at_level(logging.DEBUG):
        for address in ("/install", "/app", "/placement/company-receivables"):
            assert post(client, address, form, QUERY).status_code == 403
        post(client, "/events", event() + b"&auth[access_token]=leaky-access")
    for secret in ("leaky", "bad-token", APP_TOKEN, "secret of"):
        assert secret not in caplog.text
