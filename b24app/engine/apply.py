"""Sends actions in batches of fifty: planned in the journal, sent, settled. Crash anywhere: what was
sent is found again by its key or is already true, what was not is decided again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from b24app.declare import Row
from b24app.engine import errors, journal, keys
from b24app.engine.actions import Action, Change, Ending
from b24app.engine.decide import Decided
from b24app.engine.errors import Trouble
from b24app.engine.lease import Lease
from b24app.engine.planning import Planner, refusal_group, refused
from b24app.engine.ports import PortalGateway
from b24app.engine.values import encode_all, nearly_same, plain
from b24app.errors import AppError, ItemGone, PortalLost, PortalRefused, Transient
from b24app.portal.batch import Done, Lost, Outcome
from b24app.store.database import Database
from b24app.store.models import JournalRow
from rules.decision import Create, Ref, Text

BATCH = 50
"""commands in one request (settings/how-to-call-rest-api/batch.md)"""


@dataclass(frozen=True, slots=True)
class Written:
    """An object that we changed or created: its row before (None: it was not there) and after
    (None: the portal did not show it)."""

    ref: Ref
    before: Row | None
    after: Row | None


@dataclass
class Applied:
    """What came of applying. `unsettled` are decisions with commands that failed for a passing reason,
    or whose outcome is unknown: the rest was still sent, and these have to be made again."""

    written: list[Written] = field(default_factory=list)
    commands: int = 0
    waiting: list[Decided] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    made: set[str] = field(default_factory=set)
    """keys of the objects that were created"""
    settled: set[str] = field(default_factory=set)
    """groups of troubles that are over"""
    unsettled: list[tuple[Decided, Transient]] = field(default_factory=list)


@dataclass
class Ledger:
    """What is written down after one batch, in one transaction."""

    done: list[int] = field(default_factory=list)
    created: list[tuple[int, int]] = field(default_factory=list)
    failed: list[tuple[tuple[int, ...], str, str]] = field(default_factory=list)
    made: list[tuple[str, str, int | None]] = field(default_factory=list)
    closed: list[tuple[str, str, int | None]] = field(default_factory=list)
    shown: dict[str, str] = field(default_factory=dict)

    def write(self, session: Session, portal_id: int) -> None:
        """Settles journal rows and keys."""
        journal.settle(session, self.done, journal.DONE)
        journal.settle_created(session, self.created)
        for rows, state, error in self.failed:
            journal.settle(session, rows, state, error=error)
        keys.record(session, portal_id, self.made, shown=self.shown)
        keys.record(session, portal_id, self.closed, keys.CLOSED)


@dataclass
class Applier:
    """Applies decisions under a lease."""

    database: Database
    portal_id: int
    gateway: PortalGateway
    lease: Lease
    planner: Planner

    def apply(self, decided: Sequence[Decided]) -> Applied:
        """Makes true what the decisions say. Raises PortalLost and LeaseLost at once, and passing
        failures of reading; those of single commands are in the result."""
        plan = self.planner.plan(decided)
        applied = Applied(waiting=plan.waiting, troubles=list(plan.troubles))
        again = self._send(plan.actions, applied)
        self._send(again, applied)
        self._note(applied)
        return applied

    def _send(self, actions: Sequence[Action], applied: Applied) -> list[Action]:
        """Sends actions; returns the parts of refused updates that are to be tried one by one."""
        again: list[Action] = []
        for batch in _batches(actions):
            with self.database.session() as session:
                self.lease.check(session)
                self._plan(session, batch)
            outcomes = self.gateway.batch([call for action in batch for call in action.calls])
            again += self._settle(batch, outcomes, applied)
        return again

    def _plan(self, session: Session, batch: Sequence[Action]) -> None:
        rows = [self._journal_row(action, number) for action in batch for number in range(len(action.parts))]
        numbers = iter(journal.plan(session, rows))
        for action in batch:
            action.rows = tuple(next(numbers) for _ in action.parts)
        made = [action for action in batch if action.key and action.item is None]
        making = {key: action.entity for action in made for key in (action.key, *action.also) if key}
        keys.reserve(session, self.portal_id, making)

    def _journal_row(self, action: Action, number: int) -> JournalRow:
        part = action.parts[number]
        return JournalRow(
            portal_id=self.portal_id,
            at=self.planner.reader.now,
            rule=part.decided.handler.name,
            version=part.decided.handler.version,
            cause=part.decided.cause,
            kind=part.kind,
            entity=action.entity,
            item_id=action.target.id if action.target else None,
            key=action.key,
            before=encode_all(part.before),
            after=encode_all(part.after),
        )

    def _settle(self, batch: Sequence[Action], outcomes: Sequence[Outcome], applied: Applied) -> list[Action]:
        again: list[Action] = []
        lost: PortalLost | None = None
        ledger = Ledger()
        answers = iter(outcomes)
        for action in batch:
            mine = [next(answers) for _ in action.calls]
            outcome = mine[0]
            if isinstance(outcome, Done):
                self._done(action, outcome, ledger, applied)
                continue
            state = journal.UNKNOWN if isinstance(outcome, Lost) else journal.REFUSED
            ledger.failed.append((action.rows, state, outcome.error.text.en))
            if isinstance(outcome.error, PortalLost):
                lost = outcome.error
            else:
                again += self._failed(action, outcome.error, applied)
        with self.database.session() as session:
            ledger.write(session, self.portal_id)
        if lost is not None:
            raise lost
        return again

    def _done(self, action: Action, outcome: Done, ledger: Ledger, applied: Applied) -> None:
        applied.commands += 1
        applied.settled |= _groups(action)
        made: int | None = None
        if action.target is not None:
            self._changed(action, action.target, outcome, applied)
        elif isinstance(action.command, Ending):
            ledger.closed.append((action.command.key, action.entity, action.item))
        elif action.command is not None:
            made = action.item or self.planner.maker.made_id(action.command, outcome.result)
            ledger.shown[action.command.key] = self.planner.maker.shows(action.command)
            ledger.made += [(key, action.entity, made) for key in (action.command.key, *action.also)]
        if made is None:
            ledger.done += action.rows
            return
        ledger.created += [(row, made) for row in action.rows]
        if isinstance(action.command, Create):
            ref = Ref(action.command.entity, made)
            applied.made.add(action.command.key)
            applied.written.append(Written(ref, None, self._row_after(ref, outcome)))

    def _changed(self, action: Action, target: Ref, outcome: Done, applied: Applied) -> None:
        rows = self.planner.reader.rows
        before = rows.known(target)
        after = self._row_after(target, outcome)
        wanted = action.wanted
        ignored = [] if after is None else [name for name in wanted if not nearly_same(after.get(name), wanted[name])]
        if after is not None and ignored:
            applied.troubles.append(_not_kept(action, target, ignored, after))
        if len(ignored) < len(wanted):
            applied.written.append(Written(target, before, after))

    def _row_after(self, ref: Ref, outcome: Done) -> Row | None:
        """The row that the portal answered with, put among what was read in this pass."""
        rows = self.planner.reader.rows
        try:
            row = self.planner.maker.items.row_of(ref.entity, outcome.result)
        except PortalRefused:
            rows.forget(ref)
            return None
        rows.absorb(ref, row)
        return row

    def _failed(self, action: Action, error: AppError, applied: Applied) -> list[Action]:
        """A refused update of several rules is tried again part by part: one bad value must not hold
        up the others, nor a stage that demands a field the sums of a company."""
        if isinstance(error, Transient):
            applied.unsettled += [(part.decided, error) for part in action.parts]
            if action.target is not None:
                self.planner.reader.rows.forget(action.target)
            return []
        if isinstance(error, ItemGone) and action.target is not None:
            self.planner.reader.rows.forget(action.target)
            return []
        if action.target is not None and len(action.parts) > 1:
            changes = [
                Change(part.place, action.target, part.kind, part.decided, part.before, part.after)
                for part in action.parts
            ]
            return [self.planner.update([change]) for change in changes]
        troubles = [refused(part.decided, _what(action), part.kind, error) for part in action.parts]
        self.planner.hopeless.update(trouble.group for trouble in troubles)
        applied.troubles += troubles
        return []

    def _note(self, applied: Applied) -> None:
        """Writes troubles into the error inbox, and strikes out those that are over."""
        now = {trouble.group for trouble in applied.troubles}
        if not now and not applied.settled:
            return
        with self.database.session() as session:
            errors.note(session, self.portal_id, applied.troubles)
            errors.resolve_kinds(session, self.portal_id, ("refused", "not_kept"), applied.settled - now)


def _batches(actions: Sequence[Action]) -> Iterator[list[Action]]:
    """Whole actions in requests of at most fifty commands."""
    batch: list[Action] = []
    size = 0
    for action in actions:
        if size + len(action.calls) > BATCH:
            yield batch
            batch, size = [], 0
        batch.append(action)
        size += len(action.calls)
    if batch:
        yield batch


def _what(action: Action) -> str:
    return str(action.target) if action.target is not None else str(action.key)


def _groups(action: Action) -> set[str]:
    """The troubles that a success of the action ends."""
    names = [(part.decided.handler.name, part.kind) for part in action.parts]
    over = {refusal_group(name, kind, _what(action)) for name, kind in names}
    return over | {f"not_kept:{name}:{action.target}" for name, _ in names}


def _not_kept(action: Action, target: Ref, names: Sequence[str], row: Row) -> Trouble:
    part = next((one for one in action.parts if set(names) & set(one.after)), action.parts[0])
    rule = part.decided.handler
    fields = ", ".join(names)
    text = Text(
        f"«{rule.title.ru}»: портал принял запись, но не сохранил поля {fields} объекта {target}",
        f'"{rule.title.en}": the portal took the write but did not keep the fields {fields} of {target}',
    )
    payload = {name: {"wanted": plain(action.wanted[name]), "kept": plain(row.get(name))} for name in names}
    return Trouble(
        f"not_kept:{rule.name}:{target}", "not_kept", text, target, rule.name, (part.decided.subject,), payload
    )
