"""The web application over a real database and a portal played by a few lines of Python."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from b24app.engine import removal
from b24app.errors import PortalLost, PortalRefused, SystemUnavailable
from b24app.portal.auth_server import Grant
from b24app.portal.batch import Call, Done, Outcome, Refused
from b24app.portal.names import Names
from b24app.store.database import Database
from b24app.store.models import CredentialRow, PortalRow
from b24app.store.secret_box import SecretBox
from b24app.web import create_app
from b24app.web.services import PlanLine, PresetCard, Progress
from rules.decision import Text

MEMBER = "a223c6b3710f85df22e9377d6c4f7553"
APP_TOKEN = "51856fefc120afa4b628cc82d3935cce"
ENDPOINT = "https://portal.bitrix24.ru/rest/"
NOW = datetime(2026, 5, 20, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class FakeSettings:
    public_url: str = "https://app.example.org"
    auth_hosts: tuple[str, ...] = ("https://oauth.bitrix.info", "https://oauth.bitrix24.tech")
    secret_keys: tuple[str, ...] = ("key",)


@dataclass
class FakeAuthServer:
    """Knows refresh tokens: token -> (client id, member id, user id)."""

    tokens: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    endpoint: str = ENDPOINT
    asked: list[tuple[str, str]] = field(default_factory=list)
    refuses_with: str = "invalid_grant"

    def refresh(self, server: str, client_id: str, client_secret: str, refresh_token: str) -> Grant:
        self.asked.append((server, client_id))
        known = self.tokens.get(refresh_token)
        if known is None or known[0] != client_id or client_secret != f"secret of {client_id}":
            raise PortalRefused("refused", code=self.refuses_with)
        return Grant(
            member_id=known[1],
            client_endpoint=self.endpoint,
            server_endpoint=f"{server}/rest/",
            user_id=known[2],
            expires_in=3600,
            scope=("crm", "placement"),
            access_token=f"access of {known[2]}",
            refresh_token=f"next refresh of {known[2]}",
        )


@dataclass
class FakeAsker:
    """A portal asked with one token: answers by method, a refusal for anything else."""

    answers: Mapping[str, Any]
    calls: list[Call]

    def call(self, method: str, params: Mapping[str, Any] | None = None, *, interactive: bool = False) -> Any:
        outcome = self._outcome(Call(method, params or {}))
        if isinstance(outcome, Done):
            return outcome.result
        raise outcome.error

    def batch(self, calls: Sequence[Call], *, interactive: bool = False) -> list[Outcome]:
        return [self._outcome(call) for call in calls]

    def now(self) -> datetime:
        return NOW

    def _outcome(self, call: Call) -> Any:
        self.calls.append(call)
        if not self.answers:
            raise PortalLost("the token is not accepted")
        answer = self.answers.get(call.method)
        if callable(answer):
            answer = answer(call.params)
        if answer is None:
            return Refused(PortalRefused("no", code="ACCESS_DENIED", method=call.method))
        return answer if isinstance(answer, Done | Refused) else Done(answer)


def binding() -> dict[str, dict[str, Any]]:
    """The logical names that the tab reads, as provisioning binds them."""
    fields = {
        "company": {"debt_in_period": "money", "debt_overdue": "money", "advance": "money"},
        "debt": {
            "shipment_number": "string",
            "shipment_date": "date",
            "due_date": "date",
            "amount": "money",
            "paid": "money",
            "outstanding": "money",
        },
    }
    types = {"company": 4, "debt": 1036}
    bound: dict[str, dict[str, Any]] = {"spa.debt": {"kind": "smart_process", "entityTypeId": 1036, "id": 7}}
    for entity, names in fields.items():
        for name, kind in names.items():
            entry = {"kind": "field", "entityTypeId": types[entity], "item_code": f"uf_{name}", "type": kind}
            bound[f"{entity}.{name}"] = entry
    for stage in ("waiting", "overdue", "promised", "claim", "court", "paid", "written_off"):
        stage_id = f"DT1036_14:{stage.upper()}"
        bound[f"stage.debt.{stage}"] = {"kind": "stage", "entityTypeId": 1036, "id": stage_id}
    return bound


@dataclass
class FakeServices:
    """Everything outside the web."""

    database: Database
    secret_box: SecretBox
    settings: FakeSettings = field(default_factory=FakeSettings)
    auth_server: FakeAuthServer = field(default_factory=FakeAuthServer)
    portal: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    woken: list[tuple[str, int]] = field(default_factory=list)
    queue_works: bool = True
    asked_about_removal: removal.Answer = removal.Answer.GONE
    accepted: tuple[str, ...] = ()
    provisioned: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)
    binding: dict[str, dict[str, Any]] = field(default_factory=binding)
    state: Progress = Progress("idle")  # noqa: RUF009 - frozen

    def asker(self, member_id: str, endpoint: str, token: str) -> FakeAsker:
        return FakeAsker(self.portal.get(token, {}), self.calls)

    def wake_drain(self, portal_id: int) -> None:
        self._wake("drain", portal_id)

    def wake_robots(self, portal_id: int) -> None:
        self._wake("robots", portal_id)

    def wake_messages(self, portal_id: int) -> None:
        self._wake("messages", portal_id)

    def wake_removal(self, portal_id: int) -> None:
        # The worker's job, done at once.
        removal.settle(self.database, portal_id, lambda: self.asked_about_removal)

    def queue_alive(self) -> bool:
        return self.queue_works

    def catalogue(self) -> Sequence[PresetCard]:
        food = Text("Пищевое производство", "Food producer")
        metal = Text("Металлопрокат", "Metal trade")
        about = Text("Дебиторка и повторные продажи", "Receivables and repeat sales")
        return [PresetCard("food_distribution", food, about), PresetCard("metal_trade", metal, about)]

    def names(self, portal_id: int) -> Names:
        return Names(self.binding)

    def plan(self, portal_id: int, presets: Sequence[str]) -> Sequence[PlanLine]:
        return [
            PlanLine("create", "funnel", Text("Работа с активной клиентской базой", "Active clients")),
            PlanLine(
                "attention",
                "stage",
                Text("Отгружено", "Shipped"),
                Text("Переименовать стадию", "Rename the stage"),
                consent="stage.active.shipped",
            ),
        ]

    def start_provision(
        self, portal_id: int, presets: Sequence[str], accepted: Sequence[str] = (), *, again: bool = False
    ) -> None:
        self.accepted = tuple(accepted)
        self.provisioned.append((portal_id, tuple(presets)))
        self.state = Progress("running", 1, 10, Text("Создаю воронки", "Creating funnels"))

    def progress(self, portal_id: int) -> Progress:
        return self.state

    def provisioning_ends(self) -> None:
        """What the provisioning job leaves behind."""
        self.state = Progress("done", 10, 10)
        with self.database.session() as session:
            for portal_id, presets in self.provisioned:
                portal = session.get_one(PortalRow, portal_id)
                portal.presets, portal.status = list(presets), "installed"

    def _wake(self, what: str, portal_id: int) -> None:
        if not self.queue_works:
            raise SystemUnavailable("the queue is down")
        self.woken.append((what, portal_id))


@pytest.fixture
def services(tmp_path: Path) -> Iterator[FakeServices]:
    database = Database(f"sqlite:///{tmp_path / 'app.sqlite'}")
    database.upgrade()
    box = SecretBox([Fernet.generate_key().decode()])
    with database.session() as session:
        session.add(CredentialRow(client_id="local.1", client_secret=box.seal("secret of local.1")))
    services = FakeServices(database, box)
    services.auth_server.tokens = {"refresh of 1": ("local.1", MEMBER, 1), "refresh of 2": ("local.1", MEMBER, 2)}
    admin = {"ID": "1", "ADMIN": True, "TIME_ZONE": "Europe/Moscow"}
    services.portal = {
        "access of 1": {"profile": admin},
        "access of 2": {"profile": {**admin, "ID": "2"}},
        "access of 12": {"profile": {"ID": "12", "ADMIN": False, "TIME_ZONE": ""}},
    }
    yield services
    database.engine.dispose()


@pytest.fixture
def app(services: FakeServices) -> Flask:
    return create_app(services)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def portal(services: FakeServices) -> int:
    """An installed portal."""
    return add_portal(services)


def add_portal(services: FakeServices, member_id: str = MEMBER, token: str = APP_TOKEN) -> int:
    row = PortalRow(
        member_id=member_id,
        domain="portal.bitrix24.ru",
        client_endpoint=ENDPOINT,
        server_endpoint="https://oauth.bitrix.info/rest/",
        client_id="local.1",
        client_secret=services.secret_box.seal("secret of local.1"),
        application_token=services.secret_box.seal(token),
        status="installed",
        presets=["food_distribution"],
    )
    with services.database.session() as session:
        session.add(row)
        session.flush()
        return row.id


def event(name: str = "ONCRMDEALUPDATE", member_id: str = MEMBER, token: str = APP_TOKEN, **data: str) -> bytes:
    form = {"event": name, "ts": "1714649632", "auth[member_id]": member_id, "auth[application_token]": token}
    fields = {f"data[FIELDS][{key}]": value for key, value in ({"ID": "662"} | data).items()}
    return urlencode(form | fields).encode()


def post(client: FlaskClient, path: str, form: Mapping[str, str] | bytes, query: str = "") -> TestResponse:
    body = form if isinstance(form, bytes) else urlencode(form).encode()
    address = f"{path}?{query}" if query else path
    return client.post(address, data=body, content_type="application/x-www-form-urlencoded")


def opened(user: int = 1, **form: str) -> dict[str, str]:
    """The form of a page opened by a user."""
    return {
        "AUTH_ID": f"access of {user}",
        "AUTH_EXPIRES": "3600",
        "REFRESH_ID": f"refresh of {user}",
        "APPLICATION_TOKEN": APP_TOKEN,
        "member_id": MEMBER,
        "PLACEMENT": "DEFAULT",
    } | form


QUERY = "DOMAIN=portal.bitrix24.ru&PROTOCOL=1&LANG=ru&APP_SID=sid"


def rows(services: FakeServices, table: Any) -> list[Any]:
    with services.database.session() as session:
        return list(session.scalars(select(table).order_by(table.id)))
