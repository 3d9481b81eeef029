"""Reading a stretch of a sweep: some thousand companies and everything that is linked to them, in
full pages that share their requests."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from b24app.declare import Handler, Row
from b24app.engine import history
from b24app.engine.context import Context
from b24app.engine.rows import Conditions
from b24app.portal.batch import Call, Done
from b24app.portal.chains import Chain, Listing

LIST = "crm.item.list"
PAGE, PAGES = 50, 50

Narrow = tuple[str, Conditions]
"""an entity of which only some rows are wanted, and which"""


@dataclass
class Stretch:
    """What was read: the rows of the hub, of the satellites as a whole, and the narrower answers."""

    hub: list[Row]
    whole: dict[str, list[Row]] = field(default_factory=dict)
    narrow: dict[Narrow, list[Row]] = field(default_factory=dict)


def hub_of(handlers: Collection[Handler]) -> tuple[str | None, frozenset[str]]:
    """The entity whose stretches hold most of what the handlers look at, and the other subjects that
    are linked to it: for companies, deals and debts, reading company by company reads each row once."""
    subjects = {handler.subject for handler in handlers}
    satellites: dict[str, set[str]] = {}
    for handler in handlers:
        for watch in handler.watches:
            if watch.link == f"{handler.subject}_id" and watch.entity in subjects:
                satellites.setdefault(handler.subject, set()).add(watch.entity)
    if not satellites:
        return None, frozenset()
    hub = max(sorted(satellites), key=lambda entity: len(satellites[entity]))
    return hub, frozenset(satellites[hub] - {hub})


@dataclass
class StretchReader:
    """Reads stretches of one hub; `expected` is how many rows each list held the last time."""

    context: Context
    hub: str
    satellites: frozenset[str]
    narrow: set[Narrow] = field(default_factory=set)
    expected: dict[object, int] = field(default_factory=dict)

    def read(self, after: int, upto: int) -> Stretch:
        """Everything about hub objects with ids above `after` up to `upto`, and what is new in the
        stage history."""
        narrow = sorted(self.narrow, key=repr)
        whole = sorted(self.satellites)
        link = {f">={self.hub}_id": after + 1, f"<={self.hub}_id": upto}
        chains = [self._chain(self.hub, {}, self.hub, after, upto)]
        chains += [self._chain(entity, link, entity) for entity in whole]
        chains += [self._chain(entity, {**link, **dict(where)}, (entity, where)) for entity, where in narrow]
        staged = history.chains(self.context)
        found = self.context.gateway.read_chains([*chains, *(chain for _, chain in staged)])
        records = found[len(chains) :]
        history.keep(
            self.context, [history.Reading(kind, rows) for (kind, _), rows in zip(staged, records, strict=True)]
        )
        answers = [self._rows(key, found[n]) for n, key in enumerate([self.hub, *whole, *narrow])]
        return Stretch(
            answers[0],
            dict(zip(whole, answers[1:], strict=False)),
            dict(zip(narrow, answers[1 + len(whole) :], strict=True)),
        )

    def _chain(
        self, entity: str, where: Mapping[str, object], key: object, after: int = 0, upto: int | None = None
    ) -> Chain:
        names = self.context.names
        params = {
            "entityTypeId": names.entity_type_id(entity),
            "select": names.select(entity, None),
            "filter": names.filter(entity, where),
        }
        pages = min(PAGES, self.expected.get(key, 0) // PAGE + 1)
        return Chain(Listing(LIST, params), after, upto, pages, count=True)

    def _rows(self, key: object, found: list[dict[str, object]]) -> list[Row]:
        self.expected[key] = len(found)
        entity = key[0] if isinstance(key, tuple) else str(key)
        return [self.context.names.from_rest(entity, row) for row in found]


def count(context: Context, entities: Collection[str]) -> dict[str, int]:
    """How many objects of each entity the portal has."""
    calls = [
        Call(LIST, {"entityTypeId": context.names.entity_type_id(entity), "select": ["id"], "start": 0})
        for entity in entities
    ]
    totals = {}
    for entity, outcome in zip(entities, context.gateway.batch(calls), strict=True):
        if not isinstance(outcome, Done):
            raise outcome.error
        totals[entity] = outcome.total or 0
    return totals


def last_id(context: Context, entity: str) -> int:
    """The highest id there is now; what is created later has events of its own."""
    kind = context.names.entity_type_id(entity)
    params = {"entityTypeId": kind, "select": ["id"], "order": {"id": "DESC"}, "start": -1}
    (outcome,) = context.gateway.batch([Call(LIST, params)])
    if not isinstance(outcome, Done):
        raise outcome.error
    items = outcome.result["items"] if outcome.result else []
    return int(items[0]["id"]) if items else 0
