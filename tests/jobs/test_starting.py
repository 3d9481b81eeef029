"""Several processes of one installation start, or are asked for the same thing, at the same moment."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import TypeVar

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from b24app.bootstrap import App, build
from b24app.provisioning import ProgressBook
from b24app.store.models import CredentialRow, CursorRow, PortalRow
from config.settings import load_settings
from tests.harness.postgres import postgres, postgres_programs

PROCESSES = 8
T = TypeVar("T")

on_postgres = pytest.param("postgres", marks=[pytest.mark.postgres])


@pytest.fixture(params=["sqlite", on_postgres])
def processes(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[App]]:
    """Applications with connections of their own, as the processes of one host have them."""
    environment = {"B24APP_SECRET_KEY": Fernet.generate_key().decode()}
    environment |= {"B24APP_CLIENT_ID": "local.one", "B24APP_CLIENT_SECRET": "the secret"}
    if request.param == "sqlite":
        yield from _apps(tmp_path, environment)
        return
    if postgres_programs() is None:
        pytest.skip("PostgreSQL is not installed")
    with tempfile.TemporaryDirectory() as folder, postgres(Path(folder)) as url:
        yield from _apps(tmp_path, environment | {"DATABASE_URL": url})


def _apps(data: Path, environment: dict[str, str]) -> Iterator[list[App]]:
    apps = [build(load_settings(data, environment)) for _ in range(PROCESSES)]
    apps[0].database.upgrade()
    yield apps
    for app in apps:
        app.database.engine.dispose()


def together(apps: list[App], act: Callable[[App], T]) -> list[T]:
    """The same act in every process, none earlier than the others."""
    barrier = Barrier(len(apps))

    def one(app: App) -> T:
        barrier.wait()
        return act(app)

    with ThreadPoolExecutor(len(apps)) as pool:
        return list(pool.map(one, apps))


def test_the_pair_of_the_environment_is_stored_once(processes: list[App]) -> None:
    together(processes, lambda app: app.seed_credentials())
    for number in range(5):
        together(processes, lambda app, id=f"local.{number}": app.add_credentials(id, "the secret"))  # type: ignore[misc]
    with processes[0].database.session() as session:
        stored = {
            row.client_id: processes[0].secret_box.open(row.client_secret)
            for row in session.scalars(select(CredentialRow))
        }
    assert stored == {"local.one": "the secret", **{f"local.{number}": "the secret" for number in range(5)}}


def test_a_known_pair_keeps_its_domain(processes: list[App]) -> None:
    app = processes[0]
    app.add_credentials("local.two", "old", "two.bitrix24.ru")
    app.add_credentials("local.two", "new")
    assert {"client_id": "local.two", "domain": "two.bitrix24.ru"} in app.credentials()


def test_provisioning_begins_once(processes: list[App]) -> None:
    for round_ in range(3):
        begun = together(processes, lambda app, id=round_: ProgressBook(app.database).begin(id))  # type: ignore[misc]
        assert sorted(begun) == [False] * (PROCESSES - 1) + [True]
    with processes[0].database.session() as session:
        assert len(session.scalars(select(CursorRow)).all()) == 3


def test_a_setting_is_stored_once(processes: list[App]) -> None:
    app = processes[0]
    with app.database.session() as session:
        portal = PortalRow(
            member_id="m",
            domain="one.bitrix24.ru",
            client_endpoint="https://one.bitrix24.ru/rest/",
            server_endpoint="https://oauth.bitrix.info/rest/",
            client_id="local.one",
            client_secret=app.secret_box.seal("the secret"),
            presets=["food_distribution"],
        )
        session.add(portal)
    together(processes, lambda one: one.portal(portal.id).set_setting("debt.pre_days", "3"))
    assert app.portal(portal.id).setting("debt.pre_days") == 3
