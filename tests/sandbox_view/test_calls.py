"""The call card: an application's call is shown, its pages hear the operator and rule the card."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.harness.receiver import Receiver
from tests.harness.sandbox import Sandbox
from tests.sandbox_view.browser import application, chromium, marks

if TYPE_CHECKING:
    from playwright.sync_api import Frame, Page

pytestmark = marks
PAGE = """<!doctype html><meta charset="utf-8"><body><script src="/b24jssdk.js"></script><script>
window.heard = [];
B24Js.initializeB24Frame().then(async (b24) => {
  window.b24 = b24;
  const { event } = await b24.placement.getInterface();
  for (const name of event) b24.placement.bindEvent(name, (data) => window.heard.push([name.split("::")[1], data]));
  window.ready = true;
});
</script></body>"""
CALL = {"USER_ID": 1, "PHONE_NUMBER": "+74951234567", "TYPE": 2, "CRM_CREATE": 0, "SHOW": 1}
# The first message under a subscription's key settles the library's own promise within this time.
SETTLED_MS = 1000


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium() as page:
        yield page


@pytest.fixture
def worker(page: Page, sandbox: Sandbox, receiver: Receiver, token: str) -> Frame:
    """The invisible page of the application, subscribed to everything."""
    receiver.answer = PAGE
    own = {"PLACEMENT": "PAGE_BACKGROUND_WORKER", "HANDLER": receiver.url("/worker")}
    sandbox.rest("placement.bind", {**own, "OPTIONS": {"errorHandlerUrl": receiver.url("/e")}}, token=token)
    sandbox.rest("placement.bind", {"PLACEMENT": "CALL_CARD", "HANDLER": receiver.url("/card")}, token=token)
    page.goto(f"{sandbox.url}/tasks")
    frame = application(page)
    page.wait_for_timeout(SETTLED_MS)
    return frame


def call(worker: Frame, command: str, params: dict[str, Any] | None = None) -> Any:
    return worker.evaluate("([command, params]) => b24.placement.call(command, params)", [command, params or {}])


def heard(frame: Frame, name: str) -> Any:
    """What came with an event."""
    frame.wait_for_function("name => window.heard.some((one) => one[0] === name)", arg=name, polling=30)
    return frame.evaluate("name => window.heard.filter((one) => one[0] === name).at(-1)[1]", name)


def test_a_call_is_shown_ruled_and_finished(
    page: Page, worker: Frame, sandbox: Sandbox, receiver: Receiver, token: str
) -> None:
    made = sandbox.rest("telephony.externalcall.register", CALL, token=token)
    card = page.locator(".call-card")
    card.wait_for()
    begun = heard(worker, "initialized")
    assert (begun["CALL_ID"], begun["PHONE_NUMBER"], begun["CALL_DIRECTION"]) == (
        made["CALL_ID"],
        CALL["PHONE_NUMBER"],
        "incoming",
    )
    assert heard(worker, "entityChanged")["PHONE_NUMBER"] == CALL["PHONE_NUMBER"]
    card.get_by_role("button", name="Ответить").click()
    assert heard(worker, "answerButtonClick") == []
    assert call(worker, "CallCardSetUiState", {"uiState": "connected"}) == []
    assert call(worker, "CallCardSetUiState", {"uiState": "nowhere"}) == [
        {"result": "error", "errorCode": "Invalid ui state"}
    ]
    assert call(worker, "CallCardSetCardTitle", {"title": "Ромашка звонит"}) == []
    assert card.get_by_text("Ромашка звонит").count() == 1
    card.get_by_role("button", name="Выключить микрофон").click()
    assert heard(worker, "muteButtonClick") is True
    assert call(worker, "CallCardSetMute", {"muted": False}) == [] and heard(worker, "muteButtonClick") is False
    card.get_by_role("button", name="5", exact=True).click()
    assert heard(worker, "dialpadButtonClick") == "5"
    card.get_by_label("Комментарий").fill("Перезвонить завтра")
    card.get_by_role("button", name="Сохранить").click()
    assert heard(worker, "addCommentButtonClick") == "Перезвонить завтра"
    assert call(worker, "CallCardStopTimer") == {"isSafely": True}, "success is silent"
    sandbox.rest("telephony.externalcall.finish", {"CALL_ID": made["CALL_ID"], "USER_ID": 1}, token=token)
    card.wait_for(state="detached")
    assert call(worker, "CallCardClose") == [{"result": "error", "errorCode": "Call card is undefined"}]


def test_a_page_in_the_card_keeps_it_open(
    page: Page, worker: Frame, sandbox: Sandbox, receiver: Receiver, token: str
) -> None:
    made = sandbox.rest("telephony.externalcall.register", CALL, token=token)
    page.frame_locator(".call-tabs iframe").locator("[data-frame] iframe").wait_for()
    inner = page.frames[-1]
    inner.wait_for_function("window.ready", polling=30)
    page.wait_for_timeout(SETTLED_MS)
    posted = json.loads(receiver.received[-1].form["PLACEMENT_OPTIONS"])
    assert (posted["CALL_ID"], posted["CRM_ACTIVITY_ID"], posted["CALL_LIST_MODE"]) == (
        made["CALL_ID"],
        "undefined",
        "false",
    )
    assert call(inner, "getStatus")["CALL_ID"] == made["CALL_ID"]
    call(worker, "CallCardSetUiState", {"uiState": "connected"})
    assert heard(inner, "CallStateChanged") == "connected"
    assert call(inner, "disableAutoClose") == []
    sandbox.rest("telephony.externalcall.finish", {"CALL_ID": made["CALL_ID"], "USER_ID": 1}, token=token)
    assert heard(inner, "BeforeClose") == []
    assert page.locator(".call-card").count() == 1
    inner.evaluate("() => { b24.placement.call('enableAutoClose').catch(() => {}); }")
    page.locator(".call-card").wait_for(state="detached")
