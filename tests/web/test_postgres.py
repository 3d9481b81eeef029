"""The durable inbox on PostgreSQL: the same rows, once, under concurrency."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, text

from b24app.store.database import Database
from b24app.store.models import CredentialRow, InboxRow, PortalRow, RobotRunRow, TokenRow
from b24app.web import create_app
from tests.harness.postgres import postgres, postgres_programs

from .conftest import QUERY, FakeServices, add_portal, event, opened, post, rows
from .test_events import FILLED, NOT_TAKEN, fill, put_rows_together, replace_the_token, robot, uninstall

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(postgres_programs() is None, reason="PostgreSQL is not installed"),
]


@pytest.fixture
def on_postgres(services: FakeServices) -> Iterator[Flask]:
    with tempfile.TemporaryDirectory() as folder, postgres(Path(folder)) as url:
        services.database = Database(url)
        services.database.upgrade()
        add_portal(services)
        yield create_app(services)
        services.database.engine.dispose()


def test_events_robots_and_removal(on_postgres: Flask, services: FakeServices) -> None:
    def send(number: int) -> list[int]:
        client = on_postgres.test_client()
        answers = [post(client, "/events", event(ID=str(number))), post(client, "/robot", robot())]
        return [answer.status_code for answer in answers]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(send, range(1, 41))) == [[200, 200]] * 40
    assert sorted(row.item_id for row in rows(services, InboxRow)) == list(range(1, 41))
    assert len(rows(services, RobotRunRow)) == 1
    fill(services, 1)
    assert post(on_postgres.test_client(), "/events", uninstall("1")).status_code == 200
    assert [rows(services, table) for table in (*FILLED, RobotRunRow)] == [[]] * 7


def test_what_an_older_token_proved_in_another_process_is_not_kept(on_postgres: Flask, services: FakeServices) -> None:
    replace_the_token(on_postgres.test_client(), services)


def test_a_restarted_database_loses_no_event(on_postgres: Flask, services: FakeServices) -> None:
    client = on_postgres.test_client()
    assert post(client, "/events", event(ID="1")).status_code == 200
    with services.database.session() as session:
        others = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = 'app'"
        )
        session.execute(text(others))
    assert post(client, "/events", event(ID="2")).status_code == 200
    assert [row.item_id for row in rows(services, InboxRow)] == [1, 2]


def test_one_row_that_cannot_be_stored_takes_no_other_with_it(on_postgres: Flask, services: FakeServices) -> None:
    @contextmanager
    def held() -> Iterator[None]:
        with services.database.engine.begin() as connection:
            connection.execute(text("LOCK TABLE inbox IN EXCLUSIVE MODE"))
            yield

    spoilt = {"event": "ONCRMDYNAMICITEMADD", "entity_type_id": 9_999_999_999}
    assert put_rows_together(on_postgres, held(), spoilt) == NOT_TAKEN
    assert sorted(row.item_id for row in rows(services, InboxRow)) == list(range(1, 11))


def test_the_page_and_the_event_of_one_installation_come_at_once(on_postgres: Flask, services: FakeServices) -> None:
    with services.database.session() as session:
        session.execute(delete(PortalRow))
        sealed = services.secret_box.seal("secret of local.1")
        session.add(CredentialRow(client_id="local.1", client_secret=sealed))

    def install(user: int) -> int:
        return post(on_postgres.test_client(), "/install", opened(user), QUERY).status_code

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(install, [1, 2] * 4)) == [200] * 8
    assert len(rows(services, PortalRow)) == 1
    assert sorted((row.user_id, row.version) for row in rows(services, TokenRow)) == [(1, 4), (2, 4)]
    assert sorted(row.rank for row in rows(services, TokenRow)) == [0, 1]
