"""Repeat sales on a running installation: A0-16 to A0-19, AP-09's reason, AX-02, AX-09, a merge (E.13)."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from sqlalchemy import delete

from b24app.installed import SWITCHED_ON
from b24app.store.models import CursorRow
from tests.flows.conditions import TROUBLES, Condition
from tests.flows.edges import set_limit
from tests.flows.office import COMPANY, DEAL, Office
from tests.harness.world import BOX, World

pytestmark = pytest.mark.flow

COUNTS = ("subjects", "commands", "errors")
ORDERED = "2026-04-01T15:00:00+03:00"


def repeats(play: Condition, company: int | None = 100) -> list[dict[str, Any]]:
    """Deals of «Контроль повторных продаж» as REST prints them, by id."""
    where = {"categoryId": play.world.name("funnel.repeat")["id"], **({"companyId": company} if company else {})}
    rows: list[dict[str, Any]] = []
    while True:
        params = {"entityTypeId": DEAL, "filter": {**where, ">id": rows[-1]["id"] if rows else 0}}
        page = play.world.rest("crm.item.list", {**params, "order": {"id": "ASC"}})["items"]
        rows += page
        if len(page) < 50:
            return rows


def stage_of(play: Condition, row: dict[str, Any]) -> str:
    return str(play.office.see("deal", row)["stage"])


def comments(play: Condition, deal: int) -> list[str]:
    where = {"ENTITY_ID": deal, "ENTITY_TYPE": "deal"}
    return [row["COMMENT"] for row in play.world.rest("crm.timeline.comment.list", {"filter": where})]


def won(play: Condition, number: int = 501, company: int = 100, created: str = ORDERED, **fields: Any) -> None:
    """An order that was paid."""
    play.office.put_deal(number, "stage.active.paid", company, createdTime=created, **fields)


def a0_16(play: Condition) -> dict[str, Any]:
    """The state of A0-16: the repeat deal."""
    won(play)
    play.world.at("2026-04-15T08:00:00")
    play.goes_on()
    assert repeats(play) == []
    play.world.at("2026-04-16T08:00:00")
    play.goes_on()
    (deal,) = repeats(play)
    return deal


def test_a0_16_the_deal_and_its_task(play: Condition) -> None:
    deal = a0_16(play)
    seen = play.office.see("deal", deal)
    assert (deal["title"], seen["stage"]) == ("Повторная продажа: Ромашка", "stage.repeat.new")
    assert (deal["companyId"], deal["contactId"], deal["assignedById"]) == (100, 200, 11)
    assert deal["sourceId"] == "RC_GENERATOR"
    assert str(seen["last_order"]) == str(play.office.company(100)["last_order"]) == "2026-04-01"
    (task,) = play.office.tasks()
    assert task["title"] == "Связаться с клиентом, узнать, как дела"
    assert int(task["responsibleId"]) == 11
    assert task["deadline"].startswith("2026-04-17T18:00:00")
    assert {"CO_100", f"D_{deal['id']}"} <= set(task["ufCrmTask"])
    play.world.at("2026-05-20T08:00:00")
    play.goes_on()
    assert len(repeats(play)) == len(play.office.tasks()) == 1


def test_a0_16_by_the_morning_round_alone(play: Condition) -> None:
    won(play)
    play.world.at("2026-04-15T08:00:00")
    play.world.kit.engine.sweep("morning")
    assert repeats(play) == []
    play.world.at("2026-04-16T08:00:00")
    play.world.kit.engine.sweep("morning")
    assert len(repeats(play)) == len(play.office.tasks()) == 1


def test_a0_17_two_workers_make_one(play: Condition) -> None:
    won(play)
    play.world.settle()
    play.world.at("2026-04-16T08:00:00")
    command = [sys.executable, "-m", "b24app", "sweep", "morning", "--data", str(play.world.data)]
    workers = [subprocess.Popen(command, env=BOX, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [worker.wait(120) for worker in workers] == [0, 0]
    assert len(repeats(play)) == len(play.office.tasks()) == 1
    play.goes_on()
    assert len(repeats(play)) == len(play.office.tasks()) == 1


def test_a0_18_a_new_order_closes_it_for_good(play: Condition) -> None:
    deal = a0_16(play)
    play.world.at("2026-04-18T12:00:00")
    order = play.office.add_deal("stage.active.new")
    play.goes_on()
    (deal,) = repeats(play)
    assert stage_of(play, deal) == "stage.repeat.returned"
    (task,) = play.office.tasks()
    assert task["status"] == "5"
    assert any(f"/crm/deal/details/{order}/" in text for text in comments(play, deal["id"]))
    remarks = play.world.rest("task.commentitem.getlist", {"TASKID": task["id"]})
    assert any(f"/crm/deal/details/{order}/" in remark["POST_MESSAGE"] for remark in remarks)
    play.world.act("crm.item.delete", {"entityTypeId": DEAL, "id": order}, 11)
    play.goes_on()
    (deal,) = repeats(play)
    assert stage_of(play, deal) == "stage.repeat.returned"
    assert play.office.tasks()[0]["status"] == "5"


def test_a0_19_a_deal_of_another_funnel_does_not_count(play: Condition) -> None:
    play.office.put_deal(501, "stage.contract.signed", 101, createdTime="2026-02-05T12:00:00+03:00")
    play.world.at("2026-04-06T12:00:00")
    play.world.kit.engine.sweep("nightly")
    play.goes_on()
    assert repeats(play, None) == []


def test_e20_only_failed_orders_make_no_client(play: Condition) -> None:
    play.office.put_deal(501, "stage.active.cancelled", createdTime=ORDERED)
    play.world.at("2026-05-06T12:00:00")
    play.goes_on()
    assert repeats(play) == []


def test_e23_the_head_stands_in_for_a_dismissed_manager(play: Condition) -> None:
    won(play, company=102)
    play.world.at("2026-04-16T08:00:00")
    play.goes_on()
    (deal,) = repeats(play, 102)
    assert deal["assignedById"] == 10 and not deal["contactId"]
    assert int(play.office.tasks()[0]["responsibleId"]) == 10


@pytest.mark.parametrize("order", ["update_first", "delete_first"])
def test_e13_after_a_merge_the_older_deal_stays(play: Condition, order: str) -> None:
    won(play)
    won(play, 502, 101, "2026-04-02T15:00:00+03:00")
    play.world.at("2026-04-16T08:00:00")
    play.goes_on()
    play.world.at("2026-04-17T08:00:00")
    play.goes_on()
    (older,), (newer,) = repeats(play, 100), repeats(play, 101)
    play.world.control("merge", {"entityTypeId": COMPANY, "main": 101, "others": [100], "order": order})
    play.goes_on()
    seen = {row["id"]: play.office.see("deal", row) for row in repeats(play, 101)}
    assert seen[older["id"]]["stage"] == "stage.repeat.new"
    assert seen[newer["id"]]["stage"] == "stage.repeat.lost"
    items = play.world.name("deal.no_order_reason")["items"]
    assert seen[newer["id"]]["no_order_reason"] == items["duplicate"]
    tasks = {
        f"D_{row}": task["status"] for task in play.office.tasks() for row in seen if f"D_{row}" in task["ufCrmTask"]
    }
    assert tasks[f"D_{newer['id']}"] == "5" and tasks[f"D_{older['id']}"] != "5"


def test_ap_09_no_refusal_without_a_reason(play: Condition) -> None:
    deal = a0_16(play)["id"]
    play.office.move_deal(deal, "stage.repeat.contacted")
    play.goes_on()
    play.office.move_deal(deal, "stage.repeat.lost")
    play.goes_on()
    (row,) = repeats(play)
    assert stage_of(play, row) == "stage.repeat.contacted"
    assert len(comments(play, deal)) == 1 and "без причины" in comments(play, deal)[0]
    assert play.office.tasks()[0]["status"] != "5"
    items = play.world.name("deal.no_order_reason")["items"]
    play.office.edit("deal", deal, no_order_reason=items["price"])
    play.office.move_deal(deal, "stage.repeat.lost")
    play.goes_on()
    (row,) = repeats(play)
    assert stage_of(play, row) == "stage.repeat.lost"
    assert len(comments(play, deal)) == 1 and play.office.tasks()[0]["status"] == "5"
    play.world.at("2026-05-16T08:00:00")
    play.goes_on()
    assert len(repeats(play)) == 1
    play.world.at("2026-05-17T08:00:00")
    play.goes_on()
    assert len(repeats(play)) == 2


def test_a_debtor_is_offered_with_a_warning(play: Condition) -> None:
    won(play)
    play.office.add_debt(amount=5000, shipment_date="2026-04-01")
    play.goes_on()
    play.world.at("2026-04-16T08:00:00")
    play.goes_on()
    (deal,) = repeats(play)
    assert any("Должник" in text for text in comments(play, deal["id"]))
    assert any("Должник" in task["description"] for task in play.office.tasks())


def test_debtors_can_be_left_out(play: Condition) -> None:
    set_limit(play, "repeat.skip_debtors", "true")
    won(play)
    play.office.add_debt(amount=5000, shipment_date="2026-04-01")
    play.world.at("2026-04-16T08:00:00")
    play.goes_on()
    assert repeats(play) == []


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a0_18_under_trouble(world: World, trouble: str) -> None:
    office = Office(world)
    play = Condition(world, office, TROUBLES[trouble])
    won(play)
    world.at("2026-04-16T08:00:00")
    play.goes_on()
    world.at("2026-04-18T12:00:00")
    office.add_deal("stage.active.new")
    play.goes_on()
    (deal,) = repeats(play)
    assert stage_of(play, deal) == "stage.repeat.returned"
    assert [task["status"] for task in office.tasks()] == ["5"]
    assert len(comments(play, deal["id"])) == 1


def crowd(play: Condition, count: int, created: str) -> None:
    """Companies that all ordered on one day, and never again."""
    funnel, paid = play.world.name("funnel.active")["id"], play.world.name("stage.active.paid")["id"]
    for start in range(0, count, 100):
        objects: list[dict[str, Any]] = []
        for number in range(1000 + start, 1000 + min(start + 100, count)):
            company = {"title": f"Клиент {number}", "assignedById": 11}
            deal = {"title": f"Заказ {number}", "categoryId": funnel, "stageId": paid, "companyId": number}
            deal |= {"createdTime": created, "opportunity": 100, "currencyId": "RUB", "assignedById": 11}
            for entity, fields in ((COMPANY, company), (DEAL, deal)):
                params = {"entityTypeId": entity, "fields": fields}
                objects.append({"method": "crm.item.add", "as": 11, "params": params, "id": number})
        play.world.fixture(*objects)


def morning(play: Condition, *options: str) -> dict[str, Any]:
    """The report of the morning round, run on the command line."""
    report: dict[str, Any] = json.loads(play.world.cli("sweep", "morning", *options, "--json"))
    return dict(report["morning"])


def test_ax_02_a_dry_run_counts_what_the_run_then_does(play: Condition) -> None:
    play.world.settle()
    crowd(play, 500, ORDERED)
    play.world.at("2026-04-16T08:00:00")
    before = play.world.last_call()
    dry = morning(play, "--dry-run")
    assert play.world.writes_since(before) == [] and repeats(play, None) == []
    assert dry["outcomes"]["create_repeat_deal: created"] == 500 and len(dry["sample"]) == 50
    real = morning(play)
    assert len(repeats(play, None)) == 500
    assert [dry[name] for name in COUNTS] == [real[name] for name in COUNTS]
    assert real["commands"] == sum(call["write"] and call["app"] is not None for call in calls_since(play, before))
    assert morning(play)["commands"] == 0


def calls_since(play: Condition, number: int) -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = play.world.control(f"calls?since={number}")
    return [call for call in calls if call["method"] != "batch"]


def test_ax_09_only_new_or_existing_too_a_few_a_day(play: Condition) -> None:
    crowd(play, 300, "2026-01-10T12:00:00+03:00")
    assert morning(play, "--dry-run")["outcomes"]["create_repeat_deal: never"] == 300
    morning(play)
    assert repeats(play, None) == []
    set_limit(play, "repeat.start", "existing")
    set_limit(play, "repeat.daily_cap", "40")
    dry = morning(play, "--dry-run")["outcomes"]
    assert dry["create_repeat_deal: created"] + dry["create_repeat_deal: queued"] == 300
    assert dry["create_repeat_deal: created"] == 40
    morning(play)
    assert sorted(row["companyId"] for row in repeats(play, None)) == list(range(1000, 1040))
    play.goes_on()
    assert len(repeats(play, None)) == 40
    play.world.at("2026-04-07T08:00:00")
    play.goes_on()
    assert sorted(row["companyId"] for row in repeats(play, None)) == list(range(1000, 1080))


def test_x20_a_rule_that_comes_with_a_newer_version_begins_then(play: Condition) -> None:
    won(play)
    play.world.settle()
    with play.world.app.database.session() as session:
        session.execute(delete(CursorRow).where(CursorRow.name == f"{SWITCHED_ON}create_repeat_deal"))
    play.world.reconnect()
    play.world.at("2026-04-16T09:00:00")
    play.goes_on()
    assert repeats(play) == []
    won(play, 502, 101, "2026-04-02T15:00:00+03:00")
    play.world.at("2026-04-17T08:00:00")
    play.goes_on()
    assert len(repeats(play, 101)) == 1 and repeats(play) == []
