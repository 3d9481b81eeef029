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


def test_amounts_of_columns_follow_a_dragged_deal(browser_page: Page, sandbox: Sandbox, office: Office) -> None:
    page = browser_page
    page.goto(f"{sandbox.url}/deals?funnel={office.funnel}&view=board")
    lanes = [page.locator(f'[data-stage="{stage}"]') for stage in office.stages[:2]]
    whole = sum(1500 + i for i in range(60))
    assert lanes[0].locator(".sum").inner_text().replace("\xa0", " ") == f"{whole:,} ₽".replace(",", " ")
    page.locator('[data-item="559"]').drag_to(lanes[1])
    lanes[1].locator(".sum", has_text="₽").wait_for()
    assert lanes[0].locator("h2 span").inner_text() == "59"
    assert lanes[1].locator(".sum").inner_text() == "1\xa0559\xa0₽"


def test_a_card_without_a_required_field_does_not_move(browser_page: Page, sandbox: Sandbox, office: Office) -> None:
    field = {"entityId": "CRM_DEAL", "fieldName": "UF_CRM_CONTRACT", "userTypeId": "string", "mandatory": "Y"}
    label = {"editFormLabel": {"ru": "Номер договора"}}
    sandbox.rest("userfieldconfig.add", {"moduleId": "crm", "field": field | label})
    page = browser_page
    page.goto(f"{sandbox.url}/deals?funnel={office.funnel}&view=board")
    page.locator('[data-item="559"]').drag_to(page.locator(f'[data-stage="{office.stages[1]}"]'))
    page.get_by_text('Поле "Номер договора" обязательно для заполнения').wait_for()
    assert page.get_by_role("link", name="Открыть карточку").get_attribute("href") == f"{sandbox.url}/deal/559"
    assert page.locator(f'[data-stage="{office.stages[0]}"] [data-item="559"]').count() == 1
    sandbox.rest("crm.item.update", {"entityTypeId": DEAL, "id": 559, "fields": {"ufCrmContract": "7"}})
    with page.expect_response("**/move") as moved:
        page.locator('[data-item="559"]').drag_to(page.locator(f'[data-stage="{office.stages[1]}"]'))
    assert moved.value.status == 200


def test_leads_and_cards_of_a_smart_process_are_dragged(browser_page: Page, sandbox: Sandbox, office: Office) -> None:
    lead = sandbox.rest("crm.item.add", {"entityTypeId": 1, "fields": {"title": "Заявка с сайта"}})["item"]
    page = browser_page
    for address, number in (("/leads", lead["id"]), (f"/list/{office.debts}", 17)):
        page.goto(f"{sandbox.url}{address}?view=board")
        card, lanes = page.locator(f'[data-item="{number}"]'), page.locator("[data-stage]")
        with page.expect_response("**/move") as moved:
            card.drag_to(lanes.nth(2))
        assert moved.value.status == 200
        assert lanes.nth(2).locator(f'[data-item="{number}"]').count() == 1
