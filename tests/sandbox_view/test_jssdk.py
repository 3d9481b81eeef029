"""The vendor's own JavaScript library, unmodified, in the view's frames (docs/decisions/004)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.harness.receiver import Receiver
from tests.harness.sandbox import Sandbox
from tests.sandbox_view.browser import SDK, application, chromium, marks
from tests.sandbox_view.conftest import IVANOV, Office

if TYPE_CHECKING:
    from playwright.sync_api import Frame, Page

pytestmark = marks
PINNED = "ae9f7186ad7b36a9e138e346d03d90dac5b3ce35679c0836ea11f4c04346d1ec"
PAGE = """<!doctype html><meta charset="utf-8"><title>sdk</title>
<body style="margin:0"><div style="height:640px">.</div>
<script src="/b24jssdk.js"></script><script>
B24Js.initializeB24Frame().then((b24) => { window.b24 = b24; window.ready = true; });
</script></body>"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with chromium() as page:
        yield page


@pytest.fixture
def page(browser: Page, receiver: Receiver) -> Page:
    receiver.answer = PAGE
    browser.context.clear_cookies()
    return browser


@pytest.fixture
def frame(page: Page, sandbox: Sandbox, token: str) -> Frame:
    """The application's own page, opened by the administrator."""
    page.goto(f"{sandbox.url}/app/local.1")
    return application(page)


def test_the_library_is_the_one_that_was_pinned() -> None:
    assert hashlib.sha256(SDK.read_bytes()).hexdigest() == PINNED


def test_init_auth_and_rest(frame: Frame, sandbox: Sandbox) -> None:
    told = frame.evaluate("""() => ({
        auth: b24.auth.getAuthData(), admin: b24.auth.isAdmin, install: b24.isInstallMode, first: b24.isFirstRun,
        lang: b24.getLang(), origin: b24.getTargetOrigin(), sid: b24.getAppSid(), place: b24.placement.placement,
        own: b24.placement.isDefault, rest: b24.getTargetOriginWithPath().get(B24Js.ApiVersion.v2),
    })""")
    auth = told["auth"]
    assert auth["domain"] == told["origin"] == sandbox.url and told["rest"] == f"{sandbox.url}/rest"
    assert (told["admin"], told["install"], told["lang"], told["place"], told["own"]) == (
        True,
        False,
        "ru",
        "DEFAULT",
        True,
    )
    assert told["first"] is True and len(told["sid"]) >= 32
    assert auth["member_id"] == sandbox.ready["member_id"] and auth["expires_in"] == 3600
    call = "async (method) => (await b24.actions.v2.call.make({method})).getData().result"
    assert frame.evaluate(call, "profile")["ID"] == "1"
    fresh = frame.evaluate("() => b24.auth.refreshAuth()")
    assert fresh["access_token"] != auth["access_token"]
    assert sandbox.rest("profile", token=fresh["access_token"])["ID"] == "1"
    assert frame.evaluate(call, "profile")["ADMIN"] is True


def test_the_first_launch_is_told_once(frame: Frame, page: Page, sandbox: Sandbox) -> None:
    page.reload()
    assert application(page).evaluate("() => b24.isFirstRun") is False


def test_an_expired_token_is_renewed_by_the_parent(frame: Frame, sandbox: Sandbox) -> None:
    sandbox.control("clock", {"advance": "PT2H"})
    result = frame.evaluate("async () => (await b24.actions.v2.call.make({method: 'profile'})).getData().result")
    assert result["ID"] == "1"


def test_size_title_scroll_and_reload(frame: Frame, page: Page) -> None:
    frame.evaluate("() => b24.parent.fitWindow()")
    height = "frame => frame.clientHeight"
    assert page.locator("[data-frame] iframe").evaluate(height) == frame.evaluate(
        "() => b24.parent.getScrollSize().scrollHeight"
    )
    frame.evaluate("() => b24.parent.resizeWindow(500, 1900)")
    assert page.locator("[data-frame] iframe").evaluate("f => [f.clientWidth, f.clientHeight]") == [500, 1900]
    frame.evaluate("() => b24.parent.setTitle('Отчёт: июнь')")
    assert page.locator("h1").inner_text() == "Отчёт: июнь" and page.title() != "Отчёт: июнь"
    frame.evaluate("() => b24.parent.scrollParentWindow(300)")
    assert page.evaluate("() => window.scrollY") == 300
    with page.expect_navigation():
        frame.evaluate("() => b24.parent.reloadWindow()")
    application(page)


def test_options_of_the_application_and_of_its_user(frame: Frame, page: Page, sandbox: Sandbox, token: str) -> None:
    frame.evaluate("() => b24.options.appSet('colour', 'blue')")
    frame.evaluate("() => b24.options.userSet('rows', '50')")
    assert sandbox.rest("app.option.get", {"option": "colour"}, token=token) == "blue"
    page.reload()
    frame = application(page)
    assert frame.evaluate("() => [b24.options.appGet('colour'), b24.options.userGet('rows')]") == ["blue", "50"]


def test_an_employee_does_not_set_options_of_the_application(page: Page, sandbox: Sandbox, token: str) -> None:
    page.context.add_cookies([{"name": "as", "value": str(IVANOV), "url": sandbox.url}])
    page.goto(f"{sandbox.url}/app/local.1")
    frame = application(page)
    assert frame.evaluate("() => b24.auth.isAdmin") is False
    frame.evaluate("() => b24.options.appSet('colour', 'red')")
    assert sandbox.rest("app.option.get", {"option": "colour"}, token=token) != "red"


def test_sliders(frame: Frame, page: Page) -> None:
    frame.evaluate("""() => {
        window.slider = b24.slider.openSliderAppPage({debt: 17, bx24_width: 640, bx24_title: 'Долг'});
    }""")
    page.frame_locator(".shade iframe").locator("[data-frame] iframe").wait_for()
    inner = page.frames[-1]
    inner.wait_for_function("window.ready", polling=30)
    assert inner.evaluate("() => [b24.placement.options.debt, b24.placement.isSliderMode]") == ["17", True]
    assert page.locator(".shade > div").evaluate("panel => panel.clientWidth") == 640
    assert page.title() == "Долг"
    inner.evaluate("() => { b24.slider.closeSliderAppPage().catch(() => {}); }")
    page.locator(".shade").wait_for(state="detached")
    frame.evaluate("() => window.slider")
    frame.evaluate(
        "() => { window.opened = b24.slider.openPath(b24.slider.getUrl('/crm/company/details/100/'), 950); }"
    )
    page.frame_locator(".shade iframe").get_by_role("heading", name="Ромашка").wait_for()
    page.get_by_label("Закрыть").click()
    assert frame.evaluate("() => window.opened") == {"isOpenAtNewWindow": False, "isClose": True}
    answer = frame.evaluate("() => b24.parent.message.send('openPath', {path: '/outbox'})")
    assert answer == {"result": "error", "errorCode": "PATH_NOT_AVAILABLE"}


def test_the_wizard_finishes_the_installation(page: Page, sandbox: Sandbox, receiver: Receiver) -> None:
    asked = {"client_id": "ui", "handler_url": receiver.url("/app"), "install_url": receiver.url("/install")}
    sandbox.control("install", {**asked, "title": "С мастером"})
    page.goto(f"{sandbox.url}/app/ui")
    frame = application(page)
    assert frame.evaluate("() => b24.isInstallMode") is True
    with page.expect_navigation():
        frame.evaluate("() => b24.installFinish()")
    assert application(page).evaluate("() => b24.isInstallMode") is False
    assert receiver.received[-1].path == "/app"


def test_a_tab_knows_its_object_and_reloads_the_card(
    page: Page, sandbox: Sandbox, office: Office, receiver: Receiver, token: str
) -> None:
    place = {"PLACEMENT": "CRM_DEAL_DETAIL_TAB", "HANDLER": receiver.url("/tab"), "TITLE": "Вкладка"}
    sandbox.rest("placement.bind", place, token=token)
    page.goto(f"{sandbox.url}/deal/501")
    page.get_by_role("link", name="Вкладка").click()
    frame = application(page)
    assert frame.evaluate("() => [b24.placement.title, b24.placement.options]") == [
        "CRM_DEAL_DETAIL_TAB",
        {"ID": "501", "URI": "/crm/deal/details/501/"},
    ]
    assert frame.evaluate("() => b24.placement.getInterface()") == {"command": ["reloadData"], "event": []}
    sandbox.rest("crm.item.update", {"entityTypeId": 2, "id": 501, "fields": {"title": "Переименован"}})
    assert frame.evaluate("() => b24.placement.call('reloadData')") == []
    page.get_by_role("heading", name="Переименован").wait_for()
    assert frame.evaluate("() => window.ready"), "the frame itself stays"


def test_a_spot_without_commands_is_silent(frame: Frame) -> None:
    assert frame.evaluate("() => b24.placement.getInterface()") == {"command": [], "event": []}
    assert frame.evaluate("() => b24.placement.call('reloadData')") == {"isSafely": True}


def test_dialogs_of_people_and_rights(frame: Frame, page: Page) -> None:
    frame.evaluate("() => { window.one = b24.dialog.selectUser(); }")
    page.locator("dialog").get_by_role("button", name="Иван Иванов").click()
    chosen = frame.evaluate("() => window.one")
    assert (chosen["id"], chosen["name"], chosen["url"]) == ("11", "Иван Иванов", "/company/personal/user/11/")
    frame.evaluate("() => { window.none = b24.dialog.selectUser(); }")
    page.locator("dialog").wait_for()
    page.keyboard.press("Escape")
    assert frame.evaluate("() => window.none") is None
    frame.evaluate("() => { window.several = b24.dialog.selectUsers(); }")
    for name in ("Иван Иванов", "Пётр Петров"):
        page.locator("dialog").get_by_role("button", name=name).click()
    page.get_by_role("button", name="Выбрать").click()
    assert [one["id"] for one in frame.evaluate("() => window.several")] == ["11", "12"]
    frame.evaluate("() => { window.rights = b24.dialog.selectAccess(['U11']); }")
    assert page.locator("dialog").get_by_role("button", name="Иван Иванов").is_disabled()
    page.locator("dialog").get_by_role("button", name="Все авторизованные").click()
    page.get_by_role("button", name="Выбрать").click()
    assert [one["id"] for one in frame.evaluate("() => window.rights")] == ["AU"]


def test_the_dialog_of_crm_objects(frame: Frame, page: Page) -> None:
    frame.evaluate("""() => { window.crm = b24.dialog.selectCRM(
        {entityType: ['company', 'deal'], multiple: true, value: {deal: [501]}}); }""")
    page.locator("dialog").get_by_role("button", name="Ромашка").click()
    page.get_by_role("button", name="Выбрать").click()
    chosen = frame.evaluate("() => window.crm")
    assert [one["id"] for one in chosen["company"]] == ["CO_100"]
    assert [(one["id"], one["type"], one["title"]) for one in chosen["deal"]] == [("D_501", "deal", "Заказ 1")]


def test_calls_are_shown(frame: Frame, page: Page) -> None:
    frame.evaluate("() => { b24.parent.imCallTo(11, false); b24.parent.imPhoneTo('+7 900 000-00-00'); }")
    page.get_by_text("Звонок: Иван Иванов").wait_for()
    page.get_by_text("Звонок на номер +7 900 000-00-00").wait_for()


def test_the_background_page_hears_that_there_is_no_call(
    page: Page, sandbox: Sandbox, receiver: Receiver, token: str
) -> None:
    place = {"PLACEMENT": "PAGE_BACKGROUND_WORKER", "HANDLER": receiver.url("/worker")}
    sandbox.rest("placement.bind", {**place, "OPTIONS": {"errorHandlerUrl": receiver.url("/e")}}, token=token)
    page.goto(f"{sandbox.url}/tasks")
    frame = application(page)
    posted = json.loads(receiver.received[-1].form["PLACEMENT_OPTIONS"])
    assert posted["ID"] == "PAGE_BACKGROUND_WORKER" and posted["URI"].endswith("/tasks/")
    described: dict[str, Any] = frame.evaluate("() => b24.placement.getInterface()")
    assert "CallCardClose" in described["command"] and len(described["event"]) == 17
    refusal = [{"result": "error", "errorCode": "Call card is undefined"}]
    assert frame.evaluate("() => b24.placement.call('CallCardSetMute', {muted: true})") == refusal
    assert "redial" in frame.evaluate("() => b24.placement.call('CallCardGetListUiStates')")
