"""Commands of decisions become actions: one action is one thing sent to the portal, with the journal
rows that tell which rules asked for it. What is already true makes no action."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from b24app.declare import Row
from b24app.engine.decide import Decided
from b24app.engine.values import nearly_same, same
from b24app.portal.batch import Call
from rules.decision import (
    Command,
    Comment,
    CompleteTask,
    Create,
    CreateTask,
    CreateTodo,
    FireTrigger,
    HideBadge,
    MoveStage,
    Notify,
    Ref,
    SetFields,
    ShowBadge,
)

Making = Create | CreateTask | CreateTodo | Comment | Notify | FireTrigger | ShowBadge
Ending = CompleteTask | HideBadge
Keyed = Making | Ending


@dataclass(frozen=True, slots=True)
class Part:
    """One journal row of an action: what a rule asked for, with logical values before and after;
    `place` is the command's number among all commands of the decisions."""

    place: int
    decided: Decided
    kind: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass
class Action:
    """Something to send: `calls` in order; it is done when the last call is.

    `target` is the object that is changed (None for what is created), `key` and `command` belong to
    what is created, renewed or ended, `entity` is its kind for the key (`debt`, `task`, `todo`, ...),
    `item` its number where it is there already.
    """

    entity: str
    calls: tuple[Call, ...]
    parts: tuple[Part, ...]
    target: Ref | None = None
    key: str | None = None
    command: Keyed | None = None
    item: int | None = None
    also: tuple[str, ...] = ()
    """further keys that are fulfilled together with `key`"""
    rows: tuple[int, ...] = field(default=())
    """numbers of its journal rows, once they are planned"""

    @property
    def wanted(self) -> dict[str, Any]:
        """All fields that the action writes."""
        return {name: value for part in self.parts for name, value in part.after.items()}


@dataclass(frozen=True, slots=True)
class Change:
    """The fields of one object that one decision wants different from what they are."""

    place: int
    target: Ref
    kind: str
    decided: Decided
    before: Mapping[str, Any]
    after: Mapping[str, Any]


Numbered = tuple[int, Decided, Command]


def numbered(decided: Iterable[Decided]) -> list[Numbered]:
    """All commands in the order of decisions: rules rely on what they put first being done first."""
    pairs = ((one, command) for one in decided for command in one.decision.commands)
    return [(place, one, command) for place, (one, command) in enumerate(pairs)]


def changes(commands: Iterable[Numbered]) -> Iterator[tuple[int, Decided, SetFields | MoveStage]]:
    """The commands that change existing objects."""
    for place, one, command in commands:
        if isinstance(command, SetFields | MoveStage):
            yield place, one, command


def keyed(commands: Iterable[Numbered]) -> Iterator[tuple[int, Decided, Keyed]]:
    """The commands with a business key; of one key only the first."""
    seen: set[tuple[type, str]] = set()
    for place, one, command in commands:
        if not isinstance(command, Keyed):
            continue
        if (type(command), command.key) not in seen:
            seen.add((type(command), command.key))
            yield place, one, command


def difference(place: int, decided: Decided, command: SetFields | MoveStage, row: Row) -> Change | None:
    """What the command would change in the row; None when it is already true.

    Fields whose difference nobody sees are written only together with a visible one.
    """
    moves = isinstance(command, MoveStage)
    wanted = {"stage": command.stage} if isinstance(command, MoveStage) else command.fields
    differing = {name: value for name, value in wanted.items() if not same(row.get(name), value)}
    if all(nearly_same(row.get(name), value) for name, value in differing.items()):
        return None
    before = {name: row.get(name) for name in differing}
    return Change(place, command.target, "move" if moves else "set", decided, before, differing)


def merged(wanted: Iterable[Change]) -> list[list[Change]]:
    """Changes grouped into one update per object; one that contradicts an earlier one of the same
    group comes in a group of its own, after it."""
    groups: dict[Ref, list[list[Change]]] = {}
    for change in wanted:
        mine = groups.setdefault(change.target, [[]])
        taken = {name: value for other in mine[-1] for name, value in other.after.items()}
        if any(name in taken and not same(taken[name], value) for name, value in change.after.items()):
            mine.append([])
        mine[-1].append(change)
    return [group for lists in groups.values() for group in lists]
