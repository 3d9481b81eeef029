"""A portal in memory that rules are tried on: it answers facts and carries out what was decided."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from b24app.declare import Handler, Paid, Row, Transition
from config.preset import load_preset
from handlers import (
    check_debt_links,
    create_debt_at_shipment,
    keep_company_receivables,
    keep_company_type,
    remind_about_debts,
)
from rules.client_contact import Incoming
from rules.client_messages import ClientMessage, MessageState
from rules.decision import (
    At,
    Comment,
    Complain,
    CompleteTask,
    Create,
    CreateTask,
    CreateTodo,
    Decision,
    HideBadge,
    Money,
    MoveStage,
    Notify,
    Ref,
    SendMessage,
    SetFields,
    ShowBadge,
)
from rules.double_payments import BankPayment
from rules.limits import Limits

MOSCOW = ZoneInfo("Europe/Moscow")
HOLIDAYS = "1.01,2.01,3.01,4.01,5.01,6.01,7.01,8.01,23.02,8.03,9.03,1.05,9.05,11.05,12.06,4.11"
DEFAULTS = load_preset("food_distribution").defaults()
HANDLERS = (
    create_debt_at_shipment.HANDLER,
    keep_company_receivables.HANDLER,
    keep_company_type.HANDLER,
    remind_about_debts.HANDLER,
    check_debt_links.HANDLER,
)


def at(text: str) -> datetime:
    """`2026-04-13 09:05` of the portal's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=MOSCOW)


def rub(amount: int | str) -> Money:
    return Money(Decimal(amount), "RUB")


@dataclass
class SmallPortal:
    """Implements `Reader` over plain dictionaries, and the commands of decisions."""

    now: datetime
    settings: dict[str, Any] = field(default_factory=dict)
    language: str = "ru"
    rows: dict[str, dict[int, dict[str, Any]]] = field(default_factory=dict)
    paid: dict[tuple[str, int], Decimal] = field(default_factory=dict)
    documents: dict[tuple[str, int], Sequence[Paid]] = field(default_factory=dict)
    from_banks: dict[int, Sequence[BankPayment]] = field(default_factory=dict)
    heard: dict[Ref, Sequence[Incoming]] = field(default_factory=dict)
    history: list[Transition] = field(default_factory=list)
    keys: dict[str, Any] = field(default_factory=dict)
    done_tasks: dict[str, CompleteTask] = field(default_factory=dict)
    renewed: list[CreateTask] = field(default_factory=list)
    badges: dict[str, ShowBadge] = field(default_factory=dict)
    outbox: dict[int, list[ClientMessage]] = field(default_factory=dict)
    unreachable: frozenset[int] = frozenset()
    holds: bool = False
    timers: dict[tuple[str, Ref], datetime] = field(default_factory=dict)
    inactive: frozenset[int] = frozenset({13})
    since: datetime = datetime(2026, 2, 1, tzinfo=UTC)
    decisions: dict[tuple[str, Ref], Decision] = field(default_factory=dict)
    writes: list[object] = field(default_factory=list)

    # ------------------------------------------------------------------ what people do

    def add(self, entity: str, id: int, **values: Any) -> int:
        """An object appears, as its creator typed it."""
        defaults = {"id": id, "title": f"{entity} {id}", "created_time": self.now, "moved_time": self.now}
        self.rows.setdefault(entity, {})[id] = {**defaults, "assigned_by_id": 11, **values}
        if "stage" in values:
            self._record(Ref(entity, id), values["stage"])
        return id

    def company(self, id: int = 100, **values: Any) -> int:
        return self.add("company", id, **{"title": "Ромашка", "deferral_days": 7, **values})

    def deal(self, id: int, amount: int | str = 0, stage: str = "stage.active.packing", **values: Any) -> int:
        values = {"company_id": 100, "currency": "RUB", "category": "funnel.active", **values}
        return self.add("deal", id, opportunity=Decimal(amount), stage=stage, **values)

    def debt(self, id: int, amount: int | str, due: str | None = None, **values: Any) -> int:
        values = {"company_id": 100, "stage": "stage.debt.waiting", **values}
        if due:
            values["due_date"] = date.fromisoformat(due)
        return self.add("debt", id, amount=rub(amount), **values)

    def edit(self, entity: str, id: int, **values: Any) -> None:
        """A person changes fields."""
        self.rows[entity][id].update(values)

    def move(self, entity: str, id: int, stage: str) -> None:
        """An object comes to a stage."""
        row = self.rows[entity][id]
        if row["stage"] != stage:
            row.update(stage=stage, moved_time=self.now)
            self._record(Ref(entity, id), stage)

    def remove(self, entity: str, id: int) -> None:
        del self.rows[entity][id]

    def pay(self, entity: str, id: int, amount: int | str) -> None:
        """The sum of the paid payments of a deal or an invoice becomes this."""
        self.paid[entity, id] = Decimal(amount)

    def at(self, text: str) -> SmallPortal:
        self.now = at(text)
        return self

    def _record(self, owner: Ref, stage: str) -> None:
        self.history.append(Transition(owner, stage, self.now, len(self.history)))

    # ------------------------------------------------------------------ Reader

    @property
    def limits(self) -> Limits:
        return Limits({**DEFAULTS, **self.settings})

    def by_ids(self, entity: str, ids: Collection[int]) -> dict[int, Row]:
        return {id: dict(self.rows[entity][id]) for id in ids if id in self.rows.get(entity, {})}

    def by_link(self, entity: str, link: str, ids: Collection[int], **where: Any) -> dict[int, list[Row]]:
        rows = sorted(self.rows.get(entity, {}).values(), key=lambda row: row["id"])
        fits = [dict(row) for row in rows if all(row.get(name) == value for name, value in where.items())]
        return {id: [row for row in fits if row.get(link) == id] for id in ids}

    def payments(self, entity: str, ids: Collection[int]) -> dict[int, Decimal]:
        return {id: self.paid.get((entity, id), Decimal(0)) for id in ids}

    def paid_documents(self, entity: str, ids: Collection[int]) -> dict[int, Sequence[Paid]]:
        return {id: self.documents.get((entity, id), ()) for id in ids}

    def bank_payments(self, companies: Collection[int]) -> dict[int, Sequence[BankPayment]]:
        return {id: self.from_banks[id] for id in companies if id in self.from_banks}

    def badged(self, badge: str, entity: str, ids: Collection[int]) -> frozenset[int]:
        return frozenset(id for id in ids if f"badge:{badge}:{entity}:{id}" in self.badges)

    def incoming(self, owners: Collection[Ref], since: datetime) -> dict[Ref, Sequence[Incoming]]:
        return {ref: [one for one in self.heard.get(ref, ()) if one.at >= since] for ref in owners}

    def first_entries(self, entity: str, stage: str, ids: Collection[int]) -> dict[int, datetime]:
        return {id: min(found) for id in ids if (found := self._moments(Ref(entity, id), (stage,)))}

    def last_entries(self, entity: str, stages: Collection[str], ids: Collection[int]) -> dict[int, datetime]:
        return {id: max(found) for id in ids if (found := self._moments(Ref(entity, id), stages))}

    def open_stages(self, entity: str, ids: Collection[int]) -> dict[int, list[str]]:
        closing = ("stage.repeat.returned", "stage.repeat.lost")
        known = [entry for entry in self.history if entry.stage not in closing]
        return {id: [entry.stage for entry in known if entry.owner == Ref(entity, id)] for id in ids}

    def created_since(self, entity: str, moment: datetime, **where: Any) -> int:
        rows = self.rows.get(entity, {}).values()
        fits = (row for row in rows if all(row.get(name) == value for name, value in where.items()))
        return sum(row["created_time"] >= moment for row in fits)

    def switched_on(self, handler: str) -> datetime:
        return self.since

    def _moments(self, owner: Ref, stages: Collection[str]) -> list[datetime]:
        return [entry.moment for entry in self.history if entry.owner == owner and entry.stage in stages]

    def messages(self, companies: Collection[int]) -> dict[int, list[ClientMessage]]:
        return {id: self.outbox.get(id, []) for id in companies}

    def rates(self) -> tuple[str, Mapping[str, Decimal]]:
        return "RUB", {"RUB": Decimal(1), "EUR": Decimal(90)}

    def calendar(self) -> Row:
        return {
            "time_zone": "Europe/Moscow",
            "work_time_start": "9",
            "work_time_end": "18",
            "week_holidays": ["SA", "SU"],
            "year_holidays": HOLIDAYS,
            "year_workdays": "",
        }

    def substitute(self, user: int | None) -> int:
        return 10 if user is None or user in self.inactive else user

    def role(self, name: str) -> int:
        return {"sales_head": 10, "director": 30}[name]

    # ------------------------------------------------------------------ engine

    def look(self, *handlers: Handler) -> list[object]:
        """Every handler looks at every subject, again and again until nothing changes; what was written."""
        before = len(self.writes)
        for _ in range(5):
            looked = [self.one_look(handler) for handler in handlers or HANDLERS]
            if not any(looked):
                return self.writes[before:]
        raise AssertionError(f"does not come to rest: {self.writes[before:]}")

    def one_look(self, handler: Handler) -> bool:
        """A handler looks at every subject once; whether anything was written."""
        ids = sorted(self.rows.get(handler.subject, {}))
        changed = False
        for id, facts in handler.facts(self, ids).items():
            decision = handler.decide(facts, self.limits, self.now)
            self.decisions[handler.name, Ref(handler.subject, id)] = decision
            self.timers.pop((handler.name, Ref(handler.subject, id)), None)
            for command in decision.commands:
                if isinstance(command, At):
                    self.timers[handler.name, Ref(handler.subject, id)] = command.moment
                elif self._carry_out(command):
                    self.writes.append(command)
                    changed = True
        return changed

    def _carry_out(self, command: object) -> bool:
        """Carries a command out; whether anything was written."""
        match command:
            case SetFields(target, fields):
                row = self.rows[target.entity][target.id]
                news = {name: value for name, value in fields.items() if row.get(name) != value}
                row.update(news)
                return bool(news)
            case MoveStage(target, stage):
                moved = self.rows[target.entity][target.id]["stage"] != stage
                self.move(target.entity, target.id, stage)
                return moved
            case CompleteTask(key):
                if key not in self.keys or key in self.done_tasks:
                    return False
                self.done_tasks[key] = command
                return True
            case Create(entity, key, fields):
                return self._once(key, command) and self._create(entity, key, fields)
            case SendMessage():
                return self._send(command)
            case ShowBadge(key):
                news = self.badges.get(key) != command
                self.badges[key] = command
                return news
            case HideBadge(key):
                return self.badges.pop(key, None) is not None
            case CreateTask():
                return self._task(command)
            case CreateTodo() | Notify() | Comment() | Complain():
                return self._once(command.key, command)
        raise AssertionError(f"unknown command {command}")

    def _send(self, message: SendMessage) -> bool:
        """The message is in the log: sent, held back, or there is no channel to the company. Once for the key;
        one that waits and is wanted no longer is dropped."""
        log = self.outbox.setdefault(message.company.id, [])
        if any(sent.key == message.key and sent.state is not MessageState.WAITING for sent in log):
            return False
        reached = message.company.id not in self.unreachable
        state = MessageState.SENT if reached else MessageState.NO_CHANNEL
        if self.holds:
            state = MessageState.WAITING
        waited = any(sent.key == message.key for sent in log)
        if not (waited and self.holds):
            log[:] = [sent for sent in log if sent.state is not MessageState.WAITING]
            log.append(ClientMessage(message.key, message.purpose, state, self.now, "chat" * reached, message.about))
        return not self.holds

    def _task(self, task: CreateTask) -> bool:
        """Made once; what was completed, or knows less, is brought up to date and opened again."""
        known = self.keys.get(task.key)
        if known is None or task.covers_until is None:
            return self._once(task.key, task)
        if task.key in self.done_tasks or known.covers_until < task.covers_until:
            self.keys[task.key] = task
            self.done_tasks.pop(task.key, None)
            self.renewed.append(task)
        return False

    def _once(self, key: str, command: object) -> bool:
        kind = f"{type(command).__name__}:{key}" if not isinstance(command, CreateTask) else key
        return self.keys.setdefault(kind, command) is command

    def _create(self, entity: str, key: str, fields: Mapping[str, Any]) -> bool:
        id = max(self.rows.get(entity, {0: {}}), default=0) + 1
        self.add(entity, id, **{**fields, "app_key": key, "origin_id": key})
        return True

    def made(self, kind: type) -> list[Any]:
        """The commands of a kind that were carried out, in order."""
        return [command for command in self.writes if isinstance(command, kind)]

    def next_timer(self) -> datetime | None:
        return min(self.timers.values(), default=None)

    def run_until(self, end: str) -> None:
        """Time passes: everything that falls due is looked at in its moment."""
        while (moment := self.next_timer()) is not None and moment <= at(end):
            self.now = max(moment, self.now)
            self.look()
        self.at(end).look()


def utc(text: str) -> datetime:
    return at(text).astimezone(UTC)


def each(portal: SmallPortal, entity: str) -> Iterator[dict[str, Any]]:
    return iter(sorted(portal.rows.get(entity, {}).values(), key=lambda row: row["id"]))
