"""What official clients expect of a portal besides the CRM: refusals of tokens, `app.info`, confirmed methods."""

from __future__ import annotations

import pytest
import requests

from tests.harness.sandbox import Refused, Sandbox
from tests.sandbox_crmcore.conftest import App


def test_tokens_that_are_none(portal: Sandbox) -> None:
    unknown = portal.raw("profile", token="nobody")
    assert (unknown.status_code, unknown.json()["error"]) == (401, "invalid_token")
    missing = requests.post(f"{portal.url}/rest/profile", json={}, timeout=30)
    assert (missing.status_code, missing.json()["error"]) == (401, "NO_AUTH_FOUND")


def test_an_unknown_application_is_told_so_with_status_200(portal: Sandbox) -> None:
    grant = {"grant_type": "refresh_token", "client_id": "app.0.0", "client_secret": "x", "refresh_token": "x"}
    answer = requests.get(f"{portal.url}/oauth/token/", grant, timeout=30)
    assert (answer.status_code, answer.json()["error"]) == (200, "wrong_client")


def test_a_webhook_is_told_its_permissions(portal: Sandbox) -> None:
    told = portal.rest("app.info")
    assert set(told) == {"SCOPE", "LICENSE"} and "crm" in told["SCOPE"]
    with pytest.raises(Refused) as refused:
        portal.rest("app.option.get", {"option": "x"})
    assert (refused.value.code, refused.value.status) == ("ACCESS_DENIED", 403)


def test_the_authorization_server_tells_of_the_installation(app: App, portal: Sandbox) -> None:
    answer = requests.get(f"{portal.url}/rest/app.info/", {"auth": app.token}, timeout=30).json()["result"]
    assert answer["install"]["installed"] is True and answer["user_id"] == 1


def test_a_method_waits_for_the_administrator(app: App, portal: Sandbox) -> None:
    app.bind("OnAppMethodConfirm")
    client = portal.control("state")["apps"][-1]["client_id"]
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            app.rest("voximplant.user.get", {"USER_ID": 1})
        assert (refused.value.code, refused.value.status) == ("METHOD_CONFIRM_WAITING", 401)
    named = {"client_id": client, "method": "voximplant.user.get"}
    portal.control("act", {"method": "sandbox.app.confirm", "params": named})
    assert app.rest("voximplant.user.get", {"USER_ID": 1})[0]["ID"] == "1"
    portal.control("delivery/flush", {})
    form = app.receiver.received[0].form
    assert (form["event"], form["data[METHOD]"], form["data[CONFIRMED]"]) == (
        *("ONAPPMETHODCONFIRM", "voximplant.user.get"),
        "1",
    )
    assert form["data[TOKEN]"] == app.token and "auth[access_token]" not in form
    portal.control("act", {"method": "sandbox.app.confirm", "params": {**named, "allow": False}})
    with pytest.raises(Refused) as refused:
        app.rest("voximplant.user.get", {"USER_ID": 1})
    assert (refused.value.code, refused.value.status) == ("METHOD_CONFIRM_DENIED", 403)
    assert portal.rest("voximplant.user.get", {"USER_ID": 1}), "a webhook needs no confirmation"


def test_people_from_outside_may_not_use_items(portal: Sandbox) -> None:
    fields = {"EMAIL": "guest@example.com", "NAME": "Гость", "EXTRANET": "Y", "SONET_GROUP_ID": [1]}
    guest = portal.rest("user.add", fields)
    for method, params in (("crm.item.list", {"entityTypeId": 2}), ("crm.stagehistory.list", {"entityTypeId": 2})):
        with pytest.raises(Refused) as refused:
            portal.rest(method, params, user=guest)
        assert (refused.value.code, refused.value.status) == ("allowed_only_intranet_user", 403)
    assert portal.rest("user.get", {"ID": guest})[0]["USER_TYPE"] == "extranet"


def test_people_without_rights_to_the_crm(portal: Sandbox) -> None:
    for number in (1, 2, 3, 4, 7, 31):
        params = {"user": 20, "entityTypeId": number, "mode": "none"}
        portal.control("act", {"method": "sandbox.crm.access", "params": params})
    refusals = {
        "crm.currency.list": ("", 400),
        "crm.company.fields": ("", 400),
        "crm.requisite.link.list": (0, 400),
        "crm.deal.recurring.fields": ("", 400),
        "crm.deal.contact.items.get": ("ACCESS_DENIED", 400),
        "crm.quote.contact.items.get": ("ACCESS_DENIED", 403),
    }
    deal = portal.rest("crm.deal.add", {"fields": {"TITLE": "Чужая"}})
    quote = portal.rest("crm.quote.add", {"fields": {"TITLE": "Чужое"}})
    for method, expected in refusals.items():
        with pytest.raises(Refused) as refused:
            portal.rest(method, {"id": quote if "quote" in method else deal}, user=20)
        assert (refused.value.code, refused.value.status) == expected, method
