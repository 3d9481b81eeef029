"""`make demo` from outside: real workers, an employee at the portal's pages, stopping and starting again."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from b24app import bootstrap
from config.settings import load_settings
from tests.harness.world import free_port_base, wait_for

pytestmark = pytest.mark.flow

MANAGER = 11
COMPANY, DEAL = 4, 2
INSTALLED = ("apps", "event_handlers", "placements", "robots", "crm_userfields", "crm_types", "crm_categories")
BUSINESS = ("companies", "deals", "tasks", "notifications")


class Demo:
    """One data directory with the demo, started and stopped as a person does."""

    def __init__(self, data: Path) -> None:
        self.data, self.base = data, free_port_base()
        self.process: subprocess.Popen[str] | None = None
        self.employee = requests.Session()
        self.employee.cookies.set("as", str(MANAGER))
        self._manifest: dict[str, Any] = {}

    @property
    def portal(self) -> str:
        return f"http://127.0.0.1:{self.base + 1}"

    def start(self) -> dict[str, Any]:
        """Runs `up` in a session of its own and waits for its `ready` line."""
        options = ("--fixture", "demo", "--port-base", str(self.base), "--sandbox-option", "--rate off")
        self.process = self.run("up", "--sandbox", *options)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert '"ready"' in line, (self.data / "up.err").read_text()
        ready: dict[str, Any] = json.loads(line)
        return ready

    def stop(self) -> None:
        """Ctrl-C."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            assert self.process.wait(40) == 0, (self.data / "up.err").read_text()
            self.process = None

    def run(self, *arguments: str) -> subprocess.Popen[str]:
        """A command of the product about this data."""
        command = [sys.executable, "-m", "b24app", *arguments, "--data", str(self.data)]
        with (self.data / "up.err").open("a") as errors:
            return subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=errors, text=True, env=os.environ | {"B24APP_PLAN": "box"}
            )

    def tell(self, *arguments: str) -> str:
        """What a command prints."""
        process = self.run(*arguments)
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 0, (self.data / "up.err").read_text()[-2000:]
        return out

    @property
    def app(self) -> Any:
        """The product's objects in this process: for reading what would cost an interpreter's start."""
        return bootstrap.build(load_settings(self.data, {"B24APP_PLAN": "box"}))

    def name(self, logical: str) -> dict[str, Any]:
        """An entry of the manifest."""
        self._manifest = self._manifest or self.app.only_portal().manifest()
        entry: dict[str, Any] = self._manifest[logical]
        return entry

    def rest(self, method: str, **params: Any) -> Any:
        """What the portal's administrator would read (beside the limit on requests)."""
        body = {"as": 1, "method": method, "params": params}
        answer = requests.post(f"{self.portal}/sandbox/act", json=body, timeout=30)
        assert answer.ok, answer.text[:500]
        return answer.json()["result"]

    def company(self, number: int) -> dict[str, Any]:
        """A company's type and totals in logical names."""
        row = self.rest("crm.item.get", entityTypeId=COMPANY, id=number)["item"]
        totals = {
            name: str(row[self.name(f"company.{name}")["item_code"]] or "").partition("|")[0]
            for name in ("debt_in_period", "debt_overdue")
        }
        return {name: Decimal(total) if total else None for name, total in totals.items()} | {"type": row["typeId"]}

    def companies(self, kind: str) -> list[dict[str, Any]]:
        """Companies of a type."""
        where = {"typeId": self.name(f"type.{kind}")["id"]}
        rows: list[dict[str, Any]] = self.rest("crm.item.list", entityTypeId=COMPANY, filter=where)["items"]
        return rows

    def debts(self, deal: int) -> list[dict[str, Any]]:
        """The records of a deal."""
        kind = self.name("spa.debt")["entityTypeId"]
        rows: list[dict[str, Any]] = self.rest("crm.item.list", entityTypeId=kind, filter={"parentId2": deal})["items"]
        return rows

    def press(self, address: str, **fields: Any) -> str:
        """Sends a form of the portal's page as the employee; the address he is taken to."""
        page = f"{self.portal}{address}"
        answer = self.employee.post(page, data=fields, headers={"Origin": self.portal}, timeout=30)
        assert answer.ok, answer.text[:500]
        return answer.url

    def see(self, address: str) -> str:
        """A page as the employee sees it."""
        answer = self.employee.get(f"{self.portal}{address}", timeout=30)
        assert answer.ok, answer.text[:500]
        return answer.text

    def counts(self) -> dict[str, int]:
        """How much of everything the portal holds."""
        counts = requests.get(f"{self.portal}/sandbox/state", timeout=30).json()["counts"]
        debts = f"crm_{self.name('spa.debt')['entityTypeId']}"
        return {name: counts[name] for name in (*INSTALLED, *BUSINESS, debts)}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    demo = Demo(tmp_path_factory.mktemp("demo"))
    try:
        demo.start()
        yield demo
    finally:
        demo.stop()


def test_the_business_is_alive_from_the_first_minute(demo: Demo) -> None:
    counts = demo.counts()
    assert counts["companies"] == 300
    assert 1900 <= counts["deals"] <= 2300
    for kind in ("prospect", "client", "debtor", "lost"):
        assert len(demo.companies(kind)) >= 15, kind
    debtor = demo.company(demo.companies("debtor")[0]["id"])
    assert debtor["debt_overdue"] > 0
    assert "Должник" in demo.tell("explain", "company", str(demo.companies("debtor")[0]["id"]))
    report = demo.app.doctor()
    assert report["status"] == "ok", report


def test_a_shipment_is_seen_within_seconds(demo: Demo) -> None:
    prospect = demo.companies("prospect")[0]["id"]
    made = demo.press(
        f"/new/{DEAL}",
        title="Первый заказ",
        companyId=prospect,
        categoryId=demo.name("funnel.active")["id"],
        stageId=demo.name("stage.active.packing")["id"],
        opportunity=120000,
        currencyId="RUB",
    )
    found = re.search(r"/deal/(\d+)", made)
    assert found, made
    deal = int(found[1])
    shipped = demo.name("stage.active.shipped")["id"]
    for _ in range(3):
        demo.press(f"/item/{DEAL}/{deal}/move", stageId=shipped)
    wanted = {"debt_in_period": 120000, "debt_overdue": 0, "type": demo.name("type.client")["id"]}
    wait_for(lambda: demo.debts(deal) and demo.company(prospect) == wanted, message="the company did not follow")
    assert len(demo.debts(deal)) == 1, "pressed three times, recorded once"
    assert "120 000" in demo.see(f"/company/{prospect}").replace("\xa0", " ")
    demo.press(f"/item/{DEAL}/{deal}/pay", sum=120000, paid="Y")
    paid = demo.name("stage.debt.paid")["id"]
    wait_for(lambda: demo.debts(deal)[0]["stageId"] == paid, message="the payment did not arrive")
    wait_for(lambda: demo.company(prospect)["debt_in_period"] == 0, message="the total did not follow")


def test_started_again_it_goes_on_with_the_same_data(demo: Demo) -> None:
    before = demo.counts()
    demo.stop()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", demo.base + 5)) != 0, "the queue server still runs"
    demo.start()
    assert demo.app.only_portal().engine.settle(30).left == 0
    assert demo.counts() == before


def test_a_second_start_is_refused_in_words(demo: Demo) -> None:
    same_data = demo.run("up", "--sandbox", "--port-base", str(free_port_base()))
    assert same_data.wait(30) == 1
    other = Demo(demo.data / "other")
    other.data.mkdir()
    same_ports = other.run("up", "--sandbox", "--port-base", str(demo.base))
    assert same_ports.wait(30) == 1
    said = (demo.data / "up.err").read_text() + (other.data / "up.err").read_text()
    assert "Another `b24app up` runs" in said
    assert f"Another program uses port {demo.base}" in said
    assert "Traceback" not in said
