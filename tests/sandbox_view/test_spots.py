"""Every place of the interface that the view has offers its pages and tells them what the vendor documents."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest

from tests.harness.receiver import Receiver
from tests.harness.sandbox import Sandbox
from tests.sandbox_view.conftest import Office, Visitor
from tests.sandbox_view.test_frames import opened

# place, page where it is offered, PLACEMENT_OPTIONS without URI, URI
SPOTS = [
    ("LEFT_MENU", "/", {}, "/"),
    ("CRM_DEAL_LIST_TOOLBAR", "/deals", {}, "/crm/deal/list/"),
    ("CRM_DEAL_LIST_MENU", "/deals", {"ID": "559"}, "/crm/deal/list/"),
    ("CRM_FUNNELS_TOOLBAR", "/deals?view=board", {}, "/crm/deal/kanban/"),
    ("CRM_DEAL_DETAIL_TAB", "/deal/501", {"ID": "501"}, "/crm/deal/details/501/"),
    ("CRM_DEAL_DETAIL_TOOLBAR", "/deal/501", {"ID": "501"}, "/crm/deal/details/501/"),
    ("CRM_DEAL_DETAIL_ACTIVITY", "/deal/501", {"ID": "501"}, "/crm/deal/details/501/"),
    ("CRM_DEAL_DOCUMENTGENERATOR_BUTTON", "/deal/501", {"ENTITY_ID": "501"}, "/crm/deal/details/501/"),
    ("CRM_LEAD_LIST_TOOLBAR", "/leads", {}, "/crm/lead/list/"),
    ("CRM_CONTACT_LIST_TOOLBAR", "/contacts", {}, "/crm/contact/list/"),
    ("CRM_SMART_INVOICE_LIST_TOOLBAR", "/invoices", {}, "/crm/type/31/list/category/0/"),
    ("CRM_DYNAMIC_128_LIST_TOOLBAR", "/list/128", {}, "/crm/type/128/list/category/0/"),
    ("CRM_DYNAMIC_128_DETAIL_TAB", "/item/128/17", {"ID": "17"}, "/crm/type/128/details/17/"),
    ("CRM_DYNAMIC_128_DETAIL_TOOLBAR", "/item/128/17", {"ENTITY_ID": "17"}, "/crm/type/128/details/17/"),
    ("CRM_DEAL_ROBOT_DESIGNER_TOOLBAR", "/robots/2?funnel=1", {}, "/crm/deal/automation/1/"),
    ("CRM_ANALYTICS_TOOLBAR", "/report/analytics/", {}, "/report/analytics/"),
    ("TASK_USER_LIST_TOOLBAR", "/tasks", {"USER_ID": "1"}, "/company/personal/user/1/tasks/"),
    ("USER_PROFILE_MENU", "/tasks", {"USER_ID": "1"}, "/company/personal/user/1/tasks/"),
    ("USER_PROFILE_TOOLBAR", "/company/personal/user/11/", {"USER_ID": "11"}, "/company/personal/user/11/"),
    ("IM_NAVIGATION", "/online/", {}, "/online/"),
    ("IM_SIDEBAR", "/online/?IM_DIALOG=chat900", {"dialogId": "chat900"}, "/online/"),
    ("IM_TEXTAREA", "/online/?IM_DIALOG=chat900", {"dialogId": "chat900"}, "/online/"),
]


def bind(sandbox: Sandbox, receiver: Receiver, token: str, place: str) -> None:
    asked = {"PLACEMENT": place, "HANDLER": receiver.url("/spot"), "TITLE": "Кнопка места"}
    sandbox.rest("placement.bind", asked, token=token)


def link_on(page: str) -> str:
    """The address behind the offered page."""
    found = re.findall(r'<a [^>]*href="([^"]+)"[^>]*>(?:<svg[^>]*><path[^>]*></svg>)?(?:<span>)?Кнопка места', page)
    assert found, page[:400]
    return unescape(found[0])


def context(visitor: Visitor, page: str, link: str) -> dict[str, Any]:
    """PLACEMENT_OPTIONS of the page opened by a link, in a slider where the portal opens one."""
    slider = "/spot/" in link and page != "/"
    address = f"{link}{'&' if '?' in link else '?'}IFRAME=Y" if slider else link
    answer = visitor.http.get(
        visitor.sandbox.url + address, headers={"Referer": visitor.sandbox.url + page}, timeout=30
    )
    _, form, _, _ = opened(answer.text)
    options: dict[str, Any] = json.loads(form["PLACEMENT_OPTIONS"])
    return options


@pytest.mark.parametrize(("place", "page", "options", "uri"), SPOTS, ids=[spot[0] for spot in SPOTS])
def test_a_spot_is_offered_and_told_its_context(
    visitor: Visitor,
    sandbox: Sandbox,
    office: Office,
    receiver: Receiver,
    token: str,
    place: str,
    page: str,
    options: dict[str, str],
    uri: str,
) -> None:
    assert (office.debts, office.funnel) == (128, 1)
    bind(sandbox, receiver, token, place)
    assert context(visitor, page, link_on(visitor.look(page))) == {**options, "URI": uri}


def test_menus_of_a_task_and_of_an_activity(visitor: Visitor, sandbox: Sandbox, receiver: Receiver, token: str) -> None:
    task = sandbox.rest("tasks.task.add", {"fields": {"TITLE": "Позвонить", "RESPONSIBLE_ID": 1}})["task"]["id"]
    bind(sandbox, receiver, token, "TASK_LIST_CONTEXT_MENU")
    assert context(visitor, "/tasks", link_on(visitor.look("/tasks")))["ID"] == str(task)
    sandbox.rest("placement.unbind", {"PLACEMENT": "TASK_LIST_CONTEXT_MENU"}, token=token)
    for place in ("TASK_VIEW_TAB", "TASK_VIEW_SIDEBAR", "TASK_VIEW_TOP_PANEL"):
        bind(sandbox, receiver, token, place)
        page = f"/task/{task}"
        told = context(visitor, page, link_on(visitor.look(page)))
        assert told == {"taskId": str(task), "URI": f"/company/personal/user/1/tasks/task/view/{task}/"}
        sandbox.rest("placement.unbind", {"PLACEMENT": place}, token=token)
    todo = {
        "ownerTypeId": 2,
        "ownerId": 501,
        "deadline": "2026-04-07T10:00:00+03:00",
        "title": "Дело",
        "description": "-",
    }
    number = sandbox.rest("crm.activity.todo.add", todo)["id"]
    bind(sandbox, receiver, token, "CRM_DEAL_ACTIVITY_TIMELINE_MENU")
    told = context(visitor, "/deal/501", link_on(visitor.look("/deal/501")))
    assert (told["ENTITY_ID"], told["ASSOCIATED_ENTITY_ID"], told["ASSOCIATED_ENTITY_TYPE_ID"]) == (
        "501",
        str(number),
        "6",
    )


@pytest.mark.parametrize(
    ("place", "page"),
    [
        ("SONET_GROUP_DETAIL_TAB", ""),
        ("SONET_GROUP_TOOLBAR", ""),
        ("TASK_GROUP_LIST_TOOLBAR", "tasks/"),
        ("SONET_GROUP_ROBOT_DESIGNER_TOOLBAR", "tasks/"),
        ("TASK_ROBOT_DESIGNER_TOOLBAR", "tasks/"),
    ],
)
def test_places_of_a_group(visitor: Visitor, sandbox: Sandbox, receiver: Receiver, place: str, page: str) -> None:
    asked = {"client_id": "groups", "handler_url": receiver.url("/app"), "scope": "sonet_group,task,placement"}
    sandbox.control("install", asked)
    token = str(sandbox.control("open", {"client_id": "groups"})["fields"]["AUTH_ID"])
    assert "Группа создана" in visitor.send("/workgroups/", name="Запуск магазина")
    number = visitor.look("/workgroups/").split('href="/workgroups/group/')[1].split("/")[0]
    bind(sandbox, receiver, token, place)
    address = f"/workgroups/group/{number}/{page}"
    told = {} if place == "SONET_GROUP_TOOLBAR" else {"GROUP_ID": number}
    assert context(visitor, address, link_on(visitor.look(address))) == {**told, "URI": address}


def test_a_message_has_a_menu(visitor: Visitor, sandbox: Sandbox, receiver: Receiver, token: str) -> None:
    message = sandbox.control("openline", {"chat": 900, "text": "Вопрос"})["message"]
    bind(sandbox, receiver, token, "IM_CONTEXT_MENU")
    page = "/online/?IM_DIALOG=chat900"
    told = context(visitor, page, link_on(visitor.look(page)))
    assert told == {"messageId": str(message), "dialogId": "chat900", "URI": "/online/"}


def test_reports_and_tiles(visitor: Visitor, sandbox: Sandbox, receiver: Receiver, token: str) -> None:
    bind(sandbox, receiver, token, "BI_ANALYTICS_MENU")
    assert link_on(visitor.look("/report/analytics/")) == receiver.url("/spot"), "opened as it is, without a context"
    sandbox.rest("placement.unbind", {"PLACEMENT": "BI_ANALYTICS_MENU"}, token=token)
    bind(sandbox, receiver, token, "CRM_ANALYTICS_MENU")
    _, form, _, _ = opened(visitor.look("/report/analytics/"))
    assert (form["PLACEMENT"], json.loads(form["PLACEMENT_OPTIONS"])) == (
        "CRM_ANALYTICS_MENU",
        {"URI": "/report/analytics/"},
    )
    asked = {"client_id": "tiles", "handler_url": receiver.url("/app"), "scope": "contact_center,placement"}
    sandbox.control("install", asked)
    other = str(sandbox.control("open", {"client_id": "tiles"})["fields"]["AUTH_ID"])
    bind(sandbox, receiver, other, "CONTACT_CENTER")
    link = link_on(visitor.look("/contact_center/"))
    told = context(visitor, "/contact_center/", link)
    assert told["ID"].isdigit() and told["URI"] == "/contact_center/"


def test_a_channel_of_an_application_is_set_in_its_page(
    visitor: Visitor, sandbox: Sandbox, receiver: Receiver, token: str
) -> None:
    icon = {"DATA_IMAGE": "data:image/svg+xml;base64,PHN2Zy8+"}
    own = {"ID": "my_channel", "NAME": "Мой канал", "ICON": icon, "PLACEMENT_HANDLER": receiver.url("/channel")}
    sandbox.rest("imconnector.register", own, token=token)
    page = visitor.look("/contact_center/")
    link = unescape(page.split("Мой канал")[0].rsplit('href="', 1)[1].split('"')[0])
    _, form, _, _ = opened(visitor.look(link))
    told = json.loads(form["PLACEMENT_OPTIONS"])
    assert form["PLACEMENT"] == "SETTING_CONNECTOR"
    assert (told["CONNECTOR"], told["LINE"], told["ACTIVE_STATUS"]) == ("my_channel", "1", False)


def test_what_is_not_installed_is_not_offered(visitor: Visitor, sandbox: Sandbox, receiver: Receiver) -> None:
    asked = {"client_id": "ui", "handler_url": receiver.url("/app"), "install_url": receiver.url("/install")}
    sandbox.control("install", asked)
    token = str(sandbox.control("open", {"client_id": "ui"})["fields"]["AUTH_ID"])
    bind(sandbox, receiver, token, "CRM_DEAL_DETAIL_TAB")
    assert "Кнопка места" not in visitor.look("/deal/501")
