"""Whatever is thrown at the addresses of the real web process: refused in words, no trace in the data."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.flows.conditions import Condition, quiet
from tests.flows.office import Office
from tests.flows.scenarios import shipped_deal
from tests.flows.stored import everything
from tests.harness.world import World

pytestmark = pytest.mark.flow

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
NOISE = random.Random(24).randbytes(4096)
TEN_MEGABYTES = b"a=" + b"x" * 10_000_000
ADDRESSES = ("/events", "/robot", "/install", "/app", "/placement/company-receivables")
PAGE_BUTTONS = ("/install/plan", "/install/start", "/install/finish")


def post(world: World, path: str, body: Any, headers: dict[str, str] | None = None) -> int:
    """The status of the answer to a POST."""
    return requests.post(f"{world.web_url}{path}", data=body, headers=headers or FORM, timeout=60).status_code


def unharmed(world: World, before: dict[str, Any]) -> None:
    """Nothing was stored, and the app answers and works as before."""
    assert everything(world) == before
    assert requests.get(f"{world.web_url}/health", timeout=60).json()["status"] == "ok"


@pytest.mark.parametrize("path", ADDRESSES)
def test_bodies_that_are_no_form_of_the_portal(world: World, path: str) -> None:
    before = everything(world)
    bodies = {
        "nothing": b"",
        "noise": NOISE,
        "zero characters": b"event=ON%00CRM&auth[member_id]=%00",
        "not UTF-8": b"event=%ff%fe",
        "JSON": b'{"event": "ONCRMDEALUPDATE", "auth": {"member_id": "x"}}',
        "deep": b"a" + b"[b]" * 400 + b"=1",
        "many keys": b"&".join(b"k%d=1" % number for number in range(5000)),
        "auth is a text": b"event=ONCRMDEALUPDATE&code=x&event_token=x&auth=1",
    }
    answers = {name: post(world, path, body) for name, body in bodies.items()}
    assert set(answers.values()) <= {400, 403}, answers
    unharmed(world, before)


@pytest.mark.parametrize("path", ADDRESSES)
def test_ten_megabytes(world: World, path: str) -> None:
    before = everything(world)
    assert post(world, path, TEN_MEGABYTES) in (400, 413)
    assert post(world, path, _in_pieces()) in (400, 403, 413), "without a length"
    unharmed(world, before)


def _in_pieces() -> Iterator[bytes]:
    for _ in range(20):
        yield TEN_MEGABYTES[:500_000]


def test_ten_megabytes_that_never_come(world: World) -> None:
    before = everything(world)
    with socket.create_connection(("127.0.0.1", world.base), timeout=60) as line:
        line.sendall(b"POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\nevent=")
        unharmed(world, before)


@pytest.mark.parametrize("path", ["/events", "/robot"])
@pytest.mark.parametrize(
    "change",
    [
        {"auth[application_token]": "0" * 32},
        {"auth[application_token]": ""},
        {"auth[application_token]": None},
        {"auth[member_id]": "f" * 32},
        {"auth[member_id]": None},
        {"auth[member_id]": "' OR 1=1 --"},
        {"event": None, "code": None},
    ],
    ids=str,
)
def test_forged_calls(world: World, path: str, change: dict[str, str | None]) -> None:
    before = everything(world)
    form = world.event_form("ONCRMDEALUPDATE", {"FIELDS": {"ID": 501}})
    robot = {"code": "debt_exposure", "event_token": "x", "document_id[2]": "DEAL_501"}
    changed = {name: value for name, value in (form | robot | change).items() if value is not None}
    assert post(world, path, changed) in (400, 403)
    unharmed(world, before)


@pytest.mark.parametrize("path", PAGE_BUTTONS)
@pytest.mark.parametrize("session", ["", "Bearer ", "Bearer x.y.z", "Basic eDp5", "Bearer " + "a" * 3000])
def test_buttons_without_a_page(world: World, path: str, session: str) -> None:
    before = everything(world)
    answer = requests.post(
        f"{world.web_url}{path}",
        json={"presets": ["food_distribution"]},
        headers={"Authorization": session} if session else {},
        timeout=30,
    )
    assert answer.status_code in (400, 403)
    unharmed(world, before)


@pytest.mark.parametrize("verb", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_other_verbs(world: World, verb: str) -> None:
    before = everything(world)
    statuses = {p: requests.request(verb, f"{world.web_url}{p}", timeout=30).status_code for p in (*ADDRESSES, "/x")}
    assert max(statuses.values()) < 500, statuses
    unharmed(world, before)


def test_pages_with_another_persons_token(world: World) -> None:
    before = everything(world)
    frame = world.control("open", {"client_id": world.app.settings.client_id, "as": 1})
    for change in ({"AUTH_ID": "f" * 70}, {"APPLICATION_TOKEN": "0" * 32}, {"member_id": "f" * 32}, {"AUTH_ID": ""}):
        answer = requests.post(frame["url"], data=frame["fields"] | change, timeout=60)
        assert answer.status_code == 403 and "Traceback" not in answer.text
    unharmed(world, before)


def test_odd_events_of_the_portal_itself_stop_nothing(world: World) -> None:
    """The token is right and the content is not: the inbox empties, nothing is written, the next one counts."""
    number = world.last_call()
    odd: list[tuple[str, Any]] = [
        ("ONCRMDEALUPDATE", {}),
        ("ONCRMDEALUPDATE", {"FIELDS": {"ID": "abc"}}),
        ("ONCRMDEALUPDATE", {"FIELDS": {"ID": "0"}}),
        ("ONCRMDEALUPDATE", {"FIELDS": {"ID": "-5"}}),
        ("ONCRMDEALUPDATE", {"FIELDS": {"ID": "9" * 30}}),
        ("ONCRMDEALUPDATE", {"FIELDS": {"ID": str(2**63 - 1)}}),
        ("ONCRMDEALADD", {"FIELDS": {"ID": {"x": "1"}}}),
        ("ONCRMDYNAMICITEMUPDATE_99999", {"FIELDS": {"ID": "1", "ENTITY_TYPE_ID": "99999"}}),
        ("ONCRMDEALDELETE", {"FIELDS": {"ID": "777777"}}),
        ("ONSOMETHINGNEW", {"FIELDS": {"ID": "1"}, "TEXT": "я" * 20_000}),
        ("ONCRMCOMPANYUPDATE", {"FIELDS": {"ID": "100", "TITLE": "'; DROP TABLE inbox; --"}}),
    ]
    for event, data in odd:
        assert post(world, "/events", world.event_form(event, data)) in (200, 400)
    report = world.settle()
    assert (report.left, report.errors) == (0, 0)
    written = [call["method"] for call in world.writes_since(number) if call["method"] != "crm.item.update"]
    assert written == []
    play = Condition(world, Office(world), quiet)
    shipped_deal(play)
    assert play.office.debt()["deal"] == 501


def test_odd_robot_calls_of_the_portal_itself_stop_nothing(world: World) -> None:
    form = world.event_form("", {})
    for number, (code, document) in enumerate(
        [("no_such_robot", "DEAL_1"), ("debt_exposure", "DEAL_999999"), ("debt_exposure", "nonsense"), ("x" * 500, "1")]
    ):
        call = {"code": code, "event_token": f"token {number}", "document_id[2]": document, "use_subscription": "Y"}
        call |= {"document_id[0]": "crm", "document_id[1]": "CCrmDocumentDeal"}
        assert post(world, "/robot", form | call) in (200, 400)
    assert world.settle().left == 0
    play = Condition(world, Office(world), quiet)
    shipped_deal(play)
    assert play.office.debt()["deal"] == 501
