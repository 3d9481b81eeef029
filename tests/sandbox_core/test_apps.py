"""Applications: installation, tokens, pages in the frame, events to them."""

from __future__ import annotations

import pytest
import requests

from tests.harness.receiver import Receiver
from tests.harness.sandbox import Refused, Sandbox
from tests.sandbox_core.conftest import App


def refresh(app: App, token: str | None = None, secret: str | None = None) -> requests.Response:
    query = {
        "grant_type": "refresh_token",
        "client_id": app.client_id,
        "client_secret": secret or app.client_secret,
        "refresh_token": token or app.refresh,
    }
    return requests.get(f"{app.sandbox.url}/oauth/token/", params=query, timeout=60)


def test_refresh_gives_a_new_pair_once(app: App) -> None:
    pair = refresh(app).json()
    assert set(pair) == {
        *("access_token", "refresh_token", "client_endpoint", "server_endpoint", "domain", "expires"),
        *("expires_in", "member_id", "scope", "status", "user_id"),
    }
    assert app.rest("app.info", token=pair["access_token"])["INSTALLED"] is True
    again = refresh(app)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    posted = requests.post(
        f"{app.sandbox.url}/oauth/token/",
        data={
            "grant_type": "refresh_token",
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "refresh_token": pair["refresh_token"],
        },
        timeout=10,
    )
    assert posted.json()["user_id"] == 1


def test_refresh_refusals(app: App) -> None:
    assert refresh(app, secret="wrong").json()["error"] == "invalid_client"
    assert refresh(app, token="nonsense").json()["error"] == "invalid_grant"
    bare = requests.get(f"{app.sandbox.url}/oauth/token/?grant_type=refresh_token", timeout=60)
    assert bare.json()["error"] == "invalid_request"


def test_access_token_lives_one_hour_of_the_portal(app: App) -> None:
    app.sandbox.control("clock", {"advance": "PT59M"})
    assert app.rest("profile")["ID"] == "1"
    app.sandbox.control("clock", {"advance": "PT2M"})
    with pytest.raises(Refused) as refused:
        app.rest("profile")
    assert (refused.value.status, refused.value.code) == (401, "expired_token")


def test_access_token_lives_as_long_as_the_sandbox_was_told() -> None:
    with Sandbox("--token-seconds", "60") as box:
        box.control("install", {"client_id": "local.1", "client_secret": "s3", "handler_url": "http://127.0.0.1:9/"})
        fields = box.control("open", {"client_id": "local.1"})["fields"]
        assert fields["AUTH_EXPIRES"] == "60"
        assert box.rest("profile", token=fields["AUTH_ID"])["ID"] == "1"
        box.control("clock", {"advance": "PT61S"})
        with pytest.raises(Refused) as refused:
            box.rest("profile", token=fields["AUTH_ID"])
        assert refused.value.code == "expired_token"


def test_refresh_token_lives_180_days(app: App) -> None:
    app.sandbox.control("clock", {"advance": "P181D"})
    assert refresh(app).json()["error"] == "invalid_grant"


def test_token_is_taken_from_query_body_and_header(app: App) -> None:
    url = f"{app.sandbox.url}/rest/user.admin"
    assert requests.get(f"{url}?auth={app.token}", timeout=60).json()["result"] is True
    assert requests.post(url, data={"auth": app.token}, timeout=60).json()["result"] is True
    header = {"Authorization": f"Bearer {app.token}"}
    assert requests.post(url, json={}, headers=header, timeout=60).json()["result"] is True


def test_authorization_code(app: App, receiver: Receiver) -> None:
    answer = requests.get(
        f"{app.sandbox.url}/oauth/authorize/?client_id={app.client_id}&state=xyz", timeout=10, allow_redirects=False
    )
    assert answer.status_code == 302 and answer.headers["Location"].startswith(receiver.url())
    query = dict(part.split("=") for part in answer.headers["Location"].partition("?")[2].split("&"))
    assert query["state"] == "xyz" and query["member_id"] == app.sandbox.ready["member_id"]
    given = {
        "grant_type": "authorization_code",
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "code": query["code"],
    }
    first = requests.get(f"{app.sandbox.url}/oauth/token/", params=given, timeout=60).json()
    assert app.rest("profile", token=first["access_token"])["ID"] == "1"
    second = requests.get(f"{app.sandbox.url}/oauth/token/", params=given, timeout=60).json()
    assert second["error"] == "invalid_grant"


def test_scopes_bound_the_application(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.control("install", {"client_id": "small", "handler_url": receiver.url(), "scope": ["crm"]})
    token = sandbox.control("open", {"client_id": "small"})["fields"]["AUTH_ID"]
    with pytest.raises(Refused) as refused:
        sandbox.rest("department.get", token=token)
    assert (refused.value.status, refused.value.code) == (403, "insufficient_scope")
    assert sandbox.rest("scope", token=token) == ["crm"]
    assert sandbox.rest("method.get", {"name": "department.get"}, token=token) == {
        "isExisting": True,
        "isAvailable": False,
    }


def test_dismissal_kills_tokens_and_webhook(app: App) -> None:
    sandbox = app.sandbox
    user = sandbox.rest("user.add", {"EMAIL": "bob@example.com", "NAME": "Bob"})
    fields = sandbox.control("open", {"client_id": app.client_id, "as": user})["fields"]
    assert app.rest("profile", token=fields["AUTH_ID"])["ID"] == str(user)
    sandbox.control("dismiss", {"user": user})
    for options in ({"token": fields["AUTH_ID"]}, {"user": user}):
        assert sandbox.raw("profile", **options).status_code == 401
    assert refresh(app, token=fields["REFRESH_ID"]).json()["error"] == "invalid_grant"


def test_installation_page_and_its_end(sandbox: Sandbox, receiver: Receiver) -> None:
    receiver.answer = "<html>install</html>"
    told = sandbox.control(
        "install",
        {"client_id": "ui", "handler_url": receiver.url("/app"), "install_url": receiver.url("/install"), "as": 1},
    )
    assert told["installed"] is False
    opened = sandbox.control("open", {"client_id": "ui", "deliver": True})
    assert (opened["status"], opened["body"]) == (200, receiver.answer)
    page = receiver.received[0]
    assert page.path == "/install" and set(page.query) == {"DOMAIN", "PROTOCOL", "LANG", "APP_SID"}
    assert set(page.form) == {
        *("AUTH_ID", "AUTH_EXPIRES", "REFRESH_ID", "SERVER_ENDPOINT", "APPLICATION_TOKEN"),
        *("APPLICATION_SCOPE", "member_id", "status", "PLACEMENT"),
    }
    token = page.form["AUTH_ID"]
    assert sandbox.rest("app.info", token=token)["INSTALLED"] is False
    assert sandbox.rest("event.bind", {"event": "ONAPPTEST", "handler": receiver.url("/e")}, token=token) is True
    sandbox.rest("event.test", {"any": 1}, token=token)
    sandbox.control("delivery/flush", {})
    assert len(receiver.received) == 1, "no events before the installation has finished"
    sandbox.control("install_finish", {"client_id": "ui"})
    assert sandbox.rest("app.info", token=token)["INSTALLED"] is True
    sandbox.rest("event.test", {"any": "data"}, token=token)
    sandbox.control("delivery/flush", {})
    assert receiver.received[1].form["data[QUERY][any]"] == "data"
    assert sandbox.control("open", {"client_id": "ui"})["url"].startswith(receiver.url("/app"))


def test_an_unfinished_installation_is_not_shown_to_employees(sandbox: Sandbox, receiver: Receiver) -> None:
    user = sandbox.rest("user.add", {"EMAIL": "eve@example.com", "NAME": "Eve"})
    sandbox.control("install", {"client_id": "ui", "handler_url": "", "install_url": receiver.url("/install")})
    with pytest.raises(Refused):
        sandbox.control("open", {"client_id": "ui", "as": user})


def test_callback_installation_posts_tokens(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.control("install", {"client_id": "cb", "install_url": receiver.url("/install"), "callback": True})
    form = receiver.wait(1)[0].form
    assert form["event"] == "ONAPPINSTALL" and form["data[INSTALLED]"] == "Y"
    assert {"auth[access_token]", "auth[refresh_token]", "auth[application_token]", "ts"} <= set(form)
    assert sandbox.rest("app.info", token=form["auth[access_token]"])["INSTALLED"] is True


def test_update_and_removal(app: App, receiver: Receiver) -> None:
    sandbox = app.sandbox
    for code in ("ONAPPUPDATE", "ONAPPUNINSTALL"):
        app.rest("event.bind", {"event": code, "handler": receiver.url(f"/{code}")})
    app.rest("placement.bind", {"PLACEMENT": "LEFT_MENU", "HANDLER": receiver.url("/menu"), "TITLE": "Menu"})
    updated = sandbox.control("update", {"client_id": app.client_id, "version": "2"})
    sandbox.control("delivery/flush", {})
    form = receiver.received[0].form
    assert form["data[PREVIOUS_VERSION]"] == "1" and form["auth[application_token]"] == updated["application_token"]
    assert updated["application_token"] != app.application_token
    assert app.rest("event.get") == [], "an update drops the handlers"
    app.rest("event.bind", {"event": "ONAPPUNINSTALL", "handler": receiver.url("/gone")})
    sandbox.control("uninstall", {"client_id": app.client_id, "clean": 1})
    sandbox.control("delivery/flush", {})
    gone = receiver.received[1].form
    assert gone["data[CLEAN]"] == "1" and "auth[access_token]" not in gone
    assert gone["auth[application_token]"] == updated["application_token"]
    assert sandbox.raw("profile", token=app.token).status_code == 401
    assert refresh(app).json()["error"] == "wrong_client"
    sandbox.control("install", {"client_id": app.client_id, "handler_url": receiver.url()})
    token = sandbox.control("open", {"client_id": app.client_id})["fields"]["AUTH_ID"]
    assert app.rest("placement.get", token=token) == []


def test_options_belong_to_application_and_user(app: App) -> None:
    assert app.rest("app.option.set", {"options": {"a": {"b": 1}, "c": "x"}}) is True
    assert app.rest("app.option.get") == {"a": {"b": 1}, "c": "x"}
    assert app.rest("app.option.get", {"option": "c"}) == "x"
    assert app.rest("user.option.get") == []
    with pytest.raises(Refused) as refused:
        app.sandbox.rest("app.option.get")
    assert (refused.value.status, refused.value.code) == (403, "ACCESS_DENIED")


def test_placements(app: App, receiver: Receiver) -> None:
    tab = {"PLACEMENT": "CRM_DEAL_DETAIL_TAB", "HANDLER": receiver.url("/tab"), "TITLE": "Debts"}
    assert app.rest("placement.bind", tab) is True
    with pytest.raises(Refused) as refused:
        app.rest("placement.bind", {"PLACEMENT": "NOWHERE", "HANDLER": receiver.url("/tab")})
    assert refused.value.code == "ERROR_PLACEMENT_NOT_FOUND"
    with pytest.raises(Refused) as refused:
        app.rest("placement.bind", {"HANDLER": receiver.url("/tab")})
    assert refused.value.body["argument"] == "PLACEMENT"
    with pytest.raises(Refused) as refused:
        app.sandbox.rest("placement.bind", tab)
    assert (refused.value.status, refused.value.code) == (403, "WRONG_AUTH_TYPE")
    assert [row["placement"] for row in app.rest("placement.get")] == ["CRM_DEAL_DETAIL_TAB"]
    opened = app.sandbox.control(
        "open",
        {"client_id": app.client_id, "placement": "CRM_DEAL_DETAIL_TAB", "options": {"ID": "5", "URI": "/crm/"}},
    )
    assert opened["url"].startswith(receiver.url("/tab"))
    assert opened["fields"]["PLACEMENT_OPTIONS"] == r'{"ID":"5","URI":"\/crm\/"}'
    assert app.rest("placement.unbind", {"PLACEMENT": "CRM_DEAL_DETAIL_TAB"}) == {"count": 2}


def test_rename_answers_302_at_the_old_address(app: App) -> None:
    sandbox = app.sandbox
    port = sandbox.url.rpartition(":")[2]
    assert sandbox.control("rename", {"domain": "localhost"}) == {"domain": f"localhost:{port}"}
    answer = sandbox.raw("profile")
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"http://localhost:{port}/rest/1/secret/profile"
    assert requests.post(answer.headers["Location"], timeout=60).json()["result"]["ID"] == "1"
    pair = refresh(app).json()
    assert pair["client_endpoint"] == f"http://localhost:{port}/rest/"
    assert pair["server_endpoint"] == f"http://127.0.0.1:{port}/oauth/rest/"
    info = requests.get(f"{pair['server_endpoint']}app.info?auth={pair['access_token']}", timeout=60)
    assert info.json()["result"]["STATUS"] == info.json()["result"]["install"]["status"] == "L"
    assert f"{info.json()['result']['install']['uri']}/rest/" == pair["client_endpoint"]
