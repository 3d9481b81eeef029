"""Tokens: renewed once for the whole host, buried when their owner is gone, never shown."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import select

from b24app.errors import PortalLost, PortalUnavailable
from b24app.portal.auth_server import AuthServer
from b24app.portal.gateway import Gateway
from b24app.portal.renewal import Renewal, renew
from b24app.portal.tokens import Tokens
from b24app.store.database import Database
from b24app.store.models import PortalRow, TokenRow
from b24app.store.secret_box import SecretBox
from tests.gateway.installed import APP, KEY, Place, first_pair, install
from tests.gateway.slow_tokens import SlowTokens
from tests.gateway.workers import killed_worker, run_workers
from tests.harness.sandbox import Sandbox
from tests.harness.valkey import Valkey
from tests.harness.world import wait_for


@pytest.fixture
def box() -> Iterator[Sandbox]:
    """A portal of its own: its clock is moved and its people are dismissed."""
    with Sandbox("--rate", "off", fixture="F0") as box:
        yield box


@pytest.fixture
def place(box: Sandbox, tmp_path: Path, valkey: Valkey, store: Redis) -> Place:
    return install(box, tmp_path, valkey.url)


def expire(box: Sandbox) -> None:
    box.control("clock", {"advance": "PT2H"})


def refreshes(box: Sandbox) -> list[dict[str, Any]]:
    """What the auth server was asked for, apart from the codes of the installation."""
    return [row for row in box.control("oauth") if row["grant_type"] == "refresh_token"]


def rows(place: Place) -> list[TokenRow]:
    with Database(place.database_url).session() as session:
        return list(session.scalars(select(TokenRow).order_by(TokenRow.rank)))


def test_ten_workers_meeting_an_expired_token_refresh_once_and_fail_never(box: Sandbox, place: Place) -> None:
    expire(box)
    task = {"database_url": place.database_url, "redis_url": place.redis_url, "origin": place.origin}
    reports = run_workers([{**task, "calls": 3, "warm": True}] * 10)
    assert [report["errors"] for report in reports] == [[]] * 10
    assert [row["status"] for row in refreshes(box)] == [200]
    assert [row.version for row in rows(place)] == [2]


def test_a_token_is_not_renewed_before_the_portal_says_so(box: Sandbox, place: Place) -> None:
    gateway = place.gateway()
    for _ in range(3):
        gateway.call("server.time")
    assert refreshes(box) == []


def test_threads_of_one_process_refresh_once(box: Sandbox, place: Place) -> None:
    gateway = place.gateway()
    gateway.call("server.time")
    expire(box)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: gateway.call("server.time"), range(10)))
    assert all(answers) and len(refreshes(box)) == 1


def test_the_new_pair_is_stored_sealed_and_serves_again(box: Sandbox, place: Place) -> None:
    for expected in (2, 3):
        expire(box)
        place.gateway().call("server.time")
        assert [row.version for row in rows(place)] == [expected]
    assert len(refreshes(box)) == 2


def test_a_dismissed_owner_is_replaced_by_the_next_administrator_with_an_alert(
    box: Sandbox, tmp_path: Path, valkey: Valkey, store: Redis
) -> None:
    place = install(box, tmp_path, valkey.url, users=(11, 1))
    deaths: list[tuple[int, str]] = []
    gateway = place.gateway(place.tokens(lambda user, reason: deaths.append((user, reason))))
    gateway.call("server.time")
    box.control("dismiss", {"user": 11})
    gateway.call("server.time")
    assert [user for user, _ in deaths] == [11]
    assert [(row.user_id, row.state) for row in rows(place)] == [(11, "dead"), (1, "active")]


def test_an_owner_dismissed_while_the_token_expired_is_replaced_too(
    box: Sandbox, tmp_path: Path, valkey: Valkey, store: Redis
) -> None:
    place = install(box, tmp_path, valkey.url, users=(11, 1))
    gateway = Gateway(place.gateway(_quick(place)).line)
    gateway.call("server.time")
    expire(box)
    box.control("dismiss", {"user": 11})
    gateway.call("server.time")
    assert [row.state for row in rows(place)] == ["dead", "active"]


def test_without_any_token_the_portal_is_lost_until_somebody_opens_the_app(box: Sandbox, place: Place) -> None:
    gateway = place.gateway(_quick(place))
    box.control("fixture", {"objects": []})
    with Database(place.database_url).session() as session:
        session.scalars(select(TokenRow)).one().refresh = None
    expire(box)
    with pytest.raises(PortalLost):
        gateway.call("server.time")
    with pytest.raises(PortalLost):
        gateway.call("server.time")
    _hand_over(box, place)
    assert gateway.call("server.time")


def test_a_pair_handed_over_meanwhile_is_used_instead_of_a_refresh(box: Sandbox, place: Place) -> None:
    gateway = place.gateway()
    gateway.call("server.time")
    expire(box)
    _hand_over(box, place)
    gateway.call("server.time")
    assert refreshes(box) == []


def test_a_burnt_refresh_token_is_an_alert_and_no_endless_loop(box: Sandbox, place: Place) -> None:
    row = rows(place)[0]
    assert row.refresh is not None
    burnt = SecretBox([KEY]).open(row.refresh)
    AuthServer().refresh(box.url, APP["client_id"], APP["client_secret"], burnt)
    expire(box)
    deaths: list[tuple[int, str]] = []
    tokens = place.tokens(lambda user, reason: deaths.append((user, reason)), patience=())
    with pytest.raises(PortalLost):
        place.gateway(tokens).call("server.time")
    assert deaths == [(1, "invalid_grant")]
    assert len(refreshes(box)) == 2


@pytest.mark.parametrize("commits", [True, False])
def test_a_sibling_without_our_lock_may_still_commit_its_pair(box: Sandbox, place: Place, commits: bool) -> None:
    row = rows(place)[0]
    assert row.refresh is not None
    burnt = SecretBox([KEY]).open(row.refresh)
    AuthServer().refresh(box.url, APP["client_id"], APP["client_secret"], burnt)
    sibling = threading.Timer(0.3, _hand_over, (box, place)) if commits else threading.Timer(0, lambda: None)
    sibling.start()
    task = Renewal(place.database_url, [KEY], 1, row.id, row.version, [place.origin], (0.2, 3.0))
    died = renew(asdict(task))
    sibling.join()
    assert died == ([] if commits else [(1, "invalid_grant")])
    assert rows(place)[0].state == ("active" if commits else "dead")


def test_an_auth_server_that_does_not_answer_leaves_the_token_alive(box: Sandbox, place: Place) -> None:
    with Database(place.database_url).session() as session:
        session.scalars(select(PortalRow)).one().server_endpoint = "http://127.0.0.1:9/rest/"
    closed = Place(place.database_url, place.redis_url, "http://127.0.0.1:9")
    expire(box)
    gateway = closed.gateway()
    gateway.line.sleep = lambda seconds: None
    with pytest.raises(PortalUnavailable):
        gateway.call("server.time", interactive=True)
    assert [row.state for row in rows(place)] == ["active"]


def test_the_client_secret_goes_to_known_servers_only(box: Sandbox, place: Place) -> None:
    expire(box)
    stranger = Place(place.database_url, place.redis_url, "https://oauth.bitrix.info")
    with pytest.raises(PortalLost):
        stranger.gateway().call("server.time")
    assert refreshes(box) == []


def test_a_portal_that_moved_is_stored_under_its_new_address(box: Sandbox, place: Place) -> None:
    place.tokens().move("https://new.example/rest/")
    with Database(place.database_url).session() as session:
        portal = session.scalars(select(PortalRow)).one()
        assert (portal.client_endpoint, portal.domain) == ("https://new.example/rest/", "new.example")


def test_an_access_does_not_print_its_token(place: Place) -> None:
    access = place.tokens().current()
    assert access.token and access.token not in repr(access)


def _quick(place: Place) -> Tokens:
    return place.tokens(patience=())


def _hand_over(box: Sandbox, place: Place) -> None:
    """The administrator opens the app: the web process stores what the portal handed over."""
    access, refresh = first_pair(box, 1)
    seal = SecretBox([KEY]).seal
    with Database(place.database_url).session() as session:
        row = session.scalars(select(TokenRow)).one()
        row.access, row.refresh, row.version, row.state = seal(access), seal(refresh), row.version + 1, "active"


def test_a_worker_killed_while_it_renews_leaves_the_new_pair_behind(box: Sandbox, place: Place) -> None:
    expire(box)
    with SlowTokens(box.url) as slow:
        with Database(place.database_url).session() as session:
            session.scalars(select(PortalRow)).one().server_endpoint = f"{slow.url}/oauth/rest/"
        task = {"database_url": place.database_url, "redis_url": place.redis_url, "origin": slow.url, "calls": 1}
        with killed_worker(task) as worker:
            assert slow.answered.wait(30)
            worker.kill()
        assert rows(place)[0].version == 1
        slow.released.set()
        wait_for(lambda: rows(place)[0].version == 2)
    assert place.gateway().call("server.time")
    assert len(refreshes(box)) == 1
