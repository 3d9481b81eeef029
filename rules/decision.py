"""The words a rule answers in: a decision, its reason, and commands as plain data in logical names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Text:
    """A text for people on the portal, in Russian and English."""

    ru: str
    en: str

    def in_language(self, language: str) -> str:
        """The text for a language code (`ru`, `en`, ...); anything but Russian gets English."""
        return self.ru if language.lower().startswith("ru") else self.en


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency (`RUB`); never a float."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


@dataclass(frozen=True, slots=True)
class Ref:
    """An object of the portal: a logical entity (`company`, `deal`, `debt`, `visit`) and its id."""

    entity: str
    id: int

    def __str__(self) -> str:
        return f"{self.entity}:{self.id}"


@dataclass(frozen=True, slots=True)
class SetFields:
    """Fields of an object should have these values (logical names; None clears)."""

    target: Ref
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MoveStage:
    """An object should stand on this stage (`stage.debt.overdue`)."""

    target: Ref
    stage: str


@dataclass(frozen=True, slots=True)
class Create:
    """An object with this business key should exist. `fields` are used only when it does not."""

    entity: str
    key: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CreateTask:
    """A task with this business key should exist, bound to CRM objects.

    `covers_until`: it knows of everything that came until this moment. When that is later than what the existing
    task knows of, or when the app has completed it already, the task is brought up to date and opened again.
    """

    key: str
    title: Text
    responsible: int
    deadline: datetime
    bind: tuple[Ref, ...] = ()
    description: Text = Text("", "")
    covers_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class CompleteTask:
    """The task with this business key, if it exists and is open, should be completed, with a comment."""

    key: str
    comment: Text


@dataclass(frozen=True, slots=True)
class CreateTodo:
    """A to-do with this business key should exist in the object's timeline."""

    key: str
    target: Ref
    title: Text
    responsible: int
    deadline: datetime


@dataclass(frozen=True, slots=True)
class Notify:
    """A user should be told once (one notification for one key, ever)."""

    key: str
    user: int
    text: Text


@dataclass(frozen=True, slots=True)
class Comment:
    """The object's timeline should hold this comment, once for the key."""

    key: str
    target: Ref
    text: Text


@dataclass(frozen=True, slots=True)
class SendMessage:
    """A company's people should have got this message, once for the key and never on stale facts.

    The engine reads the portal anew right before sending and asks the rule again: what the rule no
    longer wants is not sent, and what it wants then is what is sent. `text` and `subject` (of an e-mail)
    are ready, in the client's language. `about` are the objects it speaks of, nearest first: chats are
    looked for on them, then on the company and its contacts. `priority`: the smaller wins the day.
    What became of it is a fact of the next look (`Reader.messages`), from which the rule derives the rest:
    stamps on records, a to-do when nobody could be reached.
    """

    key: str
    company: Ref
    purpose: str
    text: str
    subject: str
    about: tuple[Ref, ...] = ()
    priority: int = 100


@dataclass(frozen=True, slots=True)
class FireTrigger:
    """The portal's automation should hear of something once for the key: a trigger of ours (the code of its
    declaration) fires for an object, which moves to the stage where an administrator has put the trigger."""

    key: str
    target: Ref
    trigger: str


@dataclass(frozen=True, slots=True)
class ShowBadge:
    """An object should carry a badge of the preset on its card and its tile, with this business key.

    What stands behind the badge in the timeline: a title, lines of a name and a value, a link to a card.
    One that a person has taken away comes back when there is something new to show.
    """

    key: str
    target: Ref
    badge: str
    responsible: int
    title: Text
    lines: tuple[tuple[Text, Text], ...]
    link: Ref
    link_title: Text


@dataclass(frozen=True, slots=True)
class HideBadge:
    """An object should not carry the badge with this business key any more."""

    key: str
    target: Ref


@dataclass(frozen=True, slots=True)
class At:
    """Look at the decision's subject again at this moment (it replaces the earlier timer)."""

    moment: datetime


@dataclass(frozen=True, slots=True)
class Complain:
    """A person has to look: an item of the error inbox, once for the key while it is open."""

    key: str
    text: Text
    target: Ref | None = None


Command = (
    SetFields
    | MoveStage
    | Create
    | CreateTask
    | CompleteTask
    | CreateTodo
    | Notify
    | Comment
    | FireTrigger
    | ShowBadge
    | HideBadge
    | SendMessage
    | At
    | Complain
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What should be true and why. `facts` is the short summary shown by explain (JSON values)."""

    outcome: str
    reason: Text
    commands: tuple[Command, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
