"""What channels that go through the portal share: its answers as outcomes of sending."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from b24app.channels.channel import NotHere, NotNow, Outcome, Taken, Unknown
from b24app.errors import PortalBusy, PortalLost, PortalRefused, Transient
from b24app.portal.calls import Call, Done, Lost
from b24app.portal.calls import Outcome as Answer


class Batches(Protocol):
    """The gateway, as far as channels need it."""

    def batch(self, calls: Sequence[Call], *, interactive: bool = False) -> list[Answer]:
        """Commands of any number, their outcomes in the same order."""


def outcome_of(answer: Answer) -> Outcome:
    """What a writing command's answer means for the letter. PortalLost ends the work."""
    if isinstance(answer, Done):
        return Taken(str(answer.result))
    if isinstance(answer, Lost):
        return Unknown(answer.error.text)
    if isinstance(answer.error, PortalLost):
        raise answer.error
    if isinstance(answer.error, PortalBusy):
        return NotNow(answer.error.text, answer.error.retry_after)
    if isinstance(answer.error, Transient):
        return NotNow(answer.error.text)
    return NotHere(answer.error.text)


def code_of(answer: Answer) -> str:
    """The portal's error code of a refusal, "" for anything else."""
    refused = not isinstance(answer, Done) and isinstance(answer.error, PortalRefused)
    return answer.error.code.upper() if refused else ""  # type: ignore[union-attr]
