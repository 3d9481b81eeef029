"""What an administrator deletes on the portal: its behaviours rest, the others work; restored, nothing is missing."""

from __future__ import annotations

import pytest

from b24app.engine.error_inbox import Item
from b24app.errors import PortalRefused
from tests.flows.conditions import Condition
from tests.flows.scenarios import shipped_deal
from tests.flows.test_next_step import asked, complete, flagged, pushed
from tests.harness.world import World

pytestmark = pytest.mark.flow


def delete_register(play: Condition) -> None:
    """An administrator empties the smart process «Дебиторка» and deletes it."""
    entry = play.world.name("spa.debt")
    kind = entry["entityTypeId"]
    for row in play.world.rest("crm.item.list", {"entityTypeId": kind})["items"]:
        play.world.rest("crm.item.delete", {"entityTypeId": kind, "id": row["id"]})
    play.world.rest("crm.type.delete", {"id": entry["id"]})


def drifts(world: World) -> list[Item]:
    return [item for item in world.kit.errors() if item.kind == "drift"]


def resting(world: World) -> set[str]:
    return {handler.name for handler in world.kit.engine.context.paused}


def restore(world: World) -> None:
    """As `b24app provision` does."""
    assert world.kit.provision(["food_distribution"]).complete


def test_the_register_is_deleted_others_work_and_it_comes_back_with_everything(play: Condition) -> None:
    shipped_deal(play)
    only = pushed(play)
    play.goes_on()
    assert resting(play.world) == set()
    delete_register(play)
    play.world.at("2026-04-06T12:00:00")
    complete(play, only)
    play.office.put_deal(502, "stage.active.packing", amount=70_000)
    play.office.ship(502)
    play.goes_on()
    assert asked(play) and flagged(play)
    assert {"create_debt_at_shipment", "keep_company_receivables"} <= resting(play.world)
    assert "plan_next_step" not in resting(play.world)
    (told,) = drifts(play.world)
    assert "смарт-процесс «Дебиторка»" in told.text.ru and "b24app provision" in told.text.ru
    assert "create_debt_at_shipment" in told.payload["resting"]
    assert [item.kind for item in play.world.kit.errors()] == ["drift"]
    assert play.world.kit.retry_error(told.id).state == "open"
    # The next reconciliation and the night stumble over nothing.
    play.world.at("2026-04-07T03:00:00")
    play.goes_on()
    assert [item.id for item in drifts(play.world)] == [told.id]
    restore(play.world)
    assert drifts(play.world) == [] and resting(play.world) == set()
    play.goes_on()
    assert {debt["deal"]: debt["amount"] for debt in play.office.debts()} == {501: 120_000, 502: 70_000}
    play.office.put_deal(503, "stage.active.packing", amount=5_000)
    play.office.ship(503)
    play.goes_on()
    assert len(play.office.debts()) == 3
    assert play.office.company(100)["debt_in_period"] == 195_000


def test_a_worker_that_starts_later_knows_what_rests(play: Condition) -> None:
    shipped_deal(play)
    delete_register(play)
    play.goes_on()
    play.world.reconnect()
    assert "create_debt_at_shipment" in resting(play.world)
    play.goes_on()
    restore(play.world)
    play.world.reconnect()
    play.goes_on()
    assert [debt["deal"] for debt in play.office.debts()] == [501]


def delete_field(world: World, name: str) -> None:
    world.rest("userfieldconfig.delete", {"moduleId": "crm", "id": world.name(name)["id"]})


def delete_stage(world: World, name: str) -> None:
    code = world.name(name)["id"]
    row = next(one["ID"] for one in world.rest("crm.status.list") if one["STATUS_ID"] == code)
    world.rest("crm.status.delete", {"id": row})


LOST = {
    "company.deferral_days": (delete_field, "поле «Отсрочка", "create_debt_at_shipment"),
    "stage.active.shipped": (delete_stage, "стадия «Отгружено»", "create_debt_at_shipment"),
}


@pytest.mark.parametrize("name", LOST)
def test_what_no_refusal_tells_of_is_found_at_night(play: Condition, name: str) -> None:
    delete, words, rests = LOST[name]
    shipped_deal(play)
    play.office.move_deal(501, "stage.active.paid")
    play.world.at("2026-04-07T03:00:00")
    play.goes_on()
    delete(play.world, name)
    play.world.at("2026-04-08T03:00:00")
    play.goes_on()
    (told,) = drifts(play.world)
    assert words in told.text.ru and told.payload["missing"] == [name]
    assert rests in resting(play.world) and rests in told.payload["resting"]
    restore(play.world)
    assert drifts(play.world) == [] and resting(play.world) == set()
    play.office.put_fields("company", 100, deferral_days=7)
    play.office.put_deal(502, "stage.active.packing", amount=70_000)
    play.office.ship(502)
    play.goes_on()
    assert {debt["deal"] for debt in play.office.debts()} == {501, 502}


def test_a_total_that_was_deleted_is_filled_when_it_is_back(play: Condition) -> None:
    shipped_deal(play)
    delete_field(play.world, "company.debt_in_period")
    play.goes_on()
    restore(play.world)
    play.goes_on()
    assert play.office.company(100)["debt_in_period"] == 120_000


def test_a_refusal_that_is_no_loss_is_looked_into_once(play: Condition) -> None:
    before = play.world.last_call()
    with play.world.faults(match={"method": "crm.stagehistory.list"}, kind="refuse", error="ACCESS_DENIED", times=1000):
        for _ in range(3):
            with pytest.raises(PortalRefused):
                play.world.kit.engine.poll()
    looks = [call for call in play.world.control(f"calls?since={before}") if call["method"] == "crm.type.list"]
    assert len(looks) == 1
    assert drifts(play.world) == [] and resting(play.world) == set()
