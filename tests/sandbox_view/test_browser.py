"""The parent's side of the frame protocol, with a real browser and a tiny page of an application."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.harness.receiver import Receiver
from tests.harness.sandbox import Sandbox
from tests.sandbox_view.browser import application, chromium, marks
from tests.sandbox_view.conftest import DEAL, Office

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = marks

# Speaks as the portal's JS library does: `command:JSON:key:sid` up, `key:JSON` down.
PAGE = """<!doctype html><meta charset="utf-8"><title>page</title><body><script>
const [domain, protocol, sid] = window.name.split("|");
const waiting = new Map();
let count = 0;
window.addEventListener("message", (event) => {
  if (event.origin !== `http://${domain}`) return;
  const [key, ...rest] = event.data.split(":");
  waiting.get(key)?.(JSON.parse(rest.join(":") || "null"));
});
window.send = (command, params) => new Promise((resolve) => {
  const key = `key-${count++}`;
  waiting.set(key, resolve);
  const parts = [command, params && JSON.stringify(params), key, sid].filter(Boolean);
  parent.postMessage(parts.join(":"), `http://${domain}`);
});
window.ready = true;
</script></body>"""


@pytest.fixture(scope="module")
def browser_page() -> Iterator[Page]:
    with chromium() as page:
        yield page


def send(page: Page, command: str, params: dict[str, Any] | None = None) -> Any:
    """What the page in the frame gets for a command."""
    frame = application(page)
    return frame.evaluate("([command, params]) => window.send(command, params)", [command, params])


def test_a_page_in_the_frame_talks_to_the_portal(
    browser_page: Page, sandbox: Sandbox, receiver: Receiver, token: str
) -> None:
    receiver.answer = PAGE
    place = {"PLACEMENT": "CRM_COMPANY_DETAIL_TAB", "HANDLER": receiver.url("/tab"), "TITLE": "Вкладка"}
    sandbox.rest("placement.bind", place, token=token)
    page = browser_page
    page.goto(f"{sandbox.url}/company/100")
    page.get_by_role("link", name="Вкладка").click()
    data = send(page, "getInitData")
    posted = receiver.wait(1)[-1]
    assert (posted.path, posted.form["AUTH_ID"]) == ("/tab", data["AUTH_ID"])
    assert data["PLACEMENT_OPTIONS"]["ID"] == "100" and data["IS_ADMIN"] is True and data["INSTALL"] is False
    assert send(page, "getInterface") == {"command": ["reloadData"], "event": []}
    tokens = send(page, "refreshAuth")
    assert tokens["AUTH_ID"] != data["AUTH_ID"]
    assert sandbox.rest("profile", token=tokens["AUTH_ID"])["ID"] == "1"
    send(page, "resizeWindow", {"width": "100%", "height": 731})
    assert page.locator("iframe").evaluate("frame => frame.clientHeight") == 731
    send(page, "setTitle", {"title": "Долги: всё"})
    assert page.title() != "Долги: всё", "the browser's tab belongs to the portal"
    send(page, "setAppOption", {"name": "colour", "value": "blue"})
    assert sandbox.rest("app.option.get", {"option": "colour"}, token=token) == "blue"
    silent = application(page).evaluate(
        """() => Promise.race([
            window.send("noSuchCommand"), window.send("setPropertyValue", {a: 1}),
            window.send("getInterface").then(() => "silence"),
        ])"""
    )
    assert silent == "silence", "what a place does not know is not answered"


def test_the_page_of_another_session_is_not_answered(
    browser_page: Page, sandbox: Sandbox, receiver: Receiver, token: str
) -> None:
    receiver.answer = PAGE
    browser_page.goto(f"{sandbox.url}/app/local.1")
    frame = application(browser_page)
    heard = frame.evaluate(
        """() => new Promise((resolve) => {
            window.addEventListener("message", (event) => resolve(event.data));
            parent.postMessage("getInitData:stolen:0000", `http://${window.name.split("|")[0]}`);
            window.send("getInterface");
        })"""
    )
    assert not heard.startswith("stolen")


def test_install_finish_ends_the_installation(browser_page: Page, sandbox: Sandbox, receiver: Receiver) -> None:
    receiver.answer = PAGE
    asked = {"client_id": "ui", "handler_url": receiver.url("/app"), "install_url": receiver.url("/install")}
    sandbox.control("install", {**asked, "title": "С мастером"})
    page = browser_page
    page.goto(f"{sandbox.url}/app/ui")
    assert send(page, "getInitData")["INSTALL"] is True
    send(page, "setInstall", {"install": True})
    with page.expect_navigation():
        assert send(page, "setInstallFinish")["result"] is True
    application(page)
    assert [one.path for one in receiver.received if one.path in ("/install", "/app")] == ["/install", "/app"]
    assert sandbox.control("state")["apps"][0]["installed"] is True
    assert send(page, "getInitData")["INSTALL"] is False


def test_the_slider_opens_and_closes(browser_page: Page, sandbox: Sandbox, receiver: Receiver, token: str) -> None:
    receiver.answer = PAGE
    page = browser_page
    page.goto(f"{sandbox.url}/app/local.1")
    outer = application(page)
    outer.evaluate("""() => {
        const path = "/crm/type/0/details/0/../../../../../crm/company/details/100/?IFRAME=Y";
        window.path = window.send("openPath", {path});
    }""")
    page.frame_locator(".shade iframe").get_by_role("heading", name="Ромашка").wait_for()
    page.keyboard.press("Escape")
    assert outer.evaluate("() => window.path") == {"result": "close"}
    outer.evaluate("() => { window.slider = window.send('openApplication', {debt: 17}); }")
    page.frame_locator(".shade iframe").locator("iframe").wait_for()
    inner = page.frames[-1]
    inner.wait_for_function("window.ready", polling=30)
    assert inner.evaluate("() => window.send('getInitData')")["PLACEMENT_OPTIONS"] == {
        "debt": "17",
        "IFRAME": "Y",
        "IFRAME_TYPE": "SIDE_SLIDER",
    }
    inner.evaluate("() => { window.send('closeApplication'); }")
    page.locator(".shade").wait_for(state="detached")
    assert outer.evaluate("() => window.slider") == []


def test_a_deal_is_dragged_to_another_stage(browser_page: Page, sandbox: Sandbox, office: Office) -> None:
    page = browser_page
    page.goto(f"{sandbox.url}/deals?funnel={office.funnel}&view=board")
    lane = page.locator(f'[data-stage="{office.stages[1]}"]')
    with page.expect_response("**/move") as moved:
        page.locator('[data-item="559"]').drag_to(lane)
    assert moved.value.status == 200
    assert lane.locator('[data-item="559"]').count() == 1
    row = sandbox.rest("crm.item.get", {"entityTypeId": DEAL, "id": 559})["item"]
    assert row["stageId"] == office.stages[1]
