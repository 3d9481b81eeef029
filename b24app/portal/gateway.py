"""The gateway: everything the product asks of a portal goes through here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, NoReturn

from b24app.errors import AppError, OutcomeUnknown, PortalUnavailable
from b24app.portal.answers import Answer
from b24app.portal.batch import Batches, Call, Done, Lost, Outcome, Refused
from b24app.portal.chains import Chain, Chains, Listing
from b24app.portal.credentials import Access
from b24app.portal.keyset import scan
from b24app.portal.line import Line
from b24app.portal.stats import GatewayStats

__all__ = ["Call", "Done", "Gateway", "GatewayStats", "Lost", "Outcome", "Refused"]

# How old the last word about the portal's time may be before it is asked again.
CLOCK_SECONDS = 30.0


class Gateway:
    """One portal as this process sees it; safe for several threads."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.batches = Batches(line)
        self.chains = Chains(self.batches)

    @property
    def stats(self) -> GatewayStats:
        """What was sent and met so far."""
        return self.line.stats

    def guarded(self, still_ours: Callable[[], None]) -> AbstractContextManager[None]:
        """Within it every request first asks whether the work is still ours to do, see `Line.guarded`."""
        return self.line.guarded(still_ours)

    def owner(self) -> Access:
        """In whose name the requests are sent."""
        return self.line.credentials.current()

    def pass_on(self, owner: Access, reason: str) -> NoReturn:
        """Nothing is sent in this owner's name any more. Raises PortalUnavailable: what was read so far may be
        a part only; PortalLost when there is no other owner."""
        self.line.credentials.bury(owner, reason)
        raise PortalUnavailable(f"The app goes on in another administrator's name: {reason}")

    def call(
        self, method: str, params: Mapping[str, Any] | None = None, *, write: bool = False, interactive: bool = False
    ) -> Any:
        """One call; its `result`. Say `write=True` for whatever changes data on the portal: a read is
        repeated after a lost answer, a write ends as OutcomeUnknown. `interactive=True` is for a
        person who waits: served from the reserve, and impatient.
        """
        return self.answer(method, params, write=write, interactive=interactive).result

    def answer(
        self, method: str, params: Mapping[str, Any] | None = None, *, write: bool = False, interactive: bool = False
    ) -> Answer:
        """The same with the whole envelope (`total`, `next`)."""
        self.stats.add(commands=1, writes=int(write))
        try:
            return self.line.request(method, params or {}, write=write, interactive=interactive)
        except OutcomeUnknown:
            self.stats.add(unknown=1)
            raise
        except AppError:
            self.stats.add(refused=1)
            raise

    def batch(self, calls: Sequence[Call], *, interactive: bool = False) -> list[Outcome]:
        """The outcome of every call, in their order, fifty to a request."""
        return self.batches.run(calls, interactive=interactive)

    def scan(
        self, method: str, params: Mapping[str, Any], *, id_name: str = "id", container: str = "items"
    ) -> Iterator[dict[str, Any]]:
        """Every row of a list ordered by id, streamed: those whose ids existed when the reading began,
        complete even while rows are deleted, or an exception. `container` is empty for methods whose
        `result` is the rows."""
        return scan(self.chains, Listing(method, params, id_name, container))

    def read_chains(self, chains: Sequence[Chain], *, interactive: bool = False) -> list[list[dict[str, Any]]]:
        """Several lists at once, each complete, packed into few requests."""
        return self.chains.read_all(chains, interactive=interactive)

    def list_all(
        self, method: str, params: Mapping[str, Any] | None = None, *, id_name: str = "ID"
    ) -> list[dict[str, Any]]:
        """Every row of a list without a stable order of ids (users, departments, dictionaries),
        sorted by id and checked against the portal's total."""
        # Imported when needed: the library takes a third of a second, which every process would pay.
        from b24app.portal.unstable import list_unstable

        return list_unstable(self.line, self.batches, method, params or {}, id_name)

    def now(self, max_age: float = CLOCK_SECONDS) -> datetime:
        """The portal's present moment in UTC, from its last answer; asked for when that is older
        than `max_age` seconds."""
        if self.line.clock.age() > max_age:
            self.call("server.time")
        moment = self.line.clock.now()
        if moment is None:
            raise PortalUnavailable("The portal does not tell its time")
        return moment
