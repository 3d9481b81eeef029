"""A running business process: a tree of activities that is walked again whenever something has happened.

What each activity has done is remembered by its name, so that walking again from the root comes to
the activities that wait, and to nothing twice.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.automation import cards, documents, runs, timers
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal
from sandbox.kernel.store import declare
from sandbox.workflow import assignments
from sandbox.workflow.bpt import Node, node
from sandbox.workflow.expressions import computed

declare(
    "CREATE TABLE IF NOT EXISTS workflows (id TEXT PRIMARY KEY, template_id INTEGER NOT NULL, template_name TEXT"
    " NOT NULL, tree TEXT NOT NULL, document TEXT NOT NULL, started TEXT NOT NULL, started_by INTEGER NOT NULL,"
    " modified TEXT NOT NULL, status TEXT NOT NULL, title TEXT NOT NULL, memory TEXT NOT NULL,"
    " variables TEXT NOT NULL, parameters TEXT NOT NULL, constants TEXT NOT NULL, log TEXT NOT NULL)"
)
declare("CREATE INDEX IF NOT EXISTS workflows_document ON workflows (document, status)")

Memory = dict[str, Any]
Activity = Callable[["Process", Node, Memory], bool]
ACTIVITIES: dict[str, Activity] = {}
# Steps of one walk; a loop without a pause would otherwise hold the portal for ever.
MAX_STEPS = 5000


class Ended(Exception):
    """The process was ended by one of its activities."""


@dataclass(slots=True)
class Process:
    """One process while it is being walked; `save` writes it back."""

    portal: Portal
    id: str
    template_id: int
    template_name: str
    root: Node
    document: list[str]
    started_by: int
    status: str = "running"
    title: str = ""
    memory: dict[str, Memory] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    constants: dict[str, Any] = field(default_factory=dict)
    log: list[dict[str, str]] = field(default_factory=list)
    steps: int = 0

    def execute(self, one: Node) -> bool:
        """Walks an activity; true when it is finished (now or before)."""
        memory = self.memory.setdefault(one.name, {})
        if memory.get("closed") or not one.active:
            return True
        self.steps += 1
        if self.steps > MAX_STEPS or self.gone():
            raise Ended
        function = ACTIVITIES.get("rest" if one.type.startswith("rest_") else one.type.lower())
        if function is None:
            self.note(f"{one.type}: the sandbox does not know this activity")
        memory["closed"] = function is None or function(self, one, memory)
        return bool(memory["closed"])

    def gone(self) -> bool:
        """Whether somebody ended the process since it was loaded."""
        return bool(self.portal.store.value("SELECT status FROM workflows WHERE id = ?", (self.id,)) != "running")

    def forget(self, one: Node) -> None:
        """The activities under this one start anew (the next round of a loop)."""
        self.memory.pop(one.name, None)
        for child in one.children:
            self.forget(child)

    def note(self, message: str) -> None:
        """A line of the process's log."""
        self.log.append({"at": self.portal.clock.iso(), "message": message})

    def compute(self, value: Any) -> Any:
        """A setting with its expressions replaced by values."""
        return computed(value, self.read)

    def setting(self, one: Node, name: str, default: Any = None) -> Any:
        """A computed setting of an activity."""
        value = one.properties.get(name)
        return default if value in (None, "") else self.compute(value)

    def read(self, source: str, name: str) -> Any:
        """The value of an expression: of the document, a variable, a parameter, a constant, the
        system, or a result of an activity."""
        if source == "Document":
            return self.field(name)
        if source == "System":
            return _system(self, name)
        if source == "User":
            return f"user_{self.started_by}"
        kept = {
            "Variable": self.variables,
            "Template": self.parameters,
            "Parameter": self.parameters,
            "Constant": self.constants,
        }.get(source)
        if kept is None:
            kept = self.memory.get(source, {}).get("results", {})
        return kept.get(name)

    def field(self, name: str) -> Any:
        """A field of the card, named as in the old methods; employees read `user_5`."""
        found = documents.item_of(self.document)
        shown = cards.card(self.portal, *found) if found else None
        if shown is None:
            return None
        value = cards.value_of(shown, name)
        people = name.upper().endswith(("_BY_ID", "_BY")) or name.lower().endswith("byid")
        return f"user_{value}" if people and value else value

    def save(self) -> None:
        """Writes what changes while a process runs; one that was ended meanwhile (its own move of the
        card may do that) stays ended."""
        self.portal.store.execute(
            "UPDATE workflows SET status = ?, title = ?, memory = ?, variables = ?, log = ?, modified = ?"
            " WHERE id = ? AND status = 'running'",
            (
                self.status,
                self.title,
                _json(self.memory),
                _json(self.variables),
                _json(self.log),
                self.portal.clock.iso(),
                self.id,
            ),
        )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _system(process: Process, name: str) -> Any:
    now = process.portal.now()
    found = {
        "now": now.isoformat(timespec="seconds"),
        "nowlocal": now.isoformat(timespec="seconds"),
        "date": now.date().isoformat(),
        "workflowid": process.id,
    }
    return found.get(name.lower())


@dataclass(frozen=True, slots=True)
class Start:
    """What a process is started with; a running one keeps the tree it had then (bizproc/index.md)."""

    template_id: int
    name: str
    root: Node
    document: list[str]
    user: int = 0
    variables: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)


def start(portal: Portal, order: Start) -> str:
    """Starts a process, walks it as far as it goes, and returns its identifier."""
    now, number = portal.clock.iso(), runs.new_workflow_id()
    row = {
        "id": number,
        "template_id": order.template_id,
        "template_name": order.name,
        "tree": _json(order.root.printed()),
        "document": _json(order.document),
        "started": now,
        "started_by": order.user,
        "modified": now,
        "status": "running",
        "title": "",
        "memory": "{}",
        "variables": _json(dict(order.variables)),
        "parameters": _json(dict(order.parameters)),
        "constants": _json(dict(order.constants)),
        "log": "[]",
    }
    portal.store.insert("workflows", row)
    _walk(_loaded(portal, row))
    return number


def _loaded(portal: Portal, row: Mapping[str, Any] | sqlite3.Row) -> Process:
    return Process(
        portal=portal,
        id=row["id"],
        template_id=row["template_id"],
        template_name=row["template_name"],
        root=node(json.loads(row["tree"])),
        document=json.loads(row["document"]),
        started_by=row["started_by"],
        status=row["status"],
        title=row["title"],
        memory=json.loads(row["memory"]),
        variables=json.loads(row["variables"]),
        parameters=json.loads(row["parameters"]),
        constants=json.loads(row["constants"]),
        log=json.loads(row["log"]),
    )


def _walk(process: Process) -> None:
    try:
        if process.execute(process.root):
            process.status = "completed"
    except Ended:
        if process.status == "running":
            process.status = "completed"
    except (RestError, ValueError, TypeError, KeyError) as error:
        # A template that makes no sense ends its process, and not the command that started it.
        process.note(f"{type(error).__name__}: {error}")
        process.status, process.title = "terminated", "Ошибка"
    if process.status != "running":
        _let_go(process.portal, process.id)
    process.save()


def resume(portal: Portal, number: str, activity: str, told: Mapping[str, Any]) -> None:
    """Something that an activity waits for has happened: `told` goes into its memory."""
    row = portal.store.one("SELECT * FROM workflows WHERE id = ? AND status = 'running'", (number,))
    if row is None:
        return
    process = _loaded(portal, row)
    process.memory.setdefault(activity, {}).update(told)
    _walk(process)


@runs.on_finished
def _robot_finished(portal: Portal, process: str, activity: str, values: Mapping[str, Any], late: bool) -> None:
    resume(portal, process, activity, {"answered": True, "results": {**values, "IsTimeout": int(late)}})


@assignments.on_decided
def _decided(portal: Portal, process: str, activity: str, outcome: Mapping[str, Any]) -> None:
    resume(portal, process, activity, {"outcome": dict(outcome)})


@timers.timer("activity")
def _due(portal: Portal, ref: str) -> None:
    """A pause is over, or nobody did a task in time."""
    process, _, activity = ref.partition("|")
    resume(portal, process, activity, {"due": True})


def wait(process: Process, one: Node, length: int) -> None:
    """Lets an activity be told `due` after so many seconds."""
    timers.start(process.portal, length, "activity", f"{process.id}|{one.name}")


def _let_go(portal: Portal, number: str) -> None:
    """Nobody waits for the robots, tasks and pauses of a process that is over."""
    runs.abandon(portal, number)
    assignments.withdraw(portal, number)
    portal.store.execute("DELETE FROM timers WHERE kind = 'activity' AND ref LIKE ?", (f"{number}|%",))


def terminate(portal: Portal, number: str, title: str = "") -> bool:
    """Stops a running process; its data stay."""
    changed = portal.store.execute(
        "UPDATE workflows SET status = 'terminated', title = ?, modified = ? WHERE id = ? AND status = 'running'",
        (title, portal.clock.iso(), number),
    )
    if changed.rowcount:
        _let_go(portal, number)
    return changed.rowcount > 0


def kill(portal: Portal, number: str) -> bool:
    """Deletes a process with its data."""
    _let_go(portal, number)
    assignments.forget(portal, number)
    return portal.store.execute("DELETE FROM workflows WHERE id = ?", (number,)).rowcount > 0
