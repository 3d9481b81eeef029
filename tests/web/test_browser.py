"""The pages in a real browser inside a portal's frame: scripts, policy, protocol, widths."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from sqlalchemy import update

from b24app.store.models import PortalRow
from b24app.web.services import Progress

from .conftest import FakeServices, FakeSettings, opened, rows
from .framed import portal_app, served
from .test_pages import DEBTS, listed_with_paid, pays, portal_with, tab

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Frame, Page

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists() and not os.environ.get("CI"), reason=f"{CHROMIUM} is missing"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


class Desk:
    """An employee in front of a portal page with the application in a frame."""

    def __init__(self, stack: ExitStack, services: FakeServices, app: Flask, browser: Browser) -> None:
        self._stack = stack
        self._services = services
        self._browser = browser
        self._port = stack.enter_context(served(app))
        self.complaints: list[str] = []

    def open(self, path: str, form: dict[str, str], *, width: int = 1000, installing: bool = True) -> Page:
        portal = portal_app(f"http://127.0.0.1:{self._port}{path}", form, installing=installing)
        port = self._stack.enter_context(served(portal))
        endpoint = f"http://127.0.0.1:{port}/rest/"
        self._services.auth_server.endpoint = endpoint
        with self._services.database.session() as session:
            session.execute(update(PortalRow).values(client_endpoint=endpoint))
        page = self._browser.new_page(viewport={"width": width, "height": 600})
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(f"http://127.0.0.1:{port}/")
        page.wait_for_function("window.commands.some((sent) => sent.command === 'resizeWindow')")
        return page


@pytest.fixture
def desk(services: FakeServices, app: Flask, browser: Browser) -> Iterator[Desk]:
    services.settings = FakeSettings(auth_hosts=("http://127.0.0.1:1",))
    with ExitStack() as stack:
        yield Desk(stack, services, app, browser)


def frame_of(page: Page) -> Frame:
    frame = page.frames[1]
    frame.wait_for_load_state()
    return frame


def sent(page: Page) -> list[dict[str, Any]]:
    commands: list[dict[str, Any]] = page.evaluate("window.commands")
    return commands


def test_an_administrator_installs_with_the_buttons(desk: Desk, services: FakeServices) -> None:
    page = desk.open("/install", opened())
    frame = frame_of(page)
    assert frame.is_disabled("#show-plan")
    frame.check("input[value=food_distribution]")
    frame.click("#show-plan")
    frame.wait_for_selector("text=Работа с активной клиентской базой")
    assert frame.is_visible("text=Согласен") and frame.locator(".line-consent").count() == 1
    frame.check("input[value='stage.active.shipped']")
    frame.dblclick("#start")
    frame.wait_for_selector("text=Создаю воронки")
    services.provisioning_ends()
    frame.click("#finish")
    page.wait_for_function("window.commands.some((sent) => sent.command === 'setInstallFinish')")
    names = [command["command"] for command in sent(page)]
    assert [name for name in names if name not in ("resizeWindow", "setTitle")] == [
        "getInitData",
        "setInstall",
        "setInstallFinish",
    ]
    assert {command["sid"] for command in sent(page)} == {"sid42"}
    assert (services.provisioned, services.accepted) == ([(1, ("food_distribution",))], ("stage.active.shipped",))
    assert rows(services, PortalRow)[0].status == "installed"
    assert desk.complaints == []


def test_a_finished_installation_is_not_finished_twice(desk: Desk, services: FakeServices, portal: int) -> None:
    services.state = Progress("running", 1, 2)
    page = desk.open("/install", opened(), installing=False)
    frame_of(page).wait_for_selector("#run", state="visible")
    services.state = Progress("done", 2, 2)
    frame_of(page).click("#finish")
    page.wait_for_function("window.commands.some((sent) => sent.command === 'getInitData')")
    page.wait_for_timeout(100)
    assert "setInstallFinish" not in [command["command"] for command in sent(page)]


def test_a_failed_run_can_be_repeated(desk: Desk, services: FakeServices, portal: int) -> None:
    page = desk.open("/install", opened())
    frame = frame_of(page)
    frame.click("#show-plan")
    frame.click("#start:enabled")
    frame.wait_for_selector("text=Создаю воронки")
    services.state = Progress("failed", 3, 10)
    frame.wait_for_selector("text=Установка остановилась")
    frame.click("#retry")
    frame.wait_for_selector("text=Создаю объекты")
    assert len(services.provisioned) == 2


@pytest.mark.parametrize("width", [400, 760, 1200])
def test_the_tab_fits_every_width(desk: Desk, services: FakeServices, portal: int, width: int) -> None:
    services.portal["access of 12"] = portal_with(DEBTS)
    page = desk.open("/placement/company-receivables", tab(), width=width)
    frame = frame_of(page)
    assert frame.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    last = next(command for command in reversed(sent(page)) if command["command"] == "resizeWindow")
    assert last["params"]["width"] == "100%" and last["params"]["height"] > 300
    assert desk.complaints == []


@pytest.mark.parametrize("width", [400, 1200])
def test_the_tab_with_payments_fits(desk: Desk, services: FakeServices, portal: int, width: int) -> None:
    services.portal["access of 12"] = {**portal_with(DEBTS), "crm.item.list": listed_with_paid}
    pays(services, portal)
    page = desk.open("/placement/company-receivables", tab(), width=width)
    frame = frame_of(page)
    assert frame.locator("table.payments tbody tr").count() == 4
    assert frame.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    if folder := os.environ.get("B24APP_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/payments-{width}.png", full_page=True)
    assert desk.complaints == []


def test_a_debt_opens_in_the_portals_slider(desk: Desk, services: FakeServices, portal: int) -> None:
    services.portal["access of 12"] = portal_with(DEBTS)
    page = desk.open("/placement/company-receivables", tab())
    frame_of(page).click("text=УТ-4")
    page.wait_for_function("window.commands.some((sent) => sent.command === 'openPath')")
    command = next(command for command in sent(page) if command["command"] == "openPath")
    assert command["params"] == {"path": "/crm/type/1036/details/4/"}


def test_the_main_page_shows_itself_to_its_portal_only(desk: Desk, services: FakeServices, portal: int) -> None:
    page = desk.open("/app", opened())
    assert "Состояние приложения" in frame_of(page).inner_text("h1")
    assert desk.complaints == []


def test_presets_are_changed_from_the_main_page(desk: Desk, services: FakeServices, portal: int) -> None:
    page = desk.open("/app", opened(), installing=False)
    frame = frame_of(page)
    frame.click("#open-setup")
    assert frame.is_hidden("#status") and frame.is_checked("input[value=food_distribution]")
    frame.check("input[value=metal_trade]")
    frame.click("#show-plan")
    frame.click("#start:enabled")
    frame.wait_for_selector("text=Создаю воронки")
    services.state = Progress("done", 10, 10)
    frame.click("#finish")
    frame.wait_for_selector("#status", state="visible")
    assert services.provisioned == [(portal, ("food_distribution", "metal_trade"))]
    assert "setInstallFinish" not in [command["command"] for command in sent(page)]
    assert desk.complaints == []
