"""Sweeps: due at the portal's hours, dry runs that write nothing, stretches, resumption."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from b24app.declare import Sweep
from b24app.engine import cursors, sweeping, sweeps
from b24app.engine.explain import explain
from b24app.engine.sweeps import is_due, last_moment
from b24app.store.models import DecisionRow, InboxRow, JournalRow, KnownRow, TimerRow, utcnow
from rules.decision import Ref, Text
from rules.limits import Limits
from tests.engine.ground import COMPANY, DEAL, PORTAL, Ground
from tests.engine.test_drain import shipped_deal

SINCE = datetime(2026, 4, 6, 12, 0, tzinfo=UTC)
NIGHTLY = Sweep("nightly", Text("", ""), (), at="02:00")
HOURLY = Sweep("hourly", Text("", ""), (), every_minutes=60)


@pytest.mark.parametrize(
    ("sweep", "cursor", "now", "due"),
    [
        (NIGHTLY, None, "2026-04-07T01:59:00+03:00", False),
        (NIGHTLY, None, "2026-04-07T02:00:00+03:00", True),
        (NIGHTLY, {"last": "2026-04-07T02:00:03+03:00"}, "2026-04-07T23:00:00+03:00", False),
        (NIGHTLY, {"last": "2026-04-07T02:00:03+03:00"}, "2026-04-08T02:00:00+03:00", True),
        (NIGHTLY, {"last": "2026-04-01T02:00:03+03:00"}, "2026-04-08T01:00:00+03:00", True),
        (NIGHTLY, {"last": "2026-04-07T02:00:03+03:00", "run": {"after": 5}}, "2026-04-07T03:00:00+03:00", True),
        (HOURLY, None, "2026-04-06T15:59:00+03:00", False),
        (HOURLY, None, "2026-04-06T16:00:00+03:00", True),
        (HOURLY, {"last": "2026-04-06T16:00:00+03:00"}, "2026-04-06T16:59:59+03:00", False),
    ],
)
def test_when_a_sweep_is_due(sweep: Sweep, cursor: Any, now: str, due: bool) -> None:
    assert is_due(sweep, cursor, SINCE, datetime.fromisoformat(now), "Europe/Moscow") is due


def test_the_hour_follows_the_portals_wall_clock() -> None:
    moment = last_moment(time(2), datetime(2026, 10, 25, 12, tzinfo=UTC), "Europe/Berlin")
    assert moment.isoformat() == "2026-10-25T02:00:00+02:00"
    moment = last_moment(time(2), datetime(2026, 10, 26, 12, tzinfo=UTC), "Europe/Berlin")
    assert moment.isoformat() == "2026-10-26T02:00:00+01:00"


def without_events(ground: Ground) -> None:
    with ground.database.session() as session:
        session.execute(delete(InboxRow))


def test_dry_run_writes_nothing_and_counts_what_the_run_then_does(ground: Ground) -> None:
    shipped_deal(ground)
    without_events(ground)
    ground.engine.poll()
    without_events(ground)
    before = ground.last_call()
    dry = ground.engine.sweep("nightly", dry_run=True)
    assert ground.writes(before) == []
    with ground.database.session() as session:
        for table in (DecisionRow, JournalRow, TimerRow):
            assert session.scalar(select(func.count()).select_from(table)) == 0
    assert dry.commands == len(dry.sample) > 0
    assert 0 < sum(dry.outcomes.values()) <= dry.decisions
    wet = ground.engine.sweep("nightly")
    # What follows from the record that the run creates is rehearsed too.
    assert (wet.subjects, wet.commands, wet.errors) == (dry.subjects, dry.commands, dry.errors)
    assert len(ground.rows("debt")) == 1
    again = ground.engine.sweep("nightly")
    assert again.commands == 0


def test_sweep_finds_what_nobody_told_of(ground: Ground) -> None:
    shipped_deal(ground)
    ground.settle()
    (debt,) = ground.rows("debt")
    kind = ground.names.entity_type_id("debt")
    # Neither events nor `updatedTime` tell of it.
    ground.sandbox.control(
        "fixture", {"objects": [{"method": "crm.item.delete", "params": {"entityTypeId": kind, "id": debt["id"]}}]}
    )
    report = ground.engine.sweep("nightly")
    assert report.errors == 0
    company = ground.row("company", 100)
    assert company["debt_in_period"].amount == 0
    with ground.database.session() as session:
        known = session.scalar(select(func.count()).where(KnownRow.entity == "debt"))
    assert known == 0


@pytest.mark.parametrize("width", [1, 2, 100])
def test_stretches_of_any_width_come_to_the_same(ground: Ground, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setattr(sweeping, "WINDOW", width)
    shipped_deal(ground, 501, 100)
    shipped_deal(ground, 502, 101, 50_000)
    ground.put(DEAL, 503, title="Без компании", categoryId=ground.funnel("funnel.active"))
    without_events(ground)
    report = ground.engine.sweep("nightly") if width > 1 else sweep_from(ground, 99)
    assert report.errors == 0
    assert len(ground.rows("debt")) == 2
    assert ground.row("company", 101)["debt_in_period"].amount == 50_000
    assert explain(ground.database, PORTAL, Ref("deal", 503))
    assert ground.engine.sweep("nightly").commands == 0 if width > 1 else True


def with_sweep(ground: Ground, sweep: Sweep) -> Ground:
    """The same portal and database with another sweep."""
    catalogue = replace(ground.catalogue, sweeps={sweep.name: sweep})
    return Ground(ground.sandbox, ground.binding, ground.database, ground.preset, catalogue, ground.watch_since)


def test_a_sweep_of_some_handlers_hides_no_change_from_the_others(ground: Ground) -> None:
    shipped_deal(ground)
    without_events(ground)
    types = with_sweep(ground, Sweep("types", Text("", ""), ("keep_company_type",), at="08:00"))
    types.engine.sweep("types")
    assert len(ground.rows("debt")) == 1


def test_a_narrowed_sweep_reads_only_what_it_is_for(ground: Ground) -> None:
    shipped_deal(ground)
    ground.put(DEAL, 502, title="Другая воронка", categoryId=ground.funnel("funnel.contract"))
    without_events(ground)

    def contracts(limits: Limits) -> dict[str, Any]:
        return {"category": ("funnel.contract",), "closed": False}

    handlers = ("create_debt_at_shipment",)
    some = with_sweep(ground, Sweep("some", Text("", ""), handlers, every_minutes=60, only=contracts))
    assert some.engine.sweep("some").subjects == 1
    none = with_sweep(ground, Sweep("none", Text("", ""), handlers, every_minutes=60, only=lambda limits: None))
    assert none.engine.sweep("none").subjects == 0
    ground.settle()
    assert len(ground.rows("debt")) == 1


def sweep_from(ground: Ground, after: int) -> Any:
    """A run that was interrupted there goes on from there."""
    run = {
        "at": "2026-04-06T11:00:00+03:00",
        "steps": ["company", "rest:deal", "rest:debt"],
        "after": after,
        "read": {},
    }
    with ground.database.session() as session:
        cursors.save(session, PORTAL, {f"{sweeps.CURSOR}nightly": {"last": run["at"], "run": run}})
    return ground.engine.sweep("nightly")


def test_explain_tells_the_company_and_what_belongs_to_it(ground: Ground) -> None:
    shipped_deal(ground)
    ground.settle()
    told = explain(ground.database, PORTAL, Ref("company", 100))
    own = [one for one in told if one.subject == Ref("company", 100)]
    assert {one.rule for one in own} >= {"keep_company_receivables", "keep_company_type"}
    assert any(one.subject.entity == "debt" for one in told)
    assert any(one.subject == Ref("deal", 501) for one in told)
    receivables = next(one for one in own if one.rule == "keep_company_receivables")
    assert receivables.next_at is not None and receivables.reason.ru and receivables.reason.en


def test_new_decision_is_a_row_and_the_same_one_is_not(ground: Ground) -> None:
    shipped_deal(ground)
    ground.settle()

    def count() -> int:
        with ground.database.session() as session:
            return session.scalar(select(func.count()).select_from(DecisionRow)) or 0

    before = count()
    ground.engine.look_again([Ref("company", 100)], "user")
    assert count() == before
    ground.change(COMPANY, 100, title="Ромашка и Ко")
    ground.settle()
    ground.at("2026-04-13T09:05:00")
    ground.settle()
    assert count() > before


def test_what_has_served_its_time_is_thrown_away(ground: Ground) -> None:
    ground.at("2026-04-07T02:00:00")
    old = utcnow() - timedelta(days=30)
    with ground.database.session() as session:
        for state, received in (("done", old), ("done", utcnow()), ("failed", old)):
            row = InboxRow(portal_id=PORTAL, event="E", body={}, received_at=received, state=state)
            session.add(row)
    ground.engine.due_sweeps()
    with ground.database.session() as session:
        left = sorted(session.execute(select(InboxRow.state, InboxRow.received_at)).all())
    assert [(row.state, row.received_at == old) for row in left] == [("done", False), ("failed", True)]


def test_after_downtime_one_look_at_everything_is_enough(ground: Ground) -> None:
    ground.settle()
    ground.at("2026-04-07T11:00:00")
    now = ground.gateway.now(max_age=0)
    assert {sweep.name for sweep in ground.engine.sweeps_due(now)} == {"nightly", "morning", "hourly_push"}
    ground.engine.due_sweeps()
    assert ground.engine.sweeps_due(now) == []
    with ground.database.session() as session:
        done = cursors.load(session, PORTAL, sweeps.CURSOR)
    assert {value["last"][:16] for value in done.values()} == {now.isoformat()[:16]}
    later = [now + timedelta(hours=hours, minutes=1) for hours in (1, 16, 21)]
    assert [[sweep.name for sweep in ground.engine.sweeps_due(moment)] for moment in later] == [
        ["hourly_push"],
        ["hourly_push", "nightly"],
        ["hourly_push", "morning", "nightly"],
    ]


def test_a_narrowed_look_takes_nobodys_place() -> None:
    words = Text("обход", "sweep")
    all_of_it, part = Sweep("all", words, ("a", "b"), at="02:00"), Sweep("part", words, ("a",), at="08:00")
    narrow = replace(all_of_it, name="narrow", only=lambda limits: None)
    assert sweeps.contained([all_of_it, part, narrow]) == {"part": "all"}
    assert sweeps.contained([part, narrow]) == {} == sweeps.contained([all_of_it, replace(all_of_it, name="twin")])
