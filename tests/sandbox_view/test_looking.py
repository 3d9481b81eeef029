"""Lists, boards and cards as an employee reads them."""

from __future__ import annotations

import pytest

from tests.harness.sandbox import Sandbox
from tests.sandbox_view.conftest import COMPANY, DEAL, IVANOV, Office, Visitor


def test_home_names_the_employee_and_the_sections(visitor: Visitor) -> None:
    text = visitor.read("/")
    assert "Здравствуйте, Анна Админова" in text
    for section in ("Компании", "Сделки", "Дебиторка", "Счета", "Задачи", "Уведомления"):
        assert section in text
    visitor.become(IVANOV)
    assert "Здравствуйте, Иван Иванов" in visitor.read("/")


@pytest.mark.parametrize("user", ["13", "999", "abc", ""])
def test_nobody_takes_the_seat_of_someone_who_does_not_work_here(visitor: Visitor, user: str) -> None:
    assert "больше не работает" in visitor.send("/become", user=user)
    assert "Здравствуйте, Анна Админова" in visitor.read("/")


def test_a_long_list_has_pages(visitor: Visitor, office: Office) -> None:
    first = visitor.look(f"/deals?funnel={office.funnel}")
    assert "Страница 1 из 2" in first and "/deal/559" in first and "/deal/509" not in first
    second = visitor.look(f"/deals?funnel={office.funnel}&page=2")
    assert "/deal/509" in second and "/deal/559" not in second
    assert "1 559 ₽" in visitor.read("/deals")


def test_search_and_filters(visitor: Visitor, office: Office) -> None:
    found = visitor.look("/deals?q=Заказ 5")
    assert "/deal/505" in found and "/deal/559" in found and "/deal/506" not in found
    assert "Ничего не найдено" in visitor.read("/deals?q=такого нет")
    assert "Ничего не найдено" in visitor.read(f"/deals?funnel={office.funnel}&stage={office.stages[-1]}")
    visitor.become(IVANOV)
    mine = visitor.look("/deals?mine=1")
    assert "/deal/558" in mine and "/deal/559" not in mine
    assert visitor.read("/companies?q=Ром").count("Ромашка") == 1


def test_board_shows_stages_with_counts(visitor: Visitor, office: Office) -> None:
    page = visitor.look(f"/deals?funnel={office.funnel}&view=board")
    assert page.count("data-stage=") == len(office.stages)
    assert "Ещё 40" in page and page.count("data-item=") == 20


def test_card_shows_fields_by_their_titles_and_related_objects(visitor: Visitor, office: Office) -> None:
    company = visitor.read("/company/100")
    assert "Ромашка Компания № 100" in company
    assert "Сделки 60" in company and "Дебиторка 1" in company and "Ольга Ромашкина" in company
    debt = visitor.read(f"/item/{office.debts}/17")
    assert "Оплачено 0 ₽" in debt and "Срок оплаты 13.04.2026" in debt and "Ромашка" in debt
    deal = visitor.look("/deal/501")
    assert 'aria-current="step"' in deal and f'href="/item/{office.debts}/17"' in deal
    assert "Дальше по воронке" in deal


def test_the_objects_of_a_company(visitor: Visitor, sandbox: Sandbox) -> None:
    assert "/deals?of=4:100" in visitor.look("/company/100")
    assert "Ромашка ×" in visitor.read("/deals?of=4:100") and "Страница 1 из 2" in visitor.read("/deals?of=4:100")
    assert "Ничего не найдено" in visitor.read("/deals?of=4:101")
    assert 'name="companyId" value="100"' in visitor.look("/new/2?companyId=100")


def test_the_bell_counts_until_it_is_read(visitor: Visitor, sandbox: Sandbox) -> None:
    sandbox.rest("im.notify.system.add", {"USER_ID": 1, "MESSAGE": "Новость"})
    assert "Уведомления 1" in visitor.read("/tasks")
    visitor.send("/notifications/read", came_from="/notifications")
    assert "Уведомления 1" not in visitor.read("/tasks") and "Новость" in visitor.read("/notifications")


def test_everything_is_escaped(visitor: Visitor, sandbox: Sandbox) -> None:
    title = "<script>alert(1)</script>\"'"
    sandbox.rest("crm.item.update", {"entityTypeId": COMPANY, "id": 101, "fields": {"title": title}})
    comment = "[url=javascript:alert(2)]тут[/url] <b>x</b> [b]жирно[/b]"
    sandbox.rest("im.notify.system.add", {"USER_ID": 1, "MESSAGE": comment})
    for path in ("/companies", "/company/101", "/company/101?IFRAME=Y", "/companies?q=<script>"):
        page = visitor.look(path)
        assert "<script>alert" not in page and "&lt;script&gt;" in page
    bell = visitor.look("/notifications")
    assert "javascript:" not in bell and "&lt;b&gt;x" in bell and "<b>жирно</b>" in bell


def test_links_into_the_portal_lead_here(visitor: Visitor, sandbox: Sandbox, office: Office) -> None:
    message = f"[URL={sandbox.url}/crm/company/details/100/]Клиент[/URL] {sandbox.url}/crm/deal/details/501/"
    sandbox.rest("im.notify.system.add", {"USER_ID": 1, "MESSAGE": message})
    bell = visitor.look("/notifications")
    assert '<a href="/crm/company/details/100/">Клиент</a>' in bell
    assert '<a href="/crm/deal/details/501/">' in bell
    assert "Ромашка" in visitor.read("/crm/company/details/100/")
    assert "Заказ 1" in visitor.read("/crm/deal/details/501/")
    assert "Отгрузка 7" in visitor.read(f"/crm/type/{office.debts}/details/17/")
    assert "Заказ 1" in visitor.read("/crm/type/2/details/501/")


def test_refusals_are_told_in_words(visitor: Visitor, sandbox: Sandbox, office: Office) -> None:
    assert "Портал отказал" in visitor.read("/deal/99999", status=400)
    assert "Такого раздела" in visitor.read("/list/777", status=404)
    text = visitor.send(f"/item/{DEAL}/501/move", came_from="/deal/501", stageId="NOSUCH")
    assert "Заказ 1" in text
    row = sandbox.rest("crm.item.get", {"entityTypeId": DEAL, "id": 501})["item"]
    assert row["stageId"] == office.stages[0]


def test_a_form_of_another_site_is_not_obeyed(visitor: Visitor, sandbox: Sandbox, office: Office) -> None:
    answer = visitor.http.post(
        f"{sandbox.url}/item/{DEAL}/501/move",
        data={"stageId": office.stages[1]},
        headers={"Origin": "http://evil.example"},
        timeout=30,
    )
    assert answer.status_code == 403
    assert sandbox.rest("crm.item.get", {"entityTypeId": DEAL, "id": 501})["item"]["stageId"] == office.stages[0]
