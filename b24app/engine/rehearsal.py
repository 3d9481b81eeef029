"""A dry run (X.04): rules decide on what is there, their commands are only pretended, and what follows from
them is looked at too, so that the counts are those of a real run. Nothing is sent but reading.

Messages to clients are told as wanted: whether one may go is only known at the moment of sending. Tasks that this
database does not know of are not told as completed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from b24app.declare import Row
from b24app.engine.actions import Action
from b24app.engine.agenda import Agenda
from b24app.engine.context import Context
from b24app.engine.decide import Decided, decide
from b24app.engine.making import Maker
from b24app.engine.planning import Planner
from b24app.engine.posting import Wanted, wanted_by
from b24app.engine.rows import Rows, matches
from b24app.engine.sweeps import SAMPLE, SweepReport
from b24app.engine.values import plain
from b24app.engine.work import MAX_GROUPS, reader_of
from rules.decision import Create, Ref

FIRST_INVENTED = 1_900_000_000
"""ids of objects that would be created: far from real ones, and still ids for the portal"""


Key = tuple[type, str]
"""a kind of command and its business key"""


@dataclass
class Pretended:
    """What a whole dry run has pretended so far, whichever stretch it was in."""

    keys: set[Key] = field(default_factory=set)
    created: list[tuple[str, Row]] = field(default_factory=list)
    ids: count[int] = field(default_factory=lambda: count(FIRST_INVENTED))

    def number(self, entity: str, where: Mapping[str, Any]) -> int:
        """How many objects with these values would have been created, just now."""
        exact = [(name, value) for name, value in where.items() if name.isidentifier()]
        return sum(kind == entity and matches(row, exact) for kind, row in self.created)


class Rehearsal:
    """A pass that sends nothing. `look` fills the agenda, `run` empties it into the report."""

    def __init__(self, context: Context, rows: Rows, pretended: Pretended) -> None:
        self._context = context
        self._pretended = pretended
        self._reader = reader_of(context, context.gateway.now(), rows)
        self._reader.anew = True
        self._reader.count = self._count
        self._maker = Maker(context.items, context.names, context.language)
        self._planner = Planner(context.database, context.portal_id, self._reader, self._maker, None)
        self._agenda = Agenda(context.handlers)
        self._outcomes: set[tuple[str, Ref]] = set()

    def look(self, handler: str, subjects: Collection[int]) -> None:
        """Subjects of a handler."""
        self._agenda.add(handler, subjects, "sweep")

    def run(self, report: SweepReport) -> None:
        """Looks until nothing is left, and counts."""
        for _ in range(MAX_GROUPS):
            looks = self._agenda.take()
            if not looks:
                return
            verdict = decide(looks, self._reader)
            report.errors += len(verdict.failed)
            self._count_decisions(report, verdict.decided)
            actions = [one for one in self._planner.plan(verdict.decided).actions if self._is_new(_keys_of(one))]
            messages = [
                one for one in wanted_by(verdict.decided) if self._is_new({(type(one.message), one.message.key)})
            ]
            report.commands += len(actions) + len(messages)
            shown = [*map(_of_action, actions), *map(_of_message, messages)]
            report.sample += shown[: max(0, SAMPLE - len(report.sample))]
            for action in actions:
                self._pretend(action)

    def _count(self, entity: str, where: Mapping[str, Any]) -> int:
        return self._context.items.count(entity, where) + self._pretended.number(entity, where)

    def _count_decisions(self, report: SweepReport, decided: Collection[Decided]) -> None:
        """Outcomes are counted once for a subject, however often it is looked at."""
        report.decisions += len(decided)
        outcomes = {(f"{one.handler.name}: {one.decision.outcome}", one.subject) for one in decided} - self._outcomes
        self._outcomes |= outcomes
        report.outcomes = dict(Counter(report.outcomes) + Counter(outcome for outcome, _ in outcomes))

    def _is_new(self, keys: Collection[Key]) -> bool:
        """Whether a thing has not been pretended already; what has no key is compared by its values."""
        new = not keys or not self._pretended.keys.issuperset(keys)
        self._pretended.keys.update(keys)
        return new

    def _pretend(self, action: Action) -> None:
        """The object as it would be, put among the rows; whom it concerns is looked at next."""
        before: Row | None = None
        if action.target is not None:
            ref = action.target
            before = self._reader.rows.known(ref) or {}
            row = {**before, **action.wanted}
            if "stage" in action.wanted:
                row["moved_time"] = self._reader.now
            self._reader.rows.absorb(ref, row)
        elif isinstance(action.command, Create):
            ref = Ref(action.command.entity, next(self._pretended.ids))
            row = self._invented(ref, action.command)
            self._pretended.created.append((ref.entity, row))
            self._reader.rows.invent(ref, row)
        else:
            return
        for handler, subject in self._context.watches.subjects(ref, *([before] if before else []), row):
            self._agenda.add(handler, (subject,), "own")

    def _invented(self, ref: Ref, command: Create) -> dict[str, Any]:
        names, now = self._context.names, self._reader.now
        empty = names.from_rest(ref.entity, dict.fromkeys(names.select(ref.entity, None)))
        times = {"created_time": now, "updated_time": now, "moved_time": now}
        return {**empty, **times, **command.fields, **names.key_fields(ref.entity, command.key), "id": ref.id}


def _keys_of(action: Action) -> set[Key]:
    command = action.command
    return set() if command is None else {(type(command), key) for key in (command.key, *action.also)}


def _of_action(action: Action) -> dict[str, Any]:
    part = action.parts[0]
    target = str(action.target) if action.target else action.key
    return {
        **_of_decision(part.decided, part.kind, target),
        "before": plain(part.before),
        "after": plain(action.wanted),
    }


def _of_message(one: Wanted) -> dict[str, Any]:
    """What would be wanted; whether it may go is only known at the moment of sending."""
    shown = _of_decision(one.decided, "message", str(one.message.company))
    return {**shown, "before": {}, "after": {"purpose": one.message.purpose, "text": one.message.text}}


def _of_decision(one: Decided, kind: str, target: str | None) -> dict[str, Any]:
    reason = one.decision.reason
    return {
        "rule": one.handler.name,
        "subject": str(one.subject),
        "kind": kind,
        "target": target,
        "ru": reason.ru,
        "en": reason.en,
    }
