"""The main page, the tab «Дебиторка», health: what a person sees is what the portal would show him."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from b24app.portal.batch import Done
from b24app.store.models import BankPaymentRow, DecisionRow, ErrorRow, MessageRow, PortalRow, TimerRow, TokenRow

from .conftest import MEMBER, QUERY, FakeServices, add_portal, opened, post, rows

TAB = "/placement/company-receivables"
NBSP = "\N{NO-BREAK SPACE}"


def debt(number: int, amount: str, due: str, stage: str = "overdue") -> dict[str, Any]:
    """A record as crm.item.list prints it."""
    return {
        "id": number,
        "title": f"Отгрузка {number}",
        "stageId": f"DT1036_14:{stage.upper()}",
        "uf_shipment_number": f"УТ-{number}",
        "uf_shipment_date": "2026-03-01T03:00:00+03:00",
        "uf_due_date": f"{due}T03:00:00+03:00",
        "uf_amount": amount,
        "uf_paid": "",
        "uf_outstanding": amount,
    }


DEBTS = [
    debt(1, "10000|RUB", "2026-05-25", "waiting"),
    debt(2, "20000|RUB", "2026-05-15"),
    debt(3, "30000|RUB", "2026-05-04"),
    debt(4, "40000|RUB", "2026-03-10"),
]
COMPANY = {
    "id": 100,
    "title": "Ромашка",
    "uf_debt_in_period": "10000|RUB",
    "uf_debt_overdue": "90000|RUB",
    "uf_advance": "0|RUB",
}
STAGES = [{"STATUS_ID": "DT1036_14:OVERDUE", "NAME": "Просрочено"}]


def portal_with(debts: list[dict[str, Any]], company: dict[str, Any] | None = None) -> dict[str, Any]:
    def listed(params: Any) -> Done:
        start = int(params["start"])
        return Done({"items": debts[start : start + 50]}, len(debts))

    return {
        "crm.item.get": Done({"item": company or COMPANY}),
        "crm.item.list": listed,
        "crm.status.list": Done(STAGES),
    }


def tab(user: int = 12, company: str = "100", **form: str) -> dict[str, str]:
    options = json.dumps({"ID": company, "URI": f"/crm/company/details/{company}/"})
    return opened(user, **{"PLACEMENT": "CRM_COMPANY_DETAIL_TAB", "PLACEMENT_OPTIONS": options} | form)


@pytest.fixture
def viewer(services: FakeServices, portal: int) -> int:
    services.portal["access of 12"] = portal_with(DEBTS)
    return portal


def test_ageing_of_ap_08(client: FlaskClient, viewer: int) -> None:
    answer = post(client, TAB, tab(), QUERY)
    assert answer.status_code == 200
    ages = answer.text.split('class="ages"')[1].split("</dl>")[0].replace(NBSP, " ")
    figures = [part.split("</span>")[0].rpartition(">")[2] for part in ages.split("<dd>")[1:]]
    assert figures == ["10 000 ₽", "20 000 ₽", "30 000 ₽", "0", "40 000 ₽"]
    text = answer.text.replace(NBSP, " ")
    assert "90 000 ₽" in text and "УТ-4" in text and "Просрочено" in text and "/crm/type/1036/details/4/" in text


def test_the_viewers_own_token_asks(client: FlaskClient, services: FakeServices, viewer: int) -> None:
    post(client, TAB, tab(), QUERY)
    assert [call.method for call in services.calls] == ["crm.item.get", "crm.item.list", "crm.status.list"]
    listing = services.calls[1].params
    assert listing["filter"] == {"companyId": 100, "!@stageId": ["DT1036_14:PAID", "DT1036_14:WRITTEN_OFF"]}
    assert services.calls[2].params == {"filter": {"ENTITY_ID": "DYNAMIC_1036_STAGE_14"}}


@pytest.mark.parametrize("refused", ["crm.item.get", "crm.item.list"])
def test_without_rights_no_amount_is_shown(
    client: FlaskClient, services: FakeServices, viewer: int, refused: str
) -> None:
    services.portal["access of 12"] = {**services.portal["access of 12"], refused: None}
    explain(services, viewer)
    answer = post(client, TAB, tab(), QUERY)
    assert answer.status_code == 403
    assert "Нет доступа" in answer.text
    assert not [figure for figure in ("000", "₽", "Ромашка", "Должник") if figure in answer.text]


@pytest.mark.parametrize(
    ("form", "status"),
    [
        (tab(APPLICATION_TOKEN="0" * 32), 403),
        (tab(AUTH_ID="somebody's"), 403),
        (tab(AUTH_ID=""), 403),
        (tab(member_id="unknown"), 403),
        (tab(company="abc"), 400),
        (tab(PLACEMENT_OPTIONS="{"), 400),
    ],
)
def test_a_tab_opened_by_nobody(
    client: FlaskClient, services: FakeServices, viewer: int, form: dict[str, str], status: int
) -> None:
    answer = post(client, TAB, form, QUERY)
    assert answer.status_code == status
    assert "₽" not in answer.text and "<h1>" in answer.text


def pays(services: FakeServices, portal: int) -> None:
    """Money of the company from a bank's file, and where the last look at the company laid it."""
    moment = datetime(2026, 5, 20, 6, tzinfo=UTC)
    payments = [("1500.50", "Оплата по счёту 12", {"4": "1000"}, "500.50"), ("7000", "За товар", {"77": "7000"}, "0")]
    payments += [("300", "Без номера", {}, "300"), ("900", "Чужое", {"78": "900"}, "0")]
    told = []
    with services.database.session() as session:
        for number, (amount, purpose, laid, rest) in enumerate(payments, 1):
            row = BankPaymentRow(portal_id=portal, key=f"k{number}", company_id=100, number=str(number), amount=amount)
            row.day, row.payer, row.purpose, row.file = date(2026, 5, number), {"name": "Плательщик"}, purpose, "kl.txt"
            row.state = "counted"
            session.add(row)
            session.flush()
            one = {"payment": row.id, "amount": amount, "currency": "RUB", "laid": laid, "rest": rest}
            told.append(one)
        new = BankPaymentRow(portal_id=portal, key="new", company_id=100, number="5", amount="55", state="counted")
        new.day, new.payer, new.purpose, new.file = date(2026, 5, 9), {"inn": "7701"}, "Только что", "kl.txt"
        session.add(new)
        decision = DecisionRow(portal_id=portal, rule="keep_company_receivables", version=1, entity="company")
        decision.item_id, decision.at, decision.last_at, decision.outcome = 100, moment, moment, "debtor"
        decision.reason_ru, decision.reason_en, decision.facts = "", "", {"bank": told}
        session.add(decision)


def listed_with_paid(params: Any) -> Done:
    """The open records; of the paid ones that are asked for by id the viewer may see only 77."""
    if "@id" in params["filter"]:
        assert params["filter"]["@id"] == [77, 78]
        return Done({"items": [{"id": 77, "title": "Отгрузка 77", "uf_shipment_number": "УТ-77"}]}, 1)
    return Done({"items": DEBTS}, len(DEBTS))


def test_payments_from_a_bank_and_where_they_went(client: FlaskClient, services: FakeServices, viewer: int) -> None:
    pays(services, viewer)
    services.portal["access of 12"] = {**services.portal["access of 12"], "crm.item.list": listed_with_paid}
    text = post(client, TAB, tab(), QUERY).text.replace(NBSP, " ")
    shown = text.split("Оплаты из банка")[1].split("</table>")[0]
    lines = [" ".join(re.sub("<[^>]+>", " ", row).split()) for row in shown.split("<tr>")[2:]]
    assert lines == [
        "09.05.2026 № 5 55 Только что 7701 ещё не разнесён —",
        "03.05.2026 № 3 300 ₽ Без номера Плательщик — 300 ₽",
        "02.05.2026 № 2 7 000 ₽ За товар Плательщик УТ-77 7 000 ₽ —",
        "01.05.2026 № 1 1 500,50 ₽ Оплата по счёту 12 Плательщик УТ-4 1 000 ₽ 500,50 ₽",
    ]
    assert "/crm/type/1036/details/77/" in shown and "Чужое" not in text
    english = post(client, TAB, tab(), QUERY.replace("LANG=ru", "LANG=en")).text
    assert "Payments from the bank" in english and "not laid yet" in english


@pytest.mark.parametrize("refused", ["crm.item.get", "crm.item.list"])
def test_without_rights_no_payment_is_shown(
    client: FlaskClient, services: FakeServices, viewer: int, refused: str
) -> None:
    pays(services, viewer)
    services.portal["access of 12"] = {**services.portal["access of 12"], refused: None}
    answer = post(client, TAB, tab(), QUERY)
    assert answer.status_code == 403 and "Оплат" not in answer.text and "За товар" not in answer.text


@pytest.mark.parametrize(
    ("language", "words"),
    [("ru", ("Страница сломалась", "через минуту", "администратору")), ("en", ("The page broke", "in a minute"))],
)
@pytest.mark.parametrize("path", [TAB, "/placement/deal-receivables"])
def test_what_nobody_foresaw_is_a_page_and_a_line_in_the_inbox(
    client: FlaskClient, services: FakeServices, viewer: int, path: str, language: str, words: tuple[str, ...]
) -> None:
    def broken(params: Any) -> Done:
        raise ZeroDivisionError("a figure of the viewer")

    services.portal["access of 12"] = {**services.portal["access of 12"], "crm.item.get": broken}
    for _ in range(2):
        answer = post(client, path, tab(), QUERY.replace("LANG=ru", f"LANG={language}"))
    assert answer.status_code == 500 and answer.mimetype == "text/html"
    assert all(word in answer.text for word in words) and "ZeroDivision" not in answer.text
    assert "frame-ancestors https://" in answer.headers["Content-Security-Policy"]
    [entry] = rows(services, ErrorRow)
    assert (entry.portal_id, entry.kind, entry.count, entry.state) == (viewer, "page", 2, "open")
    assert path in entry.text_ru and path in entry.text_en and "ZeroDivisionError" in entry.text_en
    assert "figure" not in entry.text_en


def test_a_page_that_breaks_for_nobody_we_know_notes_nothing(
    client: FlaskClient, services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Any, member_id: str) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("b24app.web.portals.PortalBook.find", broken)
    answer = post(client, TAB, tab(), QUERY)
    assert answer.status_code == 500 and "Страница сломалась" in answer.text and rows(services, ErrorRow) == []


def test_another_portals_token_does_not_open_this_one(client: FlaskClient, services: FakeServices, viewer: int) -> None:
    add_portal(services, "other-member", "other-token")
    assert post(client, TAB, tab(member_id="other-member"), QUERY).status_code == 403


def test_a_box_without_the_application_token_is_proved_by_the_viewers_token(client: FlaskClient, viewer: int) -> None:
    form = {key: value for key, value in tab().items() if key != "APPLICATION_TOKEN"}
    assert post(client, TAB, form, QUERY).status_code == 200


def test_a_whole_company_behind_one_proxy_may_look(client: FlaskClient, viewer: int) -> None:
    assert {post(client, TAB, tab(), QUERY).status_code for _ in range(40)} == {200}


def test_a_company_without_debts(client: FlaskClient, services: FakeServices, viewer: int) -> None:
    services.portal["access of 12"] = portal_with([])
    answer = post(client, TAB, tab(), QUERY)
    assert answer.status_code == 200 and "Задолженности нет" in answer.text


def test_currencies_stay_apart(client: FlaskClient, services: FakeServices, viewer: int) -> None:
    debts = [
        debt(1, "10000|RUB", "2026-05-25", "waiting"),
        debt(2, "100|EUR", "2026-05-15"),
    ]
    services.portal["access of 12"] = portal_with(debts, {**COMPANY, "uf_debt_overdue": "9000|RUB"})
    text = post(client, TAB, tab(), QUERY).text.replace(NBSP, " ")
    assert "100 €" in text and "10 000 ₽" in text and "9 000 ₽" in text and "10 100" not in text


def test_many_records_are_read_to_the_end(client: FlaskClient, services: FakeServices, viewer: int) -> None:
    services.portal["access of 12"] = portal_with([debt(n, "1|RUB", "2026-05-01") for n in range(1, 121)])
    text = post(client, TAB, tab(), QUERY).text
    assert text.count("data-path=") == 120 and "УТ-120" in text


def explain(services: FakeServices, portal: int) -> None:
    moment = datetime(2026, 5, 20, 6, tzinfo=UTC)
    with services.database.session() as session:
        session.add(
            DecisionRow(
                portal_id=portal,
                rule="keep_company_type",
                version=1,
                entity="company",
                item_id=100,
                at=moment,
                last_at=moment,
                outcome="type.debtor",
                reason_ru="Должник: просрочено 90 000 ₽",
                reason_en="Debtor: 90,000 RUB overdue",
                facts={},
            )
        )
        for entity, number, hour in (("company", 100, 9), ("debt", 2, 7), ("debt", 77, 5)):
            due = datetime(2026, 5, 21, hour, tzinfo=UTC)
            session.add(TimerRow(portal_id=portal, handler="h", entity=entity, item_id=number, due_at=due))


@pytest.mark.parametrize(("language", "words"), [("ru", "Должник: просрочено"), ("en", "Debtor: 90,000 RUB")])
def test_the_reason_of_the_type_and_the_next_action(
    client: FlaskClient, services: FakeServices, viewer: int, language: str, words: str
) -> None:
    explain(services, viewer)
    text = post(client, TAB, tab(), QUERY.replace("LANG=ru", f"LANG={language}")).text
    assert words in text
    assert "21.05.2026 10:00" in text  # 07:00 UTC in Moscow: the earliest of this company's own


@pytest.mark.parametrize(
    ("language", "words"),
    [("ru", ["Чат", "доставлено", "нет канала", "Нет открытого чата"]), ("en", ["Chat", "delivered", "no channel"])],
)
def test_what_was_written_to_the_client(
    client: FlaskClient, services: FakeServices, viewer: int, language: str, words: list[str]
) -> None:
    said = {"portal_id": viewer, "company_id": 100, "rule": "r", "purpose": "debt_due", "subject": "s", "about": []}
    first = {**said, "key": "a", "state": "sent", "channel": "openline", "detail": "delivered", "text": "Оплатите <1>"}
    second = {**said, "key": "b", "state": "no_channel", "text": "Ещё раз", "reason_ru": "Нет открытого чата"}
    other = {**first, "key": "c", "company_id": 101, "text": "Чужое"}
    with services.database.session() as session:
        for number, values in enumerate((first, second, other)):
            session.add(MessageRow(at=datetime(2026, 5, 19, number, tzinfo=UTC), **values))
    text = post(client, TAB, tab(), QUERY.replace("LANG=ru", f"LANG={language}")).text
    assert all(word in text for word in words)
    assert "Оплатите &lt;1&gt;" in text and "Чужое" not in text
    assert text.index("Ещё раз") < text.index("Оплатите")


def test_a_deals_card_shows_what_its_company_owes(client: FlaskClient, services: FakeServices, viewer: int) -> None:
    # The fake answers every crm.item.get alike: this row is the deal and its company.
    services.portal["access of 12"] = portal_with(DEBTS, {**COMPANY, "companyId": 100})
    answer = post(client, "/placement/deal-receivables", tab(company="501"), QUERY)
    assert answer.status_code == 200 and "90 000 ₽" in answer.text.replace(NBSP, " ")
    asked = [call.params.get("id") for call in services.calls if call.method == "crm.item.get"]
    assert asked == [501, 100]
    services.portal["access of 12"] = portal_with(DEBTS)
    answer = post(client, "/placement/deal-receivables", tab(company="501"), QUERY)
    assert answer.status_code == 200 and "У сделки нет компании" in answer.text


def test_names_that_are_markup_stay_text(client: FlaskClient, services: FakeServices, viewer: int) -> None:
    nasty = debt(1, "5|RUB", "2026-05-01") | {"uf_shipment_number": "<script>alert(1)</script>"}
    services.portal["access of 12"] = portal_with([nasty])
    assert "<script>alert" not in post(client, TAB, tab(), QUERY).text


def test_a_portal_without_the_receivables_preset(client: FlaskClient, services: FakeServices, viewer: int) -> None:
    del services.binding["spa.debt"]
    answer = post(client, TAB, tab(), QUERY)
    assert answer.status_code == 200 and "не настроен" in answer.text


def test_the_main_page_shows_an_administrator_everything(
    client: FlaskClient, services: FakeServices, portal: int
) -> None:
    explain(services, portal)
    with services.database.session() as session:
        session.add(
            ErrorRow(
                portal_id=portal, group_key="k", kind="drift", text_ru="Нет стадии", text_en="No stage", payload={}
            )
        )
    answer = post(client, "/app", opened(), QUERY)
    assert answer.status_code == 200
    for words in ("Пищевое производство", "Нет стадии", "Должник", "Требуется внимание"):
        assert words in answer.text
    assert "frame-ancestors https://portal.bitrix24.ru" in answer.headers["Content-Security-Policy"]


def idle(services: FakeServices, portal: int, how_many: int) -> None:
    """Decisions by which nothing was to be done."""
    moment = datetime(2026, 5, 20, 7, tzinfo=UTC)
    with services.database.session() as session:
        for number in range(how_many):
            row = DecisionRow(portal_id=portal, rule="r", version=1, entity="deal", item_id=number, outcome="quiet")
            row.at, row.last_at, row.facts, row.acts = moment, moment, {}, False
            row.reason_ru, row.reason_en = "Делать нечего.", "Nothing to do."
            session.add(row)


def test_decisions_by_which_nothing_was_to_be_done_are_only_counted(
    client: FlaskClient, services: FakeServices, portal: int
) -> None:
    idle(services, portal, 3)
    explain(services, portal)
    idle(services, portal, 40)
    text = post(client, "/app", opened(), QUERY).text
    assert "Должник: просрочено" in text and "Делать нечего." not in text
    assert "делать нечего: 40" in text
    english = post(client, "/app", opened(), QUERY.replace("LANG=ru", "LANG=en")).text
    assert "nothing to do: 40" in english


def test_an_administrator_who_opens_the_app_becomes_a_reserve(
    client: FlaskClient, services: FakeServices, portal: int
) -> None:
    for user in (1, 2, 2):
        assert post(client, "/app", opened(user), QUERY).status_code == 200
    assert [(row.user_id, row.rank, row.version) for row in rows(services, TokenRow)] == [(1, 0, 1), (2, 1, 1)]
    assert len(services.auth_server.asked) == 2
    assert post(client, "/app", opened(2), QUERY).text.count("card hint") == 0


def test_a_dead_reserve_is_revived(client: FlaskClient, services: FakeServices, portal: int) -> None:
    post(client, "/app", opened(), QUERY)
    with services.database.session() as session:
        token = session.get_one(TokenRow, 1)
        token.state, token.dead_reason = "dead", "invalid_grant"
    post(client, "/app", opened(), QUERY)
    assert [(row.state, row.dead_reason) for row in rows(services, TokenRow)] == [("active", None)]


def test_the_page_opens_even_when_the_reserve_cannot_be_kept(
    client: FlaskClient, services: FakeServices, portal: int
) -> None:
    assert post(client, "/app", opened(REFRESH_ID="spent"), QUERY).status_code == 200
    assert rows(services, TokenRow) == []


def test_an_employee_sees_no_decisions_and_leaves_no_token(
    client: FlaskClient, services: FakeServices, portal: int
) -> None:
    explain(services, portal)
    answer = post(client, "/app", opened(12), QUERY)
    assert answer.status_code == 200
    assert "Должник" not in answer.text and "Дебиторка" in answer.text
    assert rows(services, TokenRow) == []


def test_a_stranger_at_the_main_page(client: FlaskClient, services: FakeServices, portal: int) -> None:
    for form in (opened(AUTH_ID="x"), opened(APPLICATION_TOKEN="x"), opened(member_id="x"), {}):
        assert post(client, "/app", form, QUERY).status_code == 403


def test_the_main_page_of_a_removed_application_installs_it(
    client: FlaskClient, services: FakeServices, portal: int
) -> None:
    with services.database.session() as session:
        session.get_one(PortalRow, portal).status = "uninstalled"
    services.auth_server.tokens["refresh of 12"] = ("local.1", MEMBER, 12)
    refused = post(client, "/app", opened(12), QUERY)
    assert refused.status_code == 403 and "администратор" in refused.text
    assert 'data-session="' in post(client, "/app", opened(), QUERY).text
    assert [row.status for row in rows(services, PortalRow)] == ["installing"]


def test_health(client: FlaskClient, services: FakeServices) -> None:
    answer = client.get("/health")
    assert (answer.status_code, answer.json) == (
        200,
        {
            "status": "ok",
            "checks": [{"name": "database", "status": "ok"}, {"name": "queue", "status": "ok"}],
        },
    )
    services.queue_works = False
    degraded = client.get("/health")
    assert degraded.status_code == 200 and degraded.json is not None and degraded.json["status"] == "degraded"


def test_health_without_a_database(client: FlaskClient, services: FakeServices, tmp_path: Any) -> None:
    services.database.engine.dispose()
    services.database = type(services.database)(f"sqlite:///{tmp_path}/missing/app.sqlite")
    answer = client.get("/health")
    assert answer.status_code == 503 and answer.json is not None and answer.json["status"] == "failed"
