"""POST /install: only what the authorisation server and the portal confirm is believed."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete

from b24app.errors import PortalUnavailable
from b24app.store.models import CredentialRow, PortalRow, TokenRow
from rules.decision import Text

from .conftest import APP_TOKEN, MEMBER, QUERY, FakeServices, event, opened, post, rows


def session_of(html: str) -> dict[str, str]:
    found = re.search(r'data-session="([^"]+)"', html)
    assert found
    return {"Authorization": f"Bearer {found[1]}"}


def test_an_administrator_installs(client: FlaskClient, services: FakeServices) -> None:
    answer = post(client, "/install", opened(), QUERY)
    assert answer.status_code == 200
    assert "Пищевое производство" in answer.text and "Металлопрокат" in answer.text
    (portal,) = rows(services, PortalRow)
    assert (portal.member_id, portal.client_endpoint, portal.status) == (
        MEMBER,
        "https://portal.bitrix24.ru/rest/",
        "installing",
    )
    assert (portal.language, portal.time_zone, portal.scope) == ("ru", "Europe/Moscow", ["crm", "placement"])
    assert services.secret_box.open(portal.application_token) == APP_TOKEN
    (token,) = rows(services, TokenRow)
    assert (token.user_id, token.rank, token.is_admin, token.state) == (1, 0, True, "active")
    assert services.secret_box.open(token.access) == "access of 1"
    assert services.secret_box.open(token.refresh) == "next refresh of 1"
    assert post(client, "/events", event()).status_code == 200


def test_no_token_reaches_the_page(client: FlaskClient) -> None:
    text = post(client, "/install", opened(), QUERY).text
    for secret in ("access of 1", "refresh of 1", APP_TOKEN, "secret of"):
        assert secret not in text


def test_only_the_portals_own_frame_may_show_the_page(client: FlaskClient) -> None:
    answer = post(client, "/install", opened(), QUERY.replace("portal.bitrix24.ru", "evil.example"))
    policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors https://portal.bitrix24.ru" in policy and "evil" not in policy
    assert "X-Frame-Options" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("domain", ["a;b", "x' 'unsafe", "a b", "http://x", "-", "x\nSet-Cookie: a=b"])
def test_a_claimed_address_cannot_write_the_policy(client: FlaskClient, domain: str) -> None:
    answer = post(client, "/install", opened(REFRESH_ID="wrong"), urlencode({"DOMAIN": domain}))
    assert answer.status_code == 403
    assert answer.headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")


def test_opened_again_and_by_another_administrator(client: FlaskClient, services: FakeServices) -> None:
    for user in (1, 1, 2):
        assert post(client, "/install", opened(user), QUERY).status_code == 200
    assert len(rows(services, PortalRow)) == 1
    assert [(row.user_id, row.rank, row.version) for row in rows(services, TokenRow)] == [(1, 0, 2), (2, 1, 1)]


def test_the_secret_goes_only_to_a_known_authorisation_server(client: FlaskClient, services: FakeServices) -> None:
    post(client, "/install", opened(SERVER_ENDPOINT="https://evil.example/rest/"), QUERY)
    post(client, "/install", opened(SERVER_ENDPOINT="https://oauth.bitrix24.tech/rest/"), QUERY)
    post(client, "/install", opened(), QUERY)
    servers = [server for server, _ in services.auth_server.asked]
    assert servers == ["https://oauth.bitrix.info", "https://oauth.bitrix24.tech", "https://oauth.bitrix.info"]


def test_a_member_id_that_is_not_the_tokens_is_refused(client: FlaskClient, services: FakeServices) -> None:
    answer = post(client, "/install", opened(member_id="somebody-else"), QUERY)
    assert answer.status_code == 403
    assert rows(services, PortalRow) == []


def test_an_unencrypted_portal_is_refused(client: FlaskClient, services: FakeServices) -> None:
    services.auth_server.endpoint = "http://portal.bitrix24.ru/rest/"
    assert post(client, "/install", opened(), QUERY).status_code == 403
    assert rows(services, PortalRow) == []


def test_an_employee_is_told_to_ask_an_administrator(client: FlaskClient, services: FakeServices) -> None:
    services.auth_server.tokens["refresh of 12"] = ("local.1", MEMBER, 12)
    answer = post(client, "/install", opened(12), QUERY)
    assert answer.status_code == 403
    assert "администратор" in answer.text
    assert rows(services, PortalRow) == rows(services, TokenRow) == []


@pytest.mark.parametrize(("language", "word"), [("ru", "скопируйте «Код"), ("en", "copy the Application")])
def test_without_credentials_the_page_says_what_to_do(
    client: FlaskClient, services: FakeServices, language: str, word: str
) -> None:
    with services.database.session() as session:
        session.execute(delete(CredentialRow))
    answer = post(client, "/install", opened(), QUERY.replace("LANG=ru", f"LANG={language}"))
    assert answer.status_code == 409
    assert word in answer.text and "B24APP_CLIENT_ID" in answer.text


def test_the_pair_of_this_portal_is_found_among_others(client: FlaskClient, services: FakeServices) -> None:
    with services.database.session() as session:
        for number in (2, 3):
            sealed = services.secret_box.seal(f"secret of local.{number}")
            session.add(CredentialRow(client_id=f"local.{number}", client_secret=sealed, domain=f"p{number}.ru"))
    services.auth_server.tokens["refresh of 1"] = ("local.3", MEMBER, 1)
    assert post(client, "/install", opened(), QUERY.replace("portal.bitrix24.ru", "p3.ru")).status_code == 200
    assert [client_id for _, client_id in services.auth_server.asked] == ["local.3"]
    assert rows(services, PortalRow)[0].client_id == "local.3"


def test_a_silent_authorisation_server(client: FlaskClient, services: FakeServices) -> None:
    def silent(*_: str) -> None:
        raise PortalUnavailable(Text("Сервер авторизации не отвечает", "no answer"))

    services.auth_server.refresh = silent  # type: ignore[assignment]
    answer = post(client, "/install", opened(), QUERY)
    assert answer.status_code == 503 and "не отвечает" in answer.text


def test_a_portal_without_subscription(client: FlaskClient, services: FakeServices) -> None:
    services.auth_server.refuses_with = "PAYMENT_REQUIRED"
    answer = post(client, "/install", opened(REFRESH_ID="any"), QUERY)
    assert answer.status_code == 403 and "подписк" in answer.text


def test_too_many_openings_ask_nobody(client: FlaskClient, services: FakeServices) -> None:
    statuses = [post(client, "/install", opened(REFRESH_ID="wrong"), QUERY).status_code for _ in range(40)]
    assert statuses[0] == 403 and statuses[-1] == 503
    assert len(services.auth_server.asked) <= 30


def test_a_box_that_sends_no_application_token_gets_it_with_the_event(
    client: FlaskClient, services: FakeServices
) -> None:
    form = {key: value for key, value in opened().items() if key != "APPLICATION_TOKEN"}
    assert post(client, "/install", form, QUERY).status_code == 200
    assert rows(services, PortalRow)[0].application_token is None
    assert post(client, "/events", event(token="")).status_code == 403
    assert post(client, "/events", app_event("ONAPPINSTALL")).status_code == 200
    assert post(client, "/events", event()).status_code == 200


def app_event(name: str, **auth: str) -> dict[str, str]:
    fields = {
        "member_id": MEMBER,
        "access_token": "access of 1",
        "refresh_token": "refresh of 1",
        "application_token": APP_TOKEN,
    } | auth
    return {"event": name, "data[LANGUAGE_ID]": "ru"} | {f"auth[{key}]": value for key, value in fields.items()}


def test_an_application_without_a_page(client: FlaskClient, services: FakeServices) -> None:
    form = {key: value for key, value in app_event("").items() if key.startswith("auth[")}
    answer = post(client, "/install", form)
    assert (answer.status_code, answer.data) == (200, b"")
    assert rows(services, PortalRow)[0].member_id == MEMBER


@pytest.mark.parametrize("path", ["/events", "/install"])
def test_an_installation_event_must_be_proved(client: FlaskClient, services: FakeServices, path: str) -> None:
    assert post(client, path, app_event("ONAPPINSTALL", refresh_token="stolen")).status_code == 403
    assert rows(services, PortalRow) == []
    assert post(client, path, app_event("ONAPPINSTALL")).status_code == 200


@pytest.mark.parametrize("path", ["/events", "/install"])
@pytest.mark.parametrize("name", ["ONAPPINSTALL", "ONAPPUPDATE"])
def test_invented_installations_ask_no_more_than_the_page_may(
    client: FlaskClient, services: FakeServices, path: str, name: str
) -> None:
    answers = [post(client, path, app_event(name, member_id=f"{n:032}", refresh_token="no")) for n in range(100)]
    assert [answer.status_code for answer in answers] == [403] * 30 + [503] * 70
    assert len(services.auth_server.asked) == 30
    assert post(client, "/install", opened(), QUERY).status_code == 503, "it is one limit for all ways"


def test_an_installation_event_without_a_refresh_token_asks_nobody(client: FlaskClient, services: FakeServices) -> None:
    assert post(client, "/events", app_event("ONAPPINSTALL", refresh_token="")).status_code == 403
    assert services.auth_server.asked == []


def test_an_update_brings_a_new_token_and_repairs_what_the_portal_dropped(
    client: FlaskClient, services: FakeServices, portal: int
) -> None:
    assert post(client, "/events", app_event("ONAPPUPDATE", application_token="renewed")).status_code == 200
    assert services.provisioned == [(portal, ("food_distribution",))]
    assert post(client, "/events", event(token="renewed")).status_code == 200


def test_installed_again_after_removal(client: FlaskClient, services: FakeServices, portal: int) -> None:
    removal = {"event": "ONAPPUNINSTALL", "data[CLEAN]": "1", "auth[member_id]": MEMBER}
    removal["auth[application_token]"] = APP_TOKEN
    post(client, "/events", removal)
    assert post(client, "/install", opened(APPLICATION_TOKEN="second"), QUERY).status_code == 200
    (row,) = rows(services, PortalRow)
    assert row.status == "installing"
    assert post(client, "/events", event(token="second")).status_code == 200
    assert post(client, "/events", removal).status_code == 403


def test_the_page_plans_starts_follows_and_finishes(client: FlaskClient, services: FakeServices) -> None:
    headers = session_of(post(client, "/install", opened(), QUERY).text)
    chosen = {"presets": ["food_distribution"]}
    plan = client.post("/install/plan", json=chosen, headers=headers)
    assert plan.json is not None
    told = [(line["action"], line["title"], line["note"], line["consent"]) for line in plan.json["lines"]]
    assert told == [
        ("create", "Работа с активной клиентской базой", "", ""),
        ("attention", "Отгружено", "Переименовать стадию", "stage.active.shipped"),
    ]
    assert services.provisioned == []
    started = client.post("/install/start", json=chosen, headers=headers)
    assert started.status_code == 202
    (portal,) = rows(services, PortalRow)
    assert (services.provisioned, services.accepted) == ([(portal.id, ("food_distribution",))], ())
    seen = client.get("/install/progress", headers=headers).json
    assert seen == {"state": "running", "done": 1, "total": 10, "text": "Создаю воронки"}
    early = client.post("/install/finish", headers=headers)
    assert early.status_code == 409 and early.json is not None and "дождитесь" in early.json["text"]["ru"]
    assert rows(services, PortalRow)[0].status == "installing"
    services.provisioning_ends()
    for _ in range(2):
        assert client.post("/install/finish", headers=headers).json == {"status": "installed"}
    assert rows(services, PortalRow)[0].status == "installed"


def test_nothing_is_finished_before_a_preset_was_chosen(client: FlaskClient, services: FakeServices) -> None:
    headers = session_of(post(client, "/install", opened(), QUERY).text)
    assert client.post("/install/finish", headers=headers).status_code == 409
    assert [(row.status, row.presets) for row in rows(services, PortalRow)] == [("installing", [])]


def test_consent_is_given_by_name(client: FlaskClient, services: FakeServices) -> None:
    headers = session_of(post(client, "/install", opened(), QUERY).text)
    body = {"presets": ["food_distribution"], "accepted": ["stage.active.shipped"]}
    assert client.post("/install/start", json=body, headers=headers).status_code == 202
    assert services.accepted == ("stage.active.shipped",)
    answer = client.post("/install/start", json={**body, "accepted": [1]}, headers=headers)
    assert answer.status_code == 400
    assert answer.json is not None and answer.json["field"] == "accepted"


@pytest.mark.parametrize("body", [{}, {"presets": []}, {"presets": ["unknown"]}, {"presets": "x"}, [], None])
def test_a_choice_must_be_from_the_list(client: FlaskClient, services: FakeServices, body: object) -> None:
    headers = session_of(post(client, "/install", opened(), QUERY).text)
    answer = client.post("/install/start", json=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json is not None and answer.json["field"] == "presets"
    assert services.provisioned == []


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x.y.z", "Basic abc"])
@pytest.mark.parametrize(
    ("method", "path"), [("post", "plan"), ("post", "start"), ("get", "progress"), ("post", "finish")]
)
def test_without_the_pages_session_nothing_works(
    client: FlaskClient, services: FakeServices, header: str, method: str, path: str
) -> None:
    answer = client.open(f"/install/{path}", method=method.upper(), headers={"Authorization": header}, json={})
    assert answer.status_code == 403
    assert services.provisioned == []


def test_the_session_ends_with_the_removal(client: FlaskClient, services: FakeServices) -> None:
    headers = session_of(post(client, "/install", opened(), QUERY).text)
    assert client.get("/install/progress", headers=headers).status_code == 200
    with services.database.session() as session:
        session.get_one(PortalRow, 1).status = "uninstalled"
    assert client.get("/install/progress", headers=headers).status_code == 403


def test_a_time_zone_nobody_knows_is_not_believed(client: FlaskClient, services: FakeServices) -> None:
    services.portal["access of 1"] = {"profile": {"ID": "1", "ADMIN": True, "TIME_ZONE": "Moscow/Old Box"}}
    assert post(client, "/install", opened(), QUERY).status_code == 200
    assert rows(services, PortalRow)[0].time_zone == "Europe/Moscow"


def test_a_person_outside_the_portal_is_sent_there(client: FlaskClient) -> None:
    for path in ("/install", "/app"):
        answer = client.get(path)
        assert answer.status_code == 200 and "Bitrix24" in answer.text


def test_static_files_are_served(client: FlaskClient) -> None:
    page = post(client, "/install", opened(), QUERY).text
    for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', page):
        assert client.get(address).status_code == 200
    assert "http" not in re.sub(r'data-portal="[^"]*"', "", page)
