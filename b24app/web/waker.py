"""Tells the queue that work has arrived, outside the request and once for many requests."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Collection

logger = logging.getLogger(__name__)

Wake = Callable[[int], None]

PAUSE = 0.2
"""seconds between rounds: a flood of events asks the queue five times a second, the first one at once"""


class Waker:
    """One thread a process that calls wake functions; the same wake asked again while waiting is one call.

    A queue that is down only costs time: the worker's periodic look at the inbox finds the rows.
    """

    def __init__(self) -> None:
        self._pending: set[tuple[Wake, int]] = set()
        self._changed = threading.Condition()
        self._process = 0

    def wake(self, function: Wake, portal_ids: Collection[int]) -> None:
        """Asks for a wake of each portal; returns at once."""
        with self._changed:
            if self._process != os.getpid():
                self._process = os.getpid()
                threading.Thread(target=self._run, name="waker", daemon=True).start()
            self._pending.update((function, portal_id) for portal_id in portal_ids)
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._pending))
                taken, self._pending = self._pending, set()
            for function, portal_id in taken:
                _call(function, portal_id)
            time.sleep(PAUSE)


def _call(function: Wake, portal_id: int) -> None:
    try:
        function(portal_id)
    except Exception as error:  # noqa: BLE001 - the thread's last frame: whatever failed, the next wake must work
        logger.warning("queue not woken for portal %d: %s", portal_id, type(error).__name__)
