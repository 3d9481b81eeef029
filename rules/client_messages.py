"""What became of messages to clients: facts from which rules derive what is left to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rules.decision import Ref, Text


class MessageState(StrEnum):
    """How far a message is. Only `WAITING` ones may still be sent."""

    WAITING = "waiting"
    """wanted, but held back: another message had the day, the hourly cap, a fresh contact of the client; or it came
    back from a channel that cannot reach the client, and there is another one"""
    UNKNOWN = "unknown"
    """handed to a channel whose answer was lost: counts as sent until the channel tells"""
    SENT = "sent"
    """taken by a channel (delivered or read counts too)"""
    NO_CHANNEL = "no_channel"
    """no channel there is can reach these people, or each of them refused it"""
    FAILED = "failed"
    """a channel took it and said later that it did not arrive"""


GONE_OUT = (MessageState.UNKNOWN, MessageState.SENT, MessageState.FAILED)
"""states of messages that the client may have got"""


NOTHING = Text("", "")


@dataclass(frozen=True, slots=True)
class ClientMessage:
    """A message of the app to a company, as its log has it. `at` is the moment of the state; `channel` is
    empty while no channel took it; `reason` says why it is held back or could not be sent, for people."""

    key: str
    purpose: str
    state: MessageState
    at: datetime
    channel: str = ""
    about: tuple[Ref, ...] = ()
    reason: Text = NOTHING
    text: str = ""
    subject: str = ""
    came_back: bool = False
    """a channel took it and said later that the client cannot be reached there; while it waits, the next channel is
    to have it"""
