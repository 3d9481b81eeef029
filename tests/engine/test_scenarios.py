"""Receivables over time, deletions, relinks and lost databases, through the engine and a sandbox."""

from __future__ import annotations

from decimal import Decimal

from b24app.engine import error_inbox
from rules.decision import Money
from tests.engine.ground import COMPANY, DEAL, PORTAL, Ground
from tests.engine.test_drain import shipped_deal


def rub(amount: int) -> Money:
    return Money(Decimal(amount), "RUB")


def test_due_day_moves_the_debt_and_sets_one_task(ground: Ground) -> None:
    shipped_deal(ground)
    ground.settle()
    ground.at("2026-04-10T09:05:00")
    ground.settle()
    ground.at("2026-04-13T09:05:00")
    report = ground.settle()
    assert (report.errors, report.left) == (0, 0)
    (debt,) = ground.rows("debt")
    assert debt["stage"] == "stage.debt.overdue"
    company = ground.row("company", 100)
    assert (company["debt_in_period"], company["debt_overdue"]) == (rub(0), rub(120_000))
    assert company["type"] == "type.debtor"
    (task,) = ground.tasks()
    assert task["responsibleId"] == "11"
    before = ground.last_call()
    ground.event(COMPANY, 100)
    assert ground.settle().commands == 0
    assert ground.writes(before) == []


def test_timer_alone_finds_the_due_day(ground: Ground) -> None:
    shipped_deal(ground)
    ground.settle()
    ground.at("2026-04-10T09:05:00")
    ground.settle()
    ground.at("2026-04-12T23:59:00")
    assert ground.engine.due_timers().decisions == 0
    ground.at("2026-04-13T00:00:30")
    ground.engine.due_timers()
    assert ground.rows("debt")[0]["stage"] == "stage.debt.overdue"


def test_lost_event_is_found_by_the_poll(ground: Ground) -> None:
    shipped_deal(ground)
    with ground.database.session() as session:
        from b24app.store.models import InboxRow

        session.query(InboxRow).delete()
    report = ground.settle()
    assert report.events > 0
    assert len(ground.rows("debt")) == 1
    # What our own writes changed is known: a second look finds nothing.
    assert ground.settle().events == 0


def test_deleted_deal_leaves_the_debt_marked(ground: Ground) -> None:
    shipped_deal(ground)
    ground.settle()
    ground.act("crm.item.delete", {"entityTypeId": DEAL, "id": 501}, 1)
    ground.event(DEAL, 501, code="ONCRMDEALDELETE")
    report = ground.settle()
    assert report.left == 0
    (debt,) = ground.rows("debt")
    assert debt["deal_removed"] is True and debt["deal_id"] is None
    assert ground.row("company", 100)["debt_in_period"] == rub(120_000)


def test_deleted_company_is_told_to_a_person(ground: Ground) -> None:
    shipped_deal(ground)
    ground.settle()
    ground.act("crm.item.delete", {"entityTypeId": COMPANY, "id": 100}, 1)
    ground.event(COMPANY, 100, code="ONCRMCOMPANYDELETE")
    report = ground.settle()
    assert report.errors == 1 and report.left == 0
    ground.event(COMPANY, 100, code="ONCRMCOMPANYDELETE")
    assert ground.settle().errors == 0


def test_debt_moved_to_another_company_recalculates_both(ground: Ground) -> None:
    shipped_deal(ground)
    ground.settle()
    (debt,) = ground.rows("debt")
    kind = ground.names.entity_type_id("debt")
    ground.change(kind, debt["id"], companyId=101)
    ground.settle()
    assert ground.row("company", 100)["debt_in_period"] == rub(0)
    assert ground.row("company", 101)["debt_in_period"] == rub(120_000)


def test_wiped_database_makes_nothing_twice(ground: Ground) -> None:
    shipped_deal(ground)
    ground.settle()
    ground.at("2026-04-13T09:05:00")
    ground.settle()
    before = ground.last_call()
    ground.wipe()
    ground.settle()
    assert ground.writes(before) == []
    # No channel reaches anybody here, so the reminder before the due day leaves no stamp: it is listed as missed.
    assert [item.kind for item in error_inbox.items(ground.database, PORTAL)] == ["complaint"]
    assert len(ground.rows("debt")) == 1 and len(ground.tasks()) == 1
