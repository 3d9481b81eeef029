"""One pass: from changed objects to a portal that is as it should be.

Changed objects are read, name subjects, the subjects' facts are read, rules decide, what differs is
written, and what was written names further subjects, until nothing is left to look at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from b24app.declare import Handler, Row
from b24app.engine import complaints, decisions, deletions, errors, guard, journal, known, merging, payments, timers
from b24app.engine.activities import Activities
from b24app.engine.agenda import Agenda, Look
from b24app.engine.apply import Applied, Applier, Written
from b24app.engine.badges import Badges
from b24app.engine.clients import Clients
from b24app.engine.context import Context
from b24app.engine.decide import Decided, Failed, Verdict, decide
from b24app.engine.errors import Trouble
from b24app.engine.existing import Finder
from b24app.engine.incoming import read_incoming
from b24app.engine.lease import Lease
from b24app.engine.making import Maker
from b24app.engine.outgoing import Outgoing
from b24app.engine.planning import Planner
from b24app.engine.posting import Posted
from b24app.engine.reader import PassReader
from b24app.engine.recovering import left_open, recover
from b24app.engine.rows import Rows, Window
from b24app.errors import AppError, PortalBusy, Terminal, Transient
from rules.decision import At, Create, Ref, Text

MAX_GROUPS = 60
"""groups of looks in one pass; more means that rules undo each other"""


TRIES = 8
PAUSE, LONGEST_PAUSE = 0.25, 30.0
"""seconds between tries within a pass: a quarter, a half, one, two, ... half a minute"""
POSTPONED = timedelta(minutes=5)
"""when a timer tries again what a pass could not settle"""


@dataclass
class Totals:
    """What a pass, or several, came to. `troubles` are groups of the error inbox, new and repeated."""

    events: int = 0
    decisions: int = 0
    commands: int = 0
    troubles: set[str] = field(default_factory=set)
    postponed: set[timers.Key] = field(default_factory=set)
    """looks that a timer has to repeat because the portal did not take a change"""

    def add(self, other: Totals) -> None:
        """Sums up."""
        self.events += other.events
        self.decisions += other.decisions
        self.commands += other.commands
        self.troubles |= other.troubles
        self.postponed |= other.postponed


@dataclass
class Work:
    """A pass under a lease. Use it once: `changed` and `look` fill the agenda, `run` empties it,
    `remember` belongs into the transaction that marks the cause of the pass as done. `looked` are the
    subjects that were looked at, and `reader` sees what the pass left behind."""

    context: Context
    lease: Lease
    now: datetime
    rows: Rows | None = None
    totals: Totals = field(default_factory=Totals)

    def __post_init__(self) -> None:
        context = self.context
        self.reader = reader_of(context, self.now, self.rows or rows_of(context))
        # Only a sweep brings rows of its own; it is there for what events have missed, payments among it.
        self.reader.anew = self.rows is not None
        self._agenda = Agenda(context.handlers)
        maker = Maker(context.items, context.names, context.language)
        finder = Finder(context.gateway, maker, self.lease, context.sleep)
        planner = Planner(context.database, context.portal_id, self.reader, maker, finder)
        self._applier = Applier(context.database, context.portal_id, context.gateway, self.lease, planner)
        self._outgoing = Outgoing(context, self.lease, self.reader)
        self._held: dict[timers.Key, datetime] = {}
        self._seen: dict[Ref, Row | None] = {}
        self.looked: set[Ref] = set()
        self._tries: Counter[timers.Key] = Counter()

    def changed(self, refs: Iterable[Ref], cause: str, echoes: Collection[Ref] = ()) -> None:
        """Objects that something happened to: they are read and name their subjects. Those of `echoes`
        that look exactly as they did when the handlers last looked at them are passed over: most
        events tell of our own writes."""
        watched = [ref for ref in refs if self.context.watches.watched(ref.entity)]
        gone = self._read(watched)
        with self.context.database.session() as session:
            # Whoever was linked to an object that is gone stays, and has to be looked at without it.
            orphans = known.linked_to(session, self.context.portal_id, gone) if gone else set()
            earlier = known.load(session, self.context.portal_id, {*watched, *orphans})
        self._read(orphan for orphan in orphans if orphan not in self._seen)
        lost = {ref.id for ref in gone if ref.entity == merging.COMPANY}
        self._follow_merged(lost | merging.left_behind(earlier, self._seen), cause)
        for ref in {*watched, *orphans}:
            row, before = self._seen.get(ref), earlier.get(ref)
            if (
                ref in echoes
                and row is not None
                and before is not None
                and before.fingerprint == known.fingerprint(row)
            ):
                del self._seen[ref]
                continue
            self.reader.touch(ref)
            links = before.links if before is not None else None
            self._add(ref, [version for version in (row, links) if version is not None], cause)
        self._look_through({ref for ref in watched if ref not in echoes}, cause)

    def look(self, handler: str, subjects: Iterable[int], cause: str) -> None:
        """Subjects of a handler, without a changed object."""
        self._agenda.add(handler, subjects, cause)

    def found(self, entity: str, rows: Sequence[Row]) -> None:
        """All that there is of an entity in a sweep's stretch: what was known there and is not found
        any more is looked at as changed: it is gone, or belongs elsewhere now."""
        context, window = self.context, self.reader.rows.window
        if entity not in context.links:
            return
        with context.database.session() as session:
            if window is None:
                before = known.fingerprints(session, context.portal_id, entity, [row["id"] for row in rows])
            elif entity == window.entity:
                before = known.fingerprints_between(session, context.portal_id, entity, window.low, window.high)
            else:
                where = (context.portal_id, entity, window.link, window.low, window.high)
                before = known.linked_between(session, *where)
        present = {row["id"]: row for row in rows}
        different = [id for id, row in present.items() if before.get(id) != known.fingerprint(row)]
        self._seen.update((Ref(entity, id), present[id]) for id in different)
        with context.database.session() as session:
            earlier = known.load(session, context.portal_id, [Ref(entity, id) for id in different])
        self._follow_merged(merging.left_behind(earlier, self._seen), "sweep")
        # Handlers that are not part of the sweep look as well: what is remembered now would hide the change.
        woken: dict[str, set[int]] = {}
        for id in different:
            for handler, subject in context.watches.subjects(Ref(entity, id), present[id]):
                woken.setdefault(handler, set()).add(subject)
        for handler, ids in woken.items():
            self._agenda.add(handler, ids, "sweep")
        self.changed([Ref(entity, id) for id in before.keys() - present.keys()], "sweep")

    def run(self) -> None:
        """Looks until nothing is left."""
        for _ in range(MAX_GROUPS):
            self._read_ahead(self._agenda.waiting())
            looks = self._agenda.take() or self._look_anew()
            if not looks:
                return
            self.looked.update(Ref(look.handler.subject, id) for look in looks for id in look.subjects)
            verdict = decide(looks, self.reader)
            posted = self._outgoing.sort(verdict.decided, looks)
            applied = self._applier.apply(verdict.decided)
            hopeless = self._try_again(applied.unsettled)
            self._record(verdict, applied, hopeless)
            self._told(posted)
            self._follow(applied.written)
            self._look_after(verdict.decided, applied.made)
        self._note_endless()

    def _look_anew(self) -> list[Look]:
        """When nothing else is left: the subjects that want to write to a client, on facts read this moment."""
        looks = self._outgoing.take()
        if looks:
            context = self.context
            self.reader = reader_of(context, context.gateway.now(), rows_of(context))
            self.reader.anew = True
            self.now = self.reader.now
            self._applier.planner.reader = self.reader
            self._outgoing.reader = self.reader
            self._read_ahead((look.handler, look.subjects) for look in looks)
            self._follow_unnoticed(looks)
        return looks

    def _follow_unnoticed(self, looks: Sequence[Look]) -> None:
        """Nobody is asked for money that he paid as another company, though nothing has told of the merge yet."""
        companies = {id for look in looks if look.handler.subject == merging.COMPANY for id in look.subjects}
        rows = self.reader.rows.linked_to(merging.LINK, companies)
        with self.context.database.session() as session:
            earlier = known.load(session, self.context.portal_id, rows)
        self._follow_merged(merging.left_behind(earlier, rows), "message")

    def _follow_merged(self, companies: Collection[int], cause: str) -> None:
        """What we have of companies that were merged goes to the survivors, before anything is decided about them."""
        if companies:
            for id in merging.follow(self.context, self.lease, self.reader, companies):
                for handler in self.context.watches.handlers_of(merging.COMPANY):
                    self._agenda.add(handler, (id,), cause)

    def _read_ahead(self, looks: Iterable[tuple[Handler, Collection[int]]]) -> None:
        # What the portal refuses is asked again by the facts themselves, where it concerns their handler alone.
        with suppress(Terminal):
            self.reader.read_ahead(looks)

    def _told(self, posted: Posted) -> None:
        """What became of messages is a fact for their rules; those that wait have a moment of their own."""
        for one in posted.told:
            self._agenda.add(one.decided.handler.name, (one.decided.subject.id,), "message")
        self._held |= posted.held
        if posted.held:
            with self.context.database.session() as session:
                timers.sooner(session, self.context.portal_id, posted.held, self.now)
        self.totals.commands += posted.taken
        self.totals.troubles |= set(posted.troubles)

    def remember(self, session: Session) -> None:
        """What was seen becomes what is known; the links of before are needed until now."""
        traces = merging.traces(session, self.context, self._seen, self.now)
        known.save(session, self.context.portal_id, self._seen, self.context.links, traces)
        deletions.told(session, self.context.portal_id, [ref for ref, row in self._seen.items() if row is None])

    def _read(self, refs: Iterable[Ref]) -> set[Ref]:
        """Reads objects; returns those that are gone."""
        gone: set[Ref] = set()
        wanted = known.by_entity(refs)
        self.reader.rows.read_ahead(wanted, {})
        for entity, ids in wanted.items():
            rows = self.reader.by_ids(entity, ids)
            self._seen.update((Ref(entity, id), rows.get(id)) for id in ids)
            gone |= {Ref(entity, id) for id in ids if id not in rows}
        return gone

    def _look_through(self, refs: Iterable[Ref], cause: str) -> None:
        """Subjects of what lies between: the company of a debt, when its deal belongs to another one."""
        context = self.context
        wanted = {ref for ref in refs if context.watches.looked_through(ref.entity)}
        if not wanted:
            return
        with context.database.session() as session:
            between = known.load(session, context.portal_id, known.linked_to(session, context.portal_id, wanted))
        for ref, seen in between.items():
            for handler, subject in context.watches.subjects_through(ref, seen.links):
                self._agenda.add(handler, (subject,), cause)

    def _add(self, ref: Ref, versions: Sequence[Mapping[str, object]], cause: str) -> None:
        for handler, subject in self.context.watches.subjects(ref, *versions):
            self._agenda.add(handler, (subject,), cause)

    def _follow(self, written: Sequence[Written]) -> None:
        """Our own writes name subjects at once; their events will find nothing left to do."""
        unread = [one.ref for one in written if one.after is None]
        self._read(unread)
        for one in written:
            after = one.after if one.after is not None else self._seen.get(one.ref)
            if self.context.watches.watched(one.ref.entity):
                self._seen[one.ref] = after
            self._add(one.ref, [version for version in (one.before, after) if version is not None], "own")

    def _look_after(self, decided: Sequence[Decided], made: Collection[str]) -> None:
        """Who asked for an object that was created looks once more: only now it has an id to link to."""
        for one in decided:
            if any(isinstance(command, Create) and command.key in made for command in one.decision.commands):
                self._agenda.add(one.handler.name, (one.subject.id,), one.cause)

    def _try_again(self, unsettled: Sequence[tuple[Decided, Transient]]) -> list[tuple[Decided, Transient]]:
        """Names the subjects of unsettled decisions once more, after a pause; what was written though
        its answer was lost is then seen. Returns those that were tried often enough: a timer looks at
        them later, so that they do not hold up everything else."""
        hopeless, pause = [], 0.0
        for one, error in unsettled:
            self._tries[_timer_key(one)] += 1
            tries = self._tries[_timer_key(one)]
            wait = max(PAUSE * 2 ** (tries - 1), error.retry_after if isinstance(error, PortalBusy) else 0.0)
            if tries > TRIES or wait > LONGEST_PAUSE:
                hopeless.append((one, error))
                continue
            pause = max(pause, wait)
            self._agenda.add(one.handler.name, (one.subject.id,), one.cause)
        if pause:
            self.context.sleep(pause)
        return hopeless

    def _record(self, verdict: Verdict, applied: Applied, hopeless: Sequence[tuple[Decided, Transient]]) -> None:
        context, portal_id = self.context, self.context.portal_id
        unsettled = {_timer_key(one) for one, _ in applied.unsettled}
        able = [one for one in verdict.decided if _timer_key(one) not in unsettled]
        over = {f"{kind}:{one.handler.name}:{one.subject}" for one in able for kind in ("rule", "unsettled")}
        # A portal that is only busy is no trouble for a person.
        refused = [_unsettled(one, error) for one, error in hopeless if not isinstance(error, PortalBusy)]
        failed = [*map(_failure, verdict.failed), *refused]
        with context.database.session() as session:
            decisions.store(session, portal_id, verdict.decided, self.now)
            timers.settle(session, portal_id, self._timers(verdict, applied.waiting, hopeless), self.now)
            new = complaints.settle(session, portal_id, verdict.decided)
            errors.note(session, portal_id, failed)
            errors.resolve_kinds(session, portal_id, ("rule", "unsettled"), over)
        self.totals.decisions += len(verdict.decided)
        self.totals.commands += applied.commands
        self.totals.postponed |= {_timer_key(one) for one, _ in hopeless}
        self.totals.troubles |= {trouble.group for trouble in (*new, *failed, *applied.troubles)}

    def _timers(
        self, verdict: Verdict, waiting: Sequence[Decided], hopeless: Sequence[tuple[Decided, Transient]]
    ) -> dict[timers.Key, datetime | None]:
        """The moments that rules ask for; sooner for what the loop guard has stopped or the portal did
        not take."""
        wanted: dict[timers.Key, datetime | None] = {
            (handler.name, subject.entity, subject.id): None for handler, subject in verdict.gone
        }
        wanted.update((_timer_key(one), _moment(one)) for one in verdict.decided)
        later = [(one, guard.WINDOW) for one in waiting] + [(one, POSTPONED) for one, _ in hopeless]
        sooner = [(_timer_key(one), self.now + delay + timers.SOONEST) for one, delay in later]
        for key, moment in [*sooner, *((key, moment) for key, moment in self._held.items() if key in wanted)]:
            wanted[key] = min(wanted.get(key) or moment, moment)
        return wanted

    def _note_endless(self) -> None:
        text = Text(
            "Правила меняют одно и то же по кругу: проход остановлен", "Rules keep changing the same things: stopped"
        )
        with self.context.database.session() as session:
            errors.note(session, self.context.portal_id, [Trouble("endless", "loop", text)])
        self.totals.troubles.add("endless")


def reader_of(context: Context, now: datetime, rows: Rows) -> PassReader:
    """A reader for one pass."""
    reader = PassReader(
        context.database,
        context.portal_id,
        context.names,
        partial(payments.paid_on, context),
        Activities(context),
        Clients(context),
        context.surroundings,
        rows,
        context.limits,
        context.language,
        now,
    )
    reader.switched_on = lambda handler: context.switched_on.get(handler, context.watch_since)
    reader.count = context.items.count
    reader.read_incoming = partial(read_incoming, context)
    reader.read_badges = Badges(context.database, context.portal_id, context.gateway).shown
    return reader


def rows_of(context: Context, window: Window | None = None) -> Rows:
    """An empty store of rows for one pass."""

    def remembered(entity: str) -> dict[int, known.Links]:
        with context.database.session() as session:
            return known.all_links(session, context.portal_id, entity)

    return Rows(context.items, window, remembered)


def begin(context: Context, lease: Lease) -> None:
    """Tidies up after a worker that died."""
    with context.database.session() as session:
        lease.check(session)
        journal.close_abandoned(session, context.portal_id)
        messages = left_open(session, context.portal_id)
    if messages:
        recover(context, lease, messages)


def _timer_key(one: Decided) -> timers.Key:
    return one.handler.name, one.subject.entity, one.subject.id


def _moment(one: Decided) -> datetime | None:
    """The earliest moment the decision asks for."""
    return min((command.moment for command in one.decision.commands if isinstance(command, At)), default=None)


def _failure(failed: Failed) -> Trouble:
    handler: Handler = failed.handler
    subjects = [Ref(handler.subject, id) for id in failed.subjects]
    error = failed.error
    told = error.text if isinstance(error, AppError) else Text(repr(error), repr(error))
    text = Text(
        f"«{handler.title.ru}» не смогло посмотреть на {_some(subjects)}: {told.ru}",
        f'"{handler.title.en}" could not look at {_some(subjects)}: {told.en}',
    )
    return Trouble(f"rule:{handler.name}:{subjects[0]}", "rule", text, subjects[0], handler.name, subjects)


def _unsettled(one: Decided, error: Transient) -> Trouble:
    title = one.handler.title
    text = Text(
        f"«{title.ru}», {one.subject}: портал не принял изменение ({error.text.ru}). Повторим через пять минут",
        f'"{title.en}", {one.subject}: the portal did not take the change ({error.text.en}). Next try in five minutes',
    )
    group = f"unsettled:{one.handler.name}:{one.subject}"
    return Trouble(group, "unsettled", text, one.subject, one.handler.name, (one.subject,))


def _some(subjects: Sequence[Ref]) -> str:
    shown = ", ".join(str(ref) for ref in subjects[:3])
    return shown if len(subjects) <= 3 else f"{shown}... ({len(subjects)})"
