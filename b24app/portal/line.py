"""The line to a portal: one request with its place in the budget, its token, and its repetitions.

What is repeated here was certainly not executed, or only reads. A write whose answer was lost is
never sent again: it ends as OutcomeUnknown.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_random_exponential

from b24app.errors import AppError, OutcomeUnknown, PortalBusy, PortalUnavailable
from b24app.portal.answers import Answer, Meaning, error_for
from b24app.portal.budget import Budget
from b24app.portal.clock import PortalClock
from b24app.portal.credentials import Access, Credentials
from b24app.portal.operating import Operating, reset_in
from b24app.portal.stats import GatewayStats
from b24app.portal.transport import AnswerLost, Moved, NotSent, Transport

log = logging.getLogger(__name__)

# How often one request may change its token or its address before we stop believing the portal.
TURNS = 8


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a caller is ready to wait: tries of one request, and the longest pause in seconds."""

    tries: int
    pause: float


BACKGROUND = Patience(tries=6, pause=30.0)
INTERACTIVE = Patience(tries=3, pause=3.0)


class Line:
    """Sends requests to one portal; safe for several threads."""

    def __init__(
        self,
        credentials: Credentials,
        budget: Budget,
        operating: Operating,
        *,
        transport: Transport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.credentials = credentials
        self.operating = operating
        self.clock = PortalClock()
        self.stats = GatewayStats()
        self.sleep = sleep
        self._guards: list[Callable[[], None]] = []
        self._budget = budget
        self._transport = transport or Transport()

    @contextmanager
    def guarded(self, still_ours: Callable[[], None]) -> Iterator[None]:
        """Asks `still_ours` before every request leaves, however long that had to wait; what it raises keeps
        the request here."""
        self._guards.append(still_ours)
        try:
            yield
        finally:
            self._guards.remove(still_ours)

    def request(
        self, method: str, params: Mapping[str, Any], *, write: bool = False, interactive: bool = False
    ) -> Answer:
        """One call (`batch` is a call too) and its good answer.

        Raises the error of ours for a bad one: PortalBusy when the limits outlast the caller's
        patience, PortalUnavailable when nothing was done, OutcomeUnknown when a write may have been.
        """
        patience = INTERACTIVE if interactive else BACKGROUND
        self.wait_for(method, patience)
        retrying = Retrying(
            stop=stop_after_attempt(patience.tries),
            retry=retry_if_exception(lambda error: _worth_another_try(error, patience)),
            wait=_pause,
            sleep=self.sleep,
            before_sleep=lambda _: self.stats.add(retries=1),
            reraise=True,
        )
        return retrying(self._with_tokens, method, params, write, interactive)

    def wait_for(self, method: str, patience: Patience) -> None:
        """Waits until a paused method may be called; PortalBusy when that is too long."""
        pause = self.operating.pauses([method]).get(method, 0.0)
        if pause > patience.pause:
            raise busy(method, pause)
        if pause > 0:
            self.sleep(pause)

    def _with_tokens(self, method: str, params: Mapping[str, Any], write: bool, interactive: bool) -> Answer:
        access = self.credentials.current()
        renewed, moved = False, ""
        for _ in range(TURNS):
            self._budget.acquire(interactive=interactive)
            for still_ours in tuple(self._guards):
                still_ours()
            try:
                answer = self._post(access, method, params, write)
            except Moved as elsewhere:
                moved = elsewhere.endpoint
                access = replace(access, endpoint=moved)
                continue
            if moved == access.endpoint and answer.meaning is None:
                # Only now it is known that the portal lives there.
                self.credentials.move(moved)
            match answer.meaning:
                case Meaning.STALE | Meaning.DOUBTFUL if not renewed:
                    access, renewed = self.credentials.renew(access), True
                case Meaning.DEAD | Meaning.DOUBTFUL:
                    access, renewed = self.credentials.bury(access, answer.code or ""), False
                case Meaning.STALE:
                    raise PortalUnavailable("The portal calls a token expired that was renewed just now", method=method)
                case _:
                    return self._checked(answer, method, write)
        raise PortalUnavailable("The portal keeps sending the request elsewhere", method=method)

    def _post(self, access: Access, method: str, params: Mapping[str, Any], write: bool) -> Answer:
        started = time.monotonic()
        self.stats.add(requests=1)
        status: Any = "moved"
        try:
            answer = self._transport.post(access.endpoint, method, params, access.token)
            status = f"{answer.status} {answer.code or 'ok'}"
        except NotSent as error:
            status = "not sent"
            raise PortalUnavailable(f"The portal is not reached: {error}", method=method) from None
        except AnswerLost as error:
            status = "answer lost"
            raise self._lost(method, str(error), write) from None
        finally:
            log.debug("%s: %s in %.0f ms", method, status, (time.monotonic() - started) * 1000)
        self.clock.learn(answer.time)
        return answer

    def _checked(self, answer: Answer, method: str, write: bool) -> Answer:
        match answer.meaning:
            case None:
                self.operating.learn(method, answer.time, self.clock.timestamp())
                return answer
            case Meaning.RATE:
                self.stats.add(busy=1)
                self._budget.refused()
                raise busy(method, 1.0, answer.code or "")
            case Meaning.OPERATING:
                self.stats.add(busy=1)
                seconds = reset_in(answer.time, self.clock.timestamp())
                self.operating.pause(method, seconds)
                raise busy(method, seconds, answer.code or "")
            case Meaning.BROKEN:
                raise self._lost(method, answer.description or answer.code or "", write)
            case _:
                raise error_for(answer.code or "", answer.description, method)

    def _lost(self, method: str, what: str, write: bool) -> AppError:
        if write:
            return OutcomeUnknown(f"The answer to {method} was lost: {what}", method=method)
        return PortalUnavailable(f"No answer to {method}: {what}", method=method)


def busy(method: str, seconds: float, code: str = "") -> PortalBusy:
    """The error for a limit that lasts so many seconds more."""
    text = f"The portal's limit for {method} lasts {seconds:.0f} s more"
    return PortalBusy(text, retry_after=seconds, method=method, code=code)


def _worth_another_try(error: BaseException, patience: Patience) -> bool:
    if isinstance(error, PortalBusy):
        return error.retry_after <= patience.pause
    return isinstance(error, PortalUnavailable)


_backoff = wait_random_exponential(multiplier=0.5, max=8.0)


def _pause(state: RetryCallState) -> float:
    """Seconds before the next try: growing with jitter, never less than the portal asked for."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, PortalBusy) else 0.25
    return asked + float(_backoff(state))
