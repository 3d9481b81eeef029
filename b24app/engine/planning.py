"""Decisions become actions: what is already true, already made or paused is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from b24app.engine import guard, keys
from b24app.engine import known as known_objects
from b24app.engine.actions import (
    Action,
    Change,
    Ending,
    Keyed,
    Making,
    Part,
    changes,
    difference,
    keyed,
    merged,
    numbered,
)
from b24app.engine.decide import Decided
from b24app.engine.digest import digested
from b24app.engine.errors import Trouble
from b24app.engine.existing import Finder, Wanted
from b24app.engine.keys import Key
from b24app.engine.making import Existing, Maker
from b24app.engine.reader import PassReader
from b24app.errors import AppError
from b24app.store.database import Database
from rules.decision import (
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
from rules.wording import sentence

_KINDS: Mapping[type, str] = {
    Create: "create",
    CreateTask: "task",
    CreateTodo: "todo",
    Comment: "comment",
    Notify: "notify",
    FireTrigger: "trigger",
    CompleteTask: "complete_task",
    ShowBadge: "badge",
    HideBadge: "hide_badge",
}


@dataclass
class Plan:
    """What will be sent, in the order of decisions; `waiting` are decisions of paused rules."""

    actions: list[Action] = field(default_factory=list)
    waiting: list[Decided] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)


@dataclass
class Planner:
    """Compares what is wanted with what is. `finder` is None for a dry run: nothing is looked up or
    noted, keys that are not known count as not made."""

    database: Database
    portal_id: int
    reader: PassReader
    maker: Maker
    finder: Finder | None
    hopeless: set[str] = field(default_factory=set)
    """groups that were refused in this pass: another look does not send the same again"""

    def plan(self, decided: Sequence[Decided]) -> Plan:
        """The actions that are left, each once, in the order of the commands."""
        plan = Plan()
        commands = numbered(decided)
        if wanted := list(changes(commands)):
            self._plan_changes(wanted, plan)
        if made := list(keyed(commands)):
            self._plan_keyed(made, plan)
        plan.actions.sort(key=lambda action: action.parts[0].place)
        plan.actions = digested(plan.actions, self.maker)
        return plan

    def update(self, group: Sequence[Change]) -> Action:
        """One update for changes of one object."""
        target = group[0].target
        fields = {name: value for change in group for name, value in change.after.items()}
        call = self.maker.items.update_call(target.entity, target.id, fields)
        parts = tuple(Part(change.place, change.decided, change.kind, change.before, change.after) for change in group)
        return Action(target.entity, (call,), parts, target=target)

    def _plan_changes(self, wanted: Sequence[tuple[int, Decided, SetFields | MoveStage]], plan: Plan) -> None:
        targets = known_objects.by_entity(command.target for _, _, command in wanted)
        rows = {
            Ref(entity, id): row
            for entity, ids in targets.items()
            for id, row in self.reader.by_ids(entity, ids).items()
        }
        # An object that is gone wants nothing any more.
        differing = [
            change
            for place, one, command in wanted
            if command.target in rows and (change := difference(place, one, command, rows[command.target])) is not None
        ]
        differing = [one for one in differing if self._hopeful(one.decided, one.kind, str(one.target))]
        if not differing:
            return
        with self.database.session() as session:
            allowed, paused = guard.split(session, self.portal_id, differing, self.reader.now)
        plan.actions += [self.update(group) for group in merged(allowed)]
        plan.waiting += [change.decided for change in paused]
        plan.troubles += [guard.trouble(change) for change in paused]

    def _plan_keyed(self, wanted: Sequence[Wanted], plan: Plan) -> None:
        with self.database.session() as session:
            known = keys.load(session, self.portal_id, [command.key for _, _, command in wanted])
        wanted = [
            (place, one, command)
            for place, one, command in wanted
            if _is_open(command, known.get(command.key), self.maker.shows(command))
            and self._hopeful(one, _KINDS[type(command)], command.key)
        ]
        if self.finder is None:
            # Without looking anything up: what is not known is made, what is known is ended.
            for place, one, command in wanted:
                key = known.get(command.key)
                there = Existing(key.item_id) if key is not None and key.item_id is not None else None
                plan.actions += self._action(place, one, command, there, key)
            return
        found = self.finder.find(wanted, known)
        unseen = {place for (place, _, _), _ in found.refused}
        for (_, one, command), error in found.refused:
            plan.troubles.append(refused(one, command.key, _KINDS[type(command)], error))
        seen = [one for one in wanted if one[0] not in unseen]
        self._note_existing([(command, found.of(command)) for _, _, command in seen], known)
        for place, one, command in seen:
            plan.actions += self._action(place, one, command, found.of(command), known.get(command.key))

    def _action(
        self, place: int, one: Decided, command: Keyed, existing: Existing | None, key: Key | None
    ) -> list[Action]:
        """What is left to do: make what is not there, renew what shows something else, end what is open."""
        if isinstance(command, Ending):
            is_open = existing is not None and not existing.closed
            return [self._ending(place, one, command, existing.id)] if existing is not None and is_open else []
        if existing is None:
            return [self._making(place, one, command)]
        if isinstance(command, ShowBadge | CreateTask) and _is_renewed(command, key):
            return [self._renewing(place, one, command, existing)]
        return []

    def _hopeful(self, one: Decided, kind: str, what: str) -> bool:
        return refusal_group(one.handler.name, kind, what) not in self.hopeless

    def _making(self, place: int, one: Decided, command: Making) -> Action:
        part = Part(place, one, _KINDS[type(command)], {}, self.maker.shown(command))
        return Action(self.maker.kind(command), (self.maker.make(command),), (part,), key=command.key, command=command)

    def _renewing(self, place: int, one: Decided, command: ShowBadge | CreateTask, existing: Existing) -> Action:
        kind = "renew_task" if isinstance(command, CreateTask) else _KINDS[type(command)]
        part = Part(place, one, kind, {}, self.maker.shown(command))
        calls = self.maker.renew(command, existing)
        return Action(self.maker.kind(command), calls, (part,), key=command.key, command=command, item=existing.id)

    def _ending(self, place: int, one: Decided, command: Ending, item: int) -> Action:
        kind = self.maker.kind(command)
        part = Part(place, one, _KINDS[type(command)], {}, {kind: item})
        return Action(kind, self.maker.end(command, item), (part,), key=command.key, command=command, item=item)

    def _note_existing(self, looked: Sequence[tuple[Keyed, Existing | None]], known: dict[str, Key]) -> None:
        """Remembers what the look-up has shown, so that it is not looked up again."""
        there: list[tuple[str, str, int | None]] = []
        closed: list[tuple[str, str, int | None]] = []
        shown: dict[str, str] = {}
        absent: list[tuple[str, str, int | None]] = []
        for command, thing in looked:
            kind = self.maker.kind(command)
            if thing is None:
                if isinstance(command, CompleteTask) and command.key not in known:
                    absent.append((command.key, kind, None))
                elif isinstance(command, HideBadge):
                    closed.append((command.key, kind, None))
            elif isinstance(command, HideBadge) or _is_renewed(command, known.get(command.key)):
                continue
            elif not isinstance(command, CompleteTask):
                there.append((command.key, kind, thing.id))
                shown[command.key] = self.maker.shows(command)
            elif thing.closed:
                closed.append((command.key, kind, thing.id))
        if not (there or closed or absent):
            return
        with self.database.session() as session:
            for things, state in ((there, keys.DONE), (closed, keys.CLOSED), (absent, keys.ABSENT)):
                keys.record(session, self.portal_id, things, state, shown)


def refusal_group(rule: str, kind: str, what: str) -> str:
    """The group of the error inbox for a refused command: `what` is the object or the key."""
    return f"refused:{rule}:{kind}:{what}"


def refused(one: Decided, what: str, kind: str, error: AppError) -> Trouble:
    """The portal refused something that a decision asked for."""
    rule = one.handler
    text = sentence(
        "«{rule}», {subject}: портал отказал ({what}): {error}",
        '"{rule}", {subject}: the portal refused ({what}): {error}',
        rule=rule.title,
        subject=one.subject,
        what=what,
        error=error.text,
    )
    payload = {"what": what, "kind": kind, **error.context}
    return Trouble(
        refusal_group(rule.name, kind, what), "refused", text, one.subject, rule.name, (one.subject,), payload
    )


def _is_open(command: Keyed, key: Key | None, shows: str) -> bool:
    """Whether the key leaves anything to do. What badges there are is known: see `badges.Badges`."""
    if isinstance(command, HideBadge):
        return key is not None and key.state not in (keys.CLOSED, keys.ABSENT)
    if key is None:
        return True
    if isinstance(command, ShowBadge):
        return key.state != keys.DONE or key.shown != shows
    if isinstance(command, CompleteTask):
        return key.state not in (keys.CLOSED, keys.ABSENT)
    if _is_renewed(command, key):
        # A task that the app completed is wanted again; one that it only made, when there is more to tell.
        return key.state == keys.CLOSED or (bool(key.shown) and key.shown < shows)
    return key.state not in (keys.DONE, keys.CLOSED)


def _is_renewed(command: Keyed, key: Key | None) -> bool:
    """Whether what is there is brought up to date: a badge always, a task that was known to be there."""
    if isinstance(command, ShowBadge):
        return True
    if not isinstance(command, CreateTask) or command.covers_until is None or key is None:
        return False
    return key.state in (keys.DONE, keys.CLOSED)
