"""What the portal already holds under the keys of commands: looked up in bulk before anything is made."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from b24app.engine import badges, keys
from b24app.engine.actions import Keyed
from b24app.engine.decide import Decided
from b24app.engine.keys import Key
from b24app.engine.lease import Lease
from b24app.engine.making import Existing, Maker
from b24app.engine.ports import PortalGateway
from b24app.errors import AppError, PortalLost, Transient
from b24app.portal.batch import Done
from b24app.store.models import utcnow
from rules.decision import CompleteTask, Create, FireTrigger, HideBadge, Notify, ShowBadge

DOUBT = timedelta(seconds=15)
"""how long a request whose sender died may still be at work on the portal"""

Wanted = tuple[int, Decided, Keyed]


@dataclass
class Found:
    """`things` by command key and kind of command; `refused` commands could not be looked up."""

    things: dict[tuple[str, type], Existing] = field(default_factory=dict)
    refused: list[tuple[Wanted, AppError]] = field(default_factory=list)

    def of(self, command: Keyed) -> Existing | None:
        """What exists under the command's key."""
        return self.things.get((command.key, type(command)))


@dataclass
class Finder:
    """Looks commands up, and looks again after a while at those whose creation may be on its way."""

    gateway: PortalGateway
    maker: Maker
    lease: Lease
    sleep: Callable[[float], None] = time.sleep

    def find(self, wanted: Sequence[Wanted], known: dict[str, Key]) -> Found:
        """One look for all; a second one only for keys that a dead or unlucky attempt has reserved
        so recently that the portal may still be executing it."""
        found = Found()
        self._look(wanted, known, found)
        doubtful = [one for one in wanted if found.of(one[2]) is None and _in_doubt(one[2], known)]
        if doubtful:
            self._wait([known[command.key] for _, _, command in doubtful])
            self._look(doubtful, known, found)
        return found

    def _look(self, wanted: Sequence[Wanted], known: dict[str, Key], found: Found) -> None:
        created: dict[str, list[Create]] = {}
        for _, _, command in wanted:
            if isinstance(command, Create):
                created.setdefault(command.entity, []).append(command)
        for entity, commands in created.items():
            ids = self.maker.items.by_keys(entity, [command.key for command in commands])
            found.things.update(((key, Create), Existing(id)) for key, id in ids.items())
        self._look_for_badges(wanted, found)
        self._look_by_call([one for one in wanted if not isinstance(one[2], Create)], known, found)

    def _look_for_badges(self, wanted: Sequence[Wanted], found: Found) -> None:
        marks = [command for _, _, command in wanted if isinstance(command, ShowBadge | HideBadge)]
        if marks:
            shown = badges.find(self.gateway, self.maker.names, marks)
            found.things.update((key, Existing(id)) for key, id in shown.items())

    def _look_by_call(self, wanted: Sequence[Wanted], known: dict[str, Key], found: Found) -> None:
        calls = []
        asked = []
        for one in wanted:
            key = known.get(one[2].key)
            call = self.maker.look_up(one[2], key.item_id if key else None)
            if call is not None:
                calls.append(call)
                asked.append(one)
        for one, outcome in zip(asked, self.gateway.batch(calls) if calls else [], strict=True):
            if isinstance(outcome, Done):
                thing = self.maker.found(one[2], outcome.result)
                if thing is not None:
                    found.things[one[2].key, type(one[2])] = thing
            elif isinstance(outcome.error, Transient | PortalLost):
                raise outcome.error
            else:
                found.refused.append((one, outcome.error))

    def _wait(self, doubtful: Sequence[Key]) -> None:
        until = max(key.reserved_at for key in doubtful) + DOUBT
        while (left := (until - utcnow()).total_seconds()) > 0:
            self.lease.renew()
            self.sleep(min(left, 5.0))


def _in_doubt(command: Keyed, known: dict[str, Key]) -> bool:
    if isinstance(command, Notify | FireTrigger | CompleteTask):
        return False
    key = known.get(command.key)
    return key is not None and key.state == keys.RESERVED and utcnow() < key.reserved_at + DOUBT
