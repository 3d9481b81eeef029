"""The portal's objects as they were read in this pass: each is asked for once, and the app's own
writes are put in, so that a second look costs no request."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from b24app.declare import Row
from b24app.engine.ports import PortalItems
from b24app.engine.values import same
from rules.decision import Ref

Question = tuple[str, str, tuple[tuple[str, Any], ...]]
"""entity, link and conditions: what was asked about many linked ids"""


@dataclass(frozen=True, slots=True)
class Window:
    """A sweep's stretch of subjects: every living `entity` with an id from `low` to `high`.

    Questions about the whole stretch are asked as a range, in full pages, instead of fifty ids
    at a time with half-empty ones.
    """

    entity: str
    low: int
    high: int
    count: int

    def covers(self, link: str, ids: Collection[int]) -> bool:
        """Whether the question is about most of the stretch, so that a range is the cheaper way."""
        return link == f"{self.entity}_id" and len(ids) * 2 >= self.count and _inside(ids, self.low, self.high)


def _inside(ids: Collection[int], low: int, high: int) -> bool:
    return bool(ids) and low <= min(ids) and max(ids) <= high


@dataclass
class Rows:
    """Rows by object, and answers by question."""

    items: PortalItems
    window: Window | None = None
    _rows: dict[Ref, Row | None] = field(default_factory=dict)
    _answers: dict[Question, dict[int, list[int]]] = field(default_factory=dict)

    def by_ids(self, entity: str, ids: Iterable[int]) -> dict[int, Row]:
        """Objects by id; those that are gone are absent."""
        wanted = set(ids)
        missing = sorted(id for id in wanted if Ref(entity, id) not in self._rows)
        if missing:
            found = self.items.by_ids(entity, missing)
            for id in missing:
                self._rows[Ref(entity, id)] = found.get(id)
        rows = ((id, self._rows[Ref(entity, id)]) for id in sorted(wanted))
        return {id: row for id, row in rows if row is not None}

    def by_link(self, entity: str, link: str, ids: Iterable[int], where: Mapping[str, Any]) -> dict[int, list[Row]]:
        """Objects by a linking field, ordered by id; every asked id is in the answer."""
        wanted = set(ids)
        answers = self._answers.setdefault(_question(entity, link, where), {})
        missing = wanted - answers.keys()
        if missing:
            for id, rows in self._read_linked(entity, link, missing, where).items():
                answers[id] = [self._keep(entity, row) for row in rows]
        return {id: self._living(entity, answers[id]) for id in sorted(wanted)}

    def put(self, entity: str, rows: Iterable[Row]) -> None:
        """Keeps rows that were read elsewhere in this pass."""
        for row in rows:
            self._keep(entity, row)

    def known(self, ref: Ref) -> Row | None:
        """The row as last read or written in this pass, without asking."""
        return self._rows.get(ref)

    def absorb(self, ref: Ref, row: Row) -> None:
        """Puts in what the portal answered to our own write: the row, and its place in every answer."""
        self._rows[ref] = row
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

    def forget(self, ref: Ref) -> None:
        """The object was changed in a way we did not see: ask again."""
        self._rows.pop(ref, None)
        for question in [asked for asked in self._answers if asked[0] == ref.entity]:
            del self._answers[question]

    def _read_linked(
        self, entity: str, link: str, ids: set[int], where: Mapping[str, Any]
    ) -> Mapping[int, Iterable[Row]]:
        if self.window is None or not self.window.covers(link, ids):
            found = self.items.by_link(entity, link, sorted(ids), where=dict(where) or None)
            return {id: found.get(id, []) for id in ids}
        stretch = {f">={link}": self.window.low, f"<={link}": self.window.high, **where}
        answers: dict[int, list[Row]] = {id: [] for id in ids}
        for row in self.items.by_filter(entity, stretch):
            if row[link] in answers:
                answers[row[link]].append(row)
        return answers

    def _keep(self, entity: str, row: Row) -> int:
        # The first reading stays: what was decided on must not change under the decision.
        ref = Ref(entity, row["id"])
        if self._rows.get(ref) is None:
            self._rows[ref] = row
        return ref.id

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


def _question(entity: str, link: str, where: Mapping[str, Any]) -> Question:
    pairs = ((name, tuple(v) if isinstance(v, (list, set, frozenset)) else v) for name, v in where.items())
    return entity, link, tuple(sorted(pairs))
