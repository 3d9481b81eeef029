"""The parts of a card beside its plain fields: products, phones, chats, fields of applications."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.harness.receiver import Receiver
from tests.harness.sandbox import Sandbox
from tests.sandbox_view.browser import application, chromium, marks
from tests.sandbox_view.conftest import COMPANY, DEAL, Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Page

PAGE = """<!doctype html><meta charset="utf-8"><body><script src="/b24jssdk.js"></script><script>
B24Js.initializeB24Frame().then((b24) => { window.b24 = b24; window.ready = true; });
</script></body>"""


def item(sandbox: Sandbox, kind: int, number: int) -> dict[str, Any]:
    row: dict[str, Any] = sandbox.rest("crm.item.get", {"entityTypeId": kind, "id": number})["item"]
    return row


def test_product_rows_make_the_amount(visitor: Visitor, sandbox: Sandbox) -> None:
    address = f"/item/{DEAL}/501/product"
    page = visitor.send(address, came_from="/deal/501", name="Сыр «Российский»", price="640.50", quantity="10")
    assert "Сыр «Российский»" in page and "6 405 ₽" in page
    assert item(sandbox, DEAL, 501)["opportunity"] == 6405
    number = visitor.look("/deal/501").split('action="/product/')[1].split("/")[0]
    assert "Сыр" not in visitor.send(f"/product/{number}/delete", came_from="/deal/501")


def test_phones_are_added_and_deleted(visitor: Visitor, sandbox: Sandbox) -> None:
    address = f"/item/{COMPANY}/100/point"
    page = visitor.send(address, came_from="/company/100", kind="PHONE", type="MOBILE", value="+7 912 000-11-22")
    assert "Телефон, мобильный" in page and "+7 912 000-11-22" in page
    entry = item(sandbox, COMPANY, 100)["fm"][-1]
    assert (entry["typeId"], entry["valueType"]) == ("PHONE", "MOBILE")
    visitor.send(address, came_from="/company/100", point=entry["id"])
    assert "+7 912 000-11-22" not in visitor.read("/company/100")


def test_requisites_are_shown_and_added(visitor: Visitor, sandbox: Sandbox) -> None:
    form = {"name": "Основные", "inn": "7712345678"}
    page = visitor.send(f"/item/{COMPANY}/100/requisite", came_from="/company/100", **form)
    assert "Основные" in page and "ИНН 7712345678" in page
    wanted = {"ENTITY_TYPE_ID": COMPANY, "ENTITY_ID": 100, "RQ_INN": "7712345678"}
    assert len(sandbox.rest("crm.requisite.list", {"filter": wanted})) == 1


def test_a_card_leads_to_its_chat(visitor: Visitor) -> None:
    page = visitor.look(f"/company/{100}")
    assert "Чаты с клиентом" in page and "/online/?IM_DIALOG=chat900" in page


def test_a_field_of_many_values_is_edited(visitor: Visitor, sandbox: Sandbox) -> None:
    field = {"entityId": "CRM_DEAL", "fieldName": "UF_CRM_TAGS", "userTypeId": "string", "multiple": "Y"}
    sandbox.rest("userfieldconfig.add", {"moduleId": "crm", "field": field | {"editFormLabel": {"ru": "Метки"}}})
    text = visitor.send(f"/item/{DEAL}/501/edit", came_from="/deal/501", name="ufCrmTags", value="срочно\nопт\n")
    assert "срочно, опт" in text
    assert item(sandbox, DEAL, 501)["ufCrmTags"] == ["срочно", "опт"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with chromium() as page:
        yield page


@pytest.mark.browser
@marks[1]
def test_a_company_is_chosen_in_a_dialog(browser: Page, sandbox: Sandbox) -> None:
    other = sandbox.rest("crm.item.add", {"entityTypeId": COMPANY, "fields": {"title": "Ландыш и Ко"}})["item"]["id"]
    browser.goto(f"{sandbox.url}/deal/501")
    field = browser.locator(".field", has_text="Компания").first
    field.locator("summary").click()
    field.locator("[data-pick]").click()
    browser.locator("dialog").get_by_placeholder("Поиск").fill("Ланд")
    browser.locator("dialog").get_by_role("button", name="Ландыш и Ко").click()
    field.get_by_role("button", name="Сохранить").click()
    browser.get_by_text("Сохранено: Компания").wait_for()
    assert item(sandbox, DEAL, 501)["companyId"] == other


@pytest.mark.browser
@marks[1]
def test_a_field_of_an_application(browser: Page, sandbox: Sandbox, receiver: Receiver, token: str) -> None:
    receiver.answer = PAGE
    own = {"USER_TYPE_ID": "place", "HANDLER": receiver.url("/field"), "TITLE": "Место", "OPTIONS": {"height": 90}}
    sandbox.rest("userfieldtype.add", own, token=token)
    number = sandbox.rest("app.info", token=token)["ID"]
    field = {"entityId": "CRM_DEAL", "fieldName": "UF_CRM_PLACE", "userTypeId": f"rest_{number}_place"}
    config = {"moduleId": "crm", "field": field | {"editFormLabel": {"ru": "Место доставки"}}}
    sandbox.rest("userfieldconfig.add", config, token=token)
    browser.goto(f"{sandbox.url}/deal/501")
    frame = application(browser)
    options = frame.evaluate("() => b24.placement.options")
    assert (options["FIELD_NAME"], options["ENTITY_ID"], options["ENTITY_VALUE_ID"]) == (
        "UF_CRM_PLACE",
        "CRM_DEAL",
        "501",
    )
    assert browser.locator("[data-frame] iframe").evaluate("frame => frame.clientHeight") == 90
    frame.evaluate("() => b24.placement.setValue('Склад 3')")
    assert frame.evaluate("() => b24.placement.call('getValue')") == "Склад 3"
    browser.locator(".field-frame").get_by_role("button", name="Сохранить").click()
    browser.get_by_text("Сохранено: Место доставки").wait_for()
    assert item(sandbox, DEAL, 501)["ufCrmPlace"] == "Склад 3"


SEARCHER = """<!doctype html><meta charset="utf-8"><body><script src="/b24jssdk.js"></script><script>
B24Js.initializeB24Frame().then(async (b24) => {
  b24.placement.bindEvent("onCrmEntityIsNeedToCreate", async ({ data }) => {
    const fields = { title: data.name };
    const made = await b24.actions.v2.call.make({ method: "crm.item.add", params: { entityTypeId: 4, fields } });
    const item = made.getData().result.item;
    b24.placement.call("crmShowCreatedEntity", { entityType: "company", id: item.id, title: item.title });
  });
  const query = b24.placement.options.searchQuery;
  b24.placement.call("crmShowFoundEntities", { data: [{ id: "x1", name: `${query} из реестра`, phone: "+7 1" }] });
});
</script></body>"""


@pytest.mark.browser
@marks[1]
def test_a_client_is_found_by_an_application(browser: Page, sandbox: Sandbox, receiver: Receiver, token: str) -> None:
    receiver.answer = SEARCHER
    own = {"PLACEMENT": "CRM_DETAIL_SEARCH", "HANDLER": receiver.url("/search"), "TITLE": "Реестр"}
    sandbox.rest("placement.bind", own, token=token)
    browser.goto(f"{sandbox.url}/deal/501")
    field = browser.locator(".field", has_text="Компания").first
    field.locator("summary").click()
    field.locator("[data-pick]").click()
    dialog = browser.locator("dialog")
    dialog.get_by_placeholder("Поиск").fill("Астра")
    dialog.get_by_role("button", name="Искать: Реестр").click()
    found = dialog.get_by_role("button", name="Астра из реестра")
    found.wait_for()
    # The first message under a subscription's key settles the library's own promise within this time.
    browser.wait_for_timeout(1000)
    found.click()
    dialog.wait_for(state="detached")
    field.get_by_role("button", name="Сохранить").click()
    browser.get_by_text("Сохранено: Компания").wait_for()
    company = item(sandbox, COMPANY, item(sandbox, DEAL, 501)["companyId"])
    assert company["title"] == "Астра из реестра"
