"""Pages of applications: what the form of a tab carries, and who may see what."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.harness.receiver import Receiver
from tests.harness.sandbox import Sandbox
from tests.sandbox_view.conftest import IVANOV, Office, Visitor

BODY = {
    *("AUTH_ID", "AUTH_EXPIRES", "REFRESH_ID", "SERVER_ENDPOINT", "APPLICATION_TOKEN", "APPLICATION_SCOPE"),
    *("member_id", "status", "PLACEMENT", "PLACEMENT_OPTIONS"),
}


def opened(page: str) -> tuple[str, dict[str, str], str, dict[str, Any]]:
    """The frame of a page: the form's address and fields, the frame's name, the host's knowledge."""
    box = page[page.index("data-frame>") :]
    form = re.search(r'<form method="post" action="([^"]+)" target="([^"]+)"', box)
    assert form
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', box)
    host = re.search(r'<script type="application/json">(.*?)</script>', box, re.DOTALL)
    assert host
    return (
        unescape(form.group(1)),
        {name: unescape(value) for name, value in fields},
        unescape(form.group(2)),
        json.loads(host.group(1)),
    )


def bind(sandbox: Sandbox, token: str, code: str, url: str, title: str) -> None:
    sandbox.rest("placement.bind", {"PLACEMENT": code, "HANDLER": url, "TITLE": title}, token=token)


def tab_address(page: str, title: str) -> str:
    found = re.search(rf'<a href="([^"]+\?tab=\d+)"[^>]*>{title}</a>', page)
    assert found
    return found.group(1)


def test_a_tab_opens_the_handler_with_the_documented_form(
    visitor: Visitor, sandbox: Sandbox, receiver: Receiver, token: str
) -> None:
    bind(sandbox, token, "CRM_COMPANY_DETAIL_TAB", receiver.url("/tab?x=1"), "Дебиторка клиента")
    visitor.become(IVANOV)
    page = visitor.look(tab_address(visitor.look("/company/100"), "Дебиторка клиента"))
    action, form, window, host = opened(page)
    domain = sandbox.url.removeprefix("http://")
    query = dict(parse_qsl(urlsplit(action).query))
    assert action.startswith(receiver.url("/tab?x=1&"))
    assert (query["DOMAIN"], query["PROTOCOL"], query["LANG"]) == (domain, "0", "ru")
    assert set(form) == BODY
    assert (form["PLACEMENT"], form["status"]) == ("CRM_COMPANY_DETAIL_TAB", "L")
    options = json.loads(form["PLACEMENT_OPTIONS"])
    assert options["ID"] == "100" and options["URI"] == "/crm/company/details/100/"
    assert window == f"{domain}|0|{query['APP_SID']}"
    assert sandbox.rest("profile", token=form["AUTH_ID"])["ID"] == str(IVANOV)
    assert host["data"]["PLACEMENT_OPTIONS"] == options and host["data"]["INSTALL"] is False
    assert f"{urlsplit(receiver.url()).scheme}://{urlsplit(receiver.url()).netloc}" == host["origin"]


def test_tabs_of_deals_and_smart_processes(
    visitor: Visitor, sandbox: Sandbox, receiver: Receiver, office: Office, token: str
) -> None:
    bind(sandbox, token, "CRM_DEAL_DETAIL_TAB", receiver.url("/deal"), "Про сделку")
    bind(sandbox, token, f"CRM_DYNAMIC_{office.debts}_DETAIL_TAB", receiver.url("/debt"), "Про долг")
    bind(sandbox, token, "LEFT_MENU", receiver.url("/menu"), "Рабочий стол")
    assert "Про долг" not in visitor.look("/deal/501")
    _, form, _, _ = opened(visitor.look(tab_address(visitor.look(f"/item/{office.debts}/17"), "Про долг")))
    assert (form["PLACEMENT"], json.loads(form["PLACEMENT_OPTIONS"])["ID"]) == (
        f"CRM_DYNAMIC_{office.debts}_DETAIL_TAB",
        "17",
    )
    spot = re.search(r'href="(/spot/\d+)"', visitor.look("/"))
    assert spot
    action, form, _, _ = opened(visitor.look(spot.group(1)))
    assert action.startswith(receiver.url("/menu")) and form["PLACEMENT"] == "LEFT_MENU"


def test_an_application_page_and_its_parameters(
    visitor: Visitor, sandbox: Sandbox, receiver: Receiver, token: str
) -> None:
    assert "Помощник" in visitor.read("/apps") and "Установлено" in visitor.read("/apps")
    action, form, _, _ = opened(visitor.look("/app/local.1"))
    assert action.startswith(receiver.url("/app")) and form["PLACEMENT"] == "DEFAULT"
    _, form, _, _ = opened(visitor.look("/marketplace/view/local.1/?params[debt]=17"))
    assert json.loads(form["PLACEMENT_OPTIONS"]) == {"debt": "17"}
    tokens = visitor.http.post(f"{sandbox.url}/frame/tokens", data={"app": "local.1"}, timeout=30).json()
    assert sandbox.rest("profile", token=tokens["AUTH_ID"])["ID"] == "1"
    assert "Такого приложения" in visitor.read("/app/nosuch", status=404)


def test_an_unfinished_installation_is_shown_to_administrators_only(
    visitor: Visitor, sandbox: Sandbox, receiver: Receiver
) -> None:
    asked = {"client_id": "ui", "handler_url": receiver.url("/app"), "install_url": receiver.url("/install")}
    sandbox.control("install", {**asked, "title": "С мастером"})
    action, _, _, host = opened(visitor.look("/app/ui"))
    assert action.startswith(receiver.url("/install")) and host["data"]["INSTALL"] is True
    visitor.become(IVANOV)
    assert "установлено не до конца" in visitor.read("/app/ui")


def test_robots_stand_on_stages(
    visitor: Visitor, sandbox: Sandbox, receiver: Receiver, office: Office, token: str
) -> None:
    robot = {"CODE": "remind", "HANDLER": receiver.url("/robot"), "NAME": {"ru": "Напомнить", "en": "Remind"}}
    robot["PROPERTIES"] = {"text": {"Name": {"ru": "Текст", "en": "Text"}, "Type": "string"}}
    sandbox.rest("bizproc.robot.add", robot, token=token)
    place = {"entityTypeId": 2, "categoryId": office.funnel, "stageId": office.stages[1], "code": "remind"}
    sandbox.control("place_robot", {**place, "properties": {"text": "Добрый день"}})
    text = visitor.read(f"/robots/2?funnel={office.funnel}")
    assert "Напомнить Помощник Текст: Добрый день" in text
