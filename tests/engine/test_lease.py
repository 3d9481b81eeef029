"""One writer at a time, takeover after death or lapse, and the fence."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from sqlalchemy import update

from b24app.engine import lease
from b24app.store.database import Database
from b24app.store.models import LeaseRow, utcnow
from tests.engine.ground import COMPANY, PORTAL, Ground


def test_second_holder_waits_and_fence_grows(database: Database) -> None:
    first = lease.acquire(database, 1, "drain")
    assert first is not None
    assert lease.acquire(database, 1, "drain") is None
    assert lease.acquire(database, 2, "drain") is not None
    first.release()
    second = lease.acquire(database, 1, "drain")
    assert second is not None and second.fence > first.fence
    with pytest.raises(lease.LeaseLost):
        first.renew()
    first.release()
    second.renew()


def test_lapsed_lease_is_taken_and_the_late_holder_is_stopped(database: Database) -> None:
    first = lease.acquire(database, 1, "drain")
    assert first is not None
    with database.session() as session:
        session.execute(update(LeaseRow).values(expires_at=utcnow() - timedelta(seconds=1)))
    second = lease.acquire(database, 1, "drain")
    assert second is not None
    with pytest.raises(lease.LeaseLost):
        first.renew()


@pytest.mark.parametrize("reap", [True, False], ids=["gone", "zombie"])
def test_dead_process_of_this_host_loses_the_lease_at_once(database: Database, reap: bool) -> None:
    program = (
        "import sys; from b24app.engine import lease; from b24app.store.database import Database;"
        "lease.acquire(Database(sys.argv[1]), 1, 'drain'); print('held', flush=True); input()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program, database.url], stdout=subprocess.PIPE, stdin=subprocess.PIPE
    )
    assert child.stdout is not None and child.stdout.readline() == b"held\n"
    assert lease.acquire(database, 1, "drain") is None
    child.kill()
    if reap:
        child.wait()
    else:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert lease.acquire(database, 1, "drain") is not None
    child.wait()


def test_held_gives_up_when_busy(database: Database) -> None:
    with lease.held(database, 1, "drain"), pytest.raises(lease.LeaseBusy), lease.held(database, 1, "drain"):
        pass
    with lease.held(database, 1, "drain"):
        pass


def test_no_request_leaves_after_another_worker_has_taken_over(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first worker waits for the portal's limits longer than its lease lasts."""
    monkeypatch.setattr(lease, "RENEW_AFTER", 0.0)
    gateway, database = ground.gateway, ground.database
    ground.put(COMPANY, 700, title="Ромашка")
    taken: list[lease.Lease | None] = []

    def wait(seconds: float) -> None:
        with database.session() as session:
            session.execute(update(LeaseRow).values(expires_at=utcnow() - timedelta(seconds=1)))
        taken.append(lease.acquire(database, PORTAL, "drain"))

    ground.sandbox.control("faults", {"match": {"method": "crm.item.update"}, "kind": "503", "times": 1})
    monkeypatch.setattr(gateway.line, "sleep", wait)
    fields = {"entityTypeId": COMPANY, "id": 700, "fields": {"title": "Лютик"}}
    with pytest.raises(lease.LeaseLost), lease.held(database, PORTAL, "drain", 0.0, gateway):
        gateway.call("crm.item.update", fields, write=True)
    assert taken[0] is not None
    assert ground.row("company", 700)["title"] == "Ромашка"
    gateway.call("crm.item.update", fields, write=True)
    assert ground.row("company", 700)["title"] == "Лютик"


def test_a_lease_is_renewed_while_requests_leave(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "RENEW_AFTER", 0.0)
    with lease.held(ground.database, PORTAL, "drain", 0.0, ground.gateway):
        with ground.database.session() as session:
            session.execute(update(LeaseRow).values(expires_at=utcnow() - timedelta(seconds=1)))
        ground.gateway.call("server.time")
        assert lease.acquire(ground.database, PORTAL, "drain") is None
