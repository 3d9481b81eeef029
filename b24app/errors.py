"""Every error of ours, one tree:

AppError
├── Transient                 worth another try, by the one wrapper that retries
│   ├── PortalBusy            the portal's limits (QUERY_LIMIT_EXCEEDED, OPERATION_TIME_LIMIT)
│   ├── PortalUnavailable     5xx, no connection, time-out before the request left
│   ├── OutcomeUnknown        a write whose answer was lost: look before writing again
│   └── SystemUnavailable     1C, a shop or a messenger does not answer
├── Terminal                  told once, in words; never retried
│   ├── PortalRefused         the portal refused this call (rights, a wrong value)
│   ├── PortalLost            no usable token, the app was removed, the portal is gone
│   ├── ItemGone              the object does not exist any more
│   ├── BadPayload            an incoming body that cannot be read
│   ├── PresetError           a preset, a declaration or a binding that does not fit
│   └── RowRejected           one row of an exchange that cannot be taken
└── Forged                    an incoming call that is not the portal's (web only: 403)
"""

from __future__ import annotations

from typing import Any

from rules.decision import Text


class AppError(Exception):
    """The root. `text` is for people, in both languages; `context` holds small masked facts."""

    def __init__(self, text: Text | str, **context: Any) -> None:
        self.text = text if isinstance(text, Text) else Text(text, text)
        self.context = context
        super().__init__(self.text.en)


class Transient(AppError):
    """May succeed later."""


class PortalBusy(Transient):
    """The portal's limit was met. `retry_after` is in seconds, `method` the one that is paused."""

    def __init__(self, text: Text | str, *, retry_after: float = 1.0, method: str = "", **context: Any) -> None:
        super().__init__(text, **context)
        self.retry_after = retry_after
        self.method = method


class PortalUnavailable(Transient):
    """The portal did not answer, and the request certainly changed nothing or was a reading one."""


class OutcomeUnknown(Transient):
    """A writing request was sent and its answer lost; the object must be read before a new try."""


class SystemUnavailable(Transient):
    """Another system (1C, shop, messenger) does not answer."""


class Terminal(AppError):
    """Will not succeed by repetition."""


class PortalRefused(Terminal):
    """The portal refused the call; `code` is its error code, `method` the method."""

    def __init__(self, text: Text | str, *, code: str = "", method: str = "", **context: Any) -> None:
        super().__init__(text, **context)
        self.code = code
        self.method = method


class PortalLost(Terminal):
    """The portal cannot be reached with any token we hold: an administrator must open the app again."""


class ItemGone(Terminal):
    """The object was deleted or merged away."""


class BadPayload(Terminal):
    """An incoming body lacks a key or holds a wrong value; the text names the field."""


class PresetError(Terminal):
    """A preset, a declaration or a binding is wrong; the text names the place and what to change."""


class RowRejected(Terminal):
    """One row of an exchange cannot be taken; the text says why."""


class Forged(AppError):
    """The caller is not the portal it claims to be."""
