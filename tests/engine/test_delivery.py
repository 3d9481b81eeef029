"""However events arrive (lost, doubled, late, out of order) and whoever works, the end is the same."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.engine.ground import COMPANY, DEAL, Ground

Step = Callable[[Ground], tuple[int, int]]
"""something that people do; it returns the object that an event would tell of"""


def stage(deal: int, name: str) -> Step:
    def step(ground: Ground) -> tuple[int, int]:
        fields = {"categoryId": ground.funnel("funnel.active"), "stageId": ground.stage(f"stage.active.{name}")}
        ground.act("crm.item.update", {"entityTypeId": DEAL, "id": deal, "fields": fields})
        return DEAL, deal

    return step


def field(entity_type_id: int, id: int, **fields: Any) -> Step:
    def step(ground: Ground) -> tuple[int, int]:
        ground.act("crm.item.update", {"entityTypeId": entity_type_id, "id": id, "fields": fields})
        return entity_type_id, id

    return step


def gone(entity_type_id: int, id: int) -> Step:
    def step(ground: Ground) -> tuple[int, int]:
        ground.act("crm.item.delete", {"entityTypeId": entity_type_id, "id": id}, 1)
        return entity_type_id, id

    return step


DELETION = gone(DEAL, 503)
AMOUNT = field(DEAL, 502, opportunity=75_000)
STORY: list[Step] = [
    stage(501, "packing"),
    stage(501, "shipped"),
    stage(502, "shipped"),
    field(DEAL, 503, companyId=101),
    stage(503, "shipped"),
    stage(501, "packing"),
    stage(501, "shipped"),
    field(COMPANY, 101, title="Лютик плюс"),
    AMOUNT,
    DELETION,
    stage(504, "cancelled"),
]


def deals(ground: Ground) -> None:
    ground.at("2026-04-06T09:00:00")
    for id, company, amount in ((501, 100, 120_000), (502, 100, 30_000), (503, 102, 45_000), (504, 102, 10_000)):
        ground.put(
            DEAL,
            id,
            title=f"Заказ {id}",
            companyId=company,
            categoryId=ground.funnel("funnel.contract"),
            stageId=ground.stage("stage.contract.new"),
            opportunity=amount,
            currencyId="RUB",
            assignedById=11,
        )


def state(ground: Ground) -> dict[str, Any]:
    debts = sorted(
        (row["app_key"], row["company_id"], row["deal_id"], row["stage"], str(row["outstanding"]), str(row["due_date"]))
        for row in ground.rows("debt")
    )
    companies = [ground.row("company", id) for id in (100, 101, 102)]
    totals = [
        (row["type"], *((row[name].amount if row[name] else 0) for name in ("debt_in_period", "debt_overdue")))
        for row in companies
    ]
    return {"debts": debts, "companies": totals, "tasks": sorted(task["title"] for task in ground.tasks())}


def tell(ground: Ground, seed: int | None) -> None:
    """The story with perfect delivery (no seed), or with a queue that loses, doubles and delays."""
    chance = random.Random(seed)
    late: list[tuple[int, int]] = []
    for number, step in enumerate(STORY):
        ground.at(f"2026-04-06T10:{number:02}:00")
        if step in (DELETION, AMOUNT):
            # What was deleted or overwritten before anybody looked has left no trace on the portal.
            ground.settle()
        told = step(ground)
        if seed is None:
            ground.event(*told)
            ground.settle()
            continue
        late += [told] * chance.choice((0, 1, 1, 3))
        chance.shuffle(late)
        for _ in range(chance.randint(0, len(late))):
            ground.event(*late.pop())
        if chance.random() < 0.3:
            ground.engine.drain()
    for told in late:
        ground.event(*told)
    ground.settle()


@pytest.mark.parametrize("seed", range(4))
def test_delivery_does_not_matter(ground: Ground, seed: int) -> None:
    snapshot = ground.sandbox.control("snapshot", {})["id"]
    deals(ground)
    tell(ground, None)
    expected = state(ground)
    assert len(expected["debts"]) == 3
    ground.sandbox.control("restore", {"id": snapshot})
    ground.wipe()
    deals(ground)
    tell(ground, seed)
    assert state(ground) == expected
    before = ground.last_call()
    for id in (501, 502, 503, 504):
        ground.event(DEAL, id, id)
    ground.settle()
    assert ground.writes(before) == []


def test_two_workers_at_once_do_everything_once(ground: Ground) -> None:
    deals(ground)
    ground.at("2026-04-06T10:00:00")
    for id in (501, 502):
        ground.event(*stage(id, "shipped")(ground))
    other = Ground(ground.sandbox, ground.binding, ground.database)
    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(lambda one: one.engine.settle(30), (ground, other)))
    assert [report.left for report in reports] == [0, 0]
    assert len(ground.rows("debt")) == 2
    assert ground.row("company", 100)["debt_in_period"].amount == 150_000
    before = ground.last_call()
    ground.settle()
    assert ground.writes(before) == []
