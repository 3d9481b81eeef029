"""What a channel is: something that can be asked to send a letter, and to tell what became of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from rules.decision import Ref, Text

CLOCKS = timedelta(seconds=90)
"""by how much the clock of another system may differ from ours when a message is looked for there"""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may be written to: a contact of the company, or the company itself.
    `phones` are in E.164 (`+79990000001`), the best one first; `emails` likewise."""

    ref: Ref
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Letter:
    """A message on its way. `key` is ours, unique, and stays the same however often it is tried; `about` are
    the objects it speaks of, nearest first; `people` in the order in which they are to be written to."""

    key: str
    company: int
    text: str
    subject: str
    about: tuple[Ref, ...] = ()
    people: tuple[Person, ...] = ()
    responsible: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """The channel has it: accepted, not yet delivered. `id` is the channel's own number of the message."""

    id: str


@dataclass(frozen=True, slots=True)
class NotHere:
    """This channel cannot reach these people (no chat, no address, the vendor's window is closed): ask the next."""

    reason: Text


@dataclass(frozen=True, slots=True)
class NotNow:
    """The channel is busy or does not answer, and has certainly not taken it: try again later."""

    reason: Text
    retry_after: float = 60.0
    """seconds"""


@dataclass(frozen=True, slots=True)
class Unknown:
    """The request may have arrived, its answer did not: `find` has to tell before anything is sent again."""

    reason: Text


Outcome = Taken | NotHere | NotNow | Unknown


class Channel(Protocol):
    """One way to reach people."""

    @property
    def code(self) -> str:
        """As `messages.channels` names it: `openline`, `email`, `wazzup`, `green_api`."""

    def send(self, letter: Letter) -> Outcome:
        """Hands the letter over, once."""

    def find(self, letter: Letter, since: datetime) -> Taken | NotHere | None:
        """What became of a letter whose answer was lost at or after `since`: Taken, or NotHere when it certainly did
        not arrive; None when the channel cannot tell."""


class BulkChannel(Protocol):
    """A channel as the engine uses it: many letters at once, in as few requests as there can be."""

    @property
    def code(self) -> str:
        """As `Channel.code`."""

    def send_all(self, letters: Sequence[Letter]) -> list[Outcome]:
        """Hands letters over, each once; their outcomes in the same order."""

    def find(self, letter: Letter, since: datetime) -> Taken | NotHere | None:
        """As `Channel.find`."""


@dataclass(frozen=True, slots=True)
class OneByOne:
    """A channel that takes one letter a request, as the engine uses it."""

    channel: Channel

    @property
    def code(self) -> str:
        """The channel's name."""
        return self.channel.code

    def send_all(self, letters: Sequence[Letter]) -> list[Outcome]:
        """One after the other."""
        return [self.channel.send(letter) for letter in letters]

    def find(self, letter: Letter, since: datetime) -> Taken | NotHere | None:
        """As the channel tells."""
        return self.channel.find(letter, since)
