"""Single flight: one writer per portal at a time, by a row with a holder, an expiry and a fencing number."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from secrets import token_hex

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from b24app.engine.ports import PortalGateway
from b24app.errors import Transient
from b24app.store.database import Database
from b24app.store.models import LeaseRow, utcnow
from b24app.store.upsert import insert_missing
from rules.decision import Text

LIFETIME = timedelta(seconds=120)
"""longer than one request may last (60 s, limits.md) with room for a pause of the machine"""

RENEW_AFTER = 20.0
"""seconds: a request that leaves now and lasts as long as one may is still over before the lease lapses"""

NOBODY = ""


class LeaseBusy(Transient):
    """Another worker is at it."""


class LeaseLost(Transient):
    """This worker was too slow and another one has taken over: stop at once."""


@dataclass
class Lease:
    """The right to work; `fence` grows with every holder."""

    database: Database
    portal_id: int
    name: str
    holder: str
    fence: int
    _renewed: float = field(default_factory=time.monotonic)

    def check(self, session: Session) -> None:
        """Renews the lease within the caller's transaction; LeaseLost if somebody else has it now."""
        renewed = session.execute(
            update(LeaseRow)
            .where(
                LeaseRow.portal_id == self.portal_id,
                LeaseRow.name == self.name,
                LeaseRow.holder == self.holder,
                LeaseRow.fence == self.fence,
            )
            .values(expires_at=utcnow() + LIFETIME)
        )
        if renewed.rowcount != 1:  # type: ignore[attr-defined]
            raise LeaseLost(Text("Работу продолжил другой процесс", "Another process has taken over"), name=self.name)

    def keep(self) -> None:
        """`renew`, unless that was just now: cheap enough to be asked before every request."""
        if time.monotonic() - self._renewed > RENEW_AFTER:
            self.renew()

    def renew(self) -> None:
        """`check` in a transaction of its own."""
        with self.database.session() as session:
            self.check(session)
        self._renewed = time.monotonic()

    def release(self) -> None:
        """Gives the lease back; the fence stays, so that a later holder gets a greater one."""
        with self.database.session() as session:
            session.execute(
                update(LeaseRow)
                .where(
                    LeaseRow.portal_id == self.portal_id,
                    LeaseRow.name == self.name,
                    LeaseRow.holder == self.holder,
                    LeaseRow.fence == self.fence,
                )
                .values(holder=NOBODY, expires_at=utcnow())
            )


def acquire(database: Database, portal_id: int, name: str) -> Lease | None:
    """Takes the lease if it is free, has lapsed, or its holder's process on this host is dead."""
    with database.session() as session:
        free = {"portal_id": portal_id, "name": name, "holder": NOBODY, "fence": 0, "expires_at": utcnow()}
        insert_missing(session, LeaseRow, [free], ["portal_id", "name"])
        row = session.scalars(
            select(LeaseRow).where(LeaseRow.portal_id == portal_id, LeaseRow.name == name).with_for_update()
        ).one()
        if row.holder != NOBODY and row.expires_at > utcnow() and not _is_dead(row.holder):
            return None
        row.holder = f"{_this_process()}:{token_hex(4)}"
        row.fence += 1
        row.expires_at = utcnow() + LIFETIME
        return Lease(database, portal_id, name, row.holder, row.fence)


@contextmanager
def held(
    database: Database, portal_id: int, name: str, patience: float = 0.0, gateway: PortalGateway | None = None
) -> Iterator[Lease]:
    """Works under the lease; waits up to `patience` seconds for it, then LeaseBusy. Requests of `gateway` leave
    only while the lease is ours, however long they had to wait for the portal's limits."""
    deadline = time.monotonic() + patience
    lease = acquire(database, portal_id, name)
    while lease is None:
        if time.monotonic() >= deadline:
            raise LeaseBusy(Text("С порталом уже работает другой процесс", "Another process works on the portal"))
        time.sleep(0.1)
        lease = acquire(database, portal_id, name)
    try:
        with gateway.guarded(lease.keep) if gateway else nullcontext():
            yield lease
    finally:
        lease.release()


def _host() -> str:
    return sha256(socket.gethostname().encode()).hexdigest()[:12]


def _this_process() -> str:
    pid = os.getpid()
    return f"{_host()}:{pid}:{_started(pid) or 0}"


def _is_dead(holder: str) -> bool:
    """True only when the holder ran on this host and its process is certainly gone."""
    host, pid, started, _ = holder.split(":")
    if host != _host():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    present = _started(int(pid))
    return present is not None and present != int(started)


def _started(pid: int) -> int | None:
    """The process's start in clock ticks since boot; None where /proc does not tell.

    A zombie counts as started never: it holds its number and does nothing any more.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The second word is the program's name in brackets and may hold spaces (proc(5)).
    words = stat.rpartition(")")[2].split()
    return -1 if words[0] == "Z" else int(words[19])
