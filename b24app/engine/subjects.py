"""Changed objects name the subjects that handlers have to look at again, by their watches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from b24app.declare import Handler, Watch
from b24app.engine.rows import linked_ids
from rules.decision import Ref


class Watches:
    """All watches of the active handlers, by the entity they watch."""

    def __init__(self, handlers: Iterable[Handler]) -> None:
        self._by_entity: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self._by_subject: dict[str, list[str]] = defaultdict(list)
        self._through: list[tuple[str, Watch]] = []
        self._listeners: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for handler in handlers:
            self._by_subject[handler.subject].append(handler.name)
            for watch in handler.watches:
                if watch.itself:
                    self._by_entity[watch.entity].append((handler.name, watch.link))
                for code in watch.on if watch.link == "id" else ():
                    self._listeners[code].append((handler.name, watch.entity))
                if watch.through is not None:
                    self._through.append((handler.name, watch))

    @property
    def entities(self) -> list[str]:
        """Entities whose changes matter to anybody."""
        return sorted(self._by_entity)

    def watched(self, entity: str | None) -> bool:
        """Whether a change of this entity matters to anybody."""
        return entity is not None and entity in self._by_entity

    def subjects(self, ref: Ref, *versions: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
        """Handlers and subjects that a changed object names, by its links now and before."""
        for handler, link in self._by_entity.get(ref.entity, ()):
            if link == "id":
                yield handler, ref.id
                continue
            for version in versions:
                for id in linked_ids(version, link):
                    yield handler, id

    def listeners(self, code: str) -> list[tuple[str, str]]:
        """Handlers that asked for this event code, and the entity of which they did."""
        return self._listeners.get(code, [])

    def looked_through(self, entity: str) -> bool:
        """Whether a change of this entity concerns the subjects of objects that are linked to it."""
        return any(watch.through == f"{entity}_id" for _, watch in self._through)

    def subjects_through(self, ref: Ref, links: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
        """Handlers and subjects that an object names when what it is linked to has changed."""
        for handler, watch in self._through:
            if watch.entity == ref.entity and links.get(watch.through or ""):
                for id in linked_ids(links, watch.link):
                    yield handler, id

    def handlers_of(self, subject: str) -> list[str]:
        """The handlers that look at this entity as their subject."""
        return self._by_subject.get(subject, [])
