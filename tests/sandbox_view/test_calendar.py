"""The calendar: an employee's week, and an application's view of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.harness.receiver import Receiver
from tests.harness.sandbox import Sandbox
from tests.sandbox_view.browser import application, chromium, marks
from tests.sandbox_view.conftest import Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Page

PAGE = """<!doctype html><meta charset="utf-8"><body><script src="/b24jssdk.js"></script><script>
window.heard = [];
B24Js.initializeB24Frame().then(async (b24) => {
  window.b24 = b24;
  const { event } = await b24.placement.getInterface();
  for (const name of event) b24.placement.bindEvent(name, (data) => window.heard.push([name.split(":")[1], data]));
  window.ready = true;
});
</script></body>"""
EVENT = {"name": "Встреча с «Ромашкой»", "from": "2026-04-08T10:00", "to": "2026-04-08T11:30", "description": ""}
# The first message under a subscription's key settles the library's own promise within this time.
SETTLED_MS = 1000


def rows(sandbox: Sandbox) -> list[dict[str, Any]]:
    asked = {"type": "user", "ownerId": 1, "from": "2026-04-06", "to": "2026-04-13"}
    found: list[dict[str, Any]] = sandbox.rest("calendar.event.get", asked)
    return found


def test_events_are_added_changed_and_deleted(visitor: Visitor, sandbox: Sandbox) -> None:
    page = visitor.send("/calendar/new", **EVENT)
    assert "10:00–11:30 Встреча с «Ромашкой»" in page
    number = rows(sandbox)[0]["ID"]
    visitor.send(f"/calendar/event/{number}", **{**EVENT, "to": "2026-04-08T12:00"})
    assert "10:00–12:00" in visitor.read("/calendar/?from=2026-04-10")
    assert "Встреча" not in visitor.read("/calendar/?from=2026-04-20")
    visitor.send(f"/calendar/event/{number}/delete")
    assert rows(sandbox) == []


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium() as page:
        yield page


@pytest.mark.browser
@marks[1]
def test_an_application_shows_the_calendar_its_own_way(
    page: Page, visitor: Visitor, sandbox: Sandbox, receiver: Receiver, token: str
) -> None:
    visitor.send("/calendar/new", **EVENT)
    receiver.answer = PAGE
    own = {"PLACEMENT": "CALENDAR_GRIDVIEW", "HANDLER": receiver.url("/grid"), "TITLE": "План работ"}
    sandbox.rest("placement.bind", own, token=token)
    page.goto(f"{sandbox.url}/calendar/")
    page.get_by_role("link", name="План работ").click()
    frame = application(page)
    assert frame.evaluate("() => b24.placement.options") == {
        "viewRangeFrom": "2026-04-06",
        "viewRangeTo": "2026-04-12",
        "URI": "/calendar/",
    }
    range_ = {"dateFrom": "2026-04-06", "dateTo": "2026-04-13"}
    events = frame.evaluate("range => b24.placement.call('getEvents', range)", range_)
    assert [event["NAME"] for event in events] == ["Встреча с «Ромашкой»"]
    page.wait_for_timeout(SETTLED_MS)
    page.get_by_title("Позже").click()
    page.get_by_role("link", name="Сегодня").click()
    frame.wait_for_function("() => window.heard.length === 2", polling=30)
    assert frame.evaluate("() => window.heard") == [["increaseViewRangeDate", {}], ["adjustToDate", "2026-04-06"]]
    frame.evaluate("id => b24.placement.call('viewEvent', {id})", events[0]["ID"])
    card = page.frame_locator(".shade iframe")
    card.get_by_label("Название").fill("Встреча перенесена")
    card.get_by_role("button", name="Сохранить").click()
    page.locator(".shade").wait_for(state="detached")
    frame.wait_for_function("() => window.heard.at(-1)[0] === 'refreshEntries'", polling=30)
    assert rows(sandbox)[0]["NAME"] == "Встреча перенесена"
    page.once("dialog", lambda dialog: dialog.accept())
    frame.evaluate("id => b24.placement.call('deleteEvent', {id})", events[0]["ID"])
    frame.wait_for_function("() => window.heard.filter((one) => one[0] === 'refreshEntries').length > 1", polling=30)
    assert rows(sandbox) == []
