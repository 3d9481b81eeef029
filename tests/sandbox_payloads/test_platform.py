"""Tokens, installation, widgets, robots and errors of the platform come as the documentation prints them."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from tests.sandbox_payloads import documented
from tests.sandbox_payloads.shapes import differences
from tests.sandbox_payloads.stage import ALL_SCOPES, CLIENT, Stage

OTHERS: dict[str, dict[str, Any]] = {one["name"]: one for one in documented.everything()["others"]}
SYSTEM: dict[str, dict[str, Any]] = {
    one["body"]["error"]: one for one in documented.everything()["system"] if isinstance(one["body"]["error"], str)
}


def others(kind: str, *without: str) -> list[str]:
    """The documented bodies of a kind."""
    return [name for name, one in OTHERS.items() if one["kind"] == kind and name not in without]


def token(stage: Stage, **given: Any) -> requests.Response:
    """A request to the authorization server."""
    query = {"client_id": CLIENT, "client_secret": "s3", **given}
    return stage.sandbox.http.get(f"{stage.sandbox.url}/oauth/token/", params=query, timeout=60)


def redirected(stage: Stage) -> dict[str, str]:
    """The query of the redirect that follows the user's consent."""
    url = f"{stage.sandbox.url}/oauth/authorize/?client_id={CLIENT}&state=x"
    answer = stage.sandbox.http.get(url, allow_redirects=False, timeout=60)
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def refreshed(stage: Stage) -> requests.Response:
    """A renewal of the administrator's tokens."""
    fields = stage.sandbox.control("open", {"client_id": CLIENT})["fields"]
    return token(stage, grant_type="refresh_token", refresh_token=fields["REFRESH_ID"])


@pytest.mark.parametrize("name", ["oauth:code-exchange", "oauth:refresh", "oauth:refresh:b24-tech-host"])
def test_tokens(stage: Stage, name: str) -> None:
    exchange = name == "oauth:code-exchange"
    answer = (
        token(stage, grant_type="authorization_code", code=redirected(stage)["code"]) if exchange else refreshed(stage)
    )
    assert differences(OTHERS[name]["body"], answer.json()) == {}


def test_redirect_with_a_code(stage: Stage) -> None:
    assert differences(OTHERS["oauth:redirect-params"]["body"], redirected(stage)) == {}


TOKEN_REFUSALS = {
    "invalid_request": {"grant_type": "refresh_token"},
    "invalid_client": {"grant_type": "refresh_token", "refresh_token": "x", "client_secret": "wrong"},
    "invalid_grant": {"grant_type": "refresh_token", "refresh_token": "unknown"},
    "invalid_scope": {"grant_type": "refresh_token", "refresh_token": "x", "scope": "unheard_of"},
}


@pytest.mark.parametrize(
    "code", sorted({OTHERS[name]["body"]["error"] for name in others("oauth") if ":error:" in name})
)
def test_refusals_of_tokens(stage: Stage, code: str) -> None:
    if code not in TOKEN_REFUSALS:
        fault = {"kind": "refuse", "error": code, "match": {"method": "oauth/token"}, "times": 1}
        stage.sandbox.control("faults", fault)
    answer = token(stage, **TOKEN_REFUSALS.get(code, {}))
    assert (answer.status_code, answer.json()["error"]) == (400, code)
    assert set(answer.json()) == {"error", "error_description"}


def test_first_page_of_an_application(stage: Stage) -> None:
    for name in ("install:app-open:DEFAULT", "install:first-open-install-page"):
        body = OTHERS[name]["body"]
        install_url = stage.receiver.url("/install") if "install-page" in name else ""
        app = {
            "client_id": "local.page",
            "client_secret": "s",
            "handler_url": stage.receiver.url(),
            "install_url": install_url,
        }
        stage.sandbox.control("install", app)
        stage.sandbox.control("open", {"client_id": "local.page", "deliver": True})
        came = stage.receiver.received[-1]
        assert body["query"].keys() <= came.query.keys()
        assert body["form"].keys() <= came.form.keys()


def test_installation_without_a_page(stage: Stage) -> None:
    app = {"client_id": "local.bare", "client_secret": "s", "handler_url": stage.receiver.url()}
    stage.sandbox.control("install", {**app, "install_url": stage.receiver.url("/install"), "callback": True})
    stage.sandbox.control("delivery/flush", {})
    form = next(one.form for one in stage.receiver.received if one.path == "/install")
    assert OTHERS["install:callback:api-only"]["form_flat"].keys() <= form.keys()


# The menu of BI analytics opens its page by GET and without any data, which is a page like any other on the internet.
@pytest.mark.parametrize("name", others("placement", "placement:BI_ANALYTICS_MENU:get-no-data"))
def test_widget(stage: Stage, name: str) -> None:
    documented_form = OTHERS[name]["body"]["form"]
    options = OTHERS[name].get("placement_options_parsed")
    code = documented_form.get("PLACEMENT", "DEFAULT").replace("*", "1")
    opening = {"client_id": CLIENT, "placement": code, "handler": stage.receiver.url("/widget"), "deliver": True}
    stage.sandbox.control("open", {**opening, "options": options})
    came = stage.receiver.received[-1]
    assert documented_form.keys() <= came.form.keys()
    assert (OTHERS[name]["body"].get("query") or {}).keys() <= came.query.keys()


@pytest.mark.parametrize("name", [name for name in others("robot") if "messageservice" not in name])
def test_robot(stage: Stage, name: str) -> None:
    wanted = OTHERS[name]["form_flat"]
    properties = OTHERS[name]["body"].get("properties") or {}
    subscription = wanted.get("use_subscription", "N")
    robot = {
        "CODE": wanted["code"],
        "NAME": "Robot",
        "HANDLER": stage.receiver.url("/robot"),
        "USE_SUBSCRIPTION": subscription,
        "PROPERTIES": {key: {"Name": key, "Type": "string"} for key in properties},
    }
    if "auth[access_token]" in wanted:
        robot["AUTH_USER_ID"] = 1
    stage.must("bizproc.robot.add", {"_only": robot})
    run = {"code": wanted["code"], "document": [wanted[f"document_id[{i}]"] for i in range(3)]}
    stage.sandbox.control("run_robot", {**run, "properties": properties, "use_subscription": subscription})
    stage.sandbox.control("delivery/flush", {})
    form = next(one.form for one in stage.receiver.received if one.path == "/robot")
    assert _plain(wanted) <= _plain(form)


def _plain(form: dict[str, str]) -> set[str]:
    """Form keys, whether the elements of lists are numbered or not."""
    return {re.sub(r"\[\d*\]$", "", key) for key in form}


# Those of limits and of rights come by themselves (tests/sandbox_core); here the documented code and status of each.
@pytest.mark.parametrize("code", sorted(SYSTEM))
def test_system_error(stage: Stage, code: str) -> None:
    wanted = SYSTEM[code]
    fault = {"kind": "refuse", "error": code, "status": wanted["http_status"], "description": "x", "times": 1}
    stage.sandbox.control("faults", {**fault, "match": {"method": "profile"}})
    answer = stage.send("profile", {})
    assert (answer.status, answer.code) == (int(wanted["http_status"]), code)
    assert wanted["body"].keys() <= answer.body.keys()


def test_methods_that_do_not_exist(stage: Stage) -> None:
    answer = stage.send("crm.no.such.method", {})
    assert (answer.status, answer.code) == (404, "ERROR_METHOD_NOT_FOUND")


# Any of several permissions opens some methods; those that need none are open to all.
@pytest.mark.parametrize("method", [name for name in documented.implemented() if not name.endswith("@3")])
def test_scope(narrow: tuple[Stage, str], method: str) -> None:
    stage, bare = narrow
    scope = set(documented.methods()[method]["scope"])
    answer = requests.post(f"{stage.sandbox.url}/rest/{method}", json={"auth": bare}, timeout=60)
    refused = (answer.status_code, answer.json().get("error")) == (403, "insufficient_scope")
    assert refused == bool(scope - {"basic"} & set(ALL_SCOPES))


@pytest.fixture(scope="module")
def narrow(_stage: Stage) -> tuple[Stage, str]:
    """An application without any permission, and its token."""
    app = {"client_id": "local.narrow", "client_secret": "s", "handler_url": _stage.receiver.url(), "scope": ["mobile"]}
    _stage.clear()
    _stage.sandbox.control("install", app)
    return _stage, _stage.sandbox.control("open", {"client_id": "local.narrow"})["fields"]["AUTH_ID"]
