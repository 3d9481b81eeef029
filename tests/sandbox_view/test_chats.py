"""Chats: an operator answers, the client is played from the other end, everybody sees his own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.harness.sandbox import Sandbox
from tests.sandbox_view.browser import chromium, marks
from tests.sandbox_view.conftest import IVANOV, PETROV, Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_a_client_writes_and_the_operator_answers(visitor: Visitor, sandbox: Sandbox) -> None:
    visitor.send("/clients/900/write", text="Когда привезёте заказ?")
    visitor.become(IVANOV)
    assert "Когда привезёте заказ?" in visitor.read("/online/")
    page = visitor.read("/online/?IM_DIALOG=chat900")
    assert "Когда привезёте заказ?" in page and "Компания: Ромашка" in page
    answered = visitor.send("/online/900/write", came_from="/online/?IM_DIALOG=chat900", text="Завтра к [b]обеду[/b]")
    assert "Завтра к обеду" in answered
    client = visitor.read("/clients?chat=900")
    assert client.index("Когда привезёте") < client.index("Завтра к обеду")
    assert "Завтра к" in visitor.read("/outbox")


def test_a_new_client_comes_to_a_line(visitor: Visitor, sandbox: Sandbox) -> None:
    page = visitor.look("/clients")
    line = page.split('<select name="line"><option value="')[1].split('"')[0]
    form = {"line": line, "name": "Ольга", "last_name": "Морозова", "phone": "+79991112233", "text": "Хочу прайс"}
    text = visitor.send("/clients/new", came_from="/clients", **form)
    assert "пишет Ольга Морозова" in text and "Хочу прайс" in text
    assert "Ольга Морозова" in visitor.read("/online/")


def test_a_conversation_is_finished(visitor: Visitor) -> None:
    visitor.become(IVANOV)
    page = visitor.send("/online/900/finish", came_from="/online/?IM_DIALOG=chat900")
    assert "Диалог завершён" in page and "завершён" in visitor.read("/online/")


def test_others_do_not_see_the_conversation(visitor: Visitor, sandbox: Sandbox) -> None:
    visitor.send("/clients/900/write", text="Секрет")
    visitor.become(PETROV)
    assert "Секрет" not in visitor.read("/online/")
    visitor.look("/online/?IM_DIALOG=chat900", status=404)
    assert "Такого чата нет" in visitor.send("/online/900/write", text="Подслушано")


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with chromium() as page:
        yield page


@pytest.mark.browser
@marks[1]
def test_the_open_chat_follows_the_client_while_one_types(browser: Page, sandbox: Sandbox) -> None:
    browser.goto(f"{sandbox.url}/online/?IM_DIALOG=chat900")
    browser.get_by_placeholder("Напишите сообщение").fill("Начало отв")
    sandbox.control("openline", {"chat": 900, "text": "Есть вопрос"})
    browser.locator(".bubbles").get_by_text("Есть вопрос").wait_for()
    assert browser.get_by_placeholder("Напишите сообщение").input_value() == "Начало отв"
