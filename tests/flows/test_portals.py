"""The life of the app on portals: added, updated, removed, added again; several portals in one installation."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from rq import Queue
from sqlalchemy import select

from b24app import jobs
from b24app.engine import removal
from b24app.errors import PortalLost
from b24app.store.models import CursorRow, PortalRow, TokenRow
from tests.flows.conditions import Condition, quiet
from tests.flows.conftest import installed
from tests.flows.office import Office
from tests.flows.scenarios import shipped_deal
from tests.flows.stored import everything, portal_row, rows_of, tokens
from tests.harness.administrator import Administrator, Buttons
from tests.harness.receiver import Receiver
from tests.harness.sandbox import Sandbox
from tests.harness.world import World

pytestmark = pytest.mark.flow


def play(world: World) -> Condition:
    return Condition(world, Office(world), quiet)


def own_member_id(world: World) -> str:
    """Member id of the world's own portal."""
    return str(world.control("state")["member_id"])


def post_event(world: World, form: dict[str, str]) -> int:
    """The status of the answer to an event."""
    return requests.post(f"{world.web_url}/events", data=form, timeout=30).status_code


def all_processes(world: World, form: dict[str, str]) -> set[int]:
    """The statuses of the answers to an event, asked often enough to meet every web process."""
    return {post_event(world, form) for _ in range(20)}


def ships_another(stage: Condition) -> None:
    """Deal 502 is shipped and gets exactly one record: the app is alive and remembers nothing wrong."""
    before = len(stage.office.debts())
    stage.office.put_deal(502, "stage.active.packing")
    stage.office.ship(502)
    stage.goes_on()
    assert [debt["deal"] for debt in stage.office.debts()].count(502) == 1
    assert len(stage.office.debts()) == before + 1


# --- removal and what follows -------------------------------------------------------------------------


def test_removed_with_its_data_kept_and_added_again(world: World) -> None:
    stage, administrator = play(world), Administrator(world)
    shipped_deal(stage)
    debts, form = stage.office.debts(), world.event_form("ONCRMDEALUPDATE", {"FIELDS": {"ID": 501}})
    administrator.remove_app(clean=False)
    kept = portal_row(world)
    assert kept.status == "uninstalled" and kept.presets == ["food_distribution"]
    assert {"bindings", "decisions", "journal", "keys"} <= rows_of(world, kept.id).keys()
    with world.app.database.session() as session:
        assert {token.state for token in session.scalars(select(TokenRow))} == {"dead"}
    assert all_processes(world, form) == {403}
    administrator.add_app()
    administrator.install()
    assert portal_row(world).status == "installed" and portal_row(world).id == kept.id
    assert all_processes(world, form) == {403}, "the token of the first installation is dead"
    stage.goes_on()
    assert stage.office.debts() == debts
    ships_another(stage)


def test_removed_with_its_data_and_added_again(world: World) -> None:
    stage, administrator = play(world), Administrator(world)
    shipped_deal(stage)
    debts = stage.office.debts()
    administrator.remove_app(clean=True)
    left = portal_row(world)
    assert left.status == "uninstalled" and left.presets == []
    assert rows_of(world, left.id) == {}
    administrator.add_app()
    administrator.install()
    stage.goes_on()
    world.kit.engine.sweep("nightly")
    stage.goes_on()
    assert stage.office.debts() == debts
    ships_another(stage)


@pytest.mark.parametrize("clean", [0, 1])
def test_a_forged_removal_changes_nothing_and_a_true_one_after_it_does(world: World, clean: int) -> None:
    stage = play(world)
    shipped_deal(stage)
    before = rows_of(world, portal_row(world).id)
    assert post_event(world, world.event_form("ONAPPUNINSTALL", {"LANGUAGE_ID": "ru", "CLEAN": clean})) == 200
    world.app.work_off()
    assert portal_row(world).status == "installed"
    noted = {"cursors": before["cursors"] + 1, "errors": 1 + before.get("errors", 0)}
    assert rows_of(world, portal_row(world).id) == before | noted
    assert "портал по-прежнему принимает ключ" in world.cli("errors")
    stage.goes_on()
    ships_another(stage)
    Administrator(world).remove_app(clean=bool(clean))
    assert portal_row(world).status == "installed", "asked a moment ago"
    with world.app.database.session() as session:
        asked = session.scalars(select(CursorRow).where(CursorRow.name == removal.CURSOR)).one()
        asked.value = {**asked.value, "next": asked.value["at"]}
    world.wipe_queue_server()
    tick(world)
    left = portal_row(world)
    assert left.status == "uninstalled"
    assert (rows_of(world, left.id) == {}) is bool(clean)


def tick(world: World) -> None:
    """The clock's next tick, and what it wakes."""
    jobs.tick()
    world.app.work_off()


def test_a_portal_that_does_not_answer_is_not_believed_to_be_gone(world: World) -> None:
    with world.faults(match={"method": "app.info"}, kind="503", times=100):
        assert post_event(world, world.event_form("ONAPPUNINSTALL", {"LANGUAGE_ID": "ru", "CLEAN": 1})) == 200
        world.app.work_off()
    assert portal_row(world).status == "installed"
    ships_another(play(world))


def test_a_dismissed_administrator_does_not_prove_a_removal(world: World) -> None:
    form = world.event_form("ONAPPUNINSTALL", {"LANGUAGE_ID": "ru", "CLEAN": 1})
    world.control("dismiss", {"user": 1})
    assert post_event(world, form) == 200
    world.app.work_off()
    assert (portal_row(world).status, tokens(world)[0].state) == ("installed", "dead")


def test_an_update_brings_a_new_token_and_binds_the_events_again(world: World) -> None:
    stage, administrator = play(world), Administrator(world)
    old = world.event_form("ONCRMDEALUPDATE", {"FIELDS": {"ID": 501}})
    administrator.control("update", {"version": "2"})
    world.flush()
    world.app.work_off()
    assert world.event_form("ONCRMDEALUPDATE", {})["auth[application_token]"] != old["auth[application_token]"]
    assert all_processes(world, old) == {403}
    world.reconnect()
    sent = len(world.control("events?since=0"))
    shipped_deal(stage)
    arrived = {event["event"] for event in world.control("events?since=0")[sent:]}
    assert "ONCRMDEALUPDATE" in arrived
    assert stage.office.debt()["outstanding"] == 120_000


@pytest.mark.parametrize("by", ["tick", "settle"])
def test_an_update_with_the_queue_wiped_binds_the_events_again_once(world: World, by: str) -> None:
    Administrator(world).control("update", {"version": "2"})
    world.flush()
    world.wipe_queue_server()
    before = world.last_call()
    for _ in range(2):
        if by == "tick":
            tick(world)
        else:
            assert json.loads(world.cli("settle"))["left"] == 0
    bound = [call for call in world.writes_since(before) if call["method"] == "event.bind"]
    events = [call["params"]["event"].upper() for call in bound]
    assert "ONCRMDEALUPDATE" in events and len(events) == len(set(events))
    world.reconnect()
    ships_another(play(world))


def test_an_application_without_a_page_is_installed_by_a_callback(world: World) -> None:
    administrator = Administrator(world)
    administrator.remove_app(clean=True)
    administrator.add_app(callback=True)
    world.flush()
    assert portal_row(world).status == "installing"
    [token] = tokens(world)
    assert (token.user_id, token.state) == (1, "active")
    administrator.install()
    assert portal_row(world).status == "installed"
    ships_another(play(world))


def test_a_callback_after_a_removal_goes_on_with_the_chosen_presets(world: World) -> None:
    administrator = Administrator(world)
    administrator.remove_app(clean=False)
    administrator.add_app(callback=True)
    world.flush()
    world.app.work_off()
    world.reconnect()
    assert portal_row(world).status == "installed"
    ships_another(play(world))


# --- renamed portals, tokens --------------------------------------------------------------------------


def test_a_renamed_portal_is_followed(world: World) -> None:
    port = world.base + 1
    world.control("rename", {"domain": "localhost"})
    stage, world_url = play(world), f"http://localhost:{port}"
    stage.office.put_deal(501, "stage.active.packing")
    stage.office.ship(501)
    report = world.settle()
    assert (report.left, report.errors) == (0, 0)
    row = portal_row(world)
    assert (row.client_endpoint, row.domain) == (f"{world_url}/rest/", f"localhost:{port}")
    page = Administrator(world).open()
    assert page.status_code == 200
    assert f"frame-ancestors {world_url}" in page.headers["Content-Security-Policy"]


def test_no_secret_stands_in_the_database_file(world: World) -> None:
    shipped_deal(play(world))
    box, row, [token] = world.app.secret_box, portal_row(world), tokens(world)
    sealed = (token.access, token.refresh, row.application_token, row.client_secret)
    secrets = [box.open(value) for value in sealed]
    assert all(len(secret) > 16 for secret in secrets)
    files = [*world.data.glob("*.sqlite*"), *(world.data / "logs").glob("*"), *world.data.glob("valkey/**/*")]
    assert any(path.name == "app.sqlite" for path in files)
    for path in filter(os.path.isfile, files):
        content = path.read_bytes()
        assert not [secret[:6] for secret in secrets if secret.encode() in content], path


def test_without_any_living_token_nothing_is_lost(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    stage, reserve = play(world), Administrator.promoted(world, 30)
    stage.office.put_deal(501, "stage.active.packing")
    stage.office.ship(501)
    world.flush()
    world.control("dismiss", {"user": 1})
    with pytest.raises(PortalLost):
        world.settle()
    assert {token.state for token in tokens(world)} == {"dead"}
    assert '"failed"' in world.cli("doctor", "--json", check=False)
    assert reserve.open().status_code == 200
    world.reconnect()
    assert world.settle().left == 0
    office_rest = world.rest
    monkeypatch.setattr(world, "rest", lambda method, params=None: office_rest(method, params, user=30))
    assert stage.office.debt()["deal"] == 501


# --- the second click ---------------------------------------------------------------------------------


def test_every_button_of_the_installation_pressed_twice(world: World) -> None:
    administrator = Administrator(world)
    administrator.remove_app(clean=True)
    administrator.add_app()
    first, second = (Buttons(world, administrator.open().text) for _ in range(2))
    for buttons in (first, second, first, second):
        assert buttons.press("start", presets=["food_distribution"]).status_code == 202
    waiting = Queue("high", connection=world.app.redis).jobs
    assert [job.func_name for job in waiting].count("b24app.jobs.provision") == 1
    world.app.work_off()
    assert first.progress() == second.progress() and first.progress()["state"] == "done"
    assert first.press("start", presets=["food_distribution"]).status_code == 202
    before = world.last_call()
    world.app.work_off()
    assert world.writes_since(before) == []
    for buttons in (first, second, second):
        assert buttons.press("finish").json() == {"status": "installed"}
    with world.app.database.session() as session:
        assert len(session.scalars(select(PortalRow)).all()) == 1
    world.reconnect()
    ships_another(play(world))


# --- installations that are refused -------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"REFRESH_ID": "f" * 70},
        {"AUTH_ID": "f" * 70, "REFRESH_ID": "f" * 70},
        {"member_id": "f" * 32},
        {"REFRESH_ID": ""},
        {"member_id": ""},
    ],
    ids=str,
)
def test_a_forged_installation_leaves_no_trace(world: World, change: dict[str, str]) -> None:
    administrator, before = Administrator(world), everything(world)
    frame = administrator.frame()
    install = frame | {"url": frame["url"].replace("/app", "/install")}
    assert administrator.post(install, **change).status_code in (400, 403)
    assert everything(world) == before


def test_the_domain_of_an_installation_is_not_believed(world: World) -> None:
    administrator, before = Administrator(world), portal_row(world)
    frame = administrator.frame()
    address = frame["url"].replace("/app", "/install").replace(f"DOMAIN=127.0.0.1%3A{world.base + 1}", "DOMAIN=evil.ru")
    assert "DOMAIN=evil.ru" in address
    answer = administrator.post(frame | {"url": address})
    assert answer.status_code == 200 and "evil.ru" not in answer.text + str(answer.headers)
    after = portal_row(world)
    assert (after.domain, after.client_endpoint) == (before.domain, before.client_endpoint)


def test_the_client_secret_is_never_told_to_an_unknown_authorisation_server(world: World) -> None:
    administrator = Administrator(world)
    frame = administrator.frame()
    install = frame | {"url": frame["url"].replace("/app", "/install")}
    with Receiver() as stranger:
        answer = administrator.post(install, SERVER_ENDPOINT=stranger.url("/rest/"))
        assert answer.status_code == 200, "the usual server was asked instead"
        assert stranger.received == []
    assert portal_row(world).server_endpoint == f"{world.portal_url}/rest/"


def test_an_employee_cannot_install(world: World) -> None:
    before = everything(world)
    frame = Administrator(world, user=11).frame()
    answer = Administrator.post(frame | {"url": frame["url"].replace("/app", "/install")})
    assert answer.status_code == 403 and "администратор" in answer.text
    assert everything(world) == before


# --- several portals ----------------------------------------------------------------------------------


@dataclass
class Pair:
    """A world and a second portal, a box with an authorisation server of its own."""

    world: World
    box: Sandbox
    administrator: Administrator

    @property
    def member_id(self) -> str:
        """Of the box."""
        return str(self.box.control("state")["member_id"])

    @property
    def kit(self) -> Any:
        """The product's objects for the box."""
        return self.world.app.only_portal(self.member_id)

    def writes_since(self, number: int) -> list[dict[str, Any]]:
        """The app's writing commands at the box."""
        return [call for call in self.box.control(f"calls?since={number}") if call["write"] and call["app"]]


@pytest.fixture(scope="module")
def two_portals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """The second portal is known by its credentials only: the app is not installed there yet."""
    options = ("--rate", "off", "--now", "2026-02-01T09:00:00+03:00")
    with Sandbox(*options, fixture="F0") as box:
        world = installed(tmp_path_factory.mktemp("pair"), {"B24APP_AUTH_HOSTS": box.url})
        try:
            box.control("clock", {"freeze": True})
            pair = Pair(world, box, Administrator(world, 1, box, "local.box", "the secret of the box"))
            command = [sys.executable, "-m", "b24app", "credentials", "add", "local.box", "--data", str(world.data)]
            added = subprocess.run(command, input="the secret of the box\n", text=True, capture_output=True, timeout=60)
            assert added.returncode == 0, added.stderr
            pair.administrator.add_app()
            yield pair
        finally:
            world.stop()


def test_a_second_portal_audited_and_installed(two_portals: Pair) -> None:
    world, administrator = two_portals.world, two_portals.administrator
    first = essence(world)
    buttons = Buttons(world, administrator.open().text)
    plan = buttons.press("plan", presets=["food_distribution"]).json()
    assert {line["action"] for line in plan["lines"]} >= {"create"}
    assert two_portals.writes_since(0) == [], "the audit writes nothing"
    administrator.install()
    made = two_portals.writes_since(0)
    assert made
    number = made[-1]["n"]
    world.reconnect()
    assert not two_portals.kit.plan(["food_distribution"]).steps
    assert two_portals.kit.provision(["food_distribution"]).complete
    assert two_portals.writes_since(number) == [], "installing again writes nothing"
    assert first.items() <= essence(world).items()


def essence(world: World) -> dict[str, Any]:
    """What is stored about each portal."""
    with world.app.database.session() as session:
        rows = session.scalars(select(PortalRow)).all()
        return {row.member_id: (row.id, row.client_id, row.application_token, row.domain, row.status) for row in rows}


def test_two_portals_never_touch_each_other(two_portals: Pair) -> None:
    world, box = two_portals.world, two_portals.box
    here, there = portal_row(world, own_member_id(world)), portal_row(world, two_portals.member_id)
    secret = world.app.secret_box.open
    assert (here.client_id, there.client_id) == (world.app.settings.client_id, "local.box")
    assert (secret(here.client_secret), secret(there.client_secret)) == (
        world.app.settings.client_secret,
        "the secret of the box",
    )
    assert there.server_endpoint == f"{box.url}/rest/"
    calls, rows = world.last_call(), rows_of(world, here.id)
    _ship_on(two_portals)
    assert two_portals.kit.engine.settle(timeout=60).left == 0
    [debt] = two_portals.kit.items.by_link("debt", "company_id", [100])[100]
    assert debt["deal_id"] == 501
    assert [call for call in world.control(f"calls?since={calls}") if call["app"]] == []
    assert rows_of(world, here.id) == rows


def _ship_on(pair: Pair) -> None:
    manifest = pair.kit.manifest()
    fields = {
        "title": "Заказ",
        "categoryId": manifest["funnel.active"]["id"],
        "stageId": manifest["stage.active.packing"]["id"],
        "companyId": 100,
        "opportunity": 120_000,
        "assignedById": 11,
    }
    params = {"entityTypeId": 2, "fields": fields}
    pair.box.control("fixture", {"objects": [{"method": "crm.item.add", "as": 11, "params": params, "id": 501}]})
    moved = {"entityTypeId": 2, "id": 501, "fields": {"stageId": manifest["stage.active.shipped"]["id"]}}
    pair.box.control("act", {"as": 11, "method": "crm.item.update", "params": moved})
    pair.box.control("delivery/flush", {})


@pytest.mark.parametrize("swapped", ["member_id", "application_token"])
def test_one_portals_token_does_not_open_another(two_portals: Pair, swapped: str) -> None:
    world = two_portals.world
    here, there = portal_row(world, own_member_id(world)), portal_row(world, two_portals.member_id)
    secret, before = world.app.secret_box.open, everything(world)["inbox"]
    own = {"member_id": here.member_id, "application_token": secret(here.application_token)}
    others = {"member_id": there.member_id, "application_token": secret(there.application_token)}
    auth = own | {swapped: others[swapped]}
    form = {"event": "ONCRMDEALUPDATE", "data[FIELDS][ID]": "501"} | {f"auth[{k}]": v for k, v in auth.items()}
    assert post_event(world, form) == 403
    assert everything(world)["inbox"] == before


def test_commands_ask_which_portal_is_meant(two_portals: Pair) -> None:
    world = two_portals.world
    words = world.cli("manifest", "--json", check=False)
    assert "--portal" in words and "PortalLost" in words
    domain = portal_row(world, two_portals.member_id).domain
    assert json.loads(world.cli("manifest", "--json", "--portal", domain)) == two_portals.kit.manifest()
