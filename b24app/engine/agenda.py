"""What is still to be looked at: subjects of handlers, taken group by group in the handlers' order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from b24app.declare import Handler


@dataclass(frozen=True, slots=True)
class Look:
    """A handler, the subjects to look at, and what woke it (`event`, `timer`, `sweep`, `robot`, `user`)."""

    handler: Handler
    subjects: tuple[int, ...]
    cause: str


class Agenda:
    """Collects subjects; each is looked at once however often it is named before its turn."""

    def __init__(self, handlers: Sequence[Handler]) -> None:
        self._handlers = sorted(handlers, key=lambda handler: (handler.order, handler.name))
        self._waiting: dict[str, dict[str, set[int]]] = {handler.name: {} for handler in handlers}

    def __len__(self) -> int:
        return sum(len(self._ids(handler)) for handler in self._handlers)

    def add(self, handler: str, subjects: Iterable[int], cause: str) -> None:
        """Names subjects; a handler that is paused or gone is passed over."""
        causes = self._waiting.get(handler)
        if causes is None:
            return
        known = set().union(*causes.values())
        new = set(subjects) - known
        if new:
            causes.setdefault(cause, set()).update(new)

    def take(self) -> list[Look]:
        """The subjects of all handlers with the lowest order that have any; they leave the agenda."""
        first = next((handler.order for handler in self._handlers if self._ids(handler)), None)
        looks = []
        for handler in self._handlers:
            if handler.order != first:
                continue
            for cause, ids in self._waiting[handler.name].items():
                looks.append(Look(handler, tuple(sorted(ids)), cause))
            self._waiting[handler.name] = {}
        return looks

    def waiting(self) -> Iterator[tuple[Handler, list[int]]]:
        """The handlers that have subjects, with these."""
        for handler in self._handlers:
            if ids := self._ids(handler):
                yield handler, ids

    def _ids(self, handler: Handler) -> list[int]:
        return [subject for ids in self._waiting[handler.name].values() for subject in ids]
