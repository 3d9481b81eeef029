"""Between deciding and sending: a message that a rule wants is noted, its subject is looked at once more on facts
read anew, and only what the rule wants then is posted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from b24app.declare import Handler
from b24app.engine import message_log, timers
from b24app.engine.agenda import Look
from b24app.engine.context import Context
from b24app.engine.decide import Decided
from b24app.engine.lease import Lease
from b24app.engine.posting import Posted, Posting, Wanted, wanted_by
from b24app.engine.reader import PassReader
from facts.calendar import read_calendar


@dataclass
class Outgoing:
    """The messages of one pass. `reader` is the pass's present one."""

    context: Context
    lease: Lease
    reader: PassReader
    _waiting: dict[tuple[str, int], tuple[Handler, str]] = field(default_factory=dict)
    _anew: frozenset[tuple[str, int]] = frozenset()
    _posted: set[str] = field(default_factory=set)
    """keys that have had their turn in this pass"""

    def sort(self, decided: Sequence[Decided], looks: Sequence[Look]) -> Posted:
        """Posts the messages of decisions that were made on facts read anew, and keeps the subjects of the others for
        such a look. Messages that waited and are not wanted any more are forgotten; those that came back have failed.
        """
        wanted = [one for one in wanted_by(decided) if one.message.key not in self._posted]
        failed = self._forget_unwanted(decided)
        fresh = self._anew
        self._anew = frozenset()
        for one in wanted:
            if _subject(one) not in fresh:
                self._waiting[_subject(one)] = (one.decided.handler, one.decided.cause)
        ready = [one for one in wanted if _subject(one) in fresh]
        self._posted.update(one.message.key for one in ready)
        posted = self._post(ready) if ready else Posted()
        posted.held |= dict.fromkeys(failed, self.reader.now)
        return posted

    def take(self) -> list[Look]:
        """The subjects that want to write to somebody, for a look on facts read anew."""
        waiting, self._waiting = self._waiting, {}
        self._anew = frozenset(waiting)
        groups: dict[tuple[str, str], tuple[Handler, list[int]]] = {}
        for (_, id), (handler, cause) in waiting.items():
            groups.setdefault((handler.name, cause), (handler, []))[1].append(id)
        return [Look(handler, tuple(sorted(ids)), cause) for (_, cause), (handler, ids) in groups.items()]

    def _post(self, ready: Sequence[Wanted]) -> Posted:
        companies = self.reader.by_ids("company", {one.message.company.id for one in ready})
        # A company that is gone in this very moment is written to by nobody.
        there = [one for one in ready if one.message.company.id in companies]
        responsible = {id: self.reader.substitute(row.get("assigned_by_id")) for id, row in companies.items()}
        return Posting(self.context, self.lease, read_calendar(self.reader), responsible, self.reader.now).post(there)

    def _forget_unwanted(self, decided: Sequence[Decided]) -> list[timers.Key]:
        looked: dict[str, set[int]] = {}
        for one in decided:
            if one.subject.entity == "company":
                looked.setdefault(one.handler.name, set()).add(one.subject.id)
        wanted = {one.message.key for one in wanted_by(decided)}
        with self.context.database.session() as session:
            return message_log.drop(session, self.context.portal_id, looked, wanted, self.reader.now)


def _subject(one: Wanted) -> tuple[str, int]:
    return one.decided.handler.name, one.decided.subject.id
