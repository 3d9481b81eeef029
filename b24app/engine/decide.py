"""Facts in bulk, then the rule for each subject: looks become decisions. Nothing is written here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from b24app.declare import Handler, Reader
from b24app.engine.agenda import Look
from b24app.errors import PortalLost, Terminal
from rules.decision import Decision, Ref

RULE_FAULTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""what a fact that the rule's author did not foresee does to it; anything else stops the work"""

Facts = Callable[[Reader, Collection[int]], Mapping[int, Any]]


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision with its subject, the handler that made it and what woke the handler."""

    handler: Handler
    subject: Ref
    decision: Decision
    cause: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A handler could not decide about subjects; others were not held up."""

    handler: Handler
    subjects: tuple[int, ...]
    error: Exception


@dataclass
class Verdict:
    """What came of one group of looks. `gone` are subjects without facts: they do not exist any more."""

    decided: list[Decided] = field(default_factory=list)
    gone: list[tuple[Handler, Ref]] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)


def decide(looks: Sequence[Look], reader: Reader) -> Verdict:
    """Runs the rules. Handlers with the same facts function share one reading of them."""
    verdict = Verdict()
    facts = _FactsOfGroup(looks, reader, verdict)
    for look in looks:
        handler = look.handler
        known = facts.of(handler)
        for id in look.subjects:
            subject = Ref(handler.subject, id)
            if id not in known:
                if (handler.facts, id) not in facts.unreadable:
                    verdict.gone.append((handler, subject))
                continue
            try:
                decision = handler.decide(known[id], reader.limits, reader.now)
            except RULE_FAULTS as error:
                verdict.failed.append(Failed(handler, (id,), error))
            else:
                verdict.decided.append(Decided(handler, subject, decision, look.cause))
    return verdict


class _FactsOfGroup:
    """Facts by the function that reads them, for the union of what its handlers ask about."""

    def __init__(self, looks: Sequence[Look], reader: Reader, verdict: Verdict) -> None:
        self._reader = reader
        self._verdict = verdict
        self._wanted: dict[Facts, set[int]] = {}
        self._known: dict[Facts, dict[int, Any]] = {}
        self.unreadable: set[tuple[Facts, int]] = set()
        for look in looks:
            self._wanted.setdefault(look.handler.facts, set()).update(look.subjects)

    def of(self, handler: Handler) -> dict[int, Any]:
        """The facts of every subject that this handler's function was asked about."""
        if handler.facts not in self._known:
            self._known[handler.facts] = self._load(handler, sorted(self._wanted[handler.facts]))
        return self._known[handler.facts]

    def _load(self, handler: Handler, ids: list[int]) -> dict[int, Any]:
        """Reads in bulk; when one object's data breaks the reading, halves find it."""
        try:
            return dict(handler.facts(self._reader, ids))
        except PortalLost:
            raise
        except (*RULE_FAULTS, Terminal) as error:
            if len(ids) > 1 and not isinstance(error, Terminal):
                middle = len(ids) // 2
                return self._load(handler, ids[:middle]) | self._load(handler, ids[middle:])
            self.unreadable.update((handler.facts, id) for id in ids)
            self._verdict.failed.append(Failed(handler, tuple(ids), error))
            return {}
