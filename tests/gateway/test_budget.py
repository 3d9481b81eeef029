"""The shared bucket: never above the portal's, fair to background calls, quick for people."""

from __future__ import annotations

import threading

import pytest
import redis
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from b24app.errors import SystemUnavailable
from b24app.portal.budget import PLANS, Rate, SharedBudget, Unlimited, budget_for
from tests.gateway.workers import run_workers
from tests.harness.sandbox import Sandbox
from tests.harness.valkey import Valkey

# A bucket that empties in a second, so that tests need not wait; 9 of its 14 places are used
# (margin 5), 6 of them by background calls.
QUICK = Rate(drain=20.0, size=14.0)


def budget(store: Redis, name: str = "p", slept: list[float] | None = None, reserve: int = 3) -> SharedBudget:
    return SharedBudget(store, name, QUICK, reserve=reserve, jitter_seconds=0.25, **_sleeping(slept))


def _sleeping(slept: list[float] | None) -> dict[str, object]:
    return {} if slept is None else {"sleep": slept.append}


def test_two_hundred_calls_of_eight_processes_meet_not_one_refusal(valkey: Valkey, store: Redis) -> None:
    """The real bucket of a standard plan, fifty and two a second: takes about eighty seconds."""
    with Sandbox("--plan", "standard") as box:
        task = {"endpoint": f"{box.url}/rest/1/secret/", "redis_url": valkey.url, "calls": 25}
        reports = run_workers([task] * 8)
        hits = box.control("hits")
    assert [report["errors"] for report in reports] == [[]] * 8
    assert sum(report["requests"] for report in reports) == 200
    assert hits["refused"] == 0


def test_a_free_bucket_admits_at_once_and_then_at_its_rate(store: Redis) -> None:
    slept: list[float] = []
    calls = budget(store, slept=slept)
    for _ in range(6):
        calls.acquire()
    assert slept == []


def test_background_calls_leave_the_reserve_to_people(store: Redis) -> None:
    waits: list[float] = []

    def give_up(seconds: float) -> None:
        waits.append(seconds)
        raise InterruptedError

    background, person = budget(store), budget(store)
    background._sleep = person._sleep = give_up
    for _ in range(6):
        background.acquire()
    with pytest.raises(InterruptedError):
        background.acquire()
    for _ in range(3):
        person.acquire(interactive=True)
    assert len(waits) == 1
    with pytest.raises(InterruptedError):
        person.acquire(interactive=True)


def test_a_long_line_of_background_calls_does_not_hold_up_a_person(store: Redis) -> None:
    calls = budget(store)
    line = [threading.Thread(target=calls.acquire) for _ in range(30)]
    for thread in line:
        thread.start()
    person = budget(store)
    waits: list[float] = []
    person._sleep = waits.append
    person.acquire(interactive=True)
    for thread in line:
        thread.join()
    assert sum(waits) < 0.2


def test_a_refusal_by_the_portal_fills_the_bucket_for_everybody(store: Redis) -> None:
    waits: list[float] = []

    def note(seconds: float) -> None:
        waits.append(seconds)
        raise InterruptedError

    budget(store).refused()
    other = budget(store)
    other._sleep = note
    with pytest.raises(InterruptedError):
        other.acquire(interactive=True)
    assert waits[0] > 0.2


def test_after_redis_was_wiped_each_process_brings_back_what_it_knew(store: Redis) -> None:
    calls = budget(store)
    for _ in range(6):
        calls.acquire()
    store.flushall()
    waits: list[float] = []

    def note(seconds: float) -> None:
        waits.append(seconds)
        raise InterruptedError

    calls._sleep = note
    with pytest.raises(InterruptedError):
        for _ in range(3):
            calls.acquire()
    assert waits


def test_portals_do_not_share_a_bucket(store: Redis) -> None:
    for name in ("a", "b"):
        slept: list[float] = []
        calls = budget(store, name, slept)
        for _ in range(6):
            calls.acquire()
        assert slept == []


def test_the_box_has_no_bucket(store: Redis) -> None:
    assert isinstance(budget_for(store, "p", "box"), Unlimited)
    assert PLANS["enterprise"] == Rate(5, 250)


def test_a_missing_redis_is_told_as_such() -> None:
    calls = SharedBudget(redis.Redis(port=9, retry=Retry(NoBackoff(), 0)), "p", QUICK)
    with pytest.raises(SystemUnavailable):
        calls.acquire()
