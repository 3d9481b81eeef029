"""RQ: queues, entry points, the one wrapper that retries, and the clock.

Jobs are only wake-up calls: what there is to do stands in the database. A wiped queue server, a job
that is lost or one that runs twice changes nothing; the clock's tick wakes again whatever waits.
"""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, Protocol

from redis import Redis
from rq import Queue, SimpleWorker, Worker
from rq.cron import CronScheduler
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from b24app.engine import carrying, cursors, errors, inbox, removal, robots, timers, wishes
from b24app.engine.engine import Engine
from b24app.engine.errors import Trouble
from b24app.engine.lease import LeaseBusy
from b24app.engine.poll import CURSOR as POLLED
from b24app.errors import AppError, PortalBusy, PortalLost, Transient
from b24app.store.database import Database
from b24app.store.models import PortalRow, utcnow
from rules.decision import Text

log = logging.getLogger(__name__)

HIGH, DEFAULT, LOW = "high", "default", "low"
"""robots and people wait for `high`; `low` is for sweeps and long jobs"""

TICK_SECONDS = 5
POLL_EVERY = timedelta(minutes=15)
"""reconciliation (X.03)"""
RETRY_SECONDS = 30.0
TAKING_ROWS = ("drain", "reconcile")
"""jobs that work off the inbox: a fault of ours in them is counted against the rows they took"""
ILL = "clock"
"""the item of the error inbox for a portal with which nothing works"""
JOB_SECONDS = 3600
"""a job that lasts longer is killed; a sweep goes on where it stopped"""
WAKE_SECONDS = 60
"""how long a wake-up that was never worked off keeps others from being queued"""


class Provider(Protocol):
    """What the jobs work with; `bootstrap` gives it through `configure`."""

    @property
    def database(self) -> Database:
        """The database."""

    @property
    def redis(self) -> Redis:
        """The queue server."""

    def portals(self) -> Sequence[PortalRow]:
        """Portals the app is installed on."""

    def engine(self, portal_id: int) -> Engine:
        """The engine of a portal."""

    def provision(self, portal_id: int) -> None:
        """Creates what is wanted and missing on a portal."""

    def settle_removal(self, portal_id: int) -> None:
        """Forgets a portal that is proved to have removed the app."""


_provider: Provider | None = None


def configure(provider: Provider) -> None:
    """Says once for a process what its jobs work with."""
    global _provider
    _provider = provider


def _given() -> Provider:
    if _provider is None:
        raise RuntimeError("jobs.configure was not called in this process")
    return _provider


# --- the wrapper ------------------------------------------------------------------------------------


def job(work: Callable[..., None]) -> Callable[..., None]:
    """Retries passing failures for a while, then leaves the work to the next tick; tells any other
    failure once. Nothing a job raises may take the worker down or stay in the queue."""

    @wraps(work)
    def wrapped(*args: Any) -> None:
        retrying = Retrying(
            retry=retry_if_exception_type(Transient),
            wait=wait_random_exponential(multiplier=0.5, max=8),
            stop=stop_after_delay(RETRY_SECONDS),
            reraise=True,
        )
        try:
            retrying(work, *args)
        except LeaseBusy:
            log.debug("%s%s: another worker is at it", work.__name__, args)
        except AppError as error:
            log.warning("%s%s: %s", work.__name__, args, error.text.en)
        except Exception as error:  # the one place: see architecture.md, errors
            log.exception("%s%s failed", work.__name__, args)
            if work.__name__ in TAKING_ROWS:
                _given().engine(args[0]).give_up(error)

    return wrapped


# --- entry points -----------------------------------------------------------------------------------


@job
def drain(portal_id: int) -> None:
    """Inbox and due timers of a portal."""
    _started("drain", portal_id)
    engine = _engine(portal_id)
    if engine is None:
        return
    engine.drain()
    engine.due_timers()


@job
def answer_robots(portal_id: int) -> None:
    """The robots of a portal that wait."""
    _started("robots", portal_id)
    engine = _engine(portal_id)
    if engine is not None:
        engine.robots()


@job
def carry_messages(portal_id: int) -> None:
    """Messages that the portal sends through us, and reports about messages."""
    _started("messages", portal_id)
    engine = _engine(portal_id)
    if engine is not None:
        engine.messages()


@job
def reconcile(portal_id: int) -> None:
    """Looks for what no event told of, then works it off."""
    _started("reconcile", portal_id)
    engine = _engine(portal_id)
    if engine is None:
        return
    engine.poll()
    engine.drain()


@job
def sweep(portal_id: int) -> None:
    """The sweeps of a portal whose time has come."""
    _started("sweep", portal_id)
    engine = _engine(portal_id)
    if engine is not None:
        engine.due_sweeps()


@job
def provision(portal_id: int) -> None:
    """Creates what is wanted and missing on a portal."""
    _started("provision", portal_id)
    _given().provision(portal_id)


@job
def settle_removal(portal_id: int) -> None:
    """Asks a portal that is said to have removed the app."""
    _started("removal", portal_id)
    _given().settle_removal(portal_id)


@job
def tick() -> None:
    """Wakes every job that has something to do, by what stands in the database. A portal that is ill
    holds up no other one."""
    provider = _given()
    _wake_promised(provider)
    for portal in provider.portals():
        if portal.status != "installed":
            continue
        try:
            for wake in _needed(provider, portal):
                wake(provider.redis, portal.id)
        except AppError as error:
            log.warning("the clock passes over portal %s: %s", portal.id, error.text.en)
            if not isinstance(error, PortalBusy):
                _tell_ill(provider, portal, error.text)
        except Exception as error:  # whatever is wrong with one portal, the next one has its turn
            log.exception("the clock passes over portal %s", portal.id)
            _tell_ill(provider, portal, Text(repr(error), repr(error)))


def _wake_promised(provider: Provider) -> None:
    """What is due on portals whatever their state."""
    with provider.database.session() as session:
        removals = removal.due(session, utcnow())
        wanted = wishes.due(session, utcnow())
    for portal_id in removals:
        wake_removal(provider.redis, portal_id)
    for portal_id in wanted:
        wake_provision(provider.redis, portal_id)


def _needed(provider: Provider, portal: PortalRow) -> list[Callable[[Redis, int], None]]:
    now = utcnow() + timedelta(seconds=portal.time_offset)
    wakes: list[Callable[[Redis, int], None]] = []
    with provider.database.session() as session:
        if robots.count_waiting(session, portal.id):
            wakes.append(wake_robots)
        if carrying.count_waiting(session, portal.id, now):
            wakes.append(wake_messages)
        if inbox.count_pending(session, portal.id) or timers.count_due(session, portal.id, now):
            wakes.append(wake_drain)
        polled = [datetime.fromisoformat(value["at"]) for value in cursors.load(session, portal.id, POLLED).values()]
    if not polled or not now - POLL_EVERY < min(polled) <= now:
        wakes.append(wake_reconcile)
    # Without an engine no job could do anything: nothing of the portal is woken then.
    if provider.engine(portal.id).sweeps_due(now):
        wakes.append(wake_sweep)
    with provider.database.session() as session:
        errors.resolve_kinds(session, portal.id, (ILL,), (ILL,))
    return wakes


def _tell_ill(provider: Provider, portal: PortalRow, told: Text) -> None:
    """One item of the portal's error inbox while it lasts."""
    text = Text(
        f"Приложение сейчас не работает с этим порталом: {told.ru}. Оно пробует снова само",
        f"The app does not work with this portal now: {told.en}. It tries again by itself",
    )
    try:
        with provider.database.session() as session:
            errors.note(session, portal.id, [Trouble(ILL, ILL, text)])
    except Exception:  # telling is a courtesy: it must not hold up the others either
        log.exception("portal %s: the trouble could not be written down", portal.id)


def _engine(portal_id: int) -> Engine | None:
    """The portal's engine; None for a portal that is gone or not yet set up."""
    try:
        return _given().engine(portal_id)
    except PortalLost as error:
        log.info("portal %s: %s", portal_id, error.text.en)
        return None


# --- waking -----------------------------------------------------------------------------------------


def wake_drain(redis: Redis, portal_id: int) -> None:
    """Puts a drain into the queue unless one waits there."""
    _wake(redis, DEFAULT, "drain", drain, portal_id)


def wake_robots(redis: Redis, portal_id: int) -> None:
    """Puts the robots' job into the queue unless one waits there."""
    _wake(redis, HIGH, "robots", answer_robots, portal_id)


def wake_messages(redis: Redis, portal_id: int) -> None:
    """Puts the job of messages into the queue unless one waits there."""
    _wake(redis, HIGH, "messages", carry_messages, portal_id)


def wake_removal(redis: Redis, portal_id: int) -> None:
    """Puts the proof of a removal into the queue unless one waits there."""
    _wake(redis, DEFAULT, "removal", settle_removal, portal_id)


def wake_reconcile(redis: Redis, portal_id: int) -> None:
    """Puts a reconciliation into the queue unless one waits there."""
    _wake(redis, DEFAULT, "reconcile", reconcile, portal_id)


def wake_sweep(redis: Redis, portal_id: int) -> None:
    """Puts the due sweeps into the queue unless they wait there."""
    _wake(redis, LOW, "sweep", sweep, portal_id)


def wake_provision(redis: Redis, portal_id: int) -> None:
    """Puts provisioning into the queue unless it waits there; a person may wait for it."""
    _wake(redis, HIGH, "provision", provision, portal_id)


def _wake(redis: Redis, queue: str, name: str, work: Callable[..., None], portal_id: int) -> None:
    """One waiting job at a time. The mark is taken away when the job starts, so that what happens while
    it runs wakes another; it lapses by itself when the job is lost."""
    if redis.set(_mark(name, portal_id), "1", nx=True, ex=WAKE_SECONDS):
        _enqueue(redis, queue, work, portal_id)


def _started(name: str, portal_id: int) -> None:
    _given().redis.delete(_mark(name, portal_id))


def _mark(name: str, portal_id: int) -> str:
    return f"b24app:wake:{name}:{portal_id}"


def _enqueue(redis: Redis, queue: str, work: Callable[..., None], *args: Any) -> None:
    Queue(queue, connection=redis).enqueue(work, args=args, job_timeout=JOB_SECONDS, result_ttl=0, failure_ttl=86400)


# --- processes --------------------------------------------------------------------------------------


def work(redis: Redis, queues: Sequence[str]) -> None:
    """Works jobs until stopped; queues are served in the given order."""
    Worker([Queue(name, connection=redis) for name in queues], connection=redis).work()


def work_off(redis: Redis) -> None:
    """Works what waits in all queues, in this process, and returns."""
    queues = [Queue(name, connection=redis) for name in (HIGH, DEFAULT, LOW)]
    # RQ takes the signals of a process for itself and does not give them back.
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    worker = SimpleWorker(queues, connection=redis)
    try:
        worker.work(burst=True)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if worker._stop_requested:
        raise KeyboardInterrupt


def clock(redis: Redis) -> CronScheduler:
    """The cron table. Sweeps have their hours in the portals' own time zones, so the table holds no
    wall clock: the tick asks each sweep that `discover` found whether it is due. A tick that was not
    worked off before the next ones is dropped."""
    scheduler = CronScheduler(connection=redis)
    scheduler.register(tick, queue_name=HIGH, interval=TICK_SECONDS, job_timeout=60, result_ttl=0, ttl=2 * TICK_SECONDS)
    return scheduler


def keep_time(redis: Redis) -> None:
    """Runs the clock until stopped."""
    clock(redis).start()  # type: ignore[no-untyped-call]
