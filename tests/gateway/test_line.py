"""Single calls over HTTP: every way in which a portal answers, or does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import responses
from redis import Redis

from b24app.errors import (
    AppError,
    ItemGone,
    OutcomeUnknown,
    PortalBusy,
    PortalLost,
    PortalRefused,
    PortalUnavailable,
)
from b24app.portal.budget import Unlimited
from b24app.portal.credentials import Access, FixedAccess
from b24app.portal.gateway import Gateway
from b24app.portal.line import Line
from b24app.portal.operating import Operating

ENDPOINT = "https://portal.example/rest/"
URL = ENDPOINT + "crm.item.get"
GOOD = {"result": {"item": {"id": 1, "opportunity": 0.1}}, "time": {"finish": 1775000000.5, "operating": 0.2}}


class Keys:
    """Credentials that note what happened to them."""

    def __init__(self) -> None:
        self.access = Access(ENDPOINT, "first", 1, 1, 1)
        self.events: list[str] = []

    def current(self) -> Access:
        return self.access

    def renew(self, stale: Access) -> Access:
        self.events.append("renew")
        self.access = Access(ENDPOINT, "renewed", 1, stale.version + 1, 1)
        return self.access

    def bury(self, dead: Access, reason: str) -> Access:
        self.events.append(f"bury {dead.token} {reason}")
        if dead.token == "second":
            raise PortalLost("no token is left")
        self.access = Access(ENDPOINT, "second", 2, 1, 2)
        return self.access

    def move(self, endpoint: str) -> None:
        self.events.append(f"move {endpoint}")
        self.access = Access(endpoint, self.access.token, 1, 1, 1)


@pytest.fixture
def http() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=True) as mock:
        yield mock


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def gateway(keys: Keys, slept: list[float]) -> Gateway:
    return Gateway(Line(keys, Unlimited(), Operating(None, "x"), sleep=slept.append))


def answers(http: responses.RequestsMock, *bodies: Any, url: str = URL) -> None:
    """Each body answers one request: a dict, (status, dict), (status, text) or an exception."""
    for body in bodies:
        if isinstance(body, Exception):
            http.post(url, body=body)
            continue
        status, content = body if isinstance(body, tuple) else (200, body)
        if isinstance(content, dict):
            http.post(url, json=content, status=status)
        else:
            http.post(url, body=content, status=status, content_type="text/html")


def sent(http: responses.RequestsMock) -> list[dict[str, Any]]:
    return [json.loads(call.request.body or b"{}") for call in http.calls]


def error(code: Any, status: int = 400, **more: Any) -> tuple[int, dict[str, Any]]:
    return status, {"error": code, "error_description": "said the portal", **more}


def test_the_token_travels_in_the_body_and_amounts_come_exact(gateway: Gateway, http: responses.RequestsMock) -> None:
    answers(http, GOOD)
    result = gateway.call("crm.item.get", {"id": 1})
    assert sent(http) == [{"id": 1, "auth": "first"}]
    assert str(result["item"]["opportunity"]) == "0.1"
    assert "b24app" in http.calls[0].request.headers["User-Agent"]


def test_an_expired_token_is_renewed_and_the_same_call_repeated(
    gateway: Gateway, http: responses.RequestsMock, keys: Keys
) -> None:
    answers(http, error("expired_token", 401), GOOD)
    gateway.call("crm.item.get", {"id": 1}, write=True)
    assert [body["auth"] for body in sent(http)] == ["first", "renewed"]
    assert keys.events == ["renew"]


@pytest.mark.parametrize("code", ["authorization_error", "user_access_error", "AUTHORIZATION_ERROR"])
def test_a_dismissed_owner_hands_over_to_the_next_administrator(
    gateway: Gateway, http: responses.RequestsMock, keys: Keys, code: str
) -> None:
    answers(http, error(code, 401), GOOD)
    gateway.call("crm.item.get")
    assert keys.events == [f"bury first {code}"]
    assert sent(http)[-1]["auth"] == "second"


def test_an_unknown_token_is_renewed_once_before_it_is_buried(
    gateway: Gateway, http: responses.RequestsMock, keys: Keys
) -> None:
    answers(http, error("NO_AUTH_FOUND", 401), error("NO_AUTH_FOUND", 401), GOOD)
    gateway.call("crm.item.get")
    assert keys.events == ["renew", "bury renewed NO_AUTH_FOUND"]


def test_when_no_token_is_left_the_portal_is_lost(gateway: Gateway, http: responses.RequestsMock, keys: Keys) -> None:
    answers(http, error("authorization_error", 401), error("authorization_error", 401))
    with pytest.raises(PortalLost):
        gateway.call("crm.item.get")


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("PORTAL_DELETED", 410, PortalLost),
        ("PAYMENT_REQUIRED", 401, PortalLost),
        ("ERROR_OAUTH", 401, PortalLost),
        ("OVERLOAD_LIMIT", 503, PortalLost),
        ("NOT_FOUND", 400, ItemGone),
        ("ACCESS_DENIED", 400, PortalRefused),
        ("ACCESS_DENIED", 403, PortalRefused),
        ("insufficient_scope", 403, PortalRefused),
        ("INVALID_CREDENTIALS", 401, PortalRefused),
        ("", 400, PortalRefused),
        (0, 400, PortalRefused),
        ("ERROR_PLACEMENT_MAX_COUNT", 200, PortalRefused),
    ],
)
def test_errors_are_told_by_their_code_and_never_repeated(
    gateway: Gateway, http: responses.RequestsMock, code: Any, status: int, kind: type[AppError]
) -> None:
    answers(http, error(code, status))
    with pytest.raises(kind) as caught:
        gateway.call("crm.item.get", {"id": 1})
    if isinstance(caught.value, PortalRefused):
        assert (caught.value.code, caught.value.method) == (str(code), "crm.item.get")
        assert "said the portal" in caught.value.text.ru


LOST_ANSWERS = [
    requests.exceptions.ReadTimeout("read timed out"),
    requests.exceptions.ConnectionError("Connection aborted."),
    requests.exceptions.ChunkedEncodingError("broken"),
    (504, "<html>504</html>"),
    (502, "<html>502</html>"),
    (200, "<html>sign in</html>"),
    (200, {"something": "else"}),
    error("INTERNAL_SERVER_ERROR", 500),
    error("INTERNAL_SERVER_ERROR", 200),
    error("ERROR_UNEXPECTED_ANSWER", 500),
]


@pytest.mark.parametrize("answer", LOST_ANSWERS, ids=str)
def test_after_a_lost_answer_a_write_is_unknown_and_not_repeated(
    gateway: Gateway, http: responses.RequestsMock, answer: Any
) -> None:
    answers(http, answer)
    with pytest.raises(OutcomeUnknown):
        gateway.call("crm.item.get", {"id": 1}, write=True)
    assert len(http.calls) == 1
    assert gateway.stats.unknown == 1


@pytest.mark.parametrize("answer", LOST_ANSWERS, ids=str)
def test_after_a_lost_answer_a_read_is_repeated(gateway: Gateway, http: responses.RequestsMock, answer: Any) -> None:
    answers(http, answer, answer, GOOD)
    assert gateway.call("crm.item.get", {"id": 1})["item"]["id"] == 1
    assert gateway.stats.retries == 2


@pytest.mark.parametrize("body", [error("QUERY_LIMIT_EXCEEDED", 503), (503, "<html>busy</html>")], ids=str)
def test_too_many_requests_is_waited_for_even_by_writes(
    gateway: Gateway, http: responses.RequestsMock, slept: list[float], body: Any
) -> None:
    answers(http, body, body, GOOD)
    gateway.call("crm.item.get", write=True)
    assert len(slept) == 2 and min(slept) >= 1


def test_patience_ends(gateway: Gateway, http: responses.RequestsMock) -> None:
    answers(http, *[error("QUERY_LIMIT_EXCEEDED", 503)] * 3)
    with pytest.raises(PortalBusy):
        gateway.call("crm.item.get", interactive=True)


def test_no_connection_is_tried_again_even_by_writes(gateway: Gateway, http: responses.RequestsMock) -> None:
    answers(http, requests.exceptions.ConnectTimeout("no route"), GOOD)
    gateway.call("crm.item.get", write=True)


def test_a_short_operating_pause_is_waited_for_and_a_long_one_is_an_error(
    gateway: Gateway, http: responses.RequestsMock, slept: list[float]
) -> None:
    short = error("OPERATION_TIME_LIMIT", 429, time={"finish": 1000, "operating_reset_at": 1020})
    long = error("OPERATION_TIME_LIMIT", 429, time={"finish": 1000, "operating_reset_at": 1400})
    answers(http, short, GOOD, long)
    gateway.call("crm.item.get")
    assert slept[0] >= 20
    with pytest.raises(PortalBusy) as caught:
        gateway.call("crm.item.get")
    assert (caught.value.retry_after, caught.value.method) == (400, "crm.item.get")


def test_a_method_near_its_limit_is_left_alone_by_every_process(
    http: responses.RequestsMock, keys: Keys, store: Redis
) -> None:
    spent = {**GOOD, "time": {"finish": 1000, "operating": 476, "operating_reset_at": 1300}}
    answers(http, spent)
    Gateway(Line(keys, Unlimited(), Operating(store, "p"))).call("crm.item.get")
    other = Gateway(Line(keys, Unlimited(), Operating(store, "p")))
    with pytest.raises(PortalBusy) as caught:
        other.call("crm.item.get")
    assert 290 < caught.value.retry_after <= 300
    assert len(http.calls) == 1


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_portal_that_moved_is_followed_with_the_whole_post(
    gateway: Gateway, http: responses.RequestsMock, keys: Keys, status: int
) -> None:
    http.post(URL, status=status, headers={"Location": "https://new.example/rest/crm.item.get?x=1"})
    answers(http, GOOD, url="https://new.example/rest/crm.item.get")
    gateway.call("crm.item.get", {"id": 7}, write=True)
    assert sent(http)[-1] == {"id": 7, "auth": "first"}
    assert keys.events == ["move https://new.example/rest/"]


def test_a_portal_is_not_followed_to_an_address_without_encryption(
    gateway: Gateway, http: responses.RequestsMock, keys: Keys
) -> None:
    for _ in range(3):
        http.post(URL, status=302, headers={"Location": "http://portal.example/rest/crm.item.get"})
    with pytest.raises(PortalUnavailable):
        gateway.call("crm.item.get", interactive=True)
    assert keys.events == []


@pytest.mark.parametrize(
    "location",
    [
        "https://sso.example/login?back=/rest/crm.item.get",
        "https://portal.example/maintenance.html",
        "https://10.0.0.5:8443/rest/crm.item.get",
        "https://127.0.0.1/rest/crm.item.get",
        "https://user@new.example/rest/crm.item.get",
        "https:///rest/crm.item.get/",
        "",
    ],
)
def test_a_redirect_to_anything_else_gets_no_token(
    gateway: Gateway, http: responses.RequestsMock, keys: Keys, location: str
) -> None:
    for _ in range(3):
        http.post(URL, status=302, headers={"Location": location})
    with pytest.raises(PortalUnavailable):
        gateway.call("crm.item.get", interactive=True)
    assert keys.events == [] and {call.request.url for call in http.calls} == {URL}


def test_a_new_address_is_kept_once_it_has_answered(gateway: Gateway, http: responses.RequestsMock, keys: Keys) -> None:
    http.post(URL, status=302, headers={"Location": "https://new.example/rest/crm.item.get"})
    http.post("https://new.example/rest/crm.item.get", status=404, body="<html>nobody lives here</html>")
    with pytest.raises(OutcomeUnknown):
        gateway.call("crm.item.get", write=True)
    assert keys.events == []
    answers(http, GOOD)
    gateway.call("crm.item.get")


def test_a_webhook_sends_no_token(http: responses.RequestsMock) -> None:
    answers(http, GOOD, url="https://portal.example/rest/1/key/crm.item.get")
    credentials = FixedAccess("https://portal.example/rest/1/key/")
    Gateway(Line(credentials, Unlimited(), Operating(None, "x"))).call("crm.item.get", {"id": 1})
    assert sent(http) == [{"id": 1}]


def test_the_portals_time_comes_with_every_answer(gateway: Gateway, http: responses.RequestsMock) -> None:
    answers(http, GOOD)
    gateway.call("crm.item.get")
    assert abs(gateway.now().timestamp() - 1775000000.5) < 5


def test_an_unknown_time_is_asked_for(gateway: Gateway, http: responses.RequestsMock) -> None:
    body = {"result": "2026-04-06T11:00:00+03:00", "time": {"date_finish": "2026-04-06T11:00:00+03:00"}}
    answers(http, body, url=ENDPOINT + "server.time")
    assert gateway.now().isoformat().startswith("2026-04-06T08:00:0")


def test_no_secret_reaches_the_log_or_an_error(
    gateway: Gateway, http: responses.RequestsMock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    answers(http, error("expired_token", 401), requests.exceptions.ConnectionError("Connection aborted."))
    with pytest.raises(OutcomeUnknown) as caught:
        gateway.call("crm.item.get", {"id": 1}, write=True)
    told = caplog.text + repr(caught.value) + str(caught.value.context)
    assert "first" not in told and "renewed" not in told
    assert "crm.item.get" in caplog.text
