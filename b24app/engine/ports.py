"""What the engine needs of a portal and of the discovered declarations, as small protocols.

The real ones are `b24app.portal` and `b24app.discover`; the tests of the engine pass in-memory ones.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

from b24app.declare import Handler, Paid, Robot, Row, Sweep
from b24app.portal.batch import Call, Outcome
from b24app.portal.chains import Chain
from b24app.portal.credentials import Access
from b24app.portal.items import Question


class Stats(Protocol):
    """Counters of the gateway."""

    requests: int


class PortalGateway(Protocol):
    """Sends commands: see `b24app.portal.gateway`."""

    @property
    def stats(self) -> Stats:
        """What was sent so far."""

    def guarded(self, still_ours: Callable[[], None]) -> AbstractContextManager[None]:
        """Within it every request first asks whether the work is still ours to do."""

    def owner(self) -> Access:
        """In whose name the requests are sent."""

    def pass_on(self, owner: Access, reason: str) -> None:
        """Nothing is sent in this owner's name any more. Raises PortalUnavailable: what was read so far may be
        a part only; PortalLost when there is no other owner."""

    def call(
        self, method: str, params: Mapping[str, Any] | None = None, *, write: bool = False, interactive: bool = False
    ) -> Any:
        """One command's `result`."""

    def batch(self, calls: Sequence[Call], *, interactive: bool = False) -> list[Outcome]:
        """Commands of any number, their outcomes in the same order."""

    def read_chains(self, chains: Sequence[Chain], *, interactive: bool = False) -> list[list[dict[str, Any]]]:
        """Several lists at once, each complete and in the order of ids."""

    def list_all(self, method: str, params: Mapping[str, Any] | None = None, *, id_name: str = "ID") -> list[Any]:
        """Every row of a list without a stable order."""

    def now(self) -> datetime:
        """The portal's time."""


class PortalNames(Protocol):
    """Logical names and this portal's ids."""

    def has(self, name: str) -> bool:
        """Whether the portal has the named thing."""

    def entity_type_id(self, entity: str) -> int:
        """`deal` -> 2."""

    def entity_of(self, entity_type_id: int) -> str | None:
        """2 -> `deal`."""

    def has_stages(self, entity: str) -> bool:
        """Whether objects of the entity move along stages."""

    def stage_id(self, name: str) -> str:
        """`stage.debt.waiting` -> the portal's STAGE_ID."""

    def stage_name(self, entity: str, stage_id: str) -> str:
        """The other way round; the id itself for a stage without a name."""

    def select(self, entity: str, names: Collection[str] | None) -> list[str]:
        """REST names to ask for; all that have a logical name when None."""

    def filter(self, entity: str, where: Mapping[str, Any]) -> dict[str, Any]:
        """A filter of crm.item.list."""

    def key_fields(self, entity: str, key: str) -> dict[str, Any]:
        """The logical fields that mark a created object with its business key."""

    def from_rest(self, entity: str, row: Mapping[str, Any]) -> dict[str, Any]:
        """A portal's row in logical names."""


class PortalItems(Protocol):
    """Reads and writes CRM objects in logical names."""

    def by_ids(self, entity: str, ids: Collection[int], select: Collection[str] | None = None) -> dict[int, Row]:
        """Objects by id."""

    def by_link(
        self,
        entity: str,
        link: str,
        ids: Collection[int],
        where: Mapping[str, Any] | None = None,
        select: Collection[str] | None = None,
    ) -> dict[int, list[Row]]:
        """Objects by a linking field."""

    def ask(self, questions: Sequence[Question], select: Collection[str] | None = None) -> list[list[Row]]:
        """The rows of several questions, read together."""

    def by_filter(self, entity: str, where: Mapping[str, Any], select: Collection[str] | None = None) -> Iterator[Row]:
        """All objects that match, in the order of ids."""

    def count(self, entity: str, where: Mapping[str, Any]) -> int:
        """How many objects match."""

    def by_keys(self, entity: str, keys: Collection[str]) -> dict[str, int]:
        """Ids by business key."""

    def add_call(self, entity: str, fields: Mapping[str, Any], key: str | None = None) -> Call:
        """The command that creates an object under a business key."""

    def update_call(self, entity: str, item_id: int, fields: Mapping[str, Any]) -> Call:
        """The command that changes an object."""

    def row_of(self, entity: str, result: Any) -> Row:
        """The row in the `result` of a writing command."""

    def paid(self, entity: str, ids: Collection[int]) -> dict[int, list[Paid]]:
        """The paid payments of deals or invoices."""


class Declarations(Protocol):
    """What `discover` found and the portal's presets have switched on."""

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """By name."""

    @property
    def robots(self) -> Mapping[str, Robot]:
        """By code."""

    @property
    def sweeps(self) -> Mapping[str, Sweep]:
        """By name."""
