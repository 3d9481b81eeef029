"""The place where the parts of one running portal meet."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox import fixtures
from sandbox.kernel import behaviour
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal
from sandbox.kernel.registry import load_families
from sandbox.kernel.store import Store
from sandbox.server.delivery import Delivery
from sandbox.server.dispatch import Dispatch
from sandbox.server.faults import Faults
from sandbox.server.installation import Installation
from sandbox.server.journal import Journal
from sandbox.server.limits import BUCKETS, LeakyBucket, Operating, Pace
from sandbox.server.options import Options
from sandbox.server.requests import Http
from sandbox.server.rest import Rest
from sandbox.server.rest_v3 import RestV3
from sandbox.server.robots import Robots

DEFAULT_HOST = "127.0.0.1"


class Desk:
    """A portal with its options, limits, logs and doors."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.port = options.port
        load_families()
        if options.database != ":memory:":
            Path(options.data).mkdir(parents=True, exist_ok=True)
        store = Store(options.database)
        self.portal = Portal(store, options.plan)
        self.portal.token_seconds = options.token_seconds
        if options.snapshot is not None and store.setting("portal.member_id") is None:
            copy = sqlite3.connect(f"file:{options.snapshot}?mode=ro", uri=True)
            store.restore(copy)
            copy.close()
        self.is_new = store.setting("portal.member_id") is None
        self.journal = Journal(self.portal.clock.timestamp, self.portal.clock.iso_at)
        bucket = None if options.rate == "off" else BUCKETS[options.plan]
        self.bucket = LeakyBucket(*bucket) if bucket else None
        self.operating = Operating(options.operating or ("off" if options.plan == "box" else "method"))
        self.pace = Pace()
        self.faults = Faults(self)
        self.delivery = Delivery(self.portal.clock, self.journal)
        self.dispatch = Dispatch(self.portal, self.delivery)
        self.robots = Robots(self.portal, self.delivery, self.dispatch)
        self.installation = Installation(self)
        store.on_restore += [self.delivery.forget, self._settle]
        self.rest = Rest(self)
        self.rest_v3 = RestV3(self)

    def open(self, port: int) -> None:
        """Tells the portal its address once the port is known, and fills a new portal with data."""
        self.port = port
        self._settle()
        self.portal.store.set_setting("oauth.host", f"http://{DEFAULT_HOST}:{port}")
        if self.options.now is not None:
            self.portal.clock.set(self.options.now)
        if self.options.bugs:
            behaviour.with_bugs(self.portal, self.options.bugs)
        if self.is_new:
            _ = self.portal.member_id
            self.load(self.options.fixture or "empty")

    def _settle(self) -> None:
        self.portal.domain = self._with_port(str(self.portal.store.setting("portal.domain", DEFAULT_HOST)))

    def load(self, name: str, manifest: dict[str, Any] | None = None) -> None:
        """Loads a named data set; `manifest` tells it the logical names of an installed app."""
        try:
            fixtures.load(self.portal, name, manifest)
        except sqlite3.IntegrityError:
            raise RestError(
                "ID_OCCUPIED", f"The portal already holds objects of the fixture {name}: restore a snapshot first"
            ) from None

    def rename(self, domain: str) -> str:
        """Moves the portal to another host name (a port in it is ignored); returns the new address."""
        store, name = self.portal.store, domain.partition(":")[0]
        old = {self.portal.domain.partition(":")[0], *(store.setting("portal.old_domains") or [])} - {name}
        store.set_setting("portal.old_domains", sorted(old))
        store.set_setting("portal.domain", name)
        self.portal.domain = self._with_port(name)
        return self.portal.domain

    def moved(self, http: Http) -> web.Response | None:
        """The 302 that an old address of the portal answers with (change-domen.md)."""
        old = self.portal.store.setting("portal.old_domains")
        if not old or http.host.partition(":")[0] not in old:
            return None
        return web.Response(status=302, headers={"Location": f"http://{self.portal.domain}{http.raw_path}"})

    def _with_port(self, name: str) -> str:
        return f"{name}:{self.port}"

    async def close(self) -> None:
        """Stops the clock and the senders and lets go of the database."""
        self.robots.stop()
        await self.delivery.close()
        self.portal.store.db.close()
