"""Automation at work: stage entries, pauses that are over, and the calls that applications get."""

from __future__ import annotations

import asyncio
import logging
from functools import partial

from sandbox.automation import runs, timers
from sandbox.kernel.apps import auth_block, find_app
from sandbox.kernel.portal import Invocation, Portal
from sandbox.server.delivery import Delivery, Message
from sandbox.server.dispatch import Dispatch
from sandbox.workflow import entering, templates

log = logging.getLogger("sandbox.robots")

# How often the portal's clock is looked at for what is due.
TICK_SECONDS = 1.0


class Robots:
    """The automation of one portal, tied to its delivery and its clock."""

    def __init__(self, portal: Portal, delivery: Delivery, dispatch: Dispatch) -> None:
        self._portal = portal
        self._delivery = delivery
        self._dispatch = dispatch
        self._ticking: asyncio.Task[None] | None = None
        portal.on_entry = partial(entering.entered, portal)
        portal.on_invocation = self._invoked
        portal.store.on_restore.append(self.settle)
        self.settle()

    def settle(self) -> None:
        """Looks at the templates of a portal that was opened or restored."""
        templates.watch(self._portal)

    def _invoked(self, invocation: Invocation) -> None:
        """Sends a robot's call with the tokens of the user it was registered with."""
        app = find_app(self._portal, invocation.app)
        if app is None:
            return
        auth = auth_block(self._portal, app, self._dispatch.token(app, invocation.user, refresh=True))
        told = partial(runs.answered, self._portal, invocation.run)
        message = Message(invocation.handler, {**invocation.body, "auth": auth}, app.client_id, "robot", told)
        self._delivery.submit(message)

    def due(self) -> int:
        """Does what is due at the portal's present moment; returns how many things that were."""
        return timers.due(self._portal)

    def tick(self) -> None:
        """Starts looking at the clock (inside of the running event loop)."""
        self._ticking = asyncio.ensure_future(self._tick())

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            try:
                self.due()
            except Exception:
                # One broken process must not stop the clock of all others.
                log.exception("what was due failed")

    def stop(self) -> None:
        """Stops looking at the clock."""
        if self._ticking is not None:
            self._ticking.cancel()
