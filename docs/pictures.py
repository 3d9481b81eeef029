"""Makes the pictures of `docs/images`: starts the demo, plays a little with it, photographs it in Chromium.

.venv/bin/python docs/pictures.py            # all of them, about two minutes
.venv/bin/python docs/pictures.py board chat # some
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
CHROMIUM = Path("/usr/bin/chromium")
WIDTH, HEIGHT = 1360, 820
PORTS = 6
DEAL = 2
COMPANY = 4
MANAGER = 11


def free_ports() -> int:
    """The first of several ports in a row that nobody listens on."""
    for base in range(9700, 20_000, 10):
        try:
            for port in range(base, base + PORTS):
                with socket.socket() as taken:
                    taken.bind(("127.0.0.1", port))
        except OSError:
            continue
        return base
    raise SystemExit("no free ports")


@contextmanager
def demo() -> Iterator[Demo]:
    """The demo in a folder of its own, stopped afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        words = [
            sys.executable,
            "-m",
            "b24app",
            "up",
            "--sandbox",
            "--fixture",
            "demo",
            "--preset",
            "food_distribution",
        ]
        words += ["--port-base", str(free_ports()), "--data", folder, "--sandbox-option", "--rate off"]
        process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=dict(os.environ))  # noqa: S603
        try:
            assert process.stdout is not None  # noqa: S101 - it is a pipe
            line = process.stdout.readline()
            if '"ready"' not in line:
                raise SystemExit(f"the demo did not start: {line}")
            yield Demo(json.loads(line)["portal"])
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


class Demo:
    """The running demo: its portal, and what the pictures are about."""

    def __init__(self, portal: str) -> None:
        self.portal = portal

    def rest(self, method: str, params: dict[str, Any] | None = None) -> Any:
        """Calls a method as the administrator."""
        answer = requests.post(f"{self.portal}/rest/1/secret/{method}", json=params or {}, timeout=60)
        answer.raise_for_status()
        return answer.json()["result"]

    def control(self, path: str, body: dict[str, Any]) -> Any:
        """Calls the control side."""
        answer = requests.post(f"{self.portal}/sandbox/{path}", json=body, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def funnel(self) -> tuple[int, list[str]]:
        """The funnel of the clients' orders and its stages."""
        rows = self.rest("crm.category.list", {"entityTypeId": DEAL})["categories"]
        number = next(int(row["id"]) for row in rows if row["name"] == "Активная клиентская база")
        stages = self.rest("crm.status.list", {"filter": {"ENTITY_ID": f"DEAL_STAGE_{number}"}})
        return number, [row["STATUS_ID"] for row in stages]

    def debtor(self) -> int:
        """A company that owes, is late, and has been reminded."""
        reminded = self.reminded()
        overdue = self.field(COMPANY, "DebtOverdue")
        rows = self.rest("crm.item.list", {"entityTypeId": COMPANY, "filter": {f">{overdue}": 0}})
        best = max(rows["items"], key=lambda row: (row["id"] in reminded, float(str(row[overdue]).split("|")[0] or 0)))
        return int(best["id"])

    def reminded(self) -> set[int]:
        """Companies with a debt of which the client was reminded on its due day."""
        kind = self.register()
        stamped = {f">{self.field(kind, 'SentDue')}": "2000-01-01"}
        rows = self.rest("crm.item.list", {"entityTypeId": kind, "filter": stamped})["items"]
        return {int(row["companyId"]) for row in rows}

    def register(self) -> int:
        """The kind of the records of debts."""
        kinds = self.rest("crm.type.list")["types"]
        return int(next(row["entityTypeId"] for row in kinds if row["title"] == "Дебиторка"))

    def field(self, kind: int, ending: str) -> str:
        """The portal's name of a field of ours."""
        fields = self.rest("crm.item.fields", {"entityTypeId": kind})["fields"]
        return str(next(name for name in fields if name.endswith(ending)))

    def order(self) -> int:
        """A deal that is being packed."""
        funnel, stages = self.funnel()
        asked = {"entityTypeId": DEAL, "filter": {"categoryId": funnel, "stageId": stages[3], "assignedById": MANAGER}}
        return int(self.rest("crm.item.list", asked)["items"][0]["id"])


def home(demo: Demo, page: Page) -> None:
    """Whom to be, and what waits for him."""
    page.goto(demo.portal)


def board(demo: Demo, page: Page) -> None:
    """A funnel."""
    page.goto(f"{demo.portal}/deals?view=board&funnel={demo.funnel()[0]}")


def company_card(demo: Demo, page: Page) -> None:
    """A debtor with the application's tab open."""
    page.goto(f"{demo.portal}/company/{demo.debtor()}")
    page.locator(".tabs").get_by_role("link", name="Дебиторка").click()
    framed(page)


def messages(demo: Demo, page: Page) -> None:
    """What was written to a debtor, at the end of the same tab."""
    company_card(demo, page)
    page.frame_locator("[data-frame] iframe").locator(".messages").scroll_into_view_if_needed()


def deal_card(demo: Demo, page: Page) -> None:
    """An order with products."""
    number = demo.order()
    for name, price, quantity in (("Сыр «Российский», кг", 745.5, 40), ("Масло сливочное 82,5 %", 690, 60)):
        fields = {"ownerType": "D", "ownerId": number, "productId": 0}
        demo.rest(
            "crm.item.productrow.add", {"fields": {**fields, "productName": name, "price": price, "quantity": quantity}}
        )
    page.goto(f"{demo.portal}/deal/{number}")


def debts(demo: Demo, page: Page) -> None:
    """The records of debts."""
    page.goto(f"{demo.portal}/list/{demo.register()}")


def robots(demo: Demo, page: Page) -> None:
    """The designer with the application's robots on stages."""
    funnel, stages = demo.funnel()
    placed: list[tuple[str, str, dict[str, Any]]] = [
        (stages[3], "set_company_type", {"condition": [{"field": "opportunity", "operator": ">", "value": 100_000}]}),
        (stages[4], "recalculate_debt", {"delay": "PT30M"}),
        (stages[4], "set_company_type", {}),
    ]
    for stage, code, more in placed:
        where = {"entityTypeId": DEAL, "categoryId": funnel, "stageId": stage}
        demo.control("place_robot", {**where, "code": code, **more})
    page.goto(f"{demo.portal}/robots/{DEAL}?funnel={funnel}")
    page.locator(".designer").evaluate("board => { board.scrollLeft = board.scrollWidth; }")


def chat(demo: Demo, page: Page) -> None:
    """A conversation of an open line, from the employee's side."""
    page.goto(f"{demo.portal}/clients")
    if page.get_by_role("button", name="Создать линию").count():
        page.get_by_role("button", name="Создать линию").click()
    for label, text in (("Имя", "Ольга"), ("Фамилия", "Морозова"), ("Телефон", "+7 916 234-32-27")):
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_label("Сообщение").fill("Добрый день! Когда приедет машина с сегодняшним заказом?")
    page.get_by_role("button", name="Отправить").click()
    page.goto(f"{demo.portal}/online/")
    page.locator(".room").first.click()
    page.get_by_placeholder("Напишите сообщение").fill("Здравствуйте, Ольга! Выехала, будет после обеда.")
    page.get_by_role("button", name="Отправить").click()
    page.locator(".bubble.own").wait_for()


def application(demo: Demo, page: Page) -> None:
    """The application's own page."""
    page.goto(demo.portal)
    page.locator('.side a[href^="/app/"]').first.click()
    framed(page)


def framed(page: Page) -> None:
    """Waits until the application's page in the frame has come."""
    frame = page.locator("[data-frame] iframe").element_handle().content_frame()
    if frame is not None:
        frame.wait_for_load_state("networkidle")


PICTURES: dict[str, Callable[[Demo, Page], None]] = {
    "home": home,
    "board": board,
    "company-card": company_card,
    "messages": messages,
    "deal-card": deal_card,
    "debts": debts,
    "robots": robots,
    "chat": chat,
    "application": application,
}


def main(names: list[str]) -> None:
    """Makes the named pictures, or all."""
    with demo() as running, sync_playwright() as playwright:
        path = str(CHROMIUM) if CHROMIUM.exists() else None
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--lang=ru-RU"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, locale="ru-RU")
        for name in names or PICTURES:
            PICTURES[name](running, page)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=IMAGES / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
