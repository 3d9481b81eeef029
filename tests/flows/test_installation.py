"""Installation and what comes later: nothing twice, lost databases, dismissed administrators, forged calls."""

from __future__ import annotations

import json
from functools import partial

import pytest
import requests
from sqlalchemy import delete, select

from b24app.store.models import Base, PortalRow
from tests.flows.conditions import Condition, quiet
from tests.flows.office import Office
from tests.flows.scenarios import SCENARIOS, shipped_deal
from tests.harness.administrator import Administrator
from tests.harness.world import World

pytestmark = pytest.mark.flow


def play(world: World) -> Condition:
    return Condition(world, Office(world), quiet)


def test_provisioning_again_writes_nothing(world: World) -> None:
    before = world.last_call()
    report = json.loads(world.cli("provision", "--json"))
    assert report
    assert world.writes_since(before) == []


def test_the_plan_of_an_installed_portal_creates_nothing(world: World) -> None:
    before = world.last_call()
    world.cli("provision", "--plan", "--json")
    assert world.writes_since(before) == []


def test_manifest_names_everything_the_preset_promises(world: World) -> None:
    manifest = json.loads(world.cli("manifest", "--json"))
    assert manifest["spa.debt"]["entityTypeId"] >= 128
    assert manifest["stage.debt.overdue"]["id"].startswith(f"DT{manifest['spa.debt']['entityTypeId']}_")
    assert manifest["company.deferral_days"]["code"].startswith("UF_CRM_")
    assert manifest["company.deferral_days"]["item_code"].startswith("uf")


def test_a_wiped_database_leads_to_no_duplicates(world: World) -> None:
    stage = play(world)
    SCENARIOS["A0-09 paid after the due day: record, task, totals and type"](stage)
    stage.office.put_deal(502, "stage.active.packing")
    stage.office.ship(502)
    stage.goes_on()
    debts, tasks = stage.office.debts(), stage.office.tasks()
    with world.app.database.session() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(delete(table))
    world.wipe_queue_server()
    world.app.seed_credentials()  # as every start of the web process does
    Administrator(world).install()
    world.settle()
    world.kit.engine.sweep("nightly")
    world.settle()
    assert stage.office.debts() == debts
    assert [t["id"] for t in stage.office.tasks()] == [t["id"] for t in tasks]
    with world.app.database.session() as session:
        keys = session.execute(select(Base.metadata.tables["keys"])).all()
    stage.office.move_deal(502, "stage.active.packing")
    stage.office.ship(502)
    stage.goes_on()
    assert len(stage.office.debts()) == len(debts), keys


def test_the_reserve_administrator_takes_over(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Administrator.promoted(world, 30).open().status_code == 200
    world.control("dismiss", {"user": 1})
    monkeypatch.setattr(world, "rest", partial(world.rest, user=30))
    stage, before = play(world), world.last_call()
    SCENARIOS["A0-01 a shipment makes one debt record, the totals and the type"](stage)
    [told] = [note for note in stage.office.notifications(30) if "администратора 1" in str(note)]
    assert told
    assert {call["user"] for call in world.writes_since(before) if call["status"] == 200} == {30}


def test_nothing_is_believed_of_what_a_former_administrator_is_shown(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """He still works there, so his token is good; but the portal hides other people's deals from him."""
    assert Administrator.promoted(world, 30).open().status_code == 200
    stage = play(world)
    SCENARIOS["A0-01 a shipment makes one debt record, the totals and the type"](stage)
    monkeypatch.setattr(world, "rest", partial(world.rest, user=30))
    company, before = stage.office.company(100), world.last_call()
    world.control("make_admin", {"user": 1, "admin": False})
    world.at("2026-04-07T02:30:00")
    world.kit.gateway.now(max_age=0)
    world.settle()
    assert stage.office.company(100) == company
    [told] = [note for note in stage.office.notifications(30) if "администратора 1" in str(note)]
    assert told
    assert {call["user"] for call in world.writes_since(before) if call["status"] == 200} <= {30}


def test_an_event_without_tokens_is_processed(world: World) -> None:
    stage = play(world)
    stage.office.put_deal(501, "stage.active.packing")
    world.act(
        "crm.item.update",
        {"entityTypeId": 2, "id": 501, "fields": {"stageId": world.name("stage.active.shipped")["id"]}},
        "robot",
    )
    assert "access_token" not in json.dumps(world.control("events?since=0")[-1].get("auth", {}))
    stage.goes_on()
    assert stage.office.debt()["outstanding"] == 120_000


@pytest.mark.parametrize(
    "change", [{"application_token": "0" * 32}, {"member_id": "f" * 32}, {"application_token": ""}]
)
def test_a_forged_event_leaves_no_trace(world: World, change: dict[str, str]) -> None:
    before = [row.id for row in world.inbox()]
    form = world.event_form("ONCRMDEALUPDATE", {"FIELDS": {"ID": 501}}, **change)
    assert requests.post(f"{world.web_url}/events", data=form, timeout=30).status_code == 403
    assert [row.id for row in world.inbox()] == before


def test_uninstall_with_clean_forgets_the_portal(world: World) -> None:
    Administrator(world).remove_app(clean=True)
    with world.app.database.session() as session:
        statuses = [p.status for p in session.scalars(select(PortalRow))]
        assert statuses in ([], ["uninstalled"])


def test_explain_tells_in_russian_why_the_type_is_what_it_is(world: World) -> None:
    shipped_deal(play(world))
    assert "Клиент" in world.cli("explain", "company", "100")
