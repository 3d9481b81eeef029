"""Takes automatic changes back, unless the object was changed since (X.05)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from b24app.engine import journal, lease
from b24app.engine.context import Context
from b24app.engine.journal import Entry
from b24app.engine.lease import Lease
from b24app.engine.values import decode_all, encode_all, same
from b24app.portal.batch import Call, Done, Lost
from b24app.store.models import JournalRow
from rules.decision import Text

_SPOKEN = {"notify", "comment", "complete_task", "renew_task", "message", "trigger"}

_DONE = Text("Отменено", "Taken back")
_UNKNOWN_ENTRY = Text("Такой записи в журнале нет", "The journal has no such entry")
_NOT_DONE = Text("Изменение не было выполнено или уже отменено", "The change was not made or is already taken back")
_SENT = Text(
    "Сообщения, уведомления и закрытые задачи нельзя вернуть: люди их уже видели",
    "Messages, notifications and completed tasks cannot be taken back: people have seen them",
)
_GONE = Text("Объекта больше нет", "The object does not exist any more")


@dataclass(frozen=True, slots=True)
class Undone:
    """What became of one entry; `text` says why not."""

    id: int
    undone: bool
    text: Text


def undo(context: Context, ids: Collection[int], actor: int | None = None, patience: float = 10.0) -> list[Undone]:
    """Takes back the journal's entries, the newest first; each has its own outcome."""
    found = journal.entries(context.database, context.portal_id, ids=ids, limit=len(set(ids)))
    entries = {entry.id: entry for entry in found}
    with lease.held(context.database, context.portal_id, "drain", patience, context.gateway) as mine:
        return [_undo(context, mine, id, entries.get(id), actor) for id in sorted(set(ids), reverse=True)]


def _undo(context: Context, mine: Lease, id: int, entry: Entry | None, actor: int | None) -> Undone:
    refusal, call = _way_back(context, entry)
    if entry is None or call is None:
        return Undone(id, False, refusal)
    with context.database.session() as session:
        mine.check(session)
        row = _reverse(session, context, entry, actor)
    (outcome,) = context.gateway.batch([call])
    lost = isinstance(outcome, Lost)
    happened = lost and _is_back(context, entry)
    with context.database.session() as session:
        if isinstance(outcome, Done) or happened:
            journal.settle(session, [row], journal.DONE)
            journal.settle(session, [entry.id], journal.UNDONE)
            return Undone(id, True, _DONE)
        state = journal.UNKNOWN if lost else journal.REFUSED
        journal.settle(session, [row], state, error=outcome.error.text.en)
        return Undone(id, False, outcome.error.text)


def _is_back(context: Context, entry: Entry) -> bool:
    """Whether an undoing whose answer was lost has happened: what was made is gone, or is as it was before."""
    refusal, _ = _way_back(context, entry)
    if refusal is _GONE:
        return True
    if entry.kind not in ("set", "move") or entry.item_id is None:
        return False
    row = context.items.by_ids(entry.entity, [entry.item_id]).get(entry.item_id, {})
    return all(same(row.get(name), value) for name, value in decode_all(entry.before).items())


def _way_back(context: Context, entry: Entry | None) -> tuple[Text, Call | None]:
    """The command that takes the entry back, or the reason why there is none."""
    if entry is None:
        return _UNKNOWN_ENTRY, None
    if entry.state != journal.DONE:
        return _NOT_DONE, None
    if entry.kind in _SPOKEN or entry.item_id is None:
        return _SENT, None
    if entry.kind == "task":
        return _task_back(context, entry.item_id, entry)
    if entry.kind in ("todo", "badge"):
        return _activity_back(context, entry.item_id, entry)
    row = context.items.by_ids(entry.entity, [entry.item_id]).get(entry.item_id)
    if row is None:
        return _GONE, None
    changed = [name for name, value in decode_all(entry.after).items() if not same(row.get(name), value)]
    if changed:
        fields = ", ".join(sorted(changed))
        return Text(f"С тех пор изменено: {fields}", f"Changed since: {fields}"), None
    if entry.kind == "create":
        kind = context.names.entity_type_id(entry.entity)
        return _DONE, Call("crm.item.delete", {"entityTypeId": kind, "id": entry.item_id}, write=True)
    return _DONE, context.items.update_call(entry.entity, entry.item_id, decode_all(entry.before))


def _task_back(context: Context, task: int, entry: Entry) -> tuple[Text, Call | None]:
    select = ["ID", "TITLE", "RESPONSIBLE_ID", "STATUS"]
    tasks = context.gateway.call("tasks.task.list", {"filter": {"ID": task}, "select": select})["tasks"]
    if not tasks:
        return _GONE, None
    found, after = tasks[0], decode_all(entry.after)
    if str(found.get("title")) != after["title"] or int(found.get("responsibleId") or 0) != after["responsible"]:
        return Text("Задача с тех пор изменена", "The task was changed since"), None
    if str(found.get("status")) == "5":
        return Text("Задача уже завершена", "The task is already completed"), None
    return _DONE, Call("tasks.task.delete", {"taskId": task}, write=True)


def _activity_back(context: Context, activity: int, entry: Entry) -> tuple[Text, Call | None]:
    """A badge is shown by a completed activity; a to-do is taken back only as it was made."""
    select = ["ID", "SUBJECT", "RESPONSIBLE_ID", "DEADLINE", "COMPLETED"]
    rows = context.gateway.call("crm.activity.list", {"filter": {"ID": activity}, "select": select})
    if not rows:
        return _GONE, None
    back = Call("crm.activity.delete", {"id": activity}, write=True)
    if entry.kind == "badge":
        return _DONE, back
    found, after = rows[0], decode_all(entry.after)
    if found.get("COMPLETED") == "Y":
        return Text("Дело уже завершено", "The to-do is already completed"), None
    people = str(found.get("SUBJECT")), int(found.get("RESPONSIBLE_ID") or 0)
    if people != (after["title"], after["responsible"]) or _moment(found.get("DEADLINE")) != after["deadline"]:
        return Text("Дело с тех пор изменено", "The to-do was changed since"), None
    return _DONE, back


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _reverse(session: Session, context: Context, entry: Entry, actor: int | None) -> int:
    """The journal row of the undoing itself."""
    row = JournalRow(
        portal_id=context.portal_id,
        at=context.gateway.now(),
        rule=entry.rule,
        version=entry.version,
        cause="user",
        kind=entry.kind,
        entity=entry.entity,
        item_id=entry.item_id,
        key=entry.key,
        before=dict(entry.after),
        after=encode_all(decode_all(entry.before)),
        actor=actor,
    )
    return journal.plan(session, [row])[0]
