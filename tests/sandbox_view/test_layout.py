"""The interface that the portal draws for an application above the timeline (detail-activity-area.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.harness.receiver import Receiver
from tests.harness.sandbox import Sandbox
from tests.sandbox_view.browser import application, chromium, marks

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = marks
PAGE = """<!doctype html><meta charset="utf-8"><body><script src="/b24jssdk.js"></script><script>
window.heard = [];
B24Js.initializeB24Frame().then(async (b24) => {
  window.b24 = b24;
  for (const name of ["LayoutEvent", "ValueChange", "PrimaryButtonClick"]) {
    b24.placement.callCustomBind(`bind${name}Callback`, null, (data) => window.heard.push([name, data]));
  }
  await b24.placement.call("setLayout", {
    blocks: {
      hello: {type: "text", properties: {value: "Счёт для клиента", bold: true}},
      email: {type: "input", properties: {title: "Почта", value: "a@b.ru"}},
      city: {type: "select", properties: {title: "Город", selectedValue: "msk", values: {msk: "Москва", orl: "Орёл"}}},
      part: {type: "section", properties: {blocks: {
        more: {type: "link", properties: {text: "Подробнее", action: {type: "layoutEvent", value: "clicked"}}},
        secret: {type: "text", visible: false, properties: {value: "Скрытое"}},
      }}},
    },
    primaryButton: {title: "Отправить"},
    secondaryButton: {title: "Отмена", state: "disabled"},
  });
  window.ready = true;
});
</script></body>"""
# The first message under a subscription's key settles the library's own promise within this time.
SETTLED_MS = 1000


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium() as page:
        yield page


def test_an_application_draws_with_the_portals_blocks(
    page: Page, sandbox: Sandbox, receiver: Receiver, token: str
) -> None:
    receiver.answer = PAGE
    own = {"PLACEMENT": "CRM_DEAL_DETAIL_ACTIVITY", "HANDLER": receiver.url("/activity"), "TITLE": "Выставить счёт"}
    sandbox.rest("placement.bind", {**own, "OPTIONS": {"useBuiltInInterface": "Y"}}, token=token)
    page.goto(f"{sandbox.url}/deal/501")
    page.get_by_role("link", name="Выставить счёт").click()
    frame = application(page)
    options = frame.evaluate("() => b24.placement.options")
    assert (options["entityTypeId"], options["entityId"], options["useBuiltInInterface"]) == ("2", "501", "Y")
    page.wait_for_timeout(SETTLED_MS)
    drawn = page.locator(".layout")
    assert drawn.get_by_text("Счёт для клиента").count() == 1 and drawn.get_by_text("Скрытое").count() == 0
    assert drawn.get_by_role("button", name="Отмена").is_disabled()
    drawn.get_by_role("button", name="Подробнее").click()
    drawn.get_by_label("Почта").fill("c@d.ru")
    drawn.get_by_label("Почта").blur()
    drawn.get_by_label("Город").select_option("orl")
    drawn.get_by_role("button", name="Отправить").click()
    frame.wait_for_function("() => window.heard.length === 4", polling=30)
    assert frame.evaluate("() => window.heard") == [
        ["LayoutEvent", {"id": "more", "value": "clicked"}],
        ["ValueChange", {"id": "email", "value": "c@d.ru"}],
        ["ValueChange", {"id": "city", "value": "orl"}],
        ["PrimaryButtonClick", []],
    ]
    frame.evaluate("() => b24.placement.call('setLayoutItemState', {id: 'secret', visible: true})")
    assert drawn.get_by_text("Скрытое").count() == 1
    assert drawn.get_by_label("Почта").input_value() == "c@d.ru", "what was typed stays"
    frame.evaluate("() => b24.placement.call('lock')")
    assert drawn.get_by_role("button", name="Отправить").is_disabled()
    frame.evaluate("() => b24.placement.call('unlock')")
    with page.expect_navigation():
        frame.evaluate("() => { b24.placement.call('finish').catch(() => {}); }")
    assert page.locator(".layout").count() == 0
