"""Everything the engine of one portal works with."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from b24app.channels.channel import BulkChannel, Channel
from b24app.declare import Handler
from b24app.engine import known
from b24app.engine.ports import Declarations, PortalGateway, PortalItems, PortalNames
from b24app.engine.subjects import Watches
from b24app.engine.surroundings import Surroundings
from b24app.store.database import Database
from rules.limits import Limits


@dataclass(frozen=True)
class Context:
    """`watch_since` is the moment from which the app answers for the portal; `open_token` unseals the
    event token of a robot's call."""

    database: Database
    portal_id: int
    gateway: PortalGateway
    items: PortalItems
    names: PortalNames
    catalogue: Declarations
    limits: Limits
    surroundings: Surroundings
    language: str
    time_zone: str
    watch_since: datetime
    open_token: Callable[[bytes], str]
    channels: Sequence[BulkChannel] = ()
    """ways to reach clients, in the order in which they are tried"""
    carriers: Sequence[Channel] = ()
    """messengers that carry what the portal sends through our provider"""
    reads_payments: bool = False
    """whether the app may list the payments of the whole portal (scope `sale`)"""
    switched_on: Mapping[str, datetime] = field(default_factory=dict)
    """since when each handler works here; one that is not named has worked from the beginning"""
    sleep: Callable[[float], None] = field(default=time.sleep)
    look_for_losses: Callable[[bool], Context | None] = field(default=lambda refused: None)
    """looks whether the portal lost anything the behaviours need (True: because it has refused something);
    the context to go on with when it has"""

    @cached_property
    def handlers(self) -> list[Handler]:
        """The handlers whose every need the portal has; the others are paused until it is repaired."""
        names = self.names
        return [handler for handler in self.catalogue.handlers.values() if all(names.has(n) for n in handler.needs)]

    @cached_property
    def paused(self) -> list[Handler]:
        """The handlers that lack something on the portal."""
        return [handler for handler in self.catalogue.handlers.values() if handler not in self.handlers]

    @cached_property
    def watches(self) -> Watches:
        """Who watches what."""
        return Watches(self.handlers)

    @cached_property
    def links(self) -> dict[str, tuple[str, ...]]:
        """Watched entities and the links that are remembered of them."""
        links = known.links_of(self.handlers)
        return {entity: names for entity, names in links.items() if self.names.has(entity)}
