"""A small business on a running sandbox, and a browser session of an employee."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import pytest
import requests

from tests.harness.receiver import Receiver
from tests.harness.sandbox import Sandbox

START = "2026-04-06T11:00:00+03:00"
COMPANY, DEAL = 4, 2
IVANOV, PETROV = 11, 12


@dataclass
class Visitor:
    """A browser without scripts: keeps cookies, follows redirects."""

    sandbox: Sandbox
    http: requests.Session = field(default_factory=requests.Session)

    def look(self, path: str, status: int = 200) -> str:
        """The text of a page, tags included, entities decoded only by `read`."""
        answer = self.http.get(self.sandbox.url + path, timeout=30)
        assert answer.status_code == status, (answer.status_code, answer.text[:400])
        return answer.text

    def read(self, path: str, status: int = 200) -> str:
        """What a person reads on a page: no tags, single spaces."""
        text = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", self.look(path, status), flags=re.DOTALL)
        return " ".join(unescape(text).split())

    def send(self, path: str, came_from: str = "/", **form: Any) -> str:
        """Submits a form; returns what a person reads on the page it leads to."""
        headers = {"Referer": self.sandbox.url + came_from}
        answer = self.http.post(self.sandbox.url + path, data=form, headers=headers, timeout=30)
        assert answer.status_code == 200, (answer.status_code, answer.text[:400])
        text = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", answer.text, flags=re.DOTALL)
        return " ".join(unescape(text).split())

    def become(self, user: int) -> None:
        """Takes an employee's seat."""
        self.send("/become", user=user)


@dataclass
class Office:
    """Numbers of what stands on the portal."""

    funnel: int
    stages: list[str]
    debts: int
    fields: str


def _found(sandbox: Sandbox) -> Office:
    """A funnel, a smart process «Дебиторка» with fields, sixty deals and a debt."""
    funnel = sandbox.rest("crm.category.add", {"entityTypeId": DEAL, "fields": {"name": "Действующие"}})
    number = funnel["category"]["id"]
    rows = sandbox.rest("crm.status.list", {"filter": {"ENTITY_ID": f"DEAL_STAGE_{number}"}})
    parent = {"entityTypeId": DEAL, "isChildrenListEnabled": "Y"}
    asked = {"title": "Дебиторка", "isStagesEnabled": "Y", "isClientEnabled": "Y", "relations": {"parent": [parent]}}
    kind = sandbox.rest("crm.type.add", {"fields": asked})["type"]
    for name, user_type, label in (("PAID", "money", "Оплачено"), ("DUE", "date", "Срок оплаты")):
        declared = {"entityId": f"CRM_{kind['id']}", "fieldName": f"UF_CRM_{kind['id']}_{name}"}
        declared |= {"userTypeId": user_type, "editFormLabel": {"ru": label, "en": name}}
        sandbox.rest("userfieldconfig.add", {"moduleId": "crm", "field": declared})
    office = Office(number, [row["STATUS_ID"] for row in rows], int(kind["entityTypeId"]), f"ufCrm{kind['id']}")
    sandbox.control("fixture", {"objects": [_deal(office, i) for i in range(60)] + [_debt(office)]})
    return office


def _deal(office: Office, i: int) -> dict[str, Any]:
    values = {"title": f"Заказ {i}", "companyId": 100, "categoryId": office.funnel, "stageId": office.stages[0]}
    values |= {"opportunity": 1500 + i, "currencyId": "RUB", "assignedById": PETROV if i % 2 else IVANOV}
    return {"method": "crm.item.add", "as": IVANOV, "id": 500 + i, "params": {"entityTypeId": DEAL, "fields": values}}


def _debt(office: Office) -> dict[str, Any]:
    values = {"title": "Отгрузка 7", "companyId": 100, "parentId2": 501, "assignedById": IVANOV}
    values |= {f"{office.fields}Paid": "0|RUB", f"{office.fields}Due": "2026-04-13"}
    return {"method": "crm.item.add", "id": 17, "params": {"entityTypeId": office.debts, "fields": values}}


@pytest.fixture(scope="session")
def _shared() -> Iterator[tuple[Sandbox, Office, int]]:
    with Sandbox("--rate", "off", "--now", START, fixture="F0") as sandbox:
        office = _found(sandbox)
        yield sandbox, office, sandbox.control("snapshot", {})["id"]


@pytest.fixture
def sandbox(_shared: tuple[Sandbox, Office, int]) -> Sandbox:
    """The shared process in its first state."""
    sandbox, _, pristine = _shared
    sandbox.control("delivery/flush", {})
    sandbox.control("restore", {"id": pristine})
    return sandbox


@pytest.fixture
def office(_shared: tuple[Sandbox, Office, int]) -> Office:
    return _shared[1]


@pytest.fixture
def visitor(sandbox: Sandbox) -> Visitor:
    return Visitor(sandbox)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def token(sandbox: Sandbox, receiver: Receiver) -> str:
    """An administrator's token of an installed application `local.1`."""
    asked = {"client_id": "local.1", "title": "Помощник", "handler_url": receiver.url("/app")}
    sandbox.control("install", asked)
    return str(sandbox.control("open", {"client_id": "local.1"})["fields"]["AUTH_ID"])
