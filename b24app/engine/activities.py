"""What is planned about objects: uncompleted activities and open tasks, and whose activity an event tells of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from b24app.declare import Planned
from b24app.engine import badges, known
from b24app.engine.context import Context
from b24app.engine.inbox import Event
from b24app.engine.making import COMPLETED, Maker
from b24app.portal.batch import Call, Done
from b24app.portal.chains import Chain, Listing
from b24app.store.upsert import chunks
from rules.decision import Ref

LIST, TASKS = "crm.activity.list", "tasks.task.list"
PAGE = 50
SELECT = ["ID", "OWNER_ID", "SUBJECT", "PROVIDER_ID", "ORIGINATOR_ID"]
ACTIVITY = "activity"
_OWNER = ("entity", "owner")
"""what is remembered of an activity: a deleted one cannot be asked whose it was"""


@dataclass(frozen=True)
class Activities:
    """Reads activities of one portal."""

    context: Context

    def planned(self, entity: str, ids: Collection[int]) -> dict[int, Planned]:
        """Fifty objects to a command as far as they own what is planned; the few others are asked for one
        by one, with what they are only bound to and with their tasks (crm-activity-list.md, `BINDINGS`)."""
        owned = self._owned(entity, ids)
        rest = sorted(set(ids) - owned.keys())
        bound = self._bound(entity, rest) if rest else {}
        return {id: bound[id] if id in bound else Planned(tuple(owned[id])) for id in sorted(set(ids))}

    def woken(self, events: Iterable[Event]) -> dict[str, set[int]]:
        """The handlers that asked for events of activities, and the subjects they should look at: the
        owners of the activities that were added, changed or deleted."""
        told: dict[str, set[int]] = defaultdict(set)
        for event in events:
            if event.item_id is not None and self.context.watches.listeners(event.code):
                told[event.code].add(event.item_id)
        owners = self._owners(set().union(*told.values())) if told else {}
        woken: dict[str, set[int]] = defaultdict(set)
        for code, numbers in told.items():
            for handler, entity in self.context.watches.listeners(code):
                woken[handler] |= {owners[n].id for n in numbers if n in owners and owners[n].entity == entity}
        return woken

    def _owned(self, entity: str, ids: Collection[int]) -> dict[int, list[str]]:
        """The titles of uncompleted activities, by the object that owns them."""
        place = {"OWNER_TYPE_ID": self.context.names.entity_type_id(entity), "COMPLETED": "N"}
        filters = [{**place, "@OWNER_ID": part} for part in chunks(sorted(set(ids)), PAGE)]
        rows = [row for row in self._read(filters, SELECT) if not badges.is_ours(row)]
        self._remember({int(row["ID"]): Ref(entity, int(row["OWNER_ID"])) for row in rows}, ())
        owned: dict[int, list[str]] = defaultdict(list)
        for row in rows:
            owned[int(row["OWNER_ID"])].append(str(row.get("SUBJECT") or ""))
        return dict(owned)

    def _bound(self, entity: str, ids: Collection[int]) -> dict[int, Planned]:
        maker = Maker(self.context.items, self.context.names, self.context.language)
        kind = self.context.names.entity_type_id(entity)
        calls = []
        for id in ids:
            here = {"BINDINGS": [{"OWNER_TYPE_ID": kind, "OWNER_ID": id}]}
            newest = {"select": SELECT, "order": {"ID": "DESC"}}
            tasks = {"UF_CRM_TASK": maker.bindings([Ref(entity, id)])[0], "!REAL_STATUS": COMPLETED}
            calls += [
                Call(LIST, {"filter": {**here, "COMPLETED": "N"}, **newest}),
                Call(TASKS, {"filter": tasks, "select": ["ID", "TITLE"]}),
                Call(LIST, {"filter": here, **newest}),
            ]
        answers = iter([self._result(outcome) for outcome in self.context.gateway.batch(calls)])
        return {id: _planned(next(answers), next(answers), next(answers)) for id in ids}

    def _owners(self, numbers: Collection[int]) -> dict[int, Ref]:
        """Whose the activities are, or were before they were deleted."""
        filters = [{"@ID": part} for part in chunks(sorted(numbers), PAGE)]
        rows = {int(row["ID"]): row for row in self._read(filters, ["ID", "OWNER_TYPE_ID", "OWNER_ID", "COMPLETED"])}
        gone = [Ref(ACTIVITY, number) for number in numbers if number not in rows]
        with self.context.database.session() as session:
            remembered = known.load(session, self.context.portal_id, gone)
        owners = {ref.id: Ref(seen.links["entity"], seen.links["owner"]) for ref, seen in remembered.items()}
        for number, row in rows.items():
            entity = self.context.names.entity_of(int(row["OWNER_TYPE_ID"]))
            if entity is not None:
                owners[number] = Ref(entity, int(row["OWNER_ID"]))
        finished = [number for number in numbers if number not in rows or rows[number].get("COMPLETED") == "Y"]
        self._remember({}, finished)
        return owners

    def _remember(self, owners: Mapping[int, Ref], finished: Iterable[int]) -> None:
        seen: dict[Ref, dict[str, Any] | None] = {
            Ref(ACTIVITY, number): {"entity": ref.entity, "owner": ref.id} for number, ref in owners.items()
        }
        seen.update((Ref(ACTIVITY, number), None) for number in finished)
        with self.context.database.session() as session:
            known.save(session, self.context.portal_id, seen, {ACTIVITY: _OWNER})

    def _read(self, filters: Iterable[Mapping[str, Any]], select: list[str]) -> list[dict[str, Any]]:
        chains = [Chain(Listing(LIST, {"filter": one, "select": select}, "ID", "")) for one in filters]
        return [row for rows in self.context.gateway.read_chains(chains) for row in rows]

    @staticmethod
    def _result(outcome: Any) -> Any:
        if not isinstance(outcome, Done):
            raise outcome.error
        return outcome.result


def _planned(activities: Any, tasks: Any, any_activities: Any) -> Planned:
    """From three answers about one object: the open activities, the open tasks, the newest activities."""
    titles = [str(row.get("SUBJECT") or "") for row in activities or () if not badges.is_ours(row)]
    found = tasks.get("tasks", []) if isinstance(tasks, Mapping) else []
    titles += [str(row.get("title") or "") for row in found]
    newest = max((int(row["ID"]) for row in any_activities or () if not badges.is_ours(row)), default=0)
    return Planned(tuple(titles), newest)
