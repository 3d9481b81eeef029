"""The designer of robots and triggers: an administrator arranges a funnel, applications set their robots."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.harness.receiver import Receiver
from tests.harness.sandbox import Sandbox
from tests.sandbox_view.browser import chromium, marks
from tests.sandbox_view.conftest import DEAL, IVANOV, Office, Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Page

PAGE = """<!doctype html><meta charset="utf-8"><body><script src="/b24jssdk.js"></script><script>
B24Js.initializeB24Frame().then((b24) => { window.b24 = b24; window.ready = true; });
</script></body>"""


@pytest.fixture
def robot(sandbox: Sandbox, receiver: Receiver, token: str) -> dict[str, Any]:
    """A registered robot «Напомнить» with a text, several addressees and a choice."""
    fields = {
        "CODE": "remind",
        "HANDLER": receiver.url("/robot"),
        "NAME": {"ru": "Напомнить", "en": "Remind"},
        "PROPERTIES": {
            "text": {"Name": {"ru": "Текст", "en": "Text"}, "Type": "string", "Required": "Y"},
            "to": {"Name": "Кому", "Type": "string", "Multiple": "Y"},
            "way": {"Name": "Способ", "Type": "select", "Options": {"sms": "СМС", "mail": "Почта"}},
        },
    }
    sandbox.rest("bizproc.robot.add", fields, token=token)
    return fields


def address(office: Office, stage: int = 1) -> str:
    place = f"funnel={office.funnel}&stage={office.stages[stage]}"
    return f"/robots/{DEAL}/robot?{place}&code=remind&app=local.1"


def test_a_robot_is_chosen_placed_and_runs(
    visitor: Visitor, sandbox: Sandbox, office: Office, receiver: Receiver, robot: dict[str, Any]
) -> None:
    stage = office.stages[1]
    assert "Напомнить" in visitor.read(f"/robots/{DEAL}/choose?funnel={office.funnel}&stage={stage}")
    page = visitor.read(address(office))
    assert "Текст *" in page and "Кому" in page and "Почта" in page
    form = {"property.text": "Позвонить", "property.to": "Анна\n\nОлег", "property.way": "mail", "delay": "0"}
    page = visitor.send(address(office), came_from=address(office), **form)
    assert "Робот добавлен: Напомнить" in page
    assert "Текст: Позвонить" in page and "Кому: Анна, Олег" in page and "Помощник" in page
    visitor.send(f"/item/{DEAL}/501/move", stageId=stage)
    sandbox.control("delivery/flush", {})
    call = receiver.wait(1)[-1]
    assert (call.path, call.form["properties[text]"], call.form["properties[to][1]"]) == ("/robot", "Позвонить", "Олег")


def test_a_missing_setting_is_refused_with_its_name(visitor: Visitor, office: Office, robot: dict[str, Any]) -> None:
    page = visitor.send(address(office), came_from=address(office), **{"property.text": ""})
    assert "Не заполнено поле «Текст»" in page


def test_settings_are_changed(
    visitor: Visitor, sandbox: Sandbox, office: Office, receiver: Receiver, robot: dict[str, Any]
) -> None:
    visitor.send(address(office), **{"property.text": "Раз"})
    placed = sandbox.control(
        "place_robot",
        {
            "entityTypeId": DEAL,
            "categoryId": office.funnel,
            "stageId": office.stages[1],
            "code": "remind",
            "properties": {"text": "Два"},
        },
    )["id"]
    form = {"property.text": "Два с половиной", "title": "Крупная сделка", "delay": "2", "unit": "3600"}
    form |= {"condition.joiner": "AND", "condition.field": "opportunity", "condition.operator": ">"}
    page = visitor.send(
        f"/robot/{placed}", came_from=f"/robots/{DEAL}?funnel={office.funnel}", **form, **{"condition.value": "1000000"}
    )
    assert "Крупная сделка" in page and "через 2 ч" in page and "если «Сумма» больше 1000000" in page
    settings = visitor.look(f"/robot/{placed}")
    assert 'value="Два с половиной"' in settings and 'value="1000000"' in settings
    visitor.send(f"/item/{DEAL}/501/move", stageId=office.stages[1])
    sandbox.control("clock", {"advance": "PT3H"})
    sandbox.control("delivery/flush", {})
    assert [one.form["properties[text]"] for one in receiver.wait(1)] == ["Раз"], "the condition held the second one"


def test_robots_are_removed_and_reordered(
    visitor: Visitor, sandbox: Sandbox, office: Office, robot: dict[str, Any]
) -> None:
    for text in ("Первый", "Второй"):
        visitor.send(address(office), **{"property.text": text})
    page = visitor.look(f"/robots/{DEAL}?funnel={office.funnel}")
    numbers = [part.split('"')[0] for part in page.split('data-robot-number="')[1:]]
    visitor.send(f"/robots/{DEAL}/order", stage=office.stages[1], robots=",".join(reversed(numbers)))
    text = visitor.read(f"/robots/{DEAL}?funnel={office.funnel}")
    assert text.index("Второй") < text.index("Первый")
    visitor.send(f"/robot/{numbers[0]}/remove")
    assert "Первый" not in visitor.read(f"/robots/{DEAL}?funnel={office.funnel}")


def test_triggers(visitor: Visitor, sandbox: Sandbox, office: Office, token: str) -> None:
    sandbox.rest("crm.automation.trigger.add", {"CODE": "paid", "NAME": "Оплата пришла"}, token=token)
    stage = office.stages[2]
    choose = f"/robots/{DEAL}/choose?funnel={office.funnel}&stage={stage}"
    assert "Оплата пришла" in visitor.read(choose)
    form = {"funnel": office.funnel, "stage": stage, "code": "paid", "app": "local.1"}
    assert "Оплата пришла" in visitor.send(f"/robots/{DEAL}/trigger", came_from=choose, **form)
    sandbox.rest("crm.automation.trigger.execute", {"CODE": "paid", "OWNER_TYPE_ID": 2, "OWNER_ID": 501}, token=token)
    assert sandbox.rest("crm.item.get", {"entityTypeId": DEAL, "id": 501})["item"]["stageId"] == stage
    hook = {"funnel": office.funnel, "stage": stage, "kind": "webhook", "code": "call", "name": "Звонок с сайта"}
    assert "Звонок с сайта" in visitor.send(f"/robots/{DEAL}/trigger", came_from=choose, **hook)
    number = visitor.look(f"/robots/{DEAL}?funnel={office.funnel}").split('action="/trigger/')[2].split("/")[0]
    visitor.send(f"/trigger/{number}/remove")
    assert "Звонок с сайта" not in visitor.read(f"/robots/{DEAL}?funnel={office.funnel}")


def test_an_employee_looks_but_does_not_change(visitor: Visitor, office: Office, robot: dict[str, Any]) -> None:
    visitor.send(address(office), **{"property.text": "Раз"})
    visitor.become(IVANOV)
    page = visitor.look(f"/robots/{DEAL}?funnel={office.funnel}")
    assert "Напомнить" in page and "/choose" not in page and "/remove" not in page
    visitor.look(f"/robots/{DEAL}/choose?funnel={office.funnel}&stage={office.stages[1]}", status=403)
    assert "настраивает администратор" in visitor.send(address(office), **{"property.text": "Два"})


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with chromium() as page:
        yield page


@pytest.mark.browser
@marks[1]
def test_an_application_sets_its_robot_in_its_own_page(
    browser: Page, sandbox: Sandbox, office: Office, receiver: Receiver, robot: dict[str, Any], token: str
) -> None:
    receiver.answer = PAGE
    own = {"USE_PLACEMENT": "Y", "PLACEMENT_HANDLER": receiver.url("/settings")}
    sandbox.rest("bizproc.robot.update", {"CODE": "remind", "FIELDS": own}, token=token)
    page = browser
    page.goto(f"{sandbox.url}/robots/{DEAL}?funnel={office.funnel}")
    page.locator(f'[data-stage-robots="{office.stages[1]}"]').get_by_role("link", name="Добавить").click()
    slider = page.frame_locator(".shade iframe")
    slider.get_by_role("link", name="Напомнить").click()
    slider.locator("[data-frame] iframe").wait_for()
    posted = json.loads(receiver.wait(1)[-1].form["PLACEMENT_OPTIONS"])
    assert posted["code"] == "remind" and posted["properties"]["to"]["Multiple"] is True
    assert posted["document_type"] == ["crm", "CCrmDocumentDeal", "DEAL"] and "title" in posted["document_fields"]
    frame = page.frames[-1]
    frame.wait_for_function("window.ready", polling=30)
    assert frame.evaluate("() => b24.placement.getInterface()")["command"] == ["setPropertyValue"]
    frame.evaluate("() => b24.placement.call('setPropertyValue', {text: 'Из приложения', to: ['А', 'Б'], way: 'sms'})")
    slider.get_by_role("button", name="Сохранить").click()
    page.get_by_text("Текст: Из приложения").wait_for()
    assert page.get_by_text("Кому: А, Б").count() == 1
