"""Objects of the portal as rows in logical names, read and written in bulk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from b24app.declare import Paid, Row
from b24app.errors import PortalRefused
from b24app.portal.batch import Call, Done
from b24app.portal.chains import PAGE, Chain, Listing
from b24app.portal.gateway import Gateway
from b24app.portal.names import Names

LIST = "crm.item.list"
PAYMENTS = "crm.item.payment.list"


@dataclass(frozen=True, slots=True)
class Question:
    """Which objects of `entity` have one of `ids` in `field` (`id` or a link), narrowed by exact values."""

    entity: str
    field: str
    ids: tuple[int, ...]
    where: tuple[tuple[str, Any], ...] = ()


class Items:
    """The objects of one portal."""

    def __init__(self, gateway: Gateway, names: Names) -> None:
        self.gateway = gateway
        self.names = names

    # --- reading ----------------------------------------------------------------------------

    def by_ids(self, entity: str, ids: Collection[int], select: Collection[str] | None = None) -> dict[int, Row]:
        """Objects by id, ordered by id; one that is gone is absent. 2,500 objects are one request."""
        (rows,) = self.ask([Question(entity, "id", tuple(ids))], select)
        return {row["id"]: row for row in rows}

    def by_link(
        self,
        entity: str,
        link: str,
        ids: Collection[int],
        where: Mapping[str, Any] | None = None,
        select: Collection[str] | None = None,
    ) -> dict[int, list[Row]]:
        """Objects by a linking field: linked id -> rows ordered by id. Ids nobody links to are absent."""
        names = None if select is None else {*select, link}
        (rows,) = self.ask([Question(entity, link, tuple(ids), tuple((where or {}).items()))], names)
        return by_target(rows, link, ids)

    def ask(self, questions: Sequence[Question], select: Collection[str] | None = None) -> list[list[Row]]:
        """The rows of several questions, each ordered by id; all questions share their requests."""
        chains = [self._chains(question, select) for question in questions]
        answers = iter(self.gateway.read_chains([chain for some in chains for chain in some]))
        return [
            self._rows(question.entity, [row for _ in some for row in next(answers)])
            for question, some in zip(questions, chains, strict=True)
        ]

    def by_filter(self, entity: str, where: Mapping[str, Any], select: Collection[str] | None = None) -> Iterator[Row]:
        """Every object that meets all conditions, ordered by id, streamed."""
        params = self._params(entity, self.names.filter(entity, where), select)
        for row in self.gateway.scan(LIST, params):
            yield self.names.from_rest(entity, row)

    def count(self, entity: str, where: Mapping[str, Any]) -> int:
        """How many objects meet all conditions."""
        params = {**self._params(entity, self.names.filter(entity, where), ()), "start": 0}
        (outcome,) = self.gateway.batch([Call(LIST, params)])
        if not isinstance(outcome, Done):
            raise outcome.error
        return outcome.total or 0

    def by_keys(self, entity: str, keys: Collection[str]) -> dict[str, int]:
        """The objects the app created under these business keys: key -> id, the oldest when a key has several."""
        name = self.names.key_name(entity)
        chains = [
            Chain(Listing(LIST, self._params(entity, self.names.key_filter(entity, part), [name])))
            for part in _parts(sorted(set(keys)))
        ]
        found: dict[str, int] = {}
        for rows in self.gateway.read_chains(chains):
            for row in rows:
                logical = self.names.from_rest(entity, row)
                found.setdefault(logical[name], logical["id"])
        return found

    def paid(self, entity: str, ids: Collection[int]) -> dict[int, list[Paid]]:
        """The paid payments of each deal or invoice, in the payments' own currency; an object without
        payments has none (~/crm/universal/payment/crm-item-payment-list.md)."""
        entity_type_id = self.names.entity_type_id(entity)
        found: dict[int, list[Paid]] = {number: [] for number in sorted(set(ids))}
        pending = dict.fromkeys(found, 0)
        while pending:
            calls = [
                Call(PAYMENTS, {"entityTypeId": entity_type_id, "entityId": number, "start": start})
                for number, start in pending.items()
            ]
            pages = dict(zip(pending, self.gateway.batch(calls), strict=True))
            pending = {}
            for number, page in pages.items():
                if not isinstance(page, Done):
                    raise page.error
                found[number] += _paid(page.result)
                if page.next:
                    pending[number] = page.next
        return found

    # --- writing ----------------------------------------------------------------------------

    def add_call(self, entity: str, fields: Mapping[str, Any], key: str | None = None) -> Call:
        """The call that creates an object; `key` marks it with its business key."""
        marked = {**fields, **(self.names.key_fields(entity, key) if key else {})}
        params = {"entityTypeId": self.names.entity_type_id(entity), "fields": self.names.to_rest(entity, marked)}
        return Call("crm.item.add", params, write=True)

    def update_call(self, entity: str, item_id: int, fields: Mapping[str, Any]) -> Call:
        """The call that changes fields of an object."""
        params = {
            "entityTypeId": self.names.entity_type_id(entity),
            "id": item_id,
            "fields": self.names.to_rest(entity, fields),
        }
        return Call("crm.item.update", params, write=True)

    def row_of(self, entity: str, result: Any) -> Row:
        """The row in the `result` of crm.item.add, update or get."""
        if not isinstance(result, Mapping) or not isinstance(result.get("item"), Mapping):
            raise PortalRefused("The portal answered without an item", method="crm.item")
        # As a reading would show it: the answer holds more, and what differs would look like a change.
        shown = set(self.names.select(entity, None))
        return self.names.from_rest(entity, {name: value for name, value in result["item"].items() if name in shown})

    # --- inside -----------------------------------------------------------------------------

    def _params(self, entity: str, where: Mapping[str, Any], select: Collection[str] | None) -> dict[str, Any]:
        return {
            "entityTypeId": self.names.entity_type_id(entity),
            "select": self.names.select(entity, select),
            "filter": where,
        }

    def _chains(self, question: Question, select: Collection[str] | None) -> list[Chain]:
        """Fifty ids to a list."""
        chains = []
        for part in _parts(sorted(set(question.ids))):
            where = {**dict(question.where), f"@{question.field}": part}
            params = self._params(question.entity, self.names.filter(question.entity, where), select)
            # A full page that ends with the greatest wanted id needs no further look.
            direct = question.field == "id"
            chains.append(Chain(Listing(LIST, params), upto=part[-1] if direct else None, count=not direct))
        return chains

    def _rows(self, entity: str, rows: list[dict[str, Any]]) -> list[Row]:
        """Each object once, ordered by id."""
        unique = {int(row["id"]): row for row in rows}
        return [self.names.from_rest(entity, unique[id]) for id in sorted(unique)]


def by_target(rows: Iterable[Row], link: str, ids: Collection[int]) -> dict[int, list[Row]]:
    """Rows by those of the ids that their linking field names, in their order."""
    wanted, found = set(ids), defaultdict[int, list[Row]](list)
    for row in rows:
        linked = row[link]
        for target in linked if isinstance(linked, list) else [linked]:
            if target in wanted:
                found[target].append(row)
    return dict(found)


def _parts(values: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(values), PAGE):
        yield values[start : start + PAGE]


def _paid(result: Any) -> list[Paid]:
    rows = result if isinstance(result, list) else []
    return [paid_of(row) for row in rows if row.get("paid") == "Y"]


def paid_of(row: Mapping[str, Any]) -> Paid:
    """A payment as crm.item.payment.list and sale.payment.list print it; the day is that of the portal."""
    moment = row.get("datePaid")
    day = datetime.fromisoformat(str(moment)).date() if moment else None
    return Paid(int(row["id"]), Decimal(str(row["sum"])), day)
