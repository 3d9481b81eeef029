"""The portal's objects as they were read in this pass: each is asked for once, and the app's own
writes are put in, so that a second look costs no request."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from b24app.declare import Linked, Row
from b24app.engine.ports import PortalItems
from b24app.engine.values import same
from b24app.portal.items import Question, by_target
from rules.decision import Ref

Asked = tuple[str, str, tuple[tuple[str, Any], ...]]
"""entity, link and conditions: what was asked about many linked ids"""


Conditions = tuple[tuple[str, Any], ...]

FEW = 500
"""a question about fewer ids is asked as it is, fifty ids to a command"""


@dataclass
class Window:
    """A sweep's stretch: every `entity` with an id from `low` to `high`, and what is linked to them.

    Questions about the whole stretch are asked as a range, in full pages, instead of fifty ids at a
    time with half-empty ones. `whole` are entities of which every row linked to the stretch has been
    read; `asked` collects the range questions that remained, for the next window to read along.
    """

    entity: str
    low: int
    high: int
    ids: frozenset[int]
    whole: frozenset[str] = frozenset()
    asked: set[tuple[str, Conditions]] = field(default_factory=set)

    @property
    def link(self) -> str:
        """The field by which other objects are linked to the stretch."""
        return f"{self.entity}_id"

    def holds(self, entity: str, link: str, ids: Collection[int]) -> bool:
        """Whether every row that answers the question has been read with the stretch."""
        return entity in self.whole and link == self.link and self.ids.issuperset(ids)

    def covers(self, link: str, ids: Collection[int]) -> bool:
        """Whether the question is about most of the stretch, so that a range is the cheaper way."""
        return link == self.link and len(ids) * 2 >= len(self.ids) and self.ids.issuperset(ids)


@dataclass
class Rows:
    """Rows by object, and answers by question. `remembered` tells the links that known objects of an
    entity had: needed to find those that a stretch does not hold."""

    items: PortalItems
    window: Window | None = None
    remembered: Callable[[str], Mapping[int, Mapping[str, Any]]] = lambda entity: {}
    _rows: dict[Ref, Row | None] = field(default_factory=dict)
    _answers: dict[Asked, dict[int, list[int]]] = field(default_factory=dict)
    _indexes: dict[tuple[str, str], dict[int, list[int]]] = field(default_factory=dict)
    _invented: list[tuple[Ref, Row]] = field(default_factory=list)

    def by_ids(self, entity: str, ids: Iterable[int]) -> dict[int, Row]:
        """Objects by id; those that are gone are absent."""
        wanted = set(ids)
        missing = self._unread(entity, wanted).ids
        if missing:
            self._keep_found(entity, missing, self.items.by_ids(entity, missing))
        rows = ((id, self._rows[Ref(entity, id)]) for id in sorted(wanted))
        return {id: row for id, row in rows if row is not None}

    def by_link(self, entity: str, link: str, ids: Iterable[int], where: Mapping[str, Any]) -> dict[int, list[Row]]:
        """Objects by a linking field, ordered by id; every asked id is in the answer."""
        wanted = set(ids)
        answers = self._answers.setdefault(_asked(entity, link, where), {})
        missing = wanted - answers.keys()
        if missing:
            answers.update(self._find_linked(entity, link, missing, where))
            self._add_invented(entity, link, missing, where)
        return {id: self._living(entity, answers[id]) for id in sorted(wanted)}

    def read_ahead(self, subjects: Mapping[str, Collection[int]], asks: Mapping[Linked, Collection[int]]) -> None:
        """Reads at once what `by_ids` and `by_link` will be asked one after another: objects by entity, and
        linked ones by question. What is known is not read again; a stretch has cheaper ways."""
        direct = [self._unread(entity, ids) for entity, ids in subjects.items()]
        linked = [self._unanswered(asked, ids) for asked, ids in asks.items()]
        questions = [one for one in (*direct, *linked) if one.ids and not self._is_cheap(one)]
        if not questions:
            return
        for question, rows in zip(questions, self.items.ask(questions), strict=True):
            if question.field == "id":
                self._keep_found(question.entity, question.ids, {row["id"]: row for row in rows})
            else:
                self._keep_linked(question, rows)

    def put(self, entity: str, rows: Iterable[Row]) -> None:
        """Keeps rows that were read elsewhere in this pass."""
        for row in rows:
            self._keep(entity, row)

    def put_answer(self, entity: str, conditions: Conditions, rows: Iterable[Row]) -> None:
        """The answer to a question about the whole stretch, read elsewhere."""
        if self.window is not None:
            answers = self._answers.setdefault((entity, self.window.link, conditions), {})
            answers.update(self._grouped(entity, self.window, rows))

    def known(self, ref: Ref) -> Row | None:
        """The row as last read or written in this pass, without asking."""
        return self._rows.get(ref)

    def linked_to(self, link: str, ids: Collection[int]) -> dict[Ref, Row]:
        """The rows read so far that are linked to these, without asking."""
        return {ref: row for ref, row in self._rows.items() if row is not None and row.get(link) in ids}

    def absorb(self, ref: Ref, row: Row) -> None:
        """Puts in what the portal answered to our own write: the row, and its place in every answer."""
        self._rows[ref] = row
        self._drop_indexes(ref.entity)
        for (entity, link, where), answers in self._answers.items():
            if entity != ref.entity:
                continue
            for ids in answers.values():
                if ref.id in ids:
                    ids.remove(ref.id)
            if matches(row, where):
                for target in linked_ids(row, link):
                    if target in answers:
                        answers[target] = sorted([*answers[target], ref.id])

    def invent(self, ref: Ref, row: Row) -> None:
        """Puts in an object that only a dry run has made: later questions are answered with it as well."""
        self.absorb(ref, row)
        self._invented.append((ref, row))

    def forget(self, ref: Ref) -> None:
        """The object was changed in a way we did not see: ask again."""
        self._rows.pop(ref, None)
        self._drop_indexes(ref.entity)
        for asked in [asked for asked in self._answers if asked[0] == ref.entity]:
            del self._answers[asked]

    def _is_cheap(self, question: Question) -> bool:
        window = self.window
        if window is None:
            return False
        return len(question.ids) > FEW or window.holds(question.entity, question.field, question.ids)

    def _unread(self, entity: str, ids: Iterable[int]) -> Question:
        return Question(entity, "id", tuple(sorted(id for id in set(ids) if Ref(entity, id) not in self._rows)))

    def _unanswered(self, asked: Linked, ids: Collection[int]) -> Question:
        answers = self._answers.get(_asked(asked.entity, asked.link, dict(asked.where)), {})
        return Question(asked.entity, asked.link, tuple(sorted(set(ids) - answers.keys())), asked.where)

    def _keep_found(self, entity: str, ids: Iterable[int], found: Mapping[int, Row]) -> None:
        self._drop_indexes(entity)
        for id in ids:
            self._rows[Ref(entity, id)] = found.get(id)

    def _keep_linked(self, question: Question, rows: Iterable[Row]) -> None:
        entity, link, ids, where = question.entity, question.field, question.ids, dict(question.where)
        found = by_target(rows, link, ids)
        answers = self._answers.setdefault(_asked(entity, link, where), {})
        answers.update({id: [self._keep(entity, row) for row in found.get(id, ())] for id in ids})
        self._add_invented(entity, link, set(ids), where)

    def _find_linked(self, entity: str, link: str, ids: set[int], where: Mapping[str, Any]) -> dict[int, list[int]]:
        window = self.window
        if window is not None and window.holds(entity, link, ids):
            return self._look_up(entity, link, ids, where)
        if window is None or len(ids) <= FEW:
            return self._read_linked(entity, link, ids, where)
        if entity in window.whole:
            self._fetch_strays(entity, link, ids)
            return self._look_up(entity, link, ids, where)
        if window.covers(link, ids):
            window.asked.add((entity, _asked(entity, link, where)[2]))
            stretch = {f">={link}": window.low, f"<={link}": window.high, **where}
            return self._grouped(entity, window, self.items.by_filter(entity, stretch))
        return self._read_linked(entity, link, ids, where)

    def _look_up(self, entity: str, link: str, ids: set[int], where: Mapping[str, Any]) -> dict[int, list[int]]:
        index, conditions = self._index(entity, link), _asked(entity, link, where)[2]
        return {id: self._matching(entity, index.get(id, ()), conditions) for id in ids}

    def _add_invented(self, entity: str, link: str, ids: set[int], where: Mapping[str, Any]) -> None:
        answers = self._answers[_asked(entity, link, where)]
        for ref, row in self._invented:
            if ref.entity == entity and matches(row, where.items()):
                for target in ids.intersection(linked_ids(row, link)):
                    answers[target] = sorted({*answers[target], ref.id})

    def _read_linked(self, entity: str, link: str, ids: set[int], where: Mapping[str, Any]) -> dict[int, list[int]]:
        found = self.items.by_link(entity, link, sorted(ids), where=dict(where) or None)
        return {id: [self._keep(entity, row) for row in found.get(id, ())] for id in ids}

    def _grouped(self, entity: str, window: Window, rows: Iterable[Row]) -> dict[int, list[int]]:
        """Rows of the stretch by the linked id; every id of the stretch is in the answer."""
        answers: dict[int, list[int]] = {id: [] for id in window.ids}
        for row in rows:
            if row[window.link] in answers:
                answers[row[window.link]].append(self._keep(entity, row))
        return answers

    def _fetch_strays(self, entity: str, link: str, ids: set[int]) -> None:
        """Reads the objects that are linked by another field to something of the stretch, but not to
        the stretch itself: a debt of another company for a deal of this one."""
        strays = [id for id, links in self.remembered(entity).items() if links.get(link) in ids]
        self.by_ids(entity, strays)

    def _index(self, entity: str, link: str) -> dict[int, list[int]]:
        """The rows of an entity by a linking field."""
        if (entity, link) not in self._indexes:
            index: dict[int, list[int]] = {}
            for ref, row in sorted(self._rows.items(), key=lambda pair: pair[0].id):
                if ref.entity == entity and row is not None:
                    for target in linked_ids(row, link):
                        index.setdefault(target, []).append(ref.id)
            self._indexes[entity, link] = index
        return self._indexes[entity, link]

    def _matching(self, entity: str, ids: Iterable[int], conditions: Conditions) -> list[int]:
        return [id for id in ids if (row := self._rows[Ref(entity, id)]) is not None and matches(row, conditions)]

    def _keep(self, entity: str, row: Row) -> int:
        # The first reading stays: what was decided on must not change under the decision.
        ref = Ref(entity, row["id"])
        if self._rows.get(ref) is None:
            self._rows[ref] = row
            self._drop_indexes(entity)
        return ref.id

    def _drop_indexes(self, entity: str) -> None:
        if self._indexes:
            self._indexes = {key: index for key, index in self._indexes.items() if key[0] != entity}

    def _living(self, entity: str, ids: Iterable[int]) -> list[Row]:
        rows = (self._rows.get(Ref(entity, id)) for id in ids)
        return [row for row in rows if row is not None]


def matches(row: Row, where: Iterable[tuple[str, Any]]) -> bool:
    """Whether the row has these exact values; a tuple means any of them."""
    return all(
        any(same(row.get(name), option) for option in value) if isinstance(value, tuple) else same(row.get(name), value)
        for name, value in where
    )


def linked_ids(row: Mapping[str, Any], link: str) -> list[int]:
    """The ids that a linking field names: none, one, or many (`contact_ids`)."""
    value = row.get(link)
    if isinstance(value, (list, tuple)):
        return [int(id) for id in value if id]
    return [int(value)] if value else []


def _asked(entity: str, link: str, where: Mapping[str, Any]) -> Asked:
    pairs = ((name, tuple(v) if isinstance(v, (list, set, frozenset)) else v) for name, v in where.items())
    return entity, link, tuple(sorted(pairs))
