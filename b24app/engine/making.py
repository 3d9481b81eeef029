"""How each kind of thing with a business key is looked for, made and completed on the portal."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from b24app.engine import badges
from b24app.engine.actions import Ending, Keyed, Making
from b24app.engine.ports import PortalItems, PortalNames
from b24app.portal.batch import Call
from rules.decision import (
    Comment,
    CompleteTask,
    Create,
    CreateTask,
    CreateTodo,
    FireTrigger,
    HideBadge,
    Notify,
    Ref,
    ShowBadge,
)

TASK, TODO, COMMENT, NOTICE, SIGNAL = "task", "todo", "comment", "notify", "trigger"
COMPLETED = "5"
_RENEWED = ("TITLE", "DEADLINE", "DESCRIPTION", "UF_CRM_TASK")
"""fields of a task that are brought up to date; who has it, people decide"""

# api-reference/crm/data-types.md: short names of entity types; a smart process is T and its number in hex.
_PREFIXES = {1: "L", 2: "D", 3: "C", 4: "CO", 31: "SI"}
_TIMELINE_TYPES = {1: "lead", 2: "deal", 3: "contact", 4: "company", 31: "smart_invoice"}


@dataclass(frozen=True, slots=True)
class Existing:
    """What a look-up found."""

    id: int
    closed: bool = False


@dataclass(frozen=True)
class Maker:
    """Speaks the portal's methods for the commands with a key."""

    items: PortalItems
    names: PortalNames
    language: str

    def kind(self, command: Keyed) -> str:
        """The kind of thing, as it stands in the table of keys."""
        match command:
            case Create(entity=entity):
                return entity
            case CreateTask() | CompleteTask():
                return TASK
            case CreateTodo():
                return TODO
            case Comment():
                return COMMENT
            case Notify():
                return NOTICE
            case FireTrigger():
                return SIGNAL
            case ShowBadge() | HideBadge():
                return badges.BADGE

    def look_up(self, command: Keyed, id: int | None) -> Call | None:
        """The reading that finds the thing by its key (or by its id, where that is known); None where
        there is no such reading (a notification: its tag makes a repetition replace it; a trigger: a card
        that it has moved stays where it is when it fires again) or where it is done in bulk (`Items.by_keys`,
        `badges.find`)."""
        match command:
            case CreateTask(key=key, bind=bind):
                return self._tasks({"ID": id} if id else {"XML_ID": key, **self._narrowed(bind)})
            case CompleteTask(key=key):
                return self._tasks({"ID": id} if id else {"XML_ID": key})
            case CreateTodo(target=target):
                return self._open_todos(target)
            case Comment(target=target):
                place = {"ENTITY_ID": target.id, "ENTITY_TYPE": self._timeline_type(target)}
                select = ["ID", "COMMENT"]
                return Call("crm.timeline.comment.list", {"filter": place, "select": select, "order": {"ID": "DESC"}})
            case _:
                return None

    def found(self, command: Keyed, result: Any) -> Existing | None:
        """What the reading of `look_up` shows."""
        match command:
            case CreateTask(key=key) | CompleteTask(key=key):
                for task in result.get("tasks", []) if isinstance(result, Mapping) else []:
                    # A portal that cannot filter by XML_ID answers with other tasks as well.
                    if str(task.get("xmlId") or "") == key:
                        return Existing(int(task["id"]), str(task.get("status")) == COMPLETED)
            case CreateTodo(title=title):
                subjects = {title.in_language(self.language).strip()}
                return _first(result, "SUBJECT", subjects)
            case Comment(text=text):
                return _first(result, "COMMENT", {text.in_language(self.language).strip()})
        return None

    def make(self, command: Making) -> Call:
        """The command that makes the thing."""
        match command:
            case Create(entity=entity, key=key, fields=fields):
                return self.items.add_call(entity, fields, key)
            case CreateTask():
                return self._add_task(command)
            case CreateTodo():
                return self._add_todo(command)
            case Comment(target=target, text=text):
                fields = {
                    "ENTITY_ID": target.id,
                    "ENTITY_TYPE": self._timeline_type(target),
                    "COMMENT": text.in_language(self.language),
                }
                return Call("crm.timeline.comment.add", {"fields": fields}, write=True)
            case Notify(user=user, text=text, key=key):
                params = {"USER_ID": user, "MESSAGE": text.in_language(self.language), "TAG": key}
                return Call("im.notify.system.add", params, write=True)
            case FireTrigger(target=target, trigger=trigger):
                kind = self.names.entity_type_id(target.entity)
                params = {"CODE": trigger, "OWNER_TYPE_ID": kind, "OWNER_ID": target.id}
                return Call("crm.automation.trigger.execute", params, write=True)
            case ShowBadge():
                return badges.add_call(command, self.names, self.language)

    def renew(self, command: ShowBadge | CreateTask, existing: Existing) -> tuple[Call, ...]:
        """The commands that bring a thing that is there up to date; a finished task is opened again
        (api-reference/tasks/status/tasks-task-renew.md)."""
        if isinstance(command, ShowBadge):
            return (badges.renew_call(command, existing.id, self.language),)
        fields = {name: value for name, value in self._task_fields(command).items() if name in _RENEWED}
        update = Call("tasks.task.update", {"taskId": existing.id, "fields": fields}, write=True)
        opened = Call("tasks.task.renew", {"taskId": existing.id}, write=True)
        return (opened, update) if existing.closed else (update,)

    def shows(self, command: Keyed) -> str:
        """A digest of what the thing shows, of a task the moment until which it knows everything; empty for
        things that are never renewed."""
        if isinstance(command, CreateTask) and command.covers_until is not None:
            return command.covers_until.astimezone(UTC).isoformat(timespec="seconds")
        return badges.digest(command, self.language) if isinstance(command, ShowBadge) else ""

    def end(self, command: Ending, item: int) -> tuple[Call, ...]:
        """The commands that finish a task (the comment follows, so that it is never left alone) or hide a badge."""
        if isinstance(command, HideBadge):
            return (badges.hide_call(item),)
        text = command.comment.in_language(self.language)
        done = Call("tasks.task.complete", {"taskId": item}, write=True)
        if not text:
            return (done,)
        # Positional method: the order of the parameters matters (settings/how-to-call-rest-api/data-encoding.md).
        comment = Call("task.commentitem.add", {"TASKID": item, "FIELDS": {"POST_MESSAGE": text}}, write=True)
        return (done, comment)

    def made_id(self, command: Making, result: Any) -> int | None:
        """The id of what was made; None where the portal tells none."""
        match command:
            case Create():
                return int(result["item"]["id"])
            case CreateTask():
                return int(result["task"]["id"])
            case CreateTodo():
                return int(result["id"])
            case ShowBadge():
                return int(result["activity"]["id"])
            case _:
                return int(result) if isinstance(result, (int, str)) and not isinstance(result, bool) else None

    def shown(self, command: Making) -> dict[str, Any]:
        """What the journal shows of a thing that is made."""
        match command:
            case Create(fields=fields):
                return dict(fields)
            case CreateTask(title=title, responsible=user, deadline=deadline):
                return {"title": title.in_language(self.language), "responsible": user, "deadline": deadline}
            case CreateTodo(title=title, responsible=user, deadline=deadline, target=target):
                shown = {"title": title.in_language(self.language), "responsible": user, "deadline": deadline}
                return {**shown, "target": target}
            case Comment(text=text, target=target):
                return {"text": text.in_language(self.language), "target": target}
            case Notify(text=text, user=user):
                return {"text": text.in_language(self.language), "user": user}
            case FireTrigger(trigger=trigger, target=target):
                return {"trigger": trigger, "target": target}
            case ShowBadge(title=title, badge=badge, target=target):
                return {"badge": badge, "title": title.in_language(self.language), "target": target}

    def bindings(self, refs: Collection[Ref]) -> list[str]:
        """Objects as values of UF_CRM_TASK."""
        return [self._binding(ref) for ref in refs]

    def _binding(self, ref: Ref) -> str:
        kind = self.names.entity_type_id(ref.entity)
        return f"{_PREFIXES.get(kind) or f'T{kind:x}'}_{ref.id}"

    def _timeline_type(self, ref: Ref) -> str:
        kind = self.names.entity_type_id(ref.entity)
        return _TIMELINE_TYPES.get(kind) or f"dynamic_{kind}"

    def _tasks(self, where: Mapping[str, Any]) -> Call:
        params = {"filter": where, "select": ["ID", "XML_ID", "STATUS"], "order": {"ID": "desc"}}
        return Call("tasks.task.list", params)

    def _narrowed(self, bind: Collection[Ref]) -> dict[str, str]:
        # XML_ID works as a filter though the page of the method does not list it; the binding, which
        # it lists, keeps the answer short where XML_ID is not known.
        return {"UF_CRM_TASK": self.bindings(bind)[-1]} if bind else {}

    def _open_todos(self, target: Ref) -> Call:
        place = {"OWNER_TYPE_ID": self.names.entity_type_id(target.entity), "OWNER_ID": target.id}
        return Call(
            "crm.activity.list",
            {
                "filter": {**place, "PROVIDER_ID": "CRM_TODO", "COMPLETED": "N"},
                "select": ["ID", "SUBJECT"],
                "order": {"ID": "DESC"},
            },
        )

    def _add_task(self, task: CreateTask) -> Call:
        return Call("tasks.task.add", {"fields": self._task_fields(task)}, write=True)

    def _task_fields(self, task: CreateTask) -> dict[str, Any]:
        fields = {
            "TITLE": task.title.in_language(self.language),
            "RESPONSIBLE_ID": task.responsible,
            "DEADLINE": task.deadline.isoformat(),
            "DESCRIPTION": task.description.in_language(self.language),
            "XML_ID": task.key,
            "UF_CRM_TASK": self.bindings(task.bind),
        }
        return {name: value for name, value in fields.items() if value}

    def _add_todo(self, todo: CreateTodo) -> Call:
        params = {
            "ownerTypeId": self.names.entity_type_id(todo.target.entity),
            "ownerId": todo.target.id,
            "title": todo.title.in_language(self.language),
            "deadline": todo.deadline.isoformat(),
            "responsibleId": todo.responsible,
        }
        return Call("crm.activity.todo.add", params, write=True)


def _first(rows: Any, field: str, texts: set[str]) -> Existing | None:
    for row in rows if isinstance(rows, list) else []:
        if str(row.get(field) or "").strip() in texts:
            return Existing(int(row["ID"]))
    return None
