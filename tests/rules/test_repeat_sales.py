"""Repeat sales: when a deal is due, who gets none, one for an occasion, how it ends (R0.18-R0.20, E.13, E.19-E.23)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers import close_repeat_deals, create_repeat_deal, keep_last_order, send_back_without_reason
from rules.bulk_start import Start, Turn, chosen
from rules.decision import Comment, CompleteTask, Create, CreateTask, MoveStage, Notify, Ref
from tests.rules.small_portal import SmallPortal, at

REPEAT = (
    send_back_without_reason.HANDLER,
    keep_last_order.HANDLER,
    close_repeat_deals.HANDLER,
    create_repeat_deal.HANDLER,
)
ORDERED = "2026-04-01 15:00"


def portal(now: str, *, ordered: str | None = ORDERED, stage: str = "stage.active.paid", **company: Any) -> SmallPortal:
    """Company 100 with one order."""
    there = SmallPortal(at(now))
    there.company(100, **{"contact_ids": [200, 201], **company})
    if ordered is not None:
        there.deal(501, 1000, stage, created_time=at(ordered))
    return there


def repeat(there: SmallPortal, id: int, stage: str = "new", created: str = "2026-04-16 08:00", **values: Any) -> None:
    """A repeat deal that was there before."""
    values = {"category": "funnel.repeat", "created_time": at(created), "moved_time": at(created), **values}
    there.deal(id, 0, f"stage.repeat.{stage}", **values)


def made(there: SmallPortal) -> list[Create]:
    there.look(*REPEAT)
    return there.made(Create)


def outcome(there: SmallPortal, now: str | None = None, company: int = 100) -> str:
    """What the rule says without carrying it out."""
    if now is not None:
        there.at(now)
    handler = create_repeat_deal.HANDLER
    facts = handler.facts(there, sorted(there.rows["company"]))[company]
    return handler.decide(facts, there.limits, there.now).outcome


@pytest.mark.parametrize(
    ("ordered", "now", "expected"),
    [
        (ORDERED, "2026-04-15 08:00", "not_yet"),
        (ORDERED, "2026-04-15 23:59", "not_yet"),
        (ORDERED, "2026-04-16 07:59", "not_yet"),
        (ORDERED, "2026-04-16 08:00", "created"),
        ("2026-04-01 00:00", "2026-04-16 08:00", "created"),
        ("2026-04-01 23:59", "2026-04-16 08:00", "created"),
        ("2026-04-02 00:00", "2026-04-16 08:00", "not_yet"),
        ("2026-04-02 00:00", "2026-04-17 08:00", "created"),
    ],
)
def test_due_on_the_fifteenth_day_in_the_morning(ordered: str, now: str, expected: str) -> None:
    assert outcome(portal(now, ordered=ordered)) == expected


def test_the_deal_and_its_task() -> None:
    there = portal("2026-04-16 08:00", assigned_by_id=13)
    (deal,) = made(there)
    assert deal.entity == "deal" and deal.key == "repeat:company:100:2026-04-01"
    assert deal.fields == {
        "title": "Повторная продажа: Ромашка",
        "category": "funnel.repeat",
        "stage": "stage.repeat.new",
        "company_id": 100,
        "contact_id": 200,
        "assigned_by_id": 10,
        "source": "RC_GENERATOR",
        "last_order": date(2026, 4, 1),
    }
    (task,) = there.made(CreateTask)
    assert (task.responsible, task.deadline) == (10, at("2026-04-17 18:00"))
    assert task.bind == (Ref("company", 100), Ref("deal", 502))
    assert task.title.ru == "Связаться с клиентом, узнать, как дела"
    assert there.rows["company"][100]["last_order"] == date(2026, 4, 1)
    assert there.look(*REPEAT) == []


@pytest.mark.parametrize(
    ("now", "deadline"), [("2026-04-17 08:00", "2026-04-20 18:00"), ("2026-04-30 08:00", "2026-05-04 18:00")]
)
def test_the_task_waits_for_a_workday(now: str, deadline: str) -> None:
    there = portal(now, contact_ids=[])
    (deal,) = made(there)
    assert "contact_id" not in deal.fields
    assert there.made(CreateTask)[0].deadline == at(deadline)


@pytest.mark.parametrize(
    ("stage", "extra", "expected"),
    [
        ("stage.active.packing", {}, "has_order"),
        ("stage.active.shipped", {}, "has_order"),
        ("stage.active.cancelled", {}, "no_orders"),
        ("C5:UC_BROKEN", {"closed": True}, "no_orders"),
        ("C5:UC_ON_HOLD", {}, "has_order"),
        ("stage.active.paid", {"category": "funnel.contract"}, "no_orders"),
    ],
)
def test_orders_that_count(stage: str, extra: dict[str, Any], expected: str) -> None:
    there = portal("2026-06-01 08:00", ordered=None)
    there.deal(501, 1000, stage, created_time=at(ORDERED), **extra)
    assert outcome(there) == expected


def test_a_failed_deal_does_not_make_the_last_order_later() -> None:
    there = portal("2026-04-16 08:00")
    there.deal(502, 1000, "stage.active.cancelled", created_time=at("2026-04-10 12:00"))
    assert outcome(there) == "created"


@pytest.mark.parametrize(
    ("company", "settings", "expected"),
    [
        ({"is_my_company": True}, {}, "own_company"),
        ({}, {"repeat.stop_list": "7, 100"}, "stopped"),
        ({}, {"repeat.stop_list": "1000"}, "created"),
        ({"type": "type.lost"}, {"repeat.stop_list": "lost"}, "stopped"),
        ({"type": "type.client"}, {"repeat.stop_list": "lost"}, "created"),
        ({"type": "SUPPLIER"}, {}, "created"),
    ],
)
def test_who_gets_none(company: dict[str, Any], settings: dict[str, Any], expected: str) -> None:
    there = portal("2026-04-16 08:00", **company)
    there.settings |= settings
    assert outcome(there) == expected


def test_a_company_of_a_foreign_type_is_not_written_to() -> None:
    there = portal("2026-04-16 08:00", type="SUPPLIER")
    made(there)
    assert "last_order" not in there.rows["company"][100]


def test_a_debtor_gets_a_warning_or_nothing() -> None:
    there = portal("2026-04-16 08:00")
    there.debt(900, 5000, due="2026-04-10", stage="stage.debt.overdue")
    there.settings["repeat.skip_debtors"] = True
    assert outcome(there) == "debtor"
    there.settings["repeat.skip_debtors"] = False
    made(there)
    (note,), (task,) = there.made(Comment), there.made(CreateTask)
    assert "Должник" in note.text.ru and "5 000" in note.text.ru and note.target == Ref("deal", 502)
    assert "Должник" in task.description.ru


# ------------------------------------------------------------------------------------------ again and again


@pytest.mark.parametrize(
    ("ended", "now", "expected"),
    [
        ("2026-04-20 12:00", "2026-05-20 08:00", "not_yet"),
        ("2026-04-20 12:00", "2026-05-21 07:59", "not_yet"),
        ("2026-04-20 12:00", "2026-05-21 08:00", "created"),
    ],
)
def test_a_refusal_is_respected_for_thirty_days(ended: str, now: str, expected: str) -> None:
    there = portal(now)
    repeat(there, 600, "lost", moved_time=at(ended), no_order_reason="price")
    assert outcome(there) == expected
    if expected == "created":
        assert made(there)[0].key == "repeat:company:100:2026-04-01:600"


def test_a_promise_that_came_to_nothing_rests_too_and_an_order_ends_the_rest() -> None:
    there = portal("2026-05-10 08:00")
    repeat(there, 600, "returned", moved_time=at("2026-04-20 12:00"))
    assert outcome(there) == "not_yet"
    there.deal(503, 1000, "stage.active.paid", created_time=at("2026-04-19 12:00"))
    assert outcome(there) == "created"


def test_a_refusal_before_the_last_order_counts_as_well() -> None:
    there = portal("2026-04-18 08:00", ordered="2026-04-02 10:00")
    repeat(there, 600, "lost", created="2026-03-20 08:00", moved_time=at("2026-04-01 10:00"), no_order_reason="season")
    assert outcome(there) == "not_yet"
    assert outcome(there, "2026-05-02 08:00") == "created"


def test_a_closed_duplicate_is_no_talk_with_the_client() -> None:
    there = portal("2026-04-20 08:00")
    repeat(there, 600, "lost", moved_time=at("2026-04-19 10:00"), no_order_reason="duplicate")
    assert outcome(there) == "created"


def test_one_open_deal_for_a_company_whoever_made_it() -> None:
    there = portal("2026-04-20 08:00")
    repeat(there, 600, "contacted")
    assert made(there) == [] and outcome(there) == "open"
    assert [task.key for task in there.made(CreateTask)] == ["repeat:deal:600"]


def test_deals_from_before_the_rule_are_left_alone() -> None:
    there = portal("2026-04-20 08:00", ordered="2026-01-10 12:00")
    repeat(there, 600, created="2026-01-05 08:00")
    repeat(there, 601, created="2026-01-06 08:00")
    repeat(there, 602, "lost", created="2026-01-07 08:00")
    assert [one for one in there.look(*REPEAT) if not hasattr(one, "fields")] == []


# ------------------------------------------------------------------------------------------ how it ends


def test_a_new_order_closes_the_deal_as_success_and_nothing_reopens_it() -> None:
    there = portal("2026-04-16 08:00")
    made(there)
    there.at("2026-04-18 12:00")
    there.deal(510, 500, "stage.active.new", title="Заказ 510")
    there.look(*REPEAT)
    assert there.rows["deal"][502]["stage"] == "stage.repeat.returned"
    done = there.done_tasks["repeat:deal:502"]
    assert "/crm/deal/details/510/" in done.comment.ru
    assert "/crm/deal/details/510/" in there.made(Comment)[-1].text.ru
    there.remove("deal", 510)
    there.at("2026-04-18 13:00").look(*REPEAT)
    assert there.rows["deal"][502]["stage"] == "stage.repeat.returned"
    assert len(there.made(Create)) == 1


def test_an_order_that_was_moved_into_the_funnel_counts() -> None:
    there = portal("2026-04-16 08:00")
    there.deal(503, 700, "stage.contract.signed", category="funnel.contract", created_time=at("2026-03-01 10:00"))
    made(there)
    there.edit("deal", 503, category="funnel.active")
    there.move("deal", 503, "stage.active.new")
    there.at("2026-04-17 10:00").look(*REPEAT)
    assert there.rows["deal"][504]["stage"] == "stage.repeat.returned"


def test_a_cancelled_order_does_not_end_it() -> None:
    there = portal("2026-04-16 08:00")
    made(there)
    there.at("2026-04-18 12:00")
    there.deal(510, 500, "stage.active.cancelled")
    there.look(*REPEAT)
    assert there.rows["deal"][502]["stage"] == "stage.repeat.new"


def test_of_two_open_deals_the_older_stays() -> None:
    there = portal("2026-04-20 08:00")
    repeat(there, 600, created="2026-04-17 08:00")
    repeat(there, 601, created="2026-04-16 08:00")
    there.look(*REPEAT)
    assert there.rows["deal"][601]["stage"] == "stage.repeat.new"
    assert there.rows["deal"][600]["stage"] == "stage.repeat.lost"
    assert there.rows["deal"][600]["no_order_reason"] == "duplicate"


def test_closing_by_hand_finishes_the_task() -> None:
    there = portal("2026-04-16 08:00")
    made(there)
    there.at("2026-04-17 12:00").edit("deal", 502, no_order_reason="price")
    there.move("deal", 502, "stage.repeat.lost")
    there.look(*REPEAT)
    assert "repeat:deal:502" in there.done_tasks
    assert there.rows["deal"][502]["stage"] == "stage.repeat.lost"


def test_no_refusal_without_a_reason() -> None:
    there = portal("2026-04-16 08:00")
    made(there)
    there.move("deal", 502, "stage.repeat.contacted")
    there.at("2026-04-17 12:00").move("deal", 502, "stage.repeat.lost")
    there.look(*REPEAT)
    assert there.rows["deal"][502]["stage"] == "stage.repeat.contacted"
    assert "repeat:deal:502" not in there.done_tasks
    assert len(there.made(Comment)) == len(there.made(Notify)) == 1
    there.at("2026-04-17 13:00").move("deal", 502, "stage.repeat.lost")
    there.look(*REPEAT)
    assert there.rows["deal"][502]["stage"] == "stage.repeat.contacted"
    assert len(there.made(Comment)) == 2


# ------------------------------------------------------------------------------------------ switching on


def crowd(count: int) -> SmallPortal:
    """Companies that had all been silent for long when the rule was switched on."""
    there = SmallPortal(at("2026-04-20 08:00"))
    for number in range(1, count + 1):
        there.company(number, title=f"К{number}")
        there.deal(1000 + number, 10, "stage.active.paid", company_id=number, created_time=at("2026-01-10 12:00"))
    return there


def test_only_new_ones_by_default() -> None:
    there = crowd(7)
    assert made(there) == []
    assert outcome(there, company=1) == "never"


def test_existing_ones_come_a_few_a_day_in_a_stable_order() -> None:
    there = crowd(7)
    there.settings |= {"repeat.start": "existing", "repeat.daily_cap": 3}
    for _ in range(2):
        there.look(*REPEAT)
    assert [one.fields["company_id"] for one in there.made(Create)] == [1, 2, 3]
    there.at("2026-04-21 08:00").look(*REPEAT)
    assert [one.fields["company_id"] for one in there.made(Create)] == [1, 2, 3, 4, 5, 6]
    assert outcome(there, company=7) == "queued"


def test_a_client_who_becomes_due_today_is_not_held_up_by_the_old_ones() -> None:
    there = crowd(5)
    there.settings |= {"repeat.start": "existing", "repeat.daily_cap": 2}
    there.company(100)
    there.deal(501, 10, "stage.active.paid", created_time=at("2026-04-05 12:00"))
    assert [one.fields["company_id"] for one in made(there)] == [1, 2, 100]


@given(
    waiting=st.frozensets(st.integers(1, 500)),
    per_day=st.integers(1, 50),
    made_today=st.integers(0, 60),
    gone=st.data(),
)
def test_the_days_share_is_kept_and_everybody_has_a_turn(
    waiting: frozenset[int], per_day: int, made_today: int, gone: Any
) -> None:
    first = chosen(waiting, per_day, made_today)
    assert len(first) == min(len(waiting), max(0, per_day - made_today))
    assert all(one < other for one in first for other in waiting - first)
    days, left = 0, set(waiting)
    while left:
        left -= chosen(left, per_day, 0)
        days += 1
    assert days == -(-len(waiting) // per_day)


@given(ahead=st.integers(-400, 400), mode=st.sampled_from(["only_new", "existing"]), room=st.booleans())
def test_whose_turn_it_is(ahead: int, mode: str, room: bool) -> None:
    start = Start(at("2026-04-06 09:00"), room)
    turn = start.turn(start.since + timedelta(hours=ahead), mode)
    if ahead >= 0:
        assert turn is Turn.NOW
    elif mode == "only_new":
        assert turn is Turn.NEVER
    else:
        assert turn is (Turn.NOW if room else Turn.QUEUED)


@given(
    days=st.lists(st.integers(0, 60), min_size=1, max_size=4),
    later=st.integers(0, 90),
    refused=st.none() | st.integers(0, 60),
)
def test_never_two_and_never_restless(days: list[int], later: int, refused: int | None) -> None:
    there = portal("2026-02-10 08:00", ordered=None)
    start = there.now
    for number, day in enumerate(days):
        there.deal(501 + number, 10, "stage.active.paid", created_time=start + timedelta(days=day))
    if refused is not None:
        closed = start + timedelta(days=refused)
        repeat(there, 600, "lost", "2026-02-10 08:00", moved_time=closed, no_order_reason="price")
    there.now = start + timedelta(days=later)
    there.look(*REPEAT)
    assert len(there.made(Create)) <= 1
    due = later - max(days) > 14 and (refused is None or later - refused > 30)
    assert bool(there.made(Create)) == due
    assert there.look(*REPEAT) == []
    assert (not there.made(MoveStage) and not there.made(CompleteTask)) or refused is not None
