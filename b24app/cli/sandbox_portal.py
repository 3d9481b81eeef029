"""Installs the app in the sandbox portal as an administrator would, and brings its business to life."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from typing import Any

import requests

from b24app import bootstrap
from b24app.cli.demo import debtor
from b24app.cli.output import Output
from b24app.declare import Row
from b24app.errors import SystemUnavailable
from b24app.installed import InstalledPortal
from config.settings import Settings

SCOPES = (
    *("crm", "bizproc", "placement", "user", "userfieldconfig", "department"),
    *("task", "im", "imopenlines", "calendar", "sale", "messageservice"),
)
ADMINISTRATOR = 1
SECOND_ADMINISTRATOR = 30
"""of the demo business: the app keeps a reserve token, as README asks of a real portal"""
FIRST_LOOK = "nightly"
"""the sweep that looks at everything; a demo does not wait for the night"""
F0_DEFERRALS = {100: 7, 101: 14, 102: 10}
"""the values of the fixtures F0 and F3 that need a field which the preset creates"""
SETTLING = 30.0
"""seconds; what is not done by then is the workers'"""
PATIENCE = 170.0
"""seconds provisioning may take"""


class SandboxPortal:
    """The control side of the sandbox, and the app's own installation page."""

    def __init__(self, url: str, settings: Settings, output: Output) -> None:
        self.url = url
        self.settings = settings
        self.output = output

    def bring_alive(self, presets: Sequence[str], fixture: str) -> None:
        """Installs the app unless it is installed, then fills in what the fixture left for later."""
        installed = self._is_installed()
        if not installed:
            self.output.message("Устанавливаю приложение... / Installing the app...")
            self._install(presets)
        if fixture == "demo" and not self._has_debts():
            self.output.message("Наполняю портал... / Filling the portal with its business...")
            self._fill_demo()
        elif fixture in ("F0", "F3") and not installed:
            self._fill_deferrals()

    def _install(self, presets: Sequence[str]) -> None:
        self._control(
            "install",
            {
                "client_id": self.settings.client_id,
                "client_secret": self.settings.client_secret,
                "handler_url": f"{self.settings.public_url}/app",
                "install_url": f"{self.settings.public_url}/install",
                "title": "Автоматизация продаж",
                "scope": list(SCOPES),
                "as": ADMINISTRATOR,
            },
        )
        self._go_through_page(self._open(ADMINISTRATOR), presets)
        self._control("install_finish", {"client_id": self.settings.client_id})

    def _is_installed(self) -> bool:
        apps = requests.get(f"{self.url}/sandbox/state", timeout=30).json()["apps"]
        ours = [app for app in apps if app["client_id"] == self.settings.client_id]
        known = bootstrap.build(self.settings).portals()
        return bool(ours and ours[0].get("installed") and known)

    def _open(self, administrator: int) -> str:
        """Opens the application as an administrator; the HTML of its page."""
        question = {"client_id": self.settings.client_id, "as": administrator, "deliver": True}
        answer = self._control("open", question)
        if answer["status"] != 200:
            raise SystemUnavailable(f"The app's page answered {answer['status']}: {answer['body'][:300]}")
        return str(answer["body"])

    def _go_through_page(self, page: str, presets: Sequence[str]) -> None:
        """Does what the page's buttons do: plan, start, wait, finish."""
        found = re.search(r'data-session="([^"]+)"', page)
        if found is None:
            raise SystemUnavailable("The installation page holds no session")
        header = {"Authorization": f"Bearer {found[1]}"}
        base = f"{self.settings.public_url}/install"
        started = requests.post(f"{base}/start", json={"presets": list(presets)}, headers=header, timeout=60)
        if not started.ok:
            raise SystemUnavailable(f"The installation did not start: {started.text[:300]}")
        bootstrap.build(self.settings).work_off()
        self._wait(base, header)
        requests.post(f"{base}/finish", headers=header, timeout=30).raise_for_status()

    def _wait(self, base: str, header: dict[str, str]) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            progress = requests.get(f"{base}/progress", headers=header, timeout=30).json()
            if progress["state"] == "done":
                return
            if progress["state"] == "failed":
                raise SystemUnavailable(f"The installation failed: {progress['text']}")
            time.sleep(0.3)
        raise SystemUnavailable("The installation takes too long")

    def _has_debts(self) -> bool:
        """Whether the demo business is in the app's funnels already (a start may have been interrupted)."""
        return next(self._portal().items.by_filter("debt", {}, ["id"]), None) is not None

    def _fill_demo(self) -> None:
        portal = self._portal()
        self._control("fixture", {"name": "demo-business", "manifest": portal.manifest()})
        self._open(SECOND_ADMINISTRATOR)
        self.output.message("Приложение осматривает портал... / The app looks at everything for the first time...")
        portal.engine.sweep(FIRST_LOOK)
        # What this set in motion, too: the workers shall be free for the first click.
        portal.engine.settle(SETTLING)

    def _fill_deferrals(self) -> None:
        code = self._portal().manifest()["company.deferral_days"]["item_code"]
        objects = [
            {
                "method": "crm.item.update",
                "as": ADMINISTRATOR,
                "params": {"entityTypeId": 4, "id": company, "fields": {code: days}},
            }
            for company, days in F0_DEFERRALS.items()
        ]
        self._control("fixture", {"objects": objects})

    def _portal(self) -> InstalledPortal:
        return bootstrap.build(self.settings).only_portal()

    def _control(self, path: str, body: dict[str, Any]) -> Any:
        answer = requests.post(f"{self.url}/sandbox/{path}", json=body, timeout=120)
        if not answer.ok:
            raise SystemUnavailable(f"sandbox/{path}: {answer.status_code} {answer.text[:300]}")
        return answer.json() if answer.text else None


def tell_addresses(settings: Settings, url: str, output: Output) -> None:
    """Says what to open in the sandbox portal and what to try there."""
    portal = bootstrap.build(settings).only_portal()
    rows: Iterator[Row] = iter(())
    if portal.names.has("stage.active.packing"):
        rows = portal.items.by_filter("deal", {"stage": "stage.active.packing"}, ["id", "company_id"])
    deal = next((row for row in rows if row.get("company_id")), None)
    lines = [(f"{url}/", "портал глазами сотрудника", "the portal as an employee sees it")]
    shown = debtor(portal)
    if shown is not None:
        lines.append(
            (
                f"{url}/company/{shown}",
                "должник: вкладка «Дебиторка», долги по срокам, что ему написали",
                "a debtor: the tab «Дебиторка», debts by age, what was written to it",
            )
        )
    if deal is not None:
        lines += [
            (f"{url}/deal/{deal['id']}", "сделка: нажмите «Отгружено»", "a deal: press «Отгружено»"),
            (
                f"{url}/company/{deal['company_id']}",
                "её компания: суммы и вкладка «Дебиторка»",
                "its company: totals and the tab «Дебиторка»",
            ),
        ]
    width = max(len(address) for address, _, _ in lines)
    output.message("Откройте / Open:")
    for address, ru, en in lines:
        output.message(f"  {address:{width}}  {ru} / {en}")
    output.message("Ctrl-C останавливает всё / stops everything.")
