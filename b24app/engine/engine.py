"""The engine of one portal: takes what has happened or is due, and works until the portal is as it
should be. Everything that writes runs under one lease."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from b24app.declare import Sweep
from b24app.engine import (
    carrying,
    cursors,
    errors,
    inbox,
    known,
    lease,
    payments,
    portal_time,
    robots,
    timers,
    upkeep,
    work,
)
from b24app.engine.acting import Acting
from b24app.engine.activities import Activities
from b24app.engine.context import Context
from b24app.engine.errors import Trouble
from b24app.engine.history import catch_up
from b24app.engine.inbox import Event, Intake
from b24app.engine.lease import Lease
from b24app.engine.noticing import notice, noticing
from b24app.engine.poll import poll
from b24app.engine.robots import Robots
from b24app.engine.sweeping import Sweeping
from b24app.engine.sweeps import CURSOR, SweepReport, contained, is_due
from b24app.engine.work import Totals, Work, reader_of, rows_of
from b24app.errors import PortalBusy, PresetError, Transient
from rules.decision import Ref, Text

T = TypeVar("T")

log = logging.getLogger(__name__)

DRAIN = "drain"
ROBOTS = "robots"

POLLS = 3
"""looks for unannounced changes in one settling: what our writes set in motion may move on by itself"""
ALONGSIDE = 200
"""objects of the inbox that are looked at together with what somebody waits for"""
NOTHING = Intake((), ())
PAUSE = 1.0
LONGEST_PAUSE = 15.0


@dataclass(frozen=True, slots=True)
class SettleReport:
    """`events` taken from the inbox, `decisions` made, `commands` carried out, `calls` HTTP requests
    sent, `errors` entries of the error inbox (new and repeated), `left` what could not be done."""

    events: int
    decisions: int
    commands: int
    calls: int
    errors: int
    left: int


class Engine:
    """Works for one portal. `patience` is how long, in seconds, it waits for another worker."""

    def __init__(self, context: Context, patience: float = 5.0) -> None:
        self.context = context
        self.patience = patience

    def settle(self, timeout: float) -> SettleReport:
        """Does everything that is due at the portal's present time until nothing is left, or until
        `timeout` seconds have passed. Passing failures are tried again with growing pauses."""
        settling = _Settling(self, time.monotonic() + timeout)
        calls = self.context.gateway.stats.requests
        settling.run()
        totals = settling.totals
        return SettleReport(
            totals.events,
            totals.decisions,
            totals.commands,
            self.context.gateway.stats.requests - calls,
            len(totals.troubles),
            self.left() + len(totals.postponed),
        )

    def left(self) -> int:
        """What waits now: inbox rows, due timers, robots' calls, messages to carry."""
        context = self.context
        now = context.gateway.now()
        with context.database.session() as session:
            return (
                inbox.count_pending(session, context.portal_id)
                + timers.count_due(session, context.portal_id, now)
                + robots.count_waiting(session, context.portal_id)
                + carrying.count_waiting(session, context.portal_id, now)
            )

    @noticing
    def poll(self, counting: bool = True) -> int:
        """Looks for changes that no event told of; returns how many it found."""
        with self._working():
            return poll(self.context, counting)

    @noticing
    def drain(self) -> Totals:
        """Takes the inbox until it is empty. LeaseBusy when another worker is at it."""
        totals = Totals()
        with self._working() as mine:
            while intake := inbox.take(self.context.database, self.context.portal_id):
                totals.add(self._pass(mine, intake))
        return totals

    @noticing
    def due_timers(self) -> Totals:
        """Looks at the subjects whose moment has come."""
        totals = Totals()
        with self._working() as mine:
            # Once for all that is due now: a moment that a rule names anew is in the future.
            now = self.context.gateway.now()
            while due := self._due(now):
                pass_ = Work(self.context, mine, now)
                for handler, _, id in due:
                    pass_.look(handler, [id], "timer")
                catch_up(self.context)
                self._finish(pass_)
                self._drop_unowned(due)
                totals.add(pass_.totals)
        return totals

    def due_sweeps(self) -> Totals:
        """Runs the sweeps whose time has come."""
        totals, context = Totals(), self.context
        now = context.gateway.now()
        due = self.sweeps_due(now)
        parts = contained(due)
        for sweep in due:
            if sweep.name in parts:
                continue
            totals.add(self._sweep(sweep, dry_run=False).totals)
            done = {
                f"{CURSOR}{part}": {"last": now.isoformat()} for part, whole in parts.items() if whole == sweep.name
            }
            with context.database.session() as session:
                cursors.save(session, context.portal_id, done)
                upkeep.tidy(session, context.portal_id, context.limits, now)
        return totals

    def sweeps_due(self, now: datetime) -> list[Sweep]:
        """The sweeps that have to run."""
        context = self.context
        with context.database.session() as session:
            done = cursors.load(session, context.portal_id, CURSOR)
        return [
            sweep
            for sweep in context.catalogue.sweeps.values()
            if is_due(sweep, done.get(sweep.name), context.watch_since, now, context.time_zone)
        ]

    def sweep(self, name: str, dry_run: bool = False) -> SweepReport:
        """Runs a sweep now, to its end; one that was interrupted goes on where it stopped. A dry run
        writes nothing anywhere and tells what would be done."""
        sweep = self.context.catalogue.sweeps.get(name)
        if sweep is None:
            there = ", ".join(self.context.catalogue.sweeps) or "-"
            raise PresetError(Text(f"Нет обхода «{name}». Есть: {there}", f'No sweep "{name}". Known: {there}'))
        return self._sweep(sweep, dry_run).report

    @noticing
    def _sweep(self, sweep: Sweep, dry_run: bool) -> Sweeping:
        if sweep.only is None and not dry_run:
            notice(self, refused=False)
        sweeping = Sweeping(self.context, sweep, dry_run)
        while sweeping.unfinished:
            with self._working() as mine:
                sweeping.step(mine)
            if not dry_run:
                sweeping.totals.add(self.drain())
        return sweeping

    @noticing
    def robots(self) -> int:
        """Acts and answers for the robots that wait; returns how many were answered."""
        with lease.held(self.context.database, self.context.portal_id, ROBOTS, self.patience, self.context.gateway):
            return Robots(self.context, self._acting).work()

    @noticing
    def messages(self) -> int:
        """Carries what the portal sends through us and applies reports of messengers; how many have moved on."""
        return carrying.Carrying(self.context, self.patience).work()

    def look_again(self, subjects: Sequence[Ref], cause: str) -> Totals:
        """Looks at objects now, to the end: as subjects, and as objects that something happened to."""
        return self._look_again(subjects, cause).totals

    @noticing
    def _look_again(self, subjects: Sequence[Ref], cause: str) -> Work:
        """What waits in the inbox is looked at together with them, as far as it is little: the event of
        the very change that a robot stands behind is probably among it."""
        context = self.context
        with self._working() as mine:
            catch_up(context)
            intake = inbox.take(context.database, context.portal_id, ALONGSIDE)
            told, sure = self._objects(intake.events)
            pass_ = Work(context, mine, context.gateway.now())
            pass_.changed({*subjects, *told, *sure}, cause)
            for entity, ids in known.by_entity(subjects).items():
                for handler in context.watches.handlers_of(entity):
                    pass_.look(handler, ids, cause)
            self._wake(pass_, intake.events)
            self._finish(pass_, intake)
        return pass_

    def give_up(self, error: Exception) -> None:
        """The work failed for a reason of ours: the oldest rows are counted, and those that fail again
        and again are put aside and shown, so that they do not hold up the rest."""
        context = self.context
        intake = inbox.take(context.database, context.portal_id)
        hopeless = inbox.count_failure(context.database, intake.rows) if intake else []
        if not hopeless:
            return
        objects = sorted(set().union(*self._objects(intake.events)), key=str)
        text = Text(f"Событие не удалось обработать: {error!r}", f"An event could not be processed: {error!r}")
        group = f"event:{hopeless[0]}"
        with context.database.session() as session:
            ref = objects[0] if objects else None
            errors.note(session, context.portal_id, [Trouble(group, "event", text, ref, None, objects)])

    def _pass(self, mine: Lease, intake: Intake) -> Totals:
        """One pass over inbox rows: they are done when everything that follows from them is."""
        context = self.context
        told, sure = self._objects(intake.events)
        pass_ = Work(context, mine, context.gateway.now())
        if told or sure:
            pass_.changed(told | sure, "event", echoes=told - sure)
            # After the objects: a stage that was read has its record in the history by now.
            catch_up(context, told | sure)
        self._wake(pass_, intake.events)
        self._finish(pass_, intake)
        return pass_.totals

    def _wake(self, pass_: Work, events: Iterable[Event]) -> None:
        """Activities are nothing that handlers look at; their owners are, by those who asked for it."""
        for handler, ids in Activities(self.context).woken(events).items():
            pass_.look(handler, ids, "event")

    def _finish(self, pass_: Work, intake: Intake = NOTHING) -> None:
        """Works to the end; only then is the cause of the work done with."""
        pass_.run()
        with self.context.database.session() as session:
            pass_.lease.check(session)
            pass_.remember(session)
            inbox.mark_done(session, intake.rows)
        pass_.totals.events = len(intake.rows)

    def _objects(self, events: Iterable[Event]) -> tuple[set[Ref], set[Ref]]:
        """The watched objects that events tell of. The second are those that something happened to for
        sure, though it may not be seen on them: a payment, or what we have found ourselves."""
        events = list(events)
        paid = [event.item_id for event in events if event.code in payments.EVENTS and event.item_id is not None]
        owners = payments.owners_of_payments(self.context, paid) if self.context.reads_payments else set()
        if self.context.reads_payments and any(event.code == payments.DELETED for event in events):
            owners |= payments.owners_of_vanished(self.context)
        found = {event for event in events if event.code == inbox.RECONCILE}
        sure = set(self._watched({*owners, *((event.entity_type_id, event.item_id) for event in found)}))
        told = set(self._watched((event.entity_type_id, event.item_id) for event in events))
        if not self.context.reads_payments:
            sure |= {ref for ref in told if ref.entity in payments.PAYABLE}
        return told, sure

    def _watched(self, things: Iterable[tuple[int | None, int | None]]) -> Iterator[Ref]:
        for kind, id in things:
            entity = None if kind is None else self.context.names.entity_of(kind)
            if entity is not None and id is not None and self.context.watches.watched(entity):
                yield Ref(entity, id)

    def _due(self, now: datetime) -> list[timers.Key]:
        with self.context.database.session() as session:
            return timers.due(session, self.context.portal_id, now, inbox.PASS_OBJECTS)

    def _drop_unowned(self, due: Sequence[timers.Key]) -> None:
        """Timers of handlers that are gone or paused would be due for ever; a sweep sets them anew."""
        active = {handler.name for handler in self.context.handlers}
        unowned: dict[timers.Key, datetime | None] = {key: None for key in due if key[0] not in active}
        with self.context.database.session() as session:
            timers.settle(session, self.context.portal_id, unowned, self.context.gateway.now())

    def _acting(self) -> Acting:
        context = self.context
        return Acting(context, self._look_again, reader_of(context, context.gateway.now(), rows_of(context)))

    @contextmanager
    def _working(self) -> Iterator[Lease]:
        context = self.context
        with lease.held(context.database, context.portal_id, DRAIN, self.patience, context.gateway) as mine:
            context.surroundings.begin()
            portal_time.keep_offset(context.database, context.portal_id, context.gateway.now())
            work.begin(context, mine)
            yield mine


class _Settling:
    """The loop of `Engine.settle`."""

    def __init__(self, engine: Engine, deadline: float) -> None:
        self.engine = engine
        self.totals = Totals()
        self._deadline = deadline
        self._polls = 0
        self._pause = PAUSE

    def run(self) -> None:
        """Turns until a turn finds nothing to do, or time is up."""
        while True:
            try:
                if not self._turn():
                    return
                self._pause = PAUSE
            except Transient as error:
                log.info("settling is held up: %s", error.text.en)
                if not self._rest(error):
                    return

    def _turn(self) -> bool:
        """Does what is there; whether another turn is needed. A part that is held up does not hold up
        the others: its failure is raised after them."""
        engine = self.engine
        held_up: list[Transient] = []
        found = sum(_unless_held_up(part, 0, held_up) for part in (self._poll, engine.robots, engine.messages))
        done = Totals()
        for part in (engine.drain, engine.due_timers, engine.due_sweeps):
            done.add(_unless_held_up(part, Totals(), held_up))
        self.totals.add(done)
        if held_up:
            raise held_up[0]
        return (done.commands > 0 or found > 0) and time.monotonic() < self._deadline

    def _poll(self) -> int:
        if self._polls >= POLLS:
            return 0
        found = self.engine.poll(counting=self._polls == 0)
        self._polls += 1
        return found

    def _rest(self, error: Transient) -> bool:
        """Waits as long as the portal asks for; False when that would take too long."""
        pause = max(self._pause, error.retry_after if isinstance(error, PortalBusy) else 0.0)
        if time.monotonic() + pause >= self._deadline:
            return False
        self.engine.context.sleep(pause)
        self._pause = min(self._pause * 2, LONGEST_PAUSE)
        return True


def _unless_held_up(part: Callable[[], T], nothing: T, held_up: list[Transient]) -> T:
    try:
        return part()
    except Transient as error:
        held_up.append(error)
        return nothing
