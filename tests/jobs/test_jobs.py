"""Jobs are wake-up calls: one waits at a time, a wiped queue server loses nothing, nothing they meet
takes the worker down."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from redis import Redis
from rq import Queue

from b24app import jobs
from b24app.engine import cursors, error_inbox, removal, wishes
from b24app.engine.engine import Engine
from b24app.engine.lease import LeaseBusy
from b24app.engine.poll import CURSOR
from b24app.engine.removal import Answer
from b24app.engine.surroundings import NOT_ADMINISTRATOR
from b24app.errors import AppError, PortalBusy, PortalLost, PortalRefused, PortalUnavailable, PresetError
from b24app.store.correspondence import CarriedRow
from b24app.store.database import Database
from b24app.store.models import Base, ErrorRow, InboxRow, PortalRow, RobotRunRow, TimerRow, TokenRow, utcnow
from rules.decision import Text
from tests.harness.valkey import Valkey


class CountingEngine:
    """Notes what it is asked for; `trouble` are exceptions to raise, one for each call."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.trouble: list[Exception] = []
        self.given_up: list[Exception] = []
        self.context = SimpleNamespace(gateway=SimpleNamespace(now=utcnow))
        self.sweeps: list[str] = []

    def _do(self, what: str) -> None:
        self.done.append(what)
        if self.trouble:
            raise self.trouble.pop(0)

    def drain(self) -> None:
        self._do("drain")

    def due_timers(self) -> None:
        self._do("timers")

    def robots(self) -> None:
        self._do("robots")

    def poll(self) -> None:
        self._do("poll")

    def due_sweeps(self) -> None:
        self._do("sweeps")

    def sweeps_due(self, now: object) -> list[str]:
        return self.sweeps

    def give_up(self, error: Exception) -> None:
        self.given_up.append(error)


class Installation:
    """What bootstrap gives to the jobs."""

    def __init__(self, database: Database, redis: Redis) -> None:
        self.database = database
        self.redis = redis
        self.engines: dict[int, Any] = {1: CountingEngine()}
        self.provisioned: list[Any] = []
        self.trouble: list[Exception] = []
        self.while_it_runs: Callable[[], None] = lambda: None
        self.asked: list[int] = []
        self.answer = Answer.UNCLEAR

    def portals(self) -> Sequence[PortalRow]:
        with self.database.session() as session:
            return list(session.query(PortalRow))

    def engine(self, portal_id: int) -> Engine:
        if portal_id not in self.engines:
            raise PortalLost(Text("нет", "none"))
        return self.engines[portal_id]  # type: ignore[no-any-return]

    def provision(self, portal_id: int) -> None:
        wish = wishes.take(self.database, portal_id)
        if wish is None:
            return
        self.provisioned.append((portal_id, list(wish.presets), list(wish.accepted)))
        self.while_it_runs()
        if self.trouble:
            wishes.put_back(self.database, portal_id)
            raise self.trouble.pop()
        wishes.fulfilled(self.database, portal_id, wish)

    def settle_removal(self, portal_id: int) -> None:
        self.asked.append(portal_id)
        removal.settle(self.database, portal_id, lambda: self.answer)


@pytest.fixture(scope="module")
def valkey() -> Iterator[Valkey]:
    with Valkey() as server:
        yield server


@pytest.fixture
def app(valkey: Valkey, tmp_path: Path) -> Iterator[Installation]:
    redis = valkey.client()
    redis.flushall()
    database = Database(f"sqlite:///{tmp_path}/app.db")
    Base.metadata.create_all(database.engine)
    installation = Installation(database, redis)
    add(installation, portal(1))
    jobs.configure(installation)
    yield installation


def portal(id: int, status: str = "installed") -> PortalRow:
    return PortalRow(
        id=id,
        member_id=f"m{id}",
        domain="d",
        client_endpoint="c",
        server_endpoint="s",
        client_id="i",
        client_secret=b"x",
        status=status,
    )


def add(app: Installation, *rows: Any) -> None:
    with app.database.session() as session:
        session.add_all(rows)


def polled_now(app: Installation) -> None:
    with app.database.session() as session:
        cursors.save(session, 1, {f"{CURSOR}deal": {"at": utcnow().isoformat()}})


def waiting(app: Installation) -> list[str]:
    names = []
    for queue in (jobs.HIGH, jobs.DEFAULT, jobs.LOW):
        names += [f"{queue} {job.func_name.rpartition('.')[2]}" for job in Queue(queue, connection=app.redis).jobs]
    return names


def test_one_wake_up_waits_at_a_time_and_another_may_follow(app: Installation) -> None:
    for _ in range(3):
        jobs.wake_drain(app.redis, 1)
    assert waiting(app) == ["default drain"]
    jobs.work_off(app.redis)
    assert app.engines[1].done == ["drain", "timers"]
    jobs.wake_drain(app.redis, 1)
    assert waiting(app) == ["default drain"]


def test_what_happens_while_a_job_runs_wakes_another(app: Installation) -> None:
    engine = app.engines[1]
    drain = engine.drain
    engine.drain = lambda: (drain(), jobs.wake_drain(app.redis, 1)) if len(engine.done) < 2 else drain()
    jobs.wake_drain(app.redis, 1)
    jobs.work_off(app.redis)
    assert engine.done == ["drain", "timers", "drain", "timers"]


def test_passing_failure_is_tried_again(app: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "RETRY_SECONDS", 5.0)
    app.engines[1].trouble = [PortalUnavailable("down")]
    jobs.wake_drain(app.redis, 1)
    jobs.work_off(app.redis)
    assert app.engines[1].done == ["drain", "drain", "timers"]


@pytest.mark.parametrize(
    "error",
    [PortalRefused("no"), PortalLost(Text("нет", "no")), LeaseBusy("busy"), KeyError("bug"), AppError("odd")],
    ids=lambda error: type(error).__name__,
)
def test_other_failures_end_the_job_quietly(
    app: Installation, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(jobs, "RETRY_SECONDS", 0.01)
    app.engines[1].trouble = [error] * 3
    jobs.wake_drain(app.redis, 1)
    jobs.work_off(app.redis)
    assert waiting(app) == []
    assert Queue(jobs.DEFAULT, connection=app.redis).failed_job_registry.count == 0
    # Only a fault of ours is counted against the rows.
    assert app.engines[1].given_up == ([error] if isinstance(error, KeyError) else [])


CAUSES: dict[str, tuple[Callable[[], Any], str]] = {
    "event": (lambda: InboxRow(portal_id=1, event="E", entity_type_id=2, item_id=1, body={}), "default drain"),
    "timer": (
        lambda: TimerRow(portal_id=1, handler="h", entity="deal", item_id=1, due_at=utcnow() - timedelta(minutes=1)),
        "default drain",
    ),
    "robot": (
        lambda: RobotRunRow(portal_id=1, token_hash="t", event_token=b"t", code="c", document=[], properties={}),
        "high answer_robots",
    ),
    "message": (
        lambda: CarriedRow(portal_id=1, message_id="m", code="c", letter=b"", tried=[]),
        "high carry_messages",
    ),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_tick_wakes_what_a_wiped_queue_server_forgot(app: Installation, cause: str) -> None:
    polled_now(app)
    jobs.tick()
    assert waiting(app) == []
    make, expected = CAUSES[cause]
    add(app, make())
    app.redis.flushall()
    jobs.tick()
    jobs.tick()
    assert waiting(app) == [expected]


def test_tick_knows_the_portals_time(app: Installation) -> None:
    polled_now(app)
    add(app, TimerRow(portal_id=1, handler="h", entity="deal", item_id=1, due_at=utcnow() + timedelta(days=2)))
    jobs.tick()
    assert waiting(app) == []
    with app.database.session() as session:
        session.get_one(PortalRow, 1).time_offset = 3 * 86400.0
    jobs.tick()
    # Its cursor is from before the clock was set: a look for what was missed is due as well.
    assert sorted(waiting(app)) == ["default drain", "default reconcile"]


def test_tick_wakes_reconciliation_and_sweeps(app: Installation) -> None:
    app.engines[1].sweeps = ["nightly"]
    jobs.tick()
    assert waiting(app) == ["default reconcile", "low sweep"]
    jobs.work_off(app.redis)
    assert app.engines[1].done == ["poll", "drain", "sweeps"]


def test_tick_passes_over_portals_that_are_not_installed_or_lost(app: Installation) -> None:
    add(app, portal(2, "installing"), portal(3))
    polled_now(app)
    jobs.tick()
    jobs.work_off(app.redis)
    assert app.engines[1].done == []


def later(app: Installation, monkeypatch: pytest.MonkeyPatch, time: timedelta) -> None:
    """The clock ticks after some time, and what it wakes is done."""
    monkeypatch.setattr(removal, "utcnow", lambda: utcnow() + time)
    monkeypatch.setattr(wishes, "utcnow", lambda: utcnow() + time)
    monkeypatch.setattr(jobs, "utcnow", lambda: utcnow() + time)
    polled_now(app)
    app.redis.flushall()
    jobs.tick()
    jobs.work_off(app.redis)


@pytest.mark.parametrize("clean", [True, False])
def test_a_removal_is_asked_about_for_a_day(app: Installation, monkeypatch: pytest.MonkeyPatch, clean: bool) -> None:
    with app.database.session() as session:
        session.get_one(PortalRow, 1).presets = ["food_distribution"]
        removal.claim(session, 1, clean=clean)
    for minutes in (0, 1, 6):
        later(app, monkeypatch, timedelta(minutes=minutes))
    assert app.asked == [1, 1], "every five minutes"
    app.answer = Answer.GONE
    later(app, monkeypatch, timedelta(minutes=12))
    [row] = app.portals()
    assert (row.status, row.presets) == ("uninstalled", [] if clean else ["food_distribution"])
    later(app, monkeypatch, timedelta(minutes=18))
    assert app.asked == [1, 1, 1]


def test_after_a_day_an_unproved_removal_is_told_and_let_be(app: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    with app.database.session() as session:
        removal.claim(session, 1, clean=True)
    later(app, monkeypatch, timedelta(hours=25))
    later(app, monkeypatch, timedelta(hours=26))
    assert app.asked == [1]
    assert app.portals()[0].status == "installed"
    with app.database.session() as session:
        [told] = session.query(ErrorRow)
        assert told.kind == "uninstall" and "Данные приложения сохранены" in told.text_ru


@pytest.mark.parametrize(
    ("reason", "answer"),
    [
        ("invalid_grant", Answer.GONE),
        ("authorization_error", Answer.UNCLEAR),
        (NOT_ADMINISTRATOR, Answer.UNCLEAR),
    ],
)
def test_an_owner_who_left_proves_no_removal(app: Installation, reason: str, answer: Answer) -> None:
    add(app, TokenRow(portal_id=1, user_id=1, access=b"", expires_at=utcnow(), state="dead", dead_reason=reason))
    with app.database.session() as session:
        assert removal.meaning_of(session, 1, PortalLost("no token is left")) is answer


ILLNESSES = {
    "without presets": (PresetError(Text("Набор не выбран", "No preset")), "Набор не выбран"),
    "unavailable": (PortalUnavailable(Text("Портал не отвечает", "down")), "Портал не отвечает"),
    "lost": (PortalLost(Text("Приложение удалено", "removed")), "Приложение удалено"),
    "a fault of ours": (KeyError("spa.debt"), "spa.debt"),
}


@pytest.mark.parametrize("illness", ILLNESSES)
def test_an_ill_portal_holds_up_no_other_and_is_told_of_once(app: Installation, illness: str) -> None:
    error, words = ILLNESSES[illness]
    add(app, portal(2))
    app.engines[2] = CountingEngine()
    app.engines[2].sweeps = ["nightly"]
    app.engines[1].sweeps_due = raising(error)
    for _ in range(3):
        jobs.tick()
    assert waiting(app) == ["default reconcile", "low sweep"]
    jobs.work_off(app.redis)
    assert app.engines[2].done == ["poll", "drain", "sweeps"] and app.engines[1].done == []
    (told,) = error_inbox.items(app.database, 1)
    assert words in told.text.ru and told.count == 3
    assert error_inbox.items(app.database, 2) == []
    app.engines[1] = CountingEngine()
    jobs.tick()
    assert error_inbox.items(app.database, 1) == []


def test_a_portal_that_asks_to_wait_is_not_ill(app: Installation) -> None:
    app.engines[1].sweeps_due = raising(PortalBusy("wait"))
    jobs.tick()
    assert error_inbox.items(app.database, 1) == []


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*_: Any) -> Any:
        raise error

    return fail


def test_provisioning_is_a_job_of_the_first_queue(app: Installation) -> None:
    wishes.want(app.database, 1, ["food_distribution"], ["stage.active.shipped"])
    for _ in range(2):
        jobs.wake_provision(app.redis, 1)
    assert waiting(app) == ["high provision"]
    jobs.work_off(app.redis)
    assert app.provisioned == [(1, ["food_distribution"], ["stage.active.shipped"])]
    jobs.wake_provision(app.redis, 1)
    jobs.work_off(app.redis)
    assert len(app.provisioned) == 1, "nothing is wanted any more"


@pytest.mark.parametrize("status", ["installing", "installed", "uninstalled"])
def test_tick_provisions_what_a_wiped_queue_server_forgot(
    app: Installation, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    with app.database.session() as session:
        session.get_one(PortalRow, 1).status = status
    wishes.want(app.database, 1, ["food_distribution"])
    jobs.wake_provision(app.redis, 1)
    for minutes in (0, 1):
        later(app, monkeypatch, timedelta(minutes=minutes))
    assert len(app.provisioned) == (status != "uninstalled")


def test_what_is_wanted_while_provisioning_runs_follows_it(app: Installation) -> None:
    wishes.want(app.database, 1, ["food_distribution"], ["stage.active.shipped"])
    app.while_it_runs = lambda: wishes.want(app.database, 1, ["metal_trade"]) if len(app.provisioned) == 1 else None
    polled_now(app)
    for _ in range(3):
        jobs.tick()
        jobs.work_off(app.redis)
    both = ["food_distribution", "metal_trade"]
    assert app.provisioned == [(1, presets, ["stage.active.shipped"]) for presets in (["food_distribution"], both)]


def test_two_workers_never_provision_at_once_and_a_killed_one_is_replaced(
    app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    wishes.want(app.database, 1, ["food_distribution"])
    killed = wishes.take(app.database, 1)
    assert killed is not None
    for minutes in (0, 2):
        later(app, monkeypatch, timedelta(minutes=minutes))
    assert app.provisioned == []
    for minutes in (4, 8):
        later(app, monkeypatch, timedelta(minutes=minutes))
    assert len(app.provisioned) == 1


def test_provisioning_that_failed_for_a_while_is_tried_again(
    app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "RETRY_SECONDS", 0.0)
    app.trouble = [PortalUnavailable("down")]
    wishes.want(app.database, 1, ["food_distribution"])
    for minutes in (0, 0.5, 2, 4):
        later(app, monkeypatch, timedelta(minutes=minutes))
    assert len(app.provisioned) == 2


def test_clock_ticks(app: Installation) -> None:
    clock = jobs.clock(app.redis)
    clock.enqueue_jobs()
    assert waiting(app) == ["high tick"]
    jobs.work_off(app.redis)
    assert waiting(app) == []
