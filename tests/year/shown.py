"""What the app did, as the portal shows it: messages to clients, tasks, to-dos; and why, as the app recorded it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from b24app.store.models import DecisionRow, JournalRow, MessageRow
from tests.harness.world import World
from tests.year.tables import MESSAGE, TASK, TODO, Did

PAGE = 50
COMPANY = 4
SENT_NOW = "отправляем сейчас"
"""how the rule of reminders marks the record that a message is about, among all records of the company"""
SOON = timedelta(seconds=5)


def did_in(world: World) -> list[Did]:
    """Everything, in the order of time."""
    reasons = _Reasons(world)
    found = [*_messages(world, reasons), *_tasks(world, reasons), *_todos(world, reasons)]
    return sorted(found, key=lambda one: (one.moment, one.company, one.kind, one.text))


def _messages(world: World, reasons: _Reasons) -> Iterator[Did]:
    owners = _owners(world)
    for one in world.control("outbox?since=0"):
        company = owners.get(str(one["to"]), 0)
        yield Did(one["at"], MESSAGE, company, one["channel"], one["text"], reasons.of_message(company, one["at"]))


def _tasks(world: World, reasons: _Reasons) -> Iterator[Did]:
    select = ["ID", "TITLE", "RESPONSIBLE_ID", "CREATED_DATE", "UF_CRM_TASK"]
    for row in _pages(world, "tasks.task.list", {"select": select}, "tasks"):
        bound = [str(word) for word in row.get("ufCrmTask") or () if str(word).startswith("CO_")]
        company = int(bound[0].removeprefix("CO_")) if bound else 0
        why = reasons.of_work(TASK, int(row["id"]), row["createdDate"], ("company", company))
        yield Did(row["createdDate"], TASK, company, str(row["responsibleId"]), row["title"], why)


def _todos(world: World, reasons: _Reasons) -> Iterator[Did]:
    select = ["ID", "SUBJECT", "RESPONSIBLE_ID", "CREATED", "OWNER_TYPE_ID", "OWNER_ID"]
    params = {"select": select, "filter": {"PROVIDER_ID": "CRM_TODO"}}
    cards: dict[int, dict[int, int]] = {}
    for row in _pages(world, "crm.activity.list", params):
        kind, owner = int(row["OWNER_TYPE_ID"]), int(row["OWNER_ID"])
        if kind not in cards:
            cards[kind] = _companies(world, kind)
        subject = (reasons.entities.get(kind, ""), owner)
        why = reasons.of_work(TODO, int(row["ID"]), row["CREATED"], subject)
        yield Did(row["CREATED"], TODO, cards[kind].get(owner, 0), str(row["RESPONSIBLE_ID"]), row["SUBJECT"], why)


def _owners(world: World) -> dict[str, int]:
    """Companies by what a message is addressed to: a chat or a mailbox."""
    owners = {str(3000 + number): 1001 + number for number in range(0, 300, 3)}
    for row in _pages(world, "crm.contact.list", {"select": ["ID", "EMAIL"]}):
        owners |= {mail["VALUE"]: int(row["ID"]) - 4000 for mail in row.get("EMAIL") or ()}
    return owners


def _companies(world: World, kind: int) -> dict[int, int]:
    """The company of every card of an entity type."""
    params = {"entityTypeId": kind, "select": ["id", "companyId"]}
    rows = _pages(world, "crm.item.list", params, "items")
    return {int(row["id"]): int(row["id"] if kind == COMPANY else row.get("companyId") or 0) for row in rows}


def _pages(world: World, method: str, params: dict[str, Any], within: str = "") -> Iterator[dict[str, Any]]:
    start = 0
    while True:
        result = world.rest(method, {**params, "start": start})
        rows = result[within] if within else result
        yield from rows
        if len(rows) < PAGE:
            return
        start += PAGE


class _Reasons:
    """The app's own records of why."""

    def __init__(self, world: World) -> None:
        kit = world.kit
        self.entities = {kit.names.entity_type_id(entity): entity for entity in kit.names.entities}
        self._decided: dict[tuple[str, str, int], list[tuple[datetime, str]]] = defaultdict(list)
        with world.app.database.session() as session:
            columns = (DecisionRow.rule, DecisionRow.entity, DecisionRow.item_id, DecisionRow.at, DecisionRow.reason_ru)
            for rule, entity, item, at, reason in session.execute(select(*columns).order_by(DecisionRow.id)):
                self._decided[rule, entity, item].append((at, reason))
            sent = session.execute(select(MessageRow.company_id, MessageRow.at, MessageRow.rule, MessageRow.purpose))
            self._sent = {(company, _minute(at)): (rule, purpose) for company, at, rule, purpose in sent}
            made = session.execute(
                select(JournalRow.kind, JournalRow.item_id, JournalRow.rule).where(
                    JournalRow.kind.in_(("task", "todo"))
                )
            )
            self._made = {(kind, item): rule for kind, item, rule in made}

    def of_message(self, company: int, at: str) -> str:
        """The rule, what the message is for, and which records made it go."""
        moment = datetime.fromisoformat(at)
        rule, purpose = self._sent.get((company, _minute(moment)), ("", ""))
        said = self._last(rule, ("company", company), moment, SENT_NOW)
        parts = [part for part in said.split(". ") if SENT_NOW in part]
        return _told(rule, f"{purpose}; {'. '.join(parts) or said}" if purpose else said)

    def of_work(self, kind: str, number: int, at: str, subject: tuple[str, int]) -> str:
        """The rule that made a task or a to-do, and what it said."""
        rule = self._made.get(("todo" if kind == TODO else "task", number), "")
        return _told(rule, self._last(rule, subject, datetime.fromisoformat(at)))

    def _last(self, rule: str, subject: tuple[str, int], moment: datetime, with_: str = "") -> str:
        """The last reason until a moment; one that holds a word, if there is one of this minute."""
        until = [one for one in self._decided.get((rule, *subject), ()) if one[0] <= moment + SOON]
        marked = [reason for at, reason in until if with_ in reason and _minute(at) == _minute(moment)]
        return marked[-1] if marked else until[-1][1] if until else ""


def _minute(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M")


def _told(rule: str, reason: str) -> str:
    return f"{rule}: {reason}" if rule else reason
