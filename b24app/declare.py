"""The words declarations are written in: Handler, Robot, Sweep, Watch; and what their code is given.

A declaration is one module-level object in one file of `handlers/`, `robots/` or `sync/`;
`discover` finds it by its place. Its code sees the world only through `Reader` and `RobotContext`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from pydantic import BaseModel

from rules.client_contact import Incoming
from rules.client_messages import ClientMessage
from rules.contact_data import Communication
from rules.decision import Decision, Ref, SendMessage, Text
from rules.double_payments import BankPayment
from rules.limits import Limits

__all__ = [
    "Handler",
    "Linked",
    "Planned",
    "Reader",
    "Ref",
    "Robot",
    "RobotContext",
    "Row",
    "Sweep",
    "Text",
    "Transition",
    "Trigger",
    "Watch",
    "label",
]


def label(ru: str, en: str) -> dict[str, Any]:
    """What people see at a robot's property or return value: `Field(json_schema_extra=label("Аванс", "Advance"))`."""
    return {"label": Text(ru, en)}


Row = Mapping[str, Any]
"""An object of the portal in logical names with Python values: `id` int, links int or None, dates
`date`, moments aware `datetime`, money fields `Money`, numbers `Decimal`, flags bool, `stage`,
`category` and `type` as logical names (`stage.debt.waiting`), or the portal's own id when it has none."""


@dataclass(frozen=True, slots=True)
class Paid:
    """One paid payment document of a deal or an invoice, in that object's currency, and the day it was paid."""

    id: int
    amount: Decimal
    day: date | None


@dataclass(frozen=True, slots=True)
class Transition:
    """One entry of an object onto a stage, from the portal's stage history."""

    owner: Ref
    stage: str
    moment: datetime
    record_id: int


@dataclass(frozen=True, slots=True)
class Planned:
    """What is planned about an object: the titles of its uncompleted activities and open tasks.
    `newest` is the highest id of any activity, told only where the object owns nothing uncompleted."""

    titles: tuple[str, ...] = ()
    newest: int = 0


class Reader(Protocol):
    """Bulk reading for facts: every method answers for many objects at once, in few requests."""

    now: datetime
    limits: Limits
    language: str

    def by_ids(self, entity: str, ids: Collection[int]) -> dict[int, Row]:
        """Objects by id; an object that is gone is absent."""

    def by_link(self, entity: str, link: str, ids: Collection[int], **where: Any) -> dict[int, list[Row]]:
        """Objects by a linking field (`company_id`, `deal_id`): linked id -> rows ordered by id.
        `where` narrows by exact logical values, a tuple means any of (`category="funnel.active"`)."""

    def payments(self, entity: str, ids: Collection[int]) -> dict[int, Decimal]:
        """Money paid on deals or invoices (crm.item.payment.list, paid ones), in the object's currency."""

    def paid_documents(self, entity: str, ids: Collection[int]) -> Mapping[int, Sequence[Paid]]:
        """The same one by one; it is the same reading."""

    def bank_payments(self, companies: Collection[int]) -> Mapping[int, Sequence[BankPayment]]:
        """Money of companies from imported files of banks: the oldest first; companies without any are absent."""

    def first_entries(self, entity: str, stage: str, ids: Collection[int]) -> dict[int, datetime]:
        """When objects first entered a stage, by the portal's stage history; absent if never
        (or before the app began to watch the portal)."""

    def last_entries(self, entity: str, stages: Collection[str], ids: Collection[int]) -> dict[int, datetime]:
        """When objects last entered any of the stages, by the portal's stage history; absent if never."""

    def transitions(self, entity: str, ids: Collection[int]) -> Mapping[int, Sequence[Transition]]:
        """Every entry of objects onto stages, the oldest first; the first one is the creation."""

    def planned(self, entity: str, ids: Collection[int]) -> dict[int, Planned]:
        """Uncompleted activities that objects own or are bound to, and open tasks bound to them."""

    def badged(self, badge: str, entity: str, ids: Collection[int]) -> frozenset[int]:
        """Those of the objects on which the app has put a badge (`ShowBadge`) that is still there."""

    def open_stages(self, entity: str, ids: Collection[int]) -> Mapping[int, Sequence[str]]:
        """The stages on which objects stood before they were closed (or stand now), the oldest first, by
        the portal's stage history; absent if there is none."""

    def created_since(self, entity: str, moment: datetime, **where: Any) -> int:
        """How many objects with these exact values were created since a moment: the portal is asked anew."""

    def switched_on(self, handler: str) -> datetime:
        """Since when a behaviour works on this portal (X.20): what was due before is not "new"."""

    def incoming(self, owners: Collection[Ref], since: datetime) -> Mapping[Ref, Sequence[Incoming]]:
        """Calls (missed ones too), letters, chats and forms of clients on cards since a moment; no auto-replies."""

    def messages(self, companies: Collection[int]) -> Mapping[int, Sequence[ClientMessage]]:
        """What the app has sent, or wanted to send, to companies in the last months: the oldest first."""

    def holders(self, kind: str, values: Collection[str]) -> Mapping[str, Sequence[Ref]]:
        """Contacts and companies that the portal finds by a `phone`, an `email` or an `inn`, in the forms of
        `rules.contact_data`. It is a hint: look into `communications` what they really hold."""

    def communications(self, entity: str, ids: Collection[int]) -> Mapping[int, Sequence[Communication]]:
        """Phones and e-mails of contacts or companies, as they were typed."""

    def by_keys(self, entity: str, keys: Collection[str]) -> Mapping[str, int]:
        """Ids of objects the app created, by their business keys."""

    def rates(self) -> tuple[str, Mapping[str, Decimal]]:
        """The base currency and how much of it one unit of each currency is (crm.currency.list)."""

    def calendar(self) -> Row:
        """The portal's working calendar as calendar.settings.get prints it, and `time_zone`."""

    def substitute(self, user: int | None) -> int:
        """The user himself if active, else his deputy: head of the department, head above, role
        `sales_head`, the app's administrator (X.12)."""

    def role(self, name: str) -> int:
        """The user who holds a role of the preset (`sales_head`, `director`)."""


@dataclass(frozen=True, slots=True)
class Watch:
    """A change of `entity` means: look at the subject that its field `link` names.
    `link="id"` means the changed object is the subject. `on` names REST event codes, in capitals,
    of this entity (the engine knows the usual ones; give extra ones here); for events of activities the
    subjects are the owners of this entity, when `link` is "id". `through="deal_id"`: money
    that moves on the deal named there concerns the subject too, even when the deal does not name it.
    `itself=False`: only the events of `on` count, not changes of the entity."""

    entity: str
    link: str = "id"
    on: tuple[str, ...] = ()
    through: str | None = None
    itself: bool = True


@dataclass(frozen=True, slots=True)
class Linked:
    """A question of facts to `Reader.by_link` about their subjects: the objects of `entity` whose field `link`
    names them, narrowed by `where`."""

    entity: str
    link: str
    where: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Handler:
    """One behaviour the app performs by itself: which subject, what to look at, which rule decides.

    `facts(reader, ids)` reads the facts of many subjects in bulk; `decide(facts, limits, now)` is the
    pure rule. `needs` are the logical names without which the handler is paused (drift). `asks` are the
    questions that the facts always put about their subjects: the engine puts those of all handlers in one
    request. A question that is not named there is still answered, in a request of its own.
    """

    name: str
    version: int
    title: Text
    subject: str
    watches: tuple[Watch, ...]
    needs: tuple[str, ...]
    facts: Callable[[Reader, Collection[int]], Mapping[int, Any]]
    decide: Callable[[Any, Limits, datetime], Decision]
    order: int = 100
    asks: tuple[Linked, ...] = ()


@dataclass(frozen=True, slots=True)
class Sweep:
    """The same look at every subject of the named handlers, at a time of the portal's day (`02:00`)
    or every so many minutes. `only` narrows it to the subjects that meet these conditions of a list
    (`category`, `closed`), None for none at all: what is looked at every hour must not read everything."""

    name: str
    title: Text
    handlers: tuple[str, ...]
    at: str | None = None
    every_minutes: int | None = None
    only: Callable[[Limits], Mapping[str, Any] | None] | None = None


class RobotContext(Protocol):
    """What a robot's action may do."""

    reader: Reader
    now: datetime
    language: str
    call: str
    """names this call of the robot; the same when it is tried again"""

    def want(self, message: SendMessage, handler: str) -> None:
        """Notes a message that waits for this handler to want it; once for its key."""

    def look_again(self, subjects: Sequence[Ref]) -> None:
        """Runs the handlers for these subjects now, through the same engine, to the end."""

    def last_reason(self, subject: Ref, handler: str) -> Text:
        """The reason of the handler's last decision about the subject."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is asked for: deals and events from `begin` up to and with `end` (days of the portal),
    companies silent for more than `days`, one responsible employee; None does not narrow."""

    begin: date | None = None
    end: date | None = None
    days: int | None = None
    responsible: int | None = None


class ReportReader(Protocol):
    """Reading for reports: whole lists by ascending id, in batches."""

    now: datetime
    limits: Limits
    language: str

    def by_filter(self, entity: str, where: Mapping[str, Any], select: Collection[str]) -> Iterable[Row]:
        """Every object that meets all conditions (`>=created_time`), with these fields."""

    def by_link(
        self, entity: str, link: str, ids: Collection[int], where: Mapping[str, Any], select: Collection[str]
    ) -> Mapping[int, Sequence[Row]]:
        """Objects by a linking field; ids nobody links to are absent."""

    def stages(self, entity: str, ids: Collection[int]) -> Mapping[int, Sequence[str]]:
        """The stages that objects have ever entered, the oldest first, by the portal's stage history."""

    def people(self) -> Mapping[int, str]:
        """The names of all employees, dismissed ones too."""

    def item_titles(self, entity: str, field: str) -> Mapping[str | int, str]:
        """What people call the items of a list: by logical name, or by number where they added one."""

    def rates(self) -> tuple[str, Mapping[str, Decimal]]:
        """The base currency and the price of every currency in it."""

    def calendar(self) -> Row:
        """The portal's working calendar."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a report. `kind` says how its values are written: `text`, `number`, `percent`, `money`,
    `day`, `month` (its first day) or `counts` (title -> number)."""

    name: str
    title: Text
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Report:
    """A table that people ask for. `rows` gives one mapping of column name -> value for each line, in order;
    `period` is what counts when no days are given: how many calendar months, the present one included."""

    name: str
    title: Text
    columns: tuple[Column, ...]
    needs: tuple[str, ...]
    rows: Callable[[ReportReader, Asked], Iterable[Mapping[str, Any]]]
    period: int | None = None


@dataclass(frozen=True, slots=True)
class Robot:
    """An automation rule an administrator places on a stage (bizproc.robot.add).

    `properties` and `returns` are pydantic models whose fields carry `Text` labels in
    `json_schema_extra={"label": Text(...)}`; the same model makes the registration and parses the call.
    `documents` are logical entities (`deal`, `company`, `debt`). `act(context, document, properties)`
    returns an instance of `returns`.
    """

    code: str
    name: Text
    description: Text
    documents: tuple[str, ...]
    properties: type[BaseModel]
    returns: type[BaseModel]
    act: Callable[[RobotContext, Ref, Any], BaseModel]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trigger:
    """A signal to the portal's automation (crm.automation.trigger.add): an administrator puts it on a stage,
    rules fire it with `FireTrigger`, and the card moves there. `description` says for which cards and when."""

    code: str
    name: Text
    description: Text
