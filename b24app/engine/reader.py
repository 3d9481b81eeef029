"""The eyes of facts: `declare.Reader` over the rows of one pass, the stage history and the portal's
surroundings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, func, select

from b24app.declare import Handler, Linked, Paid, Planned, Row, Transition
from b24app.engine import bank_money, message_log, payments
from b24app.engine.activities import Activities
from b24app.engine.clients import Clients
from b24app.engine.people import Staff
from b24app.engine.ports import PortalNames
from b24app.engine.rows import Rows
from b24app.engine.surroundings import Surroundings
from b24app.store.database import Database
from b24app.store.models import PaymentRow, TransitionRow, utcnow
from b24app.store.upsert import chunks, upsert
from rules.client_contact import Incoming
from rules.client_messages import ClientMessage
from rules.contact_data import Communication
from rules.decision import Ref
from rules.double_payments import BankPayment
from rules.limits import Limits

FINAL = 3
"""the kind of a record about an object that was closed (api-reference/crm/crm-stage-history-list.md)"""


@dataclass
class PassReader:
    """Implements `declare.Reader`. `touched` are the objects that something happened to in this
    pass: their payments are read again. `anew`: so are all others, whatever is stored."""

    database: Database
    portal_id: int
    names: PortalNames
    read_payments: Callable[[str, Collection[int]], Mapping[int, Sequence[Paid]]]
    activities: Activities
    clients: Clients
    surroundings: Surroundings
    rows: Rows
    limits: Limits
    language: str
    now: datetime
    touched: set[Ref] = field(default_factory=set)
    anew: bool = False
    switched_on: Callable[[str], datetime] = lambda handler: datetime.min.replace(tzinfo=UTC)
    count: Callable[[str, Mapping[str, Any]], int] = lambda entity, where: 0
    read_badges: Callable[[str, str, Collection[int]], frozenset[int]] = lambda badge, entity, ids: frozenset()
    read_incoming: Callable[[Collection[Ref], datetime], dict[Ref, Sequence[Incoming]]] = lambda owners, since: {}
    _paid: dict[Ref, Sequence[Paid]] = field(default_factory=dict)

    def by_ids(self, entity: str, ids: Collection[int]) -> dict[int, Row]:
        """Objects by id; an object that is gone is absent."""
        return self.rows.by_ids(entity, ids)

    def by_link(self, entity: str, link: str, ids: Collection[int], **where: Any) -> dict[int, list[Row]]:
        """Objects by a linking field, ordered by id; every asked id is in the answer."""
        return self.rows.by_link(entity, link, ids, where)

    def read_ahead(self, looks: Iterable[tuple[Handler, Collection[int]]]) -> None:
        """Reads together what the facts of all these handlers will ask about their subjects."""
        subjects, asks = defaultdict[str, set[int]](set), defaultdict[Linked, set[int]](set)
        for handler, ids in looks:
            subjects[handler.subject].update(ids)
            for asked in handler.asks:
                asks[asked].update(ids)
        self.rows.read_ahead(subjects, asks)

    def payments(self, entity: str, ids: Collection[int]) -> dict[int, Decimal]:
        """Money paid on deals or invoices."""
        return {id: payments.total(paid) for id, paid in self.paid_documents(entity, ids).items()}

    def paid_documents(self, entity: str, ids: Collection[int]) -> Mapping[int, Sequence[Paid]]:
        """Paid payments, from the cache unless the owner was touched in this pass or never read."""
        refs = {id: Ref(entity, id) for id in ids}
        stored = self._stored_payments(entity, [id for id, ref in refs.items() if self._may_trust_store(ref)])
        self._paid.update({refs[id]: paid for id, paid in stored.items()})
        missing = sorted(id for id, ref in refs.items() if ref not in self._paid)
        if missing:
            read = self.read_payments(entity, missing)
            self._store_payments(entity, {id: read.get(id, ()) for id in missing})
        return {id: self._paid[ref] for id, ref in refs.items()}

    def bank_payments(self, companies: Collection[int]) -> Mapping[int, Sequence[BankPayment]]:
        """Money of companies from imported files, the oldest first."""
        with self.database.session() as session:
            return bank_money.of_companies(session, self.portal_id, companies, self.rates()[0])

    def planned(self, entity: str, ids: Collection[int]) -> dict[int, Planned]:
        """Uncompleted activities and open tasks, read anew every time: our own to-dos are among them."""
        return self.activities.planned(entity, ids)

    def holders(self, kind: str, values: Collection[str]) -> dict[str, list[Ref]]:
        """Contacts and companies the portal finds by phones, e-mails or taxpayers' numbers."""
        return self.clients.holders(kind, values) if values else {}

    def communications(self, entity: str, ids: Collection[int]) -> dict[int, list[Communication]]:
        """Phones and e-mails of contacts or companies."""
        return self.clients.communications(entity, ids) if ids else {}

    def by_keys(self, entity: str, keys: Collection[str]) -> dict[str, int]:
        """Ids of objects the app created."""
        return self.rows.items.by_keys(entity, keys) if keys else {}

    def transitions(self, entity: str, ids: Collection[int]) -> dict[int, list[Transition]]:
        """Every entry of objects onto stages that was read so far."""
        kind = self.names.entity_type_id(entity)
        found: dict[int, list[Transition]] = {id: [] for id in ids}
        with self.database.session() as session:
            for part in chunks(sorted(found)):
                where = (TransitionRow.portal_id == self.portal_id, TransitionRow.entity_type_id == kind)
                query = select(TransitionRow).where(*where, TransitionRow.owner_id.in_(part))
                for row in session.scalars(query.order_by(TransitionRow.moment, TransitionRow.record_id)):
                    stage = self.names.stage_name(entity, row.stage_id)
                    found[row.owner_id].append(Transition(Ref(entity, row.owner_id), stage, row.moment, row.record_id))
        return found

    def badged(self, badge: str, entity: str, ids: Collection[int]) -> frozenset[int]:
        """Those of the objects that carry a badge of ours."""
        return self.read_badges(badge, entity, ids)

    def incoming(self, owners: Collection[Ref], since: datetime) -> Mapping[Ref, Sequence[Incoming]]:
        """What clients did since a moment, on whose cards."""
        return self.read_incoming(owners, since)

    def first_entries(self, entity: str, stage: str, ids: Collection[int]) -> dict[int, datetime]:
        """When objects first entered a stage, by the stage history read so far."""
        return self._entries(func.min(TransitionRow.moment), entity, [stage], ids)

    def last_entries(self, entity: str, stages: Collection[str], ids: Collection[int]) -> dict[int, datetime]:
        """When objects last entered any of the stages."""
        return self._entries(func.max(TransitionRow.moment), entity, stages, ids)

    def open_stages(self, entity: str, ids: Collection[int]) -> Mapping[int, Sequence[str]]:
        """The stages on which objects stood while they were open, by the stage history read so far."""
        found: dict[int, list[str]] = defaultdict(list)
        with self.database.session() as session:
            for part in chunks(sorted(set(ids))):
                rows = session.execute(
                    select(TransitionRow.owner_id, TransitionRow.stage_id)
                    .where(
                        TransitionRow.portal_id == self.portal_id,
                        TransitionRow.entity_type_id == self.names.entity_type_id(entity),
                        TransitionRow.type_id != FINAL,
                        TransitionRow.owner_id.in_(part),
                    )
                    .order_by(TransitionRow.record_id)
                )
                for row in rows:
                    found[row.owner_id].append(self.names.stage_name(entity, row.stage_id))
        return found

    def created_since(self, entity: str, moment: datetime, **where: Any) -> int:
        """How many objects were created since a moment, by the portal's own count."""
        return self.count(entity, {**where, ">=created_time": moment})

    def _entries(
        self, moment: ColumnElement[datetime], entity: str, stages: Collection[str], ids: Collection[int]
    ) -> dict[int, datetime]:
        kind = self.names.entity_type_id(entity)
        stage_ids = [self.names.stage_id(stage) for stage in stages]
        entries: dict[int, datetime] = {}
        with self.database.session() as session:
            for part in chunks(sorted(set(ids))):
                found = session.execute(
                    select(TransitionRow.owner_id, moment)
                    .where(
                        TransitionRow.portal_id == self.portal_id,
                        TransitionRow.entity_type_id == kind,
                        TransitionRow.stage_id.in_(stage_ids),
                        TransitionRow.owner_id.in_(part),
                    )
                    .group_by(TransitionRow.owner_id)
                )
                entries.update((row[0], row[1]) for row in found)
        return entries

    def messages(self, companies: Collection[int]) -> dict[int, list[ClientMessage]]:
        """What the app has sent, or wanted to send, to companies, by its own log."""
        with self.database.session() as session:
            return message_log.of_companies(session, self.portal_id, companies, self.now)

    def rates(self) -> tuple[str, Mapping[str, Decimal]]:
        """The base currency and the price of every currency in it."""
        return self.surroundings.rates()

    def calendar(self) -> Row:
        """The portal's working calendar."""
        return self.surroundings.calendar()

    def substitute(self, user: int | None) -> int:
        """The user himself if active, else who stands in for him."""
        return self._staff.substitute(user)

    def role(self, name: str) -> int:
        """The user who holds a role."""
        return self._staff.role(name)

    @cached_property
    def _staff(self) -> Staff:
        # Once for a pass: asking how old the list is, for every row of a sweep, takes longer than the answer.
        return self.surroundings.staff()

    def touch(self, ref: Ref) -> None:
        """Something happened to the object: what was paid on it has to be read again."""
        self.touched.add(ref)
        self._paid.pop(ref, None)

    def _may_trust_store(self, ref: Ref) -> bool:
        return not self.anew and ref not in self._paid and ref not in self.touched

    def _stored_payments(self, entity: str, ids: list[int]) -> dict[int, list[Paid]]:
        stored: dict[int, list[Paid]] = {}
        if not ids:
            return stored
        with self.database.session() as session:
            for part in chunks(ids):
                rows = session.execute(
                    select(PaymentRow.item_id, PaymentRow.parts).where(
                        PaymentRow.portal_id == self.portal_id,
                        PaymentRow.entity == entity,
                        PaymentRow.item_id.in_(part),
                        PaymentRow.parts.is_not(None),
                    )
                )
                stored.update((row.item_id, [_paid(part) for part in row.parts]) for row in rows)
        return stored

    def _store_payments(self, entity: str, paid: Mapping[int, Sequence[Paid]]) -> None:
        self._paid.update({Ref(entity, id): parts for id, parts in paid.items()})
        rows = [
            {
                "portal_id": self.portal_id,
                "entity": entity,
                "item_id": id,
                "paid": str(payments.total(parts)),
                "parts": [[one.id, str(one.amount), one.day and one.day.isoformat()] for one in parts],
                "read_at": utcnow(),
            }
            for id, parts in paid.items()
        ]
        with self.database.session() as session:
            upsert(session, PaymentRow, rows, ["portal_id", "entity", "item_id"])


def _paid(part: Sequence[Any]) -> Paid:
    id, amount, day = part
    return Paid(id, Decimal(amount), date.fromisoformat(day) if day else None)
